"""A model that judges mail: the whole way with one batch, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import starmap
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.engine.batches import Mail
from classifier.engine.deciding import cautious, spared
from classifier.engine.gathering import Gathering, View
from classifier.engine.precedence import heard_of, with_precedents
from classifier.engine.remembering import is_answered
from classifier.engine.strangeness import rule_of
from classifier.errors import ModelFormatError
from classifier.features import Extractor, Rows, Schema
from classifier.learners import Tables
from classifier.learners.online import Corrections
from classifier.lookup import gather, open_lookup
from classifier.mail import Message
from classifier.mailboxes import Stored
from classifier.signals import Facts, Site
from classifier.store import Model
from classifier.verdict import Cuts, Explanation, LogOdds, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.budget import Settled, Terms
    from classifier.history import History, Memory, Past
    from classifier.lookup import Lookup
    from classifier.profile import Profile
    from classifier.profile.taught import Taught


class Judge(Gathering):
    """Judges mail by a model and the corrections made to it.

    Parameters
    ----------
    model : Model, optional
    site : Site, optional
        Whose mail it is; by default nobody's.
    lookup : Lookup, optional
        Where answers of the DNS come from; by default nowhere.
    view : {'full', 'headers'}, default 'full'
        Whether bodies are read.
    schema : Schema, optional
        Columns of an empty model; a model brings its own.
    memory : Memory, optional
        Where history is kept; by default nobody remembers.
    allow_local_spam : bool, default False
        Whether mail that a program on our own hosts handed in may be called spam.
    profile : Profile, optional
        What the user taught: corrections are read from there, and history is kept there instead.
    """

    def __init__(
        self,
        model: Model | None = None,
        *,
        site: Site | None = None,
        lookup: Lookup | None = None,
        view: View = "full",
        schema: Schema | None = None,
        memory: Memory | None = None,
        allow_local_spam: bool = False,
        profile: Profile | None = None,
    ) -> None:
        self.profile = profile
        if model is None:
            model = Model(Tables.empty(schema or Schema()), Cuts(), {"name": "empty"})
        self._use(model)
        self.site = site or Site()
        self.lookup: Lookup = lookup or open_lookup("off")
        self.view: View = view
        self.history: History | None = None
        kept = memory if profile is None else profile.memory
        if kept is not None:
            self.remember(kept)
        self.allow_local_spam = allow_local_spam
        self._asked: tuple[str, str] | None = ("off", "") if self.lookup.mode == "off" else None

    def _use(self, model: Model) -> None:
        self.model = model
        self.extractor = Extractor(model.tables.schema)
        self._taught: Taught | None = None
        if self.profile is None:
            self._corrections = Corrections.from_arrays(model.tables.schema, model.learned)
        else:
            self._taught = self.profile.taught(model.tables.schema, model.learned)

    @property
    def corrections(self) -> Corrections:
        """What was learned since the model was trained; with a profile as it stands there now."""
        return self._corrections if self._taught is None else self._taught.current()

    @property
    def card(self) -> dict[str, Any]:
        """What the model says about itself."""
        return self.model.card

    @property
    def cuts(self) -> Cuts:
        """Where log-odds become labels; with a handful of examples, nothing is certain."""
        return cautious(self.leaned, self.model.card, self.corrections.labels)

    @property
    def leaned(self) -> Cuts:
        """The model's cuts, moved to where the reader wants them."""
        return self.model.cuts if self.leaning is None else self.leaning.lean(self.model.cuts)

    def decide_by(self, terms: Terms) -> Settled:
        """Set the cuts by a loss budget or by costs.

        Parameters
        ----------
        terms : Terms

        Returns
        -------
        Settled
            What can be promised, and what cannot: there nothing is given up. It speaks of the model as it was
            trained; what was learned since is not in its evidence.

        Raises
        ------
        ModelFormatError
            If the evidence in the model's card is damaged.
        """
        from classifier.budget import Evidence, settle  # only for who has a budget

        settled = settle(terms, Evidence.from_json(self.card.get("evidence")), self.model.cuts)
        self.model = self.model._replace(cuts=settled.cuts)
        return settled

    @property
    def name(self) -> str:
        """Name of the model."""
        return str(self.model.card.get("name", "unnamed"))

    def judge(
        self, batch: Sequence[Mail], nows: Sequence[float | None] | None = None, *, observe: bool = False
    ) -> list[Verdict]:
        """Go the whole way with a batch.

        Parameters
        ----------
        batch : sequence of bytes, Message or Stored
        nows, observe
            As in `facts`.

        Returns
        -------
        list of Verdict
            In the same order.
        """
        if observe and self.behaviour is not None:
            moments = nows if nows is not None else [None] * len(batch)
            return [self._follow(mail, now) for mail, now in zip(batch, moments, strict=True)]
        messages = [self.open_message(mail) for mail in batch]
        facts = self.facts(messages, nows, observe=observe)
        return self._verdicts(batch, facts, self.extractor.rows(facts))

    def _follow(self, mail: Mail, now: float | None) -> Verdict:
        """Judge a message, then take note of it: what it teaches counts from the next one on."""
        message = self.open_message(mail)
        facts = self.facts([message], [now])
        rows = self.extractor.rows(facts)
        verdict = self._verdicts([mail], facts, rows)[0]
        self._take_note(message, now, facts[0], rows)
        return verdict

    def _take_note(self, message: Message, now: float | None, facts: Facts, rows: Rows) -> None:
        """Let a message enter the history, and wait for what the reader does with it."""
        behaviour = self.behaviour
        past = facts.history
        assert self.history is not None and behaviour is not None and past is not None  # noqa: S101, PT018
        shared = float(self.corrections.score(rows, self.model.tables)[0, 1])
        note = partial(behaviour.observe, past.people, rows, shared) if is_answered(facts) else None
        self._remember(self.history, self.arrival(message, now), note)

    def _scores(self, rows: Rows, facts: Sequence[Facts]) -> NDArray[np.float64]:
        """Add up what model, corrections, habits, a rule and labels of like mail say: two log-odds a row."""
        scores = self.corrections.score(rows, self.model.tables)
        rule = rule_of(self.model, self.corrections, scores[:, 1], rows, facts)
        if self.behaviour is not None:
            scores[:, 1] += np.where([is_answered(each) for each in facts], self.behaviour.score(rows), 0.0)
        scores[:, 1] += rule
        return with_precedents(scores, facts)

    def _verdicts(self, batch: Sequence[Mail], facts: list[Facts], rows: Rows) -> list[Verdict]:
        cuts = self.cuts
        return [
            Verdict(
                odds,
                cuts,
                each.message,
                mail if isinstance(mail, Stored) else None,
                self.explain if each.history is None else partial(self._explain_with, each.history),
                spared=not self.allow_local_spam and spared(odds, cuts, each),
                past=each.history,
            )
            for odds, mail, each in zip(self.log_odds(rows, facts), batch, facts, strict=True)
        ]

    def log_odds(self, rows: Rows, facts: Sequence[Facts]) -> list[LogOdds]:
        """Answer both questions.

        Parameters
        ----------
        rows : Rows
            Of the model's schema.
        facts : sequence of Facts
            Of the same messages.

        Returns
        -------
        list of LogOdds

        Raises
        ------
        ModelFormatError
            If the model holds numbers that are none.
        """
        scores = self._scores(rows, facts)
        if not np.isfinite(scores).all():
            raise ModelFormatError(f"model {self.name} is damaged: it holds numbers that are not finite")
        return list(starmap(LogOdds, scores.tolist()))

    def classify(self, raw: Mail, *, now: float | None = None) -> Verdict:
        """Judge one message by what was known when it came.

        Parameters
        ----------
        raw : bytes, Message or Stored
        now : float, optional
            When it came, in seconds since 1970; by default the message tells. Only history asks.

        Returns
        -------
        Verdict
        """
        return self.judge([raw], [now])[0]

    def classify_by(self, raw: Mail, past: Past | None) -> Verdict:
        """Judge one message by a past that somebody kept.

        Parameters
        ----------
        raw : bytes, Message or Stored
        past : Past or None

        Returns
        -------
        Verdict
        """
        message = self.open_message(raw)
        facts = Facts(message, self.site, gather(self.lookup, [message], self.site.my_domains), past)
        return self._verdicts([raw], [facts], self.extractor.rows([facts]))[0]

    def observe(self, raw: Mail, *, now: float | None = None) -> None:
        """Let a message enter the history; once a message, in order of arrival, after it was classified.

        With a profile, a message that was observed before changes nothing.

        Parameters
        ----------
        raw : bytes, Message or Stored
            Mail received, or sent by the reader.
        now : float, optional
            When it came, in seconds since 1970; by default the message tells.
        """
        if self.history is None:
            return
        message = self.open_message(raw)
        if self.behaviour is None:
            self._remember(self.history, self.arrival(message, now))
            return
        facts = self.facts([message], [now])
        self._take_note(message, now, facts[0], self.extractor.rows(facts))

    def explain(self, message: Message) -> Explanation:
        """Find the terms of both log-odds of a message; history is what it is now.

        Parameters
        ----------
        message : Message

        Returns
        -------
        Explanation
        """
        return self._explain(self.facts([message])[0])

    def _explain_with(self, past: Past | None, message: Message) -> Explanation:
        """Explain by what was remembered when the message was judged."""
        answers = gather(self.lookup, [message], self.site.my_domains)
        return self._explain(Facts(message, self.site, answers, past))

    def _explain(self, facts: Facts) -> Explanation:
        from classifier.reasons import explain  # only for who asks why

        habit = self.behaviour.habit if self.behaviour is not None and is_answered(facts) else None
        tables = self.model.tables
        rows = self.extractor.rows([facts])
        answered = self.corrections.score(rows, tables)[:, 1]
        rule = float(rule_of(self.model, self.corrections, answered, rows, [facts])[0])
        heard = heard_of(facts)
        return explain(self.extractor, tables, self.corrections, facts, habit=habit, rule=rule, heard=heard)

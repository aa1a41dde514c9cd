"""A model that judges mail: the whole way with one batch, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from classifier.engine.batches import Mail
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
    from classifier.lookup import Lookup

View = Literal["full", "headers"]


class Judge:
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
    """

    def __init__(
        self,
        model: Model | None = None,
        *,
        site: Site | None = None,
        lookup: Lookup | None = None,
        view: View = "full",
        schema: Schema | None = None,
    ) -> None:
        if model is None:
            model = Model(Tables.empty(schema or Schema()), Cuts(), {"name": "empty"})
        self._use(model)
        self.site = site or Site()
        self.lookup: Lookup = lookup or open_lookup("off")
        self.view: View = view
        self._asked: tuple[str, str] | None = ("off", "") if self.lookup.mode == "off" else None

    def _use(self, model: Model) -> None:
        self.model = model
        self.extractor = Extractor(model.tables.schema)
        self.corrections = Corrections.from_arrays(model.tables.schema, model.learned)

    @property
    def card(self) -> dict[str, Any]:
        """What the model says about itself."""
        return self.model.card

    @property
    def name(self) -> str:
        """Name of the model."""
        return str(self.model.card.get("name", "unnamed"))

    def facts(self, messages: Sequence[Message]) -> list[Facts]:
        """Gather what signals need, waiting once for the whole batch.

        Parameters
        ----------
        messages : sequence of Message

        Returns
        -------
        list of Facts
        """
        answers = gather(self.lookup, messages, self.site.my_domains)
        return [Facts(message, self.site, answers=answers) for message in messages]

    def rows(self, messages: Sequence[Message]) -> Rows:
        """Turn messages into columns.

        Parameters
        ----------
        messages : sequence of Message

        Returns
        -------
        Rows
        """
        return self.extractor.rows(self.facts(messages))

    def judge(self, batch: Sequence[Mail]) -> list[Verdict]:
        """Go the whole way with a batch.

        Parameters
        ----------
        batch : sequence of bytes, Message or Stored

        Returns
        -------
        list of Verdict
            In the same order.
        """
        messages = [self._message(mail) for mail in batch]
        rows = self.rows(messages)
        scores = self.model.tables.score(rows)
        if len(self.corrections):
            scores += self.corrections.score(rows)
        if not np.isfinite(scores).all():
            raise ModelFormatError(f"model {self.name} is damaged: it holds numbers that are not finite")
        return [
            Verdict(
                LogOdds(*pair),
                self.model.cuts,
                message,
                mail if isinstance(mail, Stored) else None,
                self.explain,
            )
            for pair, message, mail in zip(scores.tolist(), messages, batch, strict=True)
        ]

    def classify(self, raw: Mail) -> Verdict:
        """Judge one message.

        Parameters
        ----------
        raw : bytes, Message or Stored

        Returns
        -------
        Verdict
        """
        return self.judge([raw])[0]

    def explain(self, message: Message) -> Explanation:
        """Find the terms of both log-odds of a message.

        Parameters
        ----------
        message : Message

        Returns
        -------
        Explanation
        """
        from classifier.reasons import explain  # only for who asks why

        return explain(self.extractor, self.model.tables, self.corrections, self.facts([message])[0])

    def _message(self, mail: Mail) -> Message:
        raw = mail.raw if isinstance(mail, Stored) else mail
        message = raw if isinstance(raw, Message) else Message(raw)
        if self.view == "headers" and message.body_start < len(message.raw):
            message = Message(message.raw[: message.body_start])
        return message

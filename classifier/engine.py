"""The whole way, from bytes to verdicts; for one message, for many, in many processes."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from classifier.errors import MailtriageError, ModelFormatError
from classifier.features import Extractor, Rows, Schema
from classifier.learners import Tables
from classifier.learners.online import Corrections
from classifier.lookup import gather, open_lookup
from classifier.mail import Message
from classifier.mailboxes import Mailbox, Problem, Span, Stored, read_span
from classifier.reasons import explain
from classifier.signals import Facts, Site
from classifier.store import Model, load_model, save_model
from classifier.verdict import Cuts, Explanation, LogOdds, Verdict

if TYPE_CHECKING:
    from classifier.lookup import Lookup

BATCH = 64
"""Messages scored together; as many as the features hash at once."""

BATCH_BYTES = 16 << 20
"""A batch ends with the message that takes it over this: huge messages must not fill the memory."""

WAITING = 4
"""Spans handed to each worker ahead of the one whose verdicts are being taken."""

View = Literal["full", "headers"]
Mail = bytes | Message | Stored


class Classifier:
    r"""Sorts mail into important, unimportant and spam.

    Without a model it knows nothing and says ``unsure`` until it is taught.

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
        Columns of an empty classifier; a model brings its own.

    Examples
    --------
    >>> empty = Classifier()
    >>> verdict = empty.classify(b"Subject: Lunch?\n\nAt noon.")
    >>> verdict.unsure, round(sum(verdict.p.values()), 6)
    (True, 1.0)
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

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "starter",
        *,
        site: Site | None = None,
        me: Iterable[str] = (),
        dns: str = "off",
        resolver: str = "",
        view: View = "full",
    ) -> Classifier:
        """Open a model.

        Parameters
        ----------
        model : str or path, default 'starter'
            Name of a shipped model, or a model file.
        site : Site, optional
            Whose mail it is.
        me : iterable of str
            Own addresses, and own domains as ``@example.org``; the short form of `site`.
        dns : str, default 'off'
            ``'off'``, ``'live'`` or ``'recorded:FILE'``.
        resolver : str, default ''
            ``ADDRESS[:PORT]`` of the name server to ask live.
        view : {'full', 'headers'}, default 'full'
            Whether bodies are read.

        Returns
        -------
        Classifier

        Raises
        ------
        ModelError
            If the model is missing or cannot be used.
        ConfigError, AnswersError
            If lookups cannot be opened.
        """
        loaded = load_model(model)
        classifier = cls(
            loaded, site=site or _site_of(me), lookup=open_lookup(dns, resolver=resolver), view=view
        )
        classifier._asked = (dns, resolver)
        return classifier

    @property
    def card(self) -> dict[str, Any]:
        """What the model says about itself."""
        return self.model.card

    @property
    def name(self) -> str:
        """Name of the model."""
        return str(self.model.card.get("name", "unnamed"))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write model and corrections to one file, atomically.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        ModelError
            If it cannot be written.
        """
        save_model(
            Model(self.model.tables, self.model.cuts, self.model.card, self.corrections.to_arrays()), path
        )

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

    def classify_many(
        self, source: Mailbox | Iterable[Mail], *, jobs: int = 1, explain: int = 0
    ) -> Iterator[Verdict]:
        """Judge many messages, in their order, in bounded memory.

        Parameters
        ----------
        source : Mailbox, or iterable of bytes, Message or Stored
            With several processes a mailbox is read by the workers themselves.
        jobs : int, default 1
            Processes; the verdicts are the same. A `lookup` given as an object cannot travel to others: with
            one, all work is done here.
        explain : int, default 0
            If not 0, workers find the clues of every verdict; otherwise clues are found when first asked for.

        Yields
        ------
        Verdict

        Raises
        ------
        MailtriageError
            If a worker dies; it says how many messages were judged before.
        """
        if jobs > 1 and self._asked is not None:
            yield from self._in_processes(source, jobs, explain > 0)
            return
        for batch in _batches(source):
            yield from self.judge(batch)

    def _in_processes(self, source: Mailbox | Iterable[Mail], jobs: int, explain: bool) -> Iterator[Verdict]:
        """Let workers judge with a copy of this classifier, and say so when one dies."""
        from concurrent.futures.process import BrokenProcessPool  # several processes only

        from joblib.externals.loky import ProcessPoolExecutor

        judged = 0
        with tempfile.TemporaryDirectory(prefix="mailtriage-") as folder:
            path = os.path.join(folder, "model")
            self.save(path)
            setting = (path, self.site, *(self._asked or ("off", "")), self.view)
            pool = ProcessPoolExecutor(
                max_workers=jobs
            )  # our own: joblib's shared one belongs to the training
            try:
                with closing(
                    self._taken(
                        source, lambda piece: pool.submit(_work, setting, piece, explain), WAITING * jobs
                    )
                ) as verdicts:  # closed first, so that nobody waits for work that nobody wants
                    for verdict in verdicts:
                        yield verdict
                        judged += 1
            except BrokenProcessPool:
                raise MailtriageError(
                    f"a worker process died (killed, or out of memory) after {judged} messages were judged"
                ) from None
            finally:
                pool.shutdown()

    def _taken(
        self, source: Mailbox | Iterable[Mail], submit: Callable[[Span | list[Mail]], Any], ahead: int
    ) -> Generator[Verdict, None, None]:
        """Hand out spans, so many ahead; take the verdicts in order."""
        under_way: deque[Any] = deque()
        try:
            for piece in source.spans() if isinstance(source, Mailbox) else _batches(source):
                under_way.append(submit(piece))
                if len(under_way) > ahead:
                    yield from self._of(under_way.popleft(), source)
            while under_way:
                yield from self._of(under_way.popleft(), source)
        finally:
            for future in under_way:
                future.cancel()

    def _of(self, future: Any, source: Mailbox | Iterable[Mail]) -> Iterator[Verdict]:
        """Take what one worker found out about one span."""
        verdicts, problems = future.result()
        if isinstance(source, Mailbox):
            source.problems.extend(problems)
        for verdict in verdicts:
            verdict.explain_with(self.explain)
            yield verdict

    def explain(self, message: Message) -> Explanation:
        """Find the terms of both log-odds of a message.

        Parameters
        ----------
        message : Message

        Returns
        -------
        Explanation
        """
        return explain(self.extractor, self.model.tables, self.corrections, self.facts([message])[0])

    def fit(
        self, messages: Iterable[Mail], labels: Iterable[str], *, seed: int = 0, jobs: int = 1
    ) -> Classifier:
        """Train anew on labelled messages; corrections made so far are forgotten.

        Parameters
        ----------
        messages : iterable of bytes, Message or Stored
        labels : iterable of str
            ``spam``, ``ham``, ``important`` or ``unimportant``, one a message.
        seed : int, default 0
        jobs : int, default 1

        Returns
        -------
        Classifier
            Itself.

        Raises
        ------
        LabelError
            For a label that is none.
        TrainingError
            If neither question has examples of both answers.
        """
        from classifier.training import train_model  # brings scikit-learn

        pairs = zip(map(self._message, messages), labels, strict=True)
        self._use(train_model(self.extractor, self.facts, pairs, seed=seed, jobs=jobs))
        return self

    def learn(self, raw: Mail, label: str) -> bool:
        """Learn one message, in milliseconds.

        Parameters
        ----------
        raw : bytes, Message or Stored
        label : str
            ``spam``, ``ham``, ``important`` or ``unimportant``.

        Returns
        -------
        bool
            Whether it was new; learning it again changes nothing, another label replaces the first.

        Raises
        ------
        LabelError
            For a label that is none.
        """
        message = self._message(raw)
        return self.corrections.learn(_fingerprint(message), label, self.rows([message]), self.model.tables)

    def unlearn(self, raw: Mail) -> bool:
        """Take back exactly what a message taught.

        Parameters
        ----------
        raw : bytes, Message or Stored

        Returns
        -------
        bool
            Whether it had been learned.
        """
        return self.corrections.unlearn(_fingerprint(self._message(raw)))

    def _message(self, mail: Mail) -> Message:
        raw = mail.raw if isinstance(mail, Stored) else mail
        message = raw if isinstance(raw, Message) else Message(raw)
        if self.view == "headers" and message.body_start < len(message.raw):
            message = Message(message.raw[: message.body_start])
        return message

    def __repr__(self) -> str:
        return f"<Classifier {self.name}, {len(self.corrections)} corrections>"


def _site_of(me: Iterable[str]) -> Site:
    own = [each.lower() for each in me]
    return Site(
        me=frozenset(each for each in own if not each.startswith("@")),
        my_domains=frozenset(each[1:] for each in own if each.startswith("@")),
    )


def _fingerprint(message: Message) -> bytes:
    return blake2b(message.raw, digest_size=16).digest()


def _batches(mails: Iterable[Mail]) -> Iterator[list[Mail]]:
    """Cut a stream into lists of at most `BATCH` messages, taking nothing ahead of them."""
    batch: list[Mail] = []
    size = 0
    for mail in mails:
        batch.append(mail)
        size += len(mail if isinstance(mail, bytes) else mail.raw)
        if len(batch) >= BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@lru_cache(maxsize=1)
def _opened(path: str, site: Site, dns: str, resolver: str, view: View) -> Classifier:
    """Open a worker's classifier once; the tables are mapped, so all workers share them."""
    return Classifier.load(path, site=site, dns=dns, resolver=resolver, view=view)


def _work(
    setting: tuple[str, Site, str, str, View], piece: Span | list[Mail], explain: bool
) -> tuple[list[Verdict], list[Problem]]:
    """Judge one piece in a worker."""
    classifier = _opened(*setting)
    problems: list[Problem] = []
    mails = piece if isinstance(piece, list) else read_span(piece, problems)
    verdicts = list(classifier.classify_many(mails))
    if explain:
        for verdict in verdicts:
            _ = verdict.explanation
    return verdicts, problems

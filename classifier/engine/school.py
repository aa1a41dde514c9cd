"""Training on labelled mailboxes: what was read goes into the model's card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from classifier.engine.triage import Classifier
from classifier.errors import TrainingError
from classifier.mail import Message

if TYPE_CHECKING:
    from classifier.budget import Terms
    from classifier.features import Schema
    from classifier.mailboxes import Stored
    from classifier.signals import Site
    from classifier.store import Model


def train(
    sources: Sequence[tuple[str, Iterable[Stored]]],
    *,
    schema: Schema | None = None,
    site: Site | None = None,
    name: str = "unnamed",
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
    terms: Terms | None = None,
) -> Classifier:
    """Train a classifier on labelled mailboxes.

    Parameters
    ----------
    sources : sequence of (label, iterable of Stored)
        Labels are ``spam``, ``ham``, ``important`` and ``unimportant``; one may come several times.
    schema : Schema, optional
        Which columns; by default those of this version. With the view ``history`` the mail is learned in
        order of arrival, each message with what those before it left behind.
    site : Site, optional
        Whose mail it is.
    name : str, default 'unnamed'
        Stands in the card.
    seed : int, default 0
        With the same seed and mail the model is the same, whatever the number of jobs.
    jobs : int, default 1
        Processes.
    progress : callable, optional
        Called with the number of messages read so far.
    terms : Terms, optional
        A loss budget or costs to set the cuts by; what can be promised goes into the card.

    Returns
    -------
    Classifier

    Raises
    ------
    LabelError
        For a label that is none.
    TrainingError
        If no question has examples of both answers, or a source is empty.
    """
    from classifier.training import train_model  # only who trains waits for it

    ledger = Ledger(progress)
    empty = Classifier(schema=schema, site=site)
    if "history" in empty.extractor.schema.views:
        model = _train_with_history(ledger.read(sources), empty, seed, jobs)
    else:
        model = train_model(empty.extractor, empty.facts, ledger.read(sources), seed=seed, jobs=jobs)
    model.card["name"] = name
    model.card["training"]["sources"] = ledger.entries()
    classifier = Classifier(model, site=site)
    if terms:
        model.card["promise"] = classifier.decide_by(terms).to_json()
    return classifier


def _train_with_history(
    pairs: Iterable[tuple[Message, str]], like: Classifier, seed: int, jobs: int
) -> Model:
    """Learn mail in order of arrival, each message with what those before it left behind."""
    from classifier.engine.arrivals import in_order_of_arrival
    from classifier.history import Ram
    from classifier.training import train_model

    reader = Classifier(schema=like.extractor.schema, site=like.site, memory=Ram())
    facts = partial(reader.facts, observe=True)
    return train_model(reader.extractor, facts, in_order_of_arrival(pairs, reader.site), seed=seed, jobs=jobs)


class Ledger:
    """Keeps what a model was trained on while it is read.

    Parameters
    ----------
    progress : callable, optional
        Called with the number of messages read so far.
    """

    def __init__(self, progress: Callable[[int], None] | None = None) -> None:
        self._progress = progress
        self._read = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._digests: dict[tuple[str, str], Any] = {}

    def read(self, sources: Iterable[tuple[str, Iterable[Stored]]]) -> Iterator[tuple[Message, str]]:
        """Yield every message with its label, taking note.

        Parameters
        ----------
        sources : iterable of (label, iterable of Stored)

        Yields
        ------
        (Message, str)

        Raises
        ------
        TrainingError
            If a source holds no message.
        """
        for label, source in sources:
            before = self._read
            for stored in source:
                entry = (label, stored.mailbox.rpartition("/")[2])
                self._counts[entry] += 1
                self._digests.setdefault(entry, sha256()).update(stored.raw)
                self._read += 1
                if self._progress:
                    self._progress(self._read)
                yield Message(stored.raw), label
            if self._read == before:
                raise TrainingError(f"{getattr(source, 'path', 'a source')}: no message to learn as {label}")

    def entries(self) -> list[dict[str, Any]]:
        """Return the manifest for the card: label, mailbox, count and SHA-256 of the messages in order.

        Returns
        -------
        list of dict
        """
        return [
            {
                "label": label,
                "mailbox": mailbox,
                "messages": count,
                "sha256": self._digests[label, mailbox].hexdigest(),
            }
            for (label, mailbox), count in sorted(self._counts.items())
        ]

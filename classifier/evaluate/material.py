"""Labelled mail, read once: what every message is called, who its kin is, and what it was read as."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from classifier.engine import Classifier
from classifier.engine.arrivals import in_order_of_arrival
from classifier.engine.batches import BATCH
from classifier.engine.deciding import spared
from classifier.errors import LabelError, TrainingError
from classifier.evaluate.kin import Kin, kin_of
from classifier.evaluate.outcomes import Outcomes
from classifier.features.extractor import joined_rows
from classifier.learners.online import TEACHES
from classifier.mail.fingerprint import fingerprint
from classifier.mailboxes import Stored
from classifier.verdict import Cuts, LogOdds

if TYPE_CHECKING:
    from classifier.features import Rows
    from classifier.history import Past
    from classifier.mail import Message
    from classifier.signals import Facts
    from classifier.verdict import Verdict

_SURE_SPAM, _CUTS = LogOdds(math.inf, 0.0), Cuts()

Progress = Callable[[int], None] | None
Taken = Callable[[int, str, "Verdict"], None]


@dataclass(slots=True)
class Material:
    """What is kept of labelled mail, one entry a message, in the order of reading.

    Attributes
    ----------
    gold : list of str
        ``spam``, ``ham``, ``important`` or ``unimportant``.
    places : list of (str, str)
        Mailbox and key.
    kin : list of Kin
    local : list of bool
        Whether a program on a host of ours handed it in, so that it is spared from being called spam; kept
        where mail is read to be learned.
    pasts : dict of int to Past
        What was known when each came; kept where somebody asks for it.
    """

    gold: list[str] = field(default_factory=list)
    places: list[tuple[str, str]] = field(default_factory=list)
    kin: list[Kin] = field(default_factory=list)
    local: list[bool] = field(default_factory=list)
    pasts: dict[int, Past] = field(default_factory=dict)
    _seen: dict[bytes, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.gold)

    def add(self, place: tuple[str, str], gold: str, message: Message) -> None:
        """Take note of one message.

        Parameters
        ----------
        place : (str, str)
            Mailbox and key.
        gold : str
        message : Message

        Raises
        ------
        LabelError
            If it is no label, or the same message was given another label that contradicts it.
        """
        if gold not in TEACHES:
            raise LabelError(f"{gold!r} is no label; labels are {', '.join(TEACHES)}")
        before = self._seen.setdefault(fingerprint(message), len(self.gold))
        if before < len(self.gold) and _contradict(self.gold[before], gold):
            first, second = (" ".join(each) for each in (self.places[before], place))
            raise LabelError(
                f"{second}: called {gold} here, but the same message is called {self.gold[before]} "
                f"at {first}: judge it by one label"
            )
        self.gold.append(gold)
        self.places.append(place)
        self.kin.append(kin_of(message))

    def check(self) -> None:
        """Refuse mail that can judge nothing.

        Raises
        ------
        TrainingError
            If there is no message, or none of the questions has both answers.
        """
        answers = [{TEACHES[label][at] for label in set(self.gold)} - {None} for at in (0, 1)]
        if all(len(each) < 2 for each in answers):
            counts = {label: self.gold.count(label) for label in sorted(set(self.gold))}
            given = ", ".join(f"{count} {label}" for label, count in counts.items()) or "no messages"
            raise TrainingError(
                f"nothing to tell apart in {given}: judging spam needs spam and some of ham, important or "
                "unimportant; judging importance needs important and some of unimportant or spam"
            )


def _contradict(one: str, other: str) -> bool:
    """Whether two labels answer a question differently; ham says nothing of importance."""
    return any(
        None not in pair and pair[0] != pair[1] for pair in zip(TEACHES[one], TEACHES[other], strict=True)
    )


def judged_mail(
    classifier: Classifier,
    mail: Iterable[tuple[Stored, str]],
    *,
    jobs: int = 1,
    progress: Progress = None,
    taken: Taken | None = None,
) -> tuple[Material, Outcomes]:
    """Judge labelled mail by a model.

    Parameters
    ----------
    classifier : Classifier
    mail : iterable of (Stored, str)
        Read once, as it streams.
    jobs : int, default 1
    progress : callable, optional
        Called with the number of messages so far.
    taken : callable, optional
        Called with position, gold label and verdict of each message.

    Returns
    -------
    Material
    Outcomes

    Raises
    ------
    LabelError, TrainingError
        See `Material`.
    """
    material, waiting = Material(), _Labels()
    verdicts = _noted(
        classifier.classify_many(waiting.of(mail), jobs=jobs), waiting, material, progress, taken
    )
    judged = Outcomes.of(material.gold, verdicts)  # the list grows while the verdicts come
    material.check()
    return material, judged


class _Labels:
    """Keeps the labels of messages that are on their way through the classifier."""

    def __init__(self) -> None:
        self._labels: list[str] = []

    def of(self, mail: Iterable[tuple[Stored, str]]) -> Iterator[Stored]:
        for stored, label in mail:
            self._labels.append(label)
            yield stored

    def __getitem__(self, at: int) -> str:
        return self._labels[at]


def _noted(
    verdicts: Iterable[Verdict],
    labels: _Labels,
    material: Material,
    progress: Progress,
    taken: Taken | None,
) -> Iterator[Verdict]:
    """Let verdicts pass, taking note of their messages."""
    for at, verdict in enumerate(verdicts):
        stored = verdict.stored
        place = (stored.mailbox, stored.key) if stored is not None else ("", "")
        material.add(place, labels[at], verdict.message)
        if taken is not None:
            taken(at, labels[at], verdict)
        if progress is not None:
            progress(at + 1)
        yield verdict


def read_material(
    classifier: Classifier,
    mail: Iterable[tuple[Stored, str]],
    *,
    progress: Progress = None,
    look: Callable[[Facts], None] | None = None,
    keep_pasts: bool = False,
) -> tuple[Material, Rows]:
    """Read labelled mail into rows, to learn from again and again.

    Where the columns ask for history, mail is looked at in order of arrival, each message with what those
    before it left behind; labels leave nothing behind. Rows stand in the order of reading all the same.

    Parameters
    ----------
    classifier : Classifier
        Says which columns there are, whose mail it is and how much is read.
    mail : iterable of (Stored, str)
        Read once.
    progress : callable, optional
        Called with the number of messages so far.
    look : callable, optional
        Called with the facts of each message.
    keep_pasts : bool, default False
        Whether `Material.pasts` is filled.

    Returns
    -------
    Material
    Rows
        One a message.

    Raises
    ------
    LabelError, TrainingError
        See `Material`.
    """
    material, numbers, parts = Material(), [], []
    numbered = _opened(classifier, mail, material, progress)
    reader = classifier
    if "history" in classifier.extractor.schema.views:
        numbered = in_order_of_arrival(numbered, classifier.site)
        reader = _remembering(classifier)
    while batch := list(islice(numbered, BATCH)):
        facts = reader.facts([message for message, _ in batch], observe=reader is not classifier)
        for (_, at), each in zip(batch, facts, strict=True):
            material.local[at] = not classifier.allow_local_spam and spared(_SURE_SPAM, _CUTS, each)
            if keep_pasts and each.history is not None:
                material.pasts[at] = each.history
            if look is not None:
                look(each)
        numbers += [at for _, at in batch]
        parts.append(classifier.extractor.rows(facts))
    material.check()
    return material, joined_rows(classifier.extractor.schema, parts).take(np.argsort(numbers))


def _opened(
    classifier: Classifier, mail: Iterable[tuple[Stored, str]], material: Material, progress: Progress
) -> Iterator[tuple[Message, int]]:
    """Open mail, as much of each as the view reads, and number it, taking note of each."""
    for stored, label in mail:
        message = classifier.open_message(stored)
        material.add((stored.mailbox, stored.key), label, message)
        material.local.append(False)
        if progress is not None:
            progress(len(material))
        yield message, len(material) - 1


def _remembering(like: Classifier) -> Classifier:
    """Make a classifier of the same columns that begins with no memories."""
    from classifier.history import Ram  # only who has history waits for it

    schema = like.extractor.schema
    return Classifier(schema=schema, site=like.site, lookup=like.lookup, view=like.view, memory=Ram())


def kin_times(kin: Sequence[Kin]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the times of arrival.

    Parameters
    ----------
    kin : sequence of Kin

    Returns
    -------
    ndarray of shape (n_messages,)
        Seconds since 1970; nan where unknown.
    """
    return np.array([each.when for each in kin], float)

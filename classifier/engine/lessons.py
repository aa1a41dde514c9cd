"""Many corrections at once, and what they changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.engine.triage import Classifier
from classifier.errors import ProfileNotWritten
from classifier.mailboxes import Stored


class Lesson(NamedTuple):
    """A message and what somebody says of it.

    Parameters
    ----------
    stored : Stored
    label : str
        Key of `TEACHES`.
    source : str
        Who says so.
    """

    stored: Stored
    label: str
    source: str


Move = tuple[str, str]
"""From one label to another."""


@dataclass(slots=True)
class Outcome:
    """What became of some lessons.

    Parameters
    ----------
    messages : int
        Given.
    learned : Counter of str
        By label, those that were new.
    known : int
        Learned before, with this label.
    outweighed : int
        Inferred, where something else had been said.
    replaced : Counter of Move
        Learned before with another label: which, and which counts now.
    moved : Counter of Move
        Messages whose verdict has changed: from, to.
    """

    messages: int = 0
    learned: Counter[str] = field(default_factory=Counter)
    known: int = 0
    outweighed: int = 0
    replaced: Counter[Move] = field(default_factory=Counter)
    moved: Counter[Move] = field(default_factory=Counter)


Progress = Callable[[int, str], None] | None
"""Called with how many messages were gone through so far, and what is being done to them."""


def teach(
    classifier: Classifier, lessons: Iterable[Lesson], *, jobs: int = 1, progress: Progress = None
) -> Outcome:
    """Learn messages, each in a transaction of its own, and see what that changes in their verdicts.

    Parameters
    ----------
    classifier : Classifier
    lessons : iterable of Lesson
        Read three times.
    jobs : int, default 1
        Processes to judge with.
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    Outcome

    Raises
    ------
    ProfileNotWritten
        If the profile cannot be written on; says how many messages had been learned, which stay so.
    """
    outcome = Outcome()
    before = _labels(classifier, _Messages(lessons), jobs, progress, "messages judged")
    try:
        for lesson in lessons:
            _learn(classifier, lesson, outcome)
            outcome.messages += 1
            if progress:
                progress(outcome.messages, "messages learned")
    except ProfileNotWritten as error:
        raise ProfileNotWritten(f"{error}; {outcome.learned.total()} were learned before") from None
    after = _labels(classifier, _Messages(lessons), jobs, progress, "messages judged again")
    outcome.moved = _moved(before, after)
    return outcome


def unteach(
    classifier: Classifier, mail: Iterable[Stored], *, jobs: int = 1, progress: Progress = None
) -> Outcome:
    """Unlearn messages, each in a transaction of its own, and see what that changes in their verdicts.

    Parameters
    ----------
    classifier : Classifier
    mail : iterable of Stored
        Read three times.
    jobs : int, default 1
        Processes to judge with.
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    Outcome
        `learned` counts the labels that were taken back.

    Raises
    ------
    ProfileNotWritten
        If the profile cannot be written on; says how many messages had been unlearned, which stay so.
    """
    outcome = Outcome()
    before = _labels(classifier, mail, jobs, progress, "messages judged")
    try:
        for stored in mail:
            was = classifier.learned_as(stored)
            if classifier.unlearn(stored, source="cli"):
                outcome.learned[was or "for another model"] += 1
            outcome.messages += 1
            if progress:
                progress(outcome.messages, "messages unlearned")
    except ProfileNotWritten as error:
        raise ProfileNotWritten(
            f"{error}; {outcome.learned.total()} messages were unlearned before"
        ) from None
    outcome.moved = _moved(before, _labels(classifier, mail, jobs, progress, "messages judged again"))
    return outcome


class _Messages:
    """The messages of lessons, as often as wanted."""

    def __init__(self, lessons: Iterable[Lesson]) -> None:
        self._lessons = lessons

    def __iter__(self) -> Iterator[Stored]:
        return (lesson.stored for lesson in self._lessons)


def _learn(classifier: Classifier, lesson: Lesson, outcome: Outcome) -> None:
    """Learn one message and count it where it belongs."""
    was = classifier.learned_as(lesson.stored)
    if was == lesson.label:  # a run that is continued does not look at what it learned before
        outcome.known += 1
    elif classifier.learn(lesson.stored, lesson.label, source=lesson.source):
        outcome.learned[lesson.label] += 1
        if was is not None:
            outcome.replaced[was, lesson.label] += 1
    else:
        outcome.outweighed += 1


def _labels(
    classifier: Classifier, mail: Iterable[Stored], jobs: int, progress: Progress, what: str
) -> list[str]:
    labels = []
    for number, verdict in enumerate(classifier.classify_many(mail, jobs=jobs), start=1):
        labels.append(verdict.label)
        if progress:
            progress(number, what)
    return labels


def _moved(before: list[str], after: list[str]) -> Counter[Move]:
    return Counter(pair for pair in zip(before, after, strict=False) if pair[0] != pair[1])

"""Many messages, in their order: judged here, or by workers, part by part."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from typing import Any

from classifier.engine.batches import Mail, batches
from classifier.engine.triage import Classifier
from classifier.engine.work import Answer, Judging, Kind
from classifier.mailboxes import Mailbox, Part, Problem, Stored
from classifier.mailboxes.mbox import Told


class Handed(Part):
    """Mail that came from no mailbox.

    Parameters
    ----------
    mails : list of bytes, Message or Stored
    first : int
        How many came before.
    """

    __slots__ = ("first", "mails")

    def __init__(self, mails: list[Mail], first: int) -> None:
        self.mails, self.first = mails, first

    def about(self) -> tuple[str, str]:
        """Say which messages they are."""
        return "", f"messages {self.first} to {self.first + len(self.mails) - 1}"

    def read(self, problems: list[Problem]) -> Iterator[Any]:  # noqa: ARG002 - it was read
        """Yield them."""
        yield from self.mails


class Undivided(Part):
    """A mailbox for one reader, who is here.

    Parameters
    ----------
    mailbox : Mailbox
    """

    __slots__ = ("mailbox",)

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def about(self) -> tuple[str, str]:
        """Name the mailbox."""
        return self.mailbox.path, ""

    def read(self, problems: list[Problem]) -> Iterator[Stored]:  # noqa: ARG002 - the mailbox keeps its own
        """Yield its messages."""
        return iter(self.mailbox)


def parts_of(source: Mailbox | Iterable[Mail]) -> Iterator[Part]:
    """Cut what is to be judged into parts for workers.

    Parameters
    ----------
    source : Mailbox, or iterable of bytes, Message or Stored

    Yields
    ------
    Part
    """
    if isinstance(source, Mailbox):
        yield from source.spans()
        return
    first = 0
    for batch in batches(source):
        yield Handed(batch, first)
        first += len(batch)


def answers(
    classifier: Classifier, parts: Iterable[Part], kind: Kind, *, jobs: int = 1, explain: int = 0
) -> Generator[tuple[Part, Answer], None, None]:
    """Judge parts of mailboxes, here or in workers; what comes of it is the same.

    Parameters
    ----------
    classifier : Classifier
    parts : iterable of Part
    kind : {'verdicts', 'judged', 'jsonl', 'csv'}
        What is made of them.
    jobs : int, default 1
        Workers; none for a single part, nor for a classifier that cannot be copied.
    explain : int, default 0
        How many clues of each message to find.

    Yields
    ------
    Part, Answer
        In the order of the parts; of one judged here, there may be many.

    Raises
    ------
    MailtriageError
        If the system has no room for a process any more.
    """
    coming = iter(parts)
    asked = classifier._asked
    if jobs > 1 and asked is not None and not classifier.recalls:
        few = list(islice(coming, 2))
        coming = chain(few, coming)
        if len(few) > 1:
            from classifier.engine.workers import crew_of  # brings multiprocessing

            with crew_of(classifier, asked, kind, jobs=jobs, explain=explain) as crew:
                if crew is not None:
                    yield from crew.answers(coming)
                    return
    judging = Judging(classifier, kind, explain)
    for part in coming:
        for answer in judging.pieces(part):
            yield part, answer


def collected(answers: Iterable[tuple[Part, Answer]], problems: list[Problem]) -> Iterator[Answer]:
    """Note what the parts' readers could not read: what is wrong with a whole file by its first part alone.

    Parameters
    ----------
    answers : iterable of (Part, Answer)
    problems : list of Problem
        Added to.

    Yields
    ------
    Answer
    """
    told = Told()
    for _, answer in answers:
        problems += (problem for problem in answer.problems if told.new(problem))
        if answer.lost is not None and told.new(answer.lost, whole=True):
            problems.append(answer.lost)
        yield answer


def written(
    classifier: Classifier,
    mailbox: Mailbox,
    kind: Kind,
    *,
    jobs: int = 1,
    explain: int = 0,
    weighed: Callable[[int], None] | None = None,
) -> Iterator[Answer]:
    """Judge a mailbox and have the lines made where the judging is done.

    Parameters
    ----------
    classifier, jobs, explain
        As in `answers`.
    mailbox : Mailbox
        Its problems are added to.
    kind : {'jsonl', 'csv'}
    weighed : callable, optional
        Told how many bytes of a file were judged, after each part; see `Part.weight`.

    Yields
    ------
    Answer
        `made` are the lines, as bytes.

    Raises
    ------
    MailtriageError
        As in `answers`.
    """
    parts = parts_of(mailbox) if jobs > 1 or weighed else [Undivided(mailbox)]
    found = answers(classifier, parts, kind, jobs=jobs, explain=explain)
    with closing(found):
        yield from collected(_weighing(found, weighed) if weighed else found, mailbox.problems)


def _weighing(
    found: Iterable[tuple[Part, Answer]], weighed: Callable[[int], None]
) -> Iterator[tuple[Part, Answer]]:
    for part, answer in found:
        yield part, answer
        if answer.done:
            weighed(part.weight())

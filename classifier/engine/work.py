"""What is done with a part of a mailbox, here or in a worker, and what comes home."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, Protocol

from classifier.engine.batches import Mail
from classifier.engine.triage import Classifier
from classifier.errors import MailboxError
from classifier.mailboxes import Part, Problem, Stored
from classifier.output.judged import Judged
from classifier.output.lines import csv_rows, jsonl

Kind = Literal["verdicts", "judged", "jsonl", "csv"]
"""What is made of mail: `Verdict` objects, `Judged` columns, or lines as bytes."""

_WRITERS: dict[str, Callable[[Judged], Any]] = {
    "judged": lambda judged: judged,
    "jsonl": jsonl,
    "csv": lambda judged: csv_rows(judged).encode("utf-8"),
}


class Answer:
    """What a worker made of a part.

    Parameters
    ----------
    made : list
        Whatever was asked for.
    count : int
        Messages judged.
    problems : sequence of Problem
        What could not be read.
    lost : Problem, optional
        Why the rest of the part could not be read at all.
    done : bool, default True
        Whether it was the whole part, or the last piece of it.
    """

    __slots__ = ("count", "done", "lost", "made", "problems")

    def __init__(
        self,
        made: list[Any],
        count: int,
        problems: Sequence[Problem] = (),
        lost: Problem | None = None,
        done: bool = True,
    ) -> None:
        self.made, self.count, self.problems, self.lost, self.done = made, count, problems, lost, done


class Work(Protocol):
    """What a worker can do."""

    def whole(self, part: Part) -> Answer:
        """Judge a part."""

    def begin(self, part: Part, skip: int) -> None:
        """Begin to judge a part message by message, after so many."""

    def look(self) -> tuple[str, str] | None:
        """Read the next message; returns its mailbox and key, None after the last."""

    def one(self) -> Answer:
        """Judge the message last looked at."""

    def rest(self) -> list[Problem]:
        """Return the problems met since `begin`."""


class Judging:
    """What a worker does with parts: see `Work`.

    Parameters
    ----------
    classifier : Classifier
    kind, explain
        As in `Copy`.
    """

    def __init__(self, classifier: Classifier, kind: Kind, explain: int = 0) -> None:
        self.classifier, self.kind, self.explain = classifier, kind, explain
        self._left: Iterator[Any] = iter(())
        self._next: Any = None
        self._problems: list[Problem] = []

    def whole(self, part: Part) -> Answer:
        """Judge a part."""
        *pieces, last = self.pieces(part)
        made = [some for piece in pieces for some in piece.made]
        return Answer(made, sum(piece.count for piece in pieces), last.problems, last.lost)

    def pieces(self, part: Part) -> Iterator[Answer]:
        """Judge a part, some messages at a time; the last piece has none, but tells what could not be read.

        Parameters
        ----------
        part : Part

        Yields
        ------
        Answer
        """
        problems: list[Problem] = []
        lost: list[Problem] = []
        for made, number in self._make(_read(part, problems, lost)):
            yield Answer([made], number, done=False)
        yield Answer([], 0, problems, lost[0] if lost else None)

    def begin(self, part: Part, skip: int) -> None:
        """Begin to judge a part message by message, after so many."""
        self._problems = []
        self._left = islice(part.read(self._problems), skip, None)

    def look(self) -> tuple[str, str] | None:
        """Read the next message; returns its mailbox and key, None after the last."""
        self._next = next(self._left, None)
        if self._next is None:
            return None
        return getattr(self._next, "mailbox", ""), getattr(self._next, "key", "")

    def one(self) -> Answer:
        """Judge the message last looked at."""
        made = list(self._make([self._next]))
        return Answer([some for some, _ in made], sum(number for _, number in made))

    def rest(self) -> list[Problem]:
        """Return the problems met since `begin`."""
        return self._problems

    def _make(self, mails: Iterable[Mail]) -> Iterator[tuple[Any, int]]:
        """Yield what was asked for of some messages, and how many they are."""
        if self.kind == "verdicts":
            for verdict in self.classifier.classify_many(mails):
                if self.explain:
                    _ = verdict.explanation  # found here, where there are many who can
                yield verdict, 1
            return
        write = _WRITERS[self.kind]
        for judged in self.classifier.judged_many(mails, explain=self.explain):
            yield write(judged), len(judged)


def _read(part: Part, problems: list[Problem], lost: list[Problem]) -> Iterator[Stored]:
    """Read a part as far as it can be read: what was read before an error is judged."""
    try:
        yield from part.read(problems)
    except MailboxError as error:
        lost.append(Problem(error.path, error.place or part.about()[1], error.reason))

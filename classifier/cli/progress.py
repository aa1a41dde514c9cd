"""Progress for people at a terminal; for everybody else, silence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

    from classifier.verdict import Verdict

T = TypeVar("T")

EVERY = 0.25
"""Seconds between two pictures of the progress."""


def wanted(prints_later: bool = False) -> bool:
    """Tell whether progress may be shown.

    Parameters
    ----------
    prints_later : bool, default False
        Whether standard output stays silent until all is done, so that both may share a terminal.

    Returns
    -------
    bool
        Only if standard error is a terminal that the results do not run over.
    """
    if not sys.stderr.isatty():
        return False
    return prints_later or not (sys.stdout.isatty() and _same_terminal())


def shown(
    items: Iterable[T],
    what: str,
    prints_later: bool = False,
    size: Callable[[T], int] = lambda _: 1,
    weight: Weighing | None = None,
) -> Generator[T, None, None]:
    """Pass items on, counting them on standard error where that is wanted, with the rate.

    Parameters
    ----------
    items : iterable
    what : str
        What is being done.
    prints_later : bool, default False
        See :func:`wanted`.
    size : callable, optional
        How much an item counts.
    weight : Weighing, optional
        How far it has come, where that is known: for percent and the time that is left.

    Yields
    ------
    each item
    """
    if not wanted(prints_later):
        yield from items
        return
    total = weight.total() if weight else None
    with _rates(total) as bar:
        task, count, start, drawn = bar.add_task(what, total=total, count=0, rate=0.0), 0, monotonic(), 0.0
        for item in items:
            yield item
            count += size(item)
            now = monotonic()
            if now - drawn > EVERY:  # by hand: a thread that draws would keep workers from being forked
                place = weight.done if weight and total else 0
                bar.update(task, completed=place, count=count, rate=count / max(now - start, 1e-3))
                bar.refresh()
                drawn = now


@contextmanager
def counted(what: str) -> Iterator[Callable[..., None] | None]:
    """Count on standard error what somebody else goes through, where that is wanted.

    Parameters
    ----------
    what : str
        What is being counted.

    Yields
    ------
    callable or None
        To be called with the count so far, and with what is being counted where that changes; None where
        nobody looks.
    """
    if not wanted(prints_later=True):
        yield None
        return
    with _bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda count, now=what: bar.update(task, completed=count, description=now)


class Weighing:
    """How many bytes of the mailboxes were judged, of how many; known where all are mboxes as they are.

    Parameters
    ----------
    paths : sequence of str
        The mailboxes.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = paths
        self.done = 0

    def add(self, done: int) -> None:
        """Count bytes that were judged."""
        self.done += done

    def weighed(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Pass verdicts on and count the bytes of their messages."""
        for verdict in verdicts:
            if verdict.stored is not None:
                self.done += len(verdict.stored.raw)
            yield verdict

    def total(self) -> int | None:
        """Return the bytes of all, None where they are not known."""
        return sum(map(os.path.getsize, self.paths)) if all(map(_is_mbox, self.paths)) else None


def _is_mbox(path: str) -> bool:
    """Tell a regular file that begins as an mbox does; anything else is not weighed."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(5) == b"From "
    except OSError:
        return False


def _rates(total: int | None) -> Progress:
    """Make a line with count and rate, and where the end is known with percent and the time left."""
    from rich.console import Console
    from rich.progress import Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    counts = TextColumn("{task.description} {task.fields[count]:,} ({task.fields[rate]:,.0f}/s)")
    known = (TaskProgressColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    columns = (counts, *known) if total else (counts, TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)


def _bar() -> Progress:
    """Make a spinner with a count and the time; transient: only the result remains on the screen."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)


def _same_terminal() -> bool:
    """Whether standard output and standard error are one terminal."""
    try:
        return os.fstat(sys.stdout.fileno()).st_rdev == os.fstat(sys.stderr.fileno()).st_rdev
    except (OSError, ValueError):
        return True

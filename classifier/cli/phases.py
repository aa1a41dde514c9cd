"""Progress of work in phases: what is done, how fast, and how long it will take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from classifier.cli.progress import wanted

Watch = Callable[[str, int, int], None]

SOON = 1.0
"""Seconds of a phase before its rate is told."""


class Pace:
    """How a phase goes, told in words.

    Its end may be an estimate that moves while it goes on; a bar that is given another end forgets its rate.

    Parameters
    ----------
    done : int
        Messages that were done when it began.
    """

    def __init__(self, done: int) -> None:
        self.start, self.first = monotonic(), done

    def told(self, done: int, total: int) -> str:
        """Say how far it is.

        Parameters
        ----------
        done, total : int
            Messages that are done, and how many there are, 0 if unknown.

        Returns
        -------
        str
        """
        elapsed = monotonic() - self.start
        of = f" of {total:,}" if total else ""
        words = f"{done:,}{of} messages"
        if elapsed < SOON or done <= self.first:
            return words
        rate = (done - self.first) / elapsed
        left = f", left {_clock((total - done) / rate)}" if total > done else ""
        return f"{words}, {rate:,.0f} a second{left}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@contextmanager
def phased() -> Iterator[Watch | None]:
    """Show phases on standard error, where that is wanted.

    Yields
    ------
    callable or None
        To be called with the phase, the messages of it that are done, and how many there are, 0 if
        unknown; None where nobody looks.
    """
    if not wanted(prints_later=True):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}: {task.fields[told]}"), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
    tasks: dict[str, tuple[TaskID, Pace]] = {}
    with bar:

        def watch(phase: str, done: int, total: int) -> None:
            begun = phase not in tasks
            if begun:
                for task, _ in tasks.values():
                    bar.remove_task(task)
                tasks.clear()
                tasks[phase] = bar.add_task(phase, total=None, told=""), Pace(done)
            task, pace = tasks[phase]
            bar.update(task, told=pace.told(done, total), refresh=begun)  # however short: shown once

        yield watch

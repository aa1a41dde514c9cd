"""Progress for people at a terminal; for everybody else, silence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")


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
    items: Iterable[T], what: str, prints_later: bool = False, size: Callable[[T], int] = lambda _: 1
) -> Iterator[T]:
    """Pass items on, counting them on standard error where that is wanted.

    Parameters
    ----------
    items : iterable
    what : str
        What is being done.
    prints_later : bool, default False
        See :func:`wanted`.
    size : callable, optional
        How much an item counts.

    Yields
    ------
    each item
    """
    if not wanted(prints_later):
        yield from items
        return
    with _bar() as bar:
        task = bar.add_task(what, total=None)
        for item in items:
            yield item
            bar.advance(task, size(item))


@contextmanager
def counted(what: str) -> Iterator[Callable[[int], None] | None]:
    """Count on standard error what somebody else goes through, where that is wanted.

    Parameters
    ----------
    what : str
        What is being counted.

    Yields
    ------
    callable or None
        To be called with the count so far; None where nobody looks.
    """
    if not wanted(prints_later=True):
        yield None
        return
    with _bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda count: bar.update(task, completed=count)


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

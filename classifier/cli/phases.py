"""Progress of work in phases: what is done, how fast, and how long it will take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from classifier.cli.progress import wanted

Watch = Callable[[str, int, int], None]


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
    from rich.progress import (
        Progress,
        SpinnerColumn,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description} {task.completed:,.0f}{task.fields[of]} messages{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
    tasks: dict[str, TaskID] = {}
    with bar:

        def watch(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                for task in bar.task_ids:
                    bar.remove_task(task)
                tasks.clear()
                tasks[phase] = bar.add_task(phase, total=total or None, of="", rate="")
            task = tasks[phase]
            speed = bar.tasks[0].speed
            rate = f", {speed:,.0f} a second" if speed else ""
            of = f" of {total:,}" if total else ""
            bar.update(task, completed=done, total=total or None, of=of, rate=rate)

        yield watch

"""A part that cost two workers: done message by message, so that only the message that kills is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from classifier.engine.work import Answer, Work
from classifier.engine.worker import Worker, WorkerDied
from classifier.mailboxes import Part, Problem


def singly(opening: Callable[[], Work], part: Part, others: Iterable[Worker] = ()) -> Answer:
    """Have a part judged by a process of its own, and by another after each message that kills it.

    Parameters
    ----------
    opening : callable
        As in `Worker`.
    part : Part
    others : iterable of Worker
        As in `Worker`.

    Returns
    -------
    Answer
        With a problem for each message that nobody survives.

    Raises
    ------
    OSError
        If no process can be started.
    Exception
        Whatever the worker raised.
    """
    made, problems, count, done = [], [], 0, 0
    while True:
        worker, found = Worker(opening, others), None
        where: tuple[str, str] | None = None
        try:
            worker.ask("begin", part, done)
            while (where := worker.ask("look")) is not None:
                one = worker.ask("one")
                made += one.made
                count += one.count
                done += 1
                where = None
            found = worker.ask("rest")
        except WorkerDied as death:
            path, place = where or part.about()
            what = "it" if where else "the next message of this part"
            problems.append(
                Problem(path, place, f"not judged: whoever reads {what} dies; a worker {death.how}")
            )
            if where is None:  # it is the reading that kills: what follows cannot be reached
                return Answer(made, count, problems)
            done += 1
        finally:
            worker.dismiss()
        if found is not None:
            return Answer(made, count, [*problems, *found])

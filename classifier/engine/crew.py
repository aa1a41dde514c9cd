"""A crew of workers: parts are handed out, answers come home in order, the dead are replaced.

Pools of joblib and of the standard library hand work out through one queue that all workers share: when one
is killed, nobody knows what it had in hand, the queue's lock may have died with it, and all work is lost.
Here each worker has a pipe of its own, and the parent knows who does what.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait

from classifier.engine.work import Answer, Work
from classifier.engine.worker import Task, Worker, WorkerDied
from classifier.errors import MailtriageError
from classifier.mailboxes import Part

AHEAD = 4
"""Parts for each worker in hand or done, ahead of the one whose answer is awaited."""

SMALL = 2 << 10
"""A part that pickles to so few bytes fits into any pipe: a worker may have it before it has time for it."""


class Crew:
    """Workers who share the parts of a mailbox.

    Parameters
    ----------
    opening : callable
        As in `Worker`.
    jobs : int
        Workers at most; each is started when there is work for it.
    notice : callable
        Told in words of a worker that died.
    """

    def __init__(self, opening: Callable[[], Work], jobs: int, notice: Callable[[str], None]) -> None:
        self.opening, self.jobs, self.notice = opening, jobs, notice
        self._workers: list[Worker] = []
        self._again: deque[Task] = deque()

    def ready(self) -> bool:
        """Start the first worker; where the system does not let us, say so.

        Returns
        -------
        bool
        """
        try:
            self._workers.append(Worker(self.opening, self._workers))
        except OSError as error:
            self.notice(f"cannot start workers, one process does it all: {error.strerror or error}")
            return False
        return True

    def answers(self, parts: Iterable[Part]) -> Iterator[tuple[Part, Answer]]:
        """Have the parts done, so many ahead of whoever takes the answers.

        Parameters
        ----------
        parts : iterable of Part

        Yields
        ------
        Part, Answer
            In the order of the parts.

        Raises
        ------
        MailtriageError
            If all workers died, and no other can be started.
        Exception
            Whatever a worker raised, in its turn.
        """
        from classifier.engine.singly import singly  # which makes workers, too

        line: deque[Task] = deque()
        coming = iter(parts)
        while True:
            self._hand_out(line, coming)
            if not line:
                return
            if not line[0].settled:
                self._collect()
                continue
            task = line.popleft()
            if task.failure is not None:
                raise task.failure
            if task.answer is None:
                task.answer = singly(self.opening, task.part, self._workers)
            yield task.part, task.answer

    def _hand_out(self, line: deque[Task], coming: Iterator[Part]) -> None:
        """Give every worker a part, then a second one, where it is small, so that it need not wait."""
        for busy in (0, 1):
            while (worker := self._with_hands(busy)) is not None:
                task = self._next(line, coming)
                if task is None:
                    return
                order = pickle.dumps(("whole", (task.part,)), protocol=pickle.HIGHEST_PROTOCOL)
                if busy and len(order) > SMALL:
                    self._again.appendleft(task)
                    return
                worker.hands.append(task)
                worker.send(order)

    def _with_hands(self, count: int) -> Worker | None:
        """Find a worker that has so many parts in hand; for an idle one, start one if there is room."""
        for worker in self._workers:
            if len(worker.hands) == count:
                return worker
        if count or len(self._workers) >= self.jobs:
            return None
        try:
            self._workers.append(Worker(self.opening, self._workers))
        except OSError as error:
            if not self._workers:
                raise MailtriageError(f"cannot start a worker: {error.strerror or error}") from error
            self.jobs = len(self._workers)
            self.notice(f"cannot start more than {self.jobs} workers: {error.strerror or error}")
            return None
        return self._workers[-1]

    def _next(self, line: deque[Task], coming: Iterator[Part]) -> Task | None:
        """Take what has to be done again, else the next part, unless too much waits to be taken home."""
        if self._again:
            return self._again.popleft()
        if len(line) >= AHEAD * self.jobs:
            return None
        part = next(coming, None)
        if part is None:
            return None
        line.append(Task(part))
        return line[-1]

    def _collect(self) -> None:
        """Wait until some worker has an answer, or dies."""
        busy = {worker.pipe: worker for worker in self._workers if worker.hands}
        for pipe in wait(list(busy)):
            worker = busy[pipe]
            task = worker.hands[0]
            try:
                task.answer = worker.receive()
            except WorkerDied as death:
                self._bury(worker, death)
                continue
            except Exception as error:  # raised again in its turn
                task.failure = error
            worker.hands.popleft()

    def _bury(self, worker: Worker, death: WorkerDied) -> None:
        """Say what a dead worker had in hand, and have that done again."""
        task = worker.hands[0]
        task.died += 1
        mailbox, place = task.part.about()
        where = ", ".join(filter(None, (mailbox, place)))
        again = "is done again" if task.died == 1 else "will be done again message by message"
        self.notice(f"{death} over {where or 'its part'}, which {again}")
        self._again.extendleft(one for one in reversed(worker.hands) if not one.settled)
        self._workers.remove(worker)
        worker.dismiss()

    def dismiss(self) -> None:
        """Let all workers end."""
        while self._workers:
            self._workers.pop().dismiss()

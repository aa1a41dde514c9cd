"""Judging on many machines by Dask: parts of mailboxes go out, lines or Parquet files come back.

Each part is read by the worker that judges it, where the mail lies; the model travels once to each worker. A
part whose worker is lost is given to another by the scheduler. At most some parts a worker are under way, so
that memory stays flat whatever the mail.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from classifier import __version__
from classifier.engine.parts import Answer, Task, judge_part
from classifier.errors import ClusterError, MailboxError, MissingPackage
from classifier.mailboxes import Problem

LINES_BYTES, FILE_BYTES = 16 << 20, 64 << 20
"""Of an mbox that one worker gets at a time: some seconds of work, so that a lost one costs little; more for
Parquet, as many small files are slow to read."""

AHEAD = 4
"""Parts a thread of the cluster under way; more would wait in memory for the one that comes first."""

RETRIES = 2
"""How often a part is tried again that could not be read: stores fail now and then."""

ANSWERS, FINDS_WORKERS = 10, 60
"""Seconds that a scheduler gets to answer, and to have a worker."""

_NEEDED = "--engine dask needs dask: pip install 'mailtriage[dask]'"
_DEADLY = "every worker that judged this part died (out of memory?): it was left out"


class Cluster:
    """A Dask cluster to judge on; used as a context manager.

    Parameters
    ----------
    scheduler : str, optional
        Its address, such as ``tcp://10.0.0.1:8786``; without, a cluster of processes on this machine.
    workers : int, default 1
        Processes of the cluster on this machine.

    Raises
    ------
    MissingPackage
        If Dask is not installed.
    ClusterError
        If the scheduler does not answer, has no workers, or has workers of another version.
    """

    def __init__(self, scheduler: str | None = None, workers: int = 1) -> None:
        self._stack = ExitStack()
        _quiet()
        try:
            import distributed
        except ImportError:
            raise MissingPackage(_NEEDED) from None
        self._distributed: Any = distributed
        try:
            self._client = self._connected(scheduler, workers)
            self._check()
        except BaseException:
            self._stack.close()
            raise
        self._threads, self._counted = 1, float("-inf")

    def _connected(self, scheduler: str | None, workers: int) -> Any:
        where: Any = scheduler
        if scheduler is None:
            where = self._stack.enter_context(_local(self._distributed, workers))
        name = scheduler or "the cluster on this machine"
        try:
            client = self._distributed.Client(where, timeout=ANSWERS, set_as_default=False)
        except (OSError, ValueError) as error:  # ValueError: what is no address
            raise ClusterError(f"{name}: no scheduler answers there") from error
        self._stack.callback(client.close, timeout=2)
        self.name = name
        return client

    def _check(self) -> None:
        """See that there are workers, and that they are of this version."""
        with _lost(self.name):
            try:
                self._client.wait_for_workers(1, timeout=FINDS_WORKERS)
            except TimeoutError:
                raise ClusterError(f"{self.name}: has no workers") from None
            try:
                found = set(self._client.run(_version).values())
            except (ImportError, AttributeError):
                raise ClusterError(f"{self.name}: its workers do not have mailtriage installed") from None
        if found != {__version__}:
            others = ", ".join(sorted(found - {__version__}))
            raise ClusterError(f"{self.name}: its workers have mailtriage {others}, not {__version__}")

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def judged(
        self, model: bytes, tasks: Iterable[Task], *, ordered: bool = True
    ) -> Iterator[tuple[Task, Answer]]:
        """Judge parts.

        Parameters
        ----------
        model : bytes
            From `copies.packed`.
        tasks : iterable of Task
            Taken as they are needed.
        ordered : bool, default True
            Whether answers come in the order of the tasks, or as they are found.

        Yields
        ------
        tuple of Task and Answer

        Raises
        ------
        ClusterError
            If the cluster is lost.
        """
        left = iter(tasks)
        under_way: dict[Any, Task] = {}
        run = uuid.uuid4().hex
        with _lost(self.name):
            # as a task and not as data: should all that hold it be lost, the scheduler still knows it
            travelling = self._client.submit(_kept, model, key=f"mailtriage-model-{run}", pure=False)
            try:
                while True:
                    self._submit(left, under_way, travelling, run)
                    if not under_way:
                        return
                    for future in self._done(under_way, ordered):
                        task = under_way.pop(future)
                        yield task, self._answer(future, task, travelling)
            finally:
                self._client.cancel(list(under_way))

    def _submit(self, left: Iterator[Task], under_way: dict[Any, Task], model: Any, run: str) -> None:
        room = AHEAD * self._size() - len(under_way)
        while room > 0 and (task := next(left, None)) is not None:
            key = f"mailtriage-{run}-{task.number}"
            future = self._client.submit(judge_part, model, task, key=key, pure=False, retries=RETRIES)
            under_way[future] = task
            room -= 1

    def _size(self) -> int:
        """Count the threads of the cluster, asking now and then: it may grow and shrink."""
        if time.monotonic() - self._counted > 2:
            self._threads = max(1, sum(self._client.nthreads().values()))
            self._counted = time.monotonic()
        return self._threads

    def _done(self, under_way: dict[Any, Task], ordered: bool) -> list[Any]:
        if ordered:
            return [next(iter(under_way))]
        with self._client.as_current():
            return list(self._distributed.wait(list(under_way), return_when="FIRST_COMPLETED").done)

    def _answer(self, future: Any, task: Task, model: Any) -> Answer:
        """Take an answer; a part that nobody survived is tried once more: another may have been to blame."""
        mailbox, place = task.part.about()
        for last in (False, True):
            try:
                answer: Answer = future.result()
                return answer
            except self._distributed.KilledWorker:
                future.release()
                if last:
                    return Answer(0, [Problem(mailbox, place, _DEADLY)], lost=True)
                future = self._client.submit(judge_part, model, task, pure=False)
            except MailboxError as error:
                return Answer(0, [Problem(error.path, error.place or place, error.reason)], lost=True)
        raise AssertionError  # the loop has returned


def _kept(model: bytes) -> bytes:
    return model


def _version() -> str:
    return __version__


@contextmanager
def _lost(name: str) -> Iterator[None]:
    """Say in a line that a cluster was lost, whatever Dask raises."""
    import asyncio
    from concurrent.futures import CancelledError

    from distributed.comm.core import CommClosedError

    try:
        yield
    except (CancelledError, asyncio.CancelledError, CommClosedError) as error:
        raise ClusterError(f"{name}: the connection to the scheduler was lost") from error


@contextmanager
def _local(distributed: Any, workers: int) -> Iterator[Any]:
    """Start a cluster of processes; it speaks TLS, or anybody on this machine could have it run his code."""
    try:
        security = distributed.Security.temporary()
    except ImportError:
        raise MissingPackage(_NEEDED) from None
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        security=security,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster


def _quiet() -> None:
    """Keep Dask's own logs off standard error, here and in workers that we start: errors are told by us."""
    try:
        import dask
    except ImportError:
        raise MissingPackage(_NEEDED) from None
    loggers = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")
    dask.config.set(
        {
            "logging": dict.fromkeys(loggers, "critical"),
            "distributed.admin.large-graph-warning-threshold": "1 GiB",
            **{f"distributed.{each}.http.routes": [] for each in ("scheduler", "worker", "nanny")},
        }
    )

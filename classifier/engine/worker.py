"""A worker: a process that judges parts of mailboxes, and the pipe to it.

Where it can (Linux, and no threads yet), a worker is forked: it has the classifier at once and shares its
memory, 10 ms after it was asked for, where a new interpreter needs half a second. Elsewhere loky starts it,
as it does for joblib. A pipe needs no semaphore, and so no /dev/shm.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from classifier.engine.work import Answer, Work
from classifier.mailboxes import Part

PATIENCE = 10.0
"""Seconds in which a process that was told to end, or that closed its pipe, must be gone."""


class WorkerDied(Exception):
    """A worker is gone, or has no memory left.

    Parameters
    ----------
    pid : int
    how : str
        ``was killed (SIGKILL)``, for people.
    """

    def __init__(self, pid: int, how: str) -> None:
        self.pid, self.how = pid, how
        super().__init__(f"worker process {pid} {how}")


def forks() -> bool:
    """Tell whether workers are forked: a thread's locks would never be released in the copy."""
    return sys.platform == "linux" and threading.active_count() == 1


@dataclass(slots=True, eq=False)
class Task:
    """A part, what became of it, and how many workers it has cost."""

    part: Part
    died: int = 0
    answer: Answer | None = None
    failure: BaseException | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more can be done for it by a worker among others."""
        return self.answer is not None or self.failure is not None or self.died > 1


class Worker:
    """A process, and the pipe to it.

    Parameters
    ----------
    opening : callable
        Makes the worker's `Work`, there; must be picklable where nothing can be forked.
    others : iterable of Worker
        Whose pipes a forked process must not keep open.

    Raises
    ------
    OSError
        If the system allows no more processes, pipes or memory.
    """

    def __init__(self, opening: Callable[[], Work], others: Iterable[Worker] = ()) -> None:
        forked = forks()
        context: Any = get_context("fork") if forked else _loky()
        self.pipe, its = context.Pipe()
        ours = [self.pipe, *(other.pipe for other in others)] if forked else []
        self.process = context.Process(target=_serve, args=(its, ours, opening), daemon=True)
        self.hands: deque[Task] = deque()
        try:
            with _no_interrupt(), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # a BLAS with threads forks well
                self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            its.close()

    def send(self, order: bytes) -> None:
        """Hand over a pickled order; if the worker is dead, `receive` tells."""
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(order)

    def receive(self) -> Any:
        """Wait for the answer to the oldest order.

        Raises
        ------
        WorkerDied
            If there will be none.
        Exception
            Whatever the worker raised.
        """
        try:
            failed, value = pickle.loads(self.pipe.recv_bytes())  # noqa: S301 - from our own process
        except (EOFError, OSError):
            raise self.obituary() from None
        if isinstance(value, MemoryError) and failed:
            raise WorkerDied(self.process.pid or 0, "ran out of memory")
        if failed:
            raise value
        return value

    def ask(self, name: str, *arguments: Any) -> Any:
        """Order and wait."""
        self.send(pickle.dumps((name, arguments)))
        return self.receive()

    def obituary(self) -> WorkerDied:
        """Say how the process ended."""
        self.process.join(PATIENCE)
        code = self.process.exitcode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return WorkerDied(self.process.pid or 0, f"was killed ({signal.Signals(-code).name})")
        return WorkerDied(self.process.pid or 0, f"ended (exit code {code})")

    def dismiss(self) -> None:
        """Let the process end; what it has in hand is lost."""
        self.pipe.close()  # an idle worker ends by this
        if self.hands:
            self.process.terminate()
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()


def _loky() -> Any:
    """Start processes as joblib does: a new interpreter, which does not run the caller's main module."""
    from joblib.externals.loky.backend import get_context as loky_context

    return loky_context("loky")


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back while a process starts: it must not hit a worker that does not ignore it yet."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if os.name == "posix" else set()
    try:
        yield
    finally:
        if os.name == "posix":
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, ours: list[Connection], opening: Callable[[], Work]) -> None:
    """Be a worker: obey orders until the pipe is closed, by the parent or by its death."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent, which gets the same Ctrl-C, says when to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if os.name == "posix":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for one in ours:
        one.close()
    gc.freeze()  # what was there before stays shared with the parent
    work: Work | None = None
    with contextlib.suppress(EOFError, OSError):  # the parent is gone
        while True:
            name, arguments = pickle.loads(pipe.recv_bytes())  # noqa: S301 - from our own parent
            failed, value = False, None
            try:
                work = work or opening()
                value = getattr(work, name)(*arguments)
            except Exception as error:  # raised again by the parent
                failed, value = True, _with_its_story(error)
            pipe.send_bytes(pickle.dumps((failed, value), protocol=pickle.HIGHEST_PROTOCOL))


def _with_its_story(error: Exception) -> Exception:
    """Let an error tell where in the worker it arose; one that cannot travel becomes one that can."""
    error.add_note("in a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:  # whatever its class does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error

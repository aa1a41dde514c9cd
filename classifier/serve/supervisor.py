"""The process that heeds signals and keeps the workers: it reads no mail, and so survives any."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from classifier.serve.bell import Bell, silence
from classifier.serve.hourglass import Hourglass
from classifier.serve.systemd import notify

_STOP = (signal.SIGTERM, signal.SIGINT)
_HEEDED = (*_STOP, signal.SIGHUP, signal.SIGCHLD)

SHORT = 60.0
"""A worker that dies younger than this, in seconds, died too early: the next one waits a little longer."""

LONGEST_PAUSE = 30.0


@dataclass
class Supervisor:
    """Forks workers, starts those anew that die, and hands signals on.

    SIGTERM or SIGINT lets workers finish what they have in hand; the second one ends them at once. SIGHUP is
    handed to the workers. A worker that is killed costs what it had in hand, and is replaced.

    Parameters
    ----------
    work : callable
        What a worker does: given a function to call when it is ready, a file descriptor that reads as
        ended when the supervisor has died, and the hourglass by which it judges. Returns the exit code of
        the process.
    jobs : int
        Workers.
    seconds : float
        How long a worker may judge one mail; then it is killed.
    complain : callable
        Is told, in a sentence, what happened.
    """

    work: Callable[[Callable[[], None], int, Hourglass], int]
    jobs: int
    seconds: float
    complain: Callable[[str], None]
    _born: dict[int, float] = field(default_factory=dict)
    _glasses: dict[int, Hourglass] = field(default_factory=dict)
    _due: list[float] = field(default_factory=list)
    _early: int = 0
    _code: int = 0
    _stopping: bool = False
    _ready: bool = False

    def run(self, ready: Callable[[], None], leave: Callable[[], None]) -> int:
        """Serve until a signal says to stop.

        Parameters
        ----------
        ready : callable
            Called when all workers can be asked.
        leave : callable
            Called when nobody is to be let in any more.

        Returns
        -------
        int
            The exit code: 0, or that of a worker that could not even begin.
        """
        self._alive, self._life = os.pipe()
        bell = Bell(_HEEDED)
        try:
            self._begin()
            if not self._stopping:
                self._ready = True
                ready()
                notify("READY=1")
            self._keep(bell, leave)
        finally:
            self._tell(signal.SIGKILL)
            bell.close()
            os.close(self._alive)
            os.close(self._life)
        return self._code

    def _begin(self) -> None:
        """Start all workers and wait until each can be asked."""
        hear, tell = os.pipe()
        for _ in range(self.jobs):
            self._fork(tell)
        os.close(tell)
        with os.fdopen(hear, "rb", buffering=0) as told:
            heard = 0
            while heard < self.jobs and (word := told.read(1)):
                heard += len(word)
        if heard < self.jobs:
            self._stopping = True
            self._tell(signal.SIGTERM)

    def _fork(self, tell: int | None = None) -> None:
        """Start a worker."""
        sys.stdout.flush()
        sys.stderr.flush()
        glass = Hourglass(self.seconds)
        with silence():
            worker = os.fork()
            if not worker:
                self._become_worker(tell, glass)
        self._born[worker], self._glasses[worker] = time.monotonic(), glass

    def _become_worker(self, tell: int | None, glass: Hourglass) -> None:
        """Work, in a process of its own, and never come back."""
        code = 1
        try:
            os.close(self._life)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the supervisor decides
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            code = self.work(lambda: _say(tell), self._alive, glass)
        finally:
            with suppress(Exception):
                sys.stderr.flush()
            os._exit(code)  # nothing of the supervisor's is to be ended twice

    def _keep(self, bell: Bell, leave: Callable[[], None]) -> None:
        """Heed signals until the last worker has ended."""
        if self._stopping:
            leave()
        while self._born or not self._stopping:
            for number in self._heard(bell):
                if number in _STOP and self._stopping:
                    self.complain("ended at once, with mail in hand")
                    self._code = 128 + number
                    return
                if number in _STOP:
                    self._stopping = True
                    notify("STOPPING=1")
                    leave()
                    self._tell(signal.SIGTERM)
                elif number == signal.SIGHUP:
                    self._tell(signal.SIGHUP)
            self._end_stuck()
            self._reap()
            self._replace()

    def _heard(self, bell: Bell) -> list[int]:
        """Wait for signals, or for the time to start a worker or to end one."""
        now = time.monotonic()
        ends = (glass.ends(now) for glass in self._glasses.values())
        select.select([bell], [], [], max(0.0, min((*self._due, *ends, now + SHORT)) - now))
        return bell.rung()

    def _end_stuck(self) -> None:
        """Kill workers that judge for too long, and do not hear their alarm."""
        now = time.monotonic()
        for worker in [worker for worker, glass in self._glasses.items() if glass.ends(now) <= now]:
            self._glasses.pop(worker).close()
            self.complain(f"worker {worker} has judged one mail for more than {self.seconds:g} seconds")
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def _tell(self, number: int) -> None:
        for worker in self._born:
            with suppress(ProcessLookupError):
                os.kill(worker, number)

    def _reap(self) -> None:
        """Take note of workers that have ended."""
        for worker in list(self._born):
            pid, status = os.waitpid(worker, os.WNOHANG)
            if not pid:
                continue
            age = time.monotonic() - self._born.pop(worker)
            if glass := self._glasses.pop(worker, None):
                glass.close()
            code = os.waitstatus_to_exitcode(status)
            if not self._ready:
                self._code = self._code or (code if code >= 0 else 1)
            elif not self._stopping:
                self._early = self._early + 1 if age < SHORT else 0
                pause = min(LONGEST_PAUSE, 0.1 * 2.0 ** (self._early - 1)) if self._early > 1 else 0.0
                self._due.append(time.monotonic() + pause)
                how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
                self.complain(f"worker {worker} {how}; another takes its place")

    def _replace(self) -> None:
        """Start workers whose time has come."""
        now = time.monotonic()
        for due in [due for due in self._due if due <= now and not self._stopping]:
            self._due.remove(due)
            self._fork()


def _say(tell: int | None) -> None:
    """Tell the supervisor that a worker is ready."""
    if tell is not None:
        os.write(tell, b"1")
        os.close(tell)

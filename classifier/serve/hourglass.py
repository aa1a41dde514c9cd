"""A bound on the time that judging takes.

The worker that judges gets an alarm, which ends what Python code does. Code in C that never comes back hears
no alarm: the supervisor, who sees since when a worker has judged, kills it a little later.
"""

from __future__ import annotations

import mmap
import signal
import struct
import time
from collections.abc import Callable
from typing import TypeVar

from classifier.errors import NotJudged

GRACE = 5.0
"""Seconds from the alarm to the kill."""

R = TypeVar("R")
_SINCE = struct.Struct("d")


class Hourglass:
    """Runs in one worker; its supervisor looks at it. Made before the worker is forked.

    Parameters
    ----------
    seconds : float
        How long one piece of work may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._shared = mmap.mmap(-1, _SINCE.size)
        self._running = False

    def within(self, work: Callable[[], R]) -> R:
        """Do something while the sand runs; in the worker's main thread.

        Parameters
        ----------
        work : callable

        Returns
        -------
        whatever `work` returns

        Raises
        ------
        NotJudged
            If it took too long.
        """
        signal.signal(signal.SIGALRM, self._out)
        try:
            self._running = True
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
            try:
                return self.watched(work)
            finally:
                self._running = False  # an alarm from now on comes too late to matter
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def watched(self, work: Callable[[], R]) -> R:
        """Do something while only the supervisor looks on, in any thread: an alarm is for the main one.

        Parameters
        ----------
        work : callable

        Returns
        -------
        whatever `work` returns
        """
        _SINCE.pack_into(self._shared, 0, time.monotonic())
        try:
            return work()
        finally:
            _SINCE.pack_into(self._shared, 0, 0.0)

    def _out(self, *_: object) -> None:
        if self._running:
            raise NotJudged(f"it took longer than {self.seconds:g} seconds")

    def ends(self, now: float) -> float:
        """Say when the worker has to be killed, if it does not end by itself.

        Parameters
        ----------
        now : float
            By the clock of `time.monotonic`, which is the same in all processes.

        Returns
        -------
        float
            By the same clock; of a worker that judges nothing, what it would be if it began now.
        """
        return (_SINCE.unpack_from(self._shared, 0)[0] or now) + self.seconds + GRACE

    def close(self) -> None:
        """Forget it: the worker is gone."""
        self._shared.close()

"""Signals of the system as something to wait for beside everything else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType


class Bell:
    """Hears signals, and is readable while some were not asked for.

    The system writes the number of each into a pipe (``signal.set_wakeup_fd``), so nothing happens in a
    handler and none is lost while others are dealt with.

    Parameters
    ----------
    numbers : iterable of int
        Which signals.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self._hear, self._rung = os.pipe()
        for end in (self._hear, self._rung):
            os.set_blocking(end, False)
        self._before = {number: signal.signal(number, _nothing) for number in numbers}
        self._wakeup = signal.set_wakeup_fd(self._rung, warn_on_full_buffer=False)

    def fileno(self) -> int:
        """Return what can be read when there is something."""
        return self._hear

    def rung(self) -> list[int]:
        """Return the signals that came since this was asked last, in order; does not wait."""
        try:
            return list(os.read(self._hear, 256))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Hear no more: signals do what they did before."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._hear)
        os.close(self._rung)


@contextmanager
def silence() -> Iterator[None]:
    """Keep signals back for a moment: a process just born must not ring its parent's bell."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Heed nothing here: the pipe has the number."""

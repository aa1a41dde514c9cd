"""Which parts history has: here the rooms that remember, which do not know each other, meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.history import History, Memory, Recaller


def _jobs(memory: Memory) -> Recaller:
    from classifier.rootmail import JobRecaller

    return JobRecaller(memory)


_PARTS: tuple[Callable[[Memory], Recaller], ...] = (_jobs,)
"""Each makes one part of history on a memory."""


def open_history(memory: Memory) -> History:
    """Open all parts of history on one memory.

    Parameters
    ----------
    memory : Memory

    Returns
    -------
    History
    """
    from classifier.history import History  # who has no memory does not wait for it

    return History([make(memory) for make in _PARTS])

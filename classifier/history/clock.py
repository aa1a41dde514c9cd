"""The time that history lives in: it never goes back, and one wrong clock cannot run it down."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.history.memory import Memory

DAY = 86400.0

LEAP = 30 * DAY
"""No single message moves the time by more: the stamp of a broken clock must not let everything fade. After
a real pause the time is back after a few messages."""

BELIEVED = 16
"""So many messages in a row from before the time less `LEAP`: the time was wrong, and theirs is taken."""

_STATE = struct.Struct("<dI")


class Clock:
    """Time as the messages tell it, in order of arrival.

    Parameters
    ----------
    memory : Memory
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def _state(self) -> tuple[float, int]:
        raw = self._memory.get("clock", b"")
        if raw is None or len(raw) != _STATE.size:
            return 0.0, 0
        latest, behind = _STATE.unpack(raw)
        return latest, behind

    def read(self, now: float) -> float:
        """Say what time it is when a message comes.

        Parameters
        ----------
        now : float
            What the message's arrival says, in seconds since 1970; 0 where it says nothing.

        Returns
        -------
        float
        """
        return _moved(*self._state(), now)[0]

    def tick(self, now: float) -> float:
        """Move the time on; parameters and result as of `read`."""
        latest, behind = _moved(*self._state(), now)
        self._memory.put("clock", b"", _STATE.pack(latest, behind))
        return latest


def _moved(latest: float, behind: int, now: float) -> tuple[float, int]:
    if not latest or not now:
        return latest or max(0.0, now), behind
    if now >= latest:
        return min(now, latest + LEAP), 0
    if now >= latest - LEAP:
        return latest, 0
    return (max(0.0, now), 0) if behind + 1 >= BELIEVED else (latest, behind + 1)


def faded(value: float, since: float, now: float, half_life: float) -> float:
    """Let a count fade.

    Parameters
    ----------
    value : float
    since, now : float
        When it was that, and now, in seconds.
    half_life : float
        In seconds.

    Returns
    -------
    float
    """
    if value == 0 or now <= since:
        return value
    left: float = value * 2.0 ** ((since - now) / half_life)
    return left if left > 1e-6 else 0.0

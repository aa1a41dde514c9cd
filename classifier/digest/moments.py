"""From when to when mail came, though the clocks of some hosts were wrong."""

from __future__ import annotations

import math
import time

DAY = 86400.0

BEFORE_MAIL = 631_152_000.0
"""The year 1990: a host whose clock has lost its battery says 1970 or 1980."""


def is_believed(moment: float) -> bool:
    """Tell whether mail can have come then: after `BEFORE_MAIL`, and no day ahead of this machine's clock.

    Parameters
    ----------
    moment : float
        Seconds since 1970.

    Returns
    -------
    bool
    """
    return BEFORE_MAIL <= moment <= time.time() + DAY


class Span:
    """The first and the last of some moments, in seconds since 1970.

    What is not believed is the mistake of a clock and counts only where there is nothing else: one such mail
    must not make every job late.
    """

    def __init__(self) -> None:
        self._believed = (math.inf, -math.inf)
        self._any = (math.inf, -math.inf)

    def add(self, moment: float) -> None:
        """Take in a moment.

        Parameters
        ----------
        moment : float
        """
        self._any = min(self._any[0], moment), max(self._any[1], moment)
        if is_believed(moment):
            self._believed = min(self._believed[0], moment), max(self._believed[1], moment)

    @property
    def first(self) -> float:
        """The earliest; infinite where there is none."""
        return self._believed[0] if math.isfinite(self._believed[0]) else self._any[0]

    @property
    def last(self) -> float:
        """The latest; minus infinite where there is none."""
        return self._believed[1] if math.isfinite(self._believed[1]) else self._any[1]

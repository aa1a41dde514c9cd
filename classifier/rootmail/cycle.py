"""Time cut into pieces of which each goes like the others: hours, days, weeks, months."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cycle:
    """Time cut into equal pieces, or into months.

    Parameters
    ----------
    length : float
        Seconds; 0 for months.
    start : float
        Where pieces begin, in seconds.
    """

    length: float
    start: float = 0.0

    def place(self, time: float) -> tuple[int, float]:
        """Return the number of the piece that a time lies in, and the seconds since it began."""
        if self.length:
            number = math.floor((time - self.start) / self.length)
            return number, time - self.start - number * self.length
        moment = _EPOCH + timedelta(seconds=time)
        number = moment.year * 12 + moment.month - 1
        return number, time - self.moment(number, 0.0)

    def moment(self, number: int, phase: float) -> float:
        """Return the time so far behind the beginning of a piece."""
        if self.length:
            return self.start + number * self.length + phase
        year, month = divmod(number, 12)
        return (datetime(year, month + 1, 1, tzinfo=UTC) - _EPOCH).total_seconds() + phase

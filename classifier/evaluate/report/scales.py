"""Numbers to places on a chart, and the numbers that its axes name."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

TICKS_APART = 22.0
"""Numbers closer than this on an axis could not be read."""


class Scale(ABC):
    """One axis.

    Parameters
    ----------
    low, high : float
        The numbers at its ends.
    start, stop : float
        The places of its ends, in units of the drawing.
    """

    def __init__(self, low: float, high: float, start: float, stop: float) -> None:
        self.low, self.high, self.start, self.stop = low, high, start, stop

    @abstractmethod
    def bend(self, value: float) -> float:
        """Map numbers so that equal distances look equal."""

    @abstractmethod
    def ticks(self) -> list[float]:
        """Choose the numbers to name."""

    def at(self, value: float) -> float:
        """Find the place of a number.

        Parameters
        ----------
        value : float
            One beyond an end is drawn at that end.

        Returns
        -------
        float
        """
        low, high = self.bend(self.low), self.bend(self.high)
        part = (self.bend(min(max(value, self.low), self.high)) - low) / (high - low)
        return self.start + part * (self.stop - self.start)

    def name(self, value: float) -> str:
        """Spell a number of the axis.

        Parameters
        ----------
        value : float

        Returns
        -------
        str
        """
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


class Linear(Scale):
    """Equal steps."""

    def bend(self, value: float) -> float:
        """Leave a number as it is."""
        return value

    def ticks(self) -> list[float]:
        """Choose five or so round numbers."""
        raw = (self.high - self.low) / 5
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [round(each * step, 10) for each in range(first, math.floor(self.high / step + 1e-9) + 1)]


class Log(Scale):
    """Equal factors; both ends are positive."""

    def bend(self, value: float) -> float:
        """Take the logarithm."""
        return math.log10(value)

    def ticks(self) -> list[float]:
        """Choose powers of ten, with their twos and fives where there are few."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        steps = (1,) if last - first > 2 else (1, 2, 5)
        every = [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]
        return [each for each in every if self.low * 0.999 <= each <= self.high * 1.001]


class Mirror(Scale):
    """Counts up and down from zero, drawn as their square roots: the few in the tails are what matters."""

    def bend(self, value: float) -> float:
        """Take the root and keep the sign."""
        return math.copysign(math.sqrt(abs(value)), value)

    def ticks(self) -> list[float]:
        """Choose zero and round numbers on both sides, far enough apart to be read."""
        found = [0.0]
        for end, sign in ((self.high, 1), (self.low, -1)):
            last = self.at(0)
            for value in (step * 10.0**power for power in range(8) for step in (1, 2, 5)):
                place = self.at(sign * value)
                if value <= abs(end) and abs(place - last) >= TICKS_APART:
                    found.append(sign * value)
                    last = place
        return sorted(found)

    def name(self, value: float) -> str:
        """Spell a count, whichever way it is drawn."""
        return super().name(abs(value))


def around(values: list[float], floor: float, ceiling: float) -> tuple[float, float]:
    """Choose ends of a logarithmic axis: full decades around numbers.

    Parameters
    ----------
    values : list of float
        Those that are not positive count for nothing.
    floor, ceiling : float
        The least and the greatest end.

    Returns
    -------
    (float, float)
    """
    positive = [each for each in values if each > 0 and math.isfinite(each)]
    low = 10.0 ** math.floor(math.log10(max(min(positive, default=floor), floor)))
    high = 10.0 ** math.ceil(math.log10(min(max(positive, default=ceiling), ceiling)))
    return (low, high) if high > low else (low / 10, high)

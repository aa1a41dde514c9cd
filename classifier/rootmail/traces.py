"""What one line, and one number of it, left behind in a job's record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

DECAY = 0.98
"""What a mail's weight is multiplied by with each later one: after 34 mails it counts half."""


@dataclass(slots=True)
class Seen:
    """How often a template came.

    Parameters
    ----------
    weight : float
        Mails with it, decayed to `last`.
    first, last : int
        Number of the job's mail in which it came first and last.
    since : int
        When it came first, in unix seconds.
    good : bool
        Whether it tells of success.
    place : int
        Where it stood first in the last mail that had it, in different lines from the top.
    often : float
        Mean ln(1 + x) of how often it stood in a mail that had it.
    """

    weight: float
    first: int
    last: int
    since: int
    good: bool
    place: int = 0
    often: float = math.log(2)

    def again(self, mails: int, place: int, times: int) -> None:
        """Take in that it stood in one more mail.

        Parameters
        ----------
        mails : int
            Mails of the job before that one.
        place, times : int
            Where it stood first, and how often.
        """
        self.weight = self.weight * DECAY ** (mails - self.last) + 1
        self.often += max(1 / (self.weight + 1), 0.05) * (math.log1p(times) - self.often)
        self.last, self.place = mails, place

    def rate(self, mails: int) -> float:
        """Share of the job's mails with it, the later ones counting more.

        Parameters
        ----------
        mails : int
            Mails of the job so far.

        Returns
        -------
        float
            Between 0 and 1.
        """
        return min(1.0, self.weight * DECAY ** (mails - 1 - self.last) / total_weight(mails))


@lru_cache(maxsize=4096)
def total_weight(mails: int) -> float:
    """Return what so many mails weigh together.

    Parameters
    ----------
    mails : int

    Returns
    -------
    float
    """
    return (1 - DECAY**mails) / (1 - DECAY) if mails else 1.0


@dataclass(slots=True)
class Slot:
    """A number of a template over time, as ln(1 + |x|).

    Parameters
    ----------
    count : int
    mean, variance : float
        Over about the last twenty.
    low, high : float
        Of ln(1 + |x|), outliers cut.
    zeros : float
        Share of zeros.
    last : float
    trend : float
        Mean step from one to the next, in the number's own unit.
    """

    count: int
    mean: float
    variance: float
    low: float
    high: float
    zeros: float
    last: float
    trend: float

    def spread(self) -> float:
        """Return the standard deviation of ln(1 + |x|), never below what so short a past can promise.

        Returns
        -------
        float
        """
        return math.sqrt(self.variance + (0.12 + 0.5 / self.count) ** 2)

    def add(self, value: float) -> None:
        """Take in the next value; one that is far off moves the mean by no more than three deviations.

        Parameters
        ----------
        value : float
        """
        x = math.log1p(abs(value))
        if self.count:
            reach = 3 * self.spread()
            x = min(max(x, self.mean - reach), self.mean + reach)
        self.count += 1
        step = max(1 / self.count, 0.05)
        off = x - self.mean
        self.mean += step * off
        self.variance = (1 - step) * (self.variance + step * off * off)
        self.zeros += step * ((value == 0) - self.zeros)
        if self.count > 1:
            self.trend += max(1 / (self.count - 1), 0.2) * (value - self.last - self.trend)
        self.low, self.high = min(self.low, x), max(self.high, x)
        self.last = value

"""What the user can bear to lose: a share of the important mail, or a price for it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

MOST = Fraction(1, 2)
"""Whoever can bear to lose more than half needs no promise."""

_NUMBER = r"(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})"
_SHARE = re.compile(rf"{_NUMBER}\s*(?:(%)|/\s*{_NUMBER})?\Z", re.ASCII)
_RATIO = re.compile(rf"{_NUMBER}\s*:\s*{_NUMBER}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Terms:
    """A loss budget or a price, whichever was given; or neither.

    Parameters
    ----------
    max_lost : Fraction, optional
        The share of the important mail that may be lost.
    cost : Fraction, optional
        How many needless messages somebody would rather read than lose an important one.
    """

    max_lost: Fraction | None = None
    cost: Fraction | None = None

    def __bool__(self) -> bool:
        return self.max_lost is not None or self.cost is not None

    @classmethod
    def parse(cls, max_lost: str | None = None, cost: str | None = None) -> Terms:
        """Read what was written on a command line, in a configuration or in a card.

        Parameters
        ----------
        max_lost : str, optional
            ``1/1000``, ``0.001`` or ``0.1%``.
        cost : str, optional
            LOST:READ, such as ``100:1``.

        Returns
        -------
        Terms

        Raises
        ------
        ValueError
            If one of them is none, or both are given.
        """
        if max_lost is not None and cost is not None:
            raise ValueError("a budget and costs exclude each other")
        return cls(
            None if max_lost is None else parse_share(max_lost), None if cost is None else parse_ratio(cost)
        )

    def to_json(self) -> dict[str, str]:
        """Return what :meth:`parse` reads."""
        if self.max_lost is not None:
            return {"max_lost": f"{self.max_lost.numerator}/{self.max_lost.denominator}"}
        return {} if self.cost is None else {"cost": f"{self.cost.numerator}:{self.cost.denominator}"}

    @property
    def nats(self) -> float:
        """Log-odds at which the expected costs of losing and of needless reading are equal."""
        return math.log(self.cost) if self.cost is not None else 0.0


def parse_share(text: str) -> Fraction:
    """Read a share of the mail.

    Parameters
    ----------
    text : str
        ``1/1000``, ``0.001`` or ``0.1%``.

    Returns
    -------
    Fraction

    Raises
    ------
    ValueError
        If it is no share, or not between 0 and 1/2.
    """
    found = _SHARE.match(text.strip())
    if found is None or (found[3] and not Fraction(found[3])):
        raise ValueError(f"{text!r} is no share of the mail: write 1/1000, 0.001 or 0.1%")
    share = Fraction(found[1]) / (100 if found[2] else Fraction(found[3] or 1))
    if not 0 < share <= MOST:
        raise ValueError(f"{text!r} is not between 0 and 1/2")
    return share


def parse_ratio(text: str) -> Fraction:
    """Read what losing an important message costs against reading a needless one.

    Parameters
    ----------
    text : str
        LOST:READ, such as ``100:1``.

    Returns
    -------
    Fraction
        LOST / READ.

    Raises
    ------
    ValueError
        If it is no ratio, or below 1.
    """
    found = _RATIO.match(text.strip())
    if found is None or not Fraction(found[1]) or not Fraction(found[2]):
        raise ValueError(f"{text!r} is no ratio of costs: write LOST:READ, such as 100:1")
    ratio = Fraction(found[1]) / Fraction(found[2])
    if ratio < 1:
        raise ValueError(f"{text!r} makes losing mail cheaper than reading it")
    return ratio

"""How a mail flows against its job's past: lines in another order, lines repeated, mails in a rush."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from classifier.rootmail.masks import Line, template_key

if TYPE_CHECKING:
    from classifier.rootmail.record import Record

USUAL = 0.5
"""Share of the job's mails from which on a line has a usual place."""

SETTLED = 3
"""Mails after which order and repetition are known."""

FEW = 4
"""Fewer usual lines have no order worth the name, and what stands less often is not repeated."""

DAY = 86400
RECENT = 12
"""Gaps between arrivals that tell how often mails come."""


def disorder_of(lines: Sequence[Line], record: Record) -> float:
    """Tell how much the usual lines have changed their order since the last mail.

    Parameters
    ----------
    lines : sequence of Line
    record : Record
        As it was before this mail.

    Returns
    -------
    float
        Share of the lines usual and in the last mail, too, that would have to move to stand as they stood
        there: 0 to 1. 0 where there are fewer than `FEW`, or before the job's third mail.

    Source
    ------
    Schensted 1961, "Longest increasing and decreasing subsequences".
    """
    if record.mails < SETTLED:
        return 0.0
    places = []
    for key in dict.fromkeys(template_key(line.template) for line in lines):
        seen = record.lines.get(key)
        if seen is not None and seen.last == record.mails - 1 and seen.rate(record.mails) >= USUAL:
            places.append(seen.place)
    return 1 - _ascending(places) / len(places) if len(places) >= FEW else 0.0


def _ascending(places: Sequence[int]) -> int:
    """Return the length of the longest ascending subsequence."""
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


def swelling_of(lines: Sequence[Line], record: Record) -> float:
    """Tell how much oftener than it used to be a line is repeated.

    Parameters
    ----------
    lines : sequence of Line
    record : Record
        As it was before this mail.

    Returns
    -------
    float
        The largest natural logarithm of 1 + its times in this mail over what that was in the mails that had
        it; of a line never seen, over 1. 0 where none stands `FEW` times, or before the job's third mail.
    """
    if record.mails < SETTLED:
        return 0.0
    most = 0.0
    for template, times in Counter(line.template for line in lines).items():
        if times >= FEW:
            seen = record.lines.get(template_key(template))
            most = max(most, math.log1p(times) - (seen.often if seen is not None else 0.0))
    return most


def rush_of(arrivals: Sequence[int], now: float) -> float | None:
    """Tell how many mails of a job came within a day, against its habit.

    Parameters
    ----------
    arrivals : sequence of int
        The job's last arrivals before this one, in unix seconds.
    now : float
        Arrival of this one.

    Returns
    -------
    float or None
        Natural logarithm of the mails within the last 24 hours over the mails a day that the median of the
        gaps before them makes, at least one; None before the third mail.
    """
    if len(arrivals) < SETTLED:
        return None
    within = [each for each in arrivals if 0 <= now - each < DAY]
    before = [each for each in arrivals if now - each >= DAY][-RECENT - 1 :]
    gaps = sorted(max(0, late - early) for early, late in pairwise(before))
    usual = DAY / max(gaps[len(gaps) // 2], 60) if gaps else 1.0
    return math.log((1 + len(within)) / max(1.0, usual))

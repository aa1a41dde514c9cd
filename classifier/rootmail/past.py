"""One mail against its job's past: what is new, what is missing, which numbers are out of their range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

from classifier.rootmail.alarms import Alarm, alarm_of
from classifier.rootmail.masks import Line, reading_key, template_key
from classifier.rootmail.record import USUAL, Record, slot_key
from classifier.rootmail.traces import Slot

STATES = ("first", "early", "new", "turned", "young", "back", "usual")
"""How a line stands to the past: no past at all, a past of less than three mails, never seen, seen but a
number became 0 or stopped being 0, first seen these days, rare and back, usual."""

YOUNG_DAYS, YOUNG_MAILS = 4.5, 3
RARE = 0.12
_HALF = math.log(2)
SETTLED = 3
"""Mails after which something new is news."""


class Told(NamedTuple):
    """A line and how it stands to the past.

    Parameters
    ----------
    line : Line
    state : str
        One of `STATES`.
    alarm : Alarm
    rate : float
        Share of the job's mails that had it.
    """

    line: Line
    state: str
    alarm: Alarm
    rate: float


class Gone(NamedTuple):
    """A usual line that is missing.

    Parameters
    ----------
    rate : float
        Share of the job's mails that had it.
    good : bool
        Whether it told of success.
    """

    rate: float
    good: bool


class Change(NamedTuple):
    """A number out of its own past.

    Parameters
    ----------
    line : Line
    value : float
    z : float
        Distance from the mean of ln(1 + |x|), in standard deviations of at least 0.15.
    kind : str
        'low', 'high': beyond half and twice of all before; 'zero', 'nonzero': became 0 or stopped being it,
        which it hardly ever did; '' none of them.
    left : float
        Mails until it reaches its limit (0, or 100 for a percentage) if it goes on like that; inf if never.
    """

    line: Line
    value: float
    z: float
    kind: str
    left: float


def tell_lines(lines: Sequence[Line], record: Record, now: float, *, late: bool = False) -> list[Told]:
    """Compare lines with those of the past, each template once.

    Parameters
    ----------
    lines : sequence of Line
    record : Record
        As it was before this mail.
    now : float
        Arrival, in unix seconds.
    late : bool, default False
        Whether the job began on a host that had been known for days, so that its first lines were news.

    Returns
    -------
    list of Told
    """
    told: dict[str, Told] = {}
    for line in lines:
        if line.reading not in told:
            state, rate = _state(line, record, now, late)
            told[line.reading] = Told(line, state, alarm_of(line.reading), rate)
    return list(told.values())


def _state(line: Line, record: Record, now: float, late: bool) -> tuple[str, float]:
    mails = record.mails
    if not mails:
        return "first", 0.0
    seen = record.lines.get(reading_key(line) if line.values else template_key(line.template))
    if seen is None:
        known = record.lines.get(template_key(line.template)) if line.values else None
        if known is not None:
            return ("turned" if mails >= SETTLED else "usual"), known.rate(mails)
        return ("new" if mails >= SETTLED else "early"), 0.0
    rate = seen.rate(mails)
    recent = 0 <= now - seen.since < YOUNG_DAYS * 86400
    if (late and recent) or (seen.first >= SETTLED and (recent or mails - seen.first <= YOUNG_MAILS)):
        return "young", rate
    if rate < RARE:
        return "back", rate
    return "usual", rate


def tell_gone(lines: Sequence[Line], record: Record) -> list[Gone]:
    """Find the usual lines that are missing.

    Parameters
    ----------
    lines : sequence of Line
    record : Record

    Returns
    -------
    list of Gone
        Those with a rate of at least one half, the most usual first.
    """
    if record.mails < SETTLED:
        return []
    here = {template_key(line.template) for line in lines}
    missing = (
        Gone(seen.rate(record.mails), seen.good)
        for key, seen in record.lines.items()
        if key not in here and not key & 1
    )
    return sorted((gone for gone in missing if gone.rate >= USUAL), reverse=True)


def tell_values(lines: Sequence[Line], record: Record) -> list[Change]:
    """Compare numbers with their own past.

    Parameters
    ----------
    lines : sequence of Line
    record : Record

    Returns
    -------
    list of Change
        Of the slots with a past of four mails, in the order of the text.
    """
    changes = []
    done: set[int] = set()
    for line in lines:
        if not line.values:
            continue
        key = template_key(line.template)
        for at, value in enumerate(line.values):
            place = slot_key(key, at)
            slot = record.slots.get(place)
            if slot is not None and place not in done and slot.count >= 2:
                done.add(place)
                changes.append(_change(line, value, slot, bool(line.percent >> at & 1)))
    return changes


def _change(line: Line, value: float, slot: Slot, percent: bool) -> Change:
    x = math.log1p(abs(value))
    z = (x - slot.mean) / slot.spread()
    kind = ""
    if value == 0 and slot.zeros < RARE:
        kind = "zero"
    elif value != 0 and slot.zeros > 1 - RARE:
        kind = "nonzero"
    elif x < slot.low - _HALF:
        kind = "low"
    elif x > slot.high + _HALF:
        kind = "high"
    step = value - slot.last
    trend = (slot.trend + step) / 2
    left = math.inf
    if trend < 0 < value and slot.trend < 0:
        left = value / -trend
    elif percent and trend > 0 and slot.trend > 0:
        left = max(0.0, 100 - value) / trend
    return Change(line, value, z, kind, left)


def record_about(lines: Sequence[Line], record: Record) -> Record:
    """Make a smaller record that says of lines, and of usual ones that are missing, what a whole one says.

    Parameters
    ----------
    lines : sequence of Line
    record : Record

    Returns
    -------
    Record
        Not to be added to.
    """
    asked, numbers = set(), set()
    for line in lines:
        key = template_key(line.template)
        asked |= {key, reading_key(line)} if line.values else {key}
        numbers |= {slot_key(key, at) for at in range(len(line.values))}
    found = copy(record)
    found.lines = {
        key: seen
        for key, seen in record.lines.items()
        if key in asked or (not key & 1 and seen.rate(record.mails) >= USUAL)
    }
    found.slots = {key: slot for key, slot in record.slots.items() if key in numbers}
    return found

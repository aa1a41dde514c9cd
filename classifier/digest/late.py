"""Jobs that did not write when they should have, holidays apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from classifier.digest.parts import Late
from classifier.markup import clean
from classifier.rootmail.cadence import DAY, Overdue, Rhythm, find_overdue, find_rhythm

if TYPE_CHECKING:
    from classifier.rootmail.record import Record

NAME_CHARS = 100

SURE = 0.85
"""From this confidence on a silent job is called late; see `tests/bench/overdue.py`."""

WORKDAYS = 4
"""Days of the week on which a job writes, at least, while it is silent on others, to go by workdays."""

HOLIDAYS = 2
"""Workdays in a row that may be holidays."""


ALIVE = DAY / 2
"""A host that wrote so shortly before its workday job was due, or later, was up that day."""


class _Watched(NamedTuple):
    """A job as it stands at a moment."""

    record: Record
    rhythm: Rhythm
    last: float
    late: Overdue | None


def find_late(records: Iterable[Record], now: float, sure: float = SURE) -> list[Late]:
    """Name the jobs that are late beyond their own habit.

    A day on which all jobs that go by workdays are silent, on two hosts at least, while their hosts write
    otherwise, is a holiday; so may be the next workday, but not a third.

    Parameters
    ----------
    records : iterable of Record
    now : float
        Seconds since 1970.
    sure : float, default `SURE`
        Confidence from which on a job is named.

    Returns
    -------
    list of Late
        By host, the surest first.
    """
    watched = [each for record in records if (each := _watch(record, now)) is not None]
    away = _on_holiday(watched)
    found = []
    for record, rhythm, last, late in watched:
        if late is None or late.confidence < sure or id(record) in away:
            continue
        who = clean(record.name)[:NAME_CHARS]
        host = clean(record.host)
        found.append(Late(host, who, rhythm.name, late.expected, last, late.missed, late.confidence))
    return sorted(found, key=lambda late: (late.host, -late.confidence, late.who))


def _watch(record: Record, now: float) -> _Watched | None:
    """Find a job's rhythm until now, and whether it is late; None where it never wrote."""
    times = [time for time in record.arrivals if time <= now]
    if not times:
        return None
    rhythm = find_rhythm(times, record.zone or 0)
    return _Watched(record, rhythm, max(times), find_overdue(rhythm, now))


def _on_holiday(watched: list[_Watched]) -> set[int]:
    """Name the records of jobs that are silent because of a holiday."""
    latest: dict[str, float] = defaultdict(float)
    for each in watched:
        latest[each.record.host] = max(latest[each.record.host], each.last)
    working = [each for each in watched if _goes_by_workdays(each.rhythm)]
    silent = [each for each in working if each.late is not None]
    hosts = {each.record.host for each in silent}
    if len(silent) < len(working) or len(hosts) < 2:
        return set()
    first: set[date] = set()
    for each in silent:
        assert each.late is not None  # noqa: S101  # silent are those that are late
        alive = latest[each.record.host] > each.late.expected - ALIVE
        if not alive or each.late.missed > HOLIDAYS * max(1, _a_day(each.rhythm)):
            return set()
        first.add(_day(each.late.expected, each.rhythm.zone))
    return {id(each.record) for each in silent} if len(first) == 1 else set()


def _goes_by_workdays(rhythm: Rhythm) -> bool:
    """Whether a job writes on most days of the week, and on some it does not."""
    return rhythm.cycle.length == 7 * DAY and WORKDAYS <= len(_days(rhythm)) < 7


def _days(rhythm: Rhythm) -> set[int]:
    """Name the days of the cycle on which there are slots."""
    return {int((rhythm.cycle.start + slot.phase) // DAY) for slot in rhythm.slots}


def _a_day(rhythm: Rhythm) -> int:
    """Count how often a job writes on a day on which it does."""
    return -(-len(rhythm.slots) // max(1, len(_days(rhythm))))


def _day(seconds: float, zone: int) -> date:
    return (datetime.fromtimestamp(seconds, UTC) + timedelta(minutes=zone)).date()

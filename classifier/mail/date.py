"""Date: fields to moments in time.

The usual form is read by one regex and integer arithmetic; whatever is left goes to
:func:`email.utils.parsedate_tz`, shortened and guarded, because it raises all sorts on hostile input.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from classifier.patterns import pattern

from .bounds import DATE_BYTES

_EPOCH = date(1970, 1, 1).toordinal()
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_USUAL = pattern(
    r"(?:[A-Z][a-z]{2}, {1,2})?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))?"
    r" ([+-])(\d\d)([0-5]\d)(?: \([^()]{0,60}\))?\Z",
    re.ASCII,
)
_NUMERIC_ZONE = pattern(r"[+-](\d{1,8})\b")
_KNOWN_ZONE = pattern(r"[+-]\d{3,8}\b|\b(?:UTC?|GMT|Z|[AECMP][SD]T)\b", re.IGNORECASE)
_ANY_ZONE = pattern(r"[+-]\d{3,8}|[A-Za-z]{1,5}\W{0,3}\Z")
_ISO = pattern(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
FURTHEST_ZONE = 14 * 60
"""Minutes: Kiribati is 14 hours east; nobody is further from Greenwich."""


class Timestamp(NamedTuple):
    """A moment and the clock that told it.

    Attributes
    ----------
    seconds : float
        Unix time (UTC), seconds.
    zone : int or None
        Minutes east of Greenwich; None where unknown (``-0000``, no zone, a zone nobody knows).
    """

    seconds: float
    zone: int | None


def parse_date(value: str, defects: set[str]) -> Timestamp | None:
    """Read the moment a Date: field names.

    Parameters
    ----------
    value : str
        The field's text, unfolded.
    defects : set of str
        Gets ``bad_date`` where there is none, ``odd_date`` where the form is none of RFC 5322,
        ``absurd_zone`` where its zone is none on earth.

    Returns
    -------
    Timestamp or None

    Notes
    -----
    Source: RFC 5322 sections 3.3 and 4.3 (obsolete zones, years of two digits).
    """
    usual = _USUAL.match(value)
    stamp = _from_usual(usual, defects) if usual else _from_unusual(value[:DATE_BYTES], defects)
    if stamp is None:
        defects.add("bad_date")
    return stamp


def _from_usual(found: re.Match[str], defects: set[str]) -> Timestamp | None:
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    zone = int(zone_hours) * 60 + int(zone_minutes)
    if sign == "-":
        zone = -zone
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    clock = hours * 3600 + minutes * 60 + seconds
    days = _days(day, month, year)
    if days is None or hours > 24 or minutes > 59 or seconds > 60:
        return None
    known: int | None = zone
    if not -FURTHEST_ZONE <= zone <= FURTHEST_ZONE:
        defects.add("absurd_zone")
        zone, known = 0, None
    elif zone == 0 and sign == "-":  # -0000: the clock's zone is not told (RFC 5322 section 3.3)
        known = None
    return Timestamp(float(days * 86400 + clock - zone * 60), known)


@lru_cache(maxsize=1024)
def _days(day: str, month: str, year: str) -> int | None:
    """Days since the first of 1970; mail of one day comes together."""
    number = _MONTHS.get(month)
    try:
        return None if number is None else date(int(year), number, int(day)).toordinal() - _EPOCH
    except ValueError:
        return None


def _from_unusual(value: str, defects: set[str]) -> Timestamp | None:
    """Obsolete and broken forms; ISO 8601 as some programs write it."""
    if _ISO.match(value):
        defects.add("odd_date")
        return _from_iso(value)
    from email.utils import parsedate_tz  # with what it imports, a third of this room's import time

    try:
        parsed = parsedate_tz(value)
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError):
        return None
    if parsed is None:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    numeric = _NUMERIC_ZONE.findall(value)
    zone = None if parsed[9] is None else parsed[9] // 60
    if not _KNOWN_ZONE.search(value):
        zone = None  # the library says 0; RFC 5322 section 4.3 says that other letters mean nothing
    if not _ANY_ZONE.search(value):
        defects.add("odd_date")
    too_far = zone is not None and not -FURTHEST_ZONE <= zone <= FURTHEST_ZONE
    if too_far or any(len(digits) > 4 for digits in numeric):
        defects.add("absurd_zone")
        zone = None
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except (ValueError, OverflowError):
        return None
    if not (0 <= hour <= 24 and 0 <= minute <= 59 and 0 <= second <= 60):
        return None
    return Timestamp(float(days * 86400 + hour * 3600 + minute * 60 + second - (zone or 0) * 60), zone)


def _from_iso(value: str) -> Timestamp | None:
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    offset = moment.utcoffset()
    if offset is None:
        return Timestamp(moment.replace(tzinfo=UTC).timestamp(), None)
    return Timestamp(moment.timestamp(), int(offset.total_seconds() // 60))

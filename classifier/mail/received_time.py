"""The time at the end of a Received: field."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from classifier.patterns import pattern

from .date import Timestamp, parse_date

STAMP_CHARS: Final = 100
"""Characters behind the last semicolon that are read as a time."""

FURTHEST_ZONE: Final = 14 * 60
"""Minutes: Kiribati is 14 hours east; nobody is further from Greenwich."""

_STAMP = pattern(
    r"(?>\s*+[A-Z][a-z]{2},\s++|\s*+)(\d{1,2} ++[A-Z][a-z]{2} ++\d{4}) ++"
    r"(\d\d):([0-5]\d):(\d\d)(?:\.\d{1,9})? ++([+-]\d{4}|GMT|UTC)\b",
    re.ASCII,
)
_MONTH_FIRST = pattern(
    r"([A-Z][a-z]{2}), (\d{1,2}) (\d{4}) (\d{1,2}):(\d\d:\d\d) (?:([AaPp])\.?[Mm]\.? )?([+-]\d{4})", re.ASCII
)


def received_time(text: str, defects: list[str]) -> Timestamp | None:
    """Read the time behind the last semicolon.

    Parameters
    ----------
    text : str
        The whole field, unfolded.
    defects : list of str
        Gets ``hop_without_time``, ``hop_bad_time`` or ``hop_odd_time``.

    Returns
    -------
    Timestamp or None

    Notes
    -----
    The usual form takes a microsecond, for the hops of one message mostly share one day; any other goes the
    long way. Source: RFC 5321 section 4.4 (stamp), RFC 5322 section 3.3.
    """
    border = text.rfind(";")
    found = _STAMP.match(text, border + 1) or (_STAMP.search(text) if border >= 0 else None)
    if found is not None:
        day, hour, minute, second, zone = found.groups()
        began = _day_began(day, zone)
        if began is not None:
            return Timestamp(began[0] + int(hour) * 3600 + int(minute) * 60 + int(second), began[1])
        defects.append("hop_bad_time")
        return None
    stamp = text[border + 1 :].strip()[:STAMP_CHARS] if border >= 0 else ""
    time = _odd_time(stamp) if stamp else None
    if time is not None:
        defects.append("hop_odd_time")
    if time is None:
        defects.append("hop_bad_time" if stamp else "hop_without_time")
    return time


def _odd_time(stamp: str) -> Timestamp | None:
    """Read what the reader of Date: fields knows, and a form of spam software: month first."""
    found = _MONTH_FIRST.match(stamp)
    if found is not None:
        month, day, year, hour, rest, half, zone = found.groups()
        hours = int(hour) % 12 + (12 if half in "Pp" else 0) if half else int(hour)
        stamp = f"{day} {month} {year} {hours:02}:{rest} {zone}"
    return parse_date(stamp, set())


_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = dict(
    zip(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        range(1, 13),
        strict=True,
    )
)


@lru_cache(maxsize=8192)
def _day_began(day: str, zone: str) -> tuple[float, int | None] | None:
    """Tell the Unix time at which a day began in a zone, and the zone; None where there is none on earth."""
    number, month, year = day.split()
    if zone in {"GMT", "UTC"}:
        zone = "+0000"
    offset = (int(zone[1:3]) * 60 + int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
    if abs(offset) > FURTHEST_ZONE:
        return None
    try:
        days = date(int(year), _MONTHS[month], int(number)).toordinal() - _EPOCH
    except (KeyError, ValueError):
        return None
    return days * 86400.0 - offset * 60, None if zone == "-0000" else offset

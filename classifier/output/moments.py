"""The dates of many messages as text: `parse_date` for dates as nearly all programs write them, in numpy.

"Thu, 22 Aug 2002 18:26:25 +0700", perhaps with a zone's name in brackets behind it; anything else is left to
`classifier.mail.date`. A test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from classifier.mail.date import FURTHEST_ZONE
from classifier.output.envelope import day_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Index = NDArray[np.int64]

_LENGTH = 31
_OTHERWISE = bytes(_LENGTH)
_WEEKDAY, _DAY, _MONTH, _YEAR, _CLOCK = 0, 5, 8, 12, 17
_SIGN, _ZONE = 26, 27
_FIXED = np.array([3, 4, 7, 11, 16, 19, 22, 25])
_FIXED_BYTES = np.frombuffer(b",   " + b" :: ", np.uint8)
_NUMBERS = np.array([[_DAY, _DAY + 1], [12, 13], [14, 15], [17, 18], [20, 21], [23, 24], [27, 28], [29, 30]])
_LARGEST = np.array([31, 29, 99, 23, 59, 59, 99, 59])
_LEAST = np.array([1, 19, 0, 0, 0, 0, 0, 0])
_NAMES = b"JanFebMarAprMayJunJulAugSepOctNovDec"
_BEFORE_MONTH = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_DAYS_IN_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_EPOCH = date(1970, 1, 1).toordinal()
_TWO = [f"{number:02}" for number in range(60)]
_COMMENT = 60


def usual_moments(values: Sequence[bytes | None]) -> list[str | None]:
    """Read dates that are written in the usual way.

    Parameters
    ----------
    values : sequence of (bytes or None)
        What stood behind the colon of each Date: field.

    Returns
    -------
    list of (str or None)
        ISO 8601, UTC; None where there is no date, or one that has to be read with more care.
    """
    written = [_as_usual(value) if value else _OTHERWISE for value in values]
    table = np.frombuffer(b"".join(written), np.uint8).reshape(-1, _LENGTH)
    sound, seconds = _read(table)
    days, clock = np.divmod(seconds, 86400)
    minutes, second = np.divmod(clock, 60)
    hour, minute = np.divmod(minutes, 60)
    each = zip(sound.tolist(), days.tolist(), hour.tolist(), minute.tolist(), second.tolist(), strict=True)
    two = _TWO
    return [f"{day_text(day)}T{two[h]}:{two[m]}:{two[s]}Z" if good else None for good, day, h, m, s in each]


def _as_usual(value: bytes) -> bytes:
    """Bring a date to `_LENGTH` bytes where it may be a usual one."""
    value = value.strip(b" \t")
    if value.endswith(b")"):
        value, _, comment = value.partition(b" (")
        if len(comment) > _COMMENT or not comment[:-1].isalnum():
            return _OTHERWISE
    elif value.endswith(b" GMT"):
        value = value[:-3] + b"+0000"
    if value[:1].isdigit():
        value = b"Any, " + value
    if len(value) == _LENGTH - 1:  # a day of one digit
        value = value[:_DAY] + b" " + value[_DAY:]
    return value if len(value) == _LENGTH else _OTHERWISE


def _read(table: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], Index]:
    """Tell which rows are dates, and how many seconds after 1970 each is."""
    sound = (table[:, _FIXED] == _FIXED_BYTES).all(axis=1)
    letters = table[:, [_WEEKDAY, _WEEKDAY + 1, _WEEKDAY + 2]] - np.array([65, 97, 97], np.uint8)
    sound &= (letters < 26).all(axis=1)
    digits = table[:, _NUMBERS] - np.uint8(48)
    digits[:, 0, 0][table[:, _DAY] == ord(" ")] = 0
    sound &= (digits < 10).all(axis=(1, 2))
    numbers = digits[:, :, 0].astype(np.int64) * 10 + digits[:, :, 1]
    sound &= ((numbers >= _LEAST) & (numbers <= _LARGEST)).all(axis=1)
    day, century, year, hour, minute, second, zone_hours, zone_minutes = numbers.T
    name = table[:, _MONTH : _MONTH + 3].astype(np.int64) @ np.array([65536, 256, 1])
    month = np.searchsorted(_CODES, name).clip(max=11)
    sound &= _CODES[month] == name
    month = _MONTHS_BY_CODE[month]
    sign = table[:, _SIGN]
    sound &= (sign == ord("+")) | (sign == ord("-"))
    year = century * 100 + year
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    sound &= day <= _DAYS_IN_MONTH[month] + (leap & (month == 1))
    past = year - 1
    ordinal = past * 365 + past // 4 - past // 100 + past // 400 + _BEFORE_MONTH[month] + day
    ordinal += leap & (month > 1)
    zone = (zone_hours * 60 + zone_minutes) * np.where(sign == ord("-"), -1, 1)
    zone[np.abs(zone) > FURTHEST_ZONE] = 0
    return sound, (ordinal - _EPOCH) * 86400 + hour * 3600 + (minute - zone) * 60 + second


_SPELLED = [int.from_bytes(_NAMES[at : at + 3], "big") for at in range(0, 36, 3)]
_MONTHS_BY_CODE = np.argsort(_SPELLED)
_CODES = np.sort(_SPELLED)

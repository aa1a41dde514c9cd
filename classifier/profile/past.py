"""What history was before it changed, so that it can be gone back to.

By the minute where something was said, else by the hour; after some days by the day; for five weeks.
Time is cut into *eras*. The first change of a record in an era keeps what the record was before; a record
that was not there is kept as nothing. The state at a time is then what each record was before its first
change in a later era. Counts that fade cannot be subtracted from; what they were can be kept.
"""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

from classifier.profile.came import forget_all

if TYPE_CHECKING:
    from classifier.profile.file import ProfileFile

DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0

THINNED = 2 * DAY
"""Eras that ended longer ago become one a day."""

KEPT = 35 * DAY
"""How long one can go back."""

BEFORE = "INSERT OR IGNORE INTO past VALUES (?, ?, ?, (SELECT value FROM memory WHERE kind=? AND key=?))"

_OBSERVED, _MINE = "=observed", "=mine"
"""Kinds that stand for rows of other tables: what a going back took away, and own addresses."""

_ROW_KEY, _ROW = struct.Struct("<q"), struct.Struct("<qq")
_NOTE = "INSERT OR IGNORE INTO past VALUES (?, ?, ?, ?)"
_FIRST_OF = "SELECT kind, key, value, min(era) FROM past WHERE era>=?"
_LAST = "SELECT id, began FROM eras ORDER BY id DESC LIMIT 1"
_TO_MERGE = (
    "SELECT id, date(began, 'unixepoch', 'localtime'), ended FROM eras WHERE ended<? AND id<? ORDER BY id"
)


def era_at(file: ProfileFile, now: float, length: float) -> int:
    """Return the era of a change, inside a transaction; begin a new one where the last began too long ago.

    Parameters
    ----------
    file : ProfileFile
    now : float
        Unix seconds.
    length : float
        Eras are cut where the clock passes a multiple of so many seconds; 0 always begins a new one.

    Returns
    -------
    int
    """
    if file.era and length:
        return file.era
    file.era = _era(file, now, length)
    return file.era


def _era(file: ProfileFile, now: float, length: float) -> int:
    last = file.read(_LAST)
    if last and length and now // length == last[0][1] // length:
        file.write("UPDATE eras SET ended=? WHERE id=?", (now, last[0][0]))
        return int(last[0][0])
    file.write("INSERT INTO eras (began, ended) VALUES (?, ?)", (now, now))
    era = int(file.read("SELECT max(id) FROM eras")[0][0])
    _thin(file, now, era)
    return era


def _thin(file: ProfileFile, now: float, era: int) -> None:
    """Make one era of those of a day that is some days gone, and let go of what is too old."""
    old = file.read("SELECT max(id), max(ended) FROM eras WHERE ended<? AND id<?", (now - KEPT, era))
    if old[0][0] is not None:
        file.write("DELETE FROM past WHERE era<=?", (old[0][0],))
        file.write("DELETE FROM eras WHERE id<=?", (old[0][0],))
        file.write("UPDATE facts SET value=? WHERE name='past_from'", (old[0][1],))
    first, day = 0, ""
    for each, its_day, ended in file.read(_TO_MERGE, (now - THINNED, era)):
        if its_day != day:
            first, day = each, its_day
            continue
        file.write("UPDATE OR IGNORE past SET era=? WHERE era=?", (first, each))
        file.write("DELETE FROM past WHERE era=?", (each,))
        file.write("DELETE FROM eras WHERE id=?", (each,))
        file.write("UPDATE eras SET ended=? WHERE id=?", (ended, first))


def reaches_back(file: ProfileFile) -> float:
    """Say how far history can go back.

    Parameters
    ----------
    file : ProfileFile

    Returns
    -------
    float
        Unix seconds.
    """
    return float(file.read("SELECT value FROM facts WHERE name='past_from'")[0][0])


def forget_past(file: ProfileFile) -> None:
    """Let go of all that was before, inside a transaction: something of it was to be forgotten.

    Parameters
    ----------
    file : ProfileFile
    """
    file.write("DELETE FROM past")
    forget_all(file)
    file.write("DELETE FROM eras")
    file.write("UPDATE facts SET value=? WHERE name='past_from'", (time.time(),))


def go_back(file: ProfileFile, to: float, now: float) -> int:
    """Make history, what was observed and the own addresses what they were, inside a transaction.

    Parameters
    ----------
    file : ProfileFile
    to, now : float
        Unix seconds.

    Returns
    -------
    int
        How many records of history changed.
    """
    since = file.read("SELECT min(id) FROM eras WHERE began>?", (to,))[0][0]
    if since is None:
        return 0
    era = era_at(file, now, 0)
    _observed_back(file, since, era)
    _own_back(file, since, era)
    return _memory_back(file, since, era)


def note_own(file: ProfileFile, address: str) -> None:
    """Keep that an own address was not there before, inside a transaction.

    Parameters
    ----------
    file : ProfileFile
    address : str
    """
    key = address.encode("utf-8", "surrogateescape")
    file.write(_NOTE, (era_at(file, time.time(), HOUR), _MINE, key, None))


def _observed_back(file: ProfileFile, since: int, era: int) -> None:
    """Let messages be observed that were by then, and no others; the rows tell in which era they came."""
    gone = file.read("SELECT message, day, era FROM observed WHERE era>=?", (since,))
    back = file.read(f"{_FIRST_OF} AND kind=? GROUP BY kind, key", (since, _OBSERVED))
    for message, *row in gone:
        file.write(_NOTE, (era, _OBSERVED, _ROW_KEY.pack(message), _ROW.pack(*row)))
    file.write("DELETE FROM observed WHERE era>=?", (since,))
    for _, key, value, _ in back:
        day, its_era = _ROW.unpack(value)
        if its_era < since:
            row = [_ROW_KEY.unpack(key)[0], day, its_era]
            file.write("INSERT OR IGNORE INTO observed VALUES (?, ?, ?)", tuple(row))


def _own_back(file: ProfileFile, since: int, era: int) -> None:
    """Let the own addresses be what they were."""
    changed = file.read(f"{_FIRST_OF} AND kind=? GROUP BY kind, key", (since, _MINE))
    for _, key, value, _ in changed:
        address = key.decode("utf-8", "surrogateescape")
        there = file.read("SELECT 1 FROM mine WHERE address=?", (address,))
        file.write(_NOTE, (era, _MINE, key, b"" if there else None))
        if value is None:
            file.write("DELETE FROM mine WHERE address=?", (address,))
        else:
            file.write("INSERT OR IGNORE INTO mine VALUES (?)", (address,))


def _memory_back(file: ProfileFile, since: int, era: int) -> int:
    """Let the records of history be what they were."""
    changed = file.read(f"{_FIRST_OF} AND kind NOT IN (?, ?) GROUP BY kind, key", (since, _OBSERVED, _MINE))
    for kind, key, value, _ in changed:
        file.write(BEFORE, (era, kind, key, kind, key))
        if value is None:
            file.write("DELETE FROM memory WHERE kind=? AND key=?", (kind, key))
        else:
            file.write("INSERT OR REPLACE INTO memory VALUES (?, ?, ?)", (kind, key, value))
    return len(changed)

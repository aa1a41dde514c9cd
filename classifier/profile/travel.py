"""A profile as JSON lines, to be kept, moved, or joined with an older copy of itself."""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from classifier.errors import ProfileError
from classifier.profile.came import add_block, packed, unpacked
from classifier.profile.file import ProfileFile
from classifier.profile.journal import next_epoch, next_stamp
from classifier.profile.key import sealed_anew, unseal
from classifier.profile.opening import in_words
from classifier.profile.past import BEFORE, MINUTE, era_at, note_own
from classifier.profile.profile import Profile

FORMAT = 2
"""In the first line; a reader refuses what it does not know. 1 knew no blocks, and sealed otherwise."""

_SEALED = {"memory": 2, "came": 1, "came_block": 0, "correction": 9}
"""Which value of a line is sealed."""

MAX_LINE = 4 << 20
"""Bytes of one line: a learned message has some thousand, a record of history fewer."""

_COLUMNS = {
    "own": "SELECT address FROM mine ORDER BY address",
    "schema": "SELECT hash, card FROM schemas ORDER BY id",
    "correction": "SELECT hash, fingerprint, label, source, said, since, until, author, domain, features"
    " FROM corrections JOIN schemas ON schemas.id=corrections.schema ORDER BY corrections.id",
    "memory": "SELECT kind, key, value FROM memory",
    "observed": "SELECT message, day FROM observed",
    "came_block": "SELECT value FROM came_block ORDER BY id",
    "came": "SELECT message, value FROM came ORDER BY id",
    "audit": "SELECT taken, report FROM audits ORDER BY id",
}
"""Kinds of lines, in their order, and what they hold."""


def export_lines(profile: Profile) -> Iterator[bytes]:
    """Write a profile out, as it was at one moment.

    Parameters
    ----------
    profile : Profile

    Yields
    ------
    bytes
        One JSON object and a line feed. The first line has the key, without which the rest tells nothing: who
        gets the export gets what the profile holds.
    """
    base = profile.file.base
    with in_words(profile.path):
        base.execute("BEGIN")
        try:
            key, created = (
                base.execute("SELECT value FROM facts WHERE name=?", (name,)).fetchone()[0]
                for name in ("key", "created")
            )
            yield _line({"mailtriage_profile": FORMAT, "key": key.hex(), "created": created})
            for kind, statement in _COLUMNS.items():
                for row in base.execute(statement):
                    yield _line({kind: [_shown(value) for value in row]})
        finally:
            base.execute("ROLLBACK")


def import_lines(path: str | os.PathLike[str], lines: Iterable[bytes], name: str) -> Counter[str]:
    """Take an export into a profile that is empty, or of which it is a copy; all or nothing.

    What is there already stays. Of two corrections of one message the later one counts. A record of history
    that both have stays as it is here.

    Parameters
    ----------
    path : path
        The profile; made where it is not.
    lines : iterable of bytes
        From `export_lines`.
    name : str
        What to call them in an error.

    Returns
    -------
    Counter of str
        What was added, by kind of line.

    Raises
    ------
    ProfileError
        If a line is damaged, or the profile is another one; names the line. Nothing was changed.
    ProfileNotWritten
        If it cannot be written. Nothing was changed.
    """
    profile = Profile(path, create=True)
    added: Counter[str] = Counter()
    number, key, form = 0, b"", FORMAT
    try:
        with profile.writing():
            for number, line in enumerate(lines, start=1):
                if number == 1:
                    key, form = _accept_head(profile, _object(line))
                else:
                    for kind, row in _object(line).items():
                        added[kind] += _TAKERS[kind](profile.file, _unhurt(kind, row, key, form))
            if not number:
                raise ValueError("it is empty")
            next_epoch(profile.file)
    except (KeyError, TypeError, ValueError, OverflowError, ProfileError) as error:
        if isinstance(error, ProfileError) and type(error) is not ProfileError:
            raise
        said = f"an unknown kind {error}" if isinstance(error, KeyError) else str(error)
        raise ProfileError(f"{name} line {max(1, number)}: {said}; nothing was imported") from None
    finally:
        profile.close()
    return added


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _shown(value: Any) -> Any:
    return {"b": b64encode(value).decode()} if isinstance(value, bytes) else value


def _object(line: bytes) -> dict[str, Any]:
    """Read one line."""
    if len(line) > MAX_LINE:
        raise ValueError("too long")
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(content, dict):
        raise ValueError("no object")
    return content


def _unhurt(kind: str, row: Any, key: bytes, form: int) -> Any:
    """Return a row in which what is sealed is as it was when it was sealed, and sealed as it is now."""
    at = _SEALED.get(kind)
    if at is None or not isinstance(row, list) or len(row) <= at or not isinstance(row[at], dict):
        return row
    sealed = b64decode(row[at]["b"], validate=True)
    if form == 1:
        return [*row[:at], _shown(sealed_anew(key, sealed)), *row[at + 1 :]]
    unseal(key, sealed)
    return row


def _accept_head(profile: Profile, head: dict[str, Any]) -> tuple[bytes, int]:
    """Look whose export it is, and of which format; an empty profile becomes that one."""
    form = head.get("mailtriage_profile")
    if form not in (1, FORMAT):
        raise ValueError("no export of a profile, or one of a newer mailtriage")
    key = bytes.fromhex(head["key"])
    if len(key) != 32:
        raise ValueError("a damaged key")
    if key == profile.file.read("SELECT value FROM facts WHERE name='key'")[0][0]:
        return key, form
    for table in ("corrections", "memory", "observed", "came", "came_block", "audits", "mine"):
        if profile.file.read(f"SELECT 1 FROM {table} LIMIT 1"):  # noqa: S608
            raise ValueError(f"of another profile than {profile.path}, which is not empty")
    profile.file.write("UPDATE facts SET value=? WHERE name='key'", (key,))
    profile.file.write("UPDATE facts SET value=? WHERE name='created'", (float(head["created"]),))
    return key, form


def _values(row: Any, *kinds: type | tuple[type, ...]) -> list[Any]:
    """Take the values of a row, each of its kind."""
    if not isinstance(row, list) or len(row) != len(kinds):
        raise ValueError(f"{len(kinds)} values belong here")
    found = [b64decode(value["b"], validate=True) if isinstance(value, dict) else value for value in row]
    for value, kind in zip(found, kinds, strict=True):
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f"{str(value)[:40]!r} is of another kind")
    return found


_NUMBER = (int, float)
_BYTES_OR_NONE = (bytes, type(None))
_TIME_OR_NONE = (int, float, type(None))


def _take_own(file: ProfileFile, row: Any) -> int:
    (address,) = _values(row, str)
    if not file.write("INSERT OR IGNORE INTO mine VALUES (?)", (address,)):
        return 0
    note_own(file, address)
    return 1


def _take_schema(file: ProfileFile, row: Any) -> int:
    name, card = _values(row, str, str)
    if not isinstance(json.loads(card), dict):
        raise ValueError("no schema")
    return file.write("INSERT OR IGNORE INTO schemas (hash, card) VALUES (?, ?)", (name, card))


def _take_memory(file: ProfileFile, row: Any) -> int:
    kind, key, value = _values(row, str, bytes, bytes)
    if file.read("SELECT 1 FROM memory WHERE kind=? AND key=?", (kind, key)):
        return 0
    file.write(BEFORE, (era_at(file, time.time(), MINUTE), kind, key, kind, key))
    return file.write("INSERT INTO memory VALUES (?, ?, ?)", (kind, key, value))


def _take_observed(file: ProfileFile, row: Any) -> int:
    values = (*_values(row, int, int), era_at(file, time.time(), MINUTE))
    return file.write("INSERT OR IGNORE INTO observed VALUES (?, ?, ?)", values)


def _take_came(file: ProfileFile, row: Any) -> int:
    return file.write(
        "INSERT OR IGNORE INTO came (message, value) VALUES (?, ?)", tuple(_values(row, int, bytes))
    )


def _take_came_block(file: ProfileFile, row: Any) -> int:
    (sealed,) = _values(row, bytes)
    key = file.read("SELECT value FROM facts WHERE name='key'")[0][0]
    there = "SELECT 1 FROM came_in WHERE message=? UNION SELECT 1 FROM came WHERE message=?"
    fresh = {
        message: found
        for message, found in unpacked(key, sealed).items()
        if not file.read(there, (message, message))
    }
    if fresh:
        add_block(file, packed(key, fresh), fresh)
    return len(fresh)


def _take_audit(file: ProfileFile, row: Any) -> int:
    taken, report = _values(row, _NUMBER, str)
    if not isinstance(json.loads(report), dict):
        raise ValueError("no report of an audit")
    if file.read("SELECT 1 FROM audits WHERE taken=? AND report=?", (taken, report)):
        return 0
    return file.write("INSERT INTO audits (taken, report) VALUES (?, ?)", (taken, report))


def _take_correction(file: ProfileFile, row: Any) -> int:
    """Enter one correction unless it is there; of two that are in effect the later one stays so."""
    kinds = (str, bytes, str, str, _NUMBER, _NUMBER, _TIME_OR_NONE, _BYTES_OR_NONE, _BYTES_OR_NONE, bytes)
    schema_hash, fingerprint, label, source, said, since, until, author, domain, features = _values(
        row, *kinds
    )
    schemas = file.read("SELECT id FROM schemas WHERE hash=?", (schema_hash,))
    if not schemas:
        raise ValueError("a correction for columns that no line before it names")
    ours = (schemas[0][0], fingerprint)
    where = "schema=? AND fingerprint=?"
    if file.read(f"SELECT 1 FROM corrections WHERE {where} AND since=? AND label=?", (*ours, since, label)):  # noqa: S608
        return 0
    stamp = next_stamp(file)
    if until is None:
        here = file.read(f"SELECT since FROM corrections WHERE {where} AND until IS NULL", ours)  # noqa: S608
        if here and here[0][0] >= since:
            until = here[0][0]
        elif here:
            ended = f"UPDATE corrections SET until=?, stamp=? WHERE {where} AND until IS NULL"  # noqa: S608
            file.write(ended, (since, stamp, *ours))
    return file.write(
        "INSERT INTO corrections (schema, fingerprint, label, source, said, since, until, author, domain,"
        " features, stamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*ours, label, source, said, since, until, author, domain, features, stamp),
    )


_TAKERS: dict[str, Callable[[ProfileFile, Any], int]] = {
    "own": _take_own,
    "schema": _take_schema,
    "correction": _take_correction,
    "memory": _take_memory,
    "observed": _take_observed,
    "came_block": _take_came_block,
    "came": _take_came,
    "audit": _take_audit,
}

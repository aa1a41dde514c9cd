"""History in the profile: small sealed records under hashed keys, written when a transaction ends."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator

from classifier.profile.file import PENDING, ProfileFile
from classifier.profile.key import hashed, seal, unseal
from classifier.profile.opening import damaged
from classifier.profile.past import BEFORE, HOUR, MINUTE, era_at

Name = tuple[str, bytes]

_GET = "SELECT value FROM memory WHERE kind=? AND key=?"
_PUT = "INSERT OR REPLACE INTO memory VALUES (?, ?, ?)"
_DELETE = "DELETE FROM memory WHERE kind=? AND key=?"


LONG = 256
"""Bytes from which on a record is compressed: those of jobs, to about half."""

_COMPRESSED = b"\x78\x01"
"""How a stream of zlib's fastest level begins (RFC 1950, section 2.2)."""


class ProfileMemory:
    """A `classifier.history.Memory` that lasts, shared by programs.

    A record is read from the file; inside a transaction what was read or changed is kept at hand, for nobody
    else can change it, and written at its end: a flood of mail from one sender is one record written once.

    Parameters
    ----------
    file : ProfileFile
    key : bytes
        The profile's.
    """

    def __init__(self, file: ProfileFile, key: bytes) -> None:
        self._file, self._key = file, key
        self._read: dict[Name, bytes | None] = {}  # as the file has it; valid while a transaction is open
        self._changed: dict[Name, bytes | None] = {}  # by messages that are done; None is deleted
        self._changing: dict[Name, bytes | None] = {}  # by the message at hand
        file.pending = self

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None where there is none.

        Parameters
        ----------
        kind : str
        key : bytes

        Returns
        -------
        bytes or None

        Raises
        ------
        ProfileError
            If the file is damaged.
        """
        name = kind, hashed(self._key, kind, key)
        for layer in (self._changing, self._changed, self._read):
            if name in layer:
                return layer[name]
        rows = self._file.read(_GET, name)
        value = self._unsealed(kind, rows[0][0]) if rows else None
        if self._file.is_writing:
            if len(self._read) > PENDING:
                self._read.clear()
            self._read[name] = value
        return value

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Write a record, in the place of the one that was there.

        Parameters
        ----------
        kind : str
        key : bytes
        value : bytes

        Raises
        ------
        ProfileNotWritten
            If the file cannot be written.
        """
        with self._file.writing():
            self._changing[kind, hashed(self._key, kind, key)] = value

    def delete(self, kind: str, key: bytes) -> None:
        """Forget a record, if there is one.

        Parameters
        ----------
        kind : str
        key : bytes

        Raises
        ------
        ProfileNotWritten
            If the file cannot be written.
        """
        with self._file.writing():
            self._changing[kind, hashed(self._key, kind, key)] = None

    def items(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Walk through all records of a kind, in the order of their keys.

        Parameters
        ----------
        kind : str

        Yields
        ------
        (bytes, bytes)
            The key as it is kept, a hash; and the value.
        """
        rows = self._file.read("SELECT key, value FROM memory WHERE kind=?", (kind,))
        found: dict[bytes, bytes | None] = {key: self._unsealed(kind, value) for key, value in rows}
        for layer in (self._changed, self._changing):
            found.update({key: value for (its, key), value in layer.items() if its == kind})
        for key in sorted(found):
            value = found[key]
            if value is not None:
                yield key, value

    def _unsealed(self, kind: str, sealed: bytes) -> bytes:
        try:
            return _opened(unseal(self._key, sealed))
        except ValueError as error:
            raise damaged(self._file.path, f"a record of history ({kind}): {error}") from None

    def kept_as(self, kind: str, key: bytes) -> bytes:
        """Return the key that `items` yields for one that `put` was given."""
        return hashed(self._key, kind, key)

    def accept(self) -> None:
        """Take the changes of one message as made."""
        self._changed.update(self._changing)
        self._changing.clear()

    def discard(self) -> None:
        """Drop the changes of the message at hand."""
        self._changing.clear()

    def flush(self) -> None:
        """Write all accepted changes, and keep what was there before."""
        if self._changed:
            era = era_at(self._file, time.time(), MINUTE if self._file.said else HOUR)
            self._file.base.executemany(BEFORE, [(era, *name, *name) for name in self._changed])
        kept = ((name, value) for name, value in self._changed.items() if value is not None)
        self._file.base.executemany(_PUT, [(*name, seal(self._key, _closed(value))) for name, value in kept])
        self._file.base.executemany(_DELETE, [name for name, value in self._changed.items() if value is None])

    def end(self) -> None:
        """Know nothing any more: others may write."""
        self._changed.clear()
        self._changing.clear()
        self._read.clear()

    def size(self) -> int:
        """Count the changes that wait."""
        return len(self._changed)


def _closed(value: bytes) -> bytes:
    """Compress a record, if that makes it shorter."""
    packed = zlib.compress(value, 1) if len(value) >= LONG else value
    return packed if len(packed) < len(value) else value


def _opened(value: bytes) -> bytes:
    """Return a record as it was written; an older profile's are not compressed."""
    if not value.startswith(_COMPRESSED):
        return value
    try:
        return zlib.decompress(value)  # ours: strangers write no record
    except zlib.error:
        return value

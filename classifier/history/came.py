"""What a message found in a memory when it came, kept so that it is judged by that ever after.

Counts that fade cannot be taken back, so a message that has entered the history cannot be looked at as if it
had not. What it read there can be kept: the same records make the same answer.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.history.memory import Memory

Read = dict[tuple[str, bytes], bytes | None]
"""Records by kind and key; None where there was none."""

VERSION = 1
LARGEST = 1 << 20
"""Bytes of the records of one message, at most; a job's has some thousand."""

_BEGIN = struct.Struct("<Bd")
_HEAD = struct.Struct("<BBI")


class Noting:
    """A memory that notes what is read in it.

    Parameters
    ----------
    below : Memory

    Attributes
    ----------
    read : dict
        What was read since it was last emptied.
    """

    def __init__(self, below: Memory) -> None:
        self._below = below
        self.read: Read = {}

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None; see `Memory`."""
        value = self._below.get(kind, key)
        self.read[kind, key] = value
        return value

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Write a record; see `Memory`."""
        self._below.put(kind, key, value)

    def delete(self, kind: str, key: bytes) -> None:
        """Forget a record; see `Memory`."""
        self._below.delete(kind, key)

    def items(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Walk through all records of a kind; see `Memory`."""
        return self._below.items(kind)


class AsRead:
    """A memory of nothing but what was read once; it cannot be written.

    Parameters
    ----------
    read : mapping
        From `Noting`.
    now : Memory, optional
        Where records of `live` kinds are read instead, as they are now.
    live : collection of str, default ()
    """

    def __init__(
        self,
        read: Mapping[tuple[str, bytes], bytes | None],
        now: Memory | None = None,
        live: Collection[str] = (),
    ) -> None:
        self._read, self._now, self._live = read, now, live

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None where there was none.

        Raises
        ------
        KeyError
            If nobody asked for it then.
        """
        if self._now is not None and kind in self._live:
            return self._now.get(kind, key)
        return self._read[kind, key]

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Refuse to write."""
        raise TypeError(f"what was read cannot be written: {kind} {key!r} {value!r}")

    def delete(self, kind: str, key: bytes) -> None:
        """Refuse to forget."""
        raise TypeError(f"what was read cannot be written: {kind} {key!r}")

    def items(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Walk through what was read of a kind."""
        yield from sorted((key, value) for (its, key), value in self._read.items() if its == kind and value)


def pack_read(read: Read, now: float) -> bytes:
    """Write what was read as bytes.

    Parameters
    ----------
    read : dict
    now : float
        When, in seconds since 1970.

    Returns
    -------
    bytes
    """
    parts = [_BEGIN.pack(VERSION, now)]
    for (kind, key), value in read.items():
        name = kind.encode()
        parts.append(_HEAD.pack(len(name), len(key), 0 if value is None else len(value) + 1))
        parts += [name, key, value or b""]
    return b"".join(parts)


def unpack_read(packed: bytes) -> tuple[Read, float] | None:
    """Read what `pack_read` has written.

    Parameters
    ----------
    packed : bytes

    Returns
    -------
    (dict, float) or None
        What was read, and when; None where it is damaged, or of another version.
    """
    try:
        return _unpacked(packed) if len(packed) <= LARGEST else None
    except (struct.error, UnicodeDecodeError):
        return None


def _unpacked(data: bytes) -> tuple[Read, float] | None:
    version, now = _BEGIN.unpack_from(data)
    if version != VERSION:
        return None
    read: Read = {}
    at = _BEGIN.size
    while at < len(data):
        name, key, size = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size
        middle, end = start + name + key, start + name + key + max(0, size - 1)
        if end > len(data):
            return None
        read[data[start : start + name].decode(), data[start + name : middle]] = (
            data[middle:end] if size else None
        )
        at = end
    return read, now

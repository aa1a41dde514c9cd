"""Records in a fixed number of places: no flood of made-up names can fill the memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.history.memory import Memory

_PLACE = struct.Struct("<I")
_HEAD = struct.Struct("<II")
_HOUR = 3600.0


@lru_cache(maxsize=65536)
def number_of(name: str) -> int:
    """Return the number that stands for a name, from 1 on; the same everywhere and for ever.

    Parameters
    ----------
    name : str
        An address in lower case, a message identifier, a word of a subject; marked by what it is.

    Returns
    -------
    int
        32 bits: of 65,000 names about one pair shares a number.
    """
    digest = blake2b(name.encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest, "little") or 1


class Places:
    """Records by number, in at most ``2 ** bits`` places of one kind of a memory.

    Two numbers may share a place: then the later one drives the earlier one out, unless that one is held.

    Parameters
    ----------
    memory : Memory
    kind : str
        Kind of the records.
    bits : int
        log2 of the number of places.
    """

    def __init__(self, memory: Memory, kind: str, bits: int) -> None:
        self._memory, self._kind = memory, kind
        self._mask = (1 << bits) - 1

    def _key(self, number: int) -> bytes:
        return _PLACE.pack(number & self._mask)

    def get(self, number: int) -> bytes | None:
        """Return the record of a number.

        Parameters
        ----------
        number : int
            From `number_of`.

        Returns
        -------
        bytes or None
            None where there is none, or another number took its place.
        """
        found = self._memory.get(self._kind, self._key(number))
        if found is None or len(found) < _HEAD.size or _HEAD.unpack_from(found)[0] != number:
            return None
        return found[_HEAD.size :]

    def put(self, number: int, record: bytes, now: float, hold: float = 0.0) -> None:
        """Write a record, unless its place is held by another number.

        Parameters
        ----------
        number : int
        record : bytes
        now : float
            In seconds since 1970.
        hold : float, default 0
            For how many seconds nobody else may have the place.
        """
        key = self._key(number)
        there = self._memory.get(self._kind, key)
        if there is not None and len(there) >= _HEAD.size:
            owner, until = _HEAD.unpack_from(there)
            if owner != number and until * _HOUR > now:
                return
        until = int((now + hold) / _HOUR) + 1 if hold else 0
        self._memory.put(self._kind, key, _HEAD.pack(number, min(max(0, until), 0xFFFFFFFF)) + record)

    def replace(self, number: int, record: bytes) -> None:
        """Write another record of a number that is there, held as long as the one before.

        Parameters
        ----------
        number : int
        record : bytes
        """
        key = self._key(number)
        there = self._memory.get(self._kind, key)
        if there is not None and self.get(number) is not None:
            self._memory.put(self._kind, key, there[: _HEAD.size] + record)

    def delete(self, number: int) -> None:
        """Forget the record of a number, if there is one.

        Parameters
        ----------
        number : int
        """
        if self.get(number) is not None:
            self._memory.delete(self._kind, self._key(number))


def numbered(memory: Memory, kind: str) -> Iterator[tuple[int, bytes]]:
    """Walk through all records of a kind that lie in places.

    Parameters
    ----------
    memory : Memory
    kind : str

    Yields
    ------
    (int, bytes)
        The number that a record belongs to, and the record.
    """
    for _, found in memory.items(kind):
        if len(found) >= _HEAD.size:
            yield _HEAD.unpack_from(found)[0], found[_HEAD.size :]

"""What messages found in the memory when they were observed, many together.

One after the other they found nearly the same: what is known of the people of a list changes by a record or
two a message. Compressed alone each took 1.3 kB of the file, together a third of that. The newest lie loose,
each in a row of its own, until there are enough for a block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from classifier.profile.key import seal, unseal

if TYPE_CHECKING:
    from classifier.profile.file import ProfileFile

CAME = 30_000
"""Messages of which it is kept, the latest: some 400 bytes each."""

BLOCK = 64
"""Messages in a block: 366 bytes each on a mailing list, in blocks of 256 352, alone 1,013. To look at one
the whole block is unpacked, in a third of a millisecond."""

LARGEST = 1 << 20
"""Bytes of a block before it is compressed, about: jobs find more than people."""

AT_ONCE = 4
"""Blocks that one message makes at most: a profile of before blocks has many messages to catch up on."""

_ZLIB = 0x78
"""How a stream of zlib begins (RFC 1950, section 2.2): so begins what former versions kept."""

_HEAD = struct.Struct("<qI")

_IN_BLOCK = (
    "SELECT block, substr(value, 1, 12) FROM came_in JOIN came_block ON came_block.id=block WHERE message=?"
)


class Came:
    """What messages found, in a profile.

    Parameters
    ----------
    file : ProfileFile
    key : bytes
        The profile's.
    """

    def __init__(self, file: ProfileFile, key: bytes) -> None:
        self._file, self._key = file, key
        self._open: tuple[bytes, dict[int, bytes]] = (b"", {})  # the block that was read last, by its nonce

    def keep(self, message: int, found: bytes) -> None:
        """Keep what a message found, inside `writing`.

        Parameters
        ----------
        message : int
            Its number in the profile.
        found : bytes

        Raises
        ------
        ProfileNotWritten
            If it cannot be kept.
        """
        row = message, seal(self._key, found)
        self._file.write("INSERT OR REPLACE INTO came (message, value) VALUES (?, ?)", row)
        loose = int(self._file.read("SELECT count(*) FROM came")[0][0])
        for _ in range(min(loose // BLOCK, AT_ONCE)):
            self._make_block()

    def find(self, message: int) -> bytes:
        """Return what a message found.

        Parameters
        ----------
        message : int

        Returns
        -------
        bytes
            Empty where it is not kept, or damaged.
        """
        rows = self._file.read("SELECT value FROM came WHERE message=?", (message,))
        if rows:
            return _opened(self._key, rows[0][0])
        rows = self._file.read(_IN_BLOCK, (message,))
        if not rows:
            return b""
        block, nonce = rows[0]
        if nonce != self._open[0]:
            sealed = self._file.read("SELECT value FROM came_block WHERE id=?", (block,))[0][0]
            self._open = nonce, unpacked(self._key, sealed)
        return self._open[1].get(message, b"")

    def _make_block(self) -> None:
        """Pack the oldest that lie loose, and let go of what is too old."""
        rows = self._file.read("SELECT id, message, value FROM came ORDER BY id LIMIT ?", (BLOCK,))
        content: dict[int, bytes] = {}
        size = last = 0
        for last, message, value in rows:  # noqa: B007
            content[message] = _opened(self._key, value)
            size += len(content[message])
            if size > LARGEST:
                break
        add_block(self._file, packed(self._key, content), content)
        self._file.write("DELETE FROM came WHERE id<=?", (last,))
        oldest = (self._file.read("SELECT max(id) FROM came_block")[0][0] - max(1, CAME // BLOCK),)
        self._file.write("DELETE FROM came_block WHERE id<=?", oldest)
        self._file.write("DELETE FROM came_in WHERE block<=?", oldest)


def add_block(file: ProfileFile, sealed: bytes, messages: dict[int, bytes]) -> None:
    """Enter a block as the newest, inside `writing`.

    Parameters
    ----------
    file : ProfileFile
    sealed : bytes
        From `packed`.
    messages : dict
        What is in it.
    """
    file.write("INSERT INTO came_block (value) VALUES (?)", (sealed,))
    block = int(file.read("SELECT max(id) FROM came_block")[0][0])
    for message in messages:
        file.write("INSERT OR REPLACE INTO came_in VALUES (?, ?)", (message, block))


def forget_all(file: ProfileFile) -> None:
    """Let go of what all messages found, inside `writing`.

    Parameters
    ----------
    file : ProfileFile
    """
    for table in ("came", "came_in", "came_block"):
        file.write(f"DELETE FROM {table}")  # noqa: S608


def packed(key: bytes, content: dict[int, bytes]) -> bytes:
    """Make a block.

    Parameters
    ----------
    key : bytes
    content : dict
        What messages found.

    Returns
    -------
    bytes
        Sealed.
    """
    parts = [_HEAD.pack(message, len(found)) + found for message, found in content.items()]
    return seal(key, zlib.compress(b"".join(parts)))


def unpacked(key: bytes, sealed: bytes) -> dict[int, bytes]:
    """Read a block.

    Parameters
    ----------
    key : bytes
    sealed : bytes

    Returns
    -------
    dict
        What messages found; what is damaged is left out.
    """
    return dict(_entries(_opened(key, sealed)))


def _entries(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEAD.size <= len(data):
        message, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size + size
        if at <= len(data):
            yield message, data[at - size : at]


def _opened(key: bytes, sealed: bytes) -> bytes:
    """Return what was sealed, and maybe compressed, as it was; what is damaged as nothing."""
    unzip = zlib.decompressobj()
    try:
        data = unseal(key, sealed)
        if data[:1] != bytes([_ZLIB]):
            return data
        whole = unzip.decompress(data, 4 * LARGEST)
    except (ValueError, zlib.error):
        return b""
    return whole if unzip.eof else b""

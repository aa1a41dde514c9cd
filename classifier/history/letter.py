"""What is remembered of a message, of its thread and of its subject."""

from __future__ import annotations

import struct
from dataclasses import dataclass

AUTHORS, KEYS = 12, 60
"""Authors of a thread, and keys of a message, that are remembered."""

_LETTER = struct.Struct("<dddIIIHB")
_THREAD = struct.Struct("<dddIHHHB")
_SUBJECT = struct.Struct("<dII")


def _pack_numbers(numbers: tuple[int, ...]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def _unpack_numbers(record: bytes, at: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{(len(record) - at) // 4}I", record, at)


@dataclass(slots=True)
class Letter:
    """A message that came or went.

    Parameters
    ----------
    at : float
        When, in seconds since 1970.
    answered_at : float
        When the reader first answered it; 0 where he did not.
    dated : float
        What its Date: says.
    root, author, domain : int
        Numbers of its thread's first message, of its author and of the author's domain.
    depth : int
        How many messages stand above it.
    mine, parent_mine : bool
        Whether the reader wrote it, and the message it answers.
    keys : tuple of int
        What an answer to it is counted under.
    """

    at: float
    answered_at: float
    dated: float
    root: int
    author: int
    domain: int
    depth: int
    mine: bool
    parent_mine: bool
    keys: tuple[int, ...] = ()

    def pack(self) -> bytes:
        """Return what `unpack` reads."""
        flags = self.mine | self.parent_mine << 1
        times, people = (self.at, self.answered_at, self.dated), (self.root, self.author, self.domain)
        head = _LETTER.pack(*times, *people, min(self.depth, 0xFFFF), flags)
        return head + _pack_numbers(self.keys[:KEYS])

    @classmethod
    def unpack(cls, record: bytes | None) -> Letter | None:
        """Read a record; None where there is none or it is damaged."""
        if record is None or len(record) < _LETTER.size or (len(record) - _LETTER.size) % 4:
            return None
        *times_and_people, depth, flags = _LETTER.unpack_from(record)
        keys = _unpack_numbers(record, _LETTER.size)
        at, answered, dated, root, author, domain = times_and_people
        mine, parent_mine = bool(flags & 1), bool(flags & 2)
        return cls(at, answered, dated, root, author, domain, depth, mine, parent_mine, keys)


@dataclass(slots=True)
class Thread:
    """A conversation.

    Parameters
    ----------
    first, last, mine_at : float
        When its first and its last message and the reader's last one came; 0 where there was none.
    messages, mine, answered, since : int
        Messages, the reader's among them, those that he answered, and those since his last.
    started : bool
        Whether the reader began it.
    authors : tuple of int
        Numbers of the first who wrote in it, without the reader.
    """

    first: float = 0.0
    last: float = 0.0
    mine_at: float = 0.0
    messages: int = 0
    mine: int = 0
    answered: int = 0
    since: int = 0
    started: bool = False
    authors: tuple[int, ...] = ()

    def pack(self) -> bytes:
        """Return what `unpack` reads."""
        head = _THREAD.pack(
            self.first,
            self.last,
            self.mine_at,
            min(self.messages, 0xFFFFFFFF),
            min(self.mine, 0xFFFF),
            min(self.answered, 0xFFFF),
            min(self.since, 0xFFFF),
            self.started,
        )
        return head + _pack_numbers(self.authors[:AUTHORS])

    @classmethod
    def unpack(cls, record: bytes | None) -> Thread:
        """Read a record; where there is none, or a damaged one, nothing is known."""
        if record is None or len(record) < _THREAD.size or (len(record) - _THREAD.size) % 4:
            return cls()
        first, last, mine_at, *counts, started = _THREAD.unpack_from(record)
        messages, mine, answered, since = counts
        authors = _unpack_numbers(record, _THREAD.size)
        return cls(first, last, mine_at, messages, mine, answered, since, bool(started), authors)


@dataclass(slots=True)
class Topic:
    """A subject line, without marks of replies.

    Parameters
    ----------
    mine_at : float
        When the reader last wrote under it; 0 where he never did.
    seen, mine : int
        Messages under it, and the reader's among them.
    """

    mine_at: float = 0.0
    seen: int = 0
    mine: int = 0

    def pack(self) -> bytes:
        """Return what `unpack` reads."""
        return _SUBJECT.pack(self.mine_at, min(self.seen, 0xFFFFFFFF), min(self.mine, 0xFFFFFFFF))

    @classmethod
    def unpack(cls, record: bytes | None) -> Topic:
        """Read a record; where there is none, or a damaged one, nothing is known."""
        return cls(*_SUBJECT.unpack(record)) if record and len(record) == _SUBJECT.size else cls()

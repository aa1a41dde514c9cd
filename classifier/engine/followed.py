"""Messages whose fate is followed: what columns each set when it came, and what the reader did with it.

They stay after that is known, so that habits can be learned anew from all of them: then learning forgets
exactly what is forgotten here. Nothing of their text is in them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.history.places import Places
from classifier.learners.deviation import Examples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.history import Memory

RING = 32_768
"""Messages that are kept, some 240 bytes each; the oldest give way, and then teach nothing more."""

OPEN, PASSED, ANSWERED, SAID = range(4)
"""Not yet known; left alone for too long; answered; said by the reader, which is learned elsewhere."""

_FORMER_RING = 4096
_ENTRY = struct.Struct("<IdfBx4sII")
_ENTRIES = np.dtype(
    [("number", "<u4"), ("due", "<f8"), ("shared", "<f4"), ("state", "u1"), ("pad", "u1"), ("schema", "<u4"),
     ("whose", "<u4", 2)]
)  # fmt: skip
_FORMER_ENTRY = struct.Struct("<IdfB")
_COUNTS = struct.Struct("<QQQQ")
_FORMER_COUNTS = struct.Struct("<QQ")
_SEQUENCE = struct.Struct("<Q")
_SLOT = struct.Struct("<I")


def is_of(kind: str, record: bytes, author: int, letters: frozenset[int] | set[int]) -> bool:
    """Tell whether a record of kind ``await`` or ``awaited`` is about somebody's message.

    Parameters
    ----------
    kind : str
    record : bytes
    author : int
        Number of an address, or of a domain.
    letters : set of int
        Numbers of messages that are somebody's; a former record names no author.

    Returns
    -------
    bool
    """
    if len(record) < _SLOT.size:
        return False
    followed = kind == "await" and len(record) >= _ENTRY.size and not len(record) % 2
    return _SLOT.unpack_from(record)[0] in letters or (followed and author in _ENTRY.unpack_from(record)[5:])


@dataclass(slots=True)
class Fate:
    """A message, and what became of it.

    Parameters
    ----------
    number : int
        `Reading.number`.
    due : float
        When it counts as left alone, in seconds since 1970.
    shared : float
        Its log-odds of importance without habit, in nats.
    state : int
        `OPEN`, `PASSED`, `ANSWERED` or `SAID`.
    columns : ndarray of shape (n_set,), uint16
    author, domain : int
        Numbers of its author and of the domain, so that they can be forgotten; 0 where they are not known.
    """

    number: int
    due: float
    shared: float
    state: int
    columns: NDArray[np.uint16]
    author: int = 0
    domain: int = 0

    def pack(self, schema: bytes) -> bytes:
        """Return what `unpack` reads; the length tells it from records of before 27 November 2026."""
        whose = (schema[:4], self.author, self.domain)
        head = _ENTRY.pack(self.number, self.due, self.shared, self.state, *whose)
        return head + self.columns.astype("<u2").tobytes()

    @classmethod
    def unpack(cls, record: bytes | None, head: struct.Struct = _ENTRY) -> Fate | None:
        """Read a record; None where there is none or it is damaged."""
        if record is None or len(record) < head.size or (len(record) - head.size) % 2:
            return None
        number, due, shared, state, *whose = head.unpack_from(record)
        columns = np.frombuffer(record, "<u2", -1, head.size)
        return cls(number, due, shared, state, columns, *whose[1:])


@dataclass(slots=True)
class Counts:
    """How far following has come.

    Parameters
    ----------
    first, following : int
        Sequence numbers of the first message whose time is not over, and of the next to come.
    known : int
        Fates that became known so far; one that changes counts again.
    fitted : int
        What `known` was when habits were last learned.
    """

    first: int = 0
    following: int = 0
    known: int = 0
    fitted: int = 0

    def pack(self) -> bytes:
        """Return what `unpack` reads."""
        return _COUNTS.pack(self.first, self.following, self.known, self.fitted)

    @classmethod
    def unpack(cls, record: bytes | None) -> Counts:
        """Read a record, a former one too; where there is none, nothing was followed."""
        for head in (_COUNTS, _FORMER_COUNTS):
            if record is not None and len(record) == head.size:
                return cls(*head.unpack(record))
        return cls()


class Followed:
    """The last messages of one schema and their fates, in a memory.

    Parameters
    ----------
    memory : Memory
    schema : bytes
        Hash of the model's schema: its columns mean nothing to another.
    """

    def __init__(self, memory: Memory, schema: bytes) -> None:
        self._memory, self._schema = memory, schema
        self._places = Places(memory, "awaited", 16)

    def counts(self) -> Counts:
        """Return how far following has come; what a former version left is taken over first."""
        record = self._memory.get("awaits", self._schema)
        counts = Counts.unpack(record)
        if record is not None and len(record) == _FORMER_COUNTS.size:
            self._take_over(counts)
        return counts

    def keep(self, counts: Counts) -> None:
        """Keep how far following has come.

        Parameters
        ----------
        counts : Counts
        """
        self._memory.put("awaits", self._schema, counts.pack())

    def add(self, fate: Fate, counts: Counts, now: float) -> None:
        """Follow a message, in the place of the oldest.

        Parameters
        ----------
        fate : Fate
        counts : Counts
            Of before; counts on.
        now : float
            In seconds since 1970.
        """
        self.write(counts.following, fate)
        self._places.put(fate.number, _SEQUENCE.pack(counts.following), now)
        counts.following += 1

    def find(self, number: int) -> int | None:
        """Return the sequence number of a message; None where it is not followed.

        Parameters
        ----------
        number : int

        Returns
        -------
        int or None
        """
        record = self._places.get(number) if number else None
        if record is None or len(record) != _SEQUENCE.size:
            return None
        sequence: int = _SEQUENCE.unpack(record)[0]
        fate = self.read(sequence)
        return sequence if fate is not None and fate.number == number else None

    def read(self, sequence: int) -> Fate | None:
        """Return what became of the message with a sequence number; None where it was forgotten."""
        return Fate.unpack(self._memory.get("await", self._slot(sequence)))

    def write(self, sequence: int, fate: Fate) -> None:
        """Keep what became of a message.

        Parameters
        ----------
        sequence : int
        fate : Fate
        """
        self._memory.put("await", self._slot(sequence), fate.pack(self._schema))

    def examples(self) -> Examples:
        """Return all messages of which it is known what became, in the order in which they came."""
        records = [record for _, record in self._memory.items("await")]
        records = [each for each in records if len(each) > _ENTRY.size and not len(each) % 2]
        heads = np.frombuffer(b"".join(each[: _ENTRY.size] for each in records), _ENTRIES)
        ours = heads["schema"] == np.frombuffer(self._schema[:4], "<u4")
        known = np.flatnonzero(ours & np.isin(heads["state"], (PASSED, ANSWERED)))
        heads = heads[known]
        order = np.lexsort((heads["state"], heads["shared"], heads["number"], heads["due"]))
        heads, columns = heads[order], [records[at][_ENTRY.size :] for at in known[order]]
        return Examples(
            np.frombuffer(b"".join(columns), "<u2"),
            np.array([len(each) // 2 for each in columns], np.intp),
            heads["shared"].astype(float),
            heads["state"] == ANSWERED,
        )

    def _slot(self, sequence: int, ring: int = RING) -> bytes:
        return self._schema + _SLOT.pack(sequence % ring)

    def _take_over(self, counts: Counts) -> None:
        """Put the records of a former version, whose ring was shorter, where they are looked for now."""
        oldest, moved = max(0, counts.following - _FORMER_RING), []
        for sequence in range(oldest, counts.following):
            slot = self._slot(sequence, _FORMER_RING)
            fate = Fate.unpack(self._memory.get("await", slot), _FORMER_ENTRY)
            if fate is not None:
                moved.append((sequence, fate))
                self._memory.delete("await", slot)
        for sequence, fate in moved:
            self.write(sequence, fate)
        counts.known = counts.fitted = sum(fate.state in (PASSED, ANSWERED) for _, fate in moved)
        self.keep(counts)

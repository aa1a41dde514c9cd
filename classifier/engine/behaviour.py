"""Labels from what the reader does: what he answers is important, what he leaves alone for days is not.

A message that came waits with the columns that it set then. When the reader answers it, it is learned as
important; when `LIMIT` has passed without, as unimportant, until he answers it after all. What nobody can
know yet is not learned.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.history.clock import DAY
from classifier.history.places import Places
from classifier.learners.habit import Habit

if TYPE_CHECKING:
    from classifier.features import Rows, Schema
    from classifier.history import Memory
    from classifier.history.correspondence import Correspondence

LIMIT = 3 * DAY
"""What was not answered by then counts as unimportant. A longer limit changed nothing on P4's first part."""

RING = 4096
"""Messages that wait, or can still be answered late; the oldest are given up, unlearned."""

FLOOD = 100.0
"""Who sent more in the last days teaches nothing more: one sender must not fill the places of all others."""

_OPEN, _PASSED, _ANSWERED, _SAID = range(4)
_ENTRY = struct.Struct("<IdfB")
_STATE = struct.Struct("<QQ")
_SEQUENCE = struct.Struct("<Q")
_SLOT = struct.Struct("<I")


def numbers_waiting(kind: str, record: bytes) -> int:
    """Return the number of the message that a record of kind ``await`` or ``awaited`` is about.

    Parameters
    ----------
    kind : str
    record : bytes

    Returns
    -------
    int
        0 where it is damaged.
    """
    head = _ENTRY if kind == "await" else _SLOT
    return int(head.unpack_from(record)[0]) if len(record) >= head.size else 0


@dataclass(slots=True)
class _Waiting:
    """A message that waits for its label."""

    number: int
    due: float
    shared: float
    state: int
    columns: NDArray[np.uint16]

    def pack(self) -> bytes:
        head = _ENTRY.pack(self.number, self.due, self.shared, self.state)
        return head + self.columns.astype("<u2").tobytes()

    @classmethod
    def unpack(cls, record: bytes | None) -> _Waiting | None:
        if record is None or len(record) < _ENTRY.size or (len(record) - _ENTRY.size) % 2:
            return None
        number, due, shared, state = _ENTRY.unpack_from(record)
        return cls(number, due, shared, state, np.frombuffer(record, "<u2", -1, _ENTRY.size))


class Behaviour:
    """Learns the reader's habits from what becomes of his mail.

    Parameters
    ----------
    memory : Memory
    schema : Schema
        Of the model; what was learned for other columns is left alone.
    """

    def __init__(self, memory: Memory, schema: Schema) -> None:
        self.schema = schema
        self._memory = memory
        self._block = next(at for at, block in enumerate(schema.blocks) if block.name == "history")
        self._size = 1 << schema.blocks[self._block].bits
        self._key = bytes.fromhex(schema.hash)
        self._places = Places(memory, "awaited", 16)
        self._habit: tuple[bytes | None, Habit] = (None, Habit(self._size))

    def score(self, rows: Rows) -> NDArray[np.float64]:
        """Say what habit adds to the log-odds of importance.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        ndarray of shape (n_rows,), float64
            In nats.
        """
        return self.habit.score(rows.blocks[self._block])

    @property
    def habit(self) -> Habit:
        """What was learned so far, as it stands in the memory; to be read only."""
        record = self._memory.get("habit", self._key)
        if record != self._habit[0]:
            self._habit = (record, Habit.unpack(record, self._size))
        return self._habit[1]

    def observe(self, past: Correspondence, rows: Rows, shared: float) -> None:
        """Take note of a message when it comes; what has become known by then is learned first.

        Parameters
        ----------
        past : Correspondence
            What was known of it.
        rows : Rows
            Its one row.
        shared : float
            Its log-odds of importance without habit, in nats.
        """
        first, following = self._settle(past.now)
        reading = past.reading
        if reading.mine:
            self._label(reading.parent, _ANSWERED)
        elif past.author.lately < FLOOD and self._find(reading.number) is None:
            columns = rows.blocks[self._block].columns.astype(np.uint16)
            waiting = _Waiting(reading.number, past.now + LIMIT, shared, _OPEN, columns)
            self._write(following, waiting)
            self._places.put(reading.number, _SEQUENCE.pack(following), past.now)
            following += 1
        self._memory.put("awaits", self._key, _STATE.pack(first, following))

    def said(self, number: int) -> None:
        """Stop guessing about a message: the reader said what it is.

        Parameters
        ----------
        number : int
            `Reading.number`.
        """
        self._label(number, _SAID)

    def _settle(self, now: float) -> tuple[int, int]:
        """Learn what has waited long enough as unimportant; return the first still waiting, and the next."""
        state = self._memory.get("awaits", self._key)
        first, following = _STATE.unpack(state) if state and len(state) == _STATE.size else (0, 0)
        first = max(first, following - RING)
        while first < following:
            waiting = self._read(first)
            if waiting is not None and waiting.due > now:
                break
            if waiting is not None and waiting.state == _OPEN:
                waiting.state = _PASSED
                self._learn(waiting, important=False)
                self._write(first, waiting)
            first += 1
        return first, following

    def _label(self, number: int, state: int) -> None:
        sequence = self._find(number) if number else None
        waiting = None if sequence is None else self._read(sequence)
        if sequence is None or waiting is None or waiting.state in (_ANSWERED, _SAID):
            return
        waiting.state = state
        if state == _ANSWERED:
            self._learn(waiting, important=True)
        self._write(sequence, waiting)

    def _learn(self, waiting: _Waiting, *, important: bool) -> None:
        habit = self.habit
        habit.learn(waiting.columns.astype(np.intp), waiting.shared, important)
        record = habit.pack()
        self._memory.put("habit", self._key, record)
        self._habit = (record, habit)

    def _find(self, number: int) -> int | None:
        """Return the sequence number under which a message waits; None where it does not."""
        record = self._places.get(number)
        if record is None or len(record) != _SEQUENCE.size:
            return None
        sequence: int = _SEQUENCE.unpack(record)[0]
        waiting = self._read(sequence)
        return sequence if waiting is not None and waiting.number == number else None

    def _slot(self, sequence: int) -> bytes:
        return self._key + _SLOT.pack(sequence % RING)

    def _read(self, sequence: int) -> _Waiting | None:
        return _Waiting.unpack(self._memory.get("await", self._slot(sequence)))

    def _write(self, sequence: int, waiting: _Waiting) -> None:
        self._memory.put("await", self._slot(sequence), waiting.pack())

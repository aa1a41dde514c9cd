"""Labels from what the reader does: what he answers is important, what he leaves alone for days is not.

A message that came is followed with the columns that it set then. When the reader answers it, it is
important; when `LIMIT` has passed without, it is not, until he answers it after all. What nobody can know yet
is not learned. Habits are learned anew from all that is known whenever that has grown by an eighth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.engine.followed import ANSWERED, OPEN, PASSED, RING, SAID, Counts, Fate, Followed
from classifier.history.clock import DAY
from classifier.learners.deviation import deviation
from classifier.learners.habit import VARIANCE, Habit, schema_and_size

if TYPE_CHECKING:
    from classifier.features import Rows, Schema
    from classifier.history import Memory
    from classifier.history.correspondence import Correspondence

LIMIT = 3 * DAY
"""What was not answered by then counts as unimportant. A longer limit changed nothing on P4's first part."""

GROWN = 8
"""Habits are learned anew when so great a part of what is known is new; at first by each message."""

FLOOD = 100.0
"""Who sent more in the last days teaches nothing more: one sender must not fill the places of all others."""


def grown(known: int, fitted: int) -> bool:
    """Tell whether it is time to learn habits anew.

    Parameters
    ----------
    known, fitted : int
        As in `Counts`.

    Returns
    -------
    bool
    """
    return known - fitted >= max(1, min(known, RING) // GROWN)


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
        self._followed = Followed(memory, self._key)
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
        """What was learned last; to be read only."""
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
        counts = self._followed.counts()
        self._settle(counts, past.now)
        reading = past.reading
        if reading.mine:
            self._label(counts, reading.parent, ANSWERED)
        elif past.author.lately < FLOOD and self._followed.find(reading.number) is None:
            columns = rows.blocks[self._block].columns.astype(np.uint16)
            whose = reading.author, reading.domain
            fate = Fate(reading.number, past.now + LIMIT, shared, OPEN, columns, *whose)
            self._followed.add(fate, counts, past.now)
        self._learn(counts)
        self._followed.keep(counts)

    def said(self, number: int) -> None:
        """Stop guessing about a message: the reader said what it is.

        Parameters
        ----------
        number : int
            `Reading.number`.
        """
        counts = self._followed.counts()
        if self._label(counts, number, SAID):
            self._learn(counts)
            self._followed.keep(counts)

    def _settle(self, counts: Counts, now: float) -> None:
        """Take what has waited long enough as unimportant."""
        counts.first = max(counts.first, counts.following - RING)
        while counts.first < counts.following:
            fate = self._followed.read(counts.first)
            if fate is not None and fate.due > now:
                break
            if fate is not None and fate.state == OPEN:
                fate.state = PASSED
                self._followed.write(counts.first, fate)
                counts.known += 1
            counts.first += 1

    def _label(self, counts: Counts, number: int, state: int) -> bool:
        """Note what became of a message; return whether anything did that was not known."""
        sequence = self._followed.find(number)
        fate = None if sequence is None else self._followed.read(sequence)
        if sequence is None or fate is None or fate.state in (state, SAID):
            return False
        counts.known += fate.state != OPEN or state != SAID
        fate.state = state
        self._followed.write(sequence, fate)
        return True

    def _learn(self, counts: Counts) -> None:
        """Learn habits anew, if enough is new."""
        if grown(counts.known, counts.fitted):
            counts.fitted = counts.known
            habit = learned(self._followed, self._size)
            record = habit.pack(self._key)
            self._memory.put("habit", self._key, record)
            self._habit = (record, habit)


def learned(followed: Followed, size: int) -> Habit:
    """Learn habits from all that is known.

    Parameters
    ----------
    followed : Followed
    size : int
        Columns of the block.

    Returns
    -------
    Habit
    """
    habit = Habit(size)
    habit.weights = deviation(followed.examples(), size, VARIANCE)
    return habit


def learn_anew(memory: Memory) -> None:
    """Learn all habits in a memory anew: some of what they were learned from is gone.

    Parameters
    ----------
    memory : Memory
    """
    for _, record in list(memory.items("habit")):
        found = schema_and_size(record)
        if found is not None:
            schema, size = found
            memory.put("habit", schema, learned(Followed(memory, schema), size).pack(schema))

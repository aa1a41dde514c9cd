"""The reader's own deviation from the shared model, learned from what he does with his mail.

Logistic regression on the columns of history, one message at a time, with a rate a column that falls as the
column is used (AdaGrad): columns that everybody's mail sets soon rest, rare ones still move. Behaviour
teaches thousands of times as often as somebody says something, so nothing here is kept message by message.

On the first part of P4, added to a shared model, mean average precision over ten people and what must be
read for 80 %: shared alone 0.401 and 0.108, habit alone 0.377 and 0.115; both, at rates of 0.05, 0.1 and
0.2, 0.417, 0.418 and 0.415; with `CAREFUL` a tenth 0.421 and 0.103, ten times as large 0.415. Lost: a bias
of its own, forgetting, more weight for what was answered, seven days in place of three (all within 0.003),
plain gradient steps of 0.3 and more, and words of header and body beside the columns of history.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from classifier.features import BlockRows

RATE = 0.1
"""Nats that the first certain error moves a column by, nearly."""

CAREFUL = 0.001
"""Added to the sum of a column's squared gradients: keeps its first steps short."""

MOST = 4.0
"""No column moves further than so many nats."""

_HEAD = struct.Struct("<I")


class Habit:
    """Weights on one block of columns.

    Parameters
    ----------
    size : int
        Columns of the block.

    Attributes
    ----------
    weights, squares : ndarray of shape (size,), float32
        Nats, and sums of squared gradients.
    """

    def __init__(self, size: int) -> None:
        self.weights: NDArray[np.float32] = np.zeros(size, np.float32)
        self.squares: NDArray[np.float32] = np.zeros(size, np.float32)

    def score(self, block: BlockRows) -> NDArray[np.float64]:
        """Say what habit adds to the log-odds of importance.

        Parameters
        ----------
        block : BlockRows

        Returns
        -------
        ndarray of shape (n_rows,), float64
            In nats.
        """
        at = np.repeat(np.arange(len(block.counts)), block.counts)
        sums = np.bincount(at, self.weights[block.columns], minlength=len(block.counts))
        return np.asarray(sums * block.scale, np.float64)

    def learn(self, columns: NDArray[np.integer], shared: float, important: bool) -> None:
        """Learn from one message.

        Parameters
        ----------
        columns : ndarray of shape (n_set,), int
            The columns that it sets, each once.
        shared : float
            Log-odds of importance without habit, in nats.
        important : bool
            What became of it.
        """
        if not len(columns):
            return
        scale = 1.0 / np.sqrt(len(columns))
        log_odds = shared + float(self.weights[columns].sum()) * scale
        error = float(important) - 0.5 * (1 + np.tanh(0.5 * log_odds))
        gradient = np.float32(error * scale)
        self.squares[columns] += gradient * gradient
        steps = RATE * gradient / np.sqrt(self.squares[columns] + CAREFUL)
        self.weights[columns] = np.clip(self.weights[columns] + steps, -MOST, MOST)

    def weights_of(self, columns: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the weights of some columns, in nats.

        Parameters
        ----------
        columns : ndarray of shape (n,), int

        Returns
        -------
        ndarray of shape (n,), float64
        """
        return np.asarray(self.weights[columns], np.float64)

    def pack(self) -> bytes:
        """Return what `unpack` reads: the columns that were ever touched.

        Returns
        -------
        bytes
            Ten a column and four.
        """
        used = np.flatnonzero(self.squares)
        parts = (used.astype("<u2"), self.weights[used].astype("<f4"), self.squares[used].astype("<f4"))
        return _HEAD.pack(len(self.weights)) + b"".join(part.tobytes() for part in parts)

    @classmethod
    def unpack(cls, record: bytes | None, size: int) -> Habit:
        """Read a record; where there is none, or a damaged one, nothing was learned.

        Parameters
        ----------
        record : bytes or None
        size : int
            Columns of the block, at most 65,536.

        Returns
        -------
        Habit
        """
        habit = cls(size)
        if record is None or len(record) < _HEAD.size or (len(record) - _HEAD.size) % 10:
            return habit
        count = (len(record) - _HEAD.size) // 10
        used = np.frombuffer(record, "<u2", count, _HEAD.size)
        numbers = np.frombuffer(record, "<f4", 2 * count, _HEAD.size + 2 * count)
        sound = np.isfinite(numbers).all() and (numbers[count:] >= 0).all()
        if _HEAD.unpack_from(record)[0] != size or not sound or used.max(initial=0) >= size:
            return habit
        habit.weights[used] = np.clip(numbers[:count], -MOST, MOST)
        habit.squares[used] = numbers[count:]
        return habit

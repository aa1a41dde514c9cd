"""The reader's own deviation from the shared model, learned from what he does with his mail.

Weights on the columns of history, the most probable ones given all that became of his mail (`deviation`).
On the first part of P4, added to a shared model, mean average precision over fourteen people and what must be
read for 80 %: shared alone 0.400 and 0.128; one step a message (AdaGrad, what this did until 27 November
2026) 0.397 and 0.118; these 0.420 and 0.110. RESULTS.md of the benchmarks names what lost.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from classifier.features import BlockRows

VARIANCE = 0.8
"""By how much readers differ in a weight, in squared nats. Estimated from thirty readers, column by column
and signal by signal, it came out as the same; 0.3 is nearly as good, 2.4 worse."""

MOST = 8.0
"""No column weighs more than so many nats, whatever a damaged record says."""

_HEAD = struct.Struct("<I8sI")
_FORMER_HEAD = struct.Struct("<I")


def schema_and_size(record: bytes) -> tuple[bytes, int] | None:
    """Say of which columns a record is.

    Parameters
    ----------
    record : bytes

    Returns
    -------
    (bytes, int) or None
        Hash of the schema, and how many columns there are; None for a damaged record, or a former one, which
        does not say.
    """
    if len(record) < _HEAD.size or record[:4] != bytes(4):
        return None
    _, schema, size = _HEAD.unpack_from(record)
    return (schema, size) if size <= 1 << 16 else None


class Habit:
    """Weights on one block of columns.

    Parameters
    ----------
    size : int
        Columns of the block.

    Attributes
    ----------
    weights : ndarray of shape (size,), float32
        Nats.
    """

    def __init__(self, size: int) -> None:
        self.weights: NDArray[np.float32] = np.zeros(size, np.float32)

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

    def pack(self, schema: bytes) -> bytes:
        """Return what `unpack` reads: the columns that weigh something.

        Parameters
        ----------
        schema : bytes
            Hash of the schema, eight bytes.

        Returns
        -------
        bytes
            Six a column and sixteen.
        """
        used = np.flatnonzero(self.weights)
        head = _HEAD.pack(0, schema, len(self.weights))  # a former record began with a size
        return head + used.astype("<u2").tobytes() + self.weights[used].astype("<f4").tobytes()

    @classmethod
    def unpack(cls, record: bytes | None, size: int) -> Habit:
        """Read a record; where there is none, or a damaged one, nothing was learned.

        Parameters
        ----------
        record : bytes or None
            A former one, which held the squares of gradients as well, too.
        size : int
            Columns of the block, at most 65,536.

        Returns
        -------
        Habit
        """
        habit = cls(size)
        former = record is not None and record[:4] != bytes(4)
        head, each = (_FORMER_HEAD, 10) if former else (_HEAD, 6)
        if record is None or len(record) < head.size or (len(record) - head.size) % each:
            return habit
        count = (len(record) - head.size) // each
        used = np.frombuffer(record, "<u2", count, head.size)
        weights = np.frombuffer(record, "<f4", count, head.size + 2 * count)
        sound = np.isfinite(weights).all() and used.max(initial=0) < size
        if head.unpack_from(record)[-1] == size and sound:
            habit.weights[used] = np.clip(weights, -MOST, MOST)
        return habit

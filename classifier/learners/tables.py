"""A trained model as it runs: one number a column and question. Plain numpy, as all but the estimators is.

Whatever was fused in training (linear and Bayes learners, fusion, calibration), all of it is linear in the
columns, so it is added up beforehand into one table a question: the log-odds of a message are

    bias + sum over blocks of (sum of the table over the set columns of the block) / sqrt(their number)

and the terms of that sum are the exact explanation of the score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.features import Rows, Schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUESTIONS = ("spam", "importance")
"""Is it spam? Given that it is not, is it important? In the order of the table's second axis."""


_LARGEST = float(np.finfo(np.float16).max)


class Tables(NamedTuple):
    """Weights of both questions.

    Parameters
    ----------
    schema : Schema
    weights : ndarray of shape (n_columns, 2), float16
        Nats for a block with one set column; may be memory-mapped.
    bias : ndarray of shape (2,), float64
        Nats.
    """

    schema: Schema
    weights: NDArray[np.float16]
    bias: NDArray[np.float64]

    @classmethod
    def empty(cls, schema: Schema) -> Tables:
        """Know nothing: every score is 0, an even chance.

        Parameters
        ----------
        schema : Schema

        Returns
        -------
        Tables
        """
        return cls(schema, np.zeros((schema.n_columns, 2), np.float16), np.zeros(2))

    def score(self, rows: Rows) -> NDArray[np.float64]:
        """Score messages.

        Parameters
        ----------
        rows : Rows
            Of the same schema.

        Returns
        -------
        ndarray of shape (n_rows, 2), float64
            Natural-log odds of spam, and of important given not spam.
        """
        counts = np.concatenate([block.counts for block in rows.blocks])
        sums = self._sums(rows, counts)
        scale = np.zeros(len(counts))
        np.divide(1.0, np.sqrt(counts), out=scale, where=counts > 0)
        terms = (sums * scale[:, None]).reshape(len(rows.blocks), len(rows), 2)
        scores = np.tile(self.bias, (len(rows), 1))
        for each in terms:  # one after the other: a sum in another order would differ in its last digit
            scores += each
        return scores

    def _sums(self, rows: Rows, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Add up the tables over each row's columns, block by block; rows without any get 0.

        Sums of some thousand float16 are exact in float64, so they are the same in any order and batch. Both
        questions are fetched as one integer: fetching is what costs.
        """
        sums = np.zeros((len(counts), 2))
        filled = np.flatnonzero(counts)
        if not len(filled):
            return sums
        pairs = np.empty(sum(len(block.columns) for block in rows.blocks), np.uint32)
        at, table = 0, np.ascontiguousarray(self.weights).view("<u4").ravel()
        for place, block in zip(self.schema.blocks, rows.blocks, strict=True):
            mine = pairs[at : (at := at + len(block.columns))]
            np.take(table[place.start : place.stop], block.columns, out=mine, mode="clip")  # unchecked
        first = (np.cumsum(counts) - counts)[filled]
        sums[filled, 0] = _added(pairs << np.uint32(16), first)
        if pairs.max() > _ONE_HALF:  # many models were never asked the second question
            sums[filled, 1] = _added(pairs, first)
        return sums


def _added(halves: NDArray[np.uint32], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Add up stretches of float16 that stand in the upper halves of integers, which are used up.

    Turned into float32 by shifts, in a third of the time that a cast takes: fraction and exponent only have
    to move, but the exponent counts from another zero, which the sum makes good.
    """
    bits = halves.view(np.int32)
    bits >>= 3  # the sign fills what becomes free
    bits &= np.int32(_SIGN_EXPONENT_FRACTION)
    small = bits.view(np.float32)
    if not -_TOO_MUCH < small.min() <= small.max() < _TOO_MUCH:
        small[np.abs(small) >= _TOO_MUCH] = np.nan
    return np.add.reduceat(small, first, dtype=np.float64) * _OTHER_ZERO


_ONE_HALF = 0xFFFF
_SIGN_EXPONENT_FRACTION = -0x70002000
_OTHER_ZERO = 2.0**112
_TOO_MUCH = 65536 / _OTHER_ZERO
"""No finite float16 is as large: what seems to be is infinite, or no number."""


def as_stored(coef: NDArray[np.float64]) -> NDArray[np.float16]:
    """Round weights to what a model file holds.

    Parameters
    ----------
    coef : ndarray of shape (n_columns,)
        Nats.

    Returns
    -------
    ndarray of shape (n_columns,), float16
        What is too great becomes the greatest there is.
    """
    return np.clip(coef, -_LARGEST, _LARGEST).astype(np.float16)

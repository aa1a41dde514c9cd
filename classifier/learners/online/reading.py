"""What the sums say of a message: one number a learner and block, before they are joined."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from classifier.features import Rows, Schema
from classifier.learners.online.correction import UNIT
from classifier.learners.online.pace import Pace
from classifier.learners.online.sums import AGAINST, FOR, WEIGHT, Sums
from classifier.learners.tables import QUESTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

LINEAR, BAYES = 0, 1
"""What every column has of each question: its linear weight, and its log-odds by Bayes counts."""


class Reader:
    """Reads sums, and remembers what it made of them until they change.

    Parameters
    ----------
    schema : Schema
    sums : Sums
    paces : tuple of Pace
        One a question.
    """

    def __init__(self, schema: Schema, sums: Sums, paces: tuple[Pace, ...]) -> None:
        self.schema, self.sums, self.paces = schema, sums, paces
        self.forget()

    def forget(self) -> None:
        """Take notice that the sums have changed."""
        self._known: NDArray[np.int32] | None = None
        self._asked = 0

    def of_columns(self, columns: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return what is known of some columns.

        Parameters
        ----------
        columns : ndarray of shape (n,), int
            Counted over all blocks.

        Returns
        -------
        ndarray of shape (n, 2, 2), int32
            By question: linear weight and Bayes log-odds, in units: whole, so that sums of them are exact
            in any order.
        """
        places = self.sums.places(columns)
        self._asked += len(places)
        if self._known is None and self._asked >= len(self.sums.table):
            self._known = self._read(self.sums.table, self.sums.block)
        if self._known is not None:
            return np.take(self._known, places, axis=0)
        return self._read(np.take(self.sums.table, places, axis=0), np.take(self.sums.block, places))

    def _read(self, table: NDArray[np.int32], block: NDArray[np.uint8]) -> NDArray[np.int32]:
        known = np.zeros((len(table), len(QUESTIONS), 2), np.int32)
        for at, pace in enumerate(self.paces):
            if not self.sums.answers[at].any():
                continue
            known[:, at, LINEAR] = table[:, at, WEIGHT]
            against, positive = table[:, at, AGAINST], table[:, at, FOR]
            known[:, at, BAYES] = _log_odds(against, positive, self.sums.messages[at][block], pace)
        return known

    def parts(self, rows: Rows) -> NDArray[np.float64]:
        """Say what each learner makes of messages.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        ndarray of shape (n_rows, 2, 1 + n_blocks), float64
            By question: the linear learner's log-odds, and the squashed Bayes score of each block.
        """
        counts = np.stack([block.counts for block in rows.blocks])
        starts = [np.uint32(place.start) for place in self.schema.blocks]
        columns = np.concatenate([b.columns + start for start, b in zip(starts, rows.blocks, strict=True)])
        sums = _sums(self.of_columns(columns), counts.ravel()).reshape(*counts.shape, len(QUESTIONS), 2)
        sums *= (UNIT / np.sqrt(np.maximum(counts, 1)))[:, :, None, None]
        parts = np.zeros((len(rows), len(QUESTIONS), 1 + len(counts)))
        for of_block in sums:  # one after the other, so that the batch makes no difference
            parts[:, :, 0] += of_block[:, :, LINEAR]
        for question, pace in enumerate(self.paces):
            parts[:, question, 1:] = squash(sums[:, :, question, BAYES].T, pace)
        return parts


def squash(scores: NDArray[np.float64], pace: Pace) -> NDArray[np.float64]:
    """Take the root of a score's size over `Pace.squash`.

    Parameters
    ----------
    scores : ndarray
    pace : Pace

    Returns
    -------
    ndarray of the same shape
    """
    return np.copysign(np.sqrt(np.abs(scores) / pace.squash), scores)


def _sums(known: NDArray[np.int32], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Add up what is known of each segment's columns; segments without any get 0."""
    sums = np.zeros((len(counts), *known.shape[1:]))
    filled = np.flatnonzero(counts)
    if len(filled):
        starts = (np.cumsum(counts) - counts)[filled]
        sums[filled] = np.add.reduceat(known, starts, axis=0, dtype=np.int64)
    return sums


def _log_odds(
    against: NDArray[np.int32], positive: NDArray[np.int32], messages: NDArray[np.int64], pace: Pace
) -> NDArray[np.int32]:
    """Weigh columns by how much oftener they are set in one class than in the other; see `learners.bayes`.

    `messages` has one row a column: how many messages of either class its block has counted.
    """
    totals = np.maximum(messages, 1)
    often = positive / totals[:, 1]
    seen = against + positive
    p = often / np.maximum(often + against / totals[:, 0], 1e-300)
    half = pace.strength / 2
    odds = np.log((half + seen * p) / (half + seen * (1 - p)))
    least = math.log((0.5 + pace.deviation) / (0.5 - pace.deviation))
    odds[(np.abs(odds) < least) | (seen == 0)] = 0
    return np.rint(odds / UNIT).astype(np.int32)

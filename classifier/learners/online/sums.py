"""The sums over all learned messages: whole numbers in room for the columns that were ever set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from classifier.features import Schema
from classifier.learners.online.correction import TEACHES, Correction
from classifier.learners.tables import QUESTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHT, SPREAD, AGAINST, FOR = range(4)
"""What is summed up for each column and question: linear weight in units, squared errors that moved it in
1024ths, messages counted whose answer is no, and yes."""


class Sums:
    """Adds corrections up and takes them away again.

    Parameters
    ----------
    schema : Schema

    Attributes
    ----------
    table : ndarray of shape (n_places, 2, 4), int32
        Sums of a column by its place; place 0 is that of all columns that never taught anything.
    block : ndarray of shape (n_places,), uint8
        Block of the column in each place.
    messages : ndarray of shape (2, n_blocks, 2), int64
        Messages counted, by question, block and answer.
    answers : ndarray of shape (2, 2), int64
        Messages learned, by question and answer.
    bias : ndarray of shape (2,), int64
        In units.
    shares : ndarray of shape (2, 2 + n_blocks), int64
        Changes of the weights in the sum, in units.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._place = np.zeros(schema.n_columns, np.int32)  # no memory is taken before it is written to
        self._used = 1
        self.table = np.zeros((1, len(QUESTIONS), 4), np.int32)
        self.block = np.zeros(1, np.uint8)
        blocks = len(schema.blocks)
        self.messages = np.zeros((len(QUESTIONS), blocks, 2), np.int64)
        self.answers = np.zeros((len(QUESTIONS), 2), np.int64)
        self.bias = np.zeros(len(QUESTIONS), np.int64)
        self.shares = np.zeros((len(QUESTIONS), 2 + blocks), np.int64)

    def places(self, columns: NDArray[np.integer]) -> NDArray[np.int32]:
        """Find columns.

        Parameters
        ----------
        columns : ndarray of shape (n,), int
            Counted over all blocks.

        Returns
        -------
        ndarray of shape (n,), int32
        """
        return np.take(self._place, columns)

    def move(self, correction: Correction, way: int) -> None:
        """Add a correction or take it away.

        Parameters
        ----------
        correction : Correction
        way : {1, -1}
        """
        places = self._room(correction)
        for question, answer in enumerate(TEACHES[correction.label]):
            if answer is None:
                continue
            lesson = correction.lessons[question]
            if lesson.way:
                self.table[places, question, WEIGHT] += (way * correction.units(question)).astype(np.int32)
                self.table[places, question, SPREAD] += way * lesson.spread
            counted = lesson.counted >> np.arange(len(correction.counts)) & 1
            heard = places if counted.all() else places[counted[correction.blocks] == 1]
            self.table[heard, question, FOR if answer else AGAINST] += way
            self.messages[question, :, answer] += way * counted
            self.answers[question, answer] += way
            self.bias[question] += way * lesson.bias
            self.shares[question] += way * np.array(lesson.shares)

    def fill(self, columns: NDArray[np.uint32], table: NDArray[np.int32]) -> None:
        """Take over what was summed up elsewhere, where nothing has been yet.

        Parameters
        ----------
        columns : ndarray of shape (n,), uint32
            Distinct, counted over all blocks.
        table : ndarray of shape (n, 2, 4), int32
            Their sums.
        """
        self._used = len(columns) + 1
        self.table = np.concatenate([self.table[:1], table])
        starts = [place.start for place in self._schema.blocks]
        self.block = np.zeros(self._used, np.uint8)
        self.block[1:] = np.searchsorted(starts, columns, side="right") - 1
        self._place[columns] = np.arange(1, self._used)

    def _room(self, correction: Correction) -> NDArray[np.int32]:
        """Find the columns of a correction, making room for new ones."""
        places = self.places(correction.columns)
        new = np.flatnonzero(places == 0)
        if len(new):
            end = self._used + len(new)
            if end > len(self.table):
                self._grow(max(end, 2 * len(self.table)))
            places[new] = np.arange(self._used, end)
            self._place[correction.columns[new]] = places[new]
            self.block[self._used : end] = correction.blocks[new]
            self._used = end
        return places

    def _grow(self, size: int) -> None:
        table, block = np.zeros((size, *self.table.shape[1:]), np.int32), np.zeros(size, np.uint8)
        table[: self._used], block[: self._used] = self.table[: self._used], self.block[: self._used]
        self.table, self.block = table, block

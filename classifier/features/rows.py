"""Rows of set columns, the form that features take between messages and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.features.schema import VIEWS, Schema

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


class BlockRows(NamedTuple):
    """The set columns of one block, row after row.

    Parameters
    ----------
    columns : ndarray of shape (n_set,), uint32
        Counted from the block's first column; ascending and distinct inside each row.
    counts : ndarray of shape (n_rows,), int64
        How many of them belong to each row.
    """

    columns: NDArray[np.uint32]
    counts: NDArray[np.int64]

    @property
    def scale(self) -> NDArray[np.float64]:
        """Value of each set column of a row, shape (n_rows,): 1/sqrt(count), 0 where none is set."""
        scale = np.zeros(len(self.counts))
        np.divide(1.0, np.sqrt(self.counts), out=scale, where=self.counts > 0)
        return scale

    def take(self, chosen: NDArray[np.intp]) -> BlockRows:
        """Return some of the rows, in the order asked for.

        Parameters
        ----------
        chosen : ndarray of shape (n_chosen,), intp

        Returns
        -------
        BlockRows
        """
        counts = self.counts[chosen]
        starts = (np.cumsum(self.counts) - self.counts)[chosen]
        inside = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        return BlockRows(self.columns[np.repeat(starts, counts) + inside], counts)


class Rows:
    """A batch of messages as columns.

    Parameters
    ----------
    schema : Schema
    blocks : tuple of BlockRows
        In the order of ``schema.blocks``.
    """

    __slots__ = ("blocks", "schema")

    def __init__(self, schema: Schema, blocks: tuple[BlockRows, ...]) -> None:
        self.schema, self.blocks = schema, blocks

    def __len__(self) -> int:
        return len(self.blocks[0].counts)

    def fills(self, view: str) -> bool:
        """Tell whether any row has a column of a view.

        Parameters
        ----------
        view : str
            Member of `VIEWS`.

        Returns
        -------
        bool
        """
        return len(self.blocks[VIEWS.index(view)].columns) > 0

    def take(self, chosen: NDArray[np.intp]) -> Rows:
        """Return some of the rows, in the order asked for.

        Parameters
        ----------
        chosen : ndarray of shape (n_chosen,), intp

        Returns
        -------
        Rows
        """
        return Rows(self.schema, tuple(block.take(chosen) for block in self.blocks))

    def to_csr(self) -> csr_matrix:
        """Return the rows as a matrix, for training.

        Returns
        -------
        csr_matrix of shape (n_rows, n_columns), float32
            Each block's part of a row has Euclidean length 1, or is empty.
        """
        from scipy.sparse import csr_matrix  # training only

        counts = np.stack([block.counts for block in self.blocks], axis=1)
        ends = np.cumsum(counts.ravel()).reshape(counts.shape)
        indices = np.empty(int(counts.sum()), np.int32)
        data = np.empty(len(indices), np.float32)
        for at, (place, block) in enumerate(zip(self.schema.blocks, self.blocks, strict=True)):
            offset = np.arange(len(block.columns)) - np.repeat(
                np.cumsum(block.counts) - block.counts, block.counts
            )
            target = np.repeat(ends[:, at] - block.counts, block.counts) + offset
            indices[target] = block.columns + np.uint32(place.start)
            data[target] = np.repeat(block.scale, block.counts)
        indptr = np.concatenate([[0], ends[:, -1]])
        return csr_matrix((data, indices, indptr), shape=(len(self), self.schema.n_columns))

"""Rows as a member of a fusion sees them: some blocks of columns, louder or softer, renumbered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Rows

    Floats = NDArray[np.float64]
    Index = NDArray[np.intp]

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class View:
    """Sparse rows without the columns that no row sets.

    Parameters
    ----------
    starts : ndarray of shape (n_rows + 1,), intp
        Where each row's columns begin; the last is where they end.
    columns : ndarray of shape (n_set,), intp
        Renumbered from 0 on; as wide as numpy's own indices, which saves the solver converting them.
    values : ndarray of shape (n_set,), float32
        Volume included.
    numbers : ndarray of shape (n_columns,), intp
        What each column was called before.
    volumes : ndarray of shape (n_columns,), float64
        What its values were multiplied by.
    """

    starts: Index
    columns: Index
    values: NDArray[np.float32]
    numbers: Index
    volumes: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def n_columns(self) -> int:
        """Columns that some row sets."""
        return len(self.numbers)

    def score(self, weights: NDArray[Any], bias: float, rows: Index) -> Floats:
        """Score some rows.

        Parameters
        ----------
        weights : ndarray of shape (n_columns,)
        bias : float
        rows : ndarray of shape (k,), intp

        Returns
        -------
        ndarray of shape (k,), float64
        """
        told = np.empty(len(rows))
        for at, (start, stop) in enumerate(
            zip(self.starts[rows].tolist(), self.starts[rows + 1].tolist(), strict=True)
        ):
            told[at] = self.values[start:stop] @ weights[self.columns[start:stop]]
        return told + bias

    def count(self, positive: NDArray[np.bool_], rows: Index) -> tuple[Floats, Floats]:
        """Count in how many of some rows of each class a column is set.

        Parameters
        ----------
        positive : ndarray of shape (n_rows,), bool
        rows : ndarray of shape (k,), intp

        Returns
        -------
        counts : ndarray of shape (2, n_columns), float64
            Of the negative and of the positive rows.
        sizes : ndarray of shape (2,), float64
        """
        counts = np.empty((2, self.n_columns))
        sizes = np.empty(2)
        for side in (0, 1):
            chosen = np.zeros(len(self), bool)
            chosen[rows[positive[rows] == bool(side)]] = True
            sizes[side] = np.count_nonzero(chosen)
            inside = np.repeat(chosen, np.diff(self.starts)) & (self.values > 0)
            counts[side] = np.bincount(self.columns[inside], minlength=self.n_columns)
        return counts, sizes

    def row_sums(self, of: NDArray[np.float32]) -> Floats:
        """Add up one number a set column, row by row.

        Parameters
        ----------
        of : ndarray of shape (n_set,)

        Returns
        -------
        ndarray of shape (n_rows,), float64
        """
        sums = np.zeros(len(self))
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            sums[filled] = np.add.reduceat(of, self.starts[filled])
        return sums


def view_of_rows(rows: Rows, volumes: tuple[float, ...], *, renumber: bool = True) -> View:
    """See some blocks of rows.

    Parameters
    ----------
    rows : Rows
    volumes : tuple of float
        One a block; 0 hides it.
    renumber : bool, default True
        Whether columns that no row sets are left out; else columns keep the numbers of the schema, as
        blocks of rows must that are learned one after the other.

    Returns
    -------
    View
    """
    seen = [
        (place, block, volume)
        for place, block, volume in zip(rows.schema.blocks, rows.blocks, volumes, strict=True)
        if volume > 0
    ]
    counts = np.stack([block.counts for _, block, _ in seen], axis=1)
    ends = np.cumsum(counts.ravel()).reshape(counts.shape)
    columns = np.empty(int(counts.sum()), np.intp)
    values = np.empty(len(columns), np.float32)
    for at, (place, block, volume) in enumerate(seen):
        before = np.cumsum(block.counts) - block.counts
        target = np.repeat(ends[:, at] - block.counts - before, block.counts)
        target += np.arange(len(target))
        columns[target] = block.columns + np.intp(place.start)
        values[target] = np.repeat((block.scale * volume).astype(np.float32), block.counts)
    starts = np.concatenate([[0], ends[:, -1]])
    ranges = tuple((block.start, block.stop) for block in rows.schema.blocks)
    factors = _factors(rows.schema.n_columns, ranges, volumes)
    if not renumber:
        return View(starts, columns, values, np.arange(len(factors)), factors)
    return _renumbered(starts, columns, values, factors)


def view_of_csr(X: Any, ranges: tuple[Range, ...], volumes: tuple[float, ...]) -> View:
    """See some blocks of a matrix.

    Parameters
    ----------
    X : csr_matrix of shape (n_rows, n_columns)
    ranges : tuple of (int, int)
        Of the blocks.
    volumes : tuple of float
        One a block; 0 hides it.

    Returns
    -------
    View
    """
    factors = _factors(X.shape[1], ranges, volumes)
    seen = factors[X.indices]
    kept = seen > 0
    starts = np.concatenate([[0], np.cumsum(kept)])[X.indptr].astype(np.intp)
    values = (X.data[kept] * seen[kept]).astype(np.float32)
    return _renumbered(starts, X.indices[kept].astype(np.intp), values, factors)


def _renumbered(starts: Index, columns: Index, values: NDArray[np.float32], factors: Floats) -> View:
    """Leave out the columns that no row sets; `factors` has one for each column there was."""
    is_set = np.zeros(len(factors), bool)
    is_set[columns] = True
    numbers = np.flatnonzero(is_set)
    number = np.zeros(len(factors), np.intp)
    number[numbers] = np.arange(len(numbers))
    return View(starts, number[columns], values, numbers, factors[numbers])


def _factors(n_columns: int, ranges: tuple[Range, ...], volumes: tuple[float, ...]) -> Floats:
    """Return what each column is multiplied by."""
    factors = np.zeros(n_columns)
    for (start, stop), volume in zip(ranges, volumes, strict=True):
        factors[start:stop] = volume
    return factors

"""Near-duplicates among rows: mail of one mould must not be learned and judged at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from classifier.features import BlockRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Rows

BANDS, MINIMA = 8, 6
"""Two rows are twins where all six minima of one of eight bands agree: with probability 0.998 where they
share nine tenths of their columns, 0.91 at eight tenths, 0.12 at half."""

FEWEST = 12
"""A row of fewer columns has too little in it to be a copy of another."""

_ROUNDS = (np.uint32(0x85EBCA6B), np.uint32(15), np.uint32(13))


def twins_of(rows: Rows) -> NDArray[np.intp]:
    """Give near-duplicates the same number, by their bodies; by their headers where no bodies are read.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    ndarray of shape (n_rows,), int
        As `twins` returns it.
    """
    return twins(viewed(rows))


def viewed(rows: Rows) -> BlockRows:
    """Return what rows are compared by: their bodies, or headers; nothing where neither is read.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    BlockRows
    """
    names = [block.name for block in rows.schema.blocks]
    view = next((name for name in ("body", "header") if name in rows.schema.views), None)
    if view is None:
        return BlockRows(np.zeros(0, np.uint32), np.zeros(len(rows), np.int64))
    return rows.blocks[names.index(view)]


def twins(block: BlockRows, seed: int = 0) -> NDArray[np.intp]:
    """Give rows that are nearly the same the same number.

    Parameters
    ----------
    block : BlockRows
        Such as the words and pairs of bodies.
    seed : int, default 0

    Returns
    -------
    ndarray of shape (n_rows,), int
        The number of the first row of its kind; likeness is handed on from one to the next.

    Source
    ------
    Broder 1997, "On the resemblance and containment of documents" (minima of hashes estimate the share of
    common members); bands as in Leskovec, Rajaraman and Ullman, "Mining of massive datasets", 3.4.
    """
    return joined(signatures(block, seed))


def signatures(block: BlockRows, seed: int = 0) -> NDArray[np.uint64]:
    """Make the numbers in which twins agree.

    Parameters
    ----------
    block : BlockRows
    seed : int, default 0

    Returns
    -------
    ndarray of shape (n_rows, BANDS), uint64
        0 where a row has too little in it.
    """
    told = np.zeros((len(block.counts), BANDS), np.uint64)
    rows = np.flatnonzero(block.counts >= FEWEST)
    if not len(rows):
        return told
    filled = np.flatnonzero(block.counts)
    starts = (np.cumsum(block.counts) - block.counts)[filled]
    long = np.searchsorted(filled, rows)
    random = np.random.default_rng(seed)
    for band in range(BANDS):
        for _ in range(MINIMA):
            minima = np.minimum.reduceat(_scattered(block.columns, random), starts)[long]
            told[rows, band] = told[rows, band] * np.uint64(0x9E3779B97F4A7C15) + minima
    return told


def joined(told: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Give rows the same number that agree in a band.

    Parameters
    ----------
    told : ndarray of shape (n_rows, BANDS), uint64
        As `signatures` makes them; of many blocks, one below the other.

    Returns
    -------
    ndarray of shape (n_rows,), int
        As `twins` returns it.
    """
    first = np.arange(len(told))
    rows = np.flatnonzero(told.any(axis=1))
    for band in range(told.shape[1]):
        order = rows[np.argsort(told[rows, band], kind="stable")]
        same = np.flatnonzero(np.diff(told[order, band].view(np.int64)) == 0)
        one, other = order[same], order[same + 1]
        apart = first[one] != first[other]  # most were joined by an earlier band
        for low, high in zip(one[apart].tolist(), other[apart].tolist(), strict=True):
            _join(first, low, high)
        while not np.array_equal(further := first[first], first):
            first = further
    return first


def _scattered(columns: NDArray[np.uint32], random: np.random.Generator) -> NDArray[np.uint32]:
    """Give every column another number, as by a random permutation."""
    factor, shift = random.integers(1 << 31, size=2).astype(np.uint32)
    multiply, high, low = _ROUNDS
    mixed: NDArray[np.uint32] = columns * (factor * np.uint32(2) + np.uint32(1)) + shift
    mixed ^= mixed >> high
    mixed *= multiply
    mixed ^= mixed >> low
    return mixed


def _root(first: NDArray[np.intp], at: int) -> int:
    """Follow a row to the first of its kind, and shorten the way for the next one."""
    while first[at] != at:
        first[at] = first[first[at]]
        at = int(first[at])
    return at


def _join(first: NDArray[np.intp], one: int, other: int) -> None:
    low, high = sorted((_root(first, one), _root(first, other)))
    first[high] = low

"""Which few messages stand best for all that are not understood yet."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Weights = NDArray[np.float64]


def similarities(columns: Sequence[NDArray[np.uint32]], width: int) -> NDArray[np.float32]:
    """Tell how much of what is rare in a message others share with it.

    Parameters
    ----------
    columns : sequence of ndarray of uint32
        The set columns of each message, ascending and distinct.
    width : int
        Columns in all.

    Returns
    -------
    ndarray of shape (n_messages, n_messages), float32
        Cosines of the messages as vectors of inverse document frequencies, 0 to 1; a message is like itself
        (1) even where nothing is set.

    Source
    ------
    Sparck Jones 1972, "A statistical interpretation of term specificity".
    """
    rows = _weighted(columns, width)
    alike = np.asarray((rows @ rows.T).todense(), dtype=np.float32)
    np.fill_diagonal(alike, 1.0)
    return np.clip(alike, 0.0, 1.0, out=alike)


def choose(
    alike: NDArray[np.float32],
    worth: Weights,
    count: int,
    known: Sequence[int] = (),
    ripe: Weights | None = None,
) -> list[int]:
    """Choose messages so that every message is like one of them, those of more worth more so.

    Greedy: the next one is always that which adds most; sums of maxima have diminishing returns, so a gain
    computed before is a bound and most need not be computed again.

    Parameters
    ----------
    alike : ndarray of shape (n_messages, n_messages), float32
        Similarities, 0 to 1.
    worth : ndarray of shape (n_messages,)
        Of each as something to be stood for; not negative.
    count : int
        How many to choose.
    known : sequence of int
        Messages whose labels are known: never chosen, and what is like them is stood for already.
    ripe : ndarray of shape (n_messages,), optional
        Of each as a choice, between 0 and 1: factors of the gain. By default all 1.

    Returns
    -------
    list of int
        In the order of the choice; fewer where there are no more.

    Source
    ------
    Wei, Iyer and Bilmes 2015, "Submodularity in data subset selection and active learning" (facility
    location); Minoux 1978 (the lazy evaluation).
    """
    best = alike[list(known)].max(axis=0) if len(known) else np.zeros(len(alike), np.float32)
    factor = np.ones(len(alike)) if ripe is None else ripe

    def gain(at: int) -> float:
        return float(np.maximum(alike[at] - best, 0) @ worth) * float(factor[at])

    taken = set(known)
    waiting = [(-gain(at), at) for at in range(len(alike)) if at not in taken]
    heapq.heapify(waiting)
    chosen: list[int] = []
    while waiting and len(chosen) < count:
        _, at = heapq.heappop(waiting)
        now = gain(at)
        if waiting and now < -waiting[0][0]:
            heapq.heappush(waiting, (-now, at))
            continue
        chosen.append(at)
        best = np.maximum(best, alike[at])
    return chosen


def crowding(alike: NDArray[np.float32], near: float) -> Weights:
    """Count how many messages lie near each, itself included.

    Parameters
    ----------
    alike : ndarray of shape (n_messages, n_messages), float32
    near : float
        From this similarity on.

    Returns
    -------
    ndarray of shape (n_messages,), float64
    """
    crowds: Weights = (alike >= near).sum(axis=1).astype(np.float64)
    return crowds


def _weighted(columns: Sequence[NDArray[np.uint32]], width: int) -> csr_matrix:
    """Lay messages out as unit vectors of inverse document frequencies."""
    from scipy.sparse import csr_matrix

    indices = np.concatenate([*columns, np.zeros(0, np.uint32)]).astype(np.int32)
    counts = np.array([len(each) for each in columns], np.int64)
    rarity = np.log((len(columns) + 1) / (np.bincount(indices, minlength=width) + 1))
    data = rarity[indices].astype(np.float32)
    row = np.repeat(np.arange(len(columns)), counts)
    lengths = np.sqrt(np.bincount(row, data.astype(np.float64) ** 2, minlength=len(columns)))
    data /= np.maximum(lengths, 1e-12)[row].astype(np.float32)
    return csr_matrix((data, indices, np.concatenate([[0], np.cumsum(counts)])), (len(columns), width))

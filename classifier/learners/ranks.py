"""How well scores rank one class before the other; plain numpy, ties counted as chance would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def area_above(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return 1 - AUC: how often a negative outranks a positive.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    positive : ndarray of shape (n,), bool
        Of both kinds there is at least one.

    Returns
    -------
    float
        Between 0 and 1; a tie counts one half.

    Source
    ------
    Mann and Whitney 1947, "On a test of whether one of two random variables is stochastically larger than
    the other".
    """
    negatives = np.sort(scores[~positive])
    mine = scores[positive]
    above = len(negatives) - np.searchsorted(negatives, mine, "right")
    level = np.searchsorted(negatives, mine, "right") - np.searchsorted(negatives, mine, "left")
    return float((above.sum() + 0.5 * level.sum()) / (len(negatives) * len(mine)))


def average_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the mean of the precisions at each positive, best first; ties are taken together.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    positive : ndarray of shape (n,), bool
        At least one is.

    Returns
    -------
    float
    """
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(positive[order])
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # where a run of ties ends
    gained = np.diff(found[ends], prepend=0)
    return float((gained * found[ends] / (ends + 1)).sum() / found[-1])

"""How the classes differ in a column: what the linear learner scales by, and what Bayes weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FLOOR = 0.1
"""Contrast of a column that both classes set equally often: little, so that it is not lost."""


def contrasts(counts: Floats, rows: Floats, power: float, strength: float) -> Floats:
    """Return how far the log-ratio of a column's rates in two classes lies from nothing.

    Parameters
    ----------
    counts : ndarray of shape (2, n_columns)
        Rows of each class that set a column.
    rows : ndarray of shape (2,)
        Rows of each class.
    power : float
        At 0 all columns count the same.
    strength : float
        Rows of each class put in beforehand.

    Returns
    -------
    ndarray of shape (n_columns,)

    Source
    ------
    Wang and Manning 2012, "Baselines and bigrams: simple, good sentiment and topic classification"; here
    without the sign, and centred on the classes' sizes.
    """
    if not power:
        return np.ones(counts.shape[1])
    share = (rows + 1) / (rows.sum() + 2)  # a class not seen yet is no surprise
    smooth = counts + 2 * strength * share[:, None]
    ratio = np.log(smooth[1] / smooth[0]) - np.log(share[1] / share[0])
    scale: Floats = (np.abs(ratio) + FLOOR) ** power
    return scale


def robinson(counts: Floats, rows: Floats, strength: float, min_deviation: float) -> Floats:
    """Return the log-odds of each column after Robinson, neutral columns left out.

    Parameters
    ----------
    counts, rows
        As for `contrasts`.
    strength, min_deviation : float
        See `BayesLearner`.

    Returns
    -------
    ndarray of shape (n_columns,)

    Source
    ------
    Robinson 2003, "A statistical approach to the spam problem", Linux Journal 107.
    """
    fractions = counts / np.maximum(rows, 1)[:, None]
    seen = counts.sum(axis=0)
    p = np.full(len(seen), 0.5)
    total = fractions.sum(axis=0)
    np.divide(fractions[1], total, out=p, where=total > 0)
    f = (strength * 0.5 + seen * p) / (strength + seen)
    weights: Floats = np.where(np.abs(f - 0.5) < min_deviation, 0.0, np.log(f / (1 - f)))
    return weights

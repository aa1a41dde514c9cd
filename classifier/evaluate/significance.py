"""Tests of whether two models differ by more than chance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.intervals import AT_ONCE, Units
from classifier.evaluate.ranking import Floats

FLIPS = 10_000
"""Random flips of the sign test by units."""


def delong(positive: NDArray[np.bool_], ours: Floats, theirs: Floats, units: Units) -> float:
    """Test whether two areas under the ROC curve differ.

    Parameters
    ----------
    positive : ndarray of shape (n_messages,), bool
        Both kinds present.
    ours, theirs : ndarray of shape (n_messages,)
        Scores of the same messages.
    units : ndarray of shape (n_messages,), intp
        Messages of one unit are not independent.

    Returns
    -------
    float
        Two-sided p-value; nan where the mail is too little to tell a spread.

    Source
    ------
    DeLong, DeLong and Clarke-Pearson 1988; where units have several messages: Obuchowski 1997,
    "Nonparametric analysis of clustered ROC curve data".
    """
    kinds = positive, ~positive
    mine, other = (_placements(positive, each) for each in (ours, theirs))
    difference = [a - b for a, b in zip(mine, other, strict=True)]
    area = float(difference[0].mean())
    n_units = int(units.max()) + 1
    sums = [
        np.bincount(units[kind], each - area, minlength=n_units) / len(each)
        for kind, each in zip(kinds, difference, strict=True)
    ]
    present = [len(np.unique(units[kind])) for kind in kinds]
    if min(present) < 2:
        return math.nan
    variance = sum(n / (n - 1) * float(each @ each) for n, each in zip(present, sums, strict=True))
    all_units = len(np.unique(units))
    variance += 2 * all_units / (all_units - 1) * float(sums[0] @ sums[1])
    if variance <= 0:
        return 1.0 if area == 0 else math.nan
    return math.erfc(abs(area) / math.sqrt(2 * variance))


def _placements(positive: NDArray[np.bool_], scores: Floats) -> tuple[Floats, Floats]:
    """Of each positive the part of negatives below it, of each negative the part of positives above it."""
    up, down = np.sort(scores[~positive]), np.sort(scores[positive])
    below = [np.searchsorted(up, scores[positive], side) for side in ("left", "right")]
    above = [len(down) - np.searchsorted(down, scores[~positive], side) for side in ("left", "right")]
    return (below[0] + below[1]) / (2 * len(up)), (above[0] + above[1]) / (2 * len(down))


def mcnemar(only_ours: int, only_theirs: int) -> float:
    """Test whether two models disagree with the truth equally often.

    Parameters
    ----------
    only_ours, only_theirs : int
        Messages that only one of them labels right.

    Returns
    -------
    float
        Two-sided exact p-value.

    Source
    ------
    McNemar 1947; exact: the sign test of Dixon and Mood 1946.
    """
    from scipy.stats import binomtest  # for evaluation only

    n = only_ours + only_theirs
    return float(binomtest(only_ours, n).pvalue) if n else 1.0


def sign_flips(gains: Floats, seed: int = 0, flips: int = FLIPS) -> float:
    """Test whether gains of units are as often losses.

    Parameters
    ----------
    gains : ndarray of shape (n_units,)
        Messages that one model labels right more than the other.
    seed : int, default 0
    flips : int

    Returns
    -------
    float
        Two-sided p-value: how often random signs give as great a sum.

    Source
    ------
    Fisher 1935 (randomisation test).
    """
    if not len(gains):
        return 1.0
    rng = np.random.default_rng(seed)
    sums: list[Floats] = []
    some = max(1, AT_ONCE // len(gains))
    for begin in range(0, flips, some):
        signs = rng.integers(0, 2, (min(some, flips - begin), len(gains))) * 2 - 1
        sums.append(signs @ gains)
    great = np.abs(np.concatenate(sums)) >= abs(float(gains.sum())) - 1e-9
    return float((great.sum() + 1) / (flips + 1))

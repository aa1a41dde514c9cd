"""A ranking: how many messages of either kind stand at each score. All figures are functions of it.

Counting by score makes ties harmless (no figure depends on the order in which the mail was read) and the
bootstrap cheap: the scores are sorted once, a resample only changes the counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

HEAD, HEAD_SHARE = 100, 0.03
"""How many negatives, and what part of them, stand apart in `Ranking.runs`: six times what is looked at."""


@dataclass(frozen=True)
class Ranking:
    """Messages counted by score, the highest first.

    Parameters
    ----------
    log_odds : ndarray of shape (n_levels,), float64
        Distinct scores, descending, in nats.
    positives, negatives : ndarray of shape (..., n_levels), float64
        Messages of either kind at each score. Leading axes are resamples: figures of such a ranking have
        their shape.
    """

    log_odds: Floats
    positives: Floats
    negatives: Floats

    @cached_property
    def hits(self) -> Floats:
        """Positives from the top down to each score, shape (..., n_levels + 1), beginning with 0."""
        return climb(self.positives)

    @cached_property
    def false_alarms(self) -> Floats:
        """Negatives from the top down to each score, shape (..., n_levels + 1), beginning with 0."""
        return climb(self.negatives)

    @property
    def n_positive(self) -> Any:
        """Positives in all, shape (...)."""
        return self.hits[..., -1]

    @property
    def n_negative(self) -> Any:
        """Negatives in all, shape (...)."""
        return self.false_alarms[..., -1]

    @property
    def probabilities(self) -> Floats:
        """What the scores mean where they are calibrated, shape (n_levels,)."""
        return probabilities(self.log_odds)

    def roc(self) -> tuple[Floats, Floats]:
        """Return the corners of the ROC curve.

        Returns
        -------
        false, true : ndarray of shape (..., n_levels + 1)
            False and true positive rates from (0, 0) to (1, 1); nan where a kind is absent.
        """
        with np.errstate(invalid="ignore"):
            false = self.false_alarms / np.expand_dims(self.n_negative, -1)
            true = self.hits / np.expand_dims(self.n_positive, -1)
        return false, true

    def runs(self) -> NDArray[np.intp]:
        """Find the levels between which nothing depends on the order.

        Neighbouring levels that hold only positives, or only negatives, may be counted as one: no figure of
        the order changes, neither here nor on a resample. Only among the first negatives single ones stay
        apart, for `missed_at` draws a line between them.

        Returns
        -------
        ndarray of shape (n_runs,), intp
            First level of each run.
        """
        kind = np.where(self.negatives == 0, 1, np.where(self.positives == 0, 0, 2))
        apart = self.false_alarms[:-1] <= max(HEAD, HEAD_SHARE * self.n_negative)
        joined = (kind[1:] == kind[:-1]) & ((kind[1:] == 1) | (kind[1:] == 0) & ~apart[1:])
        return np.flatnonzero(~np.concatenate([[False], joined]))


def probabilities(log_odds: Floats) -> Floats:
    """Return the probabilities that natural-log odds stand for.

    Parameters
    ----------
    log_odds : ndarray
        In nats; any size.

    Returns
    -------
    ndarray
        Of the same shape.
    """
    return 0.5 * (1 + np.tanh(0.5 * log_odds))


def rank(positive: ArrayLike, scores: ArrayLike) -> Ranking:
    """Count messages by score.

    Parameters
    ----------
    positive : array of shape (n_messages,), bool
    scores : array of shape (n_messages,)
        Finite; higher means positive.

    Returns
    -------
    Ranking

    Raises
    ------
    ValueError
        If the lengths differ, or a score is not finite.
    """
    kinds, levels = np.asarray(positive, bool), np.asarray(scores, float)
    if kinds.shape != levels.shape or kinds.ndim != 1:
        raise ValueError(f"{kinds.shape} labels for {levels.shape} scores")
    if not np.isfinite(levels).all():
        raise ValueError("a score is not finite")
    distinct, at = np.unique(-levels, return_inverse=True)
    counts = [np.bincount(at[kinds == kind], minlength=len(distinct)) for kind in (True, False)]
    return Ranking(-distinct, counts[0].astype(float), counts[1].astype(float))


def climb(counts: Floats) -> Floats:
    """Add counts up from the top, beginning with nothing.

    Parameters
    ----------
    counts : ndarray of shape (..., n)

    Returns
    -------
    ndarray of shape (..., n + 1)
    """
    sums = np.zeros((*counts.shape[:-1], counts.shape[-1] + 1))
    np.cumsum(counts, axis=-1, out=sums[..., 1:])
    return sums

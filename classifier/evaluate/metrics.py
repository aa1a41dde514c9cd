"""The figures of the field, in plain numpy: how well scores rank and what probabilities are worth.

The TREC Spam Track measured filters by hm% and sm% (ham and spam misclassified), lam% (their logistic
average), 1-ROCA% (the area above the ROC curve) and h=.1% (spam missed where 0.1 % of the ham is lost).
Source: Cormack and Lynam 2005, "TREC 2005 Spam Track overview", section 3; Cormack 2008, "Email spam
filtering: a systematic review", section 5.

All functions of a `Ranking` work on many resamples at once, and give nan where a kind is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.ranking import Floats, Ranking, climb

BINS = 15
"""Bins of probability, of equal width: as many as Guo et al. 2017 used."""


def roca_error(ranking: Ranking) -> Any:
    """Return 1-ROCA%: in how many of 100 pairs of a positive and a negative the order is wrong.

    Parameters
    ----------
    ranking : Ranking

    Returns
    -------
    float or ndarray of shape (...)
        Ties count half.

    Source
    ------
    Cormack and Lynam 2005; the area as a probability: Hanley and McNeil 1982.
    """
    above = ranking.false_alarms
    wrong = (ranking.positives * (above[..., :-1] + above[..., 1:])).sum(axis=-1) / 2
    return 100 * _share(wrong, ranking.n_positive * ranking.n_negative)


def missed_at(ranking: Ranking, lost: float) -> Any:
    """Return the percentage of positives missed where a given part of the negatives is lost: h=.1%.

    Parameters
    ----------
    ranking : Ranking
    lost : float
        Percentage of negatives, such as 0.1.

    Returns
    -------
    float or ndarray of shape (...)
        Linear between the best points of the ROC curve.
    """
    false, true = ranking.roc()
    left = np.maximum((false <= lost / 100).sum(axis=-1, keepdims=True) - 1, 0)
    step = np.minimum(left + 1, false.shape[-1] - 1)
    right = np.maximum((false <= np.take_along_axis(false, step, -1)).sum(axis=-1, keepdims=True) - 1, 0)
    (x0, x1), (y0, y1) = (
        [np.take_along_axis(axis, at, -1)[..., 0] for at in (left, right)] for axis in (false, true)
    )
    with np.errstate(invalid="ignore"):
        part = np.where(x1 > x0, (lost / 100 - x0) / np.where(x1 > x0, x1 - x0, 1), 0.0)
    both = (ranking.n_positive > 0) & (ranking.n_negative > 0)
    return np.where(both, 100 * (1 - (y0 + part * (y1 - y0))), np.nan)[()]


def average_precision(ranking: Ranking) -> Any:
    """Return the precision at each positive, averaged.

    Parameters
    ----------
    ranking : Ranking

    Returns
    -------
    float or ndarray of shape (...)
        Where scores tie, the expectation over all orders of the tied.

    Source
    ------
    McSherry and Najork 2008, "Computing information retrieval performance measures efficiently in the
    presence of tied scores", section 3.
    """
    tied = ranking.positives + ranking.negatives
    seen, hits = ranking.hits + ranking.false_alarms, ranking.hits[..., :-1]
    # Of m tied with p positives after n read with h hits, place i holds a positive with chance p/m, and then
    # (i - 1) * (p - 1)/(m - 1) of those before it are expected to be positive. Summed over i in closed form:
    others = np.where(tied > 1, (ranking.positives - 1) / np.where(tied > 1, tied - 1, 1), 0.0)
    harmonic = _harmonic(int(seen.max(initial=0)))[seen.astype(np.intp)]
    inverse = harmonic[..., 1:] - harmonic[..., :-1]
    inside = others * tied + (hits + 1 - others * (seen[..., :-1] + 1)) * inverse
    sums = (_share(ranking.positives, tied, 0.0) * inside).sum(axis=-1)
    return _share(sums, ranking.n_positive)


def read_for(ranking: Ranking, share: float) -> Any:
    """Return the fraction of all messages, best first, to be read to see a share of the positives.

    Parameters
    ----------
    ranking : Ranking
    share : float
        Such as 0.95.

    Returns
    -------
    float or ndarray of shape (...)
        Where scores tie, the expectation over all orders of the tied.
    """
    tied = ranking.positives + ranking.negatives
    hits, seen = ranking.hits, ranking.hits + ranking.false_alarms
    wanted = np.expand_dims(np.ceil(share * ranking.n_positive), -1)
    level = np.minimum((hits[..., 1:] < wanted).sum(axis=-1, keepdims=True), tied.shape[-1] - 1)
    before, read = np.take_along_axis(hits, level, -1), np.take_along_axis(seen, level, -1)
    here, all_here = (np.take_along_axis(counts, level, -1) for counts in (ranking.positives, tied))
    # The j-th of p positives among m in random order stands at j * (m + 1)/(p + 1) on average.
    place = (read + (wanted - before) * (all_here + 1) / (here + 1))[..., 0]
    return np.where(ranking.n_positive > 0, _share(place, seen[..., -1]), np.nan)[()]


FIGURES: dict[str, Callable[[Ranking], Any]] = {
    "1-ROCA%": roca_error,
    "missed_at_0.1": partial(missed_at, lost=0.1),
    "missed_at_0.5": partial(missed_at, lost=0.5),
    "average_precision": average_precision,
    "read_for_80": partial(read_for, share=0.8),
    "read_for_95": partial(read_for, share=0.95),
    "read_for_99": partial(read_for, share=0.99),
}
"""What is computed of every order of messages, by the names that machines read."""


def brier(ranking: Ranking) -> Any:
    """Return the mean squared error of the probabilities.

    Parameters
    ----------
    ranking : Ranking

    Returns
    -------
    float or ndarray of shape (...)

    Source
    ------
    Brier 1950.
    """
    p = ranking.probabilities
    squares = (ranking.positives * (1 - p) ** 2 + ranking.negatives * p**2).sum(axis=-1)
    return _share(squares, ranking.n_positive + ranking.n_negative)


@dataclass(frozen=True, slots=True)
class Reliability:
    """What was promised and what came true, by bins of promised probability, of equal width.

    Parameters
    ----------
    messages : ndarray of shape (..., n_bins)
    promised : ndarray of shape (..., n_bins)
        Sum of the probabilities in the bin: the positives that were promised.
    came_true : ndarray of shape (..., n_bins)
        Positives in the bin.
    """

    messages: Floats
    promised: Floats
    came_true: Floats

    @property
    def edges(self) -> Floats:
        """Probabilities between which the bins lie, shape (n_bins + 1,)."""
        return np.linspace(0, 1, self.messages.shape[-1] + 1)

    @property
    def mean_promised(self) -> Any:
        """Mean probability in each bin, shape (..., n_bins); nan where it is empty."""
        return _share(self.promised, self.messages)

    @property
    def share_true(self) -> Any:
        """Fraction of positives in each bin, shape (..., n_bins); nan where it is empty."""
        return _share(self.came_true, self.messages)


def reliability(ranking: Ranking, bins: int = BINS) -> Reliability:
    """Compare promises with what came true.

    Parameters
    ----------
    ranking : Ranking
    bins : int, default 15

    Returns
    -------
    Reliability
    """
    p = ranking.probabilities
    member = (bin_of(p, bins)[:, None] == np.arange(bins)).astype(float)
    tied = ranking.positives + ranking.negatives
    return Reliability(tied @ member, (tied * p) @ member, ranking.positives @ member)


def bin_of(p: Floats, bins: int = BINS) -> NDArray[np.intp]:
    """Find the bin of probabilities.

    Parameters
    ----------
    p : ndarray
        Between 0 and 1.
    bins : int, default 15

    Returns
    -------
    ndarray of intp
        Of the same shape; 1 falls into the last.
    """
    return np.minimum((p * bins).astype(np.intp), bins - 1)


def calibration_error(table: Reliability) -> Any:
    """Return the expected calibration error: by how much a promised probability is off, on average.

    Parameters
    ----------
    table : Reliability

    Returns
    -------
    float or ndarray of shape (...)

    Source
    ------
    Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning";
    here of the positive class's probability.
    """
    off = np.abs(table.promised - table.came_true).sum(axis=-1)
    return _share(off, table.messages.sum(axis=-1))


def logistic_average(ham_lost: Any, hams: Any, spam_missed: Any, spams: Any) -> Any:
    """Return lam%: the mean of two error rates on the scale of log-odds.

    Parameters
    ----------
    ham_lost, hams, spam_missed, spams : float or ndarray
        Counts.

    Returns
    -------
    float or ndarray
        Percentage; nan where there is no ham or no spam. Half a message is added to each count and one to
        each total, so that a rate of 0 keeps its distance from -infinity.

    Source
    ------
    Cormack and Lynam 2005; the half message: Anscombe 1956.
    """
    rates = [(np.asarray(k) + 0.5) / (np.asarray(n) + 1) for k, n in ((ham_lost, hams), (spam_missed, spams))]
    middle = sum(np.log(rate / (1 - rate)) for rate in rates) / 2
    known = (np.asarray(hams) > 0) & (np.asarray(spams) > 0)
    return np.where(known, 100 / (1 + np.exp(-middle)), np.nan)[()]


def _share(part: Any, whole: Any, empty: float = np.nan) -> Any:
    """Divide; nothing of nothing is `empty`."""
    whole = np.asarray(whole, float)
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), empty)[()]


def _harmonic(n: int) -> NDArray[np.float64]:
    """Return 0, 1, 1 + 1/2, ... up to the n-th sum."""
    return climb(1 / np.arange(1, n + 1))

"""How far a figure may be from the truth, given that only so many messages were seen.

Messages that belong together (of one sender, of one episode on one host) are one piece of evidence, not
many: they form a *unit*, and units are drawn, not messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.budget.binomial import clopper_pearson
from classifier.evaluate.ranking import Floats, Ranking, rank

Units = NDArray[np.intp]

AT_ONCE = 1 << 22
"""Numbers in the arrays of one batch of resamples: 32 MB each."""


class Resampler:
    """Counts a ranking anew for resamples of its messages; the scores are sorted once.

    Parameters
    ----------
    positive : ndarray of shape (n_messages,), bool
    scores : ndarray of shape (n_messages,)
    units : ndarray of shape (n_messages,), intp
        The unit of each message.
    """

    def __init__(self, positive: NDArray[np.bool_], scores: Floats, units: Units) -> None:
        from scipy.sparse import csr_matrix  # for evaluation only

        ranking = rank(positive, scores)
        self._log_odds = ranking.log_odds[ranking.runs()]
        level = np.searchsorted(-self._log_odds, -scores, side="right") - 1
        shape = (len(self._log_odds), int(units.max()) + 1)
        self._messages, self._positives = (
            csr_matrix((kind, (level, units)), shape)
            for kind in (np.ones(len(level)), positive.astype(float))
        )

    def __call__(self, counts: Floats) -> Ranking:
        """Count.

        Parameters
        ----------
        counts : ndarray of shape (n_resamples, n_units)
            How often each unit was drawn.

        Returns
        -------
        Ranking
            With one leading axis; its levels are runs, see `Ranking.runs`.
        """
        drawn = np.ascontiguousarray(counts[:, : self._messages.shape[1]].T)
        messages, positives = (
            np.ascontiguousarray((kind @ drawn).T) for kind in (self._messages, self._positives)
        )
        return Ranking(self._log_odds, positives, messages - positives)


def as_units(labels: Any, n: int) -> tuple[Units, int]:
    """Give units numbers from 0.

    Parameters
    ----------
    labels : array of shape (n,), or None
        Anything that can be told apart; None makes every message its own unit.
    n : int
        Messages.

    Returns
    -------
    units : ndarray of shape (n,), intp
    n_units : int
    """
    if labels is None:
        return np.arange(n), n
    distinct, units = np.unique(np.asarray(labels), return_inverse=True)
    return units.astype(np.intp), len(distinct)


def resamples(n_units: int, times: int, seed: int, width: int) -> Iterator[Floats]:
    """Draw units with replacement, as many as there are.

    Parameters
    ----------
    n_units : int
    times : int
        Resamples in all.
    seed : int
    width : int
        The longest array made of one resample; decides how many come at once.

    Yields
    ------
    ndarray of shape (n_some, n_units)
        How often each unit was drawn.
    """
    rng = np.random.default_rng(seed)
    some = max(1, AT_ONCE // max(width, n_units, 1))
    for begin in range(0, times, some):
        batch = min(some, times - begin)
        counts = np.empty((batch, n_units))
        for row in counts:
            row[:] = np.bincount(rng.integers(0, n_units, n_units), minlength=n_units)
        yield counts


def bootstrap(
    figures: Callable[[Floats], Mapping[str, Any]],
    n_units: int,
    *,
    times: int = 1000,
    seed: int = 0,
    width: int = 0,
) -> dict[str, Floats]:
    """Compute figures on resamples of units.

    Parameters
    ----------
    figures : callable
        Counts of shape (n_some, n_units) to named arrays of shape (n_some,).
    n_units : int
    times : int, default 1000
    seed : int, default 0
        With it the result is the same.
    width : int
        The longest array made of one resample.

    Returns
    -------
    dict of str to ndarray of shape (times,)
        nan where a resample lacked a kind.

    Source
    ------
    Efron 1979; of units instead of messages: Field and Welsh 2007, "Bootstrapping clustered data".
    """
    parts: dict[str, list[Floats]] = {}
    for counts in resamples(n_units, times, seed, width):
        for name, values in figures(counts).items():
            parts.setdefault(name, []).append(np.asarray(values, float))
    return {name: np.concatenate(values) for name, values in parts.items()}


def percentiles(values: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """Cut off the same part of the resamples on both sides.

    Parameters
    ----------
    values : ndarray of shape (n_resamples,)
        nan is left out.
    confidence : float, default 0.95

    Returns
    -------
    low, high : float
        nan where fewer than half of the resamples have a value.
    """
    known = values[np.isfinite(values)]
    if 2 * len(known) < len(values) or not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def rate_interval(
    hits: NDArray[np.bool_], units: Units, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return a rate with its exact interval, in percent.

    Parameters
    ----------
    hits : ndarray of shape (n_messages,), bool
    units : ndarray of shape (n_messages,), intp
        Messages of one unit are counted for as many as they are worth: the interval is that of the
        effective number of messages.
    confidence : float, default 0.95

    Returns
    -------
    rate, low, high : float
        nan and the whole range where there is no message.

    Source
    ------
    Clopper and Pearson 1934; effective number: Korn and Graubard 1998, "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data".
    """
    n = len(hits)
    if not n:
        return np.nan, 0.0, 100.0
    rate = float(hits.mean())
    worth = _effective_number(hits, units, rate)
    low, high = clopper_pearson(rate * worth, worth, confidence)
    return 100 * rate, 100 * low, 100 * high


def _effective_number(hits: NDArray[np.bool_], units: Units, rate: float) -> float:
    """How many independent messages would leave as much doubt about the rate."""
    n = len(hits)
    _, unit = np.unique(units, return_inverse=True)
    sizes = np.bincount(unit).astype(float)
    if len(sizes) == n:
        return float(n)
    if len(sizes) == 1 or rate in {0.0, 1.0}:  # no spread to go by: a unit is worth one message
        return float(len(sizes))
    off = np.bincount(unit, hits) - rate * sizes
    variance = float(off @ off) * len(sizes) / (len(sizes) - 1) / n**2
    return min(float(n), max(1.0, rate * (1 - rate) / variance)) if variance else float(n)

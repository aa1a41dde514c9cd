"""Calibration: scores to log-odds that mean what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 100
_RIDGE = 1e-9


def log_loss(log_odds: Floats, targets: Floats) -> float:
    """Mean cross-entropy, in nats.

    Parameters
    ----------
    log_odds : ndarray of shape (n,)
    targets : ndarray of shape (n,)
        Probabilities of the positive class.

    Returns
    -------
    float
    """
    return float(np.mean(np.logaddexp(0, log_odds) - targets * log_odds))


def soft_targets(positive: NDArray[np.bool_]) -> Floats:
    """Replace certainty by what so many examples can justify.

    Parameters
    ----------
    positive : ndarray of shape (n,), bool

    Returns
    -------
    ndarray of shape (n,)
        (n+ + 1)/(n+ + 2) for positives and 1/(n- + 2) for negatives, so that separable scores stay finite.

    Source
    ------
    Platt 1999, "Probabilistic outputs for support vector machines", section 2.2.
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    return np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))


def fit_platt(scores: Floats, positive: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit log-odds = a * score + b by maximum likelihood.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Of rows that the scorer was not trained on.
    positive : ndarray of shape (n,), bool

    Returns
    -------
    a, b : float
        a is never negative: scores that point the wrong way on unseen rows count for nothing.

    Source
    ------
    Platt 1999; Newton's method with backtracking as in Lin, Lin and Weng 2007, "A note on Platt's
    probabilistic outputs for support vector machines".
    """
    targets = soft_targets(positive)
    prior = float(np.log(targets.mean() / (1 - targets.mean())))
    spread = float(scores.std())
    if spread == 0:
        return 0.0, prior
    centre = float(scores.mean())
    design = np.stack([(scores - centre) / spread, np.ones(len(scores))])
    at = np.array([0.0, prior])
    loss = log_loss(at @ design, targets)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(at @ design)))
        gradient = design @ (p - targets)
        if np.abs(gradient).max() < 1e-7 * len(scores):
            break
        hessian = (design * (p * (1 - p))) @ design.T + _RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-10 and log_loss((at - size * step) @ design, targets) > loss:
            size /= 2
        at = at - size * step
        loss = log_loss(at @ design, targets)
    slope = max(0.0, at[0] / spread)
    return (slope, float(at[1] - slope * centre)) if slope else (0.0, prior)


def modest(a: float, b: float, scores: Floats) -> tuple[float, float]:
    """Take back certainty that so few examples cannot give.

    Scores held out tell how often a learner of some of the rows errs, not how far the scores of the one that
    learned them all will reach: with a handful of labels, up to a hundred nats were seen. So nine tenths of
    the learned rows may be no surer than thrice the log-odds of one error in n + 1.

    Parameters
    ----------
    a, b : float
        What `fit_platt` found.
    scores : ndarray of shape (n,)
        Of the learned rows, by the learner that is calibrated.

    Returns
    -------
    a, b : float
        Smaller in the same proportion, where too great.
    """
    most = 3 * np.log(len(scores) + 1)
    surest = float(np.quantile(np.abs(a * scores + b), 0.9))
    return (a, b) if surest <= most else (a * most / surest, b * most / surest)


def calibration_error(log_odds: Floats, positive: NDArray[np.bool_], bins: int = 15) -> float:
    """Say how far probabilities are from what came true, on average.

    Parameters
    ----------
    log_odds : ndarray of shape (n,)
        In nats.
    positive : ndarray of shape (n,), bool
    bins : int, default 15
        Of probability, of equal width.

    Returns
    -------
    float
        Expected calibration error: between 0 and 1, weighted by the messages in each bin.

    Source
    ------
    Guo et al. 2017, "On calibration of modern neural networks", equation 3.
    """
    p = 0.5 * (1 + np.tanh(0.5 * log_odds))
    at = np.minimum((p * bins).astype(np.intp), bins - 1)
    off = np.bincount(at, p - positive, minlength=bins)
    return float(np.abs(off).sum() / len(p))


def brier(log_odds: Floats, positive: NDArray[np.bool_]) -> float:
    """Return the mean squared error of probabilities.

    Parameters
    ----------
    log_odds : ndarray of shape (n,)
        In nats.
    positive : ndarray of shape (n,), bool

    Returns
    -------
    float

    Source
    ------
    Brier 1950, "Verification of forecasts expressed in terms of probability".
    """
    p = 0.5 * (1 + np.tanh(0.5 * log_odds))
    return float(np.mean(np.square(p - positive)))

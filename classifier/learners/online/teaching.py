"""From a message and its label to a lesson: how far each learner moves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.learners.online.correction import SLOWNESS, TEACHES, UNIT, Lesson
from classifier.learners.online.pace import Pace

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPREADS = 1024
"""Squared errors are kept in such parts."""

_HALVINGS = 24
"""Of the span in which a way is sought: finer than `UNIT`."""


class Case(NamedTuple):
    """One message as one question sees it before it is learned.

    Parameters
    ----------
    answer : {0, 1}
    parts : ndarray of shape (2 + n_blocks,), float64
        Log-odds of the trained model and of the linear learner, squashed Bayes score of each block.
    joined : float
        Log-odds of all together.
    lengths : ndarray of shape (n_set,), float64
        1 over the number of set columns of each column's block.
    spreads : ndarray of shape (n_set,), int32
        Squared errors that moved each column.
    filled : ndarray of shape (n_blocks,), bool
        Whether any column is set.
    known : int, default 0
        How many messages of the answer that is rarer so far were learned.
    """

    answer: int
    parts: NDArray[np.float64]
    joined: float
    lengths: NDArray[np.float64]
    spreads: NDArray[np.int32]
    filled: NDArray[np.bool_]
    known: int = 0


def rarer(labels: Mapping[str, int], question: int) -> int:
    """Count the messages that answered a question the way that is rarer so far.

    Parameters
    ----------
    labels : mapping of str to int
        How many were learned with each label.
    question : int

    Returns
    -------
    int
    """
    told = [0, 0]
    for label, count in labels.items():
        answer = TEACHES[label][question]
        if answer is not None:
            told[answer] += count
    return min(told)


def teach(case: Case, pace: Pace) -> tuple[Lesson, NDArray[np.uint8]]:
    """Find out what a message teaches.

    Parameters
    ----------
    case : Case
    pace : Pace

    Returns
    -------
    lesson : Lesson
    rates : ndarray of shape (n_set,), uint8
        Codes of the columns' rates; empty where the linear learner stays.
    """
    log_odds = float(case.parts[0] + case.parts[1])
    guided = bool(case.parts[0]) and pace.variance > 0 and case.known < pace.few
    if guided:
        rates, spread = np.zeros(len(case.lengths), np.uint8), 0
        way = _leap(case.answer, log_odds, float(case.lengths.sum()), pace.variance)
    else:
        rates = rate_codes(case.spreads, pace)
        slope = float((np.exp2(-rates / SLOWNESS) * case.lengths).sum())
        way, spread = _walk(case.answer, log_odds, slope, pace.rate / math.sqrt(pace.damping), pace)
    side = 1 if case.answer else -1
    heard = not guided and (pace.share_bayes != 0 or pace.share_rate != 0)
    unclear = heard & case.filled & (side * case.parts[2:] < pace.clear) & (side * case.joined < pace.sure)
    error = case.answer - probability(case.joined)
    error *= pace.startled / max(pace.startled, -side * case.joined)
    pull = (0.0 if guided else pace.share_rate) * error * case.parts / (1 + float(case.parts @ case.parts))
    lesson = Lesson(
        way=way,
        spread=spread if way else 0,
        counted=int(unclear @ (1 << np.arange(len(unclear)))),
        bias=0 if guided else round(pace.bias_rate * error / UNIT),
        shares=tuple(np.rint(pull / UNIT).astype(np.int64).tolist()),
    )
    return lesson, rates if way else rates[:0]


def rate_codes(spreads: NDArray[np.int32], pace: Pace) -> NDArray[np.uint8]:
    """Code how fast columns still move.

    Parameters
    ----------
    spreads : ndarray of shape (n_set,), int32
    pace : Pace

    Returns
    -------
    ndarray of shape (n_set,), uint8
        `SLOWNESS` times the binary logarithm of root(1 + spread / damping).
    """
    halvings = 0.5 * np.log2(1 + spreads / (SPREADS * pace.damping))
    return np.minimum(np.rint(SLOWNESS * halvings), 255).astype(np.uint8)


def _walk(answer: int, log_odds: float, slope: float, step: float, pace: Pace) -> tuple[int, int]:
    """Walk along the gradient of the logistic loss until the error is small.

    A column of full rate in a block of one would move by the way; returns it and the squared errors met.
    """
    way = squares = 0.0
    for _ in range(pace.steps):
        error = answer - probability(log_odds + way * slope)
        if abs(error) <= pace.enough:
            break
        way += step * error
        squares += error * error
    return (round(way / UNIT), round(SPREADS * squares)) if slope else (0, 0)


def _leap(answer: int, log_odds: float, slope: float, variance: float) -> int:
    """Go at once to where this message and the trained weights, as a prior, agree best.

    The way solves ``way = variance * (answer - probability(log_odds + way * slope))``, which is where the
    logistic loss plus the squares of all moves over twice the variance is least.
    """
    if not slope:
        return 0
    low, high = (0.0, variance) if answer else (-variance, 0.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if variance * (answer - probability(log_odds + middle * slope)) > middle:
            low = middle
        else:
            high = middle
    return round((low + high) / 2 / UNIT)


def probability(log_odds: float) -> float:
    """Return the probability that natural-log odds stand for."""
    return 0.5 * (1 + math.tanh(0.5 * log_odds))

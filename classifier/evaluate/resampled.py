"""The figures of resamples of judged mail, and the intervals that follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifier.budget.binomial import clopper_pearson
from classifier.evaluate import intervals
from classifier.evaluate.intervals import Resampler, Units
from classifier.evaluate.metrics import (
    BINS,
    FIGURES,
    Reliability,
    bin_of,
    calibration_error,
    logistic_average,
)
from classifier.evaluate.outcomes import Outcomes, Question
from classifier.evaluate.ranking import Floats, probabilities


def figure_intervals(
    judged: Outcomes, unit: Units, n_units: int, confidence: float = 0.95, *, times: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Find the intervals of all that the bootstrap can tell.

    Parameters
    ----------
    judged : Outcomes
    unit : ndarray of shape (n_messages,), intp
    n_units : int
    confidence : float, default 0.95
    times : int, default 1000
        Resamples.
    seed : int, default 0

    Returns
    -------
    dict of str to (float, float)
        By ``question/figure``, and ``lam%``. Empty without resamples, or where there is one unit. Where no
        error was seen, the upper end is that of the exact interval of none among so many units.
    """
    if not times or n_units < 2:
        return {}
    again = _Again(judged, unit, n_units)
    draws = intervals.bootstrap(again, n_units, times=times, seed=seed, width=len(judged))
    without = intervals.jackknife(again, n_units, seed=seed, width=len(judged))
    whole = again(np.ones((1, n_units)))
    cut = {}
    for name, drawn in draws.items():
        value = float(whole[name][0])
        if name.endswith("/calibration_error"):
            cut[name] = intervals.pivotal(value, drawn, confidence)
        else:
            cut[name] = intervals.corrected(value, drawn, without[name], confidence)
    for name, question in judged.questions().items():
        most = 100 * _unseen(question, unit[question.chosen], confidence)
        for figure in ("1-ROCA%", "missed_at_0.1", "missed_at_0.5"):
            low, high = cut[f"{name}/{figure}"]
            if high == 0:  # no resample can show an error that the mail does not hold
                cut[f"{name}/{figure}"] = low, most
    return cut


def _unseen(question: Question, units: Units, confidence: float) -> float:
    """Bound a rate of errors of which none was seen.

    A positive and a negative of other units are one trial of the order, so there are as many independent ones
    as there are units of the rarer kind.
    """
    kinds = question.positive, ~question.positive
    trials = min(len(np.unique(units[kind])) for kind in kinds)
    return clopper_pearson(0, trials, confidence)[1]


class _Again:
    """The figures of resamples."""

    def __init__(self, judged: Outcomes, unit: Units, n_units: int) -> None:
        posed = judged.questions()
        self._rank = {
            name: Resampler(each.positive, each.scores, unit[each.chosen]) for name, each in posed.items()
        }
        self._trust = {name: _trust(each, unit[each.chosen], n_units) for name, each in posed.items()}
        spam, called = judged.gold == "spam", judged.label == "spam"
        cells = (~spam & called, ~spam, spam & ~called, spam)
        self._cells = np.stack([np.bincount(unit, cell, minlength=n_units) for cell in cells], axis=1)

    def __call__(self, counts: Floats) -> dict[str, Any]:
        found = {"lam%": logistic_average(*(counts @ self._cells).T)}
        for name, again in self._rank.items():
            ranking = again(counts)
            found |= {f"{name}/{figure}": compute(ranking) for figure, compute in FIGURES.items()}
            *sums, squares = np.split(counts @ self._trust[name], [BINS, 2 * BINS, 3 * BINS], axis=1)
            table = Reliability(*sums)
            found[f"{name}/calibration_error"] = calibration_error(table)
            with np.errstate(invalid="ignore"):
                found[f"{name}/brier"] = squares[:, 0] / table.messages.sum(axis=1)
        return found


def _trust(question: Question, units: Units, n_units: int) -> Floats:
    """Add up by unit what calibration is computed from; shape (n_units, 3 * BINS + 1)."""
    p, positive = probabilities(question.scores), question.positive
    sums = np.zeros((n_units, 3 * BINS + 1))
    for at, each in enumerate((np.ones(len(p)), p, positive)):
        np.add.at(sums, (units, at * BINS + bin_of(p)), each)
    np.add.at(sums[:, -1], units, (p - positive) ** 2)
    return sums

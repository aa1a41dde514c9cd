"""Judged mail to figures with intervals: the one result that tables, JSON and reports are made from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate import intervals
from classifier.evaluate.intervals import Resampler, Units
from classifier.evaluate.judged import Judged, Question
from classifier.evaluate.metrics import (
    BINS,
    Reliability,
    average_precision,
    bin_of,
    brier,
    calibration_error,
    logistic_average,
    missed_at,
    read_for,
    reliability,
    roca_error,
)
from classifier.evaluate.ranking import Floats, Ranking, probabilities, rank
from classifier.labels import LABELS as GOLD
from classifier.verdict import LABELS

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

TRUSTS = ("calibration_error", "brier")
"""What is computed of every question's probabilities."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its interval of confidence.

    Parameters
    ----------
    value : float
        nan where the mail cannot tell.
    low, high : float, default nan
        nan where no interval was computed.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    def to_json(self) -> dict[str, float | None]:
        """Return the three numbers; None stands for nan.

        Returns
        -------
        dict of str to float or None
        """
        return {name: _number(getattr(self, name)) for name in ("value", "low", "high")}


@dataclass(frozen=True, slots=True)
class Answered:
    """How well one question was answered.

    Parameters
    ----------
    figures : dict of str to Figure
        By the names of `FIGURES` and `TRUSTS`.
    reliability : Reliability
    ranking : Ranking
    """

    figures: dict[str, Figure]
    reliability: Reliability
    ranking: Ranking

    def to_json(self) -> dict[str, Any]:
        """Return figures and reliability for machines.

        Returns
        -------
        dict
        """
        table = self.reliability
        return {
            "positives": int(self.ranking.n_positive),
            "negatives": int(self.ranking.n_negative),
            **{name: figure.to_json() for name, figure in self.figures.items()},
            "reliability": [
                {"from": low, "to": high, "messages": int(n), "promised": p, "came_true": true}
                for low, high, n, p, true in zip(
                    table.edges[:-1].tolist(),
                    table.edges[1:].tolist(),
                    table.messages.tolist(),
                    map(_number, table.mean_promised.tolist()),
                    map(_number, table.share_true.tolist()),
                    strict=True,
                )
            ],
        }


@dataclass(frozen=True, slots=True)
class Results:
    """What was found out about a model on labelled mail.

    Parameters
    ----------
    messages : int
    units : int
        Independent pieces of evidence among them.
    confusion : ndarray of shape (4, 3, 2), int64
        Messages by gold label (in the order of `classifier.labels.LABELS`), our label (in the order of
        `classifier.verdict.LABELS`), and sure or unsure.
    rates : dict of str to Figure
        Percentages of wrong and unsure labels: see `rates_of`.
    questions : dict of str to Answered
        By the names of `Judged.questions`; only those that the labels can judge.
    confidence : float
        Of the intervals.
    """

    messages: int
    units: int
    confusion: NDArray[np.int64]
    rates: dict[str, Figure]
    questions: dict[str, Answered] = field(default_factory=dict)
    confidence: float = 0.95

    def to_json(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
        """
        return {
            "messages": self.messages,
            "units": self.units,
            "confidence": self.confidence,
            "confusion": {
                gold: {
                    ours: {"sure": int(cell[0]), "unsure": int(cell[1])}
                    for ours, cell in zip(LABELS, row, strict=True)
                }
                for gold, row in zip(GOLD, self.confusion, strict=True)
                if row.any()
            },
            "rates": {name: figure.to_json() for name, figure in self.rates.items()},
            "questions": {name: each.to_json() for name, each in self.questions.items()},
        }


def evaluate(
    judged: Judged, units: Any = None, *, resamples: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Results:
    """Find out how good a model is on labelled mail.

    Parameters
    ----------
    judged : Judged
    units : array of shape (n_messages,), optional
        Messages of equal value belong together and are resampled together; by default each is its own.
    resamples : int, default 1000
        Of the bootstrap; 0 leaves its intervals out.
    seed : int, default 0
        With it the intervals are the same.
    confidence : float, default 0.95

    Returns
    -------
    Results
    """
    unit, n_units = intervals.as_units(units, len(judged))
    posed = judged.questions()
    spread: Mapping[str, Floats] = {}
    if resamples and n_units > 1:
        again = _Again(judged, unit, n_units)
        spread = intervals.bootstrap(again, n_units, times=resamples, seed=seed, width=len(judged))
    cut = {name: intervals.percentiles(draws, confidence) for name, draws in spread.items()}
    rates = rates_of(judged, unit, confidence, cut.get("lam%", (math.nan, math.nan)))
    answered = {name: _answered(name, each, cut) for name, each in posed.items()}
    return Results(len(judged), n_units, confusion_of(judged), rates, answered, confidence)


def _answered(name: str, question: Question, cut: Mapping[str, tuple[float, float]]) -> Answered:
    """Compute the figures of one question and lay the intervals beside them."""
    ranking = rank(question.positive, question.scores)
    table = reliability(ranking)
    values = {figure: compute(ranking) for figure, compute in FIGURES.items()}
    values |= {"calibration_error": calibration_error(table), "brier": brier(ranking)}
    figures = {
        figure: Figure(float(value), *cut.get(f"{name}/{figure}", (math.nan, math.nan)))
        for figure, value in values.items()
    }
    return Answered(figures, table, ranking)


class _Again:
    """The figures of resamples."""

    def __init__(self, judged: Judged, unit: Units, n_units: int) -> None:
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


def confusion_of(judged: Judged) -> NDArray[np.int64]:
    """Count messages by gold label, our label, and sure or unsure.

    Parameters
    ----------
    judged : Judged

    Returns
    -------
    ndarray of shape (4, 3, 2), int64
        See `Results`.
    """
    counts = np.zeros((len(GOLD), len(LABELS), 2), np.int64)
    gold = np.searchsorted(sorted(GOLD), judged.gold)
    ours = np.searchsorted(sorted(LABELS), judged.label)
    places = [np.array([names.index(name) for name in sorted(names)]) for names in (GOLD, LABELS)]
    np.add.at(counts, (places[0][gold], places[1][ours], judged.unsure.astype(int)), 1)
    return counts


def rates_of(
    judged: Judged, units: Units, confidence: float = 0.95, lam: tuple[float, float] = (math.nan, math.nan)
) -> dict[str, Figure]:
    """Return the percentages of wrong and unsure labels.

    Parameters
    ----------
    judged : Judged
    units : ndarray of shape (n_messages,), intp
    confidence : float, default 0.95
    lam : (float, float)
        Interval of lam%, which only the bootstrap knows.

    Returns
    -------
    dict of str to Figure
        ``hm%`` ham called spam, ``sm%`` spam not called spam, ``lam%`` their logistic average;
        ``important_lost%`` important called spam, ``important_missed%`` important called something else,
        ``unimportant_raised%`` unimportant called important; ``unsure%`` of all. Sure or unsure, the label
        counts. What the mail has no example of is left out.
    """
    spam, important = judged.gold == "spam", judged.gold == "important"
    called_spam, called_important = judged.label == "spam", judged.label == "important"
    of = {
        "hm%": (called_spam, ~spam),
        "sm%": (~called_spam, spam),
        "important_lost%": (called_spam, important),
        "important_missed%": (~called_important, important),
        "unimportant_raised%": (called_important, judged.gold == "unimportant"),
        "unsure%": (judged.unsure, np.ones(len(judged), bool)),
    }
    rates = {
        name: Figure(*intervals.rate_interval(hit[among], units[among], confidence))
        for name, (hit, among) in of.items()
        if among.any()
    }
    if {"hm%", "sm%"} <= set(rates):
        counts = ((~spam & called_spam).sum(), (~spam).sum(), (spam & ~called_spam).sum(), spam.sum())
        rates["lam%"] = Figure(float(logistic_average(*counts)), *lam)
    return rates


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value

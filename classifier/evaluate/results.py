"""Judged mail to figures with intervals: the one result that tables, JSON and reports are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate import intervals
from classifier.evaluate.intervals import Units
from classifier.evaluate.metrics import (
    FIGURES,
    Reliability,
    brier,
    calibration_error,
    logistic_average,
    reliability,
)
from classifier.evaluate.outcomes import Outcomes, Question
from classifier.evaluate.ranking import Ranking, rank
from classifier.evaluate.resampled import figure_intervals
from classifier.labels import LABELS as GOLD
from classifier.verdict import LABELS

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
        By the names of `Outcomes.questions`; only those that the labels can judge.
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
    judged: Outcomes, units: Any = None, *, resamples: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Results:
    """Find out how good a model is on labelled mail.

    Parameters
    ----------
    judged : Outcomes
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
    cut = figure_intervals(judged, unit, n_units, confidence, times=resamples, seed=seed)
    answered = {name: _answered(name, each, cut) for name, each in posed.items()}
    rates = rates_of(judged, unit, confidence, cut.get("lam%", (math.nan, math.nan)))
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


def confusion_of(judged: Outcomes) -> NDArray[np.int64]:
    """Count messages by gold label, our label, and sure or unsure.

    Parameters
    ----------
    judged : Outcomes

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
    judged: Outcomes, units: Units, confidence: float = 0.95, lam: tuple[float, float] = (math.nan, math.nan)
) -> dict[str, Figure]:
    """Return the percentages of wrong and unsure labels.

    Parameters
    ----------
    judged : Outcomes
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

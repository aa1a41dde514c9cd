"""Results of an evaluation as lines for people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from classifier.labels import LABELS as GOLD
from classifier.verdict import LABELS

if TYPE_CHECKING:
    from classifier.evaluate.compare import Comparison
    from classifier.evaluate.results import Answered, Figure, Results

RATES = {
    "hm%": "ham called spam (hm%)",
    "sm%": "spam not called spam (sm%)",
    "lam%": "their logistic average (lam%)",
    "important_lost%": "important called spam",
    "important_missed%": "important not called important",
    "unimportant_raised%": "unimportant called important",
    "unsure%": "left to you (unsure)",
}
"""Rates of wrong and unsure labels in words; all are percentages."""

FIGURES = {
    "1-ROCA%": ("1-ROCA%", 1, 4),
    "missed_at_0.1": ("% missed where 0.1 % of the others is lost", 1, 2),
    "missed_at_0.5": ("% missed where 0.5 % of the others is lost", 1, 2),
    "average_precision": ("average precision", 1, 4),
    "read_for_80": ("% of the mail to read for 80 % of it", 100, 2),
    "read_for_95": ("% of the mail to read for 95 % of it", 100, 2),
    "read_for_99": ("% of the mail to read for 99 % of it", 100, 2),
    "calibration_error": ("expected calibration error", 1, 4),
    "brier": ("Brier score", 1, 4),
}
"""Each figure in words, what it is multiplied by, and its decimals."""

QUESTIONS = {
    "spam": ("Spam or not", ("1-ROCA%", "missed_at_0.1", "missed_at_0.5", "calibration_error", "brier")),
    "importance": (
        "Important or unimportant, spam left out",
        ("1-ROCA%", "average_precision", "calibration_error", "brier"),
    ),
    "reading": (
        "Important among all mail, the likeliest read first",
        ("average_precision", "read_for_80", "read_for_95", "read_for_99"),
    ),
}
"""Each question in words, and the figures that people look at; JSON has all."""

_NAME = 44

Lines = Iterator[tuple[str, bool]]


def lines(results: Results) -> Lines:
    """Lay results out.

    Parameters
    ----------
    results : Results

    Yields
    ------
    (str, bool)
        A line, and whether it is a heading.
    """
    apart = "" if results.units == results.messages else f" in {results.units} groups"
    yield f"{results.messages} messages judged{apart}; intervals of {100 * results.confidence:g} %", True
    yield "", False
    yield from _confusion(results)
    yield "", False
    yield "Labels, %", True
    for name, words in RATES.items():
        if name in results.rates:
            yield _line(words, results.rates[name], 1, 2), False
    for question, answered in results.questions.items():
        yield "", False
        yield from _question(question, answered)


def _confusion(results: Results) -> Lines:
    """Count labels: a row for what the human says, a column for what we say."""
    yield f"{'called':<16}" + "".join(f"{label:>13}" for label in LABELS) + f"{'unsure':>13}", True
    for gold, row in zip(GOLD, results.confusion, strict=True):
        if row.any():
            counts = [*row.sum(axis=1).tolist(), int(row[:, 1].sum())]
            yield f"  {gold:<14}" + "".join(f"{count:>13}" for count in counts), False


def _question(name: str, answered: Answered) -> Lines:
    """Lay one question out."""
    words, figures = QUESTIONS[name]
    yes, no = int(answered.ranking.n_positive), int(answered.ranking.n_negative)
    yield f"{words}: {yes} and {no}", True
    for figure in figures:
        yield _line(FIGURES[figure][0], answered.figures[figure], *FIGURES[figure][1:]), False


def _line(words: str, figure: Figure, times: int, digits: int) -> str:
    """Name, value and interval of a figure."""
    value, _, interval = figure_text(figure, times, digits).partition("  ")
    return f"  {words:<{_NAME}}{value:>10}" + (f"  {interval}" if interval else "")


def figure_text(figure: Figure, times: int = 1, digits: int = 4) -> str:
    """Write a figure with its interval.

    Parameters
    ----------
    figure : Figure
    times : int, default 1
        What it is multiplied by.
    digits : int, default 4
        Decimals.

    Returns
    -------
    str
    """
    if math.isnan(figure.value):
        return "unknown"
    value = f"{times * figure.value:.{digits}f}"
    if math.isnan(figure.low):
        return value
    return f"{value}  [{times * figure.low:.{digits}f} to {times * figure.high:.{digits}f}]"


def comparison_lines(comparison: Comparison, ours: str, theirs: str) -> Lines:
    """Lay out how two models differ.

    Parameters
    ----------
    comparison : Comparison
    ours, theirs : str
        Names of the models.

    Yields
    ------
    (str, bool)
        A line, and whether it is a heading.
    """
    yield f"{ours} less {theirs}, on the same mail", True
    alone = f"  labels right: only {ours} {comparison.only_ours}, only {theirs} {comparison.only_theirs}"
    yield f"{alone}; p = {comparison.p_labels:.3g} ({comparison.test})", False
    for name, differences in comparison.questions.items():
        words, figures = QUESTIONS[name]
        yield "", False
        yield words, True
        for figure in figures:
            if figure not in differences:
                continue
            each = differences[figure]
            told, times, digits = FIGURES[figure]
            delong = "" if math.isnan(each.p_delong) else f", {each.p_delong:.3g} by DeLong"
            p_value = "" if math.isnan(each.p_value) else f"  p = {each.p_value:.3g}{delong}"
            yield _line(told, each.difference, times, digits) + p_value, False

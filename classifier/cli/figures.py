"""The figures of a run as lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.evaluate.results import Figure, Results

ASKED = {
    "spam": "spam against the rest",
    "importance": "important against unimportant",
    "reading": "important against the rest",
}
"""Names of questions for people."""


def lines(results: Results) -> Iterator[tuple[str, bool]]:
    """Lay figures out, each with its interval.

    Parameters
    ----------
    results : Results

    Yields
    ------
    (str, bool)
        A line, and whether it is a heading.
    """
    yield f"{results.messages} messages judged", True
    for name, figure in results.rates.items():
        yield _line(name, figure, 2), False
    for question, answered in results.questions.items():
        yes, no = answered.ranking.n_positive, answered.ranking.n_negative
        yield f"{ASKED.get(question, question)}: {yes:.0f} and {no:.0f}", True
        for name, figure in answered.figures.items():
            yield _line(name, figure, 4), False


def _line(name: str, figure: Figure, digits: int) -> str:
    """Name, value and interval of a figure."""
    if math.isnan(figure.value):
        return f"  {name:<20} unknown"
    interval = "" if math.isnan(figure.low) else f"  ({figure.low:.{digits}f} to {figure.high:.{digits}f})"
    return f"  {name:<20}{figure.value:>10.{digits}f}{interval}"

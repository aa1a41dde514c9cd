"""A report of a run in one HTML file: figures, charts and the worst mistakes, for the screen and for paper.

The charts are drawn as SVG into the page. The file asks nothing of the network and holds no script.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.course import course, learning_curve
from classifier.evaluate.outcomes import Outcomes
from classifier.evaluate.report import charts
from classifier.evaluate.report.tables import (
    confusion_table,
    mistakes_list,
    question_tables,
    rates_table,
    settings_list,
)
from classifier.evaluate.results import Results
from classifier.evaluate.worst import Mistake
from classifier.markup import h, page

__all__ = ["Report", "write_report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a report tells.

    Parameters
    ----------
    title : str
    told : sequence of (str, str)
        What the run was: names and values.
    results : Results
    judged : Outcomes
        The messages that the results are about, in their order.
    mistakes : sequence of Mistake
        The worst, first.
    learned : ndarray of shape (n_messages,), int64, optional
        Messages learned before each was judged; None where nothing was learned on the way.
    """

    title: str
    told: Sequence[tuple[str, str]]
    results: Results
    judged: Outcomes
    mistakes: Sequence[Mistake]
    learned: NDArray[np.int64] | None = None


def write_report(path: str | os.PathLike[str], report: Report) -> None:
    """Write a report; until it is whole, what stood there before remains.

    Parameters
    ----------
    path : str or path
    report : Report

    Raises
    ------
    OSError
        If it cannot be written.
    """
    target = Path(path)
    half = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        half.write_text(page(_document(report)), encoding="utf-8")
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def _document(report: Report) -> Element:
    """Put the page together."""
    style = files("classifier.evaluate.report").joinpath("style.css").read_text(encoding="utf-8")
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("title", report.title),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("style", style),
    )
    labels = h("div", rates_table(report.results), confusion_table(report.results), class_="column")
    figures = [labels, *question_tables(report.results)]
    body = h(
        "main",
        h("h1", report.title),
        settings_list(report.told),
        h("h2", "Figures"),
        h("div", *figures, class_="cards"),
        h("h2", "Charts"),
        h("div", *_charts(report), class_="charts"),
        h("h2", "Worst mistakes"),
        mistakes_list(report.mistakes),
        h(
            "footer",
            "Made by mailtriage. Senders and subjects of mail are in this file: mind whom you give it to.",
        ),
    )
    return h("html", head, h("body", body), lang="en")


def _charts(report: Report) -> Iterator[Element]:
    """Draw what the labels allow."""
    posed = report.judged.questions()
    for name, asked in charts.QUESTIONS.items():
        if name not in posed or name not in report.results.questions:
            continue
        question, answered = posed[name], report.results.questions[name]
        yield charts.roc_chart(asked, answered.ranking, _point(report, name))
        yield charts.course_chart(asked, course(question))
        told = ", ".join(
            f"{title} {answered.figures[figure].value:.4f}"
            for figure, title in (("calibration_error", "Calibration error"), ("brier", "Brier score"))
        )
        yield charts.reliability_chart(asked, answered.reliability, f"{told}.")
        scores = question.scores
        yield charts.histogram_chart(asked, scores[question.positive], scores[~question.positive])
    if report.learned is not None:
        blocks = learning_curve(report.judged, report.learned)
        if len(blocks) > 1:
            yield charts.learning_chart(blocks)


def _point(report: Report, question: str) -> tuple[float, float] | None:
    """Return the two errors that the labels made, in percent."""
    names = {"spam": ("hm%", "sm%"), "importance": ("unimportant_raised%", "important_missed%")}[question]
    rates = report.results.rates
    return (rates[names[0]].value, rates[names[1]].value) if set(names) <= set(rates) else None

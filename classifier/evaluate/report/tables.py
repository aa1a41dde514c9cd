"""The parts of a report that are words and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from classifier.evaluate.results import Figure, Results
from classifier.evaluate.worst import Mistake
from classifier.labels import LABELS as GOLD
from classifier.markup import h
from classifier.verdict import LABELS

QUESTIONS = {
    "spam": "Spam against all the rest",
    "importance": "Important against unimportant",
    "reading": "Important against all the rest, by probability",
}
FIGURES = {
    "1-ROCA%": ("1-ROCA%", "pairs in the wrong order, per hundred", 4),
    "missed_at_0.1": ("missed at 0.1 %", "h=.1%: percent missed where 0.1 % of the others are lost", 2),
    "missed_at_0.5": ("missed at 0.5 %", "percent missed where 0.5 % of the others are lost", 2),
    "average_precision": ("average precision", "1 is best", 4),
    "read_for_80": ("read for 80 %", "fraction of the mail to be read, best first, to see 80 % of them", 4),
    "read_for_95": ("read for 95 %", "the same for 95 %", 4),
    "read_for_99": ("read for 99 %", "the same for 99 %", 4),
    "calibration_error": ("calibration error", "how far probabilities are off, on average", 4),
    "brier": ("Brier score", "mean squared error of probabilities", 4),
}
RATES = {
    "hm%": ("hm%", "ham called spam"),
    "sm%": ("sm%", "spam not called spam"),
    "lam%": ("lam%", "their logistic average"),
    "important_lost%": ("important lost", "important called spam"),
    "important_missed%": ("important missed", "important called anything else"),
    "unimportant_raised%": ("unimportant raised", "unimportant called important"),
    "unsure%": ("unsure", "of all, left to a human"),
}
"""What the names of `Results` stand for, and how many digits are worth printing."""


def settings_list(told: Sequence[tuple[str, str]]) -> Element:
    """List what the run was.

    Parameters
    ----------
    told : sequence of (str, str)
        Names and values.

    Returns
    -------
    Element
    """
    return h("dl", *(h("div", h("dt", name), h("dd", value)) for name, value in told), class_="told")


def rates_table(results: Results) -> Element:
    """Lay out the percentages of wrong and unsure labels.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Element
    """
    rows = [(*RATES.get(name, (name, "")), figure, 2) for name, figure in results.rates.items()]
    return _table("Labels", "%", rows, results.confidence)


def question_tables(results: Results) -> list[Element]:
    """Lay out the figures of each question.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of Element
    """
    tables = []
    for question, answered in results.questions.items():
        if question == "reading" and "spam" not in results.questions:
            continue  # without spam it is the question of importance once more
        rows = []
        for name, figure in answered.figures.items():
            title, meaning, digits = FIGURES.get(name, (name, "", 4))
            rows.append((title, meaning, figure, digits))
        counts = f"{answered.ranking.n_positive:,.0f} : {answered.ranking.n_negative:,.0f}"
        tables.append(_table(QUESTIONS.get(question, question), counts, rows, results.confidence))
    return tables


def confusion_table(results: Results) -> Element:
    """Lay out how many messages of each gold label got which of ours.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Element
    """
    head = h("tr", h("th", "gold \u2193  ours \u2192"), *(h("th", name, class_="number") for name in LABELS))
    rows = []
    for gold, cells in zip(GOLD, results.confusion.tolist(), strict=True):
        if any(map(any, cells)):
            counts = [
                _count(sure, unsure, right=gold == ours)
                for (sure, unsure), ours in zip(cells, LABELS, strict=True)
            ]
            rows.append(h("tr", h("th", gold, scope="row"), *counts))
    note = h("p", "In brackets: how many of them were unsure.", class_="note")
    return h(
        "div", h("h3", "Confusion"), h("table", h("thead", head), h("tbody", *rows)), note, class_="card"
    )


def mistakes_list(mistakes: Sequence[Mistake]) -> Element:
    """List the worst mistakes, each with the clues that led to it.

    Parameters
    ----------
    mistakes : sequence of Mistake
        Their texts come from strangers.

    Returns
    -------
    Element
    """
    if not mistakes:
        return h("p", "No message got a wrong label.")
    return h("ol", *map(_mistake, mistakes), class_="mistakes")


def _mistake(one: Mistake) -> Element:
    longest = max((abs(clue.contribution) for clue in one.clues), default=1.0)
    clues = [
        h(
            "li",
            h("b", clue.name),
            f" {str(clue.value)[:120]} " if clue.value else " ",
            h("span", f"{clue.contribution:+.2f}", class_="nats"),
            h("i", style=f"width:{100 * abs(clue.contribution) / longest:.0f}%"),
        )
        for clue in one.clues
    ]
    where = f"{one.mailbox} {one.key}" if one.mailbox else f"message {one.position + 1:,}"
    return h(
        "li",
        h(
            "p",
            h("strong", one.gold, class_=one.gold),
            " called ",
            h("strong", one.label, class_=one.label),
            h("span", f"wrong by {one.nats:.1f} nats", class_="nats"),
        ),
        h("p", one.subject or "(no subject)", class_="subject"),
        h("p", f"{one.sender or '(no sender)'} \u00b7 {where}", class_="note"),
        h("ul", *clues, class_="clues") if clues else None,
        class_="mistake",
    )


def _table(title: str, unit: str, rows: Sequence[tuple[str, str, Figure, int]], confidence: float) -> Element:
    """Lay figures out, each with its meaning and its interval."""
    interval = f"{100 * confidence:g} % interval"
    head = h("tr", h("th", title), h("th", unit, class_="number"), h("th", interval, class_="number"))
    body = [
        h(
            "tr",
            h("th", name, h("small", meaning) if meaning else None, scope="row"),
            h("td", _number(figure.value, digits), class_="number"),
            h("td", _interval(figure, digits), class_="number"),
        )
        for name, meaning, figure, digits in rows
    ]
    return h("div", h("table", h("thead", head), h("tbody", *body)), class_="card")


def _count(sure: int, unsure: int, right: bool) -> Element:
    return h(
        "td",
        f"{sure + unsure:,}",
        h("small", f"({unsure:,})") if unsure else None,
        class_=f"number{' right' if right else ''}",
    )


def _number(value: float, digits: int) -> str:
    return "\u2013" if math.isnan(value) else f"{value:.{digits}f}"


def _interval(figure: Figure, digits: int) -> str:
    if math.isnan(figure.low) or math.isnan(figure.high):
        return ""
    return f"{_number(figure.low, digits)} \u2013 {_number(figure.high, digits)}"

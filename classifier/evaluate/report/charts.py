"""The charts of a report, each a figure with its legend and its caption."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

import numpy as np

from classifier.evaluate.course import Block, Course
from classifier.evaluate.metrics import Reliability
from classifier.evaluate.ranking import Floats, Ranking
from classifier.evaluate.report.plot import X_AXIS, Y_AXIS, Plot
from classifier.evaluate.report.scales import Linear, Log, Mirror, around
from classifier.markup import h

FARTHEST = 25.0
"""Log-odds beyond this, in nats, are as sure as sure: they share the outermost bar."""

BARS = 50
"""Bars of a histogram."""

Z = 1.96
"""Standard deviations that hold 95 % of a normal distribution."""


class Asked(NamedTuple):
    """How a chart names a question.

    Parameters
    ----------
    title : str
    yes, no : str
        Messages with either answer.
    lost, missed : str
        The two errors.
    positive, negative : str
        Classes of the style sheet.
    """

    title: str
    yes: str
    no: str
    lost: str
    missed: str
    positive: str
    negative: str


QUESTIONS = {
    "spam": Asked("Is it spam?", "spam", "ham", "ham lost", "spam missed", "spam", "ham"),
    "importance": Asked(
        "Is it important?",
        "important",
        "unimportant",
        "unimportant raised",
        "important missed",
        "important",
        "ham",
    ),
}
"""The questions that have charts, by the names of `Outcomes.questions`."""


def roc_chart(asked: Asked, ranking: Ranking, point: tuple[float, float] | None) -> Element:
    """Draw both errors of every threshold, on logarithmic axes.

    Parameters
    ----------
    asked : Asked
    ranking : Ranking
    point : (float, float), optional
        Percentages of the two errors that the labels made.

    Returns
    -------
    Element
    """
    false, true = ranking.roc()
    lost, missed = 100 * false, 100 * (1 - true)
    floors = 50 / float(ranking.n_negative), 50 / float(ranking.n_positive)
    ends = [around([floor, 100.0], floor, 100.0) for floor in floors]
    plot = Plot(
        Log(*ends[0], *X_AXIS),
        Log(*ends[1], *Y_AXIS),
        f"{asked.lost}, %",
        f"{asked.missed}, %",
        f"{asked.missed} against {asked.lost} at every threshold, both in percent on logarithmic axes",
    )
    plot.line(((each, 100 - each) for each in np.linspace(0, 100, 400).tolist()), "chance")
    plot.line(zip(lost.tolist(), missed.tolist(), strict=True), asked.positive)
    if ends[0][0] < 0.1:
        plot.rule(0.1, "0.1 %")
    if point:
        plot.dot(
            point, asked.positive, f"labels: {point[0]:.3g} % {asked.lost}, {point[1]:.3g} % {asked.missed}"
        )
    legend = [(asked.positive, "every threshold"), ("chance", "guessing")]
    caption = "Down and left is better; what is 0 lies on the edge. The dot: the labels that were given."
    return _figure(f"{asked.title} Errors at every threshold", plot, legend, caption)


def course_chart(asked: Asked, run: Course) -> Element:
    """Draw 1-ROCA% as a run goes on.

    Parameters
    ----------
    asked : Asked
    run : Course

    Returns
    -------
    Element
    """
    values = [*run.so_far.tolist(), *run.lately.tolist()]
    low, high = around(values, 1e-3, 100.0)
    plot = Plot(
        Linear(0, float(run.messages[-1]), *X_AXIS),
        Log(low, high, *Y_AXIS),
        "messages judged",
        "1-ROCA%",
        "1-ROCA% of the run so far and of its last tenth, on a logarithmic axis, by messages judged",
    )
    messages = run.messages.tolist()
    plot.line(zip(messages, run.lately.tolist(), strict=True), f"{asked.positive} dashed")
    plot.line(zip(messages, run.so_far.tolist(), strict=True), asked.positive)
    legend = [(asked.positive, "of all so far"), (f"{asked.positive} dashed", "of the last tenth")]
    caption = (
        "Pairs of one message of either kind that stand in the wrong order, per hundred: lower is better."
    )
    return _figure(f"{asked.title} 1-ROCA% over time", plot, legend, caption)


def reliability_chart(asked: Asked, table: Reliability, told: str) -> Element:
    """Draw what came true of what was promised.

    Parameters
    ----------
    asked : Asked
    table : Reliability
    told : str
        The figures that sum it up.

    Returns
    -------
    Element
    """
    plot = Plot(
        Linear(0, 1, *X_AXIS),
        Linear(0, 1, *Y_AXIS),
        f"promised probability: {asked.yes}",
        f"fraction that was {asked.yes}",
        f"fraction of {asked.yes} against promised probability, in bins",
    )
    plot.line([(0, 0), (1, 1)], "chance")
    most = max(float(table.messages.max()), 1.0)
    bins = zip(table.messages.tolist(), table.mean_promised.tolist(), table.share_true.tolist(), strict=True)
    known = [(count, promised, true) for count, promised, true in bins if count]
    for count, promised, true in known:
        plot.whisker(promised, *_wilson(true, count), asked.positive)
    for count, promised, true in known:
        said = f"{count:,.0f} messages: promised {promised:.3f}, came true {true:.3f}"
        plot.dot((promised, true), asked.positive, said, 2.5 + 6 * math.sqrt(count / most))
    legend = [(asked.positive, "messages of a bin"), ("chance", "kept promises")]
    caption = f"Larger dots stand for more messages; whiskers are 95 % intervals. {told}"
    return _figure(f"{asked.title} Reliability", plot, legend, caption)


def histogram_chart(asked: Asked, positive: Floats, negative: Floats) -> Element:
    """Draw how many messages of either kind got which score.

    Parameters
    ----------
    asked : Asked
    positive, negative : ndarray of shape (n,)
        Log-odds, in nats.

    Returns
    -------
    Element
    """
    both = np.clip(np.concatenate([positive, negative]), -FARTHEST, FARTHEST)
    low, high = math.floor(both.min()), math.ceil(both.max())
    edges = np.linspace(min(low, -1), max(high, 1), BARS + 1)
    up, down = (np.histogram(np.clip(each, edges[0], edges[-1]), edges)[0] for each in (positive, negative))
    plot = Plot(
        Linear(float(edges[0]), float(edges[-1]), *X_AXIS),
        Mirror(-float(down.max()), float(up.max()), *Y_AXIS),
        "log-odds, nats",
        f"{asked.no} \u2190 messages \u2192 {asked.yes}",
        f"histogram of log-odds, {asked.yes} upwards and {asked.no} downwards",
    )
    for counts, sign, kind, name in (
        (up, 1, asked.positive, asked.yes),
        (down, -1, asked.negative, asked.no),
    ):
        for at in np.flatnonzero(counts).tolist():
            said = f"{counts[at]:,} {name} from {edges[at]:.1f} to {edges[at + 1]:.1f} nats"
            plot.bar(float(edges[at]), float(edges[at + 1]), sign * float(counts[at]), kind, said)
    plot.rule(0, "even chances")
    legend = [(f"{asked.positive} filled", asked.yes), (f"{asked.negative} filled", asked.no)]
    caption = "Heights are square roots of the counts, so that the few in the tails can be seen."
    return _figure(f"{asked.title} Scores", plot, legend, caption)


def learning_chart(blocks: Sequence[Block]) -> Element:
    """Draw wrong and unsure labels by how much had been learned.

    Parameters
    ----------
    blocks : sequence of Block
        At least two.

    Returns
    -------
    Element
    """
    wrong = [(max(each.learned, 1), 100 * each.wrong / each.messages) for each in blocks]
    unsure = [(max(each.learned, 1), 100 * each.unsure / each.messages) for each in blocks]
    top = max(1.0, *(y for _, y in wrong), *(y for _, y in unsure))
    plot = Plot(
        Log(1, max(10.0, wrong[-1][0]), *X_AXIS),
        Linear(0, min(100.0, 1.08 * top), *Y_AXIS),
        "messages learned before",
        "of the labels, %",
        "wrong and unsure labels in percent, by messages learned before, on a logarithmic axis",
    )
    for points, kind in ((unsure, "ham dashed"), (wrong, "spam")):
        plot.line(points, kind)
        for each, block in zip(points, blocks, strict=True):
            plot.dot(each, kind.split()[0], f"{each[1]:.2f} % of {block.messages:,} messages", 3)
    legend = [("spam", "wrong"), ("ham dashed", "unsure")]
    caption = "Each dot is a stretch of the run: up to 9 messages learned, 10 to 19, 20 to 49, and so on."
    return _figure("Learning curve", plot, legend, caption)


def _figure(title: str, plot: Plot, legend: Iterable[tuple[str, str]], caption: str) -> Element:
    """Put a chart, its title, its legend and its caption together."""
    keys = [h("span", h("i", class_=f"key {kind}"), name) for kind, name in legend]
    return h(
        "figure",
        h("h3", title),
        h("p", *keys, class_="legend"),
        plot.element(),
        h("figcaption", caption),
    )


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of n (Wilson 1927)."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    reach = Z / (1 + Z * Z / n) * math.sqrt(max(0.0, share * (1 - share)) / n + Z * Z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)

"""Two models on the same mail: how much better one is, and how easily chance could have done it.

The area is compared by DeLong's test (its form for clustered mail where messages belong together) and, with
all other figures, by the paired bootstrap; labels by McNemar's exact test, or by flipping signs of whole
units where messages belong together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate import intervals
from classifier.evaluate.intervals import Resampler, Units
from classifier.evaluate.metrics import FIGURES
from classifier.evaluate.outcomes import Outcomes
from classifier.evaluate.ranking import Floats
from classifier.evaluate.results import Figure
from classifier.evaluate.significance import delong, mcnemar, sign_flips


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of one model less that of the other, on the same mail.

    Parameters
    ----------
    ours, theirs : float
        The figure of either.
    difference : Figure
        Ours less theirs.
    p_value : float
        Two-sided, by the paired bootstrap: how often resamples fall on the other side of no difference.
    p_delong : float, default nan
        Of the area alone: DeLong's test.
    """

    ours: float
    theirs: float
    difference: Figure
    p_value: float
    p_delong: float = math.nan


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same mail.

    Parameters
    ----------
    questions : dict of str to dict of str to Difference
        By question and figure.
    only_ours, only_theirs : int
        Messages that one model alone labels right.
    p_labels : float
        Two-sided, of no difference between these two.
    test : str
        Which test of the labels that is.
    """

    questions: dict[str, dict[str, Difference]]
    only_ours: int
    only_theirs: int
    p_labels: float
    test: str

    def to_json(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
        """
        return {
            "labels": {
                "only_ours_right": self.only_ours,
                "only_theirs_right": self.only_theirs,
                "p": self.p_labels,
                "test": self.test,
            },
            "questions": {
                question: {
                    name: {
                        "ours": each.ours,
                        "theirs": each.theirs,
                        "difference": each.difference.to_json(),
                        "p_bootstrap": each.p_value,
                        **({} if math.isnan(each.p_delong) else {"p_delong": each.p_delong}),
                    }
                    for name, each in differences.items()
                }
                for question, differences in self.questions.items()
            },
        }


def compare(
    ours: Outcomes,
    theirs: Outcomes,
    units: Any = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two models on the same mail.

    Parameters
    ----------
    ours, theirs : Outcomes
        Of the same messages in the same order.
    units : array of shape (n_messages,), optional
        Messages of equal value belong together; by default each is its own.
    resamples : int, default 1000
    seed : int, default 0
    confidence : float, default 0.95

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If the messages are not the same.
    """
    if len(ours) != len(theirs) or (ours.gold != theirs.gold).any():
        raise ValueError("two models are compared on the same messages, in the same order")
    unit, n_units = intervals.as_units(units, len(ours))
    posed = [each.questions() for each in (ours, theirs)]
    questions = {}
    for name, mine in posed[0].items():
        among = unit[mine.chosen]
        scores = mine.scores, posed[1][name].scores
        drawn = {"times": resamples, "seed": seed}
        questions[name] = _differences(mine.positive, scores, among, n_units, confidence, **drawn)
    mine_right, other_right = right_labels(ours), right_labels(theirs)
    return Comparison(
        questions,
        int((mine_right & ~other_right).sum()),
        int((other_right & ~mine_right).sum()),
        *_label_test(mine_right, other_right, unit, n_units, seed),
    )


def _differences(
    positive: NDArray[np.bool_],
    scores: tuple[Floats, Floats],
    units: Units,
    n_units: int,
    confidence: float,
    **drawn: int,
) -> dict[str, Difference]:
    """Compare every figure of one question."""
    both = [Resampler(positive, each, units) for each in scores]
    once = np.ones((1, n_units))
    values = [{name: float(compute(each(once))[0]) for name, compute in FIGURES.items()} for each in both]

    def again(counts: Floats) -> dict[str, Any]:
        mine, other = (each(counts) for each in both)
        return {name: compute(mine) - compute(other) for name, compute in FIGURES.items()}

    spread = intervals.bootstrap(again, n_units, width=len(positive), **drawn)
    p_delong = delong(positive, *scores, units)
    return {
        name: Difference(
            values[0][name],
            values[1][name],
            Figure(
                values[0][name] - values[1][name],
                *(intervals.percentiles(spread[name], confidence) if spread else ()),
            ),
            _either_side(spread[name]) if spread else math.nan,
            p_delong if name == "1-ROCA%" else math.nan,
        )
        for name in FIGURES
    }


def _either_side(differences: Floats) -> float:
    """Two-sided p-value: twice the smaller part of resamples on one side of none, this mail counted in."""
    known = differences[np.isfinite(differences)]
    below, above = (int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2 * (min(below, above) + 1) / (len(known) + 1))


def right_labels(judged: Outcomes) -> NDArray[np.bool_]:
    """Tell which labels are what the human says.

    Parameters
    ----------
    judged : Outcomes

    Returns
    -------
    ndarray of shape (n_messages,), bool
        ``ham`` asks only not to be called spam.
    """
    right: NDArray[np.bool_] = np.where(
        judged.gold == "ham", judged.label != "spam", judged.label == judged.gold
    )
    return right


def _label_test(
    ours: NDArray[np.bool_], theirs: NDArray[np.bool_], unit: Units, n_units: int, seed: int
) -> tuple[float, str]:
    """Test whether one model is right more often."""
    if n_units == len(ours):
        return mcnemar(int((ours & ~theirs).sum()), int((theirs & ~ours).sum())), "McNemar, exact"
    gains = np.bincount(unit, ours.astype(float) - theirs, minlength=n_units)
    return sign_flips(gains[gains != 0], seed), "signs of units flipped"

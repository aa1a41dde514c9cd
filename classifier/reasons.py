"""Why: the exact terms of a verdict's log-odds, named by the words and signals of the message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.features.naming import Named, name_columns
from classifier.features.schema import VIEWS
from classifier.learners import Tables
from classifier.learners.precedent import shift
from classifier.rootmail.urgency import urgency_of
from classifier.verdict import Clue, Explanation, Reasons

if TYPE_CHECKING:
    from classifier.features import Extractor
    from classifier.learners.habit import Habit
    from classifier.learners.online import Corrections
    from classifier.signals import Facts

HISTORY = VIEWS.index("history")

PRECEDENT = "job.precedent"
"""Name of the clue that labels of like mail are; no signal, for what it weighs depends on all others."""


URGENCY = "job.urgency"
"""Name of the clue that the rule is, where the model knows few of a machine's words."""


def explain(
    extractor: Extractor,
    tables: Tables,
    corrections: Corrections,
    facts: Facts,
    *,
    habit: Habit | None = None,
    rule: float = 0.0,
    heard: tuple[float, float] = (0.0, 0.0),
) -> Explanation:
    """Split both log-odds of a message into clues.

    The 4-grams of one word are one clue; their weights are added up.

    Parameters
    ----------
    extractor : Extractor
    tables : Tables
    corrections : Corrections
    facts : Facts
    habit : Habit, optional
        What the reader's habits add on the columns of history.
    rule : float, default 0
        What a rule adds to machine mail of which the model knows few words, in nats.
    heard : (float, float), default (0.0, 0.0)
        How many labels of like mail say important, and unimportant.

    Returns
    -------
    Explanation
        Of each question, the contributions of all clues plus the bias are its log-odds.
    """
    named = name_columns(extractor, facts)
    starts = np.array([place.start for place in tables.schema.blocks], np.intp)
    columns = starts[named.block] + named.column
    weights, bias = corrections.weights_in(columns, tables)
    if habit is not None:
        mine = named.block == HISTORY
        weights[mine, 1] += habit.weights_of(named.column[mine])
    counts = np.bincount(named.block, minlength=len(starts))
    contributions = weights / np.sqrt(counts[named.block])[:, None]
    both = [_clues(named, weights[:, at], contributions[:, at]) for at in (0, 1)]
    if rule:
        both[1] = _strongest([*both[1], _ruled(rule, facts)])
    if any(heard):
        both[1] = _strongest([*both[1], _precedent(heard, float(contributions[:, 1].sum() + bias[1] + rule))])
    return Explanation(*(Reasons(clues, float(its)) for clues, its in zip(both, bias, strict=True)))


def _ruled(rule: float, facts: Facts) -> Clue:
    """Say what the rule makes of a job's mail; it weighs the more the fewer words the model knows."""
    past = facts.history.job if facts.history is not None else None
    told = "" if past is None else f"{urgency_of(past):.1f}"
    return Clue(URGENCY, told, rule, rule)


def _precedent(heard: tuple[float, float], log_odds: float) -> Clue:
    """Say what labels of like mail make of the model's answer."""
    moved = float(shift(np.array([log_odds]), *np.array(heard)[:, None])[0])
    important, unimportant = (f"{each:.1f}".rstrip("0").rstrip(".") for each in heard)
    return Clue(PRECEDENT, f"{important}_important,{unimportant}_unimportant", moved, moved)


def _clues(
    named: Named, weights: NDArray[np.float64], contributions: NDArray[np.float64]
) -> tuple[Clue, ...]:
    """Join what is shown alike, strongest first; what contributes nothing is no clue."""
    weight, contribution = (
        np.bincount(named.name, each, minlength=len(named.names)).tolist()
        for each in (weights, contributions)
    )
    clues = [
        Clue(*name, *sums) for name, *sums in zip(named.names, weight, contribution, strict=True) if sums[1]
    ]
    return _strongest(clues)


def _strongest(clues: Iterable[Clue]) -> tuple[Clue, ...]:
    return tuple(sorted(clues, key=lambda clue: (-abs(clue.contribution), clue.name, clue.value)))

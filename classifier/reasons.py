"""Why: the exact terms of a verdict's log-odds, named by the words and signals of the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.features.naming import name_columns
from classifier.learners import Tables
from classifier.verdict import Clue, Explanation, Reasons

if TYPE_CHECKING:
    from classifier.features import Extractor
    from classifier.learners.online import Corrections
    from classifier.signals import Facts


def explain(extractor: Extractor, tables: Tables, corrections: Corrections, facts: Facts) -> Explanation:
    """Split both log-odds of a message into clues.

    The 4-grams of one word are one clue; their weights are added up.

    Parameters
    ----------
    extractor : Extractor
    tables : Tables
    corrections : Corrections
    facts : Facts

    Returns
    -------
    Explanation
        Of each question, the contributions of all clues plus the bias are its log-odds.
    """
    named = name_columns(extractor, facts)
    blocks = np.array([each.block for each in named], np.intp)
    starts = np.array([place.start for place in tables.schema.blocks], np.intp)
    columns = starts[blocks] + np.array([each.column for each in named], np.intp)
    weights = tables.weights[columns].astype(np.float64) + corrections.weights_of(columns)
    contributions = weights / np.sqrt(np.bincount(blocks, minlength=len(starts))[blocks])[:, None]
    shown = [(each.name, each.value) for each in named]
    both = [
        Reasons(_clues(shown, weights[:, at], contributions[:, at]), float(tables.bias[at])) for at in (0, 1)
    ]
    return Explanation(*both)


def _clues(
    shown: list[tuple[str, str]], weights: NDArray[np.float64], contributions: NDArray[np.float64]
) -> tuple[Clue, ...]:
    """Join what is shown alike, strongest first; what contributes nothing is no clue."""
    joined: dict[tuple[str, str], list[float]] = {}
    for what, weight, contribution in zip(shown, weights.tolist(), contributions.tolist(), strict=True):
        sums = joined.setdefault(what, [0.0, 0.0])
        sums[0] += weight
        sums[1] += contribution
    clues = [Clue(*what, *sums) for what, sums in joined.items() if sums[1]]
    return tuple(sorted(clues, key=lambda clue: (-abs(clue.contribution), clue.name, clue.value)))

"""What would have had to be absent for the label to be another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from classifier.verdict.clues import Clue, Explanation
from classifier.verdict.cuts import Cuts, LogOdds


class Counterfactual(NamedTuple):
    """The smallest set of clues without which the label would be another.

    Parameters
    ----------
    clues : tuple of Clue
        Of the question whose answer would turn, the weightiest first.
    question : str
        That question: ``spam`` or ``importance``.
    label : str
        What the message would be called.
    log_odds : LogOdds
        What would be left of both sums.
    """

    clues: tuple[Clue, ...]
    question: str
    label: str
    log_odds: LogOdds


def turn(
    explanation: Explanation, log_odds: LogOdds, cuts: Cuts, *, spared: bool = False
) -> Counterfactual | None:
    """Find the smallest set of clues whose absence changes the label.

    Absence means that what a clue contributed to *both* sums is taken away, and all the rest stands as it is.
    That is not what the model would say of a message written without those words: there the block that
    they stood in would have fewer columns set, so each of the others would weigh a little more. (A column
    counts 1/sqrt(columns set in its block).)

    Parameters
    ----------
    explanation : Explanation
    log_odds : LogOdds
    cuts : Cuts
    spared : bool, default False
        As in :meth:`Cuts.decide`.

    Returns
    -------
    Counterfactual or None
        None where no set of clues changes the label. Of two sets of one size that of the importance.

    Notes
    -----
    The label changes only if one of the sums crosses its cut. Contributions are added up, so the fewest clues
    whose absence brings a sum over its cut are the largest that keep it from there: taken in that order
    they are the smallest set, not only a small one.
    """
    label = cuts.decide(log_odds, spared=spared)[0]

    def turned(question: str, left: float) -> bool:
        return cuts.decide(log_odds._replace(**{question: left}), spared=spared)[0] != label

    found: list[Counterfactual] = []
    for question, sign in _ways(label, spared=spared):
        clues = _fewest(explanation, log_odds, question, sign, turned)
        if clues:
            left = _without(clues, explanation, log_odds)
            found.append(Counterfactual(clues, question, cuts.decide(left, spared=spared)[0], left))
    return min(found, key=lambda each: len(each.clues), default=None)


def _ways(label: str, *, spared: bool) -> list[tuple[str, int]]:
    """Name the sums that can change the label, and the sign of the clues that keep them from it."""
    if label == "spam":
        return [("spam", 1)]
    importance = ("importance", 1 if label == "important" else -1)
    return [importance] if spared else [importance, ("spam", -1)]


def _fewest(
    explanation: Explanation,
    log_odds: LogOdds,
    question: str,
    sign: int,
    turned: Callable[[str, float], bool],
) -> tuple[Clue, ...]:
    """Take away the strongest clues of a sign until this sum by itself turns the label; () if it cannot."""
    left = getattr(log_odds, question)
    holding = [clue for clue in getattr(explanation, question).clues if clue.contribution * sign > 0]
    for taken, clue in enumerate(holding, 1):
        left -= clue.contribution
        if turned(question, left):
            return tuple(holding[:taken])
    return ()


def _without(clues: tuple[Clue, ...], explanation: Explanation, log_odds: LogOdds) -> LogOdds:
    """Take away what clues contributed to both sums."""
    gone = {clue[:2] for clue in clues}
    lost = [
        math.fsum(clue.contribution for clue in reasons.clues if clue[:2] in gone) for reasons in explanation
    ]
    return LogOdds(log_odds.spam - lost[0], log_odds.importance - lost[1])

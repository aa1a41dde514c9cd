"""Log-odds to a label, its probabilities and its reasons."""

from classifier.verdict.clues import Clue, Explanation, Reasons
from classifier.verdict.cuts import FEW, LABELS, NEVER, Cuts, LogOdds, probability
from classifier.verdict.verdict import Verdict

__all__ = [
    "FEW",
    "LABELS",
    "NEVER",
    "Clue",
    "Cuts",
    "Explanation",
    "LogOdds",
    "Reasons",
    "Verdict",
    "probability",
]

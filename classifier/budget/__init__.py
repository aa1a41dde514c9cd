"""How much important mail may be lost: the bound, the evidence for it, and the cuts that keep to it."""

from classifier.budget.binomial import CONFIDENCE, allowed_errors, clopper_pearson, trials_needed, upper_bound
from classifier.budget.evidence import Evidence, Ladder
from classifier.budget.promise import Promise, Settled, settle
from classifier.budget.terms import Terms

__all__ = [
    "CONFIDENCE",
    "Evidence",
    "Ladder",
    "Promise",
    "Settled",
    "Terms",
    "allowed_errors",
    "clopper_pearson",
    "settle",
    "trials_needed",
    "upper_bound",
]

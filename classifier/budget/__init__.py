"""How much important mail may be lost: the bound, the evidence for it, and the cuts that keep to it.

Names are imported when they are first used: who has no budget does not wait for one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.budget.binomial import CONFIDENCE as CONFIDENCE
    from classifier.budget.binomial import allowed_errors as allowed_errors
    from classifier.budget.binomial import clopper_pearson as clopper_pearson
    from classifier.budget.binomial import trials_needed as trials_needed
    from classifier.budget.binomial import upper_bound as upper_bound
    from classifier.budget.evidence import Evidence as Evidence
    from classifier.budget.evidence import Ladder as Ladder
    from classifier.budget.promise import Promise as Promise
    from classifier.budget.promise import Settled as Settled
    from classifier.budget.promise import settle as settle
    from classifier.budget.terms import Terms as Terms

_HOMES = {
    "CONFIDENCE": "binomial",
    "Evidence": "evidence",
    "Ladder": "evidence",
    "Promise": "promise",
    "Settled": "promise",
    "Terms": "terms",
    "allowed_errors": "binomial",
    "clopper_pearson": "binomial",
    "settle": "promise",
    "trials_needed": "binomial",
    "upper_bound": "binomial",
}

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


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value

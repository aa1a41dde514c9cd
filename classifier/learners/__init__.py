"""Learners: plain numpy to train and run, and scikit-learn estimators over it for notebooks and pipelines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from classifier.learners.tables import QUESTIONS, Tables

if TYPE_CHECKING:
    from classifier.learners.adaptive import AdaptiveLearner as AdaptiveLearner
    from classifier.learners.bayes import BayesLearner as BayesLearner
    from classifier.learners.fused import FusedLearner as FusedLearner
    from classifier.learners.linear import LinearLearner as LinearLearner

__all__ = ["QUESTIONS", "AdaptiveLearner", "BayesLearner", "FusedLearner", "LinearLearner", "Tables"]

_TRAINING = {
    "AdaptiveLearner": "adaptive",
    "BayesLearner": "bayes",
    "FusedLearner": "fused",
    "LinearLearner": "linear",
}


def __getattr__(name: str) -> Any:
    """Import what trains only when asked: it brings scikit-learn."""
    if name in _TRAINING:
        return getattr(import_module(f"classifier.learners.{_TRAINING[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Active learning: which messages of a mailbox teach most when somebody labels them."""

from classifier.evaluate.suggest.suggesting import Suggestion, suggest

__all__ = ["Suggestion", "suggest"]

"""Signals and words to hashed columns: stateless, a batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.features.extractor import Extractor
from classifier.features.rows import BlockRows, Rows
from classifier.features.schema import Block, Schema

if TYPE_CHECKING:
    from classifier.features.vectorizer import MailVectorizer as MailVectorizer

__all__ = ["Block", "BlockRows", "Extractor", "MailVectorizer", "Rows", "Schema"]


def __getattr__(name: str) -> Any:
    """Import the transformer only when asked: it brings scikit-learn."""
    if name == "MailVectorizer":
        from classifier.features.vectorizer import MailVectorizer

        return MailVectorizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

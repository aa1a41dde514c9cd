"""The morning's read for a mailbox of machine mail: what needs you, what did not come, the rest folded."""

from __future__ import annotations

from classifier.digest.collect import Collector
from classifier.digest.parts import Digest, Entry, Excerpt, Fold, Late, Matter, Urgent

__all__ = ["Collector", "Digest", "Entry", "Excerpt", "Fold", "Late", "Matter", "Urgent"]

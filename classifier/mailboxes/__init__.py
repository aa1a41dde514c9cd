"""Where messages come from and go to, as streams: the memory used does not grow with the mailbox."""

from __future__ import annotations

from .base import Mailbox, Original, Part, Problem, Span, Stored, read_span
from .detect import FORMATS, open_mailbox
from .mbox import borders

__all__ = [
    "FORMATS",
    "Mailbox",
    "Original",
    "Part",
    "Problem",
    "Span",
    "Stored",
    "borders",
    "open_mailbox",
    "read_span",
]

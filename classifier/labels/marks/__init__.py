"""Labels that people left on their mail without meaning to teach anybody: flags, folders, reports."""

from __future__ import annotations

from classifier.labels.marks.attached import read_forwarded
from classifier.labels.marks.exchange import read_exchange
from classifier.labels.marks.feedback import read_arf
from classifier.labels.marks.flags import read_flags
from classifier.labels.marks.gmail import read_takeout
from classifier.labels.marks.marked import MARKS, Marked, MarkedMail, MarkReader, open_marks

__all__ = [
    "MARKS",
    "MarkReader",
    "Marked",
    "MarkedMail",
    "open_marks",
    "read_arf",
    "read_exchange",
    "read_flags",
    "read_forwarded",
    "read_takeout",
]

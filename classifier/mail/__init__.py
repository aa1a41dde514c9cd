"""Bytes to facts about one message: the bottom room; it knows nothing of any other.

Damage never raises here: it becomes a name in :attr:`Message.defects`.
"""

from __future__ import annotations

from .address import Address
from .date import Timestamp
from .defects import DEFECTS
from .headers import Header, Headers
from .html_facts import HtmlFacts, Link
from .message import Message
from .mime import Part
from .readable import Attachment

__all__ = [
    "DEFECTS",
    "Address",
    "Attachment",
    "Header",
    "Headers",
    "HtmlFacts",
    "Link",
    "Message",
    "Part",
    "Timestamp",
]

"""Answers of the DNS: off by default, recorded with their date, or live.

>>> from classifier.lookup import open_lookup
>>> with open_lookup("off") as lookup:
...     lookup.answers_for(["example.org"]).topology("example.org").outcome
'off'
"""

from __future__ import annotations

from classifier.lookup.answers import Answer, Answers, Status
from classifier.lookup.modes import Live, Lookup, Recorded, domains_of, gather, open_lookup

__all__ = ["Answer", "Answers", "Live", "Lookup", "Recorded", "Status", "domains_of", "gather", "open_lookup"]

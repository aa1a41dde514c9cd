"""Answers of the DNS: off by default, recorded with their date, or live.

Names are imported at first use: who only scores mail, with lookups off, pays for none of this.

>>> from classifier.lookup import open_lookup
>>> with open_lookup("off") as lookup:
...     lookup.answers_for(["example.org"]).topology("example.org").outcome
'off'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.lookup.answers import Answer, Answers, Status
    from classifier.lookup.modes import Live, Lookup, Recorded, domains_of, gather, open_lookup

_HOMES = {
    "Answer": "answers",
    "Answers": "answers",
    "Status": "answers",
    "Live": "modes",
    "Lookup": "modes",
    "Recorded": "modes",
    "domains_of": "modes",
    "gather": "modes",
    "open_lookup": "modes",
}

__all__ = ["Answer", "Answers", "Live", "Lookup", "Recorded", "Status", "domains_of", "gather", "open_lookup"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for. PEP 562."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__

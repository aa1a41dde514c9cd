"""What other filters wrote into a message: kept apart, for a filter that learns from them learns to copy.

Anybody can write these fields too; none is believed for anything but as a signal that somebody switched on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.patterns import pattern

if TYPE_CHECKING:
    from .headers import Headers

_SCORE = pattern(r"\b(?:score|hits)\s*=\s*([+-]?\d{1,6}(?:\.\d{1,6})?)", re.ASCII)
_RSPAMD = pattern(r"\[\s*([+-]?\d{1,6}(?:\.\d{1,6})?)\s*/\s*[+-]?\d", re.ASCII)
_WORD = pattern(r"\s*([A-Za-z]{1,20})")
_WHOLE = pattern(r"\s*([+-]?\d{1,4})\s*\Z", re.ASCII)
_REPORT = pattern(r"(?:\A|;)\s*([A-Z]{2,8}):([^;\s]{0,40})")
CHARS = 2000
"""Characters of a field that are read."""


def verdict(headers: Headers, name: bytes) -> str:
    """Read the first word of such a field.

    Parameters
    ----------
    headers : Headers
    name : bytes
        ``x-spam-status`` (SpamAssassin), ``x-spam-flag``, ``x-bogosity`` (bogofilter).

    Returns
    -------
    str
        Lower case; '' where there is none.
    """
    found = _WORD.match((headers.unfolded(name) or "")[:CHARS])
    return found[1].lower() if found else ""


def score(headers: Headers) -> float | None:
    """Return SpamAssassin's score.

    Parameters
    ----------
    headers : Headers

    Returns
    -------
    float or None
    """
    return _number(_SCORE, headers, b"x-spam-status")


def rspamd_score(headers: Headers) -> float | None:
    """Return rspamd's score.

    Parameters
    ----------
    headers : Headers

    Returns
    -------
    float or None
    """
    return _number(_RSPAMD, headers, b"x-spamd-result")


def spam_confidence(headers: Headers) -> float | None:
    """Return Exchange's spam confidence level.

    Parameters
    ----------
    headers : Headers

    Returns
    -------
    float or None
        From -1 (trusted) to 9.
    """
    level = _number(_WHOLE, headers, b"x-ms-exchange-organization-scl")
    if level is None and (told := forefront(headers, "SCL")):
        found = _WHOLE.match(told)
        return float(found[1]) if found else None
    return level


def forefront(headers: Headers, key: str) -> str:
    """Return one entry of Exchange Online's report.

    Parameters
    ----------
    headers : Headers
    key : str
        ``SCL``, ``SFV`` (verdict of the filter), ``CAT`` (category), ``CTRY`` (country of the sender).

    Returns
    -------
    str
        As written; '' where there is none.
    """
    report = (headers.unfolded(b"x-forefront-antispam-report") or "")[:CHARS]
    return next((found[2] for found in _REPORT.finditer(report) if found[1] == key), "")


def _number(pattern: re.Pattern[str], headers: Headers, name: bytes) -> float | None:
    """Find a number in the first field of a name."""
    found = pattern.search((headers.unfolded(name) or "")[:CHARS])
    return float(found[1]) if found else None

"""Text to its shape: what kind of characters it is made of, not which."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_MIXED = re.compile(r"[^\W_]+")


def shape(text: str) -> str:
    """Replace runs of letters by ``a`` and runs of digits by ``9``.

    Parameters
    ----------
    text : str
        Of bounded length.

    Returns
    -------
    str

    Examples
    --------
    >>> shape("ann.lee_1970")
    'a.a_9'
    """
    return _DIGITS.sub("9", _LETTERS.sub("a", text))


def mixed_shape(text: str) -> str:
    """Replace runs of letters by ``a``, of digits by ``9``, of both by ``x``.

    Random tokens mix both: their shape stays the same from one message to the next.

    Parameters
    ----------
    text : str
        Of bounded length.

    Returns
    -------
    str

    Examples
    --------
    >>> mixed_shape("20260101.4f3a9b@")
    '9.x@'
    """
    return _MIXED.sub(_kind, text)


def _kind(run: re.Match[str]) -> str:
    """Tell what one run is made of."""
    text = run[0]
    if text.isdigit():
        return "9"
    return "a" if text.isalpha() else "x"

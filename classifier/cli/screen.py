"""Text that comes from mail, made safe and measured for a terminal."""

from __future__ import annotations

import os
import re
import sys
import unicodedata

PIPED_WIDTH = 120
"""Columns of a table that goes into a file or a pipe: the same on every machine."""

NARROWEST = 40
"""Below this many columns nothing can be laid out; lines then simply wrap."""

# What breaks a line (C0's own, NEL, Unicode's separators) becomes a space; what commands a terminal or
# reorders text on it vanishes (C0, DEL, C1, the bidirectional controls of UAX 9, table 1); a lone
# surrogate, which no UTF-8 can carry, is replaced. One expression, for every command waits for it.
_SUSPECT = re.compile(
    "([\t\n\v\f\r\x85\u2028\u2029]+)|([\ud800-\udfff])"
    "|[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean(text: str) -> str:
    r"""Strip what could command a terminal or break a line.

    Parameters
    ----------
    text : str
        From a stranger: a header, a file name, an error about them.

    Returns
    -------
    str
        The same on one line, without C0, C1 and bidirectional controls, encodable as UTF-8.

    Examples
    --------
    >>> clean("a\x1b[31mb\r\n c")
    'a[31mb  c'
    """
    return text if text.isprintable() else _SUSPECT.sub(_harmless, text)  # nearly all text is printable


def bounded(text: str, limit: int) -> str:
    """Clean a text and cut it to a number of characters.

    Parameters
    ----------
    text : str
        From a stranger.
    limit : int
        Characters to keep at most; an ellipsis stands for the rest.

    Returns
    -------
    str
    """
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return clean(short)


def cells(text: str) -> int:
    """Count the columns that a text takes on a terminal.

    Parameters
    ----------
    text : str
        Already clean.

    Returns
    -------
    int
        Two for wide and full-width characters, none for combining ones.
        Source: Unicode 15, UAX 11, section 5.
    """
    if text.isascii():
        return len(text)
    return sum(_cell(letter) for letter in text)


def fit(text: str, width: int) -> str:
    """Cut or pad a text to exactly so many columns.

    Parameters
    ----------
    text : str
        From a stranger; it is cleaned.
    width : int
        Columns.

    Returns
    -------
    str
    """
    text = clean(text[: 4 * width + 4])  # no more can show, and a subject may be megabytes
    if cells(text) > width:
        text = _cut(text, width - 1) + "…"
    return text + " " * (width - cells(text))


def screen_width() -> int:
    """Tell how wide a table may be.

    Returns
    -------
    int
        The terminal's columns, or :data:`PIPED_WIDTH` where standard output is none.
    """
    if not sys.stdout.isatty():
        return PIPED_WIDTH
    import shutil

    return max(NARROWEST, shutil.get_terminal_size().columns)


def coloured() -> bool:
    """Tell whether colour is welcome.

    Returns
    -------
    bool
        Only on a terminal that can, and never where ``NO_COLOR`` is set (no-color.org).
    """
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def heading(text: str) -> str:
    """Make a line stand out, where colour is welcome.

    Parameters
    ----------
    text : str
        Already clean.

    Returns
    -------
    str
    """
    return f"\x1b[1m{text}\x1b[0m" if coloured() else text


def _harmless(match: re.Match[str]) -> str:
    """Say what stands for something suspect."""
    return " " if match[1] else "\N{REPLACEMENT CHARACTER}" if match[2] else ""


def _cell(letter: str) -> int:
    """Columns of one character."""
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _cut(text: str, width: int) -> str:
    """Return the longest beginning that fits."""
    used = 0
    for place, letter in enumerate(text):
        used += _cell(letter)
        if used > width:
            return text[:place]
    return text

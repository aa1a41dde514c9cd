"""Text that comes from mail, measured for a terminal."""

from __future__ import annotations

import os
import sys
import unicodedata

from classifier.output.safe import clean

PIPED_WIDTH = 120
"""Columns of a table that goes into a file or a pipe: the same on every machine."""

NARROWEST = 40
"""Below this many columns nothing can be laid out; lines then simply wrap."""


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

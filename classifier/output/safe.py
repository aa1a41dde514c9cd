"""Text that comes from mail, made safe for a terminal, a line of a file, a spreadsheet."""

from __future__ import annotations

import re

from classifier.patterns import pattern

TEXT_LIMIT = 998
"""Characters kept of a header: what one line of mail may hold (RFC 5322, section 2.1.1), as some are huge."""

# What breaks a line (C0's own, NEL, Unicode's separators) becomes a space; what commands a terminal or
# reorders text on it vanishes (C0, DEL, C1, the bidirectional controls of UAX 9, table 1); a lone
# surrogate, which no UTF-8 can carry, is replaced. One expression, for every command waits for it.
_SUSPECT = pattern(
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


def encodable(name: str) -> str:
    """Spell a file name that is no UTF-8; any other stays exactly what finds the message again.

    Parameters
    ----------
    name : str
        As the system gave it.

    Returns
    -------
    str
    """
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def no_formula(cell: str) -> str:
    """Disarm what a spreadsheet would execute (CWE-1236).

    Parameters
    ----------
    cell : str

    Returns
    -------
    str
        With an apostrophe in front where it would be taken for a formula.
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


def _harmless(match: re.Match[str]) -> str:
    """Say what stands for something suspect."""
    return " " if match[1] else "\N{REPLACEMENT CHARACTER}" if match[2] else ""

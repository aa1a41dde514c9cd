"""Text to its shape: what kind of characters it is made of, not which."""

from __future__ import annotations

from classifier.patterns import pattern

_DIGITS = pattern(r"[0-9]+")
_LETTERS = pattern(r"[A-Za-z]+")
_RUNS = pattern(r"[A-Za-z0-9]+")
DIGITS = b"0123456789"
UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = b"abcdefghijklmnopqrstuvwxyz"

_EACH = bytes.maketrans(
    DIGITS + UPPER + LOWER + bytes(range(128, 256)),
    b"9" * len(DIGITS) + b"a" * len(UPPER + LOWER) + b"?" * 128,
)


def digits_in(text: str) -> int:
    """Count the digits 0 to 9; bytes are counted ten times as fast as characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    int
    """
    found = text.encode("ascii", "ignore")
    return len(found) - len(found.translate(None, DIGITS))


def picture(raw: bytes) -> str:
    """Replace each letter by ``a``, each digit by ``9`` and each byte beyond ASCII by ``?``.

    Parameters
    ----------
    raw : bytes
        Of bounded length; folding is undone.

    Returns
    -------
    str

    Examples
    --------
    >>> picture(b"1 Jan 2026")
    '9 aaa 9999'
    """
    return b" ".join(raw.translate(_EACH).split()).decode("ascii")


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


def skeleton(text: str) -> str:
    """Replace runs of letters and digits by ``x``, with a first sign for what the text begins with.

    Random tokens mix letters and digits at random: only the marks between them are a program's habit.

    Parameters
    ----------
    text : str
        Of bounded length.

    Returns
    -------
    str
        It begins with 9 where the first six characters are digits, a where they are letters, else x.

    Examples
    --------
    >>> skeleton("20260101.4f3a9b")
    '9:x.x'
    """
    start = text[:6]
    kind = "9" if start.isdigit() else "a" if start.isalpha() else "x"
    return f"{kind}:{_RUNS.sub('x', text)}"

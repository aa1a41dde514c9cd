"""Keywords that mailtriage itself leaves on messages of a mail store, to be told from those of the reader.

A message that was marked carries ``mailtriage-LABEL`` beside the keyword that mail programs know. So nobody
learns from mailtriage's own marks as if the reader had left them, and a mark that the reader takes back, or
replaces, is his word.
"""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "mailtriage-"
_AGREES = {
    "spam": frozenset(("spam",)),
    "important": frozenset(("important", "ham")),
    "unimportant": frozenset(("ham",)),
}
"""What was set by us, beside the signature, may say so much."""


def signature(label: str) -> str:
    """Name the keyword that says: mailtriage called this so.

    Parameters
    ----------
    label : str
        A label, or "unsure".

    Returns
    -------
    str
    """
    return PREFIX + label


def signed(flags: Iterable[str]) -> str:
    """Find what mailtriage called a message.

    Parameters
    ----------
    flags : iterable of str
        In lower case.

    Returns
    -------
    str
        A label, "unsure", or '' where it was not marked.
    """
    return next((flag.removeprefix(PREFIX) for flag in sorted(flags) if flag.startswith(PREFIX)), "")


def by_the_reader(said: set[str], flags: Iterable[str]) -> set[str]:
    """Take away from what keywords say what mailtriage itself said by them.

    Parameters
    ----------
    said : set of str
        Labels that keywords stand for.
    flags : iterable of str
        All of the message.

    Returns
    -------
    set of str
    """
    return said - _AGREES.get(signed(flags), frozenset())

"""The domain that somebody registered: ``example.co.uk`` for ``mail.news.example.co.uk``."""

from __future__ import annotations

from functools import lru_cache

MAX_LABELS = 8
"""No public suffix has more than six labels; names far below that are cut before they are looked at."""


@lru_cache(maxsize=1)
def _rules() -> frozenset[str]:
    """Read the Public Suffix List that the library publicsuffixlist ships and keeps current.

    Only the lines are kept as they stand. The library's own reading also encodes each rule for IDNA,
    which takes 80 ms, ten times as long as this and more than everything else in a cold start.
    Comments stay in the set: none of them can equal a domain.
    """
    from publicsuffixlist import PSLFILE  # only who asks for a domain pays for it

    with open(PSLFILE, encoding="utf-8") as lines:
        return frozenset(lines.read().split("\n"))


def _unicode(label: str) -> str:
    """Spell a label as the list does: the rules for international names are written in Unicode."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


@lru_cache(maxsize=16384)
def organisational_domain(domain: str) -> str:
    """Return the registrable part of a domain: its public suffix and one label more.

    Parameters
    ----------
    domain : str
        Lower case; a final dot is ignored.

    Returns
    -------
    str
        The domain itself where it has a single label, is an address literal, or is itself a public suffix.

    Source
    ------
    RFC 7489 section 3.2 (organizational domain); publicsuffix.org, "Format" (longest rule, ``*`` and ``!``).

    Examples
    --------
    >>> organisational_domain("mail.news.example.co.uk")
    'example.co.uk'
    """
    domain = domain.rstrip(".")
    labels = domain.split(".")[-MAX_LABELS:]
    if len(labels) < 3 or domain.startswith("["):
        return domain
    if labels[-1].isdigit():  # an IPv4 address written without its brackets
        return domain
    listed = [_unicode(label) for label in labels] if "xn--" in domain else labels
    return ".".join(labels[-(_suffix_length(listed) + 1) :])


def _suffix_length(labels: list[str]) -> int:
    """Count the labels of the public suffix: the longest rule wins, an exception beats it."""
    rules = _rules()
    found, name = 1, labels[-1]
    for length in range(2, len(labels) + 1):
        parent, name = name, f"{labels[-length]}.{name}"
        if name in rules:
            found = length
        elif "*." + parent in rules:  # exceptions stand beside such rules only
            found = length - 1 if "!" + name in rules else length
    return found

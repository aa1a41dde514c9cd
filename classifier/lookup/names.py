"""Domain names: what may be asked for, in the one spelling that questions use."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from classifier.patterns import pattern

MAX_NAME = 253
"""Characters of a name in text without its final dot; 255 octets on the wire. RFC 1035 section 2.3.4."""

MAX_LABEL = 63
"""Octets of a label. RFC 1035 section 2.3.4."""

MAX_WRITTEN = 1024
"""Characters of a name as written that are looked at: 63 letters of any script take four octets each, and
no more fit."""

NAMES_KEPT = 32768
"""How many names the caches below remember; a batch rarely has more distinct domains."""

# Underscores are no host names (RFC 1123 section 2.1), yet the DNS answers them and mail has them.
_LABEL = pattern(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_ADDRESS = pattern(r"\d{1,3}(?:\.\d{1,3}){3}\Z")


def ask_as(domain: str) -> str:
    """Spell a domain the way it is asked for.

    Parameters
    ----------
    domain : str
        As it stands in an address or a record: any case or script, with or without a final dot.

    Returns
    -------
    str
        Lower case, A-labels, no final dot; '' for what is no domain name (see `why_illegal`).

    Examples
    --------
    >>> ask_as("Bücher.Example.")
    'xn--bcher-kva.example'
    >>> ask_as("under..dots")
    ''
    """
    return _spelled(domain[: MAX_WRITTEN + 1])[0]


def why_illegal(domain: str) -> str:
    """Say why a text is no domain name.

    Parameters
    ----------
    domain : str

    Returns
    -------
    str
        A reason with its source; '' for a legal name.
    """
    return _spelled(domain[: MAX_WRITTEN + 1])[1]


@lru_cache(maxsize=NAMES_KEPT)
def _spelled(domain: str) -> tuple[str, str]:
    """Find the spelling to ask for, or '' and the reason why there is none."""
    name = domain.lower()
    if not name.isascii():
        name, reason = _to_ascii(name)
        if reason:
            return "", reason
    name = name.removesuffix(".")
    reason = _complaint(name)
    return ("", reason) if reason else (name, "")


def _to_ascii(name: str) -> tuple[str, str]:
    """A-labels of a name in another script, or the reason why it has none."""
    import idna

    if len(name) > MAX_WRITTEN:
        return "", f"longer than {MAX_NAME} characters (RFC 1035 section 2.3.4)"
    try:
        return idna.encode(name, uts46=True).decode("ascii"), ""
    except (idna.IDNAError, UnicodeError):
        return "", "no internationalised domain name (RFC 5891 section 4)"


def _complaint(name: str) -> str:
    """Say what is wrong with a name in ASCII, or ''."""
    if not name:
        return "empty"
    if len(name) > MAX_NAME:
        return f"longer than {MAX_NAME} characters (RFC 1035 section 2.3.4)"
    if is_address(name) or name.startswith("["):
        return "an address, not a domain name (RFC 5321 section 4.1.3)"
    for label in name.split("."):
        if not label:
            return "has an empty label (RFC 1035 section 2.3.1)"
        if len(label) > MAX_LABEL:
            return f"has a label longer than {MAX_LABEL} octets (RFC 1035 section 2.3.4)"
        if not _LABEL.match(label):
            return "has characters that no domain name has (RFC 1035 section 2.3.1)"
    return ""


def is_address(name: str) -> bool:
    """Tell whether a name is really an IPv4 address, a common mistake in MX records.

    Parameters
    ----------
    name : str
        Without a final dot.

    Returns
    -------
    bool
    """
    return bool(_ADDRESS.match(name))


def readable(name: str) -> str:
    """Spell a name for people.

    Parameters
    ----------
    name : str
        With A-labels.

    Returns
    -------
    str
        With U-labels where they are legal, else as it was. Source: RFC 5891 section 5.
    """
    if "xn--" not in name:
        return name
    import idna

    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def scripts(name: str) -> frozenset[str]:
    """Name the scripts that a domain's letters come from, the usual ground of a homograph.

    Parameters
    ----------
    name : str
        With A-labels or U-labels.

    Returns
    -------
    frozenset of str
        First words of the letters' Unicode names: ``{'LATIN', 'CYRILLIC'}``. Han, kana and hangul count as
        one, for Japanese and Korean mix them. The top-level domain is left out: it is often Latin below
        other scripts. Source: Unicode UTS 39 section 5.1, simplified.
    """
    found = set()
    for letter in readable(name).rpartition(".")[0]:
        if letter.isalpha():
            script = unicodedata.name(letter, "UNKNOWN").partition(" ")[0]
            found.add("HAN" if script in _EAST else script)
    return frozenset(found)


_EAST = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "HALFWIDTH", "KATAKANA-HIRAGANA"}
)

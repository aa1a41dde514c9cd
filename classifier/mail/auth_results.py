"""Authentication-Results: fields and their kin: what a server found when it checked a message."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from classifier.patterns import pattern

FIELD_BYTES: Final = 8192
"""Bytes of one field that are read: a message with twenty signatures was seen to need 4 KiB."""

RESULTS: Final = 64
"""Results taken from one field."""

WORDS: Final = frozenset({"pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"})
"""RFC 8601 sections 2.7.1 to 2.7.4, and RFC 7208 section 2.6 for softfail."""

_OLD_WORDS = {
    "hardfail": "fail",
    "bestguesspass": "none",
    "error": "temperror",
    "unknown": "permerror",
    "discard": "policy",
}
_COMMENT = r"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.|\([^()]*+\))*+\))*+\)"
_BLANK = rf"(?:\s++|{_COMMENT})*+"
_AUTHSERV = pattern(
    rf"{_BLANK}(?:i\s*+=\s*+(\d{{1,3}})\s*+;{_BLANK})?"
    rf'("[^"]{{1,255}}"|[^\s;()="]{{1,255}}+)(?!\s*+=){_BLANK}(?:\d{{1,3}}\s*+)?(?=;|\Z)'
)
_RESULT = pattern(
    rf"(?:;|\A){_BLANK}([A-Za-z][\w-]{{0,30}})(?:/\d{{1,3}})?{_BLANK}={_BLANK}([A-Za-z]{{1,20}})"
    rf'((?:{_COMMENT}|"[^"]*+"|[^;"(]|["(])*+)',
    re.DOTALL,
)
_PROPERTY = pattern(
    rf"([A-Za-z]{{1,20}}\.[\w-]{{1,60}}){_BLANK}={_BLANK}"
    r'("[^"]{0,255}"|[^\s;()"]{1,255})'
)
_COMMENTS = pattern(_COMMENT)


class Result(NamedTuple):
    """What one method found.

    Attributes
    ----------
    method : str
        Lower case: ``spf``, ``dkim``, ``dmarc``, ``arc``, ``iprev``, ``auth``.
    word : str
        One of `WORDS`; '' for a word of no RFC.
    text : str
        Comments and properties, as they stand.
    """

    method: str
    word: str
    text: str

    def property(self, name: str) -> str:
        """Return what was checked.

        Parameters
        ----------
        name : str
            Such as ``header.d`` or ``smtp.mailfrom`` (RFC 8601 section 2.7).

        Returns
        -------
        str
            Lower case without quotes; '' where it is not told.
        """
        for found in _PROPERTY.finditer(_COMMENTS.sub(" ", self.text)):
            if found[1].lower() == name:
                return found[2].strip('"<>').lower()
        return ""

    def domain(self, *names: str) -> str:
        """Return the domain of the first property that is told, lower case; '' where none is."""
        for name in names:
            value = self.property(name)
            if value:
                return value.rpartition("@")[2].strip("<>.")
        return ""


class AuthResults(NamedTuple):
    """One field.

    Attributes
    ----------
    authserv_id : str
        Who checked, lower case; '' where the field does not say, as at Microsoft.
    instance : int
        Of an ARC set, from 1; 0 for a plain field.
    results : tuple of Result
    """

    authserv_id: str
    instance: int
    results: tuple[Result, ...]


def authserv_id(raw: bytes) -> str:
    """Read only who checked: cheap, for most fields are not to be believed.

    Parameters
    ----------
    raw : bytes
        The field behind its colon.

    Returns
    -------
    str
        Lower case; '' where the field does not say.
    """
    found = _AUTHSERV.match(raw[:FIELD_BYTES].decode("utf-8", "replace"))
    return found[2].strip('"').lower() if found else ""


@lru_cache(maxsize=1024)
def parse_auth_results(raw: bytes) -> AuthResults:
    """Read an Authentication-Results: or ARC-Authentication-Results: field.

    Parameters
    ----------
    raw : bytes
        What stands behind the colon, folded or not.

    Returns
    -------
    AuthResults
        With no results for what has none, whatever it is.

    Notes
    -----
    Source: RFC 8601 section 2.2 (syntax), RFC 8617 section 4.1.1 (with instance).

    Examples
    --------
    >>> field = parse_auth_results(b" mx.example.org; spf=pass smtp.mailfrom=a@example.com; dkim=none")
    >>> field.authserv_id, [(r.method, r.word) for r in field.results]
    ('mx.example.org', [('spf', 'pass'), ('dkim', 'none')])
    >>> field.results[0].domain("smtp.mailfrom")
    'example.com'
    """
    text = raw[:FIELD_BYTES].decode("utf-8", "replace")
    head = _AUTHSERV.match(text)
    start = head.end() if head else 0
    results: list[Result] = []
    for found in _RESULT.finditer(text, start):
        method, word, rest = found.groups()
        results.append(Result(method.lower(), result_word(word), rest))
        if len(results) == RESULTS:
            break
    if head is None:
        return AuthResults("", 0, tuple(results))
    return AuthResults(head[2].strip('"').lower(), int(head[1] or 0), tuple(results))


def result_word(word: str) -> str:
    """Spell a result as the RFCs do.

    Parameters
    ----------
    word : str

    Returns
    -------
    str
        One of `WORDS`, or ''.
    """
    word = word.lower()
    word = _OLD_WORDS.get(word, word)
    return word if word in WORDS else ""

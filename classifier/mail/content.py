"""Content-Type, Content-Disposition, Content-Transfer-Encoding: a value and its parameters.

Most mail repeats a few dozen values, so the results are remembered by their raw bytes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from classifier.patterns import pattern

from .bounds import PARAMETER_BYTES
from .charsets import decode
from .encoded_words import decode_words
from .headers import unfold

_PARAMETER = pattern(
    r';\s*+([^\s=;*]++)(?:\*(\d{1,3}))?(\*)?\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))', re.DOTALL
)
_VALUE = pattern(r"\s*+([^\s;()]*+)")
_TYPE = pattern(r"[!-'*+.0-9A-Z^-~-]++/[!-'*+.0-9A-Z^-~-]++\Z")
_ESCAPE = pattern(r"\\(.)", re.DOTALL)
_REMEMBERED_BYTES = 200


class Content(NamedTuple):
    """A value with parameters, as in ``text/plain; charset=utf-8``.

    Attributes
    ----------
    value : str
        Before the first semicolon, in lower case.
    parameters : dict of str to str
        Names in lower case; RFC 2231 pieces joined, RFC 2047 words (which many senders put here
        against the rules) decoded.
    defects : frozenset of str
        What was wrong with it.
    """

    value: str
    parameters: dict[str, str]
    defects: frozenset[str]


def parse_content(raw: bytes) -> Content:
    """Read one such field.

    Parameters
    ----------
    raw : bytes
        What stood behind the colon.

    Returns
    -------
    Content

    Notes
    -----
    Source: RFC 2045 section 5.1, RFC 2183 section 2, RFC 2231 sections 3 to 5.
    """
    return _remembered(raw) if len(raw) <= _REMEMBERED_BYTES else _parse(raw)


def _parse(raw: bytes) -> Content:
    defects: set[str] = set()
    if len(raw) > PARAMETER_BYTES:
        defects.add("parameters_too_long")
    text = unfold(raw[:PARAMETER_BYTES], defects)
    found = _VALUE.match(text)
    value = found[1].lower() if found else ""
    parameters = _parameters(text, defects) if ";" in text else {}
    return Content(value, parameters, frozenset(defects))


_remembered = lru_cache(maxsize=1024)(_parse)


def media_type(content: Content, defects: set[str]) -> str:
    """``type/subtype``, or text/plain where it is damaged (RFC 2045 section 5.2)."""
    if _TYPE.match(content.value.upper()):
        return content.value
    defects.add("bad_content_type")
    return "text/plain"


def _parameters(text: str, defects: set[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, number, extended, quoted, bare in _PARAMETER.findall(text):
        key = name.lower()
        value = _ESCAPE.sub(r"\1", quoted) if "\\" in quoted else quoted
        value = value or bare.strip()
        if number or extended:
            pieces.setdefault(key, []).append((int(number or 0), bool(extended), value))
        elif key not in parameters:
            parameters[key] = decode_words(value, defects) if "=?" in value else value
    for key, numbered in pieces.items():
        parameters[key] = _joined(sorted(numbered), defects)
    return parameters


def _joined(pieces: list[tuple[int, bool, str]], defects: set[str]) -> str:
    """RFC 2231: pieces in order; the first extended one names the charset for all that are extended."""
    from urllib.parse import unquote_to_bytes  # rarely needed, slow to import

    charset: str | None = None
    data = b""
    for place, (_, extended, written) in enumerate(pieces):
        value = written
        if extended and place == 0 and written.count("'") >= 2:
            charset, _, value = written.split("'", 2)
        encoded = value.encode("utf-8", "surrogateescape")
        data += unquote_to_bytes(encoded) if extended else encoded
    return decode(data, charset or None, defects)

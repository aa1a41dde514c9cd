"""RFC 2047: text of other charsets in header fields, including the damage seen every day.

The standard library's :func:`email.header.decode_header` stops at a space inside a word and cuts
multibyte letters at word ends; both are common, so the few lines are our own. One pass, linear.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from classifier.patterns import pattern

from .charsets import decode

_START = pattern(r"=\?([^\s?=]{1,60})\?([bBqQ])\?")
_TWO_DIGITS = pattern(r"[0-9A-Fa-f]{2}")
_NOT_IN_WORD = pattern(r"\s|=\?")
_NOT_BASE64 = pattern(rb"[^A-Za-z0-9+/]+")


class _Word(NamedTuple):
    charset: str
    is_base64: bool
    text: str


def decode_words(value: str, defects: set[str]) -> str:
    """Decode the encoded words in an unfolded field.

    Parameters
    ----------
    value : str
        The field's text, unfolded.
    defects : set of str
        Gets ``bad_encoded_word`` where a word is damaged, and charset defects.

    Returns
    -------
    str

    Notes
    -----
    Source: RFC 2047 sections 2, 4 and 6.2 (white space between neighbours is dropped), RFC 2231
    section 5 (language behind the charset).
    """
    out: list[str] = []
    run: list[_Word] = []
    at = 0
    while True:
        found = _next_word(value, at, defects)
        if found is None:
            break
        start, end, word = found
        between = value[at:start]
        if not (run and (not between or between.isspace())):
            out.append(_text_of(run, defects))
            out.append(between)
            run = []
        run.append(word)
        at = end
    out.append(_text_of(run, defects))
    out.append(value[at:])
    return "".join(out)


def _next_word(value: str, at: int, defects: set[str]) -> tuple[int, int, _Word] | None:
    """Find the next word that has an end; each letter is passed once."""
    start = _START.search(value, at)
    if start is None:
        return None
    end = _end_of(value, start)
    if end < 0:
        defects.add("bad_encoded_word")
        return None
    inner = value.rfind("=?", start.end(), end)  # a word that lost its end, before one that has one
    if inner >= 0:
        again = _START.match(value, inner)
        if again is not None and again.end() <= end:
            defects.add("bad_encoded_word")
            start = again
    charset, kind, text = start[1], start[2], value[start.end() : end]
    if " " in text or "\t" in text:
        defects.add("bad_encoded_word")
    return start.start(), end + 2, _Word(charset.lower(), kind in "bB", text)


def _end_of(value: str, start: re.Match[str]) -> int:
    """Find where a word ends; some senders leave ``?`` as it is, and then ``?=3D`` is no end."""
    end = value.find("?=", start.end())
    while end >= 0 and start[2] in "qQ" and _TWO_DIGITS.match(value, end + 2):
        later = value.find("?=", end + 2)
        if later < 0 or _NOT_IN_WORD.search(value, end + 2, later):
            break
        end = later
    return end


def _text_of(run: list[_Word], defects: set[str]) -> str:
    """Neighbouring words of one charset are joined as bytes: a letter may be cut between them."""
    if not run:
        return ""
    out: list[str] = []
    charset, data = run[0].charset, b""
    for word in _joined(run):
        if word.charset != charset:
            out.append(decode(data, charset, defects))
            charset, data = word.charset, b""
        data += _bytes_of(word, defects)
    out.append(decode(data, charset, defects))
    # A line end hidden in a word must not become a line of the header.
    return "".join(out).replace("\r", " ").replace("\n", " ")


def _joined(run: list[_Word]) -> list[_Word]:
    """Words that were cut inside a group of four base64 letters, made one again."""
    joined: list[_Word] = []
    for word in run:
        last = joined[-1] if joined else None
        if last is not None and _is_cut(last, word):
            joined[-1] = last._replace(text=last.text + word.text)
        else:
            joined.append(word)
    return joined


def _is_cut(last: _Word, word: _Word) -> bool:
    """Whether two words make whole groups of four only together."""
    alike = last.is_base64 and word.is_base64 and last.charset == word.charset
    return alike and len(last.text) % 4 != 0 and (len(last.text) + len(word.text)) % 4 == 0


def _bytes_of(word: _Word, defects: set[str]) -> bytes:
    text = word.text.encode("utf-8", "surrogateescape")
    if not word.is_base64:
        return binascii.a2b_qp(text, header=True)
    letters = _NOT_BASE64.sub(b"", text)
    if len(letters) % 4 == 1:  # one letter alone holds six bits: no byte
        defects.add("bad_encoded_word")
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))

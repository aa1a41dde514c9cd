"""Body bytes to text: the transfer encoding undone, the charset applied, line ends made equal."""

from __future__ import annotations

import binascii

from classifier.patterns import pattern

from .charsets import decode

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64_AND_BLANKS = _BASE64 + b"= \t\r\n"
_BAD_QP = pattern(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r*\n|[ \t]*\r*\Z)")
_PLAIN = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none"})
_URL_REST = pattern(r"[^\s<>\"'\x00-\x20\x7f]{1,2000}")
_WWW = pattern(r"(?<![\w.@/-])www\.\w[^\s<>\"'\x00-\x20\x7f]{0,2000}")
_SCHEMES = ("https", "http")
_BEHIND_URL = ".,;:!?)]}*_'"


def is_plain(encoding: str) -> bool:
    """Tell whether a Content-Transfer-Encoding leaves bytes as they are.

    Parameters
    ----------
    encoding : str
        In lower case.

    Returns
    -------
    bool
    """
    return encoding in _PLAIN


def undo_transfer(data: bytes, encoding: str, defects: set[str] | None, *, cut: bool = False) -> bytes:
    """Undo a Content-Transfer-Encoding at any price.

    Parameters
    ----------
    data : bytes
        The body of a part.
    encoding : str
        In lower case; '' means none.
    defects : set of str or None
        Gets ``invalid_base64``, ``invalid_quoted_printable``, ``unknown_encoding``; None where nobody asks.
    cut : bool, default False
        Whether `data` was cut off at a bound, so that a torn end is no fault of the mail.

    Returns
    -------
    bytes

    Notes
    -----
    Source: RFC 2045 section 6.
    """
    if encoding in _PLAIN:
        return data
    if encoding == "quoted-printable":
        if defects is not None and _BAD_QP.search(data, 0, len(data) - 3 if cut else len(data)):
            defects.add("invalid_quoted_printable")
        # An encoded CR before a line end is not to become one line end more than its LF twin has.
        return binascii.a2b_qp(data.replace(b"\r\n", b"\n") if b"\r" in data else data)
    if encoding == "base64":
        return _undo_base64(data, set() if defects is None else defects, cut)
    if defects is not None:
        defects.add("unknown_encoding")
    return data


def _undo_base64(data: bytes, defects: set[str], cut: bool) -> bytes:
    if data.translate(None, _BASE64_AND_BLANKS):
        defects.add("invalid_base64")
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        if not cut:
            defects.add("invalid_base64")
    letters = data.translate(None, _NOT_BASE64)
    whole = len(letters) - (len(letters) % 4 == 1)  # one letter alone is no byte
    return binascii.a2b_base64(letters[:whole] + b"=" * (-whole % 4))


_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


def to_text(data: bytes, charset: str | None, defects: set[str]) -> str:
    r"""Decode text; ``\n`` is its only line end, and it has no NUL.

    Parameters
    ----------
    data : bytes
        After the transfer encoding is undone.
    charset : str or None
        As declared.
    defects : set of str
        Gets ``nul_in_text`` and charset defects.

    Returns
    -------
    str
    """
    text = decode(data, charset, defects)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        defects.add("nul_in_text")
        text = text.replace("\0", "")
    return text


def find_urls(text: str, most: int) -> list[str]:
    """Bare addresses of web pages in plain text.

    Parameters
    ----------
    text : str
    most : int
        Stop after so many.

    Returns
    -------
    list of str
        In order, without the punctuation that ends the sentence around them.
    """
    found: list[str] = []
    slashes = www = at = 0
    # Searching for the rare letters in the middle takes a fiftieth of the time of a regex for the whole.
    while len(found) < most:
        slashes = _find(text, "://", at, slashes)
        www = _find(text, "www.", at, www)
        mark = start = min(slashes, www)
        if mark == len(text):
            break
        if mark == slashes:
            before = text[max(0, mark - 5) : mark].lower()
            start -= next((len(scheme) for scheme in _SCHEMES if before.endswith(scheme)), 0)
            rest = _URL_REST.match(text, mark + 3) if start < mark else None
        else:
            rest = _WWW.match(text, mark)
        if rest is not None:
            found.append(text[start : rest.end()].rstrip(_BEHIND_URL))
        at = rest.end() if rest is not None else mark + 3
    return found


def _find(text: str, mark: str, at: int, last: int) -> int:
    """Where a mark stands next; the last answer is good until it is passed, so each letter is read once."""
    if last >= at and last > 0:
        return last
    next_one = text.find(mark, at)
    return len(text) if next_one < 0 else next_one

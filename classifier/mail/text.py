"""Body bytes to text: the transfer encoding undone, the charset applied, line ends made equal."""

from __future__ import annotations

import binascii
import re

from .charsets import decode

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64_AND_BLANKS = _BASE64 + b"= \t\r\n"
_BAD_QP = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r*\n|[ \t]*\r*\Z)")
_PLAIN = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none"})
_URL_REST = re.compile(r"[^\s<>\"'\x00-\x20\x7f]{1,2000}")
_MARK = re.compile(r"://|(?<![\w.@/-])www\.(?=\w)")
_SCHEMES = ("http", "https")
_BEHIND_URL = ".,;:!?)]}*_'"


def undo_transfer(data: bytes, encoding: str, defects: set[str], *, cut: bool = False) -> bytes:
    """Undo a Content-Transfer-Encoding at any price.

    Parameters
    ----------
    data : bytes
        The body of a part.
    encoding : str
        In lower case; '' means none.
    defects : set of str
        Gets ``invalid_base64``, ``invalid_quoted_printable``, ``unknown_encoding``.
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
        if _BAD_QP.search(data, 0, len(data) - 3 if cut else len(data)):
            defects.add("invalid_quoted_printable")
        # An encoded CR before a line end is not to become one line end more than its LF twin has.
        return binascii.a2b_qp(data.replace(b"\r\n", b"\n") if b"\r" in data else data)
    if encoding == "base64":
        return _undo_base64(data, defects, cut)
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
    behind = 0
    # Searching for the rare letters in the middle takes a tenth of the time of a regex for the whole.
    for mark in _MARK.finditer(text) if "://" in text or "www." in text else ():
        at = mark.start()
        if at < behind:
            continue
        if text.startswith("://", at):
            scheme = next((s for s in _SCHEMES if text[max(0, at - len(s)) : at].lower() == s), None)
            if scheme is None:
                continue
            start = at - len(scheme)
        else:
            start = at
        rest = _URL_REST.match(text, mark.end())
        if rest is not None:
            behind = rest.end()
            found.append(text[start:behind].rstrip(_BEHIND_URL))
            if len(found) == most:
                break
    return found

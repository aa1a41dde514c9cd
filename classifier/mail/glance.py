"""The beginning of what a message shows, for who counts words and has found its header fields already.

The same text as the beginning of `Message.skimmed`, without reading the header anew; a message of a single
part, as most machine mail is, needs no walk through its parts either.
"""

from __future__ import annotations

from typing import NamedTuple

from .bounds import TEXT_BYTES
from .content import media_type, parse_content
from .mime import walk
from .readable import Readable, is_shown, meta_charset
from .skim import skim
from .text import is_plain, to_text, undo_transfer


class ContentFields(NamedTuple):
    """The first fields of a message that say what its body is; None where it has none.

    Parameters
    ----------
    body_start : int
        Where in the message the body begins; the header begins at its top.
    content_type, encoding, disposition : bytes or None
        As they stood behind the colon.
    """

    body_start: int
    content_type: bytes | None
    encoding: bytes | None
    disposition: bytes | None
    start: int = 0

    def raw(self, name: bytes) -> bytes | None:
        """Return a field as `Headers.raw` does, for those that say what a body is.

        Parameters
        ----------
        name : bytes
            Lower case.

        Returns
        -------
        bytes or None
        """
        if name == b"content-type":
            return self.content_type
        return self.encoding if name == b"content-transfer-encoding" else self.disposition


def glance(data: bytes, fields: ContentFields, size: int) -> bytes:
    """Return the first bytes of the text that is shown.

    Parameters
    ----------
    data : bytes
        The message.
    fields : ContentFields
        Of its header.
    size : int
        Bytes.

    Returns
    -------
    bytes
        UTF-8 (a lone surrogate as it would be), cut anywhere.
    """
    kind, charset = "text/plain", None
    if fields.content_type is not None:
        content = parse_content(fields.content_type)
        kind, charset = media_type(content, set()), content.parameters.get("charset")
        if not kind.startswith("text/"):
            return _beginning(Readable(data, walk(data, fields, set()), set()).skimmed(), size)
    if fields.disposition is not None and not is_shown(kind, parse_content(fields.disposition).value):
        return b""
    encoding = "" if fields.encoding is None else parse_content(fields.encoding).value
    begin = fields.body_start
    if kind != "text/html" and is_plain(encoding) and charset in _ASCII_INSIDE:
        quick = _as_it_stands(data[begin : begin + 2 * size], size)
        if quick is not None:
            return quick
    cut = len(data) - begin > TEXT_BYTES
    decoded = undo_transfer(data[begin : begin + TEXT_BYTES], encoding, set(), cut=cut)
    if kind != "text/html":
        return _beginning(to_text(decoded, charset, set()), size)
    return _beginning(skim(to_text(decoded, charset or meta_charset(decoded), set())), size)


_ASCII_INSIDE = frozenset(
    {
        None,
        "us-ascii",
        "US-ASCII",
        "utf-8",
        "UTF-8",
        "iso-8859-1",
        "ISO-8859-1",
        "iso-8859-15",
        "windows-1252",
    }
)
"""Charsets in their usual spellings in which ASCII bytes are ASCII; others take the longer way."""


def _as_it_stands(data: bytes, size: int) -> bytes | None:
    """Return the beginning of ASCII text; None where it is more than that."""
    start = data[:size]
    if b"\r" in start:
        start = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")[:size]
    return start if start.isascii() and b"\0" not in start else None


def _beginning(text: str, size: int) -> bytes:
    return text[:size].encode("utf-8", "surrogatepass")[:size]

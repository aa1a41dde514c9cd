"""The beginning of what a message shows, for who counts words and has found its header fields already.

The same text as the beginning of `Message.skimmed`, without reading the header anew; a message of a single
part, as most machine mail is, needs no walk through its parts either.
"""

from __future__ import annotations

from functools import lru_cache
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


class _Way(NamedTuple):
    """How a body is read, by what the header says of it.

    Parameters
    ----------
    has_parts, is_shown, is_html : bool
    charset : str or None
    encoding : str
    is_plain : bool
        Whether ASCII in it is what is shown.
    """

    has_parts: bool
    is_shown: bool
    is_html: bool
    charset: str | None
    encoding: str
    is_plain: bool


def glance(
    data: bytes, fields: ContentFields | tuple[int, bytes | None, bytes | None, bytes | None], size: int
) -> bytes:
    """Return the first bytes of the text that is shown.

    Parameters
    ----------
    data : bytes
        The message.
    fields : ContentFields, or its first four fields
        Of its header.
    size : int
        Bytes.

    Returns
    -------
    bytes
        UTF-8 (a lone surrogate as it would be), cut anywhere.
    """
    begin, content_type, encoding, disposition = fields[:4]
    way = _way_of(content_type, encoding, disposition)
    if way.is_plain:
        start = data[begin : begin + size]
        if start.isascii() and b"\r" not in start and b"\0" not in start:
            return start
    if way.has_parts:
        told = ContentFields(begin, content_type, encoding, disposition)
        return _beginning(Readable(data, walk(data, told, set()), set()).skimmed(), size)
    if not way.is_shown:
        return b""
    if way.is_plain:
        quick = _as_it_stands(data[begin : begin + 2 * size], size)
        if quick is not None:
            return quick
    return _decoded(data, begin, way, size)


def _decoded(data: bytes, begin: int, way: _Way, size: int) -> bytes:
    """Take the longer way: undo the encoding, apply the charset, cut markup out."""
    cut = len(data) - begin > TEXT_BYTES
    decoded = undo_transfer(data[begin : begin + TEXT_BYTES], way.encoding, None, cut=cut)
    if not way.is_html:
        return _beginning(to_text(decoded, way.charset, set()), size)
    return _beginning(skim(to_text(decoded, way.charset or meta_charset(decoded), set())), size)


def _way_of(content_type: bytes | None, encoding: bytes | None, disposition: bytes | None) -> _Way:
    """Read what the header says of a body; most mail says one of a few dozen things."""
    told = len(content_type or b"") + len(encoding or b"") + len(disposition or b"")
    return (_remembered if told <= _REMEMBERED_BYTES else _read)(content_type, encoding, disposition)


def _read(content_type: bytes | None, encoding: bytes | None, disposition: bytes | None) -> _Way:
    kind, charset = "text/plain", None
    if content_type is not None:
        content = parse_content(content_type)
        kind, charset = media_type(content, set()), content.parameters.get("charset")
    shown = disposition is None or is_shown(kind, parse_content(disposition).value)
    transfer = "" if encoding is None else parse_content(encoding).value
    has_parts, is_html = not kind.startswith("text/"), kind == "text/html"
    plain = shown and not (has_parts or is_html) and is_plain(transfer) and charset in _ASCII_INSIDE
    return _Way(has_parts, shown, is_html, charset, transfer, plain)


_REMEMBERED_BYTES = 300
_remembered = lru_cache(maxsize=1024)(_read)

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

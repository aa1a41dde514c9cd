"""The header block: one regex pass to an ordered list, one dict from name to place.

The standard library's parser makes an object of every field and takes ten times as long; the split is
the hot path of everything, so it is our own. Decoding happens only for the fields somebody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator

from classifier.patterns import pattern

from .bounds import HEADER_BLOCK_BYTES, HEADER_COUNT, HEADER_FIELD_BYTES
from .encoded_words import decode_words

# A field with its folded lines, or (no name) a line that is none. RFC 5322 sections 2.2 and 4.5: the
# name is printable ASCII without colon; obsolete syntax has blanks before the colon. All possessive: linear.
_FIELD = pattern(rb"(?:([!-9;-~]++)[ \t]*+:)?+([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?+")
_EMPTY_LINE = pattern(rb"\r*+\n")
_BLANK_LINE = pattern(rb"\n\r*+\n")
_WELL_KNOWN = pattern(
    rb"(?im)^(?:from|to|cc|subject|date|message-id|received|return-path|reply-to|sender|delivered-to"
    rb"|mime-version|content-type|content-transfer-encoding|x-[!-9;-~]{1,60}|list-[a-z]{2,20})[ \t]*+:"
)


class Header:
    """One field as it stood.

    Parameters
    ----------
    name : str
        As written.
    raw : bytes
        What stood behind the colon, folding included, without the final line end.
    defects : set of str
        Gets what decoding finds.
    """

    __slots__ = ("_defects", "name", "raw")

    def __init__(self, name: str, raw: bytes, defects: set[str]) -> None:
        self.name, self.raw, self._defects = name, raw, defects

    @property
    def value(self) -> str:
        """Unfolded and decoded."""
        return decode_field(self.raw, self._defects)

    def __repr__(self) -> str:
        return f"Header({self.name!r}, {self.raw!r})"


class Headers:
    r"""Ordered header fields, duplicates kept; names are looked up in any case.

    Parameters
    ----------
    data : bytes
        Begins with the header block (at `start`); may go on with blank line and body.
    defects : set of str, optional
        Gets the names of what is wrong; shared with the message.
    start : int, default 0
        Where in `data` to begin.
    stop : int, optional
        Where `data` is to be taken as ended.

    Attributes
    ----------
    names : list of bytes
        The lower-case names, in order.
    written : list of (bytes, bytes)
        The same with the names as they were written.
    start, end, body_start : int
        Where the block begins and ends, and where the body begins, in `data`.

    Examples
    --------
    >>> h = Headers(b"Subject: =?utf-8?q?caf=C3=A9?=\nTo: a@example.org\n\nbody")
    >>> h.get("subject"), h.body_start, "to" in h
    ('café', 50, True)
    """

    __slots__ = ("_first", "body_start", "defects", "end", "names", "start", "written")

    def __init__(
        self, data: bytes, defects: set[str] | None = None, start: int = 0, stop: int | None = None
    ) -> None:
        self.defects = set() if defects is None else defects
        self.start = start
        block = self._find_block(data, len(data) if stop is None else stop)
        written = _FIELD.findall(block)
        if written[-1] == (b"", b""):
            written.pop()
        names = [name.lower() for name, _ in written]
        if b"" in names:
            written = self._without_junk(block)
            names = [name.lower() for name, _ in written]
        if len(names) > HEADER_COUNT:
            self.defects.add("too_many_headers")
            del names[HEADER_COUNT:], written[HEADER_COUNT:]
        if b"\r" in block:
            written = [(name, value.rstrip(b"\r")) for name, value in written]
        self.written = written
        self.names = names
        self._first = dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """Lower-case name and raw value (folding in it, without the final line end), in order."""
        return [(name, field[1]) for name, field in zip(self.names, self.written, strict=True)]

    def _find_block(self, data: bytes, stop: int) -> bytes:
        start = self.start
        limit = min(stop, start + HEADER_BLOCK_BYTES)
        first = _EMPTY_LINE.match(data, start, stop)
        if first is not None:  # begins with the blank line: no header at all
            self.end, self.body_start = start, first.end()
            return b""
        blank = _BLANK_LINE.search(data, start, limit)
        if blank is None and limit < stop:
            self.defects.add("header_block_too_long")
            blank = _BLANK_LINE.search(data, limit - 2, stop)
        if blank is None:
            self.end = self.body_start = stop
        else:
            self.end, self.body_start = blank.start() + 1, blank.end()
        self.end = min(self.end, limit)
        return data[start : self.end]

    def _without_junk(self, block: bytes) -> list[tuple[bytes, bytes]]:
        """Lines without a name: skipped where the header goes on behind them, else the body begins there."""
        written: list[tuple[bytes, bytes]] = []
        last_known = 0
        for found in _WELL_KNOWN.finditer(block):
            last_known = found.start()
        for found in _FIELD.finditer(block):
            name, value = found.groups(b"")
            if name:
                written.append((name, value))
            elif found.start() < last_known:
                self.defects.add("junk_in_header")
            elif value.strip(b"\r"):
                self.end = self.body_start = self.start + found.start()
                self.defects.add("missing_blank_line" if written else "no_header")
                break
        return written

    def raw(self, name: str | bytes) -> bytes | None:
        """Raw value of the first field of this name, or None."""
        at = self._first.get(name.lower() if isinstance(name, bytes) else name.lower().encode())
        return None if at is None else self.written[at][1]

    def raw_all(self, name: str | bytes) -> list[bytes]:
        """Raw values of all fields of this name, in order."""
        key = name.lower() if isinstance(name, bytes) else name.lower().encode()
        if key not in self._first:
            return []
        written = self.written
        return [written[at][1] for at, field in enumerate(self.names) if field == key]

    def get(self, name: str | bytes, default: str = "") -> str:
        """Unfolded, decoded text of the first field of this name."""
        raw = self.raw(name)
        return default if raw is None else decode_field(raw, self.defects)

    def get_all(self, name: str | bytes) -> list[str]:
        """Unfolded, decoded texts of all fields of this name, in order."""
        return [decode_field(raw, self.defects) for raw in self.raw_all(name)]

    def unfolded(self, name: str | bytes) -> str | None:
        """Text of the first field of this name, unfolded, encoded words left alone; None where absent."""
        raw = self.raw(name)
        return None if raw is None else unfold(raw, self.defects)

    def count(self, name: str | bytes) -> int:
        """How many fields have this name."""
        return self.names.count(name.lower() if isinstance(name, bytes) else name.lower().encode())

    def __contains__(self, name: str | bytes) -> bool:
        return (name.lower() if isinstance(name, bytes) else name.lower().encode()) in self._first

    def __iter__(self) -> Iterator[Header]:
        for name, raw in self.written:
            yield Header(name.decode("ascii"), raw, self.defects)

    def __len__(self) -> int:
        return len(self.written)


def unfold(raw: bytes, defects: set[str]) -> str:
    """One line of text from a raw field, encoded words left alone.

    Parameters
    ----------
    raw : bytes
        What stood behind the colon.
    defects : set of str
        Gets ``header_too_long``, ``nul_in_header``, ``eight_bit_header``.

    Returns
    -------
    str
    """
    if b"\n" in raw or b"\r" in raw:
        # Unfolding takes away at most half: the bound then falls on the same letter whatever the line ends.
        raw = raw[: 2 * HEADER_FIELD_BYTES + 4].replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")
    if len(raw) > HEADER_FIELD_BYTES:
        defects.add("header_too_long")
        raw = raw[:HEADER_FIELD_BYTES]
    if b"\0" in raw:
        defects.add("nul_in_header")
        raw = raw.replace(b"\0", b"")
    raw = raw.strip(b" \t")
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        defects.add("eight_bit_header")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def decode_field(raw: bytes, defects: set[str]) -> str:
    """One line of text from a raw field, its encoded words decoded.

    Parameters
    ----------
    raw : bytes
        What stood behind the colon.
    defects : set of str
        As for `unfold`, and what decoding finds.

    Returns
    -------
    str
    """
    text = unfold(raw, defects)
    return decode_words(text, defects) if "=?" in text else text

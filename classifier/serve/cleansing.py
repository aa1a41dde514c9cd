"""A mail on its way through, rid of every header field that bears our name: the sender may have written it.

The bytes of all else stay as they are. Nothing is kept but the end of a line that has not ended yet, so a
mail of any size passes.
"""

from __future__ import annotations

from classifier.patterns import pattern

NAME = b"X-Mailtriage"
"""Ours, and whatever begins with it and a hyphen."""

# A line ends with LF, CRLF, what repeated conversion makes of that, or (for some readers) a lone CR.
_END = rb"(?:\r{0,8}\n|\r)"
_OURS = pattern(rb"(?i)x-mailtriage(?:-[!-9;-~]*+)?[ \t]*+(?::|\Z)")
_PLAIN_LF = pattern(rb"(?i)(?:(?!x-mailtriage|\n)[^\r\n]*+" + _END + rb")*+")
_PLAIN_CRLF = pattern(rb"(?i)(?:(?!x-mailtriage|\r?\n)[^\r\n]*+" + _END + rb")*+")
_LINE = pattern(rb"([^\r\n]*+)(" + _END + rb")")
_UNDER_WAY = pattern(rb"[^\r\n]*+")
_PREAMBLE = pattern(rb"(?:(?:>?From |[ \t])[^\n]*+\n)*+")
_PREAMBLE_BEGUN = pattern(rb"(?:>?From |[ \t])[^\n]*+\Z")
_PREAMBLE_PERHAPS = pattern(rb">?(?:F(?:r(?:om?)?)?)?\Z")

_LOOK = 1024
"""Bytes of a line that are read to see whose it is."""

_CARRIAGES = 9
"""So many CRs may yet become the end of one line, when more arrives."""


class Cleanser:
    r"""Takes a mail in pieces, and gives it back without our fields.

    Attributes
    ----------
    top : int or None
        How many bytes of what was given back stand before the place for our own fields: mbox's From_ lines,
        and lines that begin with a blank, which would be taken for the rest of ours. None until it is known;
        so it stays where no such line ends.
    newline : bytes
        How the lines of this mail end.

    Notes
    -----
    The header ends with the first empty line, as the strictest reader has it: in a mail whose first line ends
    with LF alone, ``\r\n`` is none, for to procmail it is not. A field goes with its folded lines, whatever
    the case of its name, and with blanks before the colon (RFC 5322 sections 2.2.3 and 4.5.8). A lone CR
    begins a line too, since some readers, Python's among them, think so.

    Examples
    --------
    >>> cleanser = Cleanser()
    >>> cleanser.feed(b"X-MAILTRIAGE: important;\n p=1\nSubject: hi\n\nX-Mailtriage: text\n")
    b'Subject: hi\n\nX-Mailtriage: text\n'
    """

    def __init__(self) -> None:
        self.top: int | None = None
        self._crlf: bool | None = None
        self._held = b""
        self._given = 0
        self._in_preamble, self._in_body = True, False
        self._amid = False  # in a line whose beginning was dealt with
        self._dropping = False  # behind a field of ours: folded lines go with it
        self._carriage = False  # a lone CR that ended the line before, not given back yet

    @property
    def newline(self) -> bytes:
        """How the lines of this mail end."""
        return b"\r\n" if self._crlf else b"\n"

    def feed(self, piece: bytes) -> bytes:
        """Take a piece.

        Parameters
        ----------
        piece : bytes

        Returns
        -------
        bytes
            What can be given back by now.
        """
        if self._in_body:
            self._given += len(piece)
            return piece
        return self._go_on(self._held + piece, last=False)

    def finish(self) -> bytes:
        """Give back the rest: there is no more.

        Returns
        -------
        bytes
        """
        return self._go_on(self._held, last=True)

    def _go_on(self, data: bytes, *, last: bool) -> bytes:
        out = bytearray()
        self._held = b""
        if self._crlf is None and b"\n" in data:
            self._crlf = data[: data.index(b"\n")].endswith(b"\r")
        at = self._pass_preamble(data, out, last=last) if self._in_preamble else 0
        if not self._in_preamble and not self._in_body:
            at = self._pass_header(data, at, out, last=last)
        if self._in_body:
            out += data[at:]
        elif not last:
            self._held = data[at:]
        self._given += len(out)
        return bytes(out)

    def _pass_preamble(self, data: bytes, out: bytearray, *, last: bool) -> int:
        """Pass what stands before the first field; return where the rest begins."""
        at = data.find(b"\n") + 1 if self._amid else 0
        if at or not self._amid:
            found = _PREAMBLE.match(data, at)
            assert found is not None  # noqa: S101 - it may be empty
            at = found.end()
            self._amid = _PREAMBLE_BEGUN.match(data, at) is not None
            if not self._amid and (last or not _PREAMBLE_PERHAPS.match(data, at)):
                self._in_preamble, self.top = False, self._given + at
        if self._amid and (last or len(data) - at > _LOOK):
            at = len(data) - (data.endswith(b"\r") and not last)
        elif self._amid:
            self._amid = False  # it is held, and looked at again
        out += data[:at]
        return at

    def _pass_header(self, data: bytes, at: int, out: bytearray, *, last: bool) -> int:
        """Pass lines of the header, as far as they have ended; return where the rest begins."""
        if self._amid and not last and b"\n" not in data and b"\r" not in data:  # of a line without end
            if not self._dropping:
                self._keep(data[at:], out)
            return len(data)
        limit = len(data) if last else max(len(data.rstrip(b"\r")), len(data) - _CARRIAGES)
        plain = _PLAIN_CRLF if self._crlf is not False else _PLAIN_LF
        while not self._in_body:
            if not self._dropping and not self._amid:
                found = plain.match(data, at, limit)
                assert found is not None  # noqa: S101 - it may be empty
                self._keep(found[0], out)
                at = found.end()
            line = _LINE.match(data, at, limit)
            if line is None:
                return self._pass_unended(data, at, limit, out, last=last)
            self._pass_line(line[1], line[2], out)
            at = line.end()
        return at

    def _pass_line(self, text: bytes, end: bytes, out: bytearray) -> None:
        """Pass a line that has ended."""
        if not self._amid:
            self._decide(text)
            if not text and (end == b"\n" or (end == b"\r\n" and self._crlf is not False)):
                self._in_body = True
        self._amid = False
        if not self._dropping:
            self._keep(text + end, out)
        elif self._carriage:  # what ended the line before goes instead, or two lines would become one
            self._carriage = False
            self._keep(end, out)

    def _pass_unended(self, data: bytes, at: int, limit: int, out: bytearray, *, last: bool) -> int:
        """Pass the beginning of a long line, or the last one of all; return where the rest begins."""
        found = _UNDER_WAY.match(data, at, limit)
        assert found is not None  # noqa: S101 - it may be empty
        text = found[0]
        if not (last or self._amid or len(text) > _LOOK):
            return at
        if not self._amid:
            self._decide(text)
        self._amid = True
        if not self._dropping:
            self._keep(text, out)
        if last and self._carriage:
            out += b"\r"
        return found.end()

    def _decide(self, text: bytes) -> None:
        """Tell by the beginning of a line whether it goes."""
        folded = self._dropping and text.startswith((b" ", b"\t"))
        found = None if folded else _OURS.match(text[:_LOOK])
        self._dropping = folded or (found is not None and (found[0].endswith(b":") or len(text) >= _LOOK))

    def _keep(self, lines: bytes, out: bytearray) -> None:
        """Give back, but for a lone CR at the end."""
        if not lines:
            return
        if self._carriage:
            out += b"\r"
        self._carriage = lines.endswith(b"\r")
        out += lines[:-1] if self._carriage else lines

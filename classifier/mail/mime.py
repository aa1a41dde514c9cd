"""The parts of a message, by one walk over its boundary lines.

Our own walker, because the standard library's feeds every line through the readers of all open
multiparts, one generator inside the other: 10,000 nested ones take it quadratic time and a deep
stack. Here each boundary line is looked up in a dict of the open boundaries: linear at any depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from .bounds import BOUNDARY_BYTES, BOUNDARY_LINES, MIME_DEPTH, MIME_PARTS, PART_HEADER_BYTES
from .content import Content, media_type, parse_content
from .headers import Headers

_TRANSPARENT = frozenset({"", "7bit", "8bit", "binary"})
_NOTHING = Content("", {}, frozenset())


class Part(NamedTuple):
    """One node of the MIME tree.

    Attributes
    ----------
    content_type : str
        ``type/subtype`` in lower case.
    charset : str or None
        As declared, in lower case.
    encoding : str
        Content-Transfer-Encoding in lower case, '' where absent.
    filename : str or None
        Decoded, from Content-Disposition or the ``name`` of Content-Type.
    disposition : str
        ``inline``, ``attachment``, ... in lower case, '' where absent.
    depth, parent : int
        Level (the message itself is 0) and index of the node above (-1 for the message itself).
    header_start, start, end : int
        Byte offsets in ``Message.raw``: of its header, its body, and behind its body.
    """

    content_type: str
    charset: str | None
    encoding: str
    filename: str | None
    disposition: str
    depth: int
    parent: int
    header_start: int
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes of its body as it stands, transfer encoding included."""
        return self.end - self.start

    @property
    def is_multipart(self) -> bool:
        """Whether its type says that it holds other parts."""
        return self.content_type.startswith("multipart/")


class ContentHeaders(Protocol):
    """What `walk` asks of the header of a message."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def body_start(self) -> int:
        """Where the body begins."""

    def raw(self, name: bytes) -> bytes | None:
        """Return the first field of a name."""


class _Node:
    """A part whose end is not known yet."""

    __slots__ = ("boundary", "closed", "depth", "end", "found", "headers", "is_digest", "part", "shadowed")

    def __init__(self, part: Part, boundary: bytes | None) -> None:
        self.part, self.boundary = part, boundary
        self.end = part.end
        self.shadowed: int | None = None
        self.found = self.closed = False
        self.is_digest = part.content_type == "multipart/digest"


def walk(data: bytes, headers: ContentHeaders, defects: set[str]) -> tuple[Part, ...]:
    """Flatten the MIME tree of a message, in the order of the text.

    Parameters
    ----------
    data : bytes
        The message.
    headers : Headers, or something like it
        Its header, read from `data`.
    defects : set of str
        Gets ``mime_too_deep``, ``too_many_parts``, ``no_boundary``, ``boundary_not_found``,
        ``boundary_not_closed`` and the like.

    Returns
    -------
    tuple of Part
        The message itself first; never empty.

    Notes
    -----
    Source: RFC 2046 section 5.1. A boundary ends every part inside, so a part cut short cannot swallow
    its neighbours.
    """
    top, boundary = _describe(headers, "text/plain", (0, -1, len(data)), defects)
    if boundary is None and not _is_message(top):
        return (top,)
    walker = _Walker(data, defects)
    walker.open(top, boundary)
    if boundary is None:
        walker.add(top.start, 0)
    walker.run(headers.body_start)
    return tuple(node.part._replace(end=node.end) for node in walker.nodes)


class _Walker:
    def __init__(self, data: bytes, defects: set[str]) -> None:
        self.data, self.defects = data, defects
        self.nodes: list[_Node] = []
        self.chain: list[int] = []  # indices of the open nodes, outermost first
        self.lines_left = BOUNDARY_LINES
        self.boundaries: dict[bytes, int] = {}  # of the open multiparts: place in the chain

    def run(self, at: int) -> None:
        """Follow the boundary lines to the end."""
        for where, line, behind in self.dash_lines(at, len(self.data)):
            place = self.boundaries.get(line)
            closes = False
            if place is None and line.endswith(b"--"):
                place, closes = self.boundaries.get(line[:-2]), True
            if place is None:
                continue
            node = self.nodes[self.chain[place]]
            node.found = True
            self.close_to(place + 1, where)
            if closes:
                node.closed = True
                self.forget(node)
            elif not self.add(behind, self.chain[place]):
                break
        self.close_to(0, len(self.data))

    def close_to(self, length: int, end: int) -> None:
        """End every open node beyond a place of the chain."""
        if end < len(self.data):
            end = _line_end(self.data, end)
        while len(self.chain) > length:
            node = self.nodes[self.chain.pop()]
            node.end = max(node.part.start, end)
            if node.boundary is not None:
                if not node.found:
                    self.defects.add("boundary_not_found")
                elif not node.closed:
                    self.defects.add("boundary_not_closed")
                    self.forget(node)
                if not node.found:
                    self.forget(node)

    def forget(self, node: _Node) -> None:
        """Let the boundary of a finished multipart mean nothing any more, or what it meant outside."""
        if node.boundary is None:
            return
        if node.shadowed is None:
            self.boundaries.pop(node.boundary, None)
        else:
            self.boundaries[node.boundary] = node.shadowed

    def open(self, part: Part, boundary: bytes | None) -> None:
        """Enter a part; a message inside it is entered too, down to the bound."""
        node = _Node(part, boundary)
        self.chain.append(len(self.nodes))
        self.nodes.append(node)
        if boundary is not None:
            node.shadowed = self.boundaries.get(boundary)
            self.boundaries[boundary] = len(self.chain) - 1

    def add(self, start: int, parent: int) -> bool:
        """Begin a part; False where the bound on parts is reached."""
        default = "message/rfc822" if self.nodes[parent].is_digest else "text/plain"
        while True:
            if len(self.nodes) >= MIME_PARTS:
                self.defects.add("too_many_parts")
                return False
            depth = self.nodes[parent].part.depth + 1
            headers = self.part_headers(start)
            part, boundary = _describe(headers, default, (depth, parent, len(self.data)), self.defects)
            if depth >= MIME_DEPTH and (boundary is not None or _is_message(part)):
                self.defects.add("mime_too_deep")
                boundary = None
            self.open(part, boundary)
            if depth >= MIME_DEPTH or not _is_message(part):
                return True
            start, parent, default = part.start, len(self.nodes) - 1, "text/plain"

    def part_headers(self, start: int) -> Headers:
        """Read the header of a part, which ends at the latest where a boundary stands."""
        stop = min(len(self.data), start + PART_HEADER_BYTES)
        blank = self.data.find(b"\n\n", start, stop)
        near = stop if blank < 0 else min(stop, blank + 4)  # up to the two dashes of a line right behind it
        for where, line, _ in self.dash_lines(start, near):
            if line in self.boundaries or line[:-2] in self.boundaries:
                return Headers(self.data, self.defects, start, max(start, _line_end(self.data, where)))
        headers = Headers(self.data, self.defects, start, stop)
        if headers.body_start == start + PART_HEADER_BYTES:
            self.defects.add("header_block_too_long")
        return headers

    def dash_lines(self, start: int, stop: int) -> Iterator[tuple[int, bytes, int]]:
        """Find lines that begin with two dashes: the line end before, the text behind them, the next line."""
        data, at = self.data, max(0, start - 1)
        while self.lines_left > 0:
            at = data.find(b"\n--", at, stop)
            if at < 0:
                return
            self.lines_left -= 1
            end = data.find(b"\n", at + 3)
            if end < 0:
                end = len(data)
            if end - at <= BOUNDARY_BYTES + 8:
                yield at, data[at + 3 : end].rstrip(), end + 1
            at = end
        self.defects.add("too_many_boundary_lines")


def _is_message(part: Part) -> bool:
    return part.content_type in ("message/rfc822", "message/global") and part.encoding in _TRANSPARENT


def _line_end(data: bytes, newline: int) -> int:
    r"""Where the line before a ``\n`` ends: a CR before it belongs to the line end."""
    return newline - 1 if newline > 0 and data[newline - 1] == 0x0D else newline


def _describe(
    headers: ContentHeaders, default: str, place: tuple[int, int, int], defects: set[str]
) -> tuple[Part, bytes | None]:
    """Tell the part that a header announces, and its boundary if it is a multipart that can be opened.

    `place` is its depth, its parent and its end as far as known.
    """
    depth, parent, end = place
    raw = headers.raw(b"content-type")
    content, kind = _NOTHING, default
    if raw is not None:
        content = parse_content(raw)
        kind = media_type(content, defects)
        defects.update(content.defects)
    charset = content.parameters.get("charset")
    encoding = headers.raw(b"content-transfer-encoding")
    filename = content.parameters.get("name")
    disposition = ""
    raw = headers.raw(b"content-disposition")
    if raw is not None:
        shown = parse_content(raw)
        defects.update(shown.defects)
        disposition, filename = shown.value, shown.parameters.get("filename", filename)
    part = Part(
        kind, charset.lower() if charset else None, _encoding(encoding), filename, disposition,
        depth, parent, headers.start, headers.body_start, end,
    )  # fmt: skip
    return part, _boundary(content, defects) if kind.startswith("multipart/") else None


def _encoding(raw: bytes | None) -> str:
    return "" if raw is None else parse_content(raw).value


def _boundary(content: Content, defects: set[str]) -> bytes | None:
    boundary = content.parameters.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
    if not boundary or len(boundary) > BOUNDARY_BYTES:
        defects.add("no_boundary")
        return None
    return boundary

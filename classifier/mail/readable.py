"""Which parts a reader sees, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from classifier.patterns import pattern

from .bounds import LINKS, TEXT_BYTES
from .html_facts import HtmlFacts, Link, merge
from .mime import Part
from .skim import skim
from .text import find_urls, to_text, undo_transfer

_META_CHARSET = pattern(
    rb"<meta[^>]{1,200}?charset\s{0,9}=\s{0,9}[\"']?([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE
)
_SHOWN_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification"})


class Attachment(NamedTuple):
    """A part that is not shown as text.

    Attributes
    ----------
    name : str
        File name, decoded; '' where it has none.
    content_type : str
        In lower case.
    size : int
        Bytes, roughly as they are after the transfer encoding is undone (line ends counted as one byte).
    """

    name: str
    content_type: str
    size: int


class Readable:
    """The shown parts of one message; each is decoded once, when it is needed.

    Parameters
    ----------
    data : bytes
        The message.
    parts : tuple of Part
        Its MIME tree.
    defects : set of str
        Gets ``text_too_long`` and what decoding finds.
    """

    def __init__(self, data: bytes, parts: tuple[Part, ...], defects: set[str]) -> None:
        self.data, self.parts, self.defects = data, parts, defects
        self.shown: list[tuple[int, int]] = []  # index of each shown part, and where its reading ends
        self.attached: list[Part] = []
        self.decoded: dict[int, str] = {}
        self.rendered: dict[int, HtmlFacts] = {}
        self._sort_parts()

    def _sort_parts(self) -> None:
        budget = TEXT_BYTES
        parts = self.parts
        parents = {part.parent for part in parts} if len(parts) > 1 else frozenset({-1})
        closed: set[int] = set()  # inside an attached message nothing is shown
        for index, part in enumerate(parts):
            if part.parent in closed:
                closed.add(index)
            elif index in parents:
                if not part.is_multipart and part.disposition == "attachment":
                    closed.add(index)
                    self.attached.append(part)
            elif not is_shown(part.content_type, part.disposition):
                self.attached.append(part)
            else:
                end = min(part.end, part.start + budget)
                if end < part.end:
                    self.defects.add("text_too_long")
                budget -= end - part.start
                self.shown.append((index, end))

    def text(self) -> str:
        """Join what a reader sees, part after part."""
        return self._join(lambda index, end: self._facts_of(index, end).text)

    def skimmed(self) -> str:
        """Join the same parts with their markup cut out, not rendered."""
        return self._join(lambda index, end: skim(self._decode(index, end)))

    def _join(self, render: Callable[[int, int], str]) -> str:
        """Choose among alternatives and join: plain parts as they are, HTML as `render` makes it text."""
        shown = self.shown
        plain = [(index, end) for index, end in shown if not _is_html(self.parts[index])]
        if len(plain) < len(shown) and len(shown) > 1:
            told = {
                above
                for index, end in plain
                if self._decode(index, end).strip()
                for above in self._choices(index)
            }
            shown = [
                (index, end)
                for index, end in shown
                if not (_is_html(self.parts[index]) and told.intersection(self._choices(index)))
            ]
        pieces = [
            render(index, end) if _is_html(self.parts[index]) else self._decode(index, end)
            for index, end in shown
        ]
        return pieces[0] if len(pieces) == 1 else "\n".join(piece for piece in pieces if piece)

    def _choices(self, index: int) -> list[int]:
        """List the multipart/alternatives around a part."""
        found: list[int] = []
        while index >= 0:
            part = self.parts[index]
            if part.content_type == "multipart/alternative":
                found.append(index)
            index = part.parent
        return found

    def _facts_of(self, index: int, end: int) -> HtmlFacts:
        facts = self.rendered.get(index)
        if facts is None:
            from .html import read_html  # only for who renders

            facts = self.rendered[index] = read_html(self._decode(index, end), self.defects)
        return facts

    def _decode(self, index: int, end: int) -> str:
        text = self.decoded.get(index)
        if text is None:
            part = self.parts[index]
            data = undo_transfer(self.data[part.start : end], part.encoding, self.defects, cut=end < part.end)
            charset = part.charset
            if charset is None and _is_html(part):
                charset = meta_charset(data)
            text = self.decoded[index] = to_text(data, charset, self.defects)
        return text

    def html(self) -> HtmlFacts | None:
        """Add up the facts of all HTML parts."""
        several = [self._facts_of(index, end) for index, end in self.shown if _is_html(self.parts[index])]
        return merge(several) if several else None

    def links(self) -> tuple[Link, ...]:
        """Links of the HTML parts, then the bare ones of the plain parts."""
        html = self.html()
        links = list(html.links) if html is not None else []
        for index, end in self.shown:
            if not _is_html(self.parts[index]):
                links += [Link(url, url) for url in find_urls(self._decode(index, end), LINKS + 1)]
        if len(links) > LINKS:
            self.defects.add("too_many_links")
            del links[LINKS:]
        return tuple(links)

    def attachments(self) -> tuple[Attachment, ...]:
        """Name, type and size of what is not shown."""
        return tuple(
            Attachment(part.filename or "", part.content_type, self._size(part)) for part in self.attached
        )

    def _size(self, part: Part) -> int:
        lines = self.data.count(b"\n", part.start, part.end)
        returns = self.data.count(b"\r\n", part.start, part.end)
        if part.encoding == "base64":
            return (part.size - lines - returns) * 3 // 4
        return part.size - returns


def _is_html(part: Part) -> bool:
    return part.content_type == "text/html"


def is_shown(content_type: str, disposition: str) -> bool:
    """Tell whether a part is shown: text is, unless it says that it is attached.

    Parameters
    ----------
    content_type, disposition : str
        In lower case.

    Returns
    -------
    bool
        True of a multipart, too: it is asked about only where it could not be opened.
    """
    if disposition == "attachment":
        return False
    return content_type.startswith(("text/", "multipart/")) or content_type in _SHOWN_REPORTS


def meta_charset(html: bytes) -> str | None:
    """Find the charset that a page names itself.

    Parameters
    ----------
    html : bytes

    Returns
    -------
    str or None
    """
    found = _META_CHARSET.search(html, 0, 2000)
    return found[1].decode("ascii") if found else None

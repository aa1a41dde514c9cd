"""Mailboxes in From:, To: and the like.

The usual shapes are read by one regex. The rest goes through a scanner of our own: the standard
library's recurses on nested comments and throws a whole field away for one bad address in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from classifier.patterns import pattern

from .bounds import ADDRESSES_PER_HEADER
from .encoded_words import decode_words
from .headers import unfold

_USUAL = pattern(
    r'\s*+(?:"([^"\\]*+)"\s*+<|([^"<>(),:;@\\\[\]]*+)<|)'
    r'([^\s"<>(),:;@\\\[\]]++)@([^\s"<>(),:;@\\\[\]]++)(>?+)\s*+\Z'
)
# Old style, still cron's: root@host (Cron Daemon)
_WITH_COMMENT = pattern(r'([^\s"<>(),:;@\\\[\]]++)@([^\s"<>(),:;@\\\[\]]++)\s*+\(([^()\\]*+)\)\Z')
_PUZZLING = pattern(r'["():;\\\[\]]')
_QUOTED = pattern(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_WORD = pattern(r'\s++|\[[^\[\]]*+\]|[^\s"<>@,:;()\[]++|.', re.DOTALL)
_COMMENT_MARK = pattern(r"[()\\]")
_ESCAPE = pattern(r"\\(.)", re.DOTALL)
_SHORT_LIST = 2000  # characters, so that the scanner alone need know ADDRESSES_PER_HEADER


class Address(NamedTuple):
    """One mailbox.

    Attributes
    ----------
    name : str
        Display name, decoded; the comment where the old style ``root@host (Cron Daemon)`` is used.
    local : str
        Before the ``@``, quotes undone, case kept.
    domain : str
        Behind it, in lower case, IDNA left as it is; '' for a bare ``root``.
    """

    name: str
    local: str
    domain: str

    @property
    def addr(self) -> str:
        """``local@domain``, or the bare local part."""
        return f"{self.local}@{self.domain}" if self.domain else self.local

    @property
    def is_null(self) -> bool:
        """Whether this is the null sender ``<>`` of RFC 5321 section 4.5.5."""
        return not (self.name or self.local or self.domain)


def parse_addresses(raw: bytes, defects: set[str]) -> tuple[Address, ...]:
    """All mailboxes of an address field, groups opened.

    Parameters
    ----------
    raw : bytes
        What stood behind the colon; encoded words are decoded last, for they may hide commas.
    defects : set of str
        Gets ``bad_address`` and ``too_many_addresses``.

    Returns
    -------
    tuple of Address

    Notes
    -----
    Source: RFC 5322 sections 3.4 and 4.4 (routes, empty members), RFC 6854 (groups in From:).
    """
    value = unfold(raw, defects)
    usual = _usual(value, defects)
    if usual is not None:
        return (usual,)
    if not value:
        return ()
    if "," in value and len(value) < _SHORT_LIST and not _PUZZLING.search(value):
        several = [_usual(one, defects) for one in value.split(",")]
        if None not in several:
            return tuple(one for one in several if one is not None)
    scanner = _Scanner(value, defects)
    scanner.run()
    return tuple(scanner.found)


def _usual(value: str, defects: set[str]) -> Address | None:
    """Read one of the shapes that nearly all addresses have."""
    found = _USUAL.match(value)
    if found is not None:
        quoted, bare, local, domain, closed = found.groups()
        name = quoted if quoted is not None else bare
        if (name is not None) == (closed == ">"):
            return Address(_decoded(name, defects) if name else "", local, _host(domain))
    elif value.endswith(")"):
        found = _WITH_COMMENT.match(value)
        if found is not None:
            return Address(_decoded(found[3], defects), found[1], _host(found[2]))
    return None


def _decoded(name: str, defects: set[str]) -> str:
    if "=?" in name:
        name = decode_words(name, defects)
    return " ".join(name.split())


def _host(domain: str) -> str:
    return domain.lower().rstrip(".")


class _Scanner:
    """One pass over a field; collects words until a mark says what they were."""

    def __init__(self, text: str, defects: set[str]) -> None:
        self.text, self.defects = text, defects
        self.found: list[Address] = []
        self.words: list[str] = []  # of the mailbox at hand, outside <>
        self.at_sign: int | None = None  # where in `words` the last @ stands
        self.angle: list[str] | None = None  # what stands in <>, None before any
        self.in_angle = False
        self.comments: list[str] = []
        self.quotes_left = True

    def run(self) -> None:
        """Scan to the end or to the bound."""
        at = 0
        while at < len(self.text):
            if len(self.found) >= ADDRESSES_PER_HEADER:
                self.defects.add("too_many_addresses")
                return
            at = self.step(at)
        if self.in_angle:
            self.defects.add("bad_address")
        self.finish()

    def step(self, at: int) -> int:
        """Take one token; return where the next begins."""
        mark = self.text[at]
        if mark == "(":
            return self.comment(at)
        if mark == '"' and self.quotes_left:
            quoted = _QUOTED.match(self.text, at)
            if quoted is not None:
                self.word(_ESCAPE.sub(r"\1", quoted[1]) or '""')
                return quoted.end()
            self.quotes_left = False  # no quote is closed from here on; asking again would be quadratic
            self.defects.add("bad_address")
            return at + 1
        word = _WORD.match(self.text, at)
        token = word[0] if word else mark
        if token in _MARKS:
            self.mark(token)
        else:
            self.word(" " if token.isspace() else token)
        return at + len(token)

    def word(self, text: str) -> None:
        """Keep a word where it belongs."""
        if self.in_angle and self.angle is not None:
            self.angle.append(text)
        else:
            self.words.append(text)

    def mark(self, mark: str) -> None:
        """Let a mark tell what the words before it were."""
        if mark == "<" and not self.in_angle:
            if self.angle is not None:
                self.finish()
            self.angle, self.in_angle = [], True
        elif mark == ">":
            self.in_angle = False
        elif mark == "@":
            if not self.in_angle:
                self.at_sign = len(self.words)
            self.word("@")
        elif self.in_angle and self.angle is not None:
            if mark == ":":
                self.angle.clear()  # a route before it: RFC 5322 section 4.4 says to ignore it
            elif mark == ";":
                self.in_angle = False
                self.finish()
            elif mark == "," and self.angle[:1] != ["@"]:
                self.defects.add("bad_address")
                self.in_angle = False
                self.finish()
        elif mark in ",;":
            self.finish()
        elif mark == ":" and self.at_sign is None:
            self.words.clear()  # the name of a group
        else:
            self.word(mark)

    def comment(self, at: int) -> int:
        """Skip a comment, nested ones in it, and remember its text."""
        depth, start = 0, at
        while True:
            found = _COMMENT_MARK.search(self.text, at)
            if found is None:
                self.defects.add("bad_address")
                self.comments.append(self.text[start + 1 :])
                return len(self.text)
            at = found.end()
            if found[0] == "\\":
                at += 1
            else:
                depth += 1 if found[0] == "(" else -1
                if depth == 0:
                    self.comments.append(self.text[start + 1 : at - 1])
                    return at

    def finish(self) -> None:
        """One mailbox is complete: make it an Address."""
        words, angle, comments, at_sign = self.words, self.angle, self.comments, self.at_sign
        self.words, self.angle, self.comments, self.at_sign, self.in_angle = [], None, [], None, False
        comment = comments[-1] if comments else ""
        if angle is not None:
            name = _name(words) or comment
            local, domain = _halves(angle)
            if name and not (local or domain):
                self.defects.add("bad_address")
        elif at_sign is not None:
            name, local, domain = _bare(words, at_sign)
            name = name or comment
        else:
            plain = _name(words)
            if not plain:
                return
            name, local, domain = (plain, "", "") if " " in plain else (comment, plain, "")
            if name == plain:
                self.defects.add("bad_address")
        self.found.append(Address(_decoded(name, self.defects), local, _host(domain)))


_MARKS = frozenset("<>@,:;")


def _halves(words: list[str]) -> tuple[str, str]:
    """Local part and domain of what stood in angle brackets: the last @ parts them."""
    for at in range(len(words) - 1, -1, -1):
        if words[at] == "@":
            return _name(words[:at]), "".join(words[at + 1 :]).replace(" ", "")
    return _name(words), ""


def _name(words: list[str]) -> str:
    """Words as one text; an empty quoted one stood for itself until here."""
    return "".join(words).replace('""', "").strip()


def _bare(words: list[str], at_sign: int) -> tuple[str, str, str]:
    """Read an address without angle brackets, perhaps with a name before or behind it."""
    before, behind = words[:at_sign], words[at_sign + 1 :]
    while before and before[-1] == " ":
        before.pop()
    start = len(before)
    while start and before[start - 1] != " ":
        start -= 1
    after = "".join(behind).strip().split(" ", 1)
    name = _name(before[:start]) or (after[1].strip() if len(after) > 1 else "")
    return name, _name(before[start:]), after[0]

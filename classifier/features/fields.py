"""The header fields of many messages at once: where each name and each value lies, in numpy.

`classifier.mail.headers` reads one message and knows every way in which a header can be damaged. This reads
what is not damaged, a batch at a time and ten times as fast; whatever it cannot be sure to read in the same
way it calls odd, and leaves to the other. A test holds both against each other on every kind of mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.features.header_block import header_of, whole_header
from classifier.features.kernels import LOW, PAD, every_eight
from classifier.features.wording import HOP
from classifier.mail.bounds import HEADER_COUNT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.mail import Message

    Index = NDArray[np.int64]
    U64 = NDArray[np.uint64]


LOOKED_UP = (
    b"message-id",
    b"date",
    b"from",
    b"subject",
    b"content-type",
    b"content-transfer-encoding",
    b"content-disposition",
)
"""Fields whose first value is found for every message, in the order of `Fields.spans`."""

ODD = 1
"""Code of what is no name: the message it stands in is read another way."""

_NAME = re.compile(rb"[!-9;-~]{1,200}")
_MOST = 4096
_NEWLINE, _COLON, _SPACE, _TAB = b"\n: \t"


class Names:
    """Numbers for header names as they are written; remembers names, nothing else.

    Names of at most 24 bytes are found for a whole batch at once, by three integers that hold them whole;
    the others, and those whose place in the table is taken, by a dictionary.

    Parameters
    ----------
    describe : callable
        From a lower-case name to what becomes of its fields, and to the tag of their words.

    Attributes
    ----------
    actions : ndarray of shape (n_names,), int64
        By code.
    tags : ndarray of shape (n_names,), uint64
        By code.
    looked_up : ndarray of shape (n_names,), int64
        By code: place in `LOOKED_UP`, -1 for the others.
    """

    def __init__(self, describe: Callable[[bytes], tuple[int, int]]) -> None:
        self._describe = describe
        self._forget()

    def _forget(self) -> None:
        self._codes: dict[bytes, int] = {}
        self._told: list[tuple[int, int, int]] = [(0, 0, -1), (0, 0, -1)]  # code 0 is "not seen", 1 is ODD
        self._slots = np.zeros(1 << _SLOT_BITS, np.int64)
        self._lay_out()

    def _lay_out(self) -> None:
        actions, tags, looked_up = zip(*self._told, strict=True)
        self.actions = np.array(actions, np.int64)
        self.tags = np.array(tags, np.uint64)
        self.looked_up = np.array(looked_up, np.int64)
        written = [b"", b"", *self._codes]
        ends = np.cumsum(np.fromiter(map(len, written), np.int64, len(written))) + len(PAD)
        starts = np.append(len(PAD), ends[:-1])
        self._spelled = _spelled(np.frombuffer(b"".join([PAD, *written, PAD]), np.uint8), starts, ends)
        places, codes = _slots_of(self._spelled), np.arange(len(written))
        short = codes[2:][self._spelled[0][2:] <= _WHOLE]
        self._slots[places[short]] = short

    def of(self, raw: bytes, start: Index, end: Index) -> Index:
        """Return the code of each name.

        Parameters
        ----------
        raw : bytes
            With `PAD` at both ends.
        start, end : ndarray of shape (n,), int64
            Where what stands before the colons lies.

        Returns
        -------
        ndarray of shape (n,), int64
        """
        if len(self._told) > _MOST:  # a flood of made-up names must not own the memory
            self._forget()
        spelled = _spelled(np.frombuffer(raw, np.uint8), start, end)
        codes: Index = self._slots[_slots_of(spelled)]
        for mine, known in zip(spelled, self._spelled, strict=True):
            codes *= mine == known[codes]
        for at in np.flatnonzero(codes == 0).tolist():
            written = raw[start[at] : end[at]]
            codes[at] = self._codes.get(written) or self._learn(written)
        if len(self.tags) < len(self._told):
            self._lay_out()
        return codes

    def _learn(self, written: bytes) -> int:
        if not _NAME.fullmatch(written):
            return ODD
        name = written.lower()
        looked_up = LOOKED_UP.index(name) if name in LOOKED_UP else -1
        self._codes[written] = len(self._told)
        self._told.append((*self._describe(name), looked_up))
        return len(self._told) - 1


def _spelled(buffer: NDArray[np.uint8], start: Index, end: Index) -> tuple[Index, U64, U64, U64]:
    """Return of each name its length, its first, its next and its last eight bytes: up to 24 bytes, all."""
    eights = every_eight(buffer)
    length = end - start
    first: U64 = eights[start] & LOW[np.minimum(length, 8)]
    following, last = np.zeros((2, len(first)), np.uint64)
    long = np.flatnonzero(length > 8)
    behind = end[long] - 8
    last[long] = eights[behind]
    following[long] = eights[np.minimum(start[long] + 8, behind)]
    return length, first, following, last


def _slots_of(spelled: tuple[Index, U64, U64, U64]) -> Index:
    """Choose a name's place in the table."""
    _, first, following, last = spelled
    hashes = (first + following * _ODD_FACTORS[0] + last * _ODD_FACTORS[1]) * _ODD_FACTORS[2]
    hashes ^= hashes >> np.uint64(31)
    hashes *= _ODD_FACTORS[0]
    slots: Index = (hashes >> np.uint64(64 - _SLOT_BITS)).view(np.int64)
    return slots


_WHOLE = 24
_SLOT_BITS = 13
_ODD_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


class Fields(NamedTuple):
    """The header fields of a batch of messages.

    Parameters
    ----------
    raw : bytes
        The headers end to end, `PAD` around them.
    row : ndarray of shape (n_fields,), int64
        Which message each belongs to; ascending.
    action : ndarray of shape (n_fields,), int64
        What becomes of it.
    tag : ndarray of shape (n_fields,), uint64
        Of its words.
    start, colon, end : ndarray of shape (n_fields,), int64
        Where in `raw` name, colon and line end behind the value lie.
    spans : ndarray of shape (n_looked_up + 1, 2, n_messages), int64
        Where in `raw` what stands behind the colon of each message's first field of each of `LOOKED_UP`, and
        of its last Received:, begins and ends; 0 where there is none.
    body_start : list of int
        Where each message's body begins; -1 for odd ones.
    """

    raw: bytes
    row: Index
    action: Index
    tag: NDArray[np.uint64]
    start: Index
    colon: Index
    end: Index
    spans: Index
    body_start: list[int]

    def first(self, name: bytes) -> list[bytes | None]:
        """Return what stood behind the colon of each message's first field of a name.

        Parameters
        ----------
        name : bytes
            Member of `LOOKED_UP`.

        Returns
        -------
        list of (bytes or None)
        """
        return self._behind_colons(LOOKED_UP.index(name))

    def oldest_received(self) -> list[bytes | None]:
        """Return what stood behind the colon of each message's last Received:.

        Returns
        -------
        list of (bytes or None)
        """
        return self._behind_colons(-1)

    def _behind_colons(self, which: int) -> list[bytes | None]:
        raw = self.raw
        begins, ends = self.spans[which].tolist()
        return [raw[a:b] if b else None for a, b in zip(begins, ends, strict=True)]


def find_fields(mails: Sequence[Message], names: Names) -> Fields:
    """Find the header fields of a batch.

    Parameters
    ----------
    mails : sequence of Message
    names : Names

    Returns
    -------
    Fields
        Odd messages have none.
    """
    blocks: list[bytes] = []
    body_start: list[int] = []
    for mail in mails:
        block, begin = whole_header(mail.raw) if mail.is_header else header_of(mail.raw)
        blocks.append(block)
        body_start.append(begin)
    fields, odd = _split(blocks, body_start, names)
    if odd:
        for row in odd:
            blocks[row], body_start[row] = b"", -1
        fields, _ = _split(blocks, body_start, names)
    return fields


def _split(blocks: list[bytes], body_start: list[int], names: Names) -> tuple[Fields, list[int]]:
    """Find the fields, and the messages that have a line which is none, or too many fields."""
    raw = b"".join([PAD, *blocks, PAD])
    buffer = np.frombuffer(raw, np.uint8)
    marks = np.flatnonzero((buffer == _NEWLINE) | (buffer == _COLON))
    is_newline = buffer[marks] == _NEWLINE
    newlines = np.flatnonzero(is_newline)
    after = buffer[marks[newlines] + 1]
    newlines = newlines[(after != _SPACE) & (after != _TAB)]
    end = marks[newlines]
    start = np.empty_like(end)
    start[:1] = len(PAD)
    start[1:] = end[:-1] + 1
    first_mark = np.append(0, newlines[:-1] + 1)[: len(end)]
    colon = marks[first_mark]
    code = names.of(raw, start, colon)
    code[is_newline[first_mark]] = ODD
    ends_of_blocks = np.cumsum(np.fromiter(map(len, blocks), np.int64, len(blocks))) + len(PAD)
    row = np.searchsorted(ends_of_blocks, start, side="right")
    action = names.actions[code]
    chosen = _chosen(row, names.looked_up[code], action == HOP, len(blocks))
    spans = np.stack([np.append(colon + 1, 0)[chosen], np.append(end, 0)[chosen]], 1)
    fields = Fields(raw, row, action, names.tags[code], start, colon, end, spans, body_start)
    return fields, _odd_rows(row, code)


def _chosen(row: Index, which: Index, is_hop: NDArray[np.bool_], n_rows: int) -> Index:
    """Choose the first field of each name looked up, and the last hop; -1 where there is none."""
    chosen = np.full((len(LOOKED_UP) + 1, n_rows), -1, np.int64)
    if len(row):
        found = np.flatnonzero(which >= 0)[::-1]  # of several the one assigned last stays: the first field
        chosen[which[found], row[found]] = found
        hops = np.flatnonzero(is_hop)
        chosen[-1, row[hops]] = hops
    return chosen


def _odd_rows(row: Index, code: Index) -> list[int]:
    odd: set[int] = set(row[code == ODD].tolist())
    if len(row) > HEADER_COUNT:
        odd.update(np.flatnonzero(np.bincount(row) > HEADER_COUNT).tolist())
    return sorted(odd)

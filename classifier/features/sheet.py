"""What the words and 4-grams of a batch of messages are made of: `Reader`, for many messages at once.

`wording.Reader` reads one message and is the reference: what is odd goes through it, and so does what
explains a verdict. Here the headers stay where they are in one buffer; fields that are read differently
from how they stand (time zones, the from-clauses of relays) are written behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.features.fields import Fields, Names, find_fields
from classifier.features.kernels import PAD
from classifier.features.wording import DROP, HOP, KEEP, ZONE, Reader, Wording
from classifier.mail.glance import glance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.mail import Message

    Index = NDArray[np.int64]


_SEMICOLON, _PLUS, _MINUS, _NINE, _ZERO = b";+-90"
_BEFORE_ZONE = b" \t\n"
_CONTENT = (b"content-type", b"content-transfer-encoding", b"content-disposition")


class Sheet:
    """A batch of messages, their headers found.

    Parameters
    ----------
    messages : sequence of Message
    reader : Reader
        Says what is read, and reads what is odd.
    names : Names
        Made with `Reader.describe`.

    Attributes
    ----------
    messages : sequence of Message
    fields : Fields
    """

    def __init__(self, messages: Sequence[Message], reader: Reader, names: Names) -> None:
        self.messages, self.reader = messages, reader
        self.fields: Fields = find_fields(messages, names)

    def __len__(self) -> int:
        return len(self.messages)

    @cached_property
    def odd(self) -> dict[int, Wording]:
        """By their place, what the messages that the reference had to read are read as."""
        return {
            row: self.reader.read(self.messages[row])
            for row, begin in enumerate(self.fields.body_start)
            if begin < 0
        }

    @cached_property
    def header(self) -> Segments:
        """The values of the header fields that are read."""
        return _segments(self.fields, self.reader, self.odd)

    def starts(self) -> list[bytes]:
        """Return the beginnings of header and raw body, for 4-grams.

        Returns
        -------
        list of bytes
            As `Wording.start`, one a message.
        """
        reader, begins = self.reader, self.fields.body_start
        heads = self.header.beginnings(len(self), reader.gram_header_bytes)
        return [
            reader.joined(head, message.raw, begin) if begin >= 0 else self.odd[row].start
            for row, (head, message, begin) in enumerate(zip(heads, self.messages, begins, strict=True))
        ]

    def bodies(self) -> list[bytes]:
        """Return the beginnings of the texts that are shown.

        Returns
        -------
        list of bytes
            As `Wording.body`, one a message.
        """
        size = self.reader.text_bytes
        told = map(self.fields.first, _CONTENT)
        bodies: list[bytes] = []
        each = zip(self.messages, self.fields.body_start, *told, strict=True)
        for row, (message, begin, *content) in enumerate(each):
            if begin < 0:
                bodies.append(self.odd[row].body)
            elif begin == len(message.raw):
                bodies.append(b"")
            else:
                bodies.append(glance(message.raw, (begin, *content), size))
        return bodies


class Segments(NamedTuple):
    """Stretches of one buffer that words are taken from, in ascending order.

    Parameters
    ----------
    raw : bytes
        The buffer, `PAD` around it.
    start, end : ndarray of shape (n_segments,), int64
        A segment ends where a word does.
    tag : ndarray of shape (n_segments,), uint64
    row : ndarray of shape (n_segments,), uint32
    lines : ndarray of shape (5, n_fields), int64
        The header as it is read, in its order: where each field begins, where its value does, where what is
        read of that begins and ends (perhaps elsewhere), and where its line end lies.
    line_row : ndarray of shape (n_fields,), int64
    """

    raw: bytes
    start: Index
    end: Index
    tag: NDArray[np.uint64]
    row: NDArray[np.uint32]
    lines: Index
    line_row: Index

    def beginnings(self, n_rows: int, size: int) -> list[bytes]:
        """Return the first bytes of each message's header as it is read.

        Parameters
        ----------
        n_rows : int
        size : int
            Bytes of each at least, where there are as many.

        Returns
        -------
        list of bytes
        """
        name, value, start, end, close = self.lines
        row = self.line_row
        if not len(row):
            return [b""] * n_rows
        apart = np.ones(len(row) + 1, bool)
        apart[1:-1] = (name[1:] != close[:-1] + 1) | (row[1:] != row[:-1])
        begins = np.flatnonzero(np.stack([apart[:-1], start != value, end != close], 1))
        ends = np.flatnonzero(np.stack([start != value, end != close, apart[1:]], 1))
        first = np.stack([name, start, close], 1).ravel()[begins]
        behind = np.stack([value, end, close + 1], 1).ravel()[ends]
        raw = self.raw
        pieces = [raw[a:b] for a, b in zip(first.tolist(), behind.tolist(), strict=True)]
        cuts = np.searchsorted(begins, 3 * np.searchsorted(row, np.arange(n_rows + 1))).tolist()
        return [b"".join(pieces[a:b])[:size] for a, b in pairwise(cuts)]


def _segments(fields: Fields, reader: Reader, odd: dict[int, Wording]) -> Segments:
    """Choose what is read of each field, and write behind the headers what does not stand there so."""
    kept = np.flatnonzero(fields.action != DROP)
    action, row, tag = fields.action[kept], fields.row[kept], fields.tag[kept]
    name, colon, close = fields.start[kept], fields.colon[kept] + 1, fields.end[kept]
    start, end = colon.copy(), close.copy()
    edited = (action != KEEP) & ~_cut_hops(fields, reader, action, start, end)
    edited &= ~_cut_zones(fields.raw, action, start, end)
    extra: list[bytes] = []
    place = len(fields.raw)
    for at in np.flatnonzero(edited).tolist():
        value = reader.shorten(int(action[at]), fields.raw[colon[at] : close[at]])
        extra.append(value)
        start[at], end[at] = place, place + len(value)
        place += len(value) + 1
    lines = np.stack([name, colon, start, end, close])
    order = np.argsort(start, kind="stable") if extra else slice(None)
    start, end, tag, word_row = start[order], end[order], tag[order], row[order]
    if odd:
        values = [value for wording in odd.values() for value in wording.header]
        lengths = np.fromiter(map(len, values), np.int64, len(values))
        begins = place + np.cumsum(lengths + 1) - lengths - 1
        start, end = np.append(start, begins), np.append(end, begins + lengths)
        tag = np.append(tag, np.array([tag for wording in odd.values() for tag in wording.tags], np.uint64))
        word_row = np.append(word_row, np.repeat(list(odd), [len(wording.tags) for wording in odd.values()]))
        extra += values
    raw = b"".join([fields.raw, b"\0".join(extra), PAD]) if extra else fields.raw
    rows = word_row.astype(np.uint32)
    return Segments(raw, start, end, tag, rows, lines, row)


def _cut_hops(fields: Fields, reader: Reader, action: Index, start: Index, end: Index) -> NDArray[np.bool_]:
    """End what relays wrote before the date; tells which fields that was done for."""
    hops = np.flatnonzero(action == HOP) if not reader.portable else np.zeros(0, np.int64)
    done = np.zeros(len(action), bool)
    done[hops] = True
    buffer = np.frombuffer(fields.raw, np.uint8)
    semicolons = np.append(-1, np.flatnonzero(buffer == _SEMICOLON))
    last = semicolons[np.searchsorted(semicolons, end[hops]) - 1]
    end[hops] = np.where(last > start[hops], last, end[hops])
    return done


def _cut_zones(raw: bytes, action: Index, start: Index, end: Index) -> NDArray[np.bool_]:
    """Leave of a date its zone, where that is the last word; tells which fields that was done for."""
    dates = np.flatnonzero(action == ZONE)
    buffer = np.frombuffer(raw, np.uint8)
    last = end[dates]
    near = buffer[last[:, None] + np.arange(-6, 0)]  # a blank, a sign, four digits
    is_zone = (near[:, 1] == _PLUS) | (near[:, 1] == _MINUS)
    is_zone &= np.isin(near[:, 0], np.frombuffer(_BEFORE_ZONE, np.uint8)) & (last - start[dates] >= 6)
    is_zone &= ((near[:, 2:] >= _ZERO) & (near[:, 2:] <= _NINE)).all(axis=1)
    found = dates[is_zone]
    start[found] = end[found] - 5
    done = np.zeros(len(action), bool)
    done[found] = True
    return done

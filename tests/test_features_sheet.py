"""Many messages read at once are read as each is by the reference, however damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.features import Extractor, Schema
from classifier.features.fields import Names
from classifier.features.header_block import header_end, header_of, whole_header
from classifier.features.sheet import Sheet
from classifier.features.wording import KEEP, Reader
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.output.envelope import Envelopes, envelopes

READERS = [
    Extractor(Schema(views=("header", "body", "grams"), portable=portable)).reader
    for portable in (False, True)
]
GOLDEN_MAILS = sorted((Path(__file__).parent / "mail").rglob("*.eml"))

Read = tuple[list[tuple[int, bytes]], bytes, bytes]


def plain(value: bytes) -> bytes:
    return value.replace(b"\r\n", b"\n")


def by_reference(reader: Reader, raw: bytes) -> Read:
    one = reader.read(Message(raw))
    return sorted(zip(one.tags, map(plain, one.header), strict=True)), one.body, one.start


def together(reader: Reader, raws: list[bytes]) -> list[Read]:
    sheet = Sheet([Message(raw) for raw in raws], reader, Names(reader.describe))
    values: list[list[tuple[int, bytes]]] = [[] for _ in raws]
    header = sheet.header
    for row, tag, start, end in zip(header.row, header.tag, header.start, header.end, strict=True):
        values[row].append((int(tag), plain(header.raw[start:end])))
    return [(sorted(v), b, s) for v, b, s in zip(values, sheet.bodies(), sheet.starts(), strict=True)]


FIELDS = [
    b"Subject: Lunch?", b"Received: from a by b; Mon, 2 Sep 2002 10:12:13 -0400", b"Received: ; nothing",
    b"Received: from x (y [192.0.2.1])\n\tby z with ESMTP id 7;\n  Tue, 3 Sep 2002 10:00:00 +0200 (CEST)",
    b"Date: Mon, 2 Sep 2002 10:12:13 -0400", b"Date: 2 Sep 2002 10:12:13 GMT", b"Date:10:12-0400", b"Date:",
    b"Date: x+0100", b"X-Spam-Flag: YES", b"Status: RO", b"List-Id: <a.b>", b"Message-ID: <20020902.7@a>",
    b"Content-Type: text/html", b"Content-Type: text/plain; charset=iso-8859-1", b"Content-Type: image/png",
    b'Content-Type: multipart/mixed; boundary="=="', b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable", b"Content-Disposition: attachment; filename=x",
    b"Spaced : out", b"no field at all", b" folded from nowhere", b"From a@b Mon Sep  2 10:12:13 2002",
    b"\xef\xbb\xbfX: byte order mark", b"X:", b":", b"X-\xe9: 8 bit", b"X: \r lone",
    b"x-long: " + b"w" * 900, b"From: Ada <ada@example.org>", b"From: =?utf-8?q?J=C3=B6?= <jo@example.org>",
    b"Message-Id:<20020902.7@a> (added)", b"Message-ID:\n <folded@a>", b"Message-ID: none",
    b"Subject: a\tb ", b"",
]  # fmt: skip
BODIES = [
    b"", b"At noon.\n", b"<p>Fish &amp; chips</p>\n", b"caf\xe9\n", "café\n".encode(), b"nul \0 nul\n",
    b"QXQgbm9vbi4=\n",
    b"=41t n=6Fon\n", b"--==\n\nfirst\n--==\nContent-Type: text/html\n\n<b>second\n--==--\n",
    b"a\rb\n", b"\n\n",
]  # fmt: skip
mails = st.builds(
    lambda fields, blank, body, end: (b"\n".join(fields) + blank + body).replace(b"\n", end),
    st.lists(st.sampled_from(FIELDS), max_size=8),
    st.sampled_from([b"\n\n", b"\n\n", b"\n", b""]),
    st.sampled_from(BODIES),
    st.sampled_from([b"\n", b"\r\n"]),
)


@pytest.mark.parametrize("reader", READERS, ids=["all", "portable"])
@given(st.lists(mails, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_mails_are_read_as_each_alone(reader: Reader, raws: list[bytes]) -> None:
    assert together(reader, raws) == [by_reference(reader, raw) for raw in raws]


@given(st.lists(mails, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_mails_are_named_as_each_alone(raws: list[bytes]) -> None:
    messages = [Message(raw) for raw in raws]
    sheet = Sheet(messages, READERS[0], Names(READERS[0].describe))
    assert envelopes(sheet) == Envelopes.of(messages)


@given(mails)
@settings(max_examples=150, deadline=None)
def test_a_header_ends_where_it_is_cut_off(raw: bytes) -> None:
    end = header_end(raw)
    assert end == header_of(raw)[1]
    if end >= 0:
        assert whole_header(raw[:end]) == header_of(raw[:end])


@pytest.mark.parametrize("reader", READERS, ids=["all", "portable"])
def test_golden_and_demo_mails_are_read_as_each_alone(reader: Reader, repo: Path) -> None:
    raws = [path.read_bytes() for path in GOLDEN_MAILS]
    raws += [stored.raw for stored in open_mailbox(str(repo / "data" / "demo.mbox"))]
    raws += [raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for raw in raws]
    assert together(reader, raws) == [by_reference(reader, raw) for raw in raws]


def test_a_reader_that_shortens_nothing_is_told_apart() -> None:
    class Villain(Reader):
        def describe(self, name: bytes) -> tuple[int, int]:
            return KEEP, super().describe(name)[1]

    raw = b"Received: from a by b; Mon, 2 Sep 2002 10:12:13 -0400\nStatus: RO\n\nAt noon.\n"
    reader = READERS[0]
    villain = Villain(reader.gram_header_bytes, reader.gram_body_bytes, reader.text_bytes, reader.portable)
    assert together(villain, [raw]) != [by_reference(reader, raw)]


def test_a_flood_of_made_up_names_changes_nothing() -> None:
    reader = READERS[0]
    names = Names(reader.describe)
    flood = [b"".join(b"X-%d-%d: v\n" % (at, n) for n in range(900)) + b"\nbody" for at in range(12)]
    for raw in flood:
        sheet = Sheet([Message(raw)], reader, names)
        assert len(sheet.header.tag) == 900
        assert len(names.tags) < 6000
    assert together(reader, flood[:2]) == [by_reference(reader, raw) for raw in flood[:2]]

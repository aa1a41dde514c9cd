"""Message as a whole: golden mails, their CRLF twins, laziness, and bytes of every kind."""

from __future__ import annotations

import doctest
import json
import pickle
import re
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_facts import facts, sizes, with_crlf, with_lf

from classifier.mail import DEFECTS, Address, Message, bounds

GOLDEN = sorted((Path(__file__).parent / "mail").glob("*.eml"))
golden = pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)

PIECES = [
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b":",
    b" ",
    b"\t",
    b"--",
    b"=?",
    b"?=",
    b"<",
    b">",
    b'"',
    b"(",
    b"\\",
    b"=",
    b"\xff",
]
PIECES += [b"From ", b"To: ", b"Date: ", b"charset=utf-16\n", b"Content-Transfer-Encoding: base64\n"]
PIECES += [b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", b"Content-Type: text/html\n\n<div hidden>"]
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=12)), max_size=40).map(b"".join)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A golden mail, cut, doubled and overwritten in a few places."""
    raw = draw(st.sampled_from(GOLDEN)).read_bytes()
    for _ in range(draw(st.integers(1, 5))):
        at, length = draw(st.integers(0, len(raw))), draw(st.integers(0, 60))
        change = draw(st.sampled_from(["cut", "double", "write"]))
        middle = {"cut": b"", "double": raw[at : at + length] * 2, "write": draw(soup)}[change]
        raw = raw[:at] + middle + raw[at + length :]
    return raw


@golden
def test_golden_facts(path: Path) -> None:
    message = Message(path.read_bytes())
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert facts(message) | {"part_sizes": sizes(message)} == expected


@golden
@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"], ids=["crlf", "cr"])
def test_golden_twins_agree(path: Path, line_end: bytes) -> None:
    raw = path.read_bytes()
    assert facts(Message(raw.replace(b"\n", line_end))) == facts(Message(raw))


def test_every_golden_mail_has_its_twin() -> None:
    assert len(GOLDEN) >= 14
    assert {path.stem for path in GOLDEN} == {path.stem for path in GOLDEN[0].parent.glob("*.json")}


@given(raw=st.one_of(st.binary(max_size=300), soup))
def test_any_bytes_make_a_message(raw: bytes) -> None:
    message = Message(raw)
    facts(message)
    assert message.raw == raw
    assert message.body == raw[message.body_start :]
    assert raw.startswith(message.header_block, message.headers.start)
    assert set(message.defects) <= set(DEFECTS)
    for part in message.parts:
        assert 0 <= part.header_start <= part.start <= part.end <= len(raw)


@given(raw=st.one_of(mutated(), soup))
def test_line_ends_change_no_fact(raw: bytes) -> None:
    assert facts(Message(with_crlf(raw))) == facts(Message(with_lf(raw)))


@given(raw=mutated())
def test_facts_do_not_depend_on_the_order_of_asking(raw: bytes) -> None:
    forced = Message(raw)
    forced.all_defects()
    assert facts(forced) == facts(Message(raw))


def test_nothing_is_read_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    message = Message(b"Subject: x\n\n" + b"y" * 100)
    assert list(vars(message)) == ["raw", "_defects"]

    def read_body(*_: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("classifier.mail.message.walk", read_body)
    monkeypatch.setattr("classifier.mail.message.Readable", read_body)
    assert (message.subject, message.author, message.date, message.content_type) == (
        "x",
        None,
        None,
        "text/plain",
    )
    with pytest.raises(AssertionError, match="body was read"):
        _ = message.text


def test_a_fact_is_found_out_once() -> None:
    message = Message(b"To: a@example.org\n\n")
    assert message.to is message.to


def test_an_unknown_attribute_is_an_error() -> None:
    with pytest.raises(AttributeError):
        _ = Message(b"").subjekt  # type: ignore[attr-defined]


def test_a_message_travels_as_its_bytes() -> None:
    message = Message(bytearray(b"Subject: x\n\ny"))
    message.all_defects()
    assert type(message.raw) is bytes
    twin = pickle.loads(pickle.dumps(message))
    assert (twin.raw, twin.subject, twin.text) == (message.raw, "x", "y")


def test_absent_and_empty_are_told_apart() -> None:
    absent, empty = Message(b"X: y\n\n"), Message(b"Return-Path: <>\nSubject:\nFrom:\n\n")
    assert (absent.mail_from, absent.subject, absent.author) == (None, "", None)
    assert empty.mail_from == Address("", "", "")
    assert empty.mail_from is not None
    assert empty.mail_from.is_null
    assert (empty.subject, empty.author, empty.authors) == ("", None, ())


def test_the_author_is_the_first_mailbox_with_a_domain() -> None:
    message = Message(b"From: Doe, John <john@example.org>\n\n")
    assert message.author == Address("John", "john", "example.org")
    assert len(message.authors) == 2


@pytest.mark.parametrize(
    ("raw", "names", "body"),
    [
        (b"", [], b""),
        (b"\n", [], b""),
        (b"\nbody", [], b"body"),
        (b"a: b", [b"a"], b""),
        (b"a: b\n", [b"a"], b""),
        (b"a: b\n\n", [b"a"], b""),
        (b"a: b\r\n\r\nbody", [b"a"], b"body"),
        (b"a: b\rc: d\r\rbody", [b"a", b"c"], b"body"),
        (b"a: b\n\r\nbody", [b"a"], b"body"),
        (b"a: b\r\r\n\r\r\nbody", [b"a"], b"body"),
        (b"From x Thu Jan  1\na: b\n\nbody", [b"a"], b"body"),
        (b">From x Thu Jan  1\na: b\n\nbody", [b"a"], b"body"),
        (b"\xef\xbb\xbfa: b\n\nbody", [b"a"], b"body"),
        (b"\n \nSubject: b\n\nbody", [b"subject"], b"body"),
        (b"a: b\nno colon here\n\nbody", [b"a"], b"no colon here\n\nbody"),
        (b"a: b\nno colon here\nTo: c\n\nbody", [b"a", b"to"], b"body"),
    ],
)
def test_where_the_header_ends(raw: bytes, names: list[bytes], body: bytes) -> None:
    message = Message(raw)
    assert (message.headers.names, message.body) == (names, body)


BIG = {
    "header_block_too_long": b"a: b\n" + b"x: " + b"y" * bounds.HEADER_BLOCK_BYTES + b"\n\nbody",
    "too_many_headers": b"a: b\n" * (bounds.HEADER_COUNT + 1),
    "header_too_long": b"Subject: " + b"y" * (bounds.HEADER_FIELD_BYTES + 1),
    "too_many_addresses": b"To: " + b"a@b," * (bounds.ADDRESSES_PER_HEADER + 1),
    "too_many_message_ids": b"References: " + b"<a@b> " * (bounds.MESSAGE_IDS_PER_HEADER + 1),
    "parameters_too_long": b"Content-Type: text/plain; a=" + b"y" * bounds.PARAMETER_BYTES,
    "no_boundary": b"Content-Type: multipart/mixed\n\nx",
    "boundary_not_found": b"Content-Type: multipart/mixed; boundary=b\n\nx",
    "mime_too_deep": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(bounds.MIME_DEPTH + 2)
    ),
    "too_many_parts": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\n\nx\n" * (bounds.MIME_PARTS + 1),
    "too_many_boundary_lines": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--c\n" * (bounds.BOUNDARY_LINES + 1),
    "invalid_base64": b"Content-Transfer-Encoding: base64\n\n%%%%",
    "invalid_quoted_printable": b"Content-Transfer-Encoding: quoted-printable\n\n=ZZ",
    "text_too_long": b"a: b\n\n" + b"x\n" * bounds.TEXT_BYTES,
    "html_too_long": b"Content-Type: text/html\n\n" + b"<p>words" * (bounds.HTML_BYTES // 8 + 1),
    "html_too_deep": b"Content-Type: text/html\n\n" + b"<div>" * 5000,
    "too_many_attributes": b"Content-Type: text/html\n\n" + b"<a " + b" b=c" * 5000,
    "too_many_links": b"Content-Type: text/plain\n\n" + b"http://a.example/ " * (bounds.LINKS + 1),
    "lone_cr": b"Subject: x\r\rbody\r",
    "byte_order_mark": b"\xef\xbb\xbfSubject: x\n\n",
    "blank_lines_before_header": b"\n\nSubject: x\n\n",
    "duplicate_header": b"Subject: x\nSubject: y\n\n",
}
"""What shows each defect that no golden mail shows."""


@pytest.mark.parametrize("name", DEFECTS)
def test_every_defect_has_a_mail_that_shows_it(name: str) -> None:
    shown = {
        defect for path in GOLDEN for defect in json.loads(path.with_suffix(".json").read_text())["defects"]
    }
    assert name in shown or name in Message(BIG[name]).all_defects()


@pytest.mark.parametrize("name", sorted(BIG))
def test_what_is_over_a_bound_still_yields_facts(name: str) -> None:
    assert name in facts(Message(BIG[name]))["defects"] or name == "lone_cr"


def test_no_defect_is_named_that_is_not_listed() -> None:
    room = Path(bounds.__file__).parent
    sources = [
        (room / name).read_text()
        for name in ("message.py", "headers.py", "mime.py", "text.py", "html.py", "date.py")
    ]
    named = {name for source in sources for name in re.findall(r'defects\.add\("(\w+)"\)', source)}
    assert named
    assert named <= set(DEFECTS)


@pytest.mark.parametrize("name", ["fingerprint", "headers", "html", "message"])
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    failed, attempted = doctest.testmod(import_module(f"classifier.mail.{name}"))
    assert attempted > 0
    assert failed == 0


def test_every_bound_gives_its_reason() -> None:
    source = Path(bounds.__file__).read_text()
    names = re.findall(r"^([A-Z_]+): Final = .*\n\"\"\"(.{30,})", source, re.MULTILINE)
    assert {name for name, _ in names} == {name for name in vars(bounds) if name.isupper()}

"""Addresses: the usual shapes, the old ones, the broken ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail import Address, bounds
from classifier.mail.address import parse_addresses

A = Address


def parse(text: str) -> tuple[list[Address], set[str]]:
    defects: set[str] = set()
    return list(parse_addresses(text.encode(), defects)), defects


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", []),
        ("a@b.example", [A("", "a", "b.example")]),
        ("<a@b.example>", [A("", "a", "b.example")]),
        ("Name <a@B.Example.>", [A("Name", "a", "b.example")]),
        ('"Doe, John" <a@b>', [A("Doe, John", "a", "b")]),
        ('"a\\"b" <a@b>', [A('a"b', "a", "b")]),
        ("Doe  John <a@b>", [A("Doe John", "a", "b")]),
        ("root", [A("", "root", "")]),
        ("Anacron <root>", [A("Anacron", "root", "")]),
        ("root@host (Cron Daemon)", [A("Cron Daemon", "root", "host")]),
        ("(Cron Daemon) root@host", [A("Cron Daemon", "root", "host")]),
        ("root@host (a (b) c)", [A("a (b) c", "root", "host")]),
        ("a@b (x \\) y)", [A("x \\) y", "a", "b")]),
        ("<>", [A("", "", "")]),
        ('"" <>', [A("", "", "")]),
        ("a@b, c@d,e@f", [A("", "a", "b"), A("", "c", "d"), A("", "e", "f")]),
        ("X <a@b>, c@d", [A("X", "a", "b"), A("", "c", "d")]),
        (",, a@b ,", [A("", "a", "b")]),
        ("a@b; c@d", [A("", "a", "b"), A("", "c", "d")]),
        ("undisclosed-recipients:;", []),
        ("Group: a@b, X <c@d>; e@f", [A("", "a", "b"), A("X", "c", "d"), A("", "e", "f")]),
        ("<@relay,@other:a@b>", [A("", "a", "b")]),
        ('"odd local"@b', [A("", "odd local", "b")]),
        ('"a@b"@c', [A("", "a@b", "c")]),
        ("a@[192.0.2.1]", [A("", "a", "[192.0.2.1]")]),
        ("X <a@[IPv6:2001:db8::1]>", [A("X", "a", "[ipv6:2001:db8::1]")]),
        ("a@b <c@d>", [A("a@b", "c", "d")]),
        ("Name a@b", [A("Name", "a", "b")]),
        ("=?utf-8?q?Doe=2C_J=C3=B6?= <a@b>", [A("Doe, Jö", "a", "b")]),
        ("=?utf-8?q?x=40y=2C?= <a@b>, c@d", [A("x@y,", "a", "b"), A("", "c", "d")]),
        ('"=?utf-8?q?J=C3=B6?=" <a@b>', [A("Jö", "a", "b")]),
        ("Undisclosed Recipients@b", [A("Undisclosed", "Recipients", "b")]),
        ("<Undisclosed Recipients@b>", [A("", "Undisclosed Recipients", "b")]),
    ],
)
def test_sound_addresses(text: str, addresses: list[Address]) -> None:
    assert parse(text) == (addresses, set())


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("John Smith", [A("John Smith", "", "")]),
        ("Name <>", [A("Name", "", "")]),
        ('"unclosed <a@b>', [A("unclosed", "a", "b")]),
        ("X <a@b", [A("X", "a", "b")]),
        ("X <a@b, Y <c@d>", [A("X", "a", "b"), A("Y", "c", "d")]),
        ("a@b (never closed", [A("never closed", "a", "b")]),
    ],
)
def test_broken_addresses_are_read_as_far_as_possible(text: str, addresses: list[Address]) -> None:
    assert parse(text) == (addresses, {"bad_address"})


def test_addr_and_is_null() -> None:
    assert (A("", "a", "b").addr, A("", "root", "").addr, A("", "", "").addr) == ("a@b", "root", "")
    assert A("", "", "").is_null
    assert not A("Name", "", "").is_null
    assert not A("", "root", "").is_null


def test_no_more_addresses_than_the_bound() -> None:
    found, defects = parse("a@b," * 5000)
    assert len(found) == bounds.ADDRESSES_PER_HEADER
    assert defects == {"too_many_addresses"}


words = st.text(st.characters(categories=["L", "N"], max_codepoint=0x17F), min_size=1, max_size=8)


@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=8))
def test_what_is_written_well_is_read_back(people: list[tuple[str, str, str]]) -> None:
    text = ", ".join(f"{name} <{local}@{domain}>" for name, local, domain in people)
    quoted = ", ".join(f'"{name}, {name}" <{local}@{domain}>' for name, local, domain in people)
    commented = ",".join(f"{local}@{domain} ({name})" for name, local, domain in people)
    expected = [A(name, local, domain.lower()) for name, local, domain in people]
    assert parse(text)[0] == expected
    assert parse(commented)[0] == expected
    assert parse(quoted)[0] == [A(f"{name}, {name}", local, domain.lower()) for name, local, domain in people]


@given(st.text(st.sampled_from('a"\\(),:;<>@[]. =?\t'), max_size=60))
def test_the_scanner_takes_anything(text: str) -> None:
    found, _ = parse(text)
    assert all(isinstance(address, Address) for address in found)

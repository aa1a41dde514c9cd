"""Headers to Route: who is trusted, who only claims to be, and what the times and names tell."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail.headers import Headers
from classifier.mail.received import parse_received, who_handed_in
from classifier.mail.route import MAX_HOPS, Route, connected, from_program, read_route
from classifier.mail.trust import inside
from classifier.signals.oddities import oddities

AT = "Mon, 5 Jan 2026 10:00:{:02} +0100"


def route(*fields: str, trusted_hosts: tuple[str, ...] = ()) -> Route:
    """Read fields, nearest first, each a second after the next."""
    block = "".join(
        f"Received: {field}{'' if ';' in field else '; ' + AT.format(59 - number)}\n"
        for number, field in enumerate(fields)
    )
    return read_route(Headers(block.encode()), trusted_hosts)


STORE = "from mx.example.org (mx.example.org [10.0.0.2]) by store.example.org with LMTP id 1"
BORDER = "from mail.example.net (mail.example.net [192.88.99.5]) by mx.example.org (Postfix) with ESMTPS id 2"
OUTSIDE = "from laptop (dsl.example.net [192.88.99.9]) by mail.example.net (Postfix) with ESMTPSA id 3"
FORGED = "from bank.example (bank.example [192.88.99.7]) by mx.example.org (Postfix) with ESMTPS id 4"
FILTER = "from localhost (localhost [127.0.0.1]) by mx.example.org (Postfix) with ESMTP id 5"
FETCHED = "from pop.provider.example [192.88.99.20] by home.example.org with POP3 (fetchmail-6.4.39)"
PROVIDER = (
    "from mail.example.net (mail.example.net [192.88.99.5]) by in7.provider.example (Postfix) with ESMTP id 6"
)
LOCAL = "by mx.example.org (Postfix, from userid 0) id 7"
SENDMAIL = (
    "from mx2.example.org (mx2.example.org [192.88.99.30] (may be forged)) by mx.example.org (8.17/8.17)"
)
NAMED = "from mx2.example.org (mx2.example.org [192.88.99.30]) by mx.example.org (Postfix) with ESMTP id 8"
SECOND = "from mail.example.net (mail.example.net [192.88.99.5]) by mx2.example.org (Postfix) with ESMTP id 9"
HELO = "from mx2.example.org (unknown [192.88.99.30]) by mx.example.org (Postfix) with ESMTP id 10"
LOGIN = "from mx2.example.org (mx2.example.org [192.88.99.30]) by mx.example.org (Postfix) with ESMTPSA id 11"
QMAIL = "(qmail 7942 invoked from network)"
GOOGLE = "by 2002:a05:6402:1001:b0:40d:1a2b:3c4d with SMTP id a1csp123"
GOOGLE_MX = "from mail.example.net (mail.example.net. [192.88.99.5]) by mx.google.com with ESMTPS id b2"


@pytest.mark.parametrize(
    ("fields", "trusted"),
    [
        pytest.param([], 0, id="no field"),
        pytest.param([BORDER], 1, id="the newest is ours"),
        pytest.param([BORDER, OUTSIDE], 1, id="an outside client is the border"),
        pytest.param([STORE, BORDER, OUTSIDE], 2, id="a private client is inside"),
        pytest.param([FILTER, BORDER, OUTSIDE], 2, id="a filter on loopback"),
        pytest.param([STORE, FILTER, BORDER, OUTSIDE], 3, id="all three"),
        pytest.param([BORDER, FORGED], 1, id="a forged field in our name"),
        pytest.param([BORDER, STORE, FORGED], 1, id="two forged fields in our name"),
        pytest.param([STORE, BORDER, FORGED, FORGED], 2, id="forged below the border"),
        pytest.param([NAMED, SECOND, OUTSIDE], 2, id="a confirmed name of ours is inside"),
        pytest.param([SENDMAIL, SECOND], 1, id="an unconfirmed name is not"),
        pytest.param([HELO, SECOND], 1, id="a HELO is never believed"),
        pytest.param([LOGIN, SECOND], 1, id="a login is the border"),
        pytest.param([FETCHED, PROVIDER, OUTSIDE], 2, id="fetched from a store of ours"),
        pytest.param([LOCAL], 1, id="local mail"),
        pytest.param([LOCAL, BORDER], 2, id="handed in again by a program"),
        pytest.param([QMAIL, BORDER, OUTSIDE], 2, id="qmail tells nothing"),
        pytest.param([GOOGLE, GOOGLE_MX, OUTSIDE], 2, id="an inner hop without a client"),
        pytest.param(["what is this", BORDER], 2, id="a newest field that says nothing"),
    ],
)
def test_trust_is_inferred_from_the_newest_field_down(fields: list[str], trusted: int) -> None:
    assert route(*fields).trusted == trusted


@pytest.mark.parametrize(
    ("hosts", "fields", "trusted"),
    [
        (("example.org",), [STORE, BORDER, OUTSIDE], 2),
        (("store.example.org", "mx.example.org"), [STORE, BORDER, OUTSIDE], 2),
        (("store.example.org",), [STORE, BORDER, OUTSIDE], 1),
        (("ample.org",), [STORE, BORDER], 0),  # a suffix begins behind a dot
        (("elsewhere.example",), [STORE, BORDER], 0),
        (("EXAMPLE.org.",), [STORE, BORDER], 2),
        (("example.org",), [BORDER, FORGED], 1),
        (("example.org", "192.88.99.30"), [HELO, SECOND], 2),  # by its network, whatever it says
        (("example.org", "192.88.99.0/28"), [HELO, SECOND], 1),
        (("store.example.org", "192.88.99.0/24"), [STORE, BORDER], 1),  # 10/8 is not configured
        (("example.org", "192.88.99.0/24"), [BORDER, OUTSIDE], 2),  # by its network and by its own name
        (("example.org", "192.88.99.0/24"), [BORDER, "by bank.example with SMTP"], 1),  # not its own name
        (("home.example.org",), [FETCHED, PROVIDER], 1),  # the provider is not configured
        (("home.example.org", "provider.example"), [FETCHED, PROVIDER], 2),
    ],
)
def test_trust_is_configured(hosts: tuple[str, ...], fields: list[str], trusted: int) -> None:
    assert route(*fields, trusted_hosts=hosts).trusted == trusted


def test_the_border_is_known_and_what_lies_behind_is_claimed() -> None:
    way = route(STORE, BORDER, OUTSIDE)
    assert way.border is not None
    assert way.border.by == "mx.example.org"
    assert way.relay == "192.88.99.5"
    assert [hop.by for hop in way.outside] == ["mail.example.net"]
    assert not way.all_trusted
    assert way.arrived == way.hops[0].time
    assert way.stranger is way.border


@pytest.mark.parametrize("fields", [[LOCAL], [LOGIN, SECOND], [STORE], [], [QMAIL]])
def test_no_stranger_without_an_outside_address_or_behind_a_login(fields: list[str]) -> None:
    assert route(*fields).stranger is None


def test_nothing_is_known_where_no_hop_is_ours() -> None:
    way = route(BORDER, OUTSIDE, trusted_hosts=("elsewhere.example",))
    assert (way.trusted, way.border, way.relay, way.arrived) == (0, None, "", None)
    assert len(way.outside) == 2


def test_delays_are_from_the_farther_neighbour() -> None:
    way = route(f"{STORE}; {AT.format(30)}", f"{BORDER}; {AT.format(20)}", f"{OUTSIDE}; no time", QMAIL)
    assert way.delays == (10.0, None, None)
    assert way.known_delays == (10.0,)
    assert "hop_bad_time" in way.defects


@pytest.mark.parametrize(
    ("near", "far", "fits"),
    [
        (BORDER, OUTSIDE, True),
        (BORDER, FORGED, False),
        (HELO, SECOND, True),  # by the HELO: it may be said, here only the story counts
        (FILTER, FORGED, True),
        (LOCAL, FORGED, True),
        (BORDER, QMAIL, True),
        (BORDER, "from x by localhost.localdomain with SMTP", True),
        (BORDER, "by 192.88.99.5 with HTTP", True),
        (BORDER, "by 192.88.99.6 with HTTP", False),
        (BORDER, "from x by out.example.net with SMTP", True),  # of one organisation
    ],
)
def test_neighbours_fit_by_name_address_or_organisation(near: str, far: str, fits: bool) -> None:
    assert connected(parse_received(near.encode()), parse_received(far.encode())) is fits
    assert (route(near, far).gaps == ()) is fits


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("172.32.0.1", False),
        ("192.168.1.1", True),
        ("169.254.1.1", True),
        ("::1", True),
        ("fd00::1", True),
        ("fe80::1", True),
        ("febf::1", True),
        ("2001:db8::1", False),
        ("100.64.0.1", False),  # shared by a carrier's customers: strangers to each other
        ("1.127.0.0", False),
        ("fc::1", False),  # 00fc::1
        ("::10", False),
    ],
)
def test_inside_addresses(address: str, is_inside: bool) -> None:
    assert inside(address) is is_inside


def test_thousands_of_hops_are_bounded() -> None:
    began = time.process_time()
    block = b"".join(b"Received: " + OUTSIDE.encode() + b"; " + str(n).encode() + b"\n" for n in range(900))
    way = read_route(Headers(block))
    assert (len(way.hops), way.fields) == (MAX_HOPS, 900)
    assert "too_many_hops" in way.defects
    assert time.process_time() - began < 0.25


def test_hostile_fields_of_every_kind_in_one_header_are_quick() -> None:
    block = b"".join(b"Received: from " + b"(" * 3000 + b"a by b\n" for _ in range(60))
    began = time.process_time()
    way = read_route(Headers(block))
    assert way.gaps is not None
    assert time.process_time() - began < 0.5


pieces = st.sampled_from(
    [STORE, BORDER, OUTSIDE, FORGED, FILTER, FETCHED, LOCAL, HELO, LOGIN, QMAIL, GOOGLE, "", "by"]
)


@given(
    st.lists(st.one_of(pieces, st.text(max_size=20).map(lambda text: text.replace("\n", " "))), max_size=8)
)
def test_any_fields_make_a_route(fields: list[str]) -> None:
    way = route(*fields)
    assert 0 <= way.trusted <= len(way.hops)
    assert len(way.delays) == max(0, len(way.hops) - 1)
    for at in range(len(way.hops)):
        assert all(isinstance(words, str) for words in oddities(way, at))


@given(st.lists(pieces, max_size=6))
def test_what_strangers_add_below_changes_no_trust(below: list[str]) -> None:
    """Whatever is forged under the border, the border stays where it is."""
    assert route(STORE, BORDER, *below).trusted == 2
    assert route(STORE, BORDER, *below, trusted_hosts=("example.org",)).trusted == 2


def test_oddities_name_what_a_reader_should_look_at() -> None:
    way = route(
        "from localhost (ip-7-99-88-192.pool.example.net [192.88.99.7]) by mx.example.org with SMTP; "
        + AT.format(1),
        f"from [192.168.3.4] (unknown [192.88.99.8]) by bank.example with SMTP; {AT.format(1)[:-5]}-0700",
        "from $x (mail.a.example [240.0.0.1]) by mail.a.example with SMTP; once upon a time",
    )
    first, second, third = ("; ".join(oddities(way, at)) for at in range(3))
    for words in (
        "runs backwards: 28800 s",
        "calls itself localhost",
        "name of a line",
        "written by bank.example",
    ):
        assert words in first
    for words in ("which is not its address", "has no name in the DNS", "written by mail.a.example"):
        assert words in second
    for words in ("has the address 240.0.0.1", "a time that is none", "a host name of illegal characters"):
        assert words in third
    assert oddities(route(STORE, BORDER, OUTSIDE), 1) == []


RELAYS = (
    b" from a.example (b.example [192.0.2.1])\n\tby c.example (8.11.6/8.11.6) with ESMTP id x7; Mon",
    b" from a.example by c.example with smtp; Mon",
    b" from a.example (remark (by c.example with LOCAL id 5)) by d.example with ESMTP id 6; Mon",
    b" from a.example (by c.example with LOCAL id 5 ) by d.example with ESMTP id 6; Mon",
    b" from root by c.example with local (Exim 4.98) id 5; Mon",
    b" from userid by c.example with ESMTPA id 5; Mon",
    b" (from root@localhost) by c.example (8.12.1/8.12.1/Submit) id 5; Mon",
    b" by c.example (Postfix, from userid 0) id 5; Mon",
)


@given(
    st.sampled_from(RELAYS),
    st.integers(0, 90),
    st.sampled_from([b"", b" ", b"(", b")", b" id ", b"id\n ", b"\r", b"\xa0"]),
    st.integers(0, 3),
)
def test_who_handed_in_is_told_quickly_as_it_is_with_care(
    field: bytes, at: int, put: bytes, over: int
) -> None:
    damaged = field[:at] + put + field[at + over :]
    local, protocol = who_handed_in(damaged)
    assert from_program(damaged) == (local and protocol in ("", "LOCAL", "LOCAL-SMTP", "LOCAL-ESMTP"))
    assert [from_program(each) for each in RELAYS[:2]] == [False, False]
    assert from_program(RELAYS[4])

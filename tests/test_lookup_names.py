"""Names that can be asked for, names that cannot, and what kinds of address there are."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.lookup.addresses import address_kind, network_of
from classifier.lookup.names import ask_as, is_address, readable, scripts, why_illegal


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("ｅxample．org", "example.org"),  # full-width letters and dot, UTS 46
        ("localhost", "localhost"),
        ("_dmarc.example.org", "_dmarc.example.org"),
        (".".join(["a" * 63] * 3) + "." + "b" * 61, ".".join(["a" * 63] * 3) + "." + "b" * 61),
    ],
)
def test_legal_names_have_one_spelling(written: str, asked: str) -> None:
    assert ask_as(written) == asked
    assert why_illegal(written) == ""


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        (".", "empty"),
        ("a..b", "empty label"),
        (".org", "empty label"),
        ("a" * 64 + ".org", "longer than 63"),
        (".".join(["a" * 63] * 4), "longer than 253"),
        ("ü" * 100_000, "longer than"),
        ("a" * 1_000_000, "longer than 253"),
        ("exa mple.org", "characters"),
        ("exa\x00mple.org", "characters"),
        ("-example.org", "characters"),
        ("example-.org", "characters"),
        ("user@example.org", "characters"),
        ("192.0.2.1", "address"),
        ("[IPv6:2001:db8::1]", "address"),
        ("xn--\u0301.example", "internationalised"),
    ],
)
def test_illegal_names_say_why(written: str, reason: str) -> None:
    assert ask_as(written) == ""
    assert reason in why_illegal(written)


@given(st.text(max_size=300))
@example("\ud800.org")
@example("xn--.org")
@example("İ.example")
def test_no_text_raises_and_a_spelling_is_stable(text: str) -> None:
    asked = ask_as(text)
    assert bool(asked) != bool(why_illegal(text))
    if asked:
        assert ask_as(asked) == asked
        assert len(asked) <= 253
        assert all(0 < len(label) <= 63 for label in asked.split("."))
        readable(asked)
        scripts(asked)


def test_readable_undoes_what_ask_as_did() -> None:
    assert readable(ask_as("bücher.example")) == "bücher.example"
    assert readable("xn--a.example") == "xn--a.example"  # no legal A-label: left alone


def test_a_homograph_mixes_scripts_and_honest_names_do_not() -> None:
    assert scripts(ask_as("pаypal.example")) == {"LATIN", "CYRILLIC"}
    assert scripts("paypal.example") == {"LATIN"}
    assert len(scripts(ask_as("почта.example"))) == 1
    assert len(scripts(ask_as("日本ごカナ.example"))) == 1


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("192.175.48.1", "public"),
        ("2620:4f:8000::1", "public"),
        ("127.255.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("10.0.0.1", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.1", "public"),
        ("100.64.0.1", "private"),
        ("100.128.0.1", "public"),
        ("169.254.1.1", "private"),
        ("fe80::1%eth0", "private"),
        ("fd00::1", "private"),
        ("0.0.0.0", "bogon"),
        ("192.0.2.1", "bogon"),
        ("224.0.0.1", "bogon"),
        ("255.255.255.255", "bogon"),
        ("2001:db8::1", "bogon"),
        ("ff02::1", "bogon"),
        ("999.1.1.1", "bogon"),
        ("", "bogon"),
    ],
)
def test_kinds_of_address(address: str, kind: str) -> None:
    assert address_kind(address) == kind


def test_the_network_around_an_address() -> None:
    assert network_of("192.175.48.77") == "192.175.48.0/24"
    assert network_of("[IPv6:2620:4f:8000:1::9]") == "2620:4f:8000::/48"
    assert network_of("mx.example.org") == ""


def test_addresses_are_told_from_names() -> None:
    assert is_address("192.0.2.1")
    assert not is_address("192.0.2.1.in-addr.arpa")

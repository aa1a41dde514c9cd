"""Results of checks: what is believed, and how the fields are read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail.auth_results import RESULTS, WORDS, authserv_id, parse_auth_results, result_word
from classifier.mail.authentication import Authentication
from classifier.mail.dkim_signature import parse_dkim_signature
from classifier.mail.headers import Headers
from classifier.mail.other_filters import forefront, rspamd_score, score, spam_confidence, verdict
from classifier.mail.route import read_route

OURS = "Received: from a.example (a.example [192.88.99.5]) by mx.example.org (Postfix) with ESMTP id 1; x\n"
THEIRS = "Received: from b.example (b.example [192.88.99.6]) by a.example (Postfix) with ESMTP id 2; x\n"
RESULT = "Authentication-Results: {}; spf={} smtp.mailfrom=a.example\n"


def found(block: str, ids: frozenset[str] = frozenset(), hosts: tuple[str, ...] = ()) -> Authentication:
    headers = Headers(block.encode("utf-8", "surrogateescape"))
    return Authentication(headers, read_route(headers, hosts), ids)


@pytest.mark.parametrize(
    ("block", "spf"),
    [
        pytest.param(RESULT.format("mx.example.org", "pass") + OURS, "pass", id="above our field"),
        pytest.param(OURS + RESULT.format("mx.example.org", "pass") + THEIRS, "pass", id="a milter's"),
        pytest.param(OURS + THEIRS + RESULT.format("mx.example.org", "pass"), "", id="below a stranger's"),
        pytest.param(RESULT.format("filter.example.org", "pass") + OURS, "pass", id="another host of ours"),
        pytest.param(RESULT.format("MX.Example.ORG", "pass") + OURS, "pass", id="any case"),
        pytest.param(RESULT.format('"mx.example.org"', "pass") + OURS, "pass", id="quoted"),
        pytest.param(RESULT.format("mx.example.org 1", "pass") + OURS, "pass", id="with version"),
        pytest.param(RESULT.format("(why) mx.example.org (not)", "pass") + OURS, "pass", id="with comments"),
        pytest.param(RESULT.format("a.example", "pass") + OURS, "", id="a stranger's name"),
        pytest.param(
            RESULT.format("mx.example.org.evil.example", "pass") + OURS, "", id="our name as a part"
        ),
        pytest.param(RESULT.format("mx.example.org", "pass"), "", id="no field of ours to infer from"),
        pytest.param("Authentication-Results: spf=pass smtp.mailfrom=x\n" + OURS, "", id="without a name"),
        pytest.param("Authentication-Results:\n" + OURS, "", id="empty"),
    ],
)
def test_believed_by_place_and_name(block: str, spf: str) -> None:
    assert found(block).spf == spf


def test_configured_names_replace_inferred_ones() -> None:
    block = RESULT.format("auth.provider.example", "fail") + RESULT.format("mx.example.org", "pass") + OURS
    assert found(block).spf == "pass"
    assert found(block, frozenset({"Auth.Provider.example"})).spf == "fail"
    assert len(found(block).sorted_fields[1]) == 1


def test_a_configured_name_is_believed_without_any_received_field() -> None:
    assert found(RESULT.format("mx.example.org", "pass"), frozenset({"mx.example.org"})).spf == "pass"


def test_microsoft_leaves_its_name_out() -> None:
    at = "Received: from x (192.88.99.5) by AM0.mail.outlook.com (10.1.1.1) with Microsoft SMTP; x\n"
    block = (
        "Authentication-Results: spf=fail (sender IP is 192.88.99.5) smtp.mailfrom=x.example; dkim=none\n"
        + at
    )
    assert (found(block).spf, found(block).word("dkim")) == ("fail", "none")


def test_a_forged_field_is_named() -> None:
    assert found(OURS + THEIRS + RESULT.format("mx.example.org", "pass")).forged
    assert not found(RESULT.format("mx.example.org", "pass") + OURS + THEIRS).forged
    assert not found(OURS + THEIRS + RESULT.format("a.example", "pass")).forged


def test_one_good_signature_is_enough() -> None:
    block = (
        "Authentication-Results: mx.example.org; dkim=fail header.d=a.test; dkim=pass header.i=@b.test\n"
        + OURS
    )
    assert found(block).word("dkim") == "pass"
    assert found(block).passed_domains == {"b.test"}


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ("Received-SPF: Pass (x) client-ip=192.88.99.5;\n" + OURS, "pass"),
        (OURS + "Received-SPF: fail\n" + THEIRS, "fail"),
        (OURS + THEIRS + "Received-SPF: pass\n", ""),
        ("Received-SPF: hardfail\n" + OURS, "fail"),
        ("Received-SPF: (no word)\n" + OURS, ""),
        ("Received-SPF: splendid\n" + OURS, ""),
    ],
)
def test_received_spf_is_believed_by_place(block: str, word: str) -> None:
    assert found(block).received_spf == word


def test_results_of_every_shape_are_read() -> None:
    raw = (
        b' mx.example.org 1; auth=pass (cram-md5) smtp.auth="a;b"; dkim=pass reason="good; really"\n'
        b"\theader.d=A.example header.b=xyz; spf/1 = SoftFail (a (nested; one) comment)\n"
        b"\tsmtp.mailfrom=<bounce@c.example>;; dmarc=bestguesspass"
    )
    results = parse_auth_results(raw).results
    assert [(one.method, one.word) for one in results] == [
        ("auth", "pass"),
        ("dkim", "pass"),
        ("spf", "softfail"),
        ("dmarc", "none"),
    ]
    assert results[0].property("smtp.auth") == "a;b"
    assert results[1].domain("header.d") == "a.example"
    assert results[2].domain("header.d", "smtp.mailfrom") == "c.example"
    assert results[3].property("header.from") == ""


def test_none_is_no_result() -> None:
    assert parse_auth_results(b" mx.example.org; none").results == ()


def test_arc_results_have_an_instance() -> None:
    field = parse_auth_results(b" i=2; mx.example.org; arc=pass")
    assert (field.instance, field.authserv_id, field.results[0].method) == (2, "mx.example.org", "arc")


def test_words_are_those_of_the_rfcs() -> None:
    assert result_word("HardFail") == "fail"
    assert result_word("wonderful") == ""
    assert {result_word(word.upper()) for word in WORDS} == WORDS


def test_arc_seals_are_counted() -> None:
    block = "ARC-Seal: i=1; cv=none; t=1\nARC-Seal: a=rsa-sha256; i=3; cv=Pass\nARC-Seal: i=2; cv=fail\n"
    assert found(block).arc == (3, "pass")
    assert found("ARC-Seal: i=999; cv=pass\n").arc == (50, "pass")
    assert found("ARC-Seal: nothing\n").arc == (0, "")
    assert found("").arc == (0, "")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b"v=1; a=RSA-SHA256; d=Example.COM.; s=k1; t=100; x=200; i=@Sub.example.com; l=5",
            ("example.com", 100, 200, True),
        ),
        (b" d = a.example ;\n\tt = 7 ", ("a.example", 7, None, False)),
        (b"t=-1; x=99999999999999; d=", ("", None, None, False)),
        (b"t=253402300800; x=253402300799", ("", None, 253402300799, False)),
        (b"bh=t=5; b=d=x;", ("", None, None, False)),
        (b"", ("", None, None, False)),
        (b"\xff\xfe;;;===", ("", None, None, False)),
    ],
)
def test_signature_tags(raw: bytes, expected: tuple[str, int | None, int | None, bool]) -> None:
    one = parse_dkim_signature(raw)
    assert (one.domain, one.signed, one.expires, one.partial) == expected


def test_signed_names() -> None:
    assert parse_dkim_signature(b"d=x; h=From : to\n\t:from ; b=").names == ("from", "to", "from")
    assert parse_dkim_signature(b"d=x").names == ()


def test_other_filters_are_read() -> None:
    headers = Headers(
        b"X-Spam-Status: No, score=-7.1 required=5.0\nX-Bogosity: Unsure, tests=bogofilter\n"
        b"X-Spamd-Result: default: False [-4.00 / 50.00]\n"
        b"X-Forefront-Antispam-Report: CIP:1;SCL:5;CAT:PHSH;\n"
    )
    assert verdict(headers, b"x-spam-status") == "no"
    assert verdict(headers, b"x-bogosity") == "unsure"
    assert (score(headers), rspamd_score(headers), spam_confidence(headers)) == (-7.1, -4.0, 5.0)
    assert forefront(headers, "CAT") == "PHSH"
    nothing = Headers(b"Subject: x\n")
    assert (score(nothing), rspamd_score(nothing), spam_confidence(nothing)) == (None, None, None)
    assert verdict(nothing, b"x-bogosity") == ""


soup = st.lists(
    st.sampled_from(
        ["mx.example.org", ";", "=", "dkim", "pass", "(", ")", '"', "\\", " ", "i=1", "header.d", "\n\t", "é"]
    )
).map("".join)


@given(st.one_of(soup.map(str.encode), st.binary(max_size=200)))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert all(one.word in WORDS | {""} for one in parse_auth_results(raw).results)
    assert authserv_id(raw) == parse_auth_results(raw).authserv_id
    parse_dkim_signature(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"(" * 100_000,
        b"a;" + b"dkim=pass;" * 10_000,
        b"a;" + b"x=(" * 33_000,
        b"a; x=y " + b'"' * 99_999,
        b"(a)" * 33_000,
        b"a;" + b" " * 99_999 + b"x",
        b"a; d=p " + b"h.d=x " * 16_000,
        b";" * 100_000,
        b"i=1;" * 25_000,
        b"\\(" * 50_000,
    ],
    ids=range(10),
)
def test_100_kilobytes_take_milliseconds(raw: bytes) -> None:
    began = time.process_time()
    field = parse_auth_results(raw)
    for one in field.results:
        one.property("header.d")
    parse_dkim_signature(raw)
    authserv_id(raw)
    assert time.process_time() - began < 0.5
    assert len(field.results) <= RESULTS

"""Headers: order, duplicates, folding, RFC 2047."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail import Headers, Message
from classifier.mail.encoded_words import decode_words

names = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=12
)
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=10)
values = st.lists(words, min_size=1, max_size=6)


@given(fields=st.lists(st.tuples(names, values), min_size=1, max_size=10))
def test_fields_keep_their_order_and_duplicates(fields: list[tuple[str, list[str]]]) -> None:
    raw = b"".join(f"{name}: {' '.join(value)}\n".encode() for name, value in fields)
    headers = Headers(raw + b"\nbody")
    assert [(header.name, header.raw.strip().decode()) for header in headers] == [
        (name, " ".join(value)) for name, value in fields
    ]
    assert headers.fields == [
        (name.lower().encode(), b" " + " ".join(value).encode()) for name, value in fields
    ]
    first = fields[0][0]
    same = [" ".join(value).encode() for name, value in fields if name.lower() == first.lower()]
    assert [raw.strip() for raw in headers.raw_all(first.upper())] == same
    assert headers.count(first) == len(same)
    assert headers.raw(first.lower().encode()) == b" " + same[0]


@given(
    value=values, folds=st.lists(st.sampled_from([" ", "\n ", "\r\n\t", "\n  \n\t"]), min_size=5, max_size=5)
)
def test_folding_is_irrelevant(value: list[str], folds: list[str]) -> None:
    folded = "".join(word + fold for word, fold in zip(value, [*folds, ""], strict=False))
    headers = Headers(f"X: {folded}\nNext: here\n\n".encode())
    assert headers.get("x").split() == " ".join(value).split() or "=?" in " ".join(value)
    assert headers.get("next") == "here"


def test_names_in_any_case_and_absent_ones() -> None:
    headers = Headers(b"X-One: 1\nx-one:2\n\n")
    assert "X-ONE" in headers
    assert b"x-one" in headers
    assert headers.get_all("X-One") == ["1", "2"]
    assert (headers.raw("no"), headers.get("no"), headers.get("no", "-"), headers.get_all("no")) == (
        None,
        "",
        "-",
        [],
    )
    assert (headers.count("x-one"), headers.count("no"), len(headers)) == (2, 0, 2)
    assert "no" not in headers


def test_raw_keeps_the_folding_without_the_final_line_end() -> None:
    assert Headers(b"A: x\r\n y \r\nB: z\r\n\r\n").raw("a") == b" x\r\n y "


def test_blanks_before_the_colon_are_obsolete_but_read() -> None:
    assert Headers(b"Subject : x\n\n").get("subject") == "x"


@pytest.mark.parametrize(
    ("written", "read", "defect"),
    [
        ("plain", "plain", None),
        ("=?utf-8?q?caf=C3=A9?=", "café", None),
        ("=?UTF-8?B?Y2Fmw6k=?=", "café", None),
        ("=?utf-8*fr?q?caf=C3=A9?=", "café", None),
        ("=?iso-8859-1?q?a_b?= c", "a b c", None),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab", None),
        ("=?utf-8?q?a?=  \t =?iso-8859-1?q?b?=", "ab", None),
        ("=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b", None),
        ("x=?utf-8?q?a?=y", "xay", None),
        ("=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café", None),
        ("=?utf-8?b?Y2Fmw?= =?utf-8?b?6k=?=", "café", None),
        ("=?utf-8?q?with space?=", "with space", "bad_encoded_word"),
        ("=?utf-8?q?lost =?utf-8?q?found?=", "=?utf-8?q?lost found", "bad_encoded_word"),
        ("=?utf-8?q?never ends", "=?utf-8?q?never ends", "bad_encoded_word"),
        ("=?utf-8?b?Y2Fmw6k?=", "café", None),
        ("=?utf-8?b?Y?=", "", "bad_encoded_word"),
        ("=?utf-8?q?caf=E9?=", "café", "wrong_charset"),
        ("=?nobody-knows?q?caf=E9?=", "café", "unknown_charset"),
        ("=?idna?q?caf=E9?=", "café", "unknown_charset"),
        ("=?us-ascii?q?caf=E9?=", "café", "wrong_charset"),
        ("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本", None),
        ("=?gb2312?b?1tA=?=", "中", None),
        ("=?utf-8?q?what?=3F=20now?=", "what?? now", None),
        ("=?utf-8?q?what?=20 apples =?utf-8?q?x?=", "what20 apples x", None),
        ("=?utf-8?x?what?=", "=?utf-8?x?what?=", None),
        ("=?utf-8?q?a=0D=0ABcc:_b?=", "a  Bcc: b", None),
    ],
)
def test_encoded_words(written: str, read: str, defect: str | None) -> None:
    defects: set[str] = set()
    assert decode_words(written, defects) == read
    assert defects == ({defect} if defect else set())


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40),
    cut=st.integers(1, 12),
)
def test_text_survives_encoding_cut_anywhere(text: str, cut: int) -> None:
    data = text.encode()
    pieces = [data[at : at + cut] for at in range(0, len(data), cut)]
    as_base64 = " ".join(f"=?utf-8?b?{base64.b64encode(piece).decode()}?=" for piece in pieces)
    as_quoted = " ".join(
        f"=?utf-8?q?{quopri.encodestring(piece, header=True, quotetabs=True).decode()}?=" for piece in pieces
    )
    assert decode_words(as_base64, set()) == text
    assert decode_words(as_quoted.replace("=\n", ""), set()) == text


def test_eight_bit_headers_are_read_as_utf8_else_windows_1252() -> None:
    message = Message("Subject: café\nX-Other: ".encode() + b"caf\xe9\n\n")
    assert (message.subject, message.headers.get("x-other")) == ("café", "café")
    assert "eight_bit_header" in message.defects

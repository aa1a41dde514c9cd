"""The cheap way from HTML to words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail import Message
from classifier.mail.bounds import SKIMMED_CHARS
from classifier.mail.skim import skim

HTML = b"Content-Type: text/html\n\n"
BOTH = (
    b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n%s\n"
    b"--b\nContent-Type: text/html\n\n<p>marked <b>up</b></p>\n--b--\n"
)


def words(raw: bytes) -> list[str]:
    return Message(raw).skimmed.split()


def test_tags_comments_styles_and_scripts_are_no_words() -> None:
    unseen = b"<title>T</title><style>p {color: red}</style><!-- a > b --><script>if (a < b) x()</script>"
    assert words(HTML + unseen + b"<p>One<br>two") == ["One", "two"]


def test_character_references_become_characters() -> None:
    assert words(HTML + b"caf&eacute; &amp; tea &#8364; 5") == ["café", "&", "tea", "€", "5"]


def test_a_lone_less_than_sign_is_text() -> None:
    assert words(HTML + b"1 < 2 and 3 <4") == ["1", "<", "2", "and", "3", "<4"]


def test_of_alternatives_the_plain_one_is_read_unless_it_is_blank() -> None:
    assert words(BOTH % b"as plain") == ["as", "plain"]
    assert words(BOTH % b"  ") == ["marked", "up"]


@given(st.binary(max_size=300))
def test_plain_mail_is_skimmed_as_it_is_read(body: bytes) -> None:
    message = Message(b"Subject: x\n\n" + body)
    assert message.skimmed == message.text


@given(st.text(alphabet="<>!-/ &;#abstylecrip\"'", max_size=200))
def test_nothing_is_left_that_looks_like_a_tag(html: str) -> None:
    assert "<a" not in skim(html).lower() or "&" in html


@pytest.mark.parametrize("unit", ["<!--", "<style>", "<", "<a ", "&", "<!-- -", "</", "<script>x</"])
def test_hostile_markup_takes_linear_time(unit: str) -> None:
    hostile = unit * (SKIMMED_CHARS // len(unit))
    begin = time.process_time()
    skim(hostile)
    assert time.process_time() - begin < 0.2

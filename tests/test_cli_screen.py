"""Text of strangers on a terminal: nothing may steer it, everything must fit."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.cli.screen import PIPED_WIDTH, cells, coloured, fit, screen_width
from classifier.output.safe import bounded, clean

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text(st.characters(codec=None)))
def test_clean_leaves_nothing_that_steers_a_terminal(text: str) -> None:
    shown = clean(text)
    assert not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in shown)
    assert not set(shown) & set(BIDI)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))))
def test_clean_leaves_honest_text_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07\x1b[31mred", "]0;title[31mred"),
        ("two\r\nlines", "two lines"),
        ("csi \x9b31m", "csi 31m"),
        ("inv\u202eoice.exe", "invoice.exe"),
        ("lone \udc80", "lone \N{REPLACEMENT CHARACTER}"),
        ("Grüße, 東京, שלום", "Grüße, 東京, שלום"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
    ],
)
def test_clean_examples(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text(), st.integers(2, 60))
def test_fit_gives_exactly_the_width(text: str, width: int) -> None:
    assert cells(fit(text, width)) == width


def test_wide_characters_count_twice_and_combining_ones_not_at_all() -> None:
    assert cells("東京") == 4
    assert cells("e\u0301") == 1
    assert fit("東京都庁", 5) == "東京…"
    assert fit("abc", 5) == "abc  "


def test_bounded_cuts_what_is_huge_and_says_so() -> None:
    assert bounded("x" * 10_000_000, 5) == "xxxx…"
    assert bounded("xxxxx", 5) == "xxxxx"


def test_a_pipe_has_a_fixed_width_and_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert screen_width() == PIPED_WIDTH
    assert not coloured()


def test_no_color_is_obeyed_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured()

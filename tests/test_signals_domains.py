"""The registrable domain agrees with the library whose list it reads."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PSLFILE, PublicSuffixList

from classifier.signals.domains import organisational_domain


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("example.org", "example.org"),
        ("mail.example.org", "example.org"),
        ("mail.example.org.", "example.org"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("a.b.ck", "a.b.ck"),  # *.ck
        ("x.a.b.ck", "a.b.ck"),
        ("a.www.ck", "www.ck"),  # !www.ck
        ("a.b.city.kawasaki.jp", "city.kawasaki.jp"),
        ("a.b.c.foo.kawasaki.jp", "c.foo.kawasaki.jp"),
        ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"),
        ("a.b.unlisted", "b.unlisted"),
        ("192.0.2.1", "192.0.2.1"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("localhost", "localhost"),
        ("", ""),
        (".", ""),
    ],
)
def test_known_domains(domain: str, registered: str) -> None:
    assert organisational_domain(domain) == registered


def test_agrees_with_the_library() -> None:
    with open(PSLFILE, encoding="utf-8") as lines:
        rules = [line.strip() for line in lines if line.strip() and not line.startswith("//")]
    library = PublicSuffixList()
    for rule in random.Random(3).sample(rules, 500):
        suffix = rule.lstrip("!").replace("*", "wild")
        for domain in (suffix, f"example.{suffix}", f"mail.example.{suffix}", f"a.b.example.{suffix}"):
            if domain.count(".") > 1 and domain.count(".") < 8:
                assert organisational_domain(domain) == (library.privatesuffix(domain) or domain)


@given(st.text(max_size=80))
def test_any_text(domain: str) -> None:
    found = organisational_domain(domain)
    assert domain.rstrip(".").endswith(found)
    assert organisational_domain(found) in (found, found.rstrip("."))

"""The registry refuses bad declarations; values become columns; the site is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail import Message
from classifier.signals import (
    REGISTRY,
    Facts,
    Observer,
    Registry,
    Signal,
    Site,
    guess_site,
    observe,
    signal,
    values,
)
from classifier.signals.registry import CATEGORY_CHARS, Doc

DOC = """Whether it is so.

    Sees: one thing
        on two lines.
    Means: another.
    Fooled by: a third.
    Source: RFC 5322 section 2.1.
    """


def declare(registry: Registry, name: str = "group.one", doc: str | None = DOC, **more) -> Signal:
    def func(facts: Facts) -> None:
        return None

    func.__doc__ = doc
    signal(name, registry=registry, **more)(func)
    return registry[name]


class TestDeclaring:
    def test_sections_become_sentences(self) -> None:
        found = declare(Registry()).doc
        assert found == Doc(
            "Whether it is so.", "one thing on two lines.", "another.", "a third.", "RFC 5322 section 2.1."
        )

    @pytest.mark.parametrize("section", ["Sees", "Means", "Fooled by", "Source"])
    def test_each_section_is_owed(self, section: str) -> None:
        with pytest.raises(ValueError, match=section):
            declare(Registry(), doc=DOC.replace(f"{section}:", "Also:"))

    @pytest.mark.parametrize(
        "doc", [None, "", "\n    Sees: a\n    Means: b\n    Fooled by: c\n    Source: d\n", DOC + DOC]
    )
    def test_docstrings_refused(self, doc: str | None) -> None:
        with pytest.raises(ValueError, match="docstring lacks"):
            declare(Registry(), doc=doc)

    @pytest.mark.parametrize(
        "name", ["", "one", "Group.one", "group.", "group.one.two", "group one.x", "9.x"]
    )
    def test_names_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match=r"group\.name"):
            declare(Registry(), name)

    @pytest.mark.parametrize(
        "more",
        [
            {"kind": "colour"},
            {"kind": "number"},
            {"kind": "number", "edges": (3, 1)},
            {"kind": "number", "edges": (1, 1)},
            {"kind": "flag", "edges": (1,)},
            {"needs": frozenset()},
            {"needs": frozenset({"luck"})},
        ],
    )
    def test_declarations_refused(self, more: dict) -> None:
        with pytest.raises(ValueError, match=r"group\.one"):
            declare(Registry(), **more)

    def test_a_name_is_taken_once(self) -> None:
        registry = Registry()
        declare(registry)
        with pytest.raises(ValueError, match="taken"):
            declare(registry)

    def test_ordered_by_name(self) -> None:
        registry = Registry()
        for name in ("b.x", "a.z", "a.b"):
            declare(registry, name)
        assert list(registry) == ["a.b", "a.z", "b.x"]
        assert [each.name for each in registry.group("a")] == ["a.b", "a.z"]
        assert list(REGISTRY) == sorted(REGISTRY)


class TestColumns:
    def test_bins(self) -> None:
        number = declare(Registry(), kind="number", edges=(1, 2.5))
        found = [number.column(value) for value in (0, 1, 2.4, 2.5, 99, None)]
        assert found == [
            "group.one<1",
            "group.one>=1",
            "group.one>=1",
            "group.one>=2.5",
            "group.one>=2.5",
            None,
        ]

    def test_flags(self) -> None:
        flag = declare(Registry())
        assert [flag.column(value) for value in (True, False, None)] == [
            "group.one=yes",
            "group.one=no",
            None,
        ]

    @given(st.text())
    def test_categories_are_short_and_harmless(self, text: str) -> None:
        column = declare(Registry(), kind="category").column(text)
        assert column is not None
        assert len(column) <= len("group.one=") + CATEGORY_CHARS
        assert not any(char.isspace() or ord(char) < 32 or char == "\x7f" for char in column)
        column.encode()

    def test_observer_names_what_the_signals_say(self) -> None:
        facts = Facts(Message(b"From: ann@example.org\nSubject: Hi\n\nHello!\n"))
        columns = {name: REGISTRY[name].column(value) for name, value in values(facts).items()}
        expected = {column for name, column in columns.items() if column and REGISTRY[name].default}
        found = observe(facts)
        assert set(found) == expected
        assert len(found) == len(expected)

    def test_subsets(self) -> None:
        facts = Facts(Message(b"From: ann@example.org\nSubject: Hi\n\nHello!\n"))
        assert observe(facts, ["subject.empty", "author.role"]) == ["subject.empty=no", "author.role=person"]
        assert list(values(facts, ["subject.length"]).items()) == [("subject.length", 2)]
        with pytest.raises(KeyError):
            observe(facts, ["no.such"])

    def test_header_only(self) -> None:
        message = Message(b"From: ann@example.org\n\n<p>x")
        observer = Observer(without={"body"})
        observer(Facts(message))
        assert not any("body" in REGISTRY[name].needs for name in observer.names)
        assert "text" not in vars(message)

    def test_off_by_default_is_observed_when_named(self) -> None:
        registry = Registry()
        declare(registry, "a.quiet", default=False)
        declare(registry, "a.usual")
        assert Observer(registry=registry).names == ("a.usual",)
        assert Observer(["a.quiet"], registry=registry).names == ("a.quiet",)


def delivered(*addresses: str, by: str = "mx.example.net", name: str = "Delivered-To") -> Message:
    lines = [f"{name}: {address}" for address in addresses]
    lines.append(f"Received: from a (a [192.0.2.1]) by {by} with SMTP; Thu, 1 Jan 2026 00:00:00 +0000")
    return Message("\n".join([*lines, "", "x"]).encode())


class TestSite:
    def test_guess_from_delivery(self) -> None:
        site = guess_site(
            [delivered("Ann@Example.org")] * 3 + [delivered("a.lee@example.org", name="X-Original-To")]
        )
        assert site.me == {"ann@example.org", "a.lee@example.org"}
        assert site.guessed

    def test_rare_addresses_are_not_mine(self) -> None:
        site = guess_site([delivered("ann@example.org")] * 30 + [delivered("stray@example.com")])
        assert site.me == {"ann@example.org"}

    def test_only_the_first_of_each_counts(self) -> None:
        assert guess_site([delivered("ann@example.org", "forged@example.com")]).me == {"ann@example.org"}

    def test_domain_is_mine_where_the_receiving_host_stands_in_it(self) -> None:
        assert guess_site([delivered("ann@example.org", by="mx.example.org")]).my_domains == {"example.org"}
        assert guess_site([delivered("ann@example.org", by="mx.bigmail.example")]).my_domains == frozenset()

    @pytest.mark.parametrize(
        "raw", [b"", b"Delivered-To: \n\n", b"Delivered-To: nobody\n\n", b"Delivered-To: \xff@\n\n"]
    )
    def test_nothing_to_guess_from(self, raw: bytes) -> None:
        assert guess_site([Message(raw)]) == Site(guessed=True)

    def test_sample_bounds_the_reading(self) -> None:
        def endless():
            while True:
                yield delivered("ann@example.org")

        assert guess_site(endless(), sample=5).me == {"ann@example.org"}

    def test_owns(self) -> None:
        site = Site(my_domains=frozenset({"example.org"}))
        assert site.owns("example.org")
        assert site.owns("mx.example.org")
        assert not site.owns("notexample.org")
        assert not Site().owns("example.org")


class TestFacts:
    def test_header_facts_are_computed_once(self) -> None:
        facts = Facts(Message(b"To: a@example.org\nTo: b@example.org\n\n"))
        assert facts.counts == {b"to": 2}
        assert facts.counts is facts.counts

    def test_first_words(self) -> None:
        facts = Facts(Message(b"Precedence:  Bulk; x\nX-Priority:\n\n"))
        assert facts.word(b"precedence") == "bulk"
        assert facts.word(b"x-priority") == ""
        assert facts.word(b"importance") is None

    def test_long_text_is_seen_at_both_ends(self) -> None:
        facts = Facts(Message(b"From: a@example.org\n\nfirst " + b"middle " * 5000 + b"last"))
        assert facts.text.startswith("first")
        assert facts.text.endswith("last")
        assert len(facts.text) < 3000

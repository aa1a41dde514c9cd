"""For each check of the contract a broken signal that it must reject: else the check is the defect."""

from __future__ import annotations

import itertools
import random

import pytest
import signals_contract as contract
from signals_golden import Golden

from classifier.mail import Message
from classifier.signals import Facts, Registry, Signal, Site, signal

DOC = """Whether it is a villain.

Sees: itself.
Means: trouble.
Fooled by: nobody.
Source: RFC 3514 section 2.
"""
RAW = b"Subject: one two three four\nTo: bob@example.com\nFrom: ann@example.org\n\nbody\n"


def make(func, kind="flag", **declared) -> Signal:
    """Declare a villain in a registry of its own."""
    registry = Registry()
    func.__doc__ = declared.pop("doc", DOC)
    if kind == "number":
        declared.setdefault("edges", (1, 2))
    signal("villain.one", kind=kind, registry=registry, **declared)(func)
    return registry["villain.one"]


def rejected(check, villain: Signal, *arguments) -> None:
    with pytest.raises(AssertionError):
        check(villain, *arguments)


def test_the_honest_pass_every_check() -> None:
    honest = make(lambda facts: b"to" in facts.counts)
    contract.check_doc(honest)
    for check in (contract.check_kind, contract.check_pure, contract.check_needs, contract.check_order):
        check(honest, RAW)
    contract.check_folding(honest, RAW)


def test_summary_without_end() -> None:
    rejected(contract.check_doc, make(lambda facts: True, doc=DOC.replace("villain.", "villain")))


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("flag", 1),
        ("flag", "yes"),
        ("number", "3"),
        ("number", True),
        ("number", float("nan")),
        ("category", 3),
        ("category", ""),
        ("category", b"bytes"),
    ],
)
def test_wrong_kind(kind: str, wrong: object) -> None:
    rejected(contract.check_kind, make(lambda facts: wrong, kind), RAW)


def test_raises_on_garbage() -> None:
    villain = make(lambda facts: facts.message.authors[0].local == "root")
    with pytest.raises(IndexError):
        contract.check_kind(villain, b"")


def test_remembers() -> None:
    counter = itertools.count()
    rejected(contract.check_pure, make(lambda facts: next(counter), "number"), RAW)


def test_throws_dice() -> None:
    rejected(contract.check_pure, make(lambda facts: random.random(), "number"), RAW)


def test_changes_the_mail() -> None:
    def villain(facts: Facts) -> bool:
        facts.message.headers.names.append(b"x-seen")
        return True

    rejected(contract.check_pure, make(villain), RAW)


def test_sees_what_others_found() -> None:
    """Defects appear as others read the mail: who counts them without reading first depends on the order."""
    raw = b"Date: never\n\n"
    rejected(contract.check_pure, make(lambda facts: len(facts.message.defects), "number"), raw)


def test_reads_the_body_in_secret() -> None:
    rejected(contract.check_needs, make(lambda facts: len(facts.message.text), "number"), RAW)


def test_reads_the_site_in_secret() -> None:
    rejected(contract.check_needs, make(lambda facts: facts.author_addr in facts.site.me), RAW)


def test_knows_without_answers() -> None:
    rejected(contract.check_needs, make(lambda facts: False, needs=frozenset({"dns"})), RAW)


def test_minds_the_order() -> None:
    villain = make(lambda facts: facts.message.headers.names[0].decode(), "category")
    rejected(contract.check_order, villain, RAW)


def test_minds_the_folding() -> None:
    villain = make(lambda facts: facts.message.header_block.count(b"\n"), "number", edges=(1, 4))
    rejected(contract.check_folding, villain, RAW)


def test_minds_the_line_ends() -> None:
    rejected(contract.check_folding, make(lambda facts: b"\r" in facts.message.raw), RAW)


@pytest.mark.parametrize(
    "columns",
    [
        (),
        ("villain.one=yes",),
        ("villain.one=no",),
        ("villain.one=no", "villain.one=?"),
        ("villain.one=yes", "villain.one=no"),
    ],
    ids=["none", "never silent", "never fires", "only unknown", "says otherwise"],
)
def test_golden_mails_that_prove_nothing(columns: tuple[str, ...]) -> None:
    always = make(lambda facts: True)
    mails = [Golden(column, RAW, Site(), (column,)) for column in columns]
    rejected(contract.check_golden, always, mails)


def test_golden_mails_that_agree() -> None:
    named = make(lambda facts: b"subject" in facts.counts)
    mails = [
        Golden("fires", RAW, Site(), ("villain.one=yes",)),
        Golden("silent", b"To: a@example.org\n\n", Site(), ("villain.one=no",)),
    ]
    contract.check_golden(named, mails)
    assert Message(contract.fold(RAW)).subject == Message(RAW).subject
    assert contract.shuffle(RAW) != RAW

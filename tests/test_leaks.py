"""The audit of labelled mail: planted leaks are named with their columns, honest words are not."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from cli_mail import run, write_mbox
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.engine import Classifier
from classifier.evaluate.assess import Plan
from classifier.evaluate.leak_audit import Audit, audit_leaks, masked
from classifier.evaluate.leaks import information
from classifier.evaluate.traits import Trait, sightings, stands_for
from classifier.features import Extractor, Schema
from classifier.features.naming import name_columns
from classifier.mail import Message
from classifier.mailboxes import Stored
from classifier.signals import Facts

SMALL = Schema(bits=14)
PLAIN = "red green blue fish bread table window garden river cloud"
PLAN = Plan(folds=3, near_apart=False)


def letter(number: int, spam: bool, leaky: bool = True) -> bytes:
    """Write a message whose words tell spam most of the time, and whose collector always does."""
    rng = np.random.default_rng(number)
    words = rng.choice(PLAIN.split(), 8).tolist()
    honest = spam if rng.random() < 0.8 else not spam
    words.insert(3, "viagra" if honest else "meeting")
    trap = "by trap.collector.example with ESMTP id AB12; Mon, 5 Jan 2026 10:00:00 +0000"
    home = "by mx.home.example with ESMTP id AB12; Mon, 5 Jan 2026 10:00:00 +0000"
    received = trap if spam and leaky else home
    tag = "[talk-list] " if leaky and not spam and number % 2 else ""
    text = " ".join(words)
    origin = f"mail{number % 7}.sender.example (mail.sender.example [192.0.2.{number % 7}])"
    return (
        f"Received: from {origin} {received}\n"
        f"Message-ID: <{number}@sender.example>\nFrom: p{number}@sender.example\nTo: ada@home.example\n"
        f"Subject: {tag}{words[0]} {words[5]}\n\n{text}\n"
    ).encode()


def audited(leaky: bool, count: int = 60) -> Audit:
    mail = [
        (
            Stored("box", str(number), letter(number, number % 3 == 0, leaky)),
            "spam" if number % 3 == 0 else "ham",
        )
        for number in range(count)
    ]
    by_key = {stored.key: stored for stored, _ in mail}
    return audit_leaks(
        Classifier(schema=SMALL), mail, lambda _, key: by_key[key], PLAN, resamples=0, obvious=0.95
    )


@pytest.fixture(scope="module")
def leaky() -> Audit:
    return audited(True)


def test_the_collectors_host_and_the_lists_tag_are_named(leaky: Audit) -> None:
    found = {each.trait: each for each in leaky.leaks}
    host = found[Trait("host", "collector.example")]
    assert (host.yes, host.no, host.area) == (1, 0, 1)
    assert host.bits == pytest.approx(-(1 / 3) * math.log2(1 / 3) - (2 / 3) * math.log2(2 / 3))
    assert host.places == ("received",)
    assert "trap.collector.example" in host.example
    assert any(trait.kind == "list" and trait.key == "[talk-list]" for trait in found)


def test_honest_words_are_not_called_leaks(leaky: Audit) -> None:
    names = [each.trait.key for each in leaky.leaks]
    assert not any("viagra" in name or "meeting" in name or "sender.example" in name for name in names)


def test_without_the_leak_only_the_words_are_left(leaky: Audit) -> None:
    area = [
        each.questions["spam"].figures["1-ROCA%"].value
        for each in (leaky.as_is, leaky.zeroed, leaky.retrained)
    ]
    assert area[0] < 1
    assert area[2] > 5
    assert leaky.zeroed_alone[0] >= area[0]
    assert len(leaky.zeroed_alone) == len(leaky.leaks)


def test_clean_mail_has_no_leaks_and_loses_nothing() -> None:
    audit = audited(False)
    assert audit.leaks == []
    assert audit.as_is.questions["spam"].figures == audit.retrained.questions["spam"].figures
    assert (
        audit.as_is.questions["spam"].figures["1-ROCA%"] == audit.zeroed.questions["spam"].figures["1-ROCA%"]
    )


def test_all_columns_of_a_leak_are_masked(leaky: Audit) -> None:
    """The villain would mask the word alone and leave its pairs and 4-grams to tell the same."""
    columns = next(each.columns for each in leaky.leaks if each.trait.key == "collector.example")
    extractor = Extractor(SMALL)
    facts = Facts(Message(letter(0, True)))
    rows = extractor.rows([facts])
    dropped = set(columns.tolist())
    starts = [block.start for block in SMALL.blocks]
    for start, block in zip(starts, masked(rows, columns).blocks, strict=True):
        assert not set((block.columns + start).tolist()) & dropped
    named = name_columns(extractor, facts)
    gone: dict[str, set[str]] = {}
    for block, column, which in zip(named.block, named.column, named.name, strict=True):
        name, value = named.names[which]
        if starts[block] + column in dropped:
            gone.setdefault(name, set()).add(value)
    assert {"by trap", "trap", "trap collector", "collector example"} <= gone["header.received"]
    assert "trap.collector.example" in gone["text"]
    assert "body" not in gone


def test_masking_nothing_changes_nothing() -> None:
    rows = Extractor(SMALL).rows([Facts(Message(letter(number, True))) for number in range(3)])
    same = masked(rows, np.zeros(0, np.int64))
    for before, after in zip(rows.blocks, same.blocks, strict=True):
        assert before.columns.tolist() == after.columns.tolist()
        assert before.counts.tolist() == after.counts.tolist()


def test_what_is_seen_in_a_message() -> None:
    raw = (
        b"Received: from x.mail.example.co.uk [10.1.2.3] by y\nList-Id: <a.example.org>\n"
        b"X-Loop: Bob <Bob@Example.ORG>\nSubject: [Dev] plans for Aug 2002\n\nIn 1999\n"
    )
    seen = {(each.trait, each.where) for each in sightings(Extractor(SMALL), Facts(Message(raw)))}
    for trait, where in [
        (Trait("host", "example.co.uk"), "received"),
        (Trait("host", "10.1.2"), "received"),
        (Trait("list", "list-id"), "list-id"),
        (Trait("list", "x-loop"), "x-loop"),
        (Trait("address", "bob@example.org"), "x-loop"),
        (Trait("list", "[dev]"), "subject"),
        (Trait("date", "aug"), "subject"),
        (Trait("date", "2002"), "subject"),
        (Trait("date", "1999"), "body"),
        (Trait("field", "subject"), "subject"),
    ]:
        assert (trait, where) in seen, trait


@pytest.mark.parametrize(
    ("trait", "name", "value", "is_its"),
    [
        (Trait("host", "taint.example"), "header.received", "by taint", True),
        (Trait("host", "taint.example"), "header.received", "example", False),
        (Trait("host", "taint.example"), "text", "<x@taint.example>", True),
        (Trait("host", "10.1.2"), "header.received", "10 1", True),
        (Trait("host", "10.1.2"), "header.received", "from 10", False),
        (Trait("list", "list-id"), "header.list-id", "anything", True),
        (Trait("list", "[dev]"), "header.subject", "Dev", True),
        (Trait("signal", "lists.fields<1"), "lists.fields", "<1", True),
        (Trait("signal", "lists.fields<1"), "lists.fields", ">=1", False),
        (Trait("signal", "lists.list_id=yes"), "lists.list_id", "yes", True),
        (Trait("date", "2002"), "body", "2002", True),
    ],
)
def test_which_columns_stand_for_what(trait: Trait, name: str, value: str, is_its: bool) -> None:
    assert stands_for(trait, name, value) is is_its


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.data())
def test_information_is_between_nothing_and_the_labels_own(
    n_yes: int, n_no: int, data: st.DataObject
) -> None:
    yes, no = data.draw(st.integers(0, n_yes)), data.draw(st.integers(0, n_no))

    def told(a: int, b: int) -> float:
        return float(information(np.array([float(a)]), np.array([float(b)]), n_yes, n_no)[0])

    assert -1e-12 <= told(yes, no) <= told(n_yes, 0) + 1e-9
    assert told(yes, no) == pytest.approx(told(n_yes - yes, n_no - no), abs=1e-9)  # absence tells as much
    assert told(n_yes, n_no) == pytest.approx(0, abs=1e-9)


OPTIONS = ("--cv", "3", "--bits", "14", "--near", "ignore", "--resamples", "0", "--me", "ada@home.example")


def test_the_command_prints_leaks_and_what_is_left(tmp_path: Path) -> None:
    boxes = [
        write_mbox(
            tmp_path / f"{label}.mbox", [letter(number, label == "spam") for number in range(offset, 90, 3)]
        )
        for offset, label in ((0, "spam"), (1, "ham"))
    ]
    given_mail = ("--spam", boxes[0], "--ham", boxes[1])
    result = run("audit-leaks", *OPTIONS, *given_mail)
    assert result.exit_code == 0, result.stderr
    assert "host collector.example" in result.stdout
    assert "learned without" in result.stdout
    whole = json.loads(run("audit-leaks", *OPTIONS, "--json", *given_mail).stdout)
    assert whole["question"] == "spam"
    assert any(each["name"] == "collector.example" and each["area"] == 1 for each in whole["leaks"])
    assert {"as_is", "zeroed", "retrained"} <= set(whole)
    top = run("audit-leaks", *OPTIONS, "--top", "1", *given_mail).stdout
    assert "weaker ones (--top, --json)" in top


def test_the_command_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    box = write_mbox(tmp_path / "ham.mbox", [letter(number, False) for number in range(6)])
    assert run("audit-leaks").exit_code == 2
    one = run("audit-leaks", *OPTIONS, "--ham", box)
    assert one.exit_code == 2
    assert "nothing to tell apart in 6 ham" in one.stderr
    spam = write_mbox(tmp_path / "spam.mbox", [letter(number, True) for number in range(6, 12)])
    other = run("audit-leaks", *OPTIONS, "--question", "importance", "--ham", box, "--spam", spam)
    assert other.exit_code == 2
    assert "do not answer both ways whether mail is important" in other.stderr

"""Suggestions: doubtful, of many kinds, never twice the same, and found in one pass and bounded memory."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_mail import WORDS, mail, objects, run, write_mbox
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.engine import Classifier
from classifier.evaluate.near import signatures
from classifier.evaluate.suggest import suggest
from classifier.evaluate.suggest.candidates import Candidates, Seen
from classifier.evaluate.suggest.choose import choose, crowding, similarities
from classifier.features import Schema
from classifier.mail import Message
from classifier.mailboxes import Stored
from classifier.verdict import Cuts, LogOdds, Verdict

TOPICS = [
    "disk full on volume alpha",
    "certificate of the web server expires",
    "backup finished without any error",
    "new login from unknown address",
    "queue of outgoing mail is growing",
    "lottery winner claim your prize",
    "meeting moved to another room",
    "kernel update requires restart soon",
]


def topical(number: int, topic: int) -> Stored:
    """Mail of one of a few kinds, other numbers each time."""
    text = TOPICS[topic]
    raw = (
        f"Message-ID: <{number}@example.org>\nFrom: robot{topic}@example.org\nSubject: {text} {number}\n\n"
        f"{text} and more of {text.split()[-1]} at {number * 31}\nrun {number} of {number + 7}\n"
    )
    return Stored("made", str(number), raw.encode())


def stream(count: int = 200, topics: int = len(TOPICS)) -> list[Stored]:
    lot = random.Random(5)
    return [topical(number, min(lot.randrange(topics), lot.randrange(topics))) for number in range(count)]


def empty() -> Classifier:
    return Classifier(schema=Schema(bits=12, views=("header", "body")))


def topic_of(key: str, mails: list[Stored]) -> int:
    (one,) = (each for each in mails if each.key == key)
    return next(at for at, text in enumerate(TOPICS) if text.encode() in one.raw)


def test_every_kind_is_suggested_once_and_none_twice() -> None:
    mails = stream()
    found = suggest(empty(), mails, 20)
    topics = [topic_of(one.key, mails) for one in found]
    assert sorted(topics) == list(range(len(TOPICS)))
    assert sum(one.alike for one in found) == len(mails)
    assert {one.doubt for one in found} == {1.0}
    texts = signatures([f"{TOPICS[topic]}".encode() for topic in topics])
    assert len(np.unique(texts, axis=0)) == len(found)


def test_without_any_order_a_random_draw_would_repeat_itself() -> None:
    """The villain that the test above must reject: labels drawn at random are often near-duplicates."""
    mails = stream()
    drawn = random.Random(1).sample(mails, len(TOPICS))
    assert len({topic_of(one.key, mails) for one in drawn}) < len(TOPICS)


def test_what_is_known_is_not_suggested_nor_anything_like_it() -> None:
    mails = stream()
    known = {one.key for one in mails if topic_of(one.key, mails) in (0, 3)}
    few = set(sorted(known)[:2]) | {next(key for key in known if topic_of(key, mails) == 3)}
    found = suggest(empty(), mails, 20, known=lambda one: one.key in few)
    left = {topic_of(one.key, mails) for one in found}
    assert left == set(range(len(TOPICS))) - {topic_of(key, mails) for key in few}


def test_what_was_learned_is_not_suggested_again() -> None:
    classifier, mails = empty(), stream()
    classifier.learn(mails[0], "important")
    found = suggest(classifier, mails, 20)
    assert len(found) == len(TOPICS) - 1
    assert topic_of("0", mails) not in {topic_of(one.key, mails) for one in found}


def test_the_doubtful_come_first(tiny_model: Path) -> None:
    classifier = Classifier.load(tiny_model)
    sure = [Stored("made", f"sure {number}", mail("spam", 900 + number)) for number in range(30)]
    mixed_up = (
        mail("spam", 1).replace(b"cheap pills", b"disk failed").replace(b"pills.example", b"db01.example")
    )
    found = suggest(classifier, [*sure, Stored("made", "doubtful", mixed_up), topical(1, 6)], 3)
    assert found[-1].key.startswith("sure")
    assert found[0].doubt > found[-1].doubt


def test_any_beginning_of_the_list_is_the_shorter_list() -> None:
    mails = stream()
    assert suggest(empty(), mails, 3) == suggest(empty(), mails, 8)[:3]


def test_few_or_no_messages() -> None:
    assert suggest(empty(), [], 5) == []
    assert len(suggest(empty(), [topical(1, 1)], 5)) == 1
    silent = [Stored("made", str(number), b"From: a@example.org\n\n") for number in range(3)]
    assert len(suggest(empty(), silent, 5)) <= 3


def offered(kept: int, count: int, seed: int = 0, doubt: float = 1.0) -> Candidates:
    """Candidates after a stream of messages that have nothing in common."""
    candidates = Candidates(kept, seed)
    lot = np.random.default_rng(8)
    for number in range(count):
        signature = lot.integers(1, 2**32 - 1, 32, np.uint32)
        columns = np.sort(lot.choice(1000, 5, replace=False)).astype(np.uint32)
        candidates.offer(Seen("made", str(number), signature, columns, 1.0 if number % 10 else doubt, False))
    return candidates


def test_memory_is_bounded_and_the_sample_is_fair_and_seeded() -> None:
    candidates = offered(50, 3000)
    assert len(candidates) == 50
    assert len(candidates._bands) <= 50 * 8
    keys = [int(kind.first.key) for kind in candidates.kinds()]
    assert keys == [int(kind.first.key) for kind in offered(50, 3000).kinds()]
    assert keys != [int(kind.first.key) for kind in offered(50, 3000, seed=1).kinds()]
    assert 1000 < np.mean(keys) < 2000  # neither the first nor the last only
    certain = [kind for kind in offered(50, 3000, doubt=0.0).kinds() if int(kind.first.key) % 10 == 0]
    assert len(certain) < sum(key % 10 == 0 for key in keys)


def test_a_kind_that_was_let_go_does_not_come_back() -> None:
    candidates = Candidates(1, 0)
    lot = np.random.default_rng(2)
    both = [
        Seen(
            "made",
            str(number),
            lot.integers(1, 2**31, 32, np.uint32),
            np.array([number], np.uint32),
            1.0,
            False,
        )
        for number in range(2)
    ]
    for _ in range(4):
        for one in both:
            candidates.offer(one)
    (kind,) = candidates.kinds()
    assert kind.messages == 4


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(0, 2))
@settings(deadline=None, max_examples=50)
def test_the_greedy_choice_takes_what_adds_most(seed: int, size: int, n_known: int) -> None:
    lot = np.random.default_rng(seed)
    sets = [np.flatnonzero(lot.random(31) < 0.2).astype(np.uint32) for _ in range(size)]
    alike, worth = similarities(sets, 31), lot.random(size)
    known = lot.choice(size, min(n_known, size), replace=False).tolist()
    chosen = choose(alike, worth, 5, known)
    assert len(chosen) == min(5, len(sets) - len(known))
    assert not set(chosen) & set(known)
    best = alike[known].max(axis=0) if known else np.zeros(len(sets), np.float32)
    for at in chosen:  # by hand, without the lazy evaluation
        gains = [float(np.maximum(alike[each] - best, 0) @ worth) for each in range(len(sets))]
        left = [gain for each, gain in enumerate(gains) if each not in known]
        assert gains[at] == pytest.approx(max(left), abs=1e-6) or at in chosen[: chosen.index(at)]
        best = np.maximum(best, alike[at])
    assert (crowding(alike, 0.5) >= 1).all()


def test_doubt_asks_only_what_was_learned() -> None:
    from classifier.evaluate.suggest.suggesting import doubt_of

    def doubt(spam: float, importance: float, *asked: bool) -> float:
        return doubt_of(Verdict(LogOdds(spam, importance), Cuts(), Message(b"")), asked)

    assert doubt(9, 9, False, False) == 1
    assert doubt(0, 9, True, False) == 1
    assert doubt(0, 9, False, True) < 0.01
    assert doubt(-9, 0, True, True) == pytest.approx(1, abs=1e-3)
    assert doubt(9, 0, True, True) < 0.01  # whether spam would be important is no question


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    mails = [one.raw for one in stream(60)]
    return write_mbox(tmp_path / "in.mbox", mails)


def suggested(*arguments: object) -> Any:
    return run("suggest", "--model", "none", "--me", "ada@example.org", *arguments)


def test_a_filled_table_is_read_back_by_training(tmp_path: Path) -> None:
    mails = [mail(label, number) for number in range(4) for label in WORDS]
    varied = [raw.replace(b"case", b"case " + bytes([97 + at]) * 9) for at, raw in enumerate(mails)]
    box = write_mbox(tmp_path / "in.mbox", varied + [one.raw for one in stream(20)])
    result = suggested(box, "-n", 8, "--format", "tsv")
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert {row["label"] for row in rows} == {""}
    for row in rows:
        row["label"] = "spam" if "pills" in row["subject"] or "lottery" in row["subject"] else "important"
    table = tmp_path / "labels.tsv"
    lines = ["\t".join(row.values()) for row in rows]
    table.write_text("\t".join(rows[0]) + "\n" + "\n".join(lines) + "\n")
    model = tmp_path / "m.mailtriage"
    trained = run("train", "-o", model, "--bits", 12, "--me", "ada@example.org", "--labels", table, box)
    assert trained.exit_code == 0, trained.stderr
    assert f"says nothing of {len(varied) + 20 - len(rows)} messages" in trained.stderr
    again = suggested(box, "-n", 8, "--labels", table)
    assert not {(one["key"]) for one in objects(again)} & {row["key"] for row in rows}


def test_jsonl_is_what_classify_prints_and_more(mailbox: Path) -> None:
    lines = objects(suggested(mailbox, "-n", 3))
    assert len(lines) == 3
    classified = objects(run("classify", "--model", "none", "--me", "ada@example.org", mailbox))
    by_key = {line["key"]: line for line in classified}
    for line in lines:
        assert line.pop("alike") > 1
        assert line.pop("doubt") == 1
        assert line == by_key[line["key"]]


def test_text_for_people(mailbox: Path) -> None:
    result = suggested(mailbox, "-n", 2, "--format", "text")
    assert result.stdout.splitlines()[0] == "2 messages worth a label"
    assert "robot" in result.stdout
    assert all(len(line) <= 120 for line in result.stdout.splitlines())


def test_a_wicked_subject_breaks_no_table(tmp_path: Path) -> None:
    wicked = b"Subject: =?utf-8?q?a=09b=0Aspam=09x?=\nFrom: a@example.org\n\ntext\n"
    result = suggested(write_mbox(tmp_path / "w.mbox", [wicked]), "--format", "tsv")
    assert len(result.stdout.splitlines()) == 2
    assert result.stdout.splitlines()[1].count("\t") == 7


def test_a_mailbox_that_is_missing_is_named_and_the_others_are_read(tmp_path: Path, mailbox: Path) -> None:
    result = suggested(tmp_path / "absent", mailbox, "-n", 2)
    assert result.exit_code == 3
    assert len(objects(result)) == 2
    assert "absent" in result.stderr


def test_standard_input_can_be_suggested_from(mailbox: Path) -> None:
    arguments = ("suggest", "--model", "none", "--me", "ada@example.org", "-n", 2, "-")
    lines = run(*arguments, input=mailbox.read_bytes()).stdout.splitlines()
    assert [json.loads(line)["mailbox"] for line in lines] == ["-", "-"]

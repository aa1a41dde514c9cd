"""What is learned one message at a time: exact, undone to the bit, bounded, safe to read from a stranger."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Classifier
from classifier.errors import LabelError, ModelFormatError
from classifier.features import Extractor, Rows, Schema
from classifier.learners import Tables
from classifier.learners.online import STEPS, TEACHES, Corrections
from classifier.mail import Message
from classifier.signals import Facts

SCHEMA = Schema(bits=12)
TABLES = Tables.empty(SCHEMA)
MAILS = [
    b"From: a@example.org\nSubject: lunch %d\n\nshall we meet at %d?\n%s" % (n, n, b"word%d " % n * n)
    for n in range(12)
] + [b"", b"\n\n", b"Subject: x"]


@cache
def row(number: int) -> Rows:
    return Extractor(SCHEMA).rows([Facts(Message(MAILS[number]))])


def taught(steps: list[tuple[int, str | None]]) -> Corrections:
    """Learn, or with None unlearn, in this order."""
    corrections = Corrections(SCHEMA)
    for number, label in steps:
        name = bytes([number]) * 16
        if label is None:
            corrections.unlearn(name)
        else:
            corrections.learn(name, label, row(number), TABLES)
    return corrections


def units(corrections: Corrections) -> np.ndarray:
    every = np.arange(SCHEMA.n_columns, dtype=np.intp)
    return corrections.weights_of(every)


numbers = st.integers(0, len(MAILS) - 1)
labels = st.sampled_from(sorted(TEACHES))
histories = st.lists(st.tuples(numbers, st.one_of(labels, st.none())), max_size=15)


@settings(max_examples=40, deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_unlearning_all_in_any_order_leaves_nothing(history: list[tuple[int, str | None]], lot: Any) -> None:
    corrections = taught(history)
    names = list(corrections.learned)
    lot.shuffle(names)
    for name in names:
        assert corrections.unlearn(name)
    assert not units(corrections).any()
    assert not corrections.score(row(0)).any()


@settings(max_examples=40, deadline=None)
@given(histories, numbers, labels)
def test_unlearning_takes_back_exactly_one_message(
    history: list[tuple[int, str | None]], number: int, label: str
) -> None:
    without = taught([step for step in history if step[0] != number])
    before = units(without).copy()
    name = bytes([number]) * 16
    assert without.learn(name, label, row(number), TABLES)
    assert without.unlearn(name)
    assert not without.unlearn(name)
    assert np.array_equal(units(without), before)


@settings(max_examples=30, deadline=None)
@given(histories)
def test_saved_and_read_again_it_is_the_same_to_the_bit(history: list[tuple[int, str | None]]) -> None:
    corrections = taught(history)
    again = Corrections.from_arrays(SCHEMA, corrections.to_arrays())
    assert np.array_equal(units(again), units(corrections))
    assert list(again.learned) == list(corrections.learned)
    for name in list(again.learned):
        again.unlearn(name)
    assert not units(again).any()


def test_learning_twice_is_harmless() -> None:
    once, twice = taught([(1, "spam")]), taught([(1, "spam"), (1, "spam")])
    assert np.array_equal(units(once), units(twice))
    assert not twice.learn(b"\1" * 16, "spam", row(1), TABLES)
    assert len(twice) == 1


def test_another_label_replaces_the_first() -> None:
    assert np.array_equal(units(taught([(1, "spam"), (1, "important")])), units(taught([(1, "important")])))


@pytest.mark.parametrize(("label", "answers"), TEACHES.items())
def test_a_label_moves_the_questions_it_answers(label: str, answers: tuple[int | None, int | None]) -> None:
    moved = taught([(3, label)]).score(row(3))[0]
    for way, answer in zip(moved, answers, strict=True):
        assert way == 0 if answer is None else (way > 1 if answer else way < -1)


def test_an_unknown_label_teaches_nothing() -> None:
    corrections = Corrections(SCHEMA)
    with pytest.raises(LabelError, match="'unsure' is no label"):
        corrections.learn(b"x" * 16, "unsure", row(0), TABLES)
    assert len(corrections) == 0


def test_a_flood_of_equal_mail_moves_the_model_boundedly() -> None:
    tables = Tables(SCHEMA, TABLES.weights, np.array([3.0, 0.0]))
    corrections = Corrections(SCHEMA)
    after: list[float] = []
    for number in range(500):
        corrections.learn(number.to_bytes(16, "big"), "ham", row(5), tables)
        after.append(float(corrections.score(row(5))[0, 0]))
    assert after[-1] == after[STEPS]  # the first few taught it; the rest found nothing left to learn
    assert -12 < after[-1] < -3


def test_corrections_survive_in_the_model_file(tmp_path: Path) -> None:
    first = Classifier(schema=SCHEMA)
    for number, label in enumerate(["spam", "ham", "important", "unimportant"]):
        first.learn(MAILS[number], label)
    first.save(tmp_path / "m")
    second = Classifier.load(tmp_path / "m")
    assert [second.classify(raw).log_odds for raw in MAILS] == [first.classify(raw).log_odds for raw in MAILS]
    for raw in MAILS[:4]:
        assert second.unlearn(raw)
    assert {tuple(second.classify(raw).log_odds) for raw in MAILS} == {(0.0, 0.0)}


def damaged() -> dict[str, dict[str, Any]]:
    good = taught([(1, "spam"), (2, "ham"), (3, "important")]).to_arrays()
    return {
        "one is missing": {k: v for k, v in good.items() if k != "learned.steps"},
        "columns too few": good | {"learned.columns": good["learned.columns"][:-1]},
        "columns beyond the end": good | {"learned.columns": good["learned.columns"] + np.uint32(2**31)},
        "columns of other blocks": good | {"learned.columns": good["learned.columns"][::-1].copy()},
        "columns are numbers with fractions": good | {"learned.columns": good["learned.columns"] * 1.0},
        "labels that are none": good | {"learned.labels": good["learned.labels"] + np.uint8(9)},
        "labels too few": good | {"learned.labels": good["learned.labels"][:2]},
        "counts negative": good | {"learned.counts": -good["learned.counts"]},
        "counts huge": good | {"learned.counts": good["learned.counts"] + 2**62},
        "counts of three blocks": good | {"learned.counts": good["learned.counts"][:, :3]},
        "steps huge": good | {"learned.steps": good["learned.steps"] + 2**60},
        "a message twice": good | {"learned.fingerprints": np.zeros((3, 16), np.uint8)},
        "fingerprints flat": good | {"learned.fingerprints": good["learned.fingerprints"].ravel()},
        "fingerprints too many": good | {"learned.fingerprints": np.eye(4, 16, dtype=np.uint8)},
    }


@pytest.mark.parametrize("name", damaged())
def test_damaged_arrays_are_refused(name: str) -> None:
    with pytest.raises(ModelFormatError, match="what it learned is damaged"):
        Corrections.from_arrays(SCHEMA, damaged()[name])

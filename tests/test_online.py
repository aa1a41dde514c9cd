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
from classifier.features.extractor import joined_rows
from classifier.learners import Tables
from classifier.learners.online import PACES, TEACHES, Correction, Corrections
from classifier.mail import Message
from classifier.signals import Facts
from classifier.verdict import Cuts

SCHEMA = Schema(bits=12)
TABLES = Tables.empty(SCHEMA)
MAILS = [
    b"From: a@example.org\nSubject: lunch %d\n\nshall we meet at %d?\n%s" % (n, n, b"word%d " % n * n)
    for n in range(12)
] + [b"", b"\n\n", b"Subject: x"]


@cache
def row(number: int) -> Rows:
    return Extractor(SCHEMA).rows([Facts(Message(MAILS[number]))])


@cache
def rows_of(raw: bytes) -> Rows:
    return Extractor(SCHEMA).rows([Facts(Message(raw))])


def taught(steps: list[tuple[int, str | None]], tables: Tables = TABLES) -> Corrections:
    """Learn, or with None unlearn, in this order."""
    corrections = Corrections(SCHEMA)
    for number, label in steps:
        name = bytes([number]) * 16
        if label is None:
            corrections.unlearn(name)
        else:
            corrections.learn(name, label, row(number), tables)
    return corrections


def state(corrections: Corrections) -> list[np.ndarray]:
    """Everything that was learned, as it lies in memory, in the order of the columns."""
    sums = corrections.sums
    every = sums.table[sums.places(np.arange(SCHEMA.n_columns))]
    return [every, sums.messages, sums.answers, sums.bias, sums.shares]


def alike(one: Corrections, other: Corrections) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(state(one), state(other), strict=True))


def copy(corrections: Corrections) -> list[np.ndarray]:
    return [each.copy() for each in state(corrections)]


numbers = st.integers(0, len(MAILS) - 1)
labels = st.sampled_from(sorted(TEACHES))
histories = st.lists(st.tuples(numbers, st.one_of(labels, st.none())), max_size=15)
weights = np.random.default_rng(1).normal(0, 1, (SCHEMA.n_columns, 2)).astype(np.float16)
trained = st.sampled_from([TABLES, Tables(SCHEMA, weights, np.array([1.5, -0.5]))])


@settings(max_examples=40, deadline=None)
@given(histories, trained, st.randoms(use_true_random=False))
def test_unlearning_all_in_any_order_leaves_nothing(
    history: list[tuple[int, str | None]], tables: Tables, lot: Any
) -> None:
    corrections = taught(history, tables)
    names = list(corrections.learned)
    lot.shuffle(names)
    for name in names:
        assert corrections.unlearn(name)
    assert not any(each.any() for each in state(corrections))
    assert np.array_equal(corrections.score(row(0), tables), tables.score(row(0)))


@settings(max_examples=40, deadline=None)
@given(histories, trained, numbers, labels)
def test_unlearning_takes_back_exactly_one_message(
    history: list[tuple[int, str | None]], tables: Tables, number: int, label: str
) -> None:
    without = taught([step for step in history if step[0] != number], tables)
    before, scores = copy(without), without.score(row(2), tables)
    name = bytes([number]) * 16
    assert without.learn(name, label, row(number), tables)
    assert without.unlearn(name)
    assert not without.unlearn(name)
    assert all(np.array_equal(a, b) for a, b in zip(state(without), before, strict=True))
    assert np.array_equal(without.score(row(2), tables), scores)


@settings(max_examples=30, deadline=None)
@given(histories)
def test_saved_and_read_again_it_is_the_same_to_the_bit(history: list[tuple[int, str | None]]) -> None:
    corrections = taught(history)
    again = Corrections.from_arrays(SCHEMA, corrections.to_arrays())
    assert alike(again, corrections)
    assert list(again.learned) == list(corrections.learned)
    for name in list(again.learned):
        again.unlearn(name)
    assert not any(each.any() for each in state(again))


@settings(max_examples=30, deadline=None)
@given(histories)
def test_a_packed_correction_is_the_same_to_the_bit(history: list[tuple[int, str | None]]) -> None:
    corrections, again = taught(history), Corrections(SCHEMA)
    for name, correction in corrections.learned.items():
        again.keep(name, Correction.from_bytes(SCHEMA, correction.to_bytes(SCHEMA)))
    assert alike(again, corrections)


@settings(max_examples=30, deadline=None)
@given(histories, trained, numbers)
def test_the_batch_makes_no_difference(
    history: list[tuple[int, str | None]], tables: Tables, number: int
) -> None:
    corrections = taught(history, tables)
    together = joined_rows(SCHEMA, [row(at) for at in range(len(MAILS))])
    alone = corrections.score(row(number), tables)[0]
    assert np.array_equal(corrections.score(together, tables)[number], alone)
    for _ in range(9):  # often enough that what was learned is laid out for reading
        again = corrections.score(together, tables)
    assert np.array_equal(again[number], alone)


def test_learning_twice_is_harmless() -> None:
    once, twice = taught([(1, "spam")]), taught([(1, "spam"), (1, "spam")])
    assert alike(once, twice)
    assert not twice.learn(b"\1" * 16, "spam", row(1), TABLES)
    assert len(twice) == 1


def test_another_label_replaces_the_first() -> None:
    assert alike(taught([(1, "spam"), (1, "important")]), taught([(1, "important")]))


@pytest.mark.parametrize(("label", "answers"), TEACHES.items())
def test_a_label_moves_the_questions_it_answers(label: str, answers: tuple[int | None, int | None]) -> None:
    moved = taught([(3, label)]).score(row(3), TABLES)[0]
    for way, answer in zip(moved, answers, strict=True):
        assert way == 0 if answer is None else (way > 1 if answer else way < -1)


def test_an_unknown_label_teaches_nothing() -> None:
    corrections = Corrections(SCHEMA)
    with pytest.raises(LabelError, match="'unsure' is no label"):
        corrections.learn(b"x" * 16, "unsure", row(0), TABLES)
    assert len(corrections) == 0


WORDS = {"spam": b"cheap pills order now", "ham": b"minutes of the meeting", "other": b"garden fence paint"}


def mail(kind: str, number: int) -> bytes:
    """One of many mails of a kind: a third of its words are its own."""
    own = b" ".join(b"w%d" % (hash((number, at)) % 997) for at in range(4))
    return b"From: %s@example.org\nSubject: %s\n\n%s %s\n" % (
        kind.encode(),
        WORDS[kind],
        WORDS[kind] * 2,
        own,
    )


def course(pairs: list[tuple[bytes, str]], corrections: Corrections | None = None) -> Corrections:
    corrections = corrections or Corrections(SCHEMA)
    for number, (raw, label) in enumerate(pairs, len(corrections)):
        corrections.learn(number.to_bytes(16, "big"), label, rows_of(raw), TABLES)
    return corrections


def odds(corrections: Corrections, kind: str, first: int = 900) -> float:
    """Mean log-odds of spam of unseen mails of a kind."""
    rows = joined_rows(SCHEMA, [rows_of(mail(kind, number)) for number in range(first, first + 10)])
    return float(corrections.score(rows, TABLES)[:, 0].mean())


LESSONS = [(mail(kind, number), kind) for number in range(20) for kind in ("spam", "ham")]


def test_it_learns_what_it_is_taught_and_says_little_of_the_rest() -> None:
    corrections = course(LESSONS)
    assert odds(corrections, "spam") > 3
    assert odds(corrections, "ham") < -3
    assert abs(odds(corrections, "other")) < 2


def test_the_order_of_learning_matters_little() -> None:
    lot = np.random.default_rng(4)
    for _ in range(5):
        corrections = course([LESSONS[at] for at in lot.permutation(len(LESSONS))])
        assert odds(corrections, "spam") > 2
        assert odds(corrections, "ham") < -2


def test_a_flood_of_nearly_equal_mail_moves_the_model_boundedly() -> None:
    corrections = course(LESSONS)
    flood = [(mail("other", number), "ham") for number in range(300)]
    few = course(flood[:20], course(LESSONS))
    before = odds(corrections, "spam")
    course(flood, corrections)
    assert odds(few, "other") < -2
    assert odds(few, "other") - 2 < odds(corrections, "other") < -2
    assert abs(odds(corrections, "spam") - before) < 1


def test_a_flood_of_lies_does_not_own_the_model() -> None:
    lies = [(mail("spam", 7) + b"%d" % number, "ham") for number in range(300)]
    corrections = course(lies, course(LESSONS))
    for kind in WORDS:  # all of them have said no more than the first few
        assert abs(odds(corrections, kind) - odds(course(lies[:3], course(LESSONS)), kind)) < 0.5
    course([(mail("spam", number), "spam") for number in range(100, 120)], corrections)
    assert odds(corrections, "spam") > 1  # a few true labels win it back


def test_contradictory_labels_leave_it_near_even_chances() -> None:
    pairs = [(mail("other", number), ("spam", "ham")[number % 2]) for number in range(100)]
    assert abs(odds(course(pairs), "other")) < 3


def test_one_label_in_ten_wrong_turns_nothing_round() -> None:
    turned = {"spam": "ham", "ham": "spam"}
    pairs = [(raw, turned[label] if at % 10 == 3 else label) for at, (raw, label) in enumerate(LESSONS)]
    corrections = course(pairs)
    assert odds(corrections, "spam") > 1
    assert odds(corrections, "ham") < -1


def test_one_class_alone_is_no_crash() -> None:
    corrections = course([(mail("spam", number), "spam") for number in range(30)])
    assert odds(corrections, "spam") > 0
    assert np.isfinite(odds(corrections, "ham"))


def test_the_trained_model_counts_less_where_it_is_always_wrong() -> None:
    wrong = Tables(SCHEMA, TABLES.weights, np.array([9.0, 0.0]))
    corrections = Corrections(SCHEMA, (PACES[0]._replace(few=0), PACES[1]))
    for number in range(40):
        corrections.learn(number.to_bytes(16, "big"), "ham", rows_of(mail("ham", number)), wrong)
    assert corrections.score(rows_of(mail("ham", 77)), wrong)[0, 0] < -2
    assert 0 <= corrections.shares()[0, 0] < PACES[0].share_given


def test_a_few_spams_alone_do_not_make_all_mail_spam_that_a_model_knows() -> None:
    model, sure = Tables(SCHEMA, TABLES.weights, np.array([-1.0, 0.0])), Cuts().spam
    corrections, villain = Corrections(SCHEMA), Corrections(SCHEMA, (PACES[0]._replace(few=0), PACES[1]))
    before = -1.0
    for number in range(5):
        for each in (corrections, villain):
            each.learn(number.to_bytes(16, "big"), "spam", rows_of(mail("spam", number)), model)
        spam, ham = (corrections.score(rows_of(mail(kind, 77)), model)[0, 0] for kind in ("spam", "ham"))
        assert before < spam
        assert ham < min(spam, sure)
        assert villain.score(rows_of(mail("ham", 77)), model)[0, 0] > sure
        before = spam
    lessons = [lesson for each in corrections.learned.values() for lesson in each.lessons]
    assert not any(lesson.counted or lesson.bias for lesson in lessons)


def test_with_a_few_labels_of_both_answers_it_learns_at_full_pace() -> None:
    model = Tables(SCHEMA, TABLES.weights, np.array([-1.0, 0.0]))
    corrections = Corrections(SCHEMA)
    for number in range(PACES[0].few + 1):  # type: ignore[arg-type]
        for kind in ("spam", "ham"):
            name = f"{kind} {number}".encode()
            corrections.learn(name, kind, rows_of(mail(kind, number)), model)
            last = corrections.learned[name].lessons[0]
            assert bool(last.counted) == (number >= PACES[0].few)
    assert corrections.score(rows_of(mail("spam", 77)), model)[0, 0] > 1
    assert corrections.score(rows_of(mail("ham", 77)), model)[0, 0] < -1


@pytest.mark.parametrize("label", ["important", "unimportant"])
def test_a_trained_model_moves_to_where_the_message_and_its_weights_agree(label: str) -> None:
    sure = Tables(SCHEMA, TABLES.weights, np.array([-9.0, -2.0 if label == "important" else 2.0]))
    corrections, row = Corrections(SCHEMA), rows_of(mail("ham", 1))
    before = corrections.score(row, sure)[0, 1]
    corrections.learn(b"1" * 16, label, row, sure)
    after = corrections.score(row, sure)[0, 1]
    pull = (label == "important") - 1 / (1 + np.exp(-after))
    filled = sum(int(block.counts[0] > 0) for block in row.blocks)
    assert abs(before) > abs(after)
    assert after - before == pytest.approx(PACES[1].variance * pull * filled, abs=0.01)
    stranger = corrections.score(rows_of(b"From: x@y.example\nSubject: zq\n\nvw xj\n"), sure)[0, 1]
    assert abs(stranger - before) < abs(after - before) / 2


def test_a_trained_model_is_not_moved_where_it_is_right() -> None:
    sure = Tables(SCHEMA, TABLES.weights, np.array([0.0, -9.0]))
    corrections = Corrections(SCHEMA)
    for number in range(40):
        corrections.learn(number.to_bytes(16, "big"), "unimportant", rows_of(mail("ham", number)), sure)
    assert corrections.score(rows_of(mail("ham", 77)), sure)[0, 1] == pytest.approx(-9.0, abs=0.05)


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
        "one is missing": {k: v for k, v in good.items() if k != "learned.lessons"},
        "columns too few": good | {"learned.columns": good["learned.columns"][:-1]},
        "columns beyond the end": good | {"learned.columns": good["learned.columns"] + np.uint32(2**31)},
        "columns of other blocks": good | {"learned.columns": good["learned.columns"][::-1].copy()},
        "columns are numbers with fractions": good | {"learned.columns": good["learned.columns"] * 1.0},
        "labels that are none": good | {"learned.labels": good["learned.labels"] + np.uint8(9)},
        "labels that answer less": good | {"learned.labels": np.zeros_like(good["learned.labels"])},
        "labels too few": good | {"learned.labels": good["learned.labels"][:2]},
        "counts negative": good | {"learned.counts": -good["learned.counts"]},
        "counts huge": good | {"learned.counts": good["learned.counts"] + 2**62},
        "counts of three blocks": good | {"learned.counts": good["learned.counts"][:, :3]},
        "steps huge": good | {"learned.lessons": good["learned.lessons"] + 2**60},
        "steps of one question": good | {"learned.lessons": good["learned.lessons"][:, :1]},
        "rates too few": good | {"learned.rates": good["learned.rates"][:-1]},
        "a message twice": good | {"learned.fingerprints": np.zeros((3, 16), np.uint8)},
        "fingerprints flat": good | {"learned.fingerprints": good["learned.fingerprints"].ravel()},
        "fingerprints too many": good | {"learned.fingerprints": np.eye(4, 16, dtype=np.uint8)},
    }


@pytest.mark.parametrize("name", damaged())
def test_damaged_arrays_are_refused(name: str) -> None:
    with pytest.raises(ModelFormatError, match="what it learned is damaged"):
        Corrections.from_arrays(SCHEMA, damaged()[name])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_an_error_or_harmless(data: st.DataObject) -> None:
    corrections = taught([(2, "important"), (3, "spam")])
    raw = bytearray(next(iter(corrections.learned.values())).to_bytes(SCHEMA))
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw = raw[:at]
    else:
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = Correction.from_bytes(SCHEMA, bytes(raw))
    except ModelFormatError:
        return
    before = copy(corrections)
    corrections.keep(b"x", found)
    corrections.unlearn(b"x")
    assert all(np.array_equal(a, b) for a, b in zip(state(corrections), before, strict=True))


def test_on_top_of_a_trained_model_importance_moves_less_at_a_time() -> None:
    given = Tables(SCHEMA, TABLES.weights, np.array([0.0, 1.0]))
    moved = [
        abs(taught([(3, "unimportant")], each).score(row(3), each)[0, 1] - at)
        for each, at in ((TABLES, 0), (given, 1))
    ]
    assert 0.5 < moved[1] < moved[0]


def test_bayes_counts_importance_where_no_model_answers_it_and_only_there() -> None:
    steps: list[tuple[int, str | None]] = [(1, "important"), (2, "unimportant")]
    alone, guided = taught(steps), taught(steps, Tables(SCHEMA, weights, np.array([1.5, -0.5])))
    assert all(each.lessons[1].counted for each in alone.learned.values())
    assert not any(each.lessons[1].counted or each.lessons[1].bias for each in guided.learned.values())
    assert not any(any(each.lessons[1].shares) for each in guided.learned.values())

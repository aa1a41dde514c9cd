"""Labels from what the reader does: learned when known, not before; bounded; outweighed by what he says."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from conversations import ANN, START
from hypothesis import given
from hypothesis import strategies as st

from classifier import Classifier
from classifier.engine.behaviour import FLOOD, LIMIT, Behaviour, grown, learn_anew
from classifier.engine.followed import ANSWERED, OPEN, PASSED, RING, Fate, Followed
from classifier.features import BlockRows, Schema
from classifier.history import Ram
from classifier.history.clock import DAY
from classifier.learners.deviation import Examples, deviation
from classifier.learners.habit import MOST, VARIANCE, Habit, schema_and_size

SCHEMA = Schema(bits=12, views=("history",))


def asks(number: int, who: str = "bob@example.com") -> bytes:
    return (
        f"From: {who}\nTo: ann@example.org\nSubject: Plans {number}\nMessage-ID: <{number}@{who}>\n\nWell?\n"
    ).encode()


def news(number: int) -> bytes:
    return (
        f"From: news@example.net\nTo: all@lists.example.net\nSubject: News {number}\n"
        f"Message-ID: <{number}@news>\n\nNothing.\n"
    ).encode()


def answers(number: int, who: str = "bob@example.com") -> bytes:
    return (
        f"From: Ann <ann@example.org>\nTo: {who}\nSubject: Re: Plans {number}\n"
        f"Message-ID: <{number}@ann>\nIn-Reply-To: <{number}@{who}>\n\nYes.\n"
    ).encode()


def follower() -> Classifier:
    return Classifier(schema=SCHEMA, site=ANN, memory=Ram())


def live(classifier: Classifier, days: int) -> None:
    """Bob is answered within the hour, the news never."""
    for day in range(days):
        now = START + day * DAY
        classifier.observe(asks(day), now=now)
        classifier.observe(news(day), now=now + 60)
        classifier.observe(answers(day), now=now + 3600)


def importance(classifier: Classifier, raw: bytes, day: float) -> float:
    return classifier.classify(raw, now=START + day * DAY).log_odds.importance


def behaviour(classifier: Classifier) -> Behaviour:
    assert classifier.behaviour is not None
    return classifier.behaviour


def test_what_is_answered_becomes_important_and_what_is_not_does_not() -> None:
    classifier = follower()
    live(classifier, 20)
    assert importance(classifier, asks(99), 20) > 0.3
    assert importance(classifier, news(99), 20) < -0.3


def test_nothing_is_learned_before_it_can_be_known() -> None:
    classifier = follower()
    classifier.observe(asks(1), now=START)
    classifier.observe(news(1), now=START + LIMIT - 1)
    assert not behaviour(classifier).habit.weights.any()
    classifier.observe(news(2), now=START + LIMIT)
    assert behaviour(classifier).habit.weights.any()
    assert importance(classifier, asks(9), 4) < 0


def test_an_answer_counts_at_once_and_the_limit_not_any_more() -> None:
    classifier = follower()
    classifier.observe(asks(1), now=START)
    classifier.observe(answers(1), now=START + 60)
    learned = behaviour(classifier).habit.weights.copy()
    assert learned.max() > 0
    classifier.observe(news(1), now=START + LIMIT + 60)
    assert (behaviour(classifier).habit.weights == learned).all()


def test_a_late_answer_still_counts() -> None:
    classifier = follower()
    classifier.observe(asks(1), now=START)
    classifier.observe(news(1), now=START + 10 * DAY)
    before = behaviour(classifier).habit.weights.sum()
    classifier.observe(answers(1), now=START + 11 * DAY)
    assert behaviour(classifier).habit.weights.sum() > before


def test_what_is_said_ends_the_guessing() -> None:
    classifier = follower()
    classifier.observe(asks(1), now=START)
    classifier.learn(asks(1), "important", now=START + 60)
    classifier.observe(news(1), now=START + LIMIT + 60)
    assert not behaviour(classifier).habit.weights.any()


def test_judging_teaches_nothing() -> None:
    classifier = follower()
    live(classifier, 3)
    before = behaviour(classifier).habit.weights.copy()
    for day in range(30):
        classifier.classify(asks(50 + day), now=START + day * DAY)
    assert (behaviour(classifier).habit.weights == before).all()


def test_observing_twice_teaches_once() -> None:
    once, twice = follower(), follower()
    for classifier, times in ((once, 1), (twice, 2)):
        for day in range(8):
            for raw, later in ((asks(day), 0), (news(day), 60), (answers(day), 3600)):
                for _ in range(times):
                    classifier.observe(raw, now=START + day * DAY + later)
    assert (behaviour(once).habit.weights == behaviour(twice).habit.weights).all()


@pytest.mark.parametrize("size", [1, 7, 64])
def test_batches_of_any_size_learn_and_judge_the_same(size: int) -> None:
    mail = [raw for day in range(12) for raw in (asks(day), news(day), answers(day))]
    nows: list[float | None] = [START + day * DAY + hour * 3600 for day in range(12) for hour in range(3)]

    def odds(size: int) -> list[float]:
        classifier = follower()
        found = []
        for at in range(0, len(mail), size):
            batch = classifier.judge(mail[at : at + size], nows[at : at + size], observe=True)
            found += [verdict.log_odds.importance for verdict in batch]
        return found

    assert odds(size) == odds(5)
    assert len(set(odds(size))) > 5


def test_classify_then_observe_is_the_same_as_both_at_once() -> None:
    apart, together = follower(), follower()
    mail = [raw for day in range(8) for raw in (asks(day), news(day), answers(day))]
    for number, raw in enumerate(mail):
        now = START + number * DAY / 3
        verdict = apart.classify(raw, now=now)
        apart.observe(raw, now=now)
        assert verdict.log_odds == together.judge([raw], [now], observe=True)[0].log_odds


def test_clues_add_up_with_habit() -> None:
    classifier = follower()
    live(classifier, 10)
    verdict = classifier.classify(asks(99), now=START + 10 * DAY)
    reasons = verdict.explanation.importance
    total = sum(clue.contribution for clue in reasons.clues) + reasons.bias
    assert total == pytest.approx(verdict.log_odds.importance)
    assert any(clue.name.startswith("people.") for clue in reasons.clues)


def test_who_is_nobody_has_no_habits() -> None:
    assert Classifier(schema=SCHEMA, memory=Ram()).behaviour is None
    assert Classifier(schema=SCHEMA, site=ANN).behaviour is None
    assert Classifier(schema=Schema(bits=12), site=ANN, memory=Ram()).behaviour is None


def test_a_flood_from_one_sender_leaves_room_for_others() -> None:
    memory = Ram()
    classifier = Classifier(schema=SCHEMA, site=ANN, memory=memory)
    for number in range(400):
        classifier.observe(news(number), now=START + number)
    assert len(list(memory.items("await"))) <= FLOOD + 1
    assert len(list(memory.items("await"))) < RING


def test_a_memory_of_another_schema_is_left_alone() -> None:
    memory = Ram()
    classifier = Classifier(schema=SCHEMA, site=ANN, memory=memory)
    live(classifier, 5)
    other = Classifier(schema=Schema(bits=13, views=("history",)), site=ANN, memory=memory)
    assert not behaviour(other).habit.weights.any()


def test_a_habit_survives_its_record() -> None:
    habit = Habit(64)
    habit.weights[[3, 9, 63]] = 0.5, -1.25, 2.0
    record = habit.pack(b"12345678")
    assert (Habit.unpack(record, 64).weights == habit.weights).all()
    assert not Habit.unpack(record, 32).weights.any()
    assert schema_and_size(record) == (b"12345678", 64)


def test_a_habit_of_a_former_version_is_read() -> None:
    used, weights, squares = np.array([2, 40], "<u2"), np.array([0.5, -1.0], "<f4"), np.ones(2, "<f4")
    record = struct.pack("<I", 64) + used.tobytes() + weights.tobytes() + squares.tobytes()
    assert Habit.unpack(record, 64).weights[[2, 40]].tolist() == [0.5, -1.0]
    assert schema_and_size(record) is None


@given(st.binary(max_size=200))
def test_a_damaged_habit_is_no_habit(record: bytes) -> None:
    habit = Habit.unpack(record, 64)
    assert np.isfinite(habit.weights).all()
    assert abs(habit.weights).max() <= MOST
    assert (schema_and_size(record) or (b"", 0))[1] <= 65536


def test_habits_depend_on_what_became_of_mail_alone() -> None:
    classifier = follower()
    live(classifier, 12)
    before = behaviour(classifier).habit.weights.copy()
    learn_anew(memory_of(classifier))
    counts = Followed(memory_of(classifier), bytes.fromhex(SCHEMA.hash)).counts()
    assert counts.known > 12
    if counts.known == counts.fitted:
        assert (behaviour(classifier).habit.weights == before).all()
    assert importance(classifier, asks(99), 12) > importance(classifier, news(99), 12)


def test_habits_are_learned_anew_the_seldomer_the_more_is_known() -> None:
    fits, fitted = [], 0
    for known in range(1, 4 * RING):
        if grown(known, fitted):
            fitted = known
            fits.append(known)
    assert fits[:3] == [1, 2, 3]
    assert len(fits) < 150
    assert max(np.diff(fits)) == RING // 8


def test_the_fates_of_a_former_version_are_taken_over() -> None:
    memory = Ram()
    key = bytes.fromhex(SCHEMA.hash)
    columns = np.array([1, 5, 9], "<u2").tobytes()
    for sequence in range(10, 4110):  # a ring of 4,096, gone round
        state = (PASSED, ANSWERED, OPEN)[sequence % 3]
        record = struct.pack("<IdfB", sequence + 1, START + sequence, -1.0, state) + columns
        memory.put("await", key + struct.pack("<I", sequence % 4096), record)
    memory.put("awaits", key, struct.pack("<QQ", 4000, 4110))
    followed = Followed(memory, key)
    counts = followed.counts()
    assert (counts.first, counts.following) == (4000, 4110)
    assert len(list(memory.items("await"))) == 4096
    for sequence in (14, 4000, 4109):
        fate = followed.read(sequence)
        assert fate is not None
        assert (fate.number, fate.due, fate.columns.tolist()) == (sequence + 1, START + sequence, [1, 5, 9])
    examples = followed.examples()
    assert len(examples.counts) == counts.known == counts.fitted
    assert followed.counts() == counts


@given(st.binary(max_size=60))
def test_a_damaged_fate_is_none(record: bytes) -> None:
    memory = Ram()
    memory.put("await", b"x", record)
    memory.put("awaits", b"8 bytes.", record)
    followed = Followed(memory, b"8 bytes.")
    assert not len(followed.examples().counts)  # nothing is learned from it
    assert followed.counts().known >= 0
    head = len(Fate(1, 0.0, 0.0, 0, np.zeros(0, np.uint16), 0, 0).pack(b"8 bytes."))
    whole = len(record) >= head and (len(record) - head) % 2 == 0
    assert (Fate.unpack(record) is not None) == whole


rows = st.lists(
    st.tuples(st.sets(st.integers(0, 40), min_size=1, max_size=12), st.floats(-60, 60), st.booleans()),
    min_size=1,
    max_size=60,
)


def as_examples(given_: list[tuple[set[int], float, bool]]) -> Examples:
    return Examples(
        np.concatenate([np.array(sorted(each[0])) for each in given_]),
        np.array([len(each[0]) for each in given_]),
        np.array([each[1] for each in given_]),
        np.array([each[2] for each in given_]),
    )


@given(rows)
def test_the_deviation_is_the_most_probable_one(given_: list[tuple[set[int], float, bool]]) -> None:
    examples = as_examples(given_)
    weights = deviation(examples, 64, VARIANCE).astype(float)
    assert not weights[41:].any()
    block = BlockRows(examples.columns.astype(np.uint32), examples.counts)
    habit = Habit(64)

    def loss(weights: np.ndarray) -> float:
        habit.weights = weights.astype(np.float64)
        log_odds = examples.shared + habit.score(block)
        return float(
            np.sum(np.logaddexp(0, log_odds) - examples.important * log_odds)
            + weights @ weights / (2 * VARIANCE)
        )

    best, rng = loss(weights), np.random.default_rng(1)
    assert best <= loss(np.zeros(64)) + 1e-6
    for size in (0.3, 0.1, 0.03):
        for _ in range(10):
            assert best <= loss(weights + size * rng.normal(size=64)) + 2e-3


def test_a_deviation_from_nothing_is_none() -> None:
    empty = Examples(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0, bool))
    assert not deviation(empty, 64, VARIANCE).any()


def memory_of(classifier: Classifier) -> Ram:
    assert isinstance(classifier._memory, Ram)
    return classifier._memory


def cut(classifier: Classifier) -> float:
    """How far the reader's threshold stands from the model's, in nats."""
    assert classifier.leaning is not None
    cuts = classifier.model.cuts
    return classifier.leaning.lean(cuts).importance - cuts.importance


def test_consistent_corrections_move_the_threshold_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = follower()
    monkeypatch.setattr(classifier, "_scores", lambda rows, facts: np.array([[0.0, 5.0]]))
    cuts = []
    for number in range(3):
        classifier.learn(asks(number), "unimportant")
        cuts.append(cut(classifier))
    assert cuts == pytest.approx([0.0, 0.25, 0.75])
    classifier.unlearn(asks(2))
    assert cut(classifier) == pytest.approx(0.25)


def test_a_threshold_leans_back_when_corrections_are_unlearned() -> None:
    from classifier.engine.leaning import Leaning

    leaning = Leaning(Ram())
    model = Classifier().model.cuts
    for number in range(4):
        leaning.corrected(b"%d" % number, "unimportant", 2.0, 0.0)
    assert leaning.lean(model).importance - model.importance == pytest.approx(1.75)
    leaning.corrected(b"other", "important", -2.0, 0.0)
    assert leaning.lean(model).importance - model.importance == pytest.approx(
        1.75
    )  # one against the others is no consistency
    for number in range(4):
        leaning.took_back(b"%d" % number)
    assert leaning.lean(model) == model


def test_a_threshold_does_not_run_away() -> None:
    from classifier.engine.leaning import MOST, Leaning

    leaning = Leaning(Ram())
    for number in range(100):
        leaning.corrected(b"%d" % number, "important", -9.0, 0.0)
    model = Classifier().model.cuts
    assert leaning.lean(model).importance == pytest.approx(model.importance - MOST / 1000)
    assert leaning.lean(model).unimportant < leaning.lean(model).importance

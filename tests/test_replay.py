"""A replay judges, then learns: what the feedback says, when it says it, and never before."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from cli_mail import WORDS, mail
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine import Classifier
from classifier.evaluate.arrival import Turn, as_stored, by_arrival, time_of_arrival
from classifier.evaluate.feedback import Delay, Feedback, Lesson, Regime, Told, agrees
from classifier.evaluate.replay import Step, replay
from classifier.evaluate.worst import Worst
from classifier.features import Schema
from classifier.mailboxes import Stored
from classifier.verdict import Cuts, LogOdds, Verdict

DAY = 86400.0
START = 1_770_000_000.0


def fresh() -> Classifier:
    return Classifier(schema=Schema(bits=12, views=("header", "body")))


def labelled(count: int = 24) -> list[tuple[Stored, str]]:
    """Mail of three kinds, mixed."""
    kinds = list(WORDS)
    return [
        (Stored("made", str(number), mail(kinds[number % 3], number)), kinds[number % 3])
        for number in range(count)
    ]


def turns(count: int = 24, every: float = 6 * 3600.0) -> list[Turn]:
    return [
        Turn(position, stored, gold, START + position * every)
        for position, (stored, gold) in enumerate(labelled(count))
    ]


class Watched(Classifier):
    """Writes down what it learned, and when: after how many messages were judged."""

    def __init__(self) -> None:
        super().__init__(schema=Schema(bits=12, views=("header",)))
        self.judged = 0
        self.taught: list[tuple[int, str, str]] = []

    def classify(self, raw: Any, **told: Any) -> Verdict:
        self.judged += 1
        return super().classify(raw, **told)

    def learn(self, raw: Any, label: str, **told: Any) -> bool:
        self.taught.append((self.judged, raw.key, label))
        return super().learn(raw, label, **told)


def lessons(feedback: Feedback, given: Iterable[Turn]) -> list[tuple[int, str, str]]:
    """Replay with a feedback; returns what was learned before which message was judged."""
    watched = Watched()
    for _ in replay(watched, given, feedback):
        pass
    return watched.taught


def leaks(feedback: Feedback, delay: Delay) -> list[str]:
    """Name the messages that were learned sooner than the delay allows."""
    mails = turns()
    found = []
    for judged, key, _ in lessons(feedback, mails):
        lesson, now = mails[int(key)], mails[judged]
        waited = judged - lesson.position - 1
        passed = now.when - lesson.when  # type: ignore[operator]
        if waited < delay.messages or passed < delay.seconds:
            found.append(key)
    return found


def scores(steps: Iterable[Step]) -> list[LogOdds]:
    return [step.verdict.log_odds for step in steps]


def test_a_replay_is_a_loop_of_classify_and_learn() -> None:
    by_hand, expected = fresh(), []
    for stored, gold in labelled():
        expected.append(by_hand.classify(stored).log_odds)
        by_hand.learn(stored, gold)
    assert scores(replay(fresh(), turns(), Told())) == expected
    assert len(set(expected)) > 12


def test_delayed_feedback_is_a_loop_with_a_queue() -> None:
    by_hand, expected, queue = fresh(), [], []
    for stored, gold in labelled():
        if len(queue) > 4:
            by_hand.learn(*queue.pop(0))
        expected.append(by_hand.classify(stored).log_odds)
        queue.append((stored, gold))
    assert scores(replay(fresh(), turns(), Told(delay=Delay(messages=4)))) == expected


@pytest.mark.parametrize("text", ["0", "1", "7", "100", "6h", "1d", "36h", "2w"])
def test_delayed_feedback_never_leaks_the_future(text: str) -> None:
    delay = Delay.parse(text)
    assert not leaks(Told(delay=delay), delay)


@pytest.mark.parametrize(("text", "learned"), [("0", 23), ("7", 16), ("6h", 23), ("1d", 20), ("100", 0)])
def test_delayed_feedback_comes_as_soon_as_it_may(text: str, learned: int) -> None:
    assert len(lessons(Told(delay=Delay.parse(text)), turns())) == learned


class Hasty(Told):
    """A villain: it was told to wait, and does not."""

    def _due(self, turn: Turn) -> float:
        return turn.position + 1


class Seer(Told):
    """A villain: it tells of the message that is about to be judged."""

    def before(self, turn: Turn) -> Iterator[Lesson]:
        yield Lesson(turn, turn.gold)


def test_a_villain_who_learns_early_is_caught() -> None:
    assert len(leaks(Hasty(delay=Delay(messages=5)), Delay(messages=5))) == 23
    with pytest.raises(ValueError, match="message 0 would be learned before it is judged"):
        list(replay(fresh(), turns(), Seer()))


def test_feedback_by_days_without_any_times_never_comes() -> None:
    timeless = [turn._replace(when=None) for turn in turns()]
    assert not lessons(Told(delay=Delay(seconds=60)), timeless)
    assert len(lessons(Told(), timeless)) == 23


def keys(feedback: Feedback) -> list[str]:
    return [key for _, key, _ in lessons(feedback, turns(60))]


def test_partial_feedback_is_drawn_by_the_seed() -> None:
    first, again, other = (keys(Told(part=0.4, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert 10 < len(first) < 38
    assert not keys(Told(part=0))


def test_noise_tells_the_opposite_of_what_is_drawn_by_the_seed() -> None:
    golds = {stored.key: gold for stored, gold in labelled(60)}

    def wrong(**told: Any) -> list[str]:
        return [key for _, key, said in lessons(Told(**told), turns(60)) if said != golds[key]]

    assert wrong(noise=0.2, seed=1) == wrong(noise=0.2, seed=1) != wrong(noise=0.2, seed=2)
    assert 3 < len(wrong(noise=0.2, seed=1)) < 25
    assert len(wrong(noise=1)) == 59
    assert not wrong()
    partly = wrong(noise=0.2, seed=1, part=0.5)
    assert set(partly) < set(wrong(noise=0.2, seed=1))  # the same draws, whatever else is set


@pytest.mark.parametrize("wrong", [{"part": 1.1}, {"part": -0.1}, {"noise": 2.0}])
def test_what_is_no_probability_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        Told(**wrong)


def verdict(spam: float, importance: float = 0.0) -> Verdict:
    from classifier.mail import Message

    return Verdict(LogOdds(spam, importance), Cuts(), Message(b"Subject: x\n\n"))


@pytest.mark.parametrize(
    ("gold", "judged", "toe", "tune"),
    [
        ("spam", verdict(9), False, False),
        ("spam", verdict(4), False, True),
        ("spam", verdict(1), True, True),
        ("spam", verdict(-9), True, True),
        ("ham", verdict(-9, 9), False, False),
        ("ham", verdict(-4, 9), False, True),
        ("ham", verdict(9), True, True),
        ("ham", verdict(-9, 0), False, False),  # unsure of importance, of which ham says nothing
        ("ham", verdict(-1, 9), True, True),
        ("important", verdict(-9, 9), False, False),
        ("important", verdict(-9, 3), False, True),
        ("important", verdict(-9, -9), True, True),
        ("unimportant", verdict(-9, -9), False, False),
        ("unimportant", verdict(-9, -3), False, True),
        ("unimportant", verdict(0, 0.5), True, True),
        ("unimportant", verdict(0, -0.5), True, True),  # unsure was not right
    ],
)
def test_a_regime_learns_errors_or_near_errors_too(gold: str, judged: Verdict, toe: bool, tune: bool) -> None:
    assert Regime("toe").wants(gold, judged) == toe
    assert Regime("tune").wants(gold, judged) == tune
    assert Regime("teft").wants(gold, judged)


def test_who_trains_on_errors_learns_less() -> None:
    counts = [len(lessons(Told(Regime(name)), turns(90))) for name in ("toe", "tune", "teft")]
    assert counts == sorted(counts)
    assert counts[0] < counts[2] == 89


@pytest.mark.parametrize("text", ["", "-1", "1.5", "3 weeks", "d", "9" * 10, "1e3", "nan"])
def test_what_is_no_delay_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no delay"):
        Delay.parse(text)


def stamped(number: int, received: float | None, date: float | None = None) -> tuple[Stored, str]:
    from email.utils import formatdate

    raw = f"Subject: {number}\n"
    if received is not None:
        raw = f"Received: from a by b; {formatdate(received)}\nReceived: from c by a; {formatdate(0)}\n{raw}"
    if date is not None:
        raw += f"Date: {formatdate(date)}\n"
    return Stored("made", str(number), (raw + "\ntext\n").encode()), "ham"


def test_mail_comes_when_its_topmost_received_says() -> None:
    assert time_of_arrival(stamped(1, START, START + 999)[0].raw) == START
    assert time_of_arrival(stamped(1, None, START)[0].raw) == START
    assert time_of_arrival(b"Subject: x\n\n") is None
    assert time_of_arrival(b"Received: nonsense\nDate: Mon, 2 Feb 2026 02:40:00 +0000\n\n") == START


def test_mail_is_sorted_by_arrival_and_the_timeless_stay_where_they_lie() -> None:
    mails = [stamped(0, START + 9), stamped(1, None), stamped(2, START), stamped(3, START + 5)]
    at = {stored.key: stored for stored, _ in mails}
    count, sorted_turns = by_arrival(mails, lambda _, key: at[key])
    order = list(sorted_turns)
    assert count == 4
    assert [turn.stored.key for turn in order] == ["2", "3", "0", "1"]
    assert [turn.position for turn in order] == [0, 1, 2, 3]
    assert [turn.when for turn in order] == [START, START + 5, START + 9, START + 9]


@given(st.lists(st.integers(0, 10**6), max_size=30).map(sorted), st.data())
def test_stored_order_keeps_every_message_and_true_times(seconds: list[int], data: st.DataObject) -> None:
    read = list(as_stored(stamped(number, START + at) for number, at in enumerate(seconds)))
    assert [turn.stored.key for turn in read] == [str(number) for number in range(len(seconds))]
    whens = [turn.when for turn in read]
    assert all(a <= b for a, b in pairwise(whens))  # type: ignore[operator]
    assert whens[:-1] == [START + at for at in seconds[:-1]]


def test_a_clock_that_lies_does_not_let_feedback_through() -> None:
    times: list[float | None] = [START + 3600 * number for number in range(30)]
    times[10], times[11], times[20], times[25] = START + 10**9, None, 0.0, START - 10**9
    read = list(as_stored(stamped(number, at) for number, at in enumerate(times)))
    for turn in read:
        assert abs(turn.when - (START + 3600 * turn.position)) <= 3 * 3600  # type: ignore[operator]
    taught = lessons(Told(delay=Delay(seconds=10 * 3600)), read)
    assert all(judged - int(key) >= 8 for judged, key, _ in taught)
    assert len(taught) >= 15


def test_the_worst_mistakes_are_kept_with_what_misled(tiny_model: Any) -> None:
    classifier = Classifier.load(tiny_model)
    worst = Worst(kept=5)
    mails = [mail(label, 100 + number) for number in range(8) for label in WORDS]
    golds = [*WORDS] * 8
    lot = random.Random(3)
    wrong = [lot.choice([each for each in WORDS if each != gold]) for gold in golds]
    for position, raw in enumerate(mails):
        said = wrong[position] if position % 3 == position % 2 else golds[position]
        worst.offer(position, said, classifier.classify(raw))
    found = worst.mistakes()
    assert len(found) == 5
    assert [one.nats for one in found] == sorted((one.nats for one in found), reverse=True)
    for one in found:
        assert not agrees(one.gold, one.label)
        assert one.clues
        positive = one.gold == ("spam" if one.question == "spam" else "important")
        assert all((clue.contribution < 0) == positive for clue in one.clues)

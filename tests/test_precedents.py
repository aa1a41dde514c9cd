"""What the reader said of one mail counts for the next like it: at once, on every host, and for no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Classifier
from classifier.digest.reasons import reasons_of
from classifier.features import Schema
from classifier.features.schema import VIEWS
from classifier.history import Arrival, Ram
from classifier.learners.precedent import shift
from classifier.mail import Message
from classifier.rootmail import JobRecaller
from classifier.rootmail.precedents import JOBS, KINDS_KEPT, STRANGERS, Heard
from classifier.rootmail.sketch import LINES_KEPT, NEWS_KEPT, Sketch, likeness
from classifier.signals import Site

DAY = 86400.0
BEGIN = 1_772_000_000.0
USUAL = "backup of /srv started\n{} files, {} bytes\nexit status 0\n"
FULL = USUAL + "rsync error: No space left on device\n"
GREETING = USUAL + "new greeting from the vendor of this tool\n"

numbers = st.integers(0, 2**32 - 1)
sketches = st.builds(
    Sketch, numbers, st.frozensets(numbers, max_size=NEWS_KEPT), st.frozensets(numbers, max_size=LINES_KEPT)
)


def mail(body: str, day: float, host: str = "web01", size: int | None = None, outside: str = "") -> bytes:
    files = 4_000_000 + 1000 * (int(day) % 7) if size is None else size
    return (
        f"{outside}From: root@{host}.example.net (Cron Daemon)\nMessage-ID: <{day}@{host}.example.net>\n"
        f"Subject: Cron <root@{host}> nightly\n\n{body.format(100 + int(day) % 5, files)}"
    ).encode()


def arrival(raw: bytes, day: float) -> Arrival:
    return Arrival(Message(raw), Site(), BEGIN + day * DAY)


class Jobs:
    """Two hosts whose job has run for twenty days."""

    def __init__(self) -> None:
        self.memory = Ram()
        self.recaller = JobRecaller(self.memory)
        for day in range(20):
            for host in ("web01", "db01"):
                self.observe(mail(USUAL, day, host), day)

    def observe(self, raw: bytes, day: float) -> None:
        self.recaller.observe(arrival(raw, day))

    def say(self, raw: bytes, day: float, label: str | None, before: str | None = None) -> None:
        self.recaller.relabel(arrival(raw, day), before, label)

    def heard(self, raw: bytes, day: float) -> Heard:
        past = self.recaller.recall(arrival(raw, day))
        assert past is not None
        return past.heard


@pytest.mark.parametrize("observed", [True, False])
def test_a_label_counts_for_the_next_like_mail_on_every_host_and_for_no_other(observed: bool) -> None:
    jobs = Jobs()
    fault = mail(FULL, 20)
    if observed:
        jobs.observe(fault, 20)
    jobs.say(fault, 20.5 if observed else 20, "important")
    assert jobs.heard(mail(FULL, 21), 21).important > 0.9
    assert jobs.heard(mail(FULL, 21, "db01"), 21).important > 0.9
    assert jobs.heard(mail(USUAL, 21), 21).important == 0
    assert jobs.heard(mail(GREETING, 21), 21).important < 0.1


def test_a_dump_that_shrank_says_nothing_of_dumps_of_the_usual_size() -> None:
    jobs = Jobs()
    small = mail(USUAL, 20, size=400)
    jobs.observe(small, 20)
    jobs.say(small, 20, "important")
    assert jobs.heard(mail(USUAL, 21), 21).important == 0
    assert jobs.heard(mail(USUAL, 21, size=300), 21).important > 0.9


@pytest.mark.parametrize(
    ("line", "pressing", "calm"),
    [("/srv is {}% full\n", 97, 85), ("certificate of mail expires, {} days left\n", 3, 60)],
)
def test_a_near_end_is_a_kind_of_its_own(line: str, pressing: int, calm: int) -> None:
    jobs = Jobs()
    near = mail(USUAL + line.format(pressing), 20)
    for day in range(10, 20):
        jobs.observe(mail(USUAL + line.format(calm), day + 0.5), day + 0.5)
    jobs.observe(near, 20)
    jobs.say(near, 20, "important")
    assert jobs.heard(mail(USUAL + line.format(pressing - 1), 21), 21).important > 0.2
    assert jobs.heard(mail(USUAL + line.format(calm), 21), 21).important < 0.01


def test_one_label_makes_no_alarm_of_the_every_day() -> None:
    jobs = Jobs()
    jobs.say(mail(USUAL, 3), 3, "important")
    for day in (4, 5):
        jobs.say(mail(USUAL, day), day, "unimportant")
    heard = jobs.heard(mail(USUAL, 21), 21)
    assert heard.important < heard.unimportant / 5


def test_what_was_usual_when_it_came_is_said_of_usual_mail() -> None:
    jobs = Jobs()
    jobs.say(mail(USUAL, 3), 3, "unimportant")
    assert jobs.heard(mail(USUAL, 21), 21).unimportant > 0.9
    assert jobs.heard(mail(FULL, 21), 21).unimportant == 0


def test_a_label_taken_back_or_replaced_leaves_no_trace() -> None:
    jobs = Jobs()
    fault = mail(FULL, 20)
    jobs.observe(fault, 20)
    before = list(jobs.memory.items("job-said"))
    jobs.say(fault, 20, "important")
    jobs.say(fault, 25, "unimportant", before="important")
    assert jobs.heard(mail(FULL, 21), 21) == Heard(0.0, pytest.approx(1.0))
    jobs.say(fault, 30, None, before="unimportant")
    assert list(jobs.memory.items("job-said")) == before == []


def test_spam_and_ham_are_no_precedents_of_importance() -> None:
    jobs = Jobs()
    jobs.say(mail(USUAL, 3), 3, "ham")
    jobs.say(mail(USUAL, 4), 4, "spam")
    assert jobs.heard(mail(USUAL, 21), 21) == Heard(0.0, 0.0)


def test_a_forged_mail_inherits_no_precedent_and_makes_none() -> None:
    jobs = Jobs()
    outside = (
        "Received: from evil.example (evil.example [198.51.100.9]) by mx.example.net with ESMTP;"
        " Sun, 1 Mar 2026 10:00:00 +0000\n"
    )
    jobs.observe(mail(FULL, 20), 20)
    jobs.say(mail(FULL, 20), 20, "unimportant")
    assert jobs.heard(mail(FULL, 21, outside=outside), 21) == Heard(0.0, 0.0)
    jobs.say(mail(USUAL, 21, outside=outside), 21, "important")
    assert jobs.heard(mail(USUAL, 22), 22).important == 0


def test_memory_is_bounded() -> None:
    jobs = Jobs()
    for day in range(20, 20 + 3 * KINDS_KEPT):
        word = "".join(chr(ord("a") + int(digit)) for digit in str(day))
        fault = mail(f"{USUAL}error of kind {word} in part {word}\n", day)
        jobs.observe(fault, day)
        jobs.say(fault, day, "important" if day % 2 else "unimportant")
    ((_, value),) = jobs.memory.items("job-said")
    assert len(value) < KINDS_KEPT * 100
    assert JOBS <= 1 << 14
    assert STRANGERS <= 1 << 10


def test_a_damaged_record_is_no_precedent_and_no_crash() -> None:
    jobs = Jobs()
    jobs.say(mail(USUAL, 3), 3, "important")
    ((key, value),) = jobs.memory.items("job-said")
    for size in range(len(value)):
        jobs.memory.put("job-said", key, value[:size])
        assert jobs.heard(mail(USUAL, 21), 21).important <= 1
    jobs.memory.put("job-said", key, b"\xff" * len(value))
    assert jobs.heard(mail(USUAL, 21), 21) == Heard(0.0, 0.0)


@given(sketches)
def test_a_sketch_is_read_as_it_was_written(sketch: Sketch) -> None:
    assert Sketch.unpack(sketch.pack()) == sketch


@given(sketches, sketches)
def test_likeness_is_symmetric_and_one_for_the_same(one: Sketch, other: Sketch) -> None:
    assert likeness(one, one) == 1
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1


counts = st.floats(0, 1000)


@given(st.floats(-50, 50), counts, counts)
def test_labels_move_towards_what_they_say(log_odds: float, important: float, unimportant: float) -> None:
    def moved(yes: float, no: float) -> float:
        return float(shift(np.array([log_odds]), np.array([yes]), np.array([no]))[0])

    assert moved(0, 0) == 0
    assert moved(important + 1, unimportant) >= moved(important, unimportant) - 1e-9
    assert moved(important, 0) >= -1e-9
    assert moved(0, unimportant) <= 1e-9
    assert np.isfinite(moved(important, unimportant))


@pytest.mark.parametrize(("label", "way"), [("important", 1), ("unimportant", -1)])
def test_one_label_moves_the_next_like_mail_at_once_and_the_reason_says_so(label: str, way: int) -> None:
    classifier = Classifier(schema=Schema(bits=12, views=VIEWS), memory=Ram())
    for day in range(10):
        classifier.observe(mail(USUAL, day), now=BEGIN + day * DAY)
        classifier.observe(mail(USUAL, day, "db01"), now=BEGIN + day * DAY)
    fault, like = mail(FULL, 10), mail(FULL, 11, "db01")
    classifier.observe(fault, now=BEGIN + 10 * DAY)
    now = BEGIN + 11 * DAY
    before = classifier.classify(like, now=now).log_odds.importance
    classifier.learn(fault, label)
    verdict = classifier.classify(like, now=now)
    assert way * (verdict.log_odds.importance - before) > 1
    reasons = verdict.explanation.importance
    (clue,) = (each for each in reasons.clues if each.name == "job.precedent")
    assert way * clue.contribution > 0
    assert f"1_{label}" in clue.value
    told = sum(each.contribution for each in reasons.clues) + reasons.bias
    assert told == pytest.approx(verdict.log_odds.importance, abs=1e-4)
    assert ("you called a mail like it important" in reasons_of(verdict)) == (label == "important")
    assert classifier.unlearn(fault)
    assert classifier.classify(like, now=now).log_odds.importance == pytest.approx(before, abs=1e-6)

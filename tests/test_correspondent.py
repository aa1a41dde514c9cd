"""What is remembered of people and threads: bounded, fading, each message once, and forgotten when asked."""

from __future__ import annotations

from itertools import pairwise

import pytest
from conversations import ANN, CONVERSATIONS, START
from hypothesis import given
from hypothesis import strategies as st

from classifier import Classifier
from classifier.features import Schema
from classifier.history import Arrival, Correspondent, Ram
from classifier.history.clock import BELIEVED, DAY, LEAP, Clock
from classifier.history.correspondence import Correspondence
from classifier.history.letter import Letter, Thread
from classifier.history.person import Person
from classifier.history.places import Places, number_of
from classifier.mail import Message

ASKS = (
    b"From: Bob <bob@example.com>\nTo: ann@example.org\nSubject: Plans\n"
    b"Message-ID: <%d@example.com>\n\nWell?\n"
)
ANSWERS = (
    b"From: Ann <ann@example.org>\nTo: bob@example.com\nSubject: Re: Plans\nMessage-ID: <%d@example.org>\n"
    b"In-Reply-To: <%d@example.com>\n\nYes.\n"
)


def come(correspondent: Correspondent, raw: bytes, now: float) -> None:
    correspondent.observe(Arrival(Message(raw), ANN, now))


def known(correspondent: Correspondent, raw: bytes, now: float) -> Correspondence:
    return correspondent.recall(Arrival(Message(raw), ANN, now))


def talked(times: int = 3) -> Correspondent:
    correspondent = Correspondent(Ram())
    for number in range(times):
        come(correspondent, ASKS % number, START + number * 100)
        come(correspondent, ANSWERS % (number, number), START + number * 100 + 60)
    return correspondent


def test_an_answered_author_is_known() -> None:
    past = known(talked(), ASKS % 9, START + 1000)
    assert (round(past.author.received), round(past.author.answered), round(past.author.written)) == (3, 3, 3)
    assert past.topic.mine == 3


def test_a_message_counts_once() -> None:
    correspondent = talked()
    for _ in range(3):
        come(correspondent, ASKS % 2, START + 500)
        come(correspondent, ANSWERS % (2, 2), START + 500)
    past = known(correspondent, ASKS % 9, START + 1000)
    assert (round(past.author.received), round(past.author.answered)) == (3, 3)


def test_a_second_answer_to_one_mail_is_no_second_answered_mail() -> None:
    correspondent = talked(1)
    come(correspondent, ANSWERS % (7, 0), START + 500)
    assert round(known(correspondent, ASKS % 9, START + 600).author.answered) == 1


def test_only_the_reader_can_answer_for_himself() -> None:
    correspondent = Correspondent(Ram())
    come(correspondent, ASKS % 0, START)
    come(correspondent, (ANSWERS % (0, 0)).replace(b"ann@", b"eve@"), START + 60)
    assert known(correspondent, ASKS % 9, START + 100).author.answered == 0


def test_half_is_forgotten_in_half_a_year() -> None:
    correspondent = talked()
    for month in range(7):  # no single mail may move the time by more
        come(correspondent, b"From: x@example.net\nMessage-ID: <%d@x>\n\n" % month, START + month * LEAP)
    assert 1.3 < known(correspondent, ASKS % 9, START + 180 * DAY).author.received < 1.7


def test_recalling_changes_nothing() -> None:
    correspondent = talked()
    first = known(correspondent, ASKS % 9, START + 1000)
    for later in range(20):
        known(correspondent, ASKS % 9, START + later * DAY)
    assert known(correspondent, ASKS % 9, START + 1000) == first


def test_forgetting_an_address_forgets_the_person() -> None:
    correspondent = talked()
    correspondent.forget("BOB@example.com")
    assert known(correspondent, ASKS % 9, START + 1000).author == Person(at=START + 1000)


def test_no_address_name_or_subject_stands_in_the_memory() -> None:
    memory = Ram()
    correspondent = Correspondent(memory)
    come(correspondent, ASKS % 0, START)
    come(correspondent, ANSWERS % (0, 0), START + 60)
    kept = b"".join(
        key + value for kind in list(memory._kinds) for key, value in memory.items(kind) if kind != "reader"
    )
    assert kept
    assert not any(word in kept.lower() for word in (b"bob", b"ann", b"plans", b"example"))


def test_a_flood_of_strangers_is_bounded_and_does_not_drive_friends_out() -> None:
    memory = Ram()
    correspondent = Correspondent(memory)
    correspondent._people = Places(memory, "person", 6)
    come(correspondent, ASKS % 0, START)
    come(correspondent, ANSWERS % (0, 0), START + 60)
    for number in range(2000):
        come(correspondent, b"From: %d@flood%d.example\nSubject: %d\n\n" % ((number,) * 3), START + number)
    assert len(list(memory.items("person"))) <= 64
    assert known(correspondent, ASKS % 9, START + 2000).author.answered > 0.9


def test_a_flood_from_one_sender_is_one_person() -> None:
    correspondent = talked()
    for number in range(500):
        come(correspondent, b"From: eve@example.net\nMessage-ID: <e%d@x>\n\n" % number, START + 400 + number)
    past = known(correspondent, ASKS % 9, START + 1000)
    assert round(past.author.answered) == 3
    assert past.shares.author > known(correspondent, b"From: eve@example.net\n\n", START + 1000).shares.author


def test_labels_said_are_taken_back_exactly() -> None:
    correspondent = talked()
    arrival = Arrival(Message(ASKS % 9), ANN, START + 1000)
    before = correspondent.recall(arrival)
    correspondent.relabel(arrival, None, "important")
    assert correspondent.recall(arrival).author.important == 1
    correspondent.relabel(arrival, "important", "spam")
    assert correspondent.recall(arrival).author.unimportant == 1
    correspondent.relabel(arrival, "spam", None)
    assert correspondent.recall(arrival) == before


def test_one_wrong_clock_does_not_run_history_down() -> None:
    correspondent = talked()
    come(correspondent, b"From: x@example.net\n\n", START + 100 * 365 * DAY)
    past = known(correspondent, ASKS % 9, START + 1000)
    assert past.author.answered > 2.5
    assert past.now <= START + 2 * LEAP


def test_time_comes_back_from_a_wrong_beginning() -> None:
    clock = Clock(Ram())
    clock.tick(START + 70 * 365 * DAY)
    for number in range(BELIEVED):
        clock.tick(START + number)
    assert clock.read(START + 100) == START + 100


def test_time_without_a_clock_stands_still() -> None:
    clock = Clock(Ram())
    clock.tick(START)
    assert clock.tick(0) == START


@given(st.lists(st.floats(-1e12, 1e12), max_size=50))
def test_time_never_leaps(moments: list[float]) -> None:
    clock = Clock(Ram())
    times = [clock.tick(moment) for moment in moments]
    assert all(time >= 0 for time in times)
    steps = [late - early for early, late in pairwise(times) if early]
    assert max(steps, default=0.0) <= LEAP * (1 + 1e-12)  # floats of two moments far apart
    assert sum(step < 0 for step in steps) * BELIEVED <= len(times)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_columns_do_not_depend_on_the_batch(size: int) -> None:
    turns = CONVERSATIONS[0]

    def columns(size: int) -> list[bytes]:
        classifier = Classifier(schema=Schema(bits=12, views=("history",)), site=ANN, memory=Ram())
        found = []
        for at in range(0, len(turns), size):
            messages = [Message(turn.raw) for turn in turns[at : at + size]]
            nows = [turn.now for turn in turns[at : at + size]]
            rows = classifier.extractor.rows(classifier.facts(messages, nows, observe=True))
            found += [row.tobytes() for row in rows.to_csr().toarray()]
        return found

    assert columns(size) == columns(2)


@given(st.binary(max_size=300))
def test_any_bytes_are_remembered(raw: bytes) -> None:
    correspondent = Correspondent(Ram())
    come(correspondent, raw, START)
    before = known(correspondent, raw, START + 1)
    assert known(correspondent, raw, START + 1) == before, "to recall changes nothing"
    come(correspondent, b"From: ann@example.org\n" + raw, START + 1)
    assert known(correspondent, ASKS % 1, START + 2).author.received == 0, "others stay strangers"


@given(st.binary(max_size=120))
def test_damaged_records_are_no_records(record: bytes) -> None:
    shortest = len(Letter(0.0, 0.0, 0.0, 0, 0, 0, 0, False, False, ()).pack())
    whole = len(record) >= shortest and (len(record) - shortest) % 4 == 0
    assert (Letter.unpack(record) is not None) == whole
    assert isinstance(Thread.unpack(record), Thread)
    assert isinstance(Person.unpack(record), Person)


def test_a_place_is_held_for_a_while() -> None:
    places = Places(Ram(), "x", 0)
    places.put(1, b"one", START, hold=DAY)
    places.put(2, b"two", START + 60)
    assert (places.get(1), places.get(2)) == (b"one", None)
    places.put(2, b"two", START + 2 * DAY)
    assert (places.get(1), places.get(2)) == (None, b"two")


def test_numbers_are_the_same_everywhere() -> None:
    assert number_of("id:1@example.com") == 2_569_241_109
    assert len({number_of(f"word:{each}") for each in range(1000)}) == 1000

"""History: what was known when a message came, never what came later, whatever the batches."""

from __future__ import annotations

import pytest

from classifier import Classifier
from classifier.engine.arrivals import in_order_of_arrival
from classifier.history import Arrival, History, Ram
from classifier.mail import Message
from classifier.signals import Site


def mail(number: int, day: int = 1) -> bytes:
    return (
        f"Received: from a.example.org by mx.example.org; {day:02} Mar 2026 10:00:00 +0000\n"
        f"Date: 01 Jan 2020 10:00:00 +0000\nFrom: ann@example.org\nSubject: {number}\n\nHello\n"
    ).encode()


class Counting:
    """Remembers how many messages it has seen, and what was said about them."""

    part = "people"

    def __init__(self) -> None:
        self.seen = 0
        self.said: list[tuple[str | None, str | None]] = []

    def recall(self, arrival: Arrival) -> int:
        return self.seen

    def observe(self, arrival: Arrival) -> None:
        self.seen += 1

    def relabel(self, arrival: Arrival, before: str | None, after: str | None) -> None:
        self.said.append((before, after))


class Peeking(Counting):
    """The villain: looks at a message before it is asked what it knew."""

    def recall(self, arrival: Arrival) -> int:
        self.observe(arrival)
        return self.seen


def counting(recaller: Counting) -> Classifier:
    classifier = Classifier()
    classifier.history = History([recaller])
    return classifier


def recalled(recaller: Counting, cuts: list[int]) -> list[object]:
    """Judge ten messages in batches of these sizes; returns what was recalled of each."""
    classifier, at, found = counting(recaller), 0, []
    for size in cuts:
        messages = [Message(mail(number)) for number in range(at, at + size)]
        found += [facts.history.people for facts in classifier.facts(messages, observe=True) if facts.history]
        at += size
    return found


@pytest.mark.parametrize("cuts", [[10], [1] * 10, [3, 7], [9, 1]])
def test_batches_of_any_size_remember_the_same(cuts: list[int]) -> None:
    assert recalled(Counting(), cuts) == list(range(10))


def test_a_recaller_that_looks_ahead_is_caught() -> None:
    assert recalled(Peeking(), [10]) != list(range(10))


def test_judging_alone_remembers_nothing() -> None:
    recaller = Counting()
    counting(recaller).classify(mail(1))
    assert recaller.seen == 0


def test_observing_remembers_once() -> None:
    recaller = Counting()
    classifier = counting(recaller)
    classifier.observe(mail(1), now=5.0)
    assert recaller.seen == 1
    assert [v.label for v in classifier.classify_many([mail(2), mail(3)], observe=True)]
    assert recaller.seen == 3


def test_history_hears_each_label_once() -> None:
    recaller = Counting()
    classifier = counting(recaller)
    for label in ("spam", "spam", "ham"):
        classifier.learn(mail(1), label)
    classifier.unlearn(mail(1))
    classifier.unlearn(mail(1))
    assert recaller.said == [(None, "spam"), ("spam", "ham"), ("ham", None)]


def test_without_a_memory_nothing_is_asked() -> None:
    assert Classifier().facts([Message(mail(1))])[0].history is None


def test_the_own_host_says_when_a_message_came() -> None:
    arrival = Arrival(Message(mail(1, day=3)), Site())
    assert arrival.now == 1772532000.0
    assert Arrival(Message(b"Date: 01 Jan 2020 10:00:00 +0000\n\n"), Site()).now == 1577872800.0
    assert Arrival(Message(b"\n"), Site()).now == 0.0
    assert Arrival(Message(mail(1)), Site(), 7.0).now == 7.0


def test_mail_of_several_mailboxes_is_learned_in_order_of_arrival() -> None:
    days = [5, 2, 9, 2]
    pairs = [(Message(mail(number, day)), str(day)) for number, day in enumerate(days)]
    found = list(in_order_of_arrival(pairs, Site()))
    assert [label for _, label in found] == ["2", "2", "5", "9"]
    assert [message.subject for message, _ in found] == ["1", "3", "0", "2"]
    assert found[0][0].raw == pairs[1][0].raw


@pytest.mark.parametrize("parts", [("people", "people"), ("weather",)])
def test_a_part_is_filled_once_and_exists(parts: tuple[str, ...]) -> None:
    recallers = []
    for part in parts:
        recaller = Counting()
        recaller.part = part
        recallers.append(recaller)
    with pytest.raises(ValueError, match="parts of history"):
        History(recallers)


def test_ram_keeps_kinds_apart_and_in_order() -> None:
    memory = Ram()
    for kind, key in [("a", b"2"), ("a", b"1"), ("b", b"1")]:
        memory.put(kind, key, kind.encode() + key)
    memory.delete("a", b"3")
    memory.delete("c", b"1")
    assert list(memory.items("a")) == [(b"1", b"a1"), (b"2", b"a2")]
    memory.delete("a", b"1")
    assert memory.get("a", b"1") is None
    assert memory.get("b", b"1") == b"b1"


def test_training_with_history_reads_in_order_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.engine import remembering, train
    from classifier.features import Schema
    from classifier.features.schema import VIEWS
    from classifier.mailboxes import Stored

    recaller, moments = Counting(), []
    monkeypatch.setattr(remembering, "open_history", lambda memory, **_: History([recaller]))
    monkeypatch.setattr(recaller, "observe", lambda arrival: moments.append(arrival.now))
    sources = [
        (label, [Stored(label, str(n), mail(n, day=1 + (7 * n + shift) % 25) + word) for n in range(20)])
        for label, word, shift in (("spam", b"pills", 0), ("ham", b"minutes", 3))
    ]
    train(sources, schema=Schema(bits=12, views=VIEWS, signals=("date.zone", "job.mails")))
    assert len(moments) == 40
    assert moments == sorted(moments)

"""Signals of people and threads: what golden conversations make them say."""

from __future__ import annotations

from functools import lru_cache

import pytest
from conversations import ANN, CONVERSATIONS, START, Turn, told

from classifier.history import Arrival, Correspondent, Past, Ram
from classifier.mail import Message
from classifier.signals import REGISTRY, Facts, Signal

GROUPS = ("addressed", "pairs", "people", "reader", "thread", "topic", "wording")
SIGNALS = [pytest.param(each, id=each.name) for group in GROUPS for each in REGISTRY.group(group)]


@lru_cache(maxsize=1)
def turns() -> list[tuple[Turn, Facts]]:
    return [pair for conversation in CONVERSATIONS for pair in told(conversation)]


def column(signal: Signal, facts: Facts) -> str | None:
    found = signal.columns(signal.func(facts))
    assert len(found) <= 1
    return found[0] if found else None


@lru_cache(maxsize=1)
def others() -> list[Facts]:
    """What no conversation of ten mails shows: judged mail, an address book, a flood, a long text."""
    correspondent = Correspondent(Ram())
    raw = b"From: bob@example.com\nTo: ann@example.org\nMessage-ID: <%d@example.com>\n\n%s\n"
    found = []
    for number in range(200):
        arrival = Arrival(Message(raw % (number, b"words " * number * 10)), ANN, START + number)
        if number % 50 == 49:
            past = Past(people=correspondent.recall(arrival))
            found.append(Facts(arrival.message, ANN, history=past, now=arrival.now))
            correspondent.know(["Bob@example.com"])
            correspondent.relabel(arrival, None, "important" if number < 100 else "spam")
        correspondent.observe(arrival)
    return found


@pytest.mark.parametrize("signal", SIGNALS)
def test_it_fires_and_is_silent(signal: Signal) -> None:
    assert len({column(signal, facts) for facts in [*(facts for _, facts in turns()), *others()]}) > 1


@pytest.mark.parametrize("turn", range(len(turns())))
def test_what_a_message_sets(turn: int) -> None:
    told_of, facts = turns()[turn]
    found = {name: column(REGISTRY[name], facts) for name in told_of.expected}
    assert found == told_of.expected, told_of.place


@pytest.mark.parametrize("signal", SIGNALS)
def test_without_history_it_knows_nothing(signal: Signal) -> None:
    _, facts = turns()[2]
    assert signal.func(Facts(Message(facts.message.raw))) is None
    assert signal.func(Facts(Message(facts.message.raw), history=Past())) is None


@pytest.mark.parametrize("signal", SIGNALS)
def test_asking_twice_gives_the_same(signal: Signal) -> None:
    for _, facts in turns():
        assert signal.func(facts) == signal.func(facts)

"""Going back: history, threshold, what was observed and own addresses come back as they were."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from classifier import Classifier
from classifier.engine.behaviour import learned as learned_from
from classifier.engine.followed import Followed
from classifier.engine.forgetting import forget_address
from classifier.errors import ProfileError
from classifier.features import Schema
from classifier.profile import Profile, past
from classifier.profile.travel import export_lines, import_lines
from classifier.profile.undo import roll_back

NOON = 1_790_000_000.0 // 86_400 * 86_400 + 43_200
ME = "ada@example.org"


class Hands:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(time, "time", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


@pytest.fixture
def triage(clock: Hands, tmp_path: Path) -> Classifier:
    profile = Profile(tmp_path / "p.sqlite", create=True)
    with profile.writing():
        made = "UPDATE facts SET value=? WHERE name IN ('created', 'past_from')"
        profile.file.write(made, (clock.now - 1,))
    profile.own([ME])
    schema = Schema(bits=12, views=("header", "history"))
    return Classifier(schema=schema, site=_site(), profile=profile)


def _site() -> object:
    from classifier.signals import Site

    return Site(me=frozenset({ME}))


def mail(author: str, number: int, to: str = ME, answers: int = 0) -> bytes:
    reply = f"In-Reply-To: <{answers}@x>\r\n" if answers else ""
    head = f"From: {author}\r\nTo: {to}\r\nMessage-ID: <{number}@x>\r\n{reply}"
    return f"{head}Subject: plan {number}\r\n\r\nHello".encode()


def state(triage: Classifier) -> dict[str, list[tuple[bytes, bytes]]]:
    assert triage.profile is not None
    kinds = [kind for (kind,) in triage.profile.file.read("SELECT DISTINCT kind FROM memory ORDER BY kind")]
    return {kind: list(triage.profile.memory.items(kind)) for kind in kinds} | {
        "observed": triage.profile.file.read("SELECT message, day FROM observed ORDER BY message"),
        "mine": triage.profile.file.read("SELECT * FROM mine"),
    }


def talk(triage: Classifier, clock: Hands, first: int) -> None:
    """Somebody writes, is answered, and is said to be important."""
    triage.observe(mail("bob@b.example", first), now=clock.now)
    triage.observe(mail(ME, first + 1, "bob@b.example", first), now=clock.now + 1)
    triage.learn(mail("eve@e.example", first + 2), "important", now=clock.now + 2)
    triage.learn(mail("eve@e.example", first + 3), "important", now=clock.now + 3)


def test_everything_comes_back_and_forth(triage: Classifier, clock: Hands) -> None:
    talk(triage, clock, 1)
    before = state(triage)
    assert {"person", "letter", "thread", "reader", "leaning"} <= set(before)
    clock.now += 7200
    cut = clock.now - 60
    talk(triage, clock, 11)
    assert triage.profile is not None
    triage.profile.own(["new@example.org"])
    after = state(triage)
    assert after != before
    clock.now += 7200
    done = roll_back(triage.profile, cut, clock.now)
    assert state(triage) == before
    assert done.records
    assert done.only_to is None
    clock.now += 60
    roll_back(triage.profile, clock.now - 60.5, clock.now)
    assert state(triage) == after


def test_what_was_observed_since_is_observed_again(triage: Classifier, clock: Hands) -> None:
    talk(triage, clock, 1)
    clock.now += 7200
    talk(triage, clock, 11)
    after = state(triage)
    assert triage.profile is not None
    roll_back(triage.profile, clock.now - 60, clock.now + 60)
    clock.now += 120
    talk(triage, clock, 11)
    assert {kind: len(records) for kind, records in state(triage).items()} == {
        kind: len(records) for kind, records in after.items()
    }


def test_before_the_beginning_there_was_nothing(triage: Classifier, clock: Hands) -> None:
    talk(triage, clock, 1)
    assert triage.profile is not None
    done = roll_back(triage.profile, NOON - 86_400 * 900, clock.now + 1)
    assert not any(state(triage).values())
    assert done.ended == 2


def test_old_days_go_back_by_the_day_and_then_no_further(triage: Classifier, clock: Hands) -> None:
    assert triage.profile is not None
    days = []
    for day in range(4):
        clock.now = NOON + day * 86_400
        talk(triage, clock, 100 * day + 1)
        clock.now += 3600
        talk(triage, clock, 100 * day + 11)
        days.append(state(triage))
    eras = triage.profile.file.read("SELECT count(*) FROM eras")[0][0]
    clock.now = NOON + 6 * 86_400
    talk(triage, clock, 1001)
    assert triage.profile.file.read("SELECT count(*) FROM eras")[0][0] < eras
    for day in (2, 0):
        roll_back(triage.profile, NOON + (day + 0.5) * 86_400, clock.now)
        assert state(triage) == days[day]
        clock.now += 60
    clock.now = NOON + 1.5 * 86_400 + past.KEPT
    talk(triage, clock, 2001)
    assert roll_back(triage.profile, NOON, clock.now).only_to is not None


@pytest.mark.parametrize("who", ["eve@shop.example", "@shop.example"])
def test_forgetting_reaches_every_record(triage: Classifier, clock: Hands, who: str) -> None:
    triage.observe(mail("bob@b.example", 1), now=clock.now)
    without = state(triage)
    for number, author in enumerate(("eve@shop.example", "mallory@shop.example"), start=11):
        if who.startswith("@") or author == who:
            triage.observe(mail(author, number), now=clock.now)
            triage.observe(mail(ME, number + 10, f"{author}, bob@b.example", number), now=clock.now)
    assert triage.profile is not None
    gone = forget_address(triage.profile, who)
    assert gone.records >= 4
    kept = state(triage)
    for kind in (
        "person",
        "share",
        "await",
        "awaited",
    ):  # what bob and the words left may have changed, but is all
        named = {key for key, _ in kept.get(kind, ())} - {key for key, _ in without.get(kind, ())}
        assert len(named) <= {"share": 4, "person": 1}.get(kind, 0), kind
    assert triage.profile.file.read("SELECT count(*) FROM past") == [(0,)]
    from classifier.history import Correspondent
    from classifier.history.places import numbered
    from classifier.history.reading import address_number

    people = {number for number, _ in numbered(triage.profile.memory, "person")}
    assert people.isdisjoint(map(address_number, (who, "eve@shop.example")))
    assert Correspondent(triage.profile.memory).forget(who) == frozenset()


def test_forgetting_a_domain_reaches_whom_one_only_wrote_to(triage: Classifier, clock: Hands) -> None:
    triage.observe(mail(ME, 1, "eve@shop.example"), now=clock.now)
    assert triage.profile is not None
    assert len(state(triage)["person"]) == 1
    forget_address(triage.profile, "@SHOP.example")
    assert "person" not in state(triage)


def test_an_import_is_gone_back_over_and_stops_who_has_the_old_profile_open(
    triage: Classifier, clock: Hands, tmp_path: Path
) -> None:
    talk(triage, clock, 1)
    assert triage.profile is not None
    lines = list(export_lines(triage.profile))
    old = Profile(tmp_path / "new.sqlite", create=True)
    import_lines(old.path, lines, "-")
    with pytest.raises(ProfileError, match="another profile was imported into it meanwhile: open it again"):
        old.memory.put("person", b"x", b"1")
    new = Profile(old.path)
    assert list(new.memory.items("person")) == state(triage)["person"]
    roll_back(new, clock.now - 600, clock.now + 60)
    counts = [new.file.read(f"SELECT count(*) FROM {each}") for each in ("memory", "observed", "mine")]
    assert counts == [[(0,)]] * 3


def test_habits_forget_what_was_learned_from_somebody(triage: Classifier, clock: Hands) -> None:
    for number in range(1, 17):  # days apart: all is known before the next comes
        who = ("bob@b.example", "eve@e.example")[number % 2]
        triage.observe(mail(who, number), now=clock.now + number * 4 * 86_400)
    triage.observe(mail("bob@b.example", 99), now=clock.now + 90 * 86_400)
    behaviour = triage.behaviour
    assert behaviour is not None
    assert triage.profile is not None
    before = behaviour.habit.weights.copy()
    forget_address(triage.profile, "eve@e.example")
    followed = Followed(triage.profile.memory, bytes.fromhex(behaviour.schema.hash))
    assert len(followed.examples().counts) == 8
    assert (behaviour.habit.weights != before).any()
    assert (behaviour.habit.weights == learned_from(followed, len(before)).weights).all()


def test_habits_go_back_to_what_they_were(triage: Classifier, clock: Hands) -> None:
    for number in range(1, 8):
        triage.observe(mail("bob@b.example", number), now=clock.now + number * 86_400)
    behaviour = triage.behaviour
    assert behaviour is not None
    before, moment = behaviour.habit.weights.copy(), clock.now
    clock.now += 7200
    for number in range(11, 30):
        triage.observe(mail("bob@b.example", number), now=moment + number * 86_400)
    assert (behaviour.habit.weights != before).any()
    assert triage.profile is not None
    roll_back(triage.profile, moment + 3600, clock.now)
    assert (behaviour.habit.weights == before).all()
    for number in range(11, 30):  # and what is observed again teaches the same again
        triage.observe(mail("bob@b.example", number), now=moment + number * 86_400)
    assert (behaviour.habit.weights != before).any()

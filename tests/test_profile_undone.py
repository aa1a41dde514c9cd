"""Whatever was done, going back and forgetting leave a profile that judges as if it had never been done."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from classifier import Classifier
from classifier.engine.forgetting import forget_address
from classifier.features import Schema
from classifier.profile import Profile
from classifier.profile.undo import roll_back
from classifier.signals import Site

NOON = 1_790_000_000.0 // 86_400 * 86_400 + 43_200
ME = "ada@example.org"
PEOPLE = ("bob@b.example", "eve@e.example", "uma@e.example", "root@host.example")
LABELS = ("important", "unimportant", "spam", "ham")

Step = tuple[str, int, int, int]

FEW = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # to shrink takes minutes
)

steps = st.lists(
    st.tuples(
        st.sampled_from(("observe", "learn", "unlearn", "answer", "together", "own")),
        st.integers(0, len(PEOPLE) - 1),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=12,
)


def mail(who: int, number: int, answers: int | None = None) -> bytes:
    author, to = (PEOPLE[who], ME) if answers is None else (ME, PEOPLE[who])
    reply = "" if answers is None else f"In-Reply-To: <{who}.{answers}@x>\r\n"
    mine = "" if answers is None else ".re"
    head = f"From: {author}\r\nTo: {to}\r\nMessage-ID: <{who}.{number}{mine}@x>\r\n{reply}"
    return (
        f"{head}Subject: plan {number} of {who}\r\n\r\nHello {number}, all is {LABELS[number % 4]}".encode()
    )


PROBES = [mail(who, number) for who in range(len(PEOPLE)) for number in (0, 3, 9)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [NOON]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def opened(folder: str, name: str, views: tuple[str, ...]) -> Classifier:
    profile = Profile(Path(folder) / name, create=True)
    with profile.writing():
        made = "UPDATE facts SET value=? WHERE name IN ('created', 'past_from')"
        profile.file.write(made, (NOON - 1,))
    return Classifier(schema=Schema(bits=12, views=views), site=Site(me=frozenset({ME})), profile=profile)


def live(triage: Classifier, done: list[Step], begin: float) -> None:
    """Do something each minute, with mail that came days apart, so that what nobody answers falls due."""
    assert triage.profile is not None
    for at, (what, who, number, label) in enumerate(done):
        now, said = begin + at * 90_000, time.time() + at * 60
        if what == "observe":
            triage.observe(mail(who, number), now=now)
        elif what == "answer":
            triage.observe(mail(who, number, answers=number), now=now)
        elif what == "learn":
            triage.learn(mail(who, number), LABELS[label], now=said)
        elif what == "unlearn":
            triage.unlearn(mail(who, number), now=said)
        elif what == "own":
            triage.profile.own([PEOPLE[who]])
        else:
            with triage.together():
                for each in range(number):
                    triage.observe(mail(who, 10 + each), now=now + each)


def verdicts(triage: Classifier, now: float) -> list[tuple[float, ...]]:
    return [tuple(triage.classify(raw, now=now).log_odds) for raw in PROBES]


@FEW
@given(steps, steps, steps)
def test_going_back_is_never_having_done_it(
    clock: list[float], first: list[Step], undone: list[Step], then: list[Step]
) -> None:
    """To the last bit, and so is whatever comes after it."""
    later = NOON + 40 * 86_400
    with tempfile.TemporaryDirectory() as folder:
        once, never = (opened(folder, name, ("header", "history")) for name in ("once", "never"))
        for triage in (once, never):
            clock[0] = NOON
            live(triage, first, NOON)
        clock[0] = NOON + 7200
        live(once, undone, NOON + 12 * 90_000)
        assert once.profile is not None
        assert never.profile is not None
        clock[0] = NOON + 14_400
        done = roll_back(once.profile, NOON + 3600, clock[0])
        assert done.only_to is None
        assert once.profile.mine == never.profile.mine
        assert verdicts(once, later) == verdicts(never, later)
        clock[0] = NOON + 21_600
        for triage in (once, never):
            live(triage, then, NOON + 24 * 90_000)
        assert verdicts(once, later) == verdicts(never, later)
        for triage in (once, never):
            assert triage.profile is not None
            triage.profile.close()


@FEW
@given(steps, st.sampled_from([(PEOPLE[1], {1}), ("@e.example", {1, 2}), ("@elsewhere.example", set())]))
def test_what_was_learned_of_the_forgotten_was_never_learned(
    clock: list[float], done: list[Step], who: tuple[str, set[int]]
) -> None:
    address, theirs = who
    done = [step for step in done if step[0] in ("learn", "unlearn")]
    with tempfile.TemporaryDirectory() as folder:
        once, never = (opened(folder, name, ("header",)) for name in ("once", "never"))
        live(once, done, clock[0])
        live(never, [step for step in done if step[1] not in theirs], clock[0])
        assert once.profile is not None
        assert never.profile is not None
        forget_address(once.profile, address)
        assert verdicts(once, NOON) == verdicts(never, NOON)
        once.profile.close()
        never.profile.close()

"""Signals of jobs: each fires where it should and is silent elsewhere, whatever the batches and the host."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from test_rootmail_history import BEGIN, DAY, USUAL, arrival, cron

from classifier import Classifier
from classifier.features import Schema
from classifier.history import Past, Ram
from classifier.learners import Tables
from classifier.mail import Message
from classifier.rootmail import JobRecaller
from classifier.signals import REGISTRY, Facts, Signal, values
from classifier.store import Model
from classifier.verdict import Cuts

SIGNALS = [pytest.param(signal, id=signal.name) for signal in REGISTRY.group("job")]

SCENES = {
    "usual": USUAL.format(102, 4_010_000) + "/srv 90% used\n",
    "grave": USUAL.format(102, 4_010_000) + "rsync error: No space left on device\nrsync: test message\n",
    "empty": USUAL.format(0, 0),
    "small": USUAL.format(3, 150),
    "large": USUAL.format(9000, 9_000_000_000),
    "failed": "exit status 3\n",
    "nearly": "/srv 97% used\n",
    "shuffled": USUAL.format(102, 4_010_000).split("\n", 1)[1] + "backup of /srv started\n/srv 90% used\n",
    "repeated": USUAL.format(102, 4_010_000) + "/srv 90% used\n" * 60,
    "expiring": "www.example.net: expires in 5 days\n",
}


@lru_cache(maxsize=1)
def scenes() -> dict[str, Facts]:
    """One mail of each scene, after twenty days of a quiet job; the first two mails of all, too."""
    recaller = JobRecaller(Ram())
    found = {}
    for day in range(20):
        raw = cron(USUAL.format(100 + day % 5, 4_000_000 + 1000 * day) + f"/srv {70 + day}% used\n")
        if day in (0, 1):
            found[f"day {day}"] = _facts(recaller, raw, day)
        recaller.observe(arrival(raw, day))
    for name, body in SCENES.items():
        found[name] = _facts(recaller, cron(body), 20)
    found["late"] = _facts(recaller, cron(USUAL.format(102, 4_010_000)), 60)
    found["burst"] = _facts(recaller, cron(USUAL.format(102, 4_010_000)), 19.001)
    for minute in range(12):
        recaller.observe(arrival(cron(USUAL.format(102, 4_010_000)), 20 + minute / 1440))
    found["rush"] = _facts(recaller, cron(USUAL.format(102, 4_010_000)), 20.01)
    found["other job"] = _facts(recaller, cron("hello", command="other"), 20)
    recaller.relabel(arrival(cron("x"), 20), None, "important")
    found["important"] = _facts(recaller, cron("x"), 20)
    recaller.relabel(arrival(cron("x"), 20), None, "unimportant")
    found["half"] = _facts(recaller, cron("x"), 20)
    return found


def _facts(recaller: JobRecaller, raw: bytes, day: float) -> Facts:
    come = arrival(raw, day)
    return Facts(come.message, history=Past(job=recaller.recall(come)), now=come.now)


@pytest.mark.parametrize("signal", SIGNALS)
def test_it_fires_and_is_silent(signal: Signal) -> None:
    seen = {signal.columns(signal.func(facts)) for facts in scenes().values()}
    assert len(seen) > 1


@pytest.mark.parametrize("signal", SIGNALS)
def test_without_history_it_knows_nothing(signal: Signal) -> None:
    raw = cron(SCENES["grave"])
    assert signal.func(Facts(Message(raw))) is None
    assert signal.func(Facts(Message(raw), history=Past())) is None


@pytest.mark.parametrize(
    ("scene", "name", "column"),
    [
        ("usual", "job.calm", "job.calm=yes"),
        ("grave", "job.calm", "job.calm=no"),
        ("grave", "job.trouble", "job.trouble=new:grave"),
        ("grave", "job.themes", "job.themes=new:storage"),
        ("grave", "job.words", "job.words=n:space"),
        ("empty", "job.became_zero", "job.became_zero>=16"),
        ("small", "job.fell", "job.fell>=16"),
        ("large", "job.rose", "job.rose>=16"),
        ("failed", "job.left_zero", "job.left_zero>=8"),
        ("failed", "job.missing", "job.missing>=2"),
        ("nearly", "job.limit", "job.limit<1"),
        ("expiring", "job.days_left", "job.days_left>=4"),
        ("nearly", "job.fullest", "job.fullest>=95"),
        ("failed", "job.success_missing", "job.success_missing=no"),
        ("usual", "job.urgency", "job.urgency<0.5"),
        ("grave", "job.urgency", "job.urgency>=4"),
        ("failed", "job.urgency", "job.urgency>=4"),
        ("shuffled", "job.order", "job.order>=0.15"),
        ("usual", "job.order", "job.order<0.05"),
        ("repeated", "job.swelling", "job.swelling>=3"),
        ("usual", "job.swelling", "job.swelling<0.7"),
        ("rush", "job.rush", "job.rush>=2.1"),
        ("usual", "job.rush", "job.rush<0.7"),
        ("late", "job.gap", "job.gap>=2"),
        ("burst", "job.gap", "job.gap<-2"),
        ("other job", "job.first_on_known_host", "job.first_on_known_host=yes"),
        ("day 0", "job.mails", "job.mails<1"),
        ("half", "job.important_before", "job.important_before>=0.3"),
    ],
)
def test_what_a_scene_sets(scene: str, name: str, column: str) -> None:
    signal = REGISTRY[name]
    assert column in signal.columns(signal.func(scenes()[scene]))


def test_the_same_story_on_another_host_and_by_another_tool_sets_the_same_columns() -> None:
    def told(host: str, command: str) -> dict[str, object]:
        recaller = JobRecaller(Ram())
        for day in range(8):
            recaller.observe(arrival(cron(USUAL.format(5, 5), host, command), day))
        found = values(_facts(recaller, cron(SCENES["grave"], host, command), 8), [s.name for s in GROUP])
        return {name: value for name, value in found.items() if name != "job.words"}

    assert told("web01.example.net", "nightly") == told("gw.example.org", "/opt/tool -x")


GROUP = REGISTRY.group("job")


def test_a_past_that_was_kept_judges_as_it_did_then() -> None:
    schema = Schema(bits=12, views=("history",))
    generator = np.random.default_rng(0)
    model = Model(
        Tables(schema, generator.normal(size=(schema.n_columns, 2)).astype(np.float16), np.zeros(2)),
        Cuts(),
        {},
    )
    classifier = Classifier(model, memory=Ram())
    for day in range(8):
        classifier.observe(cron(USUAL.format(5, 5)), now=BEGIN + day * DAY)
    raw = cron(SCENES["grave"])
    then = classifier.classify(raw, now=BEGIN + 8 * DAY)
    again, without = Classifier(model).classify_by(raw, then.past), Classifier(model).classify(raw)
    assert again.log_odds == then.log_odds != without.log_odds
    assert again.explanation == then.explanation


def test_columns_do_not_depend_on_the_batch() -> None:
    mails = [cron(USUAL.format(100 + day, 10 * day)) for day in range(12)]
    nows = [BEGIN + day * DAY for day in range(12)]

    def columns(size: int) -> list[bytes]:
        classifier = Classifier(schema=Schema(bits=12, views=("history",)), memory=Ram())
        found = []
        for at in range(0, len(mails), size):
            messages = [Message(raw) for raw in mails[at : at + size]]
            rows = classifier.extractor.rows(classifier.facts(messages, nows[at : at + size], observe=True))
            found += [row.tobytes() for row in rows.to_csr().toarray()]
        return found

    assert columns(1) == columns(5) == columns(12)

"""What becomes of log-odds: budgets kept in the card, caution with few examples, our own mail never spam."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_mail import chatty, mail, mixed, write_mbox

from classifier import Classifier, open_mailbox
from classifier.budget import Evidence, Terms
from classifier.engine import train
from classifier.features import Schema
from classifier.learners import Tables
from classifier.mailboxes import Stored
from classifier.signals import Site
from classifier.store import Model, load_model
from classifier.verdict import FEW, NEVER, Cuts, LogOdds

SCHEMA = Schema(bits=12)


@pytest.fixture(scope="module")
def sources() -> list[tuple[str, list[Stored]]]:
    labels = ("important", "unimportant", "spam")
    return [(label, [Stored("m", str(n), chatty(label, n)) for n in range(80)]) for label in labels]


@pytest.fixture(scope="module")
def promising(sources: list[tuple[str, list[Stored]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("m") / "promising.mailtriage"
    train(sources, schema=SCHEMA, terms=Terms.parse("5%")).save(path)
    return path


def test_the_card_carries_promise_and_evidence(promising: Path) -> None:
    model = load_model(promising)
    promise = model.card["promise"]
    assert promise["max_lost"] == "1/20"
    assert promise["confidence"] == 0.95
    for question, messages in (("spam", 160), ("importance", 80)):
        assert promise[question]["messages"] == messages
        assert promise[question]["kept"]
        assert 0 < promise[question]["at_most"] <= 0.05
    assert Evidence.from_json(model.card["evidence"]).get("spam", "ham").messages == 160


def test_a_budget_at_run_time_is_as_good_as_one_in_training(
    sources: list[tuple[str, list[Stored]]], promising: Path
) -> None:
    later = train(sources, schema=SCHEMA)
    assert "promise" not in later.card
    assert later.model.cuts == Cuts()
    settled = later.decide_by(Terms.parse("5%"))
    assert all(promise.kept for promise in settled.promises)
    assert later.model.cuts == load_model(promising).cuts
    later.decide_by(Terms.parse("1/1000"))
    assert later.cuts.spam == NEVER
    verdicts = list(later.classify_many(mixed()))
    assert {verdict.label for verdict in verdicts} == {"important"}
    assert all(verdict.unsure for verdict in verdicts[1::3] + verdicts[2::3])


@pytest.mark.parametrize(("terms", "allow"), [(Terms.parse("5%"), True), (Terms.parse(cost="3:1"), False)])
def test_workers_keep_to_the_same_decisions(
    promising: Path, tmp_path: Path, terms: Terms, allow: bool
) -> None:
    box = write_mbox(tmp_path / "in.mbox", [LOCAL + mail("spam", 3), *mixed(30)])
    classifier = Classifier.load(promising, allow_local_spam=allow)
    classifier.decide_by(terms)
    alone, several = (
        [(each.label, each.unsure, each.spared) for each in classifier.classify_many(mailbox, jobs=jobs)]
        for jobs, mailbox in ((1, open_mailbox(box)), (2, open_mailbox(box)))
    )
    assert alone == several
    assert alone[0][2] != allow


def taught(labels: list[str]) -> Iterator[Classifier]:
    """A classifier that starts from nothing, after each of its lessons."""
    classifier = Classifier(schema=SCHEMA)
    for number, label in enumerate(labels):
        yield classifier
        assert classifier.learn(mail(label, number), label)
    yield classifier


@pytest.mark.parametrize(
    "labels",
    [
        ["spam"] * 20,
        ["important"] * 20,
        ["unimportant"] * 20,
        ["spam", "important"] * 10,
        ["spam", "important", "unimportant"] * 7,
        ["unimportant"] * 19 + ["important"],
    ],
)
def test_up_to_twenty_lessons_nothing_is_certain(labels: list[str]) -> None:
    for classifier in taught(labels[:20]):
        for verdict in classifier.classify_many(mixed(2)):
            assert verdict.unsure
            assert verdict.label != "spam"


def test_a_flood_of_one_answer_never_makes_it_certain() -> None:
    *_, classifier = taught(["spam"] * 60)
    assert classifier.classify(mail("spam", 999)).log_odds.spam > Cuts().spam
    assert classifier.classify(mail("spam", 999)).unsure


def test_after_that_it_makes_up_its_mind() -> None:
    *_, classifier = taught(["spam", "important", "unimportant"] * (FEW + 2))
    assert [each.label for each in classifier.classify_many(mixed(1))] == ["important", "unimportant", "spam"]
    assert not classifier.classify(mail("spam", 999)).unsure


def test_mail_without_any_spam_is_not_doubted_to_be_spam() -> None:
    labels = ("important", "unimportant")
    pairs = [(mail(label, n), label) for n in range(30) for label in labels]
    classifier = Classifier(schema=SCHEMA).fit(*zip(*pairs, strict=True))
    verdicts = list(classifier.classify_many(mixed(1)))[:2]
    assert [(each.label, each.unsure) for each in verdicts] == [("important", False), ("unimportant", False)]
    assert classifier.learn(mail("spam", 1), "spam")
    assert classifier.classify(mail("important", 99)).unsure, "now it may be spam, for all that is known"


def test_a_card_that_says_nothing_of_its_examples_makes_unsure() -> None:
    for trained in (None, [], {"spam": 7}, {"spam": {"positives": "many"}}):
        classifier = Classifier(schema=SCHEMA)
        classifier.model.card["trained"] = trained
        assert classifier.cuts.decide(LogOdds(50, 50)) == ("important", True)


LOCAL = (
    b"Received: by db01.example.org (Postfix, from userid 0)\n"
    b"\tid 4F2A11; Thu, 1 Jan 2026 03:00:00 +0000 (UTC)\n"
)
RELAYED = (
    b"Received: from db01.example.org (db01.example.org [10.0.0.7])\n"
    b"\tby hub.example.org (Postfix) with ESMTPS id 77; Thu, 1 Jan 2026 03:00:01 +0000\n"
)
STRANGER = (
    b"Received: from db01.example.org (unknown [203.0.113.9])\n"
    b"\tby hub.example.org (Postfix) with ESMTP id 78; Thu, 1 Jan 2026 03:00:01 +0000\n"
)
LOGIN = (
    b"Received: from laptop (dsl.example.net [203.0.113.9])\n"
    b"\tby hub.example.org (Postfix) with ESMTPSA id 79; Thu, 1 Jan 2026 03:00:01 +0000\n"
)
ODD_HELO = b"Received: from (uid 0) by hub.example.org with SMTP id 80; Thu, 1 Jan 2026 03:00:01 +0000\n"
UUCP = b"Received: from elsewhere by hub.example.org with UUCP id 81; Thu, 1 Jan 2026 03:00:01 +0000\n"
EXIM = (
    b"Received: from root by db01.example.org with local (Exim 4.96) id 1uXy;"
    b" Thu, 1 Jan 2026 03:00:00 +0000\n"
)
DMA = (
    b"Received: from root (uid 0) (envelope-from root@db01.example.org) id 1a\n"
    b"\tby db01.example.org (DragonFly Mail Agent v0.13); Thu, 1 Jan 2026 03:00:00 +0000\n"
)
SENDMAIL = (
    b"Received: (from root@localhost) by db01.example.org (8.17.1/8.17.1/Submit) id 60;"
    b" Thu, 1 Jan 2026 03:00:00 +0000\n"
)


TEXT = b"Subject: cron\n\nhello\n"


SPAM = LogOdds(6, -3)


def alarmist(log_odds: LogOdds = SPAM, **options: Any) -> Classifier:
    """Thinks the same of all mail; by default that it is spam."""
    seen = {"positives": 100, "negatives": 100}
    card = {"name": "alarmist", "trained": {"spam": seen, "importance": seen}}
    tables = Tables(SCHEMA, np.zeros((SCHEMA.n_columns, 2), np.float16), np.array(log_odds, float))
    return Classifier(Model(tables, Cuts(), card), **options)


@pytest.mark.parametrize("way", [LOCAL, EXIM, DMA, SENDMAIL, RELAYED + LOCAL, RELAYED + DMA])
@pytest.mark.parametrize(("importance", "label"), [(-3.0, "unimportant"), (3.0, "important")])
def test_mail_of_our_own_programs_is_never_spam(way: bytes, importance: float, label: str) -> None:
    verdict = alarmist(LogOdds(6, importance)).classify(way + TEXT)
    assert verdict.spared
    assert (verdict.label, verdict.unsure) == (label, False)
    assert verdict.log_odds.spam == 6, "the model's own answer is not hidden"
    assert verdict.p["spam"] == 0
    assert sum(verdict.p.values()) == pytest.approx(1)
    allowed = alarmist(allow_local_spam=True).classify(way + TEXT)
    assert (allowed.label, allowed.spared) == ("spam", False)


@pytest.mark.parametrize(
    "way",
    [
        b"",
        STRANGER,
        STRANGER + LOCAL,
        STRANGER + RELAYED + LOCAL,
        RELAYED + STRANGER + LOCAL,
        LOGIN + LOCAL,
        ODD_HELO,
        UUCP,
        LOCAL + STRANGER,
        RELAYED,
    ],
)
def test_forged_cron_mail_gets_no_such_protection(way: bytes) -> None:
    verdict = alarmist().classify(way + TEXT)
    assert (verdict.label, verdict.spared) == ("spam", False)


def test_hosts_that_are_not_trusted_spare_nothing() -> None:
    trusting = alarmist(site=Site(trusted_hosts=("hub.example.org", "db01.example.org", "10.0.0.0/8")))
    assert trusting.classify(RELAYED + LOCAL + TEXT).spared
    strict = alarmist(site=Site(trusted_hosts=("hub.example.net",)))
    assert not strict.classify(RELAYED + LOCAL + TEXT).spared


def test_mail_that_leaves_us_is_not_spared() -> None:
    leaving = alarmist(site=Site(direction="outbound"))
    assert leaving.classify(LOCAL + TEXT).label == "spam"


@pytest.mark.parametrize(("spam", "unsure"), [(0.0, False), (-9.0, False)])
def test_doubt_about_spam_is_spared_too(spam: float, unsure: bool) -> None:
    verdict = alarmist(LogOdds(spam, 9)).classify(LOCAL + TEXT)
    assert (verdict.label, verdict.unsure) == ("important", unsure)
    assert verdict.spared == (spam > Cuts().ham)
    assert alarmist(LogOdds(spam, 9)).classify(STRANGER + TEXT).unsure == (spam > Cuts().ham)


def test_lessons_are_counted_as_they_come_and_go() -> None:
    *_, classifier = taught(["spam", "important", "spam", "unimportant"])
    classifier.unlearn(mail("spam", 0))
    classifier.learn(mail("spam", 2), "important")
    learned = classifier.corrections.learned.values()
    assert +classifier.corrections.labels == Counter(each.label for each in learned)
    assert classifier.corrections.labels["important"] == 2

"""The starter model is useful on mail that it never saw, and hangs on no collector's host, list or date."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classifier import Classifier, open_mailbox
from classifier.mail import Message
from classifier.signals import Site, guess_site
from classifier.store import find_model, verify_model
from classifier.verdict import Verdict

REPO = Path(__file__).resolve().parent.parent
HELD_OUT = REPO / "tests" / "mail" / "held_out"
WRITTEN = REPO / "data" / "written"
DATE = re.compile(rb"(\b\d{1,2} [A-Z][a-z]{2} )(\d{4})( \d\d:\d\d)")
UNIX_TIME = re.compile(rb"(?<=\b[tx]=)\d{10}\b")
DATED = re.compile(rb"(?mi)^(?:date|received):.*\n(?:[ \t].*\n)*")
ALL_FIELDS = re.compile(rb"(?s).+")
YEARS = 28  # after as many the calendar repeats itself, weekdays and all
SECONDS = (365 * YEARS + YEARS // 4) * 86400


@pytest.fixture(scope="module")
def starter() -> Classifier:
    return Classifier.load("starter")


def mails(folder: Path, label: str = "*") -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob(f"{label}/*.eml"))]


def root_mail() -> list[bytes]:
    return [
        stored.raw
        for stored in open_mailbox(REPO / "data" / "demo.mbox")
        if b"root@" in stored.raw and b".int.example.net" in stored.raw
    ]


def judged(starter: Classifier, raws: list[bytes]) -> list[Verdict]:
    """Judge each mail as its own recipient's."""
    found = []
    for raw in raws:
        message = Message(raw)
        site = Site(me=guess_site([message]).me)
        found.append(Classifier(starter.model, site=site).classify(message))
    return found


def scores(starter: Classifier, raws: list[bytes]) -> np.ndarray:
    return np.array([verdict.log_odds for verdict in judged(starter, raws)])


def test_it_verifies_and_stays_small() -> None:
    card = verify_model("starter").card
    assert card["name"] == "starter"
    assert card["schema"]["portable"]
    assert find_model("starter").stat().st_size <= 5 << 20


def test_it_learned_from_nothing_but_what_may_be_published() -> None:
    sources = verify_model("starter").card["training"]["sources"]
    assert {source["mailbox"].split("/")[0] for source in sources} == {
        "spamassassin",
        "rootmail",
        "linux-raid",
    }


UNSEEN = {"ids": ["held out", "written"]}


@pytest.mark.parametrize(("folder", "floor"), [(HELD_OUT, 0.1), (WRITTEN, 0.15)], **UNSEEN)
def test_spam_is_found_and_no_mail_is_lost(starter: Classifier, folder: Path, floor: float) -> None:
    found = {label: judged(starter, mails(folder, label)) for label in ("important", "unimportant", "spam")}
    assert [verdict for verdict in found["important"] + found["unimportant"] if verdict.label == "spam"] == []
    assert np.mean([verdict.label == "spam" for verdict in found["spam"]]) >= floor
    for verdict in (verdict for verdicts in found.values() for verdict in verdicts):
        assert sum(verdict.p.values()) == pytest.approx(1)


@pytest.mark.parametrize(("folder", "floor"), [(HELD_OUT, 0.75), (WRITTEN, 0.85)], **UNSEEN)
def test_spam_ranks_above_mail(starter: Classifier, folder: Path, floor: float) -> None:
    spam = scores(starter, mails(folder, "spam"))[:, 0]
    ham = scores(starter, mails(folder, "important") + mails(folder, "unimportant"))[:, 0]
    assert np.mean(spam[:, None] > ham[None, :]) >= floor


@pytest.mark.parametrize(("folder", "floor"), [(HELD_OUT, 0.6), (WRITTEN, 0.6)], **UNSEEN)
def test_important_ranks_above_unimportant(starter: Classifier, folder: Path, floor: float) -> None:
    important = scores(starter, mails(folder, "important"))[:, 1]
    unimportant = scores(starter, mails(folder, "unimportant"))[:, 1]
    assert np.mean(important[:, None] > unimportant[None, :]) >= floor


def test_root_mail_is_no_spam(starter: Classifier) -> None:
    verdicts = judged(starter, root_mail())
    assert len(verdicts) >= 70
    assert not any(verdict.label == "spam" for verdict in verdicts)


def moved(raw: bytes, fields: re.Pattern[bytes]) -> bytes:
    """The same mail 28 years later, as far as these fields of its header tell."""
    head, border, body = raw.partition(b"\n\n")
    return fields.sub(lambda m: later(m[0]), head + b"\n") + border[1:] + body


def later(text: bytes) -> bytes:
    text = DATE.sub(lambda m: m[1] + b"%d" % (int(m[2]) + YEARS) + m[3], text)
    return UNIX_TIME.sub(lambda m: b"%d" % (int(m[0]) + SECONDS), text)


def test_the_dates_of_a_mail_do_not_matter_at_all(starter: Classifier) -> None:
    raws = [raw for raw in mails(HELD_OUT) + mails(WRITTEN) if not UNIX_TIME.search(raw)]
    others = [moved(raw, DATED) for raw in raws]
    assert len(raws) >= 50
    assert all(raw != other for raw, other in zip(raws, others, strict=True))
    np.testing.assert_allclose(scores(starter, others), scores(starter, raws), atol=1e-9)


def test_the_times_in_signatures_hardly_matter(starter: Classifier) -> None:
    raws = [raw for raw in mails(HELD_OUT) + mails(WRITTEN) if UNIX_TIME.search(raw)]
    difference = scores(starter, [moved(raw, ALL_FIELDS) for raw in raws]) - scores(starter, raws)
    assert np.abs(difference).mean() < 0.1
    assert np.abs(difference).max() < 0.5


def collected_by(host: bytes, owner: bytes) -> Callable[[bytes], bytes]:
    """A mail as another collector's server would have taken it in: Received, Delivered-To, Return-Path."""

    def collect(raw: bytes) -> bytes:
        return (
            b"Return-Path: <list-bounces@lists.example.org>\n"
            b"X-Original-To: " + owner + b"\nDelivered-To: " + owner + b"\n"
            b"Received: from relay.example.net (relay.example.net [192.0.2.77])\n"
            b"\tby " + host + b" (Postfix) with ESMTPS id 0C41FD998\n"
            b"\tfor <" + owner + b">; Mon, 16 Mar 2026 00:47:21 +0200\n" + raw
        )

    return collect


def through_list(name: bytes) -> Callable[[bytes], bytes]:
    """A mail as a list of this name would have passed it on, with the marks of the list in its header."""

    def pass_on(raw: bytes) -> bytes:
        local, _, host = name.partition(b"@")
        return (
            b"List-Id: <" + local + b"." + host + b">\nX-Mailing-List: " + name + b"\n"
            b"X-BeenThere: " + name + b"\nList-Post: <mailto:" + name + b">\n"
            b"Precedence: bulk\nErrors-To: " + local + b"-admin@" + host + b"\n" + raw
        )

    return pass_on


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            collected_by(b"mail.lfdr.de", b"lists+linux-raid@lfdr.de"),
            collected_by(b"mx.quux.example", b"someone+folders1@quux.example"),
        ),
        (
            collected_by(b"dogma.slashnull.org", b"jm@jmason.org"),
            collected_by(b"dogma.otherhost.example", b"ab@abcdef.example"),
        ),
        (
            collected_by(b"phobos.labs.netnoteinc.com", b"zzzz@localhost.netnoteinc.com"),
            collected_by(b"mail.corp.somewhere.example", b"xxxx@localhost.somewhere.example"),
        ),
        (through_list(b"linux-raid@vger.kernel.org"), through_list(b"garden-club@lists.example.org")),
        (through_list(b"ilug@linux.ie"), through_list(b"choir@lists.example.net")),
    ],
    ids=["lfdr", "slashnull", "netnote", "linux-raid", "ilug"],
)
def test_neither_collector_nor_list_matters(
    starter: Classifier, first: Callable[[bytes], bytes], second: Callable[[bytes], bytes]
) -> None:
    raws = mails(HELD_OUT) + mails(WRITTEN)
    difference = scores(starter, [first(raw) for raw in raws]) - scores(
        starter, [second(raw) for raw in raws]
    )
    assert np.abs(difference).mean() < 0.1
    assert np.abs(difference).max() < 0.5


HOSTS = {
    b"backup01": b"zeus7",
    b"build01": b"hera3",
    b"db01": b"ares9",
    b"dev01": b"odin4",
    b"mail01": b"thor2",
    b"mon01": b"loki5",
    b"web01": b"frey8",
    b"web02": b"tyr6",
}


def test_the_names_of_the_hosts_hardly_matter(starter: Classifier) -> None:
    raws = root_mail()
    moved = [
        re.sub(b"|".join(HOSTS), lambda m: HOSTS[m[0]], raw).replace(b".int.example.net", b".lab.example.org")
        for raw in raws
    ]
    before, after = scores(starter, raws), scores(starter, moved)
    assert np.abs(after - before).mean(axis=0).max() < 0.4
    cut = starter.model.cuts.importance
    assert np.mean((before[:, 1] >= cut) != (after[:, 1] >= cut)) <= 0.05

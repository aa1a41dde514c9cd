"""The published root mail: every message has its label, and history ranks what the words alone cannot."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from classifier.history import Arrival, Ram
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.rootmail import JobRecaller
from classifier.signals import Site


@pytest.fixture(scope="module")
def labels(repo: Path) -> dict[str, dict[str, str]]:
    with (repo / "data" / "rootmail" / "labels.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["message-id"]: row for row in rows}


def test_the_card_says_how_much_there_is(repo: Path, labels: dict[str, dict[str, str]]) -> None:
    card = (repo / "data" / "rootmail" / "README.md").read_text(encoding="utf-8")
    hosts = sorted({row["host"] for row in labels.values()})
    for asked in (labels.values(), [row for row in labels.values() if row["label"] == "important"]):
        counts = Counter(row["host"] for row in asked)
        assert " | ".join(str(counts[host]) for host in hosts) in card
    assert f"{len(labels):,} messages from {len(hosts)} hosts" in card


def test_one_host_has_all_its_mail_and_history_finds_the_faults(
    repo: Path, labels: dict[str, dict[str, str]]
) -> None:
    recaller, calm = JobRecaller(Ram()), {"important": [0, 0], "unimportant": [0, 0]}
    seen = set()
    for stored in open_mailbox(repo / "data" / "rootmail" / "dev01.mbox.xz"):
        arrival = Arrival(Message(stored.raw), Site())
        row = labels[arrival.message.message_id]
        seen.add(row["message-id"])
        past = recaller.recall(arrival)
        recaller.observe(arrival)
        assert past is not None
        assert past.identity.host == "dev01.int.example.net"
        calm[row["label"]][0] += 1
        calm[row["label"]][1] += past.mails >= 3 and past.sums.grade("new", "turned", "young", "back") < 2
    assert seen == {key for key, row in labels.items() if row["host"] == "dev01"}
    assert calm["unimportant"][1] > 0.75 * calm["unimportant"][0]
    assert calm["important"][1] < 0.35 * calm["important"][0]

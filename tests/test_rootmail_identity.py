"""Who speaks in a machine's mail: each tool by its golden mail, strangers apart, people not at all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from classifier.mail import Message
from classifier.mail.route import read_route
from classifier.rootmail import Identity, identify
from classifier.rootmail.speakers import TOOLS

_KEYS = re.compile(r"(tool|host|job|user)=(.*?)(?= (?:tool|host|job|user)=|$)")


def golden() -> list[tuple[dict[str, str], bytes]]:
    text = (Path(__file__).parent / "rootmail" / "tools.golden").read_text(encoding="utf-8")
    found = []
    for block in re.split(r"(?m)^== ", text)[1:]:
        line, _, mail = block.partition("\n")
        found.append((dict(_KEYS.findall(line)), mail.encode()))
    return found


def who(raw: bytes) -> Identity | None:
    message = Message(raw)
    return identify(message, read_route(message.headers, ()))


GOLDEN = golden()


@pytest.mark.parametrize(("expected", "raw"), GOLDEN, ids=[expected["tool"] for expected, _ in GOLDEN])
def test_a_tool_is_known(expected: dict[str, str], raw: bytes) -> None:
    found = who(raw)
    assert found is not None
    assert {name: getattr(found, name) for name in expected} == expected


def test_every_tool_has_a_golden_mail() -> None:
    """A villain in the table - a pattern that matches nothing - would stand here."""
    subjects = [re.search(r"(?m)^Subject: (.*)$", raw.decode())[1] for _, raw in GOLDEN]  # type: ignore[index]
    idle = [
        tool.name
        for tool in TOOLS
        if not any(tool.subject.search(subject) for subject in subjects)
        and tool.name not in {expected["tool"] for expected, _ in GOLDEN}
    ]
    assert not idle


@pytest.mark.parametrize(
    "raw",
    [
        b"From: ann@example.org\nSubject: Re: cron and I\n\nHi",
        b"From: news@example.org\nList-Id: <n.example.org>\nAuto-Submitted: auto-generated\nSubject: N\n\n",
        b"Subject: \n\n",
        b"",
    ],
)
def test_people_and_lists_are_no_jobs(raw: bytes) -> None:
    assert who(raw) is None


CRON = b"From: root@web01.example.net (Cron Daemon)\nSubject: Cron <root@web01> backup\n\nall is well\n"
OUTSIDE = (
    b"Received: from evil.example (evil.example [198.51.100.9]) by mx.example.net with ESMTP;"
    b" Sun, 1 Mar 2026 10:00:00 +0000\n"
)


def test_a_stranger_never_speaks_for_a_job_of_ours() -> None:
    ours, forged = who(CRON), who(OUTSIDE + CRON)
    assert ours is not None
    assert forged is not None
    assert ours.witness == ""
    assert forged.witness == "198.51.100"
    assert forged.key != ours.key


def test_two_hosts_of_one_name_are_two() -> None:
    other = who(CRON.replace(b"web01.example.net", b"web01.example.com"))
    assert other is not None
    assert other.host == "web01.example.com"
    assert other.key != who(CRON).key  # type: ignore[union-attr]


def test_the_sender_decides_where_the_subject_alone_could_be_anybodys() -> None:
    raw = b"From: %b\nSubject: Problem: the coffee machine\n\n"
    assert who(raw % b"ann@example.org") is None
    assert who(raw % b"zabbix@mon.example.net").tool == "zabbix"  # type: ignore[union-attr]


def test_a_subject_of_any_length_costs_little() -> None:
    assert who(b"From: root@a.example\nSubject: Cron <root@" + b"a" * 200_000 + b"> x\n\n") is not None

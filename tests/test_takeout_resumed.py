"""A Takeout is learned as a stream: killed in the middle it is continued, and memory does not grow."""

from __future__ import annotations

import gc
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_mail import WORDS, mail, run, write_mbox

from classifier.engine import Classifier
from classifier.learners.online import Correction
from classifier.profile import journal

GMAIL = {"important": "Important,Opened", "unimportant": "Inbox,Opened", "spam": "Spam"}
MESSAGES = 240


def in_takeout(label: str, number: int) -> bytes:
    return mail(label, 900 + number, f"X-GM-THRID: {17 * number}\nX-Gmail-Labels: {GMAIL[label]}\n")


@pytest.fixture
def takeout(tmp_path: Path) -> Path:
    labels = list(WORDS)
    messages = [in_takeout(labels[number % 3], number) for number in range(MESSAGES)]
    return write_mbox(tmp_path / "All mail.mbox", messages)


def learned(profile: Path) -> list[tuple[bytes, str]]:
    base = sqlite3.connect(profile)
    try:
        return base.execute("SELECT fingerprint, label FROM corrections ORDER BY id").fetchall()
    except sqlite3.OperationalError:  # not made yet
        return []
    finally:
        base.close()


def test_killed_in_the_middle_it_goes_on_without_a_gap_or_a_repeat(
    takeout: Path, tiny_model: Path, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole.sqlite3", tmp_path / "killed.sqlite3"
    given = ("-m", tiny_model, "--me", "ada@example.org", "--takeout", takeout)
    assert run("learn", *given, "--profile", whole).exit_code == 0
    command = [sys.executable, "-m", "classifier", "learn", *map(str, given), "--profile", str(killed)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (killed.exists() and len(learned(killed)) > 20):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    before = len(learned(killed))
    assert 20 < before < MESSAGES
    again = run("learn", *given, "--profile", killed)
    assert f"learned {MESSAGES - before} of {MESSAGES} messages" in again.stdout
    assert f"{before} learned already" in again.stdout
    assert [label for _, label in learned(killed)] == [label for _, label in learned(whole)]
    assert len({name for name, _ in learned(killed)}) == MESSAGES
    judge = ("classify", "-m", tiny_model, "--me", "ada@example.org", takeout, "--profile")
    assert run(*judge, killed).stdout == run(*judge, whole).stdout


def test_what_was_learned_lies_in_the_file_and_not_in_memory(tiny_model: Path, tmp_path: Path) -> None:
    classifier = Classifier.load(tiny_model, profile=tmp_path / "p.sqlite3", me=["ada@example.org"])
    gc.collect()
    of_others = [each for each in gc.get_objects() if isinstance(each, Correction)]  # whom other tests left
    for number in range(60):
        classifier.learn(in_takeout("spam", number), "spam")
    gc.collect()
    held = [each for each in gc.get_objects() if isinstance(each, Correction)]
    assert sum(not any(each is other for other in of_others) for each in held) < 5
    assert len(classifier.corrections) == 60
    assert classifier.learned_as(in_takeout("spam", 7)) == "spam"
    assert classifier.learn(in_takeout("spam", 7), "important")
    assert classifier.learned_as(in_takeout("spam", 7)) == "important"
    assert classifier.unlearn(in_takeout("spam", 7))
    assert classifier.learned_as(in_takeout("spam", 7)) is None
    assert len(classifier.corrections) == 59


def test_a_profile_is_read_again_a_few_rows_at_a_time(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Classifier.load(tiny_model, profile=tmp_path / "p.sqlite3", me=["ada@example.org"])
    for number in range(11):
        first.learn(in_takeout("spam", number), "ham")
    monkeypatch.setattr(journal, "TOGETHER", 4)
    second = Classifier.load(tiny_model, profile=tmp_path / "p.sqlite3")
    assert len(second.corrections) == 11
    probe = in_takeout("spam", 99)
    assert second.classify(probe).log_odds == first.classify(probe).log_odds

"""Where a profile cannot be written: commands that only tell something tell it all the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from classifier import Classifier
from classifier.cli import asking
from classifier.cli.group import cli
from classifier.engine import Classifier as Engine
from classifier.profile import Profile
from classifier.profile.file import ProfileFile


def mails(begin: int, end: int) -> str:
    told = ""
    for day in range(begin, end):
        text = "dump done" if day < 19 else "error: No space left on device"
        told += (
            f"From root@db1 Mon Mar {day:2} 04:05:00 2026\nFrom: root@db1.example.org\nTo: root@example.org\n"
            f"Date: {day:02} Mar 2026 04:05:00 +0000\nMessage-ID: <{day}@db1>\nX-Cron-Env: <HOME=/root>\n"
            f"Subject: Cron <root@db1> /bin/dump\n\n{text}\n\n"
        )
    return told


@pytest.fixture
def half(tmp_path: Path) -> tuple[Path, Path]:
    """A mailbox of nineteen days, of which a profile knows ten."""
    profile, box = tmp_path / "p.sqlite3", tmp_path / "root"
    taught = Profile(profile, create=True)
    Classifier(profile=taught)
    taught.close()
    box.write_text(mails(1, 11))
    assert run("jobs", profile, box).exit_code == 0
    box.write_text(mails(1, 20))
    return profile, box


def run(command: str, profile: Path, *words: object) -> Result:
    told = [command, "--me", "ada@example.org", "--profile", str(profile), *map(str, words)]
    return CliRunner().invoke(cli, told)


def read_only(file: ProfileFile) -> None:
    file.readonly = True


def full(file: ProfileFile) -> None:
    pages = file.base.execute("PRAGMA page_count").fetchone()[0]
    file.base.execute(f"PRAGMA max_page_count={pages}")


@pytest.fixture(params=[read_only, full])
def unwritable(
    request: pytest.FixtureRequest, half: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Any:
    made = ProfileFile.__init__

    def make(self: ProfileFile, path: Path, *, create: bool = False) -> None:
        made(self, path, create=create)
        request.param(self)

    monkeypatch.setattr(ProfileFile, "__init__", make)
    return half


def test_the_digest_is_made_though_nothing_can_be_remembered(unwritable: tuple[Path, Path]) -> None:
    profile, box = unwritable
    result = run("digest", profile, box)
    assert result.exit_code == 0
    assert "going on without remembering this mail" in result.stderr
    assert ">> error: No space left on device" in result.stdout
    assert "a line this job never wrote before" in result.stdout


def test_jobs_and_overdue_tell_what_they_can(unwritable: tuple[Path, Path]) -> None:
    profile, box = unwritable
    result = run("jobs", profile, box)
    assert result.exit_code == 0
    (job,) = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert (job["mails"], job["rhythm"]) == (19, "daily")
    late = run("overdue", profile, "--now", "2026-03-23T12:00+00:00", box)
    assert late.exit_code == 0
    assert orjson.loads(late.stdout)["missed"] == 4
    assert run("learn", profile, "--spam", box).exit_code == 1


def test_a_rehearsal_remembers_no_mail_twice(half: tuple[Path, Path]) -> None:
    triage = Engine(profile=Profile(half[0]))
    triage.rehearse()
    raw = mails(5, 6).split("\n", 1)[1].encode()
    before = dict(triage.memory.items("job")) if triage.memory else {}
    triage.observe(raw[:-1])
    assert triage.memory is not None
    assert dict(triage.memory.items("job")) == before
    triage.observe(mails(25, 26).split("\n", 1)[1].encode())
    assert dict(triage.memory.items("job")) != before
    assert len(list(triage.memory.items("job"))) == 1


def test_a_profile_is_one_file_when_the_command_has_ended(half: tuple[Path, Path]) -> None:
    profile, box = half
    assert run("digest", profile, box).exit_code == 0
    assert not list(profile.parent.glob("p.sqlite3-*"))
    with sqlite3.connect(profile) as base:
        assert base.execute("SELECT count(*) FROM observed").fetchone() == (19,)


@pytest.mark.parametrize("command", ["jobs", "overdue", "digest"])
def test_a_damaged_record_is_not_passed_over_in_silence(half: tuple[Path, Path], command: str) -> None:
    profile, box = half
    with sqlite3.connect(profile) as base:
        (value,) = base.execute("SELECT value FROM memory WHERE kind='job'").fetchone()
        base.execute("UPDATE memory SET value=? WHERE kind='job'", (value[:-1] + bytes([value[-1] ^ 4]),))
    base.close()
    result = run(command, profile, box)
    assert (result.exit_code, result.stdout) == (4, "")
    assert f"{profile}: the profile is damaged: a record of history (job)" in result.stderr
    assert run(command, Path("off"), box).exit_code == 0


@pytest.mark.parametrize("stop", [KeyboardInterrupt, EOFError])
def test_ctrl_c_stops_asking_and_keeps_the_answers(
    stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = iter(["i", stop])

    def press() -> str:
        key = next(keys)
        if isinstance(key, str):
            return key
        raise key

    monkeypatch.setattr(asking.click, "getchar", press)
    monkeypatch.setattr(asking.sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    verdicts = Classifier().classify_many([b"Subject: 1\n\n", b"Subject: 2\n\n"])
    assert asking.ask(list(verdicts)) == {0: "important"}

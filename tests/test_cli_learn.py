"""``learn``, ``unlearn`` and ``profile``: what is said is kept, counted honestly, and undone."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import mail, mixed, objects, run, write_mbox

from classifier import Classifier
from classifier.cli.exits import CRASH, MODEL, OK, UNREADABLE, USAGE
from classifier.config import profile_path
from classifier.profile import Profile

ODD = [
    f"From: bob{n}@example.com\nTo: ada@example.org\nSubject: question {n}\n\nshall we meet {n}?\n".encode()
    for n in range(6)
]


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    return write_mbox(tmp_path / "odd.mbox", ODD)


@pytest.fixture
def asked(tiny_model: Path) -> tuple[object, ...]:
    return "-m", tiny_model, "--me", "ada@example.org"


def chances(asked: tuple[object, ...], mailbox: Path, *more: object) -> list[float]:
    return [each["p"]["spam"] for each in objects(run("classify", *asked, *more, mailbox))]


def test_what_is_learned_counts_in_every_command_and_is_taken_back(
    asked: tuple[object, ...], odd: Path
) -> None:
    before = chances(asked, odd)
    result = run("learn", *asked, "--spam", odd)
    assert result.exit_code == OK, result.stderr
    assert result.stdout.startswith(f"learned 6 of 6 messages: 6 spam; {profile_path()}\n")
    assert profile_path().exists()
    after = chances(asked, odd)
    assert all(new > old for old, new in zip(before, after, strict=True))
    assert chances(asked, odd, "--profile", "off") == before
    assert chances(asked, odd, "--jobs", 2) == after
    one = write_mbox(odd.parent / "one.mbox", ODD[:1])
    [explained] = objects(run("explain", *asked, "-f", "jsonl", one))
    assert explained["p"]["spam"] == after[0]
    result = run("unlearn", *asked, odd)
    assert result.stdout.startswith("unlearned 6 of 6 messages: 6 spam")
    assert chances(asked, odd) == before
    assert run("unlearn", *asked, odd).stdout.startswith("unlearned 0 of 6 messages; ")


def test_it_says_what_was_known_what_was_contradicted_and_what_changed(
    asked: tuple[object, ...], odd: Path
) -> None:
    run("learn", *asked, "--important", write_mbox(odd.parent / "two.mbox", ODD[:2]))
    run("learn", *asked, "--spam", write_mbox(odd.parent / "one.mbox", ODD[2:3]))
    labels = [each["label"] for each in objects(run("classify", *asked, odd))]
    result = run("learn", *asked, "--spam", odd)
    now = [each["label"] for each in objects(run("classify", *asked, odd))]
    changed = sum(old != new for old, new in zip(labels, now, strict=True))
    assert result.stdout.splitlines()[0].startswith("learned 5 of 6 messages: 5 spam; ")
    assert result.stdout.splitlines()[1:3] == [
        "  1 learned already",
        "  2 learned otherwise before; the last word counts: 2 from important to spam",
    ]
    assert result.stdout.splitlines()[3].startswith(f"  {changed} of the 6 verdicts changed")


def test_two_labels_in_one_run_the_last_wins_and_it_is_said(asked: tuple[object, ...], odd: Path) -> None:
    result = run("learn", *asked, "--important", odd, "--spam", odd)
    assert "the last word counts: 6 from important to spam" in result.stdout
    shown = json.loads(run("profile", "show", "-f", "json").stdout)
    assert shown["corrections"] == {"spam": 6}
    assert shown["taken_back"] == 6


def test_a_dry_run_keeps_nothing(asked: tuple[object, ...], odd: Path) -> None:
    result = run("learn", *asked, "--dry-run", "--spam", odd)
    assert result.stdout.startswith("would learn 6 of 6 messages: 6 spam\n")
    assert not profile_path().exists()
    told = run("learn", *asked, "--spam", odd).stdout.splitlines()
    assert told[1:] == result.stdout.splitlines()[1:]  # it foretold what changed
    before = chances(asked, odd)
    result = run("unlearn", *asked, "--dry-run", odd)
    assert result.stdout.startswith("would unlearn 6 of 6 messages: 6 spam\n")
    assert chances(asked, odd) == before


def test_a_dry_run_changes_no_byte_and_takes_no_room_in_memory(asked: tuple[object, ...], odd: Path) -> None:
    """What it would learn lies in a copy of the profile, as what is learned lies in the profile."""
    run("learn", *asked, "--ham", odd)
    before = {path: path.read_bytes() for path in profile_path().parent.iterdir()}
    for command in (("learn", "--spam"), ("learn", "--received"), ("unlearn",)):
        result = run(command[0], *asked, "--me", "ada@example.org", "--dry-run", *command[1:], odd)
        assert result.exit_code == OK
        assert result.stdout.startswith("would ")
        assert {path: path.read_bytes() for path in profile_path().parent.iterdir()} == before
    with sqlite3.connect(profile_path()) as base:
        base.execute("PRAGMA user_version=99")
    base.close()
    result = run("learn", *asked, "--dry-run", "--spam", odd)
    assert result.exit_code == MODEL
    assert f"{profile_path()}: a profile of version 99" in result.stderr


def test_a_dry_run_of_the_first_lesson_needs_no_profile(
    asked: tuple[object, ...], odd: Path, tmp_path: Path
) -> None:
    result = run("learn", *asked, "--profile", tmp_path / "new.sqlite", "--dry-run", "--spam", odd)
    assert result.stdout.startswith("would learn 6 of 6 messages: 6 spam\n")
    assert not (tmp_path / "new.sqlite").exists()
    result = run("unlearn", *asked, "--profile", tmp_path / "new.sqlite", "--dry-run", odd)
    assert result.exit_code == MODEL
    assert "new.sqlite: no such profile" in result.stderr


def test_several_mailboxes_of_one_label_may_be_named_as_a_shell_does(
    asked: tuple[object, ...], tmp_path: Path
) -> None:
    boxes = [write_mbox(tmp_path / f"{n}.mbox", [ODD[n]]) for n in range(3)]
    assert run("learn", *asked, "--spam", *boxes).stdout.startswith("learned 3 of 3 messages: 3 spam")
    result = run("learn", *asked, "--spam", boxes[0], "--ham", boxes[1], boxes[2])
    assert result.exit_code == USAGE


def test_a_table_teaches(asked: tuple[object, ...], tmp_path: Path) -> None:
    box = write_mbox(tmp_path / "m.mbox", mixed(2))
    table = tmp_path / "t.tsv"
    table.write_text("message-id\tlabel\n<spam.500@example.org>\timportant\n<spam.501@example.org>\tspam\n")
    result = run("learn", *asked, "--labels", table, box)
    assert result.stdout.startswith("learned 2 of 2 messages: 1 important, 1 spam")
    assert "says nothing of 4 messages" in result.stderr


def test_flags_are_inferred_and_do_not_outweigh_what_was_said(
    asked: tuple[object, ...], tmp_path: Path
) -> None:
    flagged = mail("unimportant", 700, "X-Status: F\n")
    run("learn", *asked, "--spam", write_mbox(tmp_path / "said.mbox", [flagged]))
    both = write_mbox(tmp_path / "flags.mbox", [flagged, mail("unimportant", 701, "X-Status: F\n")])
    result = run("learn", *asked, "--from-flags", both)
    assert result.stdout.startswith("learned 1 of 2 messages: 1 important")
    assert "1 left as you said" in result.stdout
    assert json.loads(run("profile", "show", "-f", "json").stdout)["said_by"] == {"behaviour": 1, "cli": 1}


def test_what_bears_no_mark_is_counted(asked: tuple[object, ...], tmp_path: Path) -> None:
    mails = [mail("spam", 700, f"X-Gmail-Labels: {labels}\n") for labels in ("Spam", "Kukaties")]
    result = run("learn", *asked, "--takeout", write_mbox(tmp_path / "t.mbox", [*mails, mail("spam", 1)]))
    assert result.stdout.startswith("learned 1 of 1 message: 1 spam")
    assert result.stdout.endswith("  2 passed over: nothing on them says what to learn\n")


def test_unreadable_places_are_named_and_the_rest_is_learned(
    asked: tuple[object, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.eml").write_bytes(ODD[0])
    (folder / "b.eml").write_bytes(b"\0\1\2\3" * 500)
    result = run("learn", *asked, "--spam", folder)
    assert result.exit_code == UNREADABLE
    assert "b.eml" in result.stderr
    assert result.stdout.startswith("learned 1 of 1 message: 1 spam")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("learn",), USAGE, "nothing to learn"),
        (("learn", "--profile", "off", "--spam", "odd.mbox"), USAGE, "needs a profile"),
        (("unlearn", "odd.mbox"), MODEL, "profile.sqlite3: no such profile"),
        (("classify", "--profile", "nowhere.sqlite", "odd.mbox"), MODEL, "no such profile"),
        (("profile", "show"), MODEL, "no such profile"),
        (("profile", "forget", "eve"), USAGE, "neither an address nor an @domain"),
        (("profile", "forget", "eve@example.com"), MODEL, "no such profile"),
        (("profile", "rollback", "--to", "yesterday"), USAGE, "yesterday"),
        (("profile", "rollback"), USAGE, "--to"),
    ],
)
def test_wrong_usage(
    odd: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(odd.parent)
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert not profile_path().exists()


def test_a_newer_profile_stops_every_command(asked: tuple[object, ...], odd: Path) -> None:
    run("learn", *asked, "--spam", odd)
    profile = Profile()
    profile.file.base.execute("PRAGMA user_version=99")
    profile.close()
    for command in (("classify", *asked, odd), ("learn", *asked, "--spam", odd), ("profile", "show")):
        result = run(*command)
        assert result.exit_code == MODEL
        assert "written by a newer mailtriage" in result.stderr
        assert not result.stdout
    assert run("classify", *asked, "--profile", "off", odd).exit_code == OK


def test_a_full_disk_says_how_much_was_learned(
    asked: tuple[object, ...], odd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("learn", *asked, "--spam", write_mbox(odd.parent / "one.mbox", ODD[:1]))
    original = Profile.__init__

    def small(self: Profile, *args: object, **options: object) -> None:
        original(self, *args, **options)  # type: ignore[arg-type]
        pages = self.file.read("PRAGMA page_count")[0][0]
        self.file.base.execute(f"PRAGMA max_page_count={pages + 1}")

    monkeypatch.setattr(Profile, "__init__", small)
    result = run("learn", *asked, "--spam", write_mbox(odd.parent / "much.mbox", ODD + mixed(40)))
    assert result.exit_code == CRASH
    assert "the disk is full; what was kept before is whole; " in result.stderr
    learned = int(result.stderr.split("is whole; ")[1].split()[0])
    monkeypatch.setattr(Profile, "__init__", original)
    assert json.loads(run("profile", "show", "-f", "json").stdout)["corrections"] == {"spam": 1 + learned}


def test_a_profile_travels(asked: tuple[object, ...], odd: Path, tmp_path: Path) -> None:
    run("learn", *asked, "--spam", odd)
    exported = run("profile", "export").stdout_bytes
    other = tmp_path / "other.sqlite"
    (tmp_path / "x.jsonl").write_bytes(exported)
    result = run("profile", "import", "--profile", other, tmp_path / "x.jsonl")
    assert "imported 6 correction, " in result.stdout
    assert "1 own, 1 schema" in result.stdout
    assert chances(asked, odd, "--profile", other) == chances(asked, odd)
    again = run("profile", "import", "--profile", other, "-", input=exported)
    assert "imported nothing new" in again.stdout
    result = run("profile", "import", "--profile", other, "-", input=exported[:-40])
    assert result.exit_code == MODEL
    assert "nothing was imported" in result.stderr


def test_rolling_back_and_back_again(asked: tuple[object, ...], odd: Path) -> None:
    before = chances(asked, odd)
    run("learn", *asked, "--spam", odd)
    after = chances(asked, odd)
    result = run("profile", "rollback", "--to", "2020-01-01")
    assert result.stdout.startswith("took back 6 corrections made since, brought back 0")
    assert chances(asked, odd) == before
    profile = Profile()
    with profile.writing():  # as if an hour had passed
        profile.file.write("UPDATE corrections SET since=since-3600, until=until-1800")
    until = profile.file.read("SELECT max(until) FROM corrections")[0][0]
    profile.close()
    from datetime import datetime

    result = run("profile", "rollback", "--to", f"{datetime.fromtimestamp(until - 60):%Y-%m-%dT%H:%M:%S}")
    assert result.stdout.startswith("took back 0 corrections made since, brought back 6")
    assert chances(asked, odd) == after


def test_forgetting_a_sender(asked: tuple[object, ...], odd: Path) -> None:
    run("learn", *asked, "--spam", odd)
    result = run("profile", "forget", "Bob3@Example.com")
    assert result.stdout == "forgot 1 learned messages and 1 records of history\n"
    assert json.loads(run("profile", "show", "-f", "json").stdout)["corrections"] == {"spam": 5}
    assert run("profile", "forget", "@example.com").stdout.startswith("forgot 5 learned")
    result = run("profile", "forget", "bob")
    assert result.exit_code == USAGE


def test_forgetting_reaches_what_was_observed(tiny_model: Path) -> None:
    triage = Classifier.load(tiny_model, profile=profile_path(), me=["ada@example.org"])
    for number, raw in enumerate(ODD):
        triage.observe(raw, now=1_700_000_000.0 + number)
    assert triage.profile is not None
    count = "SELECT count(*) FROM memory WHERE kind='person'"
    before = triage.profile.file.read(count)[0][0]
    result = run("profile", "forget", "bob3@example.com")
    assert result.exit_code == OK
    assert (
        result.stdout == "forgot 0 learned messages and 4 records of history\n"
    )  # himself, his letter, two shares
    assert triage.profile.file.read(count)[0][0] == before - 1


def test_show_is_for_people_and_programs(asked: tuple[object, ...], odd: Path) -> None:
    run("learn", *asked, "--spam", odd)
    text = run("profile", "show").stdout
    assert "  corrections             6 spam\n" in text
    assert "  own addresses           ada@example.org\n" in text
    told = json.loads(run("profile", "show", "-f", "json").stdout)
    assert told["said_by"] == {"cli": 6}
    run("learn", *asked, "--received", odd)
    text = run("profile", "show").stdout
    assert "6 messages" in text
    assert "people and domains" in text
    assert "awaits" not in text  # what keeps the books is for programs
    assert told["dated_in_the_future"] == 0


def test_a_swapped_model_is_said_and_relearned(asked: tuple[object, ...], odd: Path, tmp_path: Path) -> None:
    run("learn", *asked, "--spam", odd)
    other = tmp_path / "other.mailtriage"
    folders = [("--spam", "spam"), ("--important", "important"), ("--unimportant", "unimportant")]
    given = [
        part
        for option, label in folders
        for part in (option, write_mbox(tmp_path / f"{label}.mbox", [mail(label, n) for n in range(20)]))
    ]
    assert run("train", "-o", other, "--bits", 13, *given).exit_code == OK
    result = run("classify", "-m", other, odd)
    assert "6 messages were learned for a model with other columns" in result.stderr
    assert run("learn", "-m", other, "--spam", odd).stdout.startswith("learned 6 of 6")
    assert "other columns" not in run("classify", "-m", other, odd).stderr
    assert "other columns" not in run("classify", *asked, odd).stderr


def test_two_commands_at_once_learn_everything_once(tiny_model: Path, odd: Path, tmp_path: Path) -> None:
    script = "from classifier.cli import main; main()"
    other = write_mbox(tmp_path / "more.mbox", mixed(10))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, "learn", "-m", tiny_model, "--me", "a@b.example", "--spam", box],
            env=os.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for box in (odd, other, odd)
    ]
    told = [each.communicate(timeout=120) for each in running]
    assert [each.returncode for each in running] == [OK] * 3, told
    learned = sum(int(out.split()[1]) for out, _ in told)
    assert learned == 36
    assert json.loads(run("profile", "show", "-f", "json").stdout)["corrections"] == {"spam": 36}

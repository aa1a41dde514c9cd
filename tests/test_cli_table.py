"""The table for people: the important on top with reasons, the rest folded, at any width."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_mail import mail, mixed, run, write_mbox

from classifier.cli import table
from classifier.cli.screen import cells
from classifier.cli.table import Table, reason
from classifier.engine import Classifier
from classifier.mailboxes import Stored


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    return write_mbox(tmp_path / "in.mbox", mixed())


def laid_out(model: Path, messages: list[Stored], width: int) -> list[str]:
    made = Table(width)
    for verdict in Classifier.load(model).classify_many(messages):
        made.add(verdict)
    return [line for line, _ in made.lines()]


def stored(count: int, mailbox: str = "in.mbox") -> list[Stored]:
    return [Stored(mailbox, str(1000 * number), raw) for number, raw in enumerate(mixed(count))]


def test_the_important_are_on_top_with_key_and_reasons(mbox: Path, tiny_model: Path) -> None:
    lines = run("classify", "-m", tiny_model, "-f", "text", mbox).stdout.splitlines()
    assert lines[0].startswith("12 messages: 4 important, 4 unimportant, 4 spam")
    rows = [line for line in lines if "disk failed on db01" in line]
    assert len(rows) == 4
    assert rows[0].split()[0].isdigit()
    assert rows[0].split()[1].endswith("%")
    assert "root@db01.example.org" in rows[0]
    assert ";" in rows[0].split("db01 5")[1], "reasons on the same line"


def test_the_rest_is_counted_by_sender(mbox: Path, tiny_model: Path) -> None:
    shown = run("classify", "-m", tiny_model, "-f", "text", mbox).stdout
    assert "Unimportant: 4\n       4  backup@db01.example.org" in shown
    assert "Spam: 4\n       4  offers@pills.example" in shown


def test_piped_text_has_no_escape_codes_and_a_fixed_width(
    mbox: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run("classify", "-m", tiny_model, "-f", "text", mbox).stdout
    assert "\x1b" not in plain
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run("classify", "-m", tiny_model, "-f", "text", mbox).stdout == plain


@pytest.mark.parametrize("width", [40, 60, 80, 99, 100, 120, 250])
def test_no_line_is_wider_than_the_screen(tiny_model: Path, width: int) -> None:
    wide = mail("important", 1).replace(b"Subject: ", "Subject: 東京都庁 ".encode() * 30)
    lines = laid_out(tiny_model, [*stored(3), Stored("in.mbox", "12345678", wide)], width)
    assert max(cells(line) for line in lines) <= max(width, 70), "the counts alone need 70 columns"


def test_several_mailboxes_are_told_apart(tiny_model: Path) -> None:
    lines = laid_out(tiny_model, stored(1, "/var/mail/root") + stored(1, "/var/mail/ada"), 120)
    rows = [line for line in lines if "disk failed" in line]
    assert {line.split()[1] for line in rows} == {"root", "ada"}


def test_long_keys_are_left_to_jsonl(tiny_model: Path) -> None:
    key = "cur/1767225600.M1P2.db01:2,S"
    lines = laid_out(tiny_model, [Stored("Maildir", key, mail("important", 501))], 120)
    assert not any("cur/" in line or " key " in line for line in lines)


def test_what_is_unsure_is_shown_and_what_is_too_much_is_counted(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "UNSURE_SHOWN", 2)
    strange = [Stored("in.mbox", str(n), f"Subject: number {n}\n\nzxcv {n}\n".encode()) for n in range(5)]
    made = Table(120)
    verdicts = list(Classifier.load(tiny_model).classify_many(strange))
    for verdict in verdicts:
        verdict.unsure, verdict.label = True, "unimportant"
        made.add(verdict)
    lines = [line for line, _ in made.lines()]
    assert lines[0] == "5 messages: 0 important, 5 unimportant, 0 spam (5 unsure)"
    assert "  … and 3 more" in lines


def test_a_flood_of_senders_does_not_own_the_memory(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "SENDERS_COUNTED", 3)
    raws = [mail("spam", n).replace(b"offers@", f"offers{n}@".encode()) for n in range(9)]
    lines = laid_out(tiny_model, [Stored("in.mbox", str(n), raw) for n, raw in enumerate(raws)], 100)
    assert "Spam: 9" in lines
    assert "       6  from others" in lines


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sender.reply_to_differs", "yes", "sender.reply_to_differs"),
        ("date.hour", ">=8", "date.hour>=8"),
        ("header.subject", "disk failed", "header.subject disk failed"),
        ("body", "", "body"),
        ("text", "disk failed", "“disk failed”"),
    ],
)
def test_a_reason_is_said_in_few_words(name: str, value: str, said: str) -> None:
    assert reason(name, value) == said

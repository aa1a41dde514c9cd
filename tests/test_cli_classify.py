"""mailtriage classify: one line a message, in order, whatever the messages are."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from cli_mail import mail, mixed, objects, run, write_mbox

FIELDS = [
    "schema", "mailbox", "key", "message_id", "date", "from", "subject",
    "label", "unsure", "spared", "p", "log_odds", "clues",
]  # fmt: skip


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    return write_mbox(tmp_path / "in.mbox", mixed())


def test_jsonl_is_the_default_into_a_pipe(mbox: Path, tiny_model: Path) -> None:
    result = run("classify", "-m", tiny_model, mbox)
    found = objects(result)
    assert result.exit_code == 0
    assert [list(one) for one in found] == [FIELDS] * 12
    assert [one["label"] for one in found] == ["important", "unimportant", "spam"] * 4
    first = found[0]
    assert first["schema"] == 1
    assert first["mailbox"] == str(mbox)
    assert first["key"] == "0"
    assert first["message_id"] == "<important.500@example.org>"
    assert first["date"] == "2026-01-25T03:00:00Z"
    assert first["from"] == "root@db01.example.org"
    assert first["subject"] == "disk failed on db01 500"
    assert sum(first["p"].values()) == pytest.approx(1, abs=3e-6)
    assert first["clues"] == []


def test_the_key_finds_the_message_again(mbox: Path, tiny_model: Path) -> None:
    for one in objects(run("classify", "-m", tiny_model, mbox)):
        again = json.loads(run("explain", "-m", tiny_model, "-f", "jsonl", mbox, one["key"]).stdout)
        assert again["message_id"] == one["message_id"]
        assert again["log_odds"] == pytest.approx(one["log_odds"])


def test_explain_gives_as_many_clues_as_asked(mbox: Path, tiny_model: Path) -> None:
    found = objects(run("classify", "-m", tiny_model, "--explain", 3, mbox))
    assert [len(one["clues"]) for one in found] == [3] * 12
    assert set(found[0]["clues"][0]) == {"name", "value", "weight", "contribution"}


def test_jobs_change_nothing(mbox: Path, tiny_model: Path) -> None:
    alone = run("classify", "-m", tiny_model, "--explain", 2, mbox)
    several = run("classify", "-m", tiny_model, "--explain", 2, "--jobs", 2, mbox)
    assert several.stdout == alone.stdout
    assert several.exit_code == 0


@pytest.mark.parametrize(
    "head",
    [
        "Subject: \x1b[31mred\x07\nFrom: a@example.org\n",
        "Subject: =?utf-8?q?=1b[2J=c2=9b31m=e2=80=ae?=\nFrom: =?utf-8?q?=e2=81=a6?= <a@example.org>\n",
        "Subject: =?utf-8?q?one=0atwo=e2=80=a8three=c2=85four?=\nFrom: a@example.org\n",
        "From: \udce9@example.org\nMessage-ID: <\x1b]0;x\x07@example.org>\n",
    ],
)
def test_headers_cannot_steer_a_terminal_nor_break_a_line(
    tmp_path: Path, tiny_model: Path, head: str
) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(head.encode("utf-8", "surrogateescape") + b"\nhello\n")
    for form in ("jsonl", "csv", "text"):
        shown = run("classify", "-m", tiny_model, "-f", form, "--explain", 50, path).stdout
        assert len(shown.splitlines()) == len(shown.rstrip("\n").split("\n"))
        texts = shown if form != "jsonl" else str(json.loads(shown).values())
        assert not any(letter in texts for letter in "\x1b\x07\x9b\u202e\u2066\x85\u2028")


def test_a_date_that_no_calendar_has_is_null(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(b"Date: Thu, 99 Foo 99999 25:61:61 +9999\nSubject: x\n\nx\n")
    assert objects(run("classify", "-m", tiny_model, path))[0]["date"] is None


def test_what_is_no_mail_costs_code_3_and_nothing_else(tmp_path: Path, mbox: Path, tiny_model: Path) -> None:
    binary = tmp_path / "core\x1b[31m"
    binary.write_bytes(bytes(range(256)) * 40)
    result = run("classify", "-m", tiny_model, tmp_path / "absent", mbox, binary, mbox)
    assert result.exit_code == 3
    assert len(objects(result)) == 24
    said = result.stderr.splitlines()
    assert said[0] == f"mailtriage: {tmp_path}/absent: No such file or directory"
    assert any(line.startswith(f"mailtriage: {tmp_path}/core[31m: ") for line in said)
    assert said[-1] == "mailtriage: 2 not readable, 24 judged"
    assert "Traceback" not in result.stderr


def test_an_empty_mailbox_is_no_error(tmp_path: Path, tiny_model: Path) -> None:
    (tmp_path / "empty.mbox").touch()
    result = run("classify", "-m", tiny_model, tmp_path / "empty.mbox")
    assert (result.exit_code, result.stdout) == (0, "")


def test_standard_input_is_a_mailbox_or_a_message(mbox: Path, tiny_model: Path) -> None:
    whole = run("classify", "-m", tiny_model, "-", input=mbox.read_bytes())
    assert [one["label"] for one in objects(whole)] == ["important", "unimportant", "spam"] * 4
    single = objects(run("classify", "-m", tiny_model, "-", input=mail("spam", 900)))
    assert [(one["mailbox"], one["label"]) for one in single] == [("-", "spam")]


def test_csv_has_a_header_and_disarms_formulas(tmp_path: Path, tiny_model: Path) -> None:
    path = write_mbox(
        tmp_path / "in.mbox",
        [mail("spam", 7).replace(b"Subject: ", b"Subject: =HYPERLINK(1)"), mail("spam", 8)],
    )
    result = run("classify", "-m", tiny_model, "-f", "csv", "--explain", 2, path)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [one["label"] for one in rows] == ["spam", "spam"]
    assert rows[0]["subject"].startswith("'=HYPERLINK(1)")
    assert 0 <= float(rows[0]["p_spam"]) <= 1
    assert rows[0]["clues"].count(";") == 1


def test_view_headers_does_not_read_the_body(tmp_path: Path, tiny_model: Path) -> None:
    one = write_mbox(tmp_path / "a.mbox", [mail("spam", 7)])
    other = write_mbox(tmp_path / "b.mbox", [mail("spam", 7).split(b"\n\n")[0] + b"\n\nquite another text\n"])
    options = ("classify", "-m", tiny_model, "--view", "headers")
    assert objects(run(*options, one))[0]["log_odds"] == objects(run(*options, other))[0]["log_odds"]
    assert objects(run(*options[:3], one))[0]["log_odds"] != objects(run(*options[:3], other))[0]["log_odds"]


def test_whose_mail_it_is_is_guessed_and_said_unless_told(mbox: Path, tiny_model: Path) -> None:
    guessed = run("classify", "-m", tiny_model, mbox)
    assert f"mailtriage: {mbox}: taken for the mail of ada@example.org, a guess" in guessed.stderr
    told = run("classify", "-m", tiny_model, "--me", "ADA@example.org", mbox)
    assert told.stderr == ""
    assert told.stdout == guessed.stdout


def test_me_must_be_an_address(mbox: Path, tiny_model: Path) -> None:
    result = run("classify", "-m", tiny_model, "--me", "ada", mbox)
    assert result.exit_code == 2
    assert "'ada' is neither an address nor an @domain" in result.stderr


def test_the_configuration_gives_model_and_me(tmp_path: Path, mbox: Path, tiny_model: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'model = "{tiny_model}"\nme = "ada@example.org"\n')
    result = run("--config", config, "classify", mbox)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(objects(result)) == 12


def test_a_wrong_configuration_is_a_usage_error(tmp_path: Path, mbox: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("modell = 1\n")
    result = run("--config", config, "classify", mbox)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"mailtriage: {config}: unknown key 'modell'")


@pytest.mark.parametrize("damage", ["absent", "empty", "foreign", "truncated"])
def test_a_model_that_cannot_be_used_is_code_4(
    tmp_path: Path, mbox: Path, tiny_model: Path, damage: str
) -> None:
    path = tmp_path / "bad.mailtriage"
    whole = tiny_model.read_bytes()
    content = {"empty": b"", "foreign": b"\x7fELF" * 100, "truncated": whole[: len(whole) // 2]}
    if damage != "absent":
        path.write_bytes(content[damage])
    result = run("classify", "-m", path, mbox)
    assert result.exit_code == 4
    assert result.stdout == ""
    assert result.stderr.startswith("mailtriage: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("dns", ["sometimes", "recorded:/absent.jsonl"])
def test_lookups_that_cannot_be_opened_are_usage_errors(mbox: Path, tiny_model: Path, dns: str) -> None:
    result = run("classify", "-m", tiny_model, "--dns", dns, mbox)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_a_crash_says_so_and_is_no_verdict(
    mbox: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.engine.Classifier.judged", lambda *_, **__: 1 / 0)
    result = run("classify", "-m", tiny_model, mbox)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("mailtriage: internal error, ZeroDivisionError")
    assert "Traceback" in run("--debug", "classify", "-m", tiny_model, mbox).stderr


def test_interrupted_it_keeps_what_was_judged(
    mbox: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.engine import Classifier
    from classifier.output.judged import Judged

    def two_then_stop(self: Classifier, source: object, **_: object) -> object:
        for number, stored in enumerate(source):  # type: ignore[var-annotated, arg-type]
            if number == 2:
                raise KeyboardInterrupt
            yield self.classify(stored)

    def laid_out(self: Classifier, source: object, **_: object) -> object:
        return (Judged.of([verdict]) for verdict in two_then_stop(self, source))

    monkeypatch.setattr(Classifier, "classify_many", two_then_stop)
    monkeypatch.setattr(Classifier, "judged_many", laid_out)
    result = run("classify", "-m", tiny_model, mbox)
    assert result.exit_code == 130
    assert len(objects(result)) == 2
    table = run("classify", "-m", tiny_model, "-f", "text", mbox)
    assert table.exit_code == 130
    assert table.stdout.startswith("2 messages: 1 important, 1 unimportant, 0 spam")

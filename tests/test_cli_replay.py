"""mailtriage replay: lines, a summary and a report; interrupted, what was judged is kept."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli_mail import WORDS, mail, objects, run, write_mbox

from classifier.engine import Classifier

COUNT = 16


@pytest.fixture
def folders(tmp_path: Path) -> list[object]:
    """Three folders; the mail of all three came in turn, a minute apart."""
    given: list[object] = []
    for place, label in enumerate(WORDS):
        mails = [came(label, number, 3 * number + place) for number in range(COUNT)]
        given += [f"--{label}", write_mbox(tmp_path / f"{label}.mbox", mails)]
    return given


def came(label: str, number: int, minute: int) -> bytes:
    stamp = f"Received: from a by b; Mon, 2 Feb 2026 {minute // 60:02}:{minute % 60:02}:00 +0000\n"
    return stamp.encode() + mail(label, number)


def replayed(*arguments: object) -> Any:
    return run("replay", "--model", "none", "--me", "ada@example.org", "--resamples", 0, *arguments)


def test_lines_are_verdicts_with_gold_and_position(folders: list[object]) -> None:
    result = replayed("--explain", 2, *folders)
    assert result.exit_code == 0, result.stderr
    lines = objects(result)
    assert [line["position"] for line in lines] == list(range(3 * COUNT))
    assert [line["gold"] for line in lines] == [*WORDS] * COUNT  # by arrival, not by folder
    assert [line["learned"] for line in lines] == list(range(3 * COUNT))
    assert [line["label"] for line in lines[-6:]] == [*WORDS] * 2
    assert len(lines[-1]["clues"]) == 2
    classified = objects(run("classify", "--model", "none", "--me", "ada@example.org", folders[1]))
    assert set(lines[0]) == {*classified[0], "position", "gold", "learned"}
    assert f"{3 * COUNT} messages judged" in result.stderr


def test_one_mailbox_is_replayed_as_it_is_stored_unless_told(tmp_path: Path) -> None:
    mails = [came("spam", 0, 9), came("important", 1, 5), came("spam", 2, 1)]
    path = write_mbox(tmp_path / "all.mbox", mails)
    table = tmp_path / "labels.tsv"
    rows = [
        "spam\t<spam.0@example.org>",
        "important\t<important.1@example.org>",
        "spam\t<spam.2@example.org>",
    ]
    table.write_text("label\tmessage-id\n" + "\n".join(rows) + "\n")
    for order, golds in ((None, "sis"), ("stored", "sis"), ("arrived", "sis")):
        told = ["--sort", order] if order else []
        lines = objects(replayed(*told, "--labels", table, path))
        assert [line["gold"][0] for line in lines] == list(golds)
        numbers = [int(line["subject"].split()[-1]) for line in lines]
        assert numbers == ([2, 1, 0] if order == "arrived" else [0, 1, 2])


def test_the_model_that_is_given_judges_first(tiny_model: Path, folders: list[object]) -> None:
    before = tiny_model.read_bytes()
    result = run("replay", "-m", tiny_model, "--me", "ada@example.org", "--resamples", 0, *folders)
    first = objects(result)[0]
    assert first["label"] == "important"
    assert tiny_model.read_bytes() == before


def test_feedback_options_reach_the_replay(folders: list[object]) -> None:
    def learned(*options: object) -> int:
        return int(objects(replayed(*options, *folders))[-1]["learned"])

    everything = 3 * COUNT - 1
    assert learned() == everything
    assert learned("--delay", 5) == everything - 5
    assert learned("--delay", "10m") == everything - 9  # due exactly ten minutes later
    assert 0 < learned("--partial", 0.5) < everything
    assert learned("--partial", 0.5, "--seed", 3) == learned("--partial", 0.5, "--seed", 3)
    assert learned("--regime", "toe") <= learned("--regime", "tune") <= everything
    noisy = objects(replayed("--noise", 1, *folders))
    assert noisy[-3]["gold"] == "important"
    assert noisy[-3]["label"] != "important"


def test_the_summary_goes_to_json_and_may_leave_the_beginning_out(
    tmp_path: Path, folders: list[object]
) -> None:
    told = tmp_path / "told.json"
    result = replayed("--from", 0.5, "--summary", told, "-o", tmp_path / "lines", *folders)
    assert result.exit_code == 0, result.stderr
    assert not result.stdout
    assert len((tmp_path / "lines").read_text().splitlines()) == 3 * COUNT
    summary = json.loads(told.read_text())
    assert summary["schema"] == 1
    assert summary["messages"] == 3 * COUNT / 2
    assert summary["run"]["judged"] == 3 * COUNT
    assert summary["run"]["learned"] == 3 * COUNT - 1
    assert summary["run"]["interrupted"] is False
    assert summary["questions"]["spam"]["positives"] == COUNT / 2


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--delay", "soon"], "'soon' is no delay"),
        (["--partial", "1.5"], "--partial"),
        (["--from", "1"], "--from"),
        (["-o", "{spam}"], "is read by this command"),
        (["--summary", "x.out", "--report", "x.out"], "cannot hold two outputs"),
        (["--summary", "nowhere/x.json"], "no such directory"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_done(
    folders: list[object], options: list[str], complaint: str
) -> None:
    spam = Path(str(folders[-1]))
    before = spam.read_bytes()
    result = replayed(*[option.replace("{spam}", str(spam)) for option in options], *folders)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert not result.stdout
    assert spam.read_bytes() == before


def test_without_labelled_mail_there_is_nothing_to_replay(tmp_path: Path) -> None:
    assert "no labelled mail" in replayed().stderr
    empty = tmp_path / "empty.mbox"
    empty.touch()
    result = replayed("--spam", empty)
    assert result.exit_code == 0
    assert "no message was judged" in result.stderr
    assert replayed("--spam", tmp_path / "absent").exit_code == 3


def test_interrupted_it_keeps_and_sums_up_what_was_judged(
    tmp_path: Path, folders: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    classify, judged = Classifier.classify, []

    def until(self: Classifier, raw: Any, **told: Any) -> Any:
        judged.append(raw)
        if len(judged) > 12:
            raise KeyboardInterrupt
        return classify(self, raw, **told)

    monkeypatch.setattr(Classifier, "classify", until)
    told, report = tmp_path / "told.json", tmp_path / "r.html"
    result = replayed("--summary", told, "--report", report, *folders)
    assert result.exit_code == 130
    assert len(objects(result)) == 12
    assert "12 messages judged" in result.stderr
    assert json.loads(told.read_text())["run"]["interrupted"] is True
    assert report.exists()


def test_a_real_interrupt_is_heeded(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "spam.mbox", [mail("spam", number) for number in range(4000)])
    lines = tmp_path / "lines"
    command = [sys.executable, "-m", "classifier", "replay", "--model", "none", "--spam", path, "-o", lines]
    process = subprocess.Popen([*map(str, command), "--resamples", "0"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while (not lines.exists() or not lines.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    count = len(lines.read_text().splitlines())
    assert 0 < count < 4000
    summed = re.search(r"(\d+) messages judged", said.decode())
    assert summed
    assert abs(int(summed[1]) - count) <= 1  # the signal may fall between a line and its count

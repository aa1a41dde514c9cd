"""mailtriage evaluate: a model or a way of training judged on labelled mail."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from cli_mail import WORDS, mail, objects, run, write_mbox
from click.testing import Result

OWN = ("--me", "ada@example.org", "--resamples", "50")


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Mail the model has not seen; every message has a word of its own, so that few are near-duplicates."""
    return {
        label: write_mbox(
            tmp_path / f"{label}.mbox",
            [mail(label, 40 + number, f"X-Day: {number}\n") for number in range(12)],
        )
        for label in WORDS
    }


def given(folders: dict[str, Path], *labels: str) -> list[object]:
    return [word for label in labels or WORDS for word in (f"--{label}", folders[label])]


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    whole: dict[str, Any] = json.loads(result.stdout)
    return whole


def test_a_model_is_judged(folders: dict[str, Path], tiny_model: Path) -> None:
    result = run("evaluate", "-m", tiny_model, *OWN, *given(folders))
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "36 messages judged in 3 groups; intervals of 95 %"
    assert "  spam                      0            0           12            0" in lines
    assert any(line.startswith("  ham called spam (hm%)") and " 0.00  [0.00 to " in line for line in lines)
    assert "Important among all mail, the likeliest read first: 12 and 24" in lines
    assert "\x1b" not in result.stdout


def test_machines_get_everything(folders: dict[str, Path], tiny_model: Path) -> None:
    whole = told(run("evaluate", "-m", tiny_model, *OWN, "--json", "--near", "ignore", *given(folders)))
    assert whole["run"] == {
        "model": "tiny",
        "grouped_by": ["none"],
        "near_duplicates": "ignored",
        "groups": 36,
    }
    assert whole["messages"] == whole["units"] == 36
    spam = whole["questions"]["spam"]
    assert (spam["positives"], spam["negatives"]) == (12, 24)
    assert spam["1-ROCA%"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(100 * (1 - 0.025 ** (1 / 12)))}
    assert len(spam["reliability"]) == 15
    assert set(whole["questions"]) == {"spam", "importance", "reading"}


def test_a_table_gives_what_folders_give(tmp_path: Path, folders: dict[str, Path], tiny_model: Path) -> None:
    rows = [f"<{label}.{40 + number}@example.org>\t{label}" for label in WORDS for number in range(12)]
    (tmp_path / "labels.tsv").write_text("\n".join(["message-id\tlabel", *rows]) + "\n")
    common = ("evaluate", "-m", tiny_model, *OWN, "--json")
    boxes = [folders[label] for label in WORDS]
    by_table = told(run(*common, "--labels", tmp_path / "labels.tsv", *boxes))
    assert by_table == told(run(*common, *given(folders)))


def test_scores_are_what_classify_says(tmp_path: Path, folders: dict[str, Path], tiny_model: Path) -> None:
    scores = tmp_path / "scores.jsonl"
    mailboxes = given(folders, "spam", "important")
    told(run("evaluate", "-m", tiny_model, *OWN, "--json", "--scores", scores, *mailboxes))
    records = [json.loads(line) for line in scores.read_text().splitlines()]
    assert [each["gold"] for each in records] == ["important"] * 12 + ["spam"] * 12
    judged = objects(run("classify", "-m", tiny_model, "--me", "ada@example.org", folders["spam"]))
    for ours, theirs in zip(records[12:], judged, strict=True):
        same = ("mailbox", "key", "label", "unsure", "log_odds")
        assert [ours[name] for name in same] == [theirs[name] for name in same]
        assert ours["p"] == pytest.approx(theirs["p"], abs=1e-6)


def test_the_referee_says_the_same_of_the_scores(
    tmp_path: Path, corpora: Path, folders: dict[str, Path], tiny_model: Path
) -> None:
    judge = runpy.run_path(str(corpora.parent / "bench" / "referee.py"))["judge"]
    scores = tmp_path / "scores.jsonl"
    common = ("evaluate", "--cv", "3", "--bits", "12", "--near", "ignore", *OWN, "--json", "--scores", scores)
    whole = told(run(*common, *given(folders)))["questions"]["spam"]
    records = [json.loads(line) for line in scores.read_text().splitlines()]
    found = judge(
        [each["gold"] == "spam" for each in records], [each["log_odds"]["spam"] for each in records]
    )
    assert whole["1-ROCA%"]["value"] == pytest.approx(found["1-ROCA%"], abs=1e-4)
    assert whole["missed_at_0.5"]["value"] == pytest.approx(found["missed_at_0.5"], abs=0.01)
    assert {each["fold"] for each in records} == {0, 1, 2}


GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lamda mu nu xi omicron pi rho"


def varied(folder: Path) -> dict[str, Path]:
    """Mail of six senders each that says something else every time."""
    words = GREEK.split()
    boxes = {}
    for label in ("spam", "ham"):
        mails = []
        for number in range(12):
            kind = "buy pills" if label == "spam" else "meet team"
            rest = " ".join(words[(number * 5 + at * 3) % 17] for at in range(9 + number % 3))
            head = f"Message-ID: <{label}{number}@h>\nFrom: {label}{number % 6}@example.org\n"
            day = f"Date: {1 + number} Jan 2026 03:00:00 +0000\n"
            mails.append(f"{head}{day}Subject: {kind} {rest}\n\n{rest} {kind}\n".encode())
        boxes[label] = write_mbox(folder / f"{label}.varied", mails)
    return boxes


@pytest.mark.parametrize(("group", "groups"), [("sender", 12), ("thread", 24), ("none", 24)])
def test_cross_validation_by_groups(tmp_path: Path, group: str, groups: int) -> None:
    boxes = varied(tmp_path)
    common = ("evaluate", "--cv", "3", "--bits", "12", *OWN, "--json", "--group", group, "--near", "ignore")
    whole = told(run(*common, *given(boxes, "spam", "ham"), "--scores", tmp_path / "s"))
    assert whole["run"]["groups"] == groups
    assert whole["messages"] == 24
    records = [json.loads(line) for line in (tmp_path / "s").read_text().splitlines()]
    folds: dict[int, set[int]] = {}
    for each in records:
        folds.setdefault(each["group"], set()).add(each["fold"])
    assert all(len(each) == 1 for each in folds.values())
    assert whole == told(run(*common, *given(boxes, "spam", "ham")))


def test_by_time_the_past_judges_the_future(tmp_path: Path) -> None:
    boxes = varied(tmp_path)
    common = ("evaluate", "--cv", "2", "--bits", "12", *OWN, "--json", "--group", "time", "--near", "ignore")
    whole = told(run(*common, *given(boxes, "spam", "ham")))
    assert whole["messages"] == 16
    assert whole["run"]["learned"] == [8, 16]


def turned(tmp_path: Path) -> dict[str, Path]:
    """Nightly mail of four hosts, newest first: what one host always says is news on the next one."""
    texts = ("mirror is in step with its twin", "mirror lags behind its twin")
    boxes: dict[str, list[bytes]] = {"important": [], "unimportant": []}
    for day in reversed(range(24)):
        for host in range(4):
            news = day in (9, 15, 21)
            text = texts[(host + news) % 2]
            raw = (
                f"Message-ID: <{day}.{host}@h{host}.example.org>\n"
                f"From: root@h{host}.example.org (Cron Daemon)\n"
                f"Date: {1 + day} Jan 2026 04:00:00 +0000\nSubject: Cron <root@h{host}> nightly\n\n{text}\n"
            )
            boxes["important" if news else "unimportant"].append(raw.encode())
    return {label: write_mbox(tmp_path / label, mails) for label, mails in boxes.items()}


def test_history_in_order_of_arrival_tells_what_words_cannot(tmp_path: Path) -> None:
    boxes = turned(tmp_path)
    common = ("evaluate", "--cv", "4", "--bits", "12", *OWN, "--group", "host", "--near", "ignore")
    mails = given(boxes, "important", "unimportant")
    precision = {
        history: told(run(*common, *history, "--json", *mails))["questions"]["importance"][
            "average_precision"
        ]
        for history in ((), ("--history",))
    }
    assert precision[()]["value"] < 0.6
    assert precision[("--history",)]["value"] > 0.95


def test_two_models_on_the_same_mail(folders: dict[str, Path], tiny_model: Path) -> None:
    common = ("evaluate", "-m", tiny_model, *OWN, "--compare", tiny_model)
    same = told(run(*common, "--json", *given(folders)))["comparison"]
    assert same["labels"] == {
        "only_ours_right": 0, "only_theirs_right": 0, "p": 1.0, "test": "signs of units flipped",
    }  # fmt: skip
    assert same["questions"]["spam"]["1-ROCA%"]["p_bootstrap"] == 1
    text = run(*common, *given(folders)).stdout
    assert f"tiny less {tiny_model}, on the same mail" in text


def test_near_duplicates_can_leave_nothing_to_learn(folders: dict[str, Path]) -> None:
    result = run("evaluate", "--cv", "3", "--bits", "12", *OWN, *given(folders))
    assert result.exit_code == 2
    assert result.stderr.startswith("mailtriage: ")
    assert "leaves no" in result.stderr or "cannot fill" in result.stderr


def test_a_message_with_two_labels_is_an_error(
    folders: dict[str, Path], tmp_path: Path, tiny_model: Path
) -> None:
    again = write_mbox(tmp_path / "again.mbox", [mail("spam", 41, "X-Day: 1\nStatus: RO\n")])
    for command in (("-m", tiny_model), ("--cv", "2", "--bits", "12")):
        result = run("evaluate", *command, *OWN, "--ham", again, *given(folders, "spam"))
        assert result.exit_code == 2
        assert (
            f"{again} 0: called ham here, but the same message is called spam at {folders['spam']}"
            in result.stderr
        )
    agreed = run("evaluate", "-m", tiny_model, *OWN, "--spam", again, *given(folders))
    assert agreed.exit_code == 0, agreed.stderr


def test_labels_for_mail_that_is_not_there(
    folders: dict[str, Path], tmp_path: Path, tiny_model: Path
) -> None:
    table = tmp_path / "labels.tsv"
    table.write_text("message-id\tlabel\n<nowhere@example.org>\tspam\n")
    result = run("evaluate", "-m", tiny_model, "--labels", table, folders["spam"])
    assert result.exit_code == 2
    assert "line 2: no message <nowhere@example.org>" in result.stderr


@pytest.mark.parametrize("label", list(WORDS))
def test_one_answer_alone_judges_nothing(folders: dict[str, Path], tiny_model: Path, label: str) -> None:
    result = run("evaluate", "-m", tiny_model, *OWN, *given(folders, label))
    assert result.exit_code == 2
    assert f"nothing to tell apart in 12 {label}" in result.stderr


def test_an_empty_mailbox_judges_nothing(tmp_path: Path, tiny_model: Path) -> None:
    (tmp_path / "empty").touch()
    result = run("evaluate", "-m", tiny_model, "--spam", tmp_path / "empty", "--ham", tmp_path / "empty")
    assert result.exit_code == 2
    assert "nothing to tell apart in no messages" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "no labelled mail"),
        (["--cv", "3", "-m", "starter", "--spam", "x"], "--cv trains models of its own"),
        (["--bits", "12", "--spam", "x"], "--bits is for --cv"),
        (["--history", "--spam", "x"], "--history is for --cv"),
        (["--group", "time", "--spam", "x"], "--group time is for --cv"),
        (["--cv", "3", "--group", "time", "--group", "host", "--spam", "x"], "goes with no other group"),
        (["--scores", "/nowhere/x", "--spam", "x"], "no such directory"),
        (["--cv", "1", "--spam", "x"], "--cv"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], word: str) -> None:
    result = run("evaluate", *arguments)
    assert result.exit_code == 2
    assert word in result.stderr


@pytest.mark.parametrize(
    "how", [("-m", "tiny"), ("--cv", "3", "--bits", "12", "--near", "ignore", "--history")]
)
def test_a_report_is_written(
    folders: dict[str, Path], tmp_path: Path, tiny_model: Path, how: tuple[str, ...]
) -> None:
    wrong = write_mbox(tmp_path / "wrong.mbox", [mail("spam", 900, "X-Other: mail\n")])
    arguments = [tiny_model if word == "tiny" else word for word in how]
    report = tmp_path / "report.html"
    result = run("evaluate", *arguments, *OWN, *given(folders), "--important", wrong, "--report", report)
    assert result.exit_code == 0, result.stderr
    page = report.read_text()
    assert page.count("<svg") > 1
    assert "cheap pills 900" in page or "--cv" in how  # the worst mistake


def test_what_is_read_is_not_overwritten(folders: dict[str, Path], tiny_model: Path) -> None:
    before = folders["spam"].read_bytes()
    result = run("evaluate", "-m", tiny_model, *given(folders), "--scores", folders["spam"])
    assert result.exit_code == 2
    assert "is read by this command" in result.stderr
    assert folders["spam"].read_bytes() == before


def test_a_budget_decides_the_labels_not_the_ranking(folders: dict[str, Path]) -> None:
    common = ("evaluate", "--cv", "3", "--bits", "12", "--near", "ignore", *OWN, "--json", *given(folders))
    free, bound = told(run(*common)), told(run(*common, "--max-lost", "1/1000"))
    assert free["questions"] == bound["questions"]
    called_spam = [
        sum(sum(row["spam"].values()) for row in each["confusion"].values()) for each in (free, bound)
    ]
    assert called_spam[1] == 0  # so few examples promise nothing, so nothing is put away


def test_codes_for_a_missing_model_and_a_missing_mailbox(folders: dict[str, Path], tmp_path: Path) -> None:
    assert run("evaluate", "-m", tmp_path / "none", *given(folders)).exit_code == 4
    assert run("evaluate", "--spam", tmp_path / "none", *given(folders, "important")).exit_code == 3

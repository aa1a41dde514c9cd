"""mailtriage train: a model file from folders and tables, or a clear word why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_mail import WORDS, mail, objects, run, write_mbox

OPTIONS = ("--bits", "12", "--me", "ada@example.org")


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return {
        label: write_mbox(tmp_path / f"{label}.mbox", [mail(label, number) for number in range(20)])
        for label in WORDS
    }


def given(folders: dict[str, Path], *labels: str) -> list[object]:
    return [word for label in labels for word in (f"--{label}", folders[label])]


def test_a_model_from_folders_judges_mail(tmp_path: Path, folders: dict[str, Path]) -> None:
    model = tmp_path / "mine.mailtriage"
    result = run("train", "-o", model, *OPTIONS, *given(folders, *WORDS))
    assert result.exit_code == 0, result.stderr
    assert "learned 20 important, 20 spam, 20 unimportant" in result.stdout
    card = json.loads(run("models", model).stdout)
    assert card["name"] == "mine"
    assert {one["mailbox"] for one in card["training"]["sources"]} == {f"{label}.mbox" for label in WORDS}
    labels = [
        objects(run("classify", "-m", model, "-", input=mail(label, 70)))[0]["label"] for label in WORDS
    ]
    assert labels == list(WORDS)


def test_a_model_from_a_table_is_the_model_from_folders(tmp_path: Path, folders: dict[str, Path]) -> None:
    rows = ["label\tmessage-id\tnote"]
    rows += [f"{label}\t<{label}.{number}@example.org>\tx" for label in WORDS for number in range(20)]
    (tmp_path / "labels.tsv").write_text("\n".join(rows) + "\n")
    boxes = [folders[label] for label in WORDS]
    first, second = tmp_path / "a.mailtriage", tmp_path / "b.mailtriage"
    one = run("train", "-o", first, *OPTIONS, *given(folders, *WORDS))
    other = run("train", "-o", second, *OPTIONS, "--labels", tmp_path / "labels.tsv", *boxes)
    assert (one.exit_code, other.exit_code) == (0, 0), other.stderr
    cards = [json.loads(run("models", path).stdout) for path in (first, second)]
    assert cards[0]["sha256"] == cards[1]["sha256"]


def test_rows_and_messages_that_miss_each_other(tmp_path: Path, folders: dict[str, Path]) -> None:
    table = tmp_path / "labels.tsv"
    table.write_text("label\tmessage-id\nspam\t<nowhere@example.org>\n")
    result = run("train", "-o", tmp_path / "m", *OPTIONS, "--labels", table, folders["spam"])
    assert result.exit_code == 2
    assert result.stderr == f"mailtriage: {table} line 2: no message <nowhere@example.org> in the mailboxes\n"
    table.write_text("label\tmessage-id\nspam\t<spam.1@example.org>\n")
    ham = given({"ham": folders["important"]}, "ham")
    result = run("train", "-o", tmp_path / "m", *OPTIONS, *ham, "--labels", table, folders["spam"])
    assert f"mailtriage: {table}: says nothing of 19 messages, which are left out\n" in result.stderr


def test_an_unknown_label_is_refused_by_line(tmp_path: Path, folders: dict[str, Path]) -> None:
    table = tmp_path / "labels.tsv"
    table.write_text("label\tmessage-id\njunk\t<spam.1@example.org>\n")
    result = run("train", "-o", tmp_path / "m", "--labels", table, folders["spam"])
    assert result.exit_code == 2
    assert "line 2: unknown label 'junk'" in result.stderr


@pytest.mark.parametrize("labels", [("spam",), ("important",)])
def test_examples_of_one_kind_teach_nothing(
    tmp_path: Path, folders: dict[str, Path], labels: tuple[str, ...]
) -> None:
    result = run("train", "-o", tmp_path / "m", *OPTIONS, *given(folders, *labels))
    assert result.exit_code == 2
    assert "nothing to tell apart in 20" in result.stderr
    assert not (tmp_path / "m").exists()


def test_an_empty_class_is_an_error(tmp_path: Path, folders: dict[str, Path]) -> None:
    (tmp_path / "empty.mbox").touch()
    result = run(
        "train", "-o", tmp_path / "m", *OPTIONS, *given(folders, "spam"), "--ham", tmp_path / "empty.mbox"
    )
    assert result.exit_code == 2
    assert "empty.mbox: no message to learn as ham" in result.stderr


def test_a_mailbox_that_cannot_be_opened_stops_the_training(tmp_path: Path, folders: dict[str, Path]) -> None:
    result = run(
        "train", "-o", tmp_path / "m", *OPTIONS, *given(folders, *WORDS), "--ham", tmp_path / "absent"
    )
    assert result.exit_code == 3
    assert not (tmp_path / "m").exists()


def test_a_model_is_replaced_only_by_force(tmp_path: Path, folders: dict[str, Path]) -> None:
    model = tmp_path / "m"
    model.write_text("precious")
    refused = run("train", "-o", model, *OPTIONS, *given(folders, "spam", "important"))
    assert refused.exit_code == 2
    assert model.read_text() == "precious"
    assert run("train", "-o", model, "--force", *OPTIONS, *given(folders, "spam", "important")).exit_code == 0
    assert model.read_bytes() != b"precious"


@pytest.mark.parametrize("arguments", [[], ["--labels", "x.tsv"], ["a.mbox"]])
def test_what_is_missing_is_said(tmp_path: Path, arguments: list[str]) -> None:
    result = run("train", "-o", tmp_path / "m", *arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_a_model_that_cannot_be_written_is_said_before_anything_is_read(tmp_path: Path) -> None:
    output = tmp_path / "absent" / "mine"
    result = run("train", "-o", output, "--spam", tmp_path / "no.mbox")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{output}: cannot be written" in result.stderr
    assert "no.mbox" not in result.stderr

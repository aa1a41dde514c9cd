"""Parquet: typed columns that say what jsonl says, in row groups, also into a pipe."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_mail import mail, mixed, objects, run, write_mbox

from classifier.engine import Classifier
from classifier.errors import MissingPackage
from classifier.mailboxes import open_mailbox
from classifier.output.lines import jsonl

pa = pytest.importorskip("pyarrow", reason="needs the extra arrow")

import pyarrow.parquet as pq  # noqa: E402

from classifier.output import parquet  # noqa: E402


def test_a_batch_says_what_jsonl_says(tmp_path: Path, tiny_model: Path) -> None:
    path = write_mbox(tmp_path / "in.mbox", [*mixed(), b"Subject: no date\n\nx\n"])
    (judged,) = Classifier.load(tiny_model).judged_many(open_mailbox(path), explain=3)
    rows = parquet.batch(judged).to_pylist()
    told = [json.loads(line) for line in jsonl(judged).splitlines()]
    for row, one in zip(rows, told, strict=True):
        same = ("mailbox", "key", "message_id", "from", "subject", "label", "unsure", "spared")
        assert {name: row[name] for name in same} == {name: one[name] for name in same}
        assert row["date"] == (one["date"] and datetime.fromisoformat(one["date"]))
        assert {name: round(row[f"p_{name}"], 6) for name in one["p"]} == one["p"]
        assert {name: row[f"log_odds_{name}"] for name in one["log_odds"]} == one["log_odds"]
        assert [(clue["name"], clue["weight"]) for clue in row["clues"]] == [
            (clue["name"], clue["weight"]) for clue in one["clues"]
        ]
    assert rows[0]["date"] == datetime(2026, 1, 25, 3, tzinfo=UTC)
    assert rows[-1]["date"] is None


def test_types_are_types(tmp_path: Path, tiny_model: Path) -> None:
    path = write_mbox(tmp_path / "in.mbox", mixed())
    with (tmp_path / "out.parquet").open("wb") as sink:
        count = parquet.write(Classifier.load(tiny_model).judged_many(open_mailbox(path)), sink)
    table = pq.read_table(tmp_path / "out.parquet")
    assert (count, table.num_rows) == (12, 12)
    types = {field.name: str(field.type) for field in table.schema}
    assert types["date"] == "timestamp[us, tz=UTC]"
    assert types["label"].startswith("dictionary<values=string")
    assert {types[name] for name in ("unsure", "spared")} == {"bool"}
    assert {types[name] for name in types if name.startswith(("p_", "log_odds_"))} == {"double"}
    assert types["clues"].startswith("list<")
    assert table.column("clues").to_pylist() == [[]] * 12


def test_row_groups_bound_the_memory(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS", 128)
    path = write_mbox(tmp_path / "in.mbox", [mail("spam", number) for number in range(300)])
    held = []
    with parquet.ParquetFile(io.BytesIO()) as file:
        for judged in Classifier.load(tiny_model).judged_many(open_mailbox(path)):
            file.write(judged)
            held.append(file._waiting_rows)
    assert max(held) < 128
    assert file.rows == 300


def test_values_of_clues_are_text_whatever_they_were() -> None:
    assert [parquet._clue({"value": value})["value"] for value in ("x", None, True, 2.5, 3)] == [
        "x", None, "true", "2.5", "3",
    ]  # fmt: skip


def test_a_file_says_what_was_said_of_it(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    with parquet.ParquetFile(path) as file:
        file.describe({"part": 3, "problems": ["\u00e9"]})
    assert parquet.said_of(str(path)) == {"part": 3, "problems": ["\u00e9"]}
    assert parquet.said_of(str(tmp_path / "absent")) is None
    path.write_bytes(path.read_bytes()[:-5])
    assert parquet.said_of(str(path)) is None


def test_without_pyarrow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingPackage, match=r"needs pyarrow: pip install 'mailtriage\[arrow\]'"):
        parquet.columns()


def test_the_command_writes_parquet_into_a_pipe(tmp_path: Path, tiny_model: Path) -> None:
    path = write_mbox(tmp_path / "in.mbox", mixed())
    result = run("classify", "-m", tiny_model, "-f", "parquet", "--explain", 2, path, tmp_path / "absent")
    assert result.exit_code == 3
    rows = pq.read_table(io.BytesIO(result.stdout_bytes)).to_pylist()
    told = objects(run("classify", "-m", tiny_model, "--explain", 2, path))
    assert [(row["key"], row["label"]) for row in rows] == [(one["key"], one["label"]) for one in told]
    assert [len(row["clues"]) for row in rows] == [2] * 12


def test_the_command_says_what_is_missing(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_mbox(tmp_path / "in.mbox", mixed())
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    result = run("classify", "-m", tiny_model, "-f", "parquet", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "mailtriage[arrow]" in result.stderr

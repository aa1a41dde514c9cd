"""Frames of mail judged where other engines have them; Spark and Ray themselves where they are installed."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_mail import mail, mixed, write_mbox
from installed import installed, program_or_skip

from classifier.engine import Classifier
from classifier.mailboxes import open_mailbox
from classifier.output.lines import records

pa = installed("pyarrow", reason="needs the extra arrow")

from classifier.engine.frames import Frames  # noqa: E402

PAGE = Path(__file__).resolve().parent.parent / "notebooks" / "05_many_machines.md"
ME = ["ada@example.org"]


def told(model: Path, mails: list[bytes], explain: int = 0) -> list[dict[str, Any]]:
    """What a local run says."""
    classifier = Classifier.load(model, me=ME)
    return list(records(classifier.judged(mails, explain=explain)))


def same(row: dict[str, Any], one: dict[str, Any]) -> bool:
    p = {name: round(row[f"p_{name}"], 6) for name in one["p"]}
    odds = {name: row[f"log_odds_{name}"] for name in one["log_odds"]}
    return (row["label"], row["subject"], p, odds) == (
        one["label"],
        one["subject"],
        one["p"],
        one["log_odds"],
    )


def test_an_arrow_table_of_mail_becomes_one_of_verdicts(tiny_model: Path) -> None:
    mails = mixed(40)
    table = pa.table({"id": range(len(mails)), "raw": mails, "other": ["x"] * len(mails)})
    judge = Frames(tiny_model, me=ME, keep=["id"], explain=2)
    found = judge(table)
    assert found.schema.names == ["id", *judge.schema().names]
    rows = found.to_pylist()
    assert [row["id"] for row in rows] == list(range(len(mails)))
    assert all(same(row, one) for row, one in zip(rows, told(tiny_model, mails), strict=True))
    assert {len(row["clues"]) for row in rows} == {2}
    assert found.schema.field("label").type == pa.string()
    (piece,) = table.to_batches()
    assert isinstance(judge(piece), pa.RecordBatch)
    assert list(judge.map([piece, piece])) == [judge(piece)] * 2
    assert judge(table.slice(0, 0)).num_rows == 0


def test_a_pandas_frame_keeps_its_index(tiny_model: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    mails = mixed(3)
    frame = pandas.DataFrame(
        {"raw": [bytearray(one) for one in mails], "id": list("abcdefghi")}, index=range(20, 29)
    )
    found = Frames(tiny_model, me=ME, keep=["id"])(frame)
    assert list(found.index) == list(range(20, 29))
    assert list(found.columns[:2]) == ["id", "message_id"]
    assert all(
        same(row, one) for row, one in zip(found.to_dict("records"), told(tiny_model, mails), strict=True)
    )


def test_where_there_is_no_mail_there_is_no_verdict(tiny_model: Path) -> None:
    table = pa.table({"raw": pa.array([None, mail("spam", 7), None, mail("important", 7)], pa.binary())})
    assert Frames(tiny_model)(table).column("label").to_pylist() == [None, "spam", None, "important"]
    assert Frames(tiny_model)(table.slice(0, 1)).column("label").to_pylist() == [None]


def test_what_is_no_frame_of_mail_is_refused(tiny_model: Path) -> None:
    judge = Frames(tiny_model)
    with pytest.raises(TypeError, match="no frame"):
        judge({"raw": [b"x"]})
    with pytest.raises(TypeError, match="holds str, not bytes"):
        judge(pa.table({"raw": ["Subject: x"]}))
    with pytest.raises(KeyError):
        judge(pa.table({"body": [b"x"]}))


def test_it_travels_with_a_classifier_as_it_is_now(tiny_model: Path) -> None:
    classifier = Classifier.load(tiny_model, me=ME)
    for number in range(5):
        classifier.learn(mail("spam", number), "important")
    judge = pickle.loads(pickle.dumps(Frames(classifier)))
    table = pa.table({"raw": [mail("spam", 77)]})
    assert judge(table).column("log_odds_spam").to_pylist() == [
        classifier.classify(mail("spam", 77)).log_odds.spam
    ]
    assert len(pickle.dumps(Frames(tiny_model, me=ME))) < 1000


def blocks() -> dict[str, str]:
    """The page's Python blocks, by the engine that their first line names."""
    found = re.findall(
        r"^```python\n# (\w+)[^\n]*\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return dict(found)


def run_block(engine: str, tmp_path: Path, model: Path) -> list[dict[str, Any]]:
    """Run a block of the page on a mailbox, and read the Parquet files that it wrote."""
    import pyarrow.parquet as pq

    write_mbox(tmp_path / "archive.mbox", mixed(40))
    (tmp_path / "mails").mkdir()
    for number, one in enumerate(mixed(5)):
        (tmp_path / "mails" / f"{number:02}.eml").write_bytes(one)
    source = blocks()[engine].replace('"starter"', repr(str(model))).replace("64 << 20", "20_000")
    (tmp_path / "block.py").write_text(source)
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "block.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return pq.read_table(tmp_path / "verdicts").to_pylist()


def is_whole(rows: list[dict[str, Any]], tmp_path: Path, model: Path) -> None:
    stored = list(open_mailbox(tmp_path / "archive.mbox"))
    wanted = dict(zip((one.key for one in stored), told(model, [one.raw for one in stored]), strict=True))
    assert sorted(row["key"] for row in rows) == sorted(wanted)
    assert all(same(row, wanted[row["key"]]) for row in rows)


@pytest.mark.parametrize("engine", ["Spark", "Ray", "Dask"])
def test_the_page_runs(engine: str, tmp_path: Path, tiny_model: Path) -> None:
    package = {"Spark": "pyspark", "Ray": "ray.data", "Dask": "distributed"}[engine]
    installed(package, reason=f"{engine} is not installed (make engines)")
    if engine == "Spark":
        program_or_skip("java", reason="Spark needs Java")
    is_whole(run_block(engine, tmp_path, tiny_model), tmp_path, tiny_model)


def test_what_is_not_installed_skips_but_not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such thing"):
        installed("no_such_package", reason="no such thing")
    with pytest.raises(pytest.skip.Exception, match="no such thing"):
        program_or_skip("no-such-program", reason="no such thing")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ImportError):
        installed("no_such_package", reason="no such thing")
    with pytest.raises(pytest.fail.Exception, match="must not skip"):
        program_or_skip("no-such-program", reason="no such thing")

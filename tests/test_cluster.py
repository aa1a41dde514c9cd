"""Judging on a Dask cluster of separate processes: the same lines as here, also when a worker is killed."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_mail import chatty, mail, mixed, objects, run, write_mbox

from classifier.engine import Classifier
from classifier.engine.copies import packed, unpacked
from classifier.errors import ClusterError, ConfigError, MissingPackage
from classifier.mailboxes import Mailbox, Part, Problem, Stored, open_mailbox
from classifier.output.lines import jsonl
from classifier.signals import Site

pytest.importorskip("distributed", reason="needs the extra dask")
pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra dask")

from classifier.engine import cluster as clusters  # noqa: E402
from classifier.engine.parts import Task, unpacked_lines  # noqa: E402
from classifier.output.folder import Folder  # noqa: E402

pytestmark = [
    pytest.mark.xdist_group("dask"),
    pytest.mark.filterwarnings("ignore"),  # other people's event loops
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[clusters.Cluster]:
    """Two processes on this machine."""
    with clusters.Cluster(None, 2) as started:
        yield started


@pytest.fixture
def own_cluster(cluster: clusters.Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands have the cluster that runs already."""

    class Running:
        def __init__(self, scheduler: str | None, workers: int) -> None:
            assert (scheduler, workers) == (None, 1)

        def __enter__(self) -> clusters.Cluster:
            return cluster

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(clusters, "Cluster", Running)


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mail of every kind."""
    top = tmp_path_factory.mktemp("mails")
    many = [chatty(label, number) for number in range(100) for label in ("important", "unimportant", "spam")]
    box = write_mbox(top / "big.mbox", many)
    (top / "small.mbox.gz").write_bytes(gzip.compress(write_mbox(top / "other.mbox", mixed()).read_bytes()))
    for part in ("cur", "new", "tmp"):
        (top / "maildir" / part).mkdir(parents=True)
    for number in range(20):
        (top / "maildir" / "cur" / f"17000000{number:02}.M{number}.host:2,S").write_bytes(
            mail("spam", number)
        )
    with zipfile.ZipFile(top / "all.zip", "w") as archive:
        archive.write(box, "in.mbox")
    return top


def tasks(classifier: Classifier, mailboxes: list[Mailbox], size: int, **wanted: Any) -> Iterator[Task]:
    setting = packed(classifier)[1]()
    parts = [part for mailbox in mailboxes for part in mailbox.parts(size)]
    yield from (Task(number, part, setting, **wanted) for number, part in enumerate(parts))


def here(classifier: Classifier, mailboxes: list[Mailbox], explain: int = 0) -> bytes:
    return b"".join(
        jsonl(judged) for mailbox in mailboxes for judged in classifier.judged_many(mailbox, explain=explain)
    )


def test_a_worker_killed_in_mid_run_changes_nothing(
    cluster: clusters.Cluster, mails: Path, tiny_model: Path
) -> None:
    classifier = Classifier.load(tiny_model, me=["ada@example.org"])
    names = ["big.mbox", "small.mbox.gz", "maildir"]
    boxes = [open_mailbox(mails / name) for name in names] + [open_mailbox(f"zip://in.mbox::{mails}/all.zip")]
    todo = list(tasks(classifier, boxes, 6_000, explain=1))
    assert len(todo) > 50
    client, killed, lines, numbers = cluster._client, 0, [], []
    for task, answer in cluster.judged(packed(classifier)[0], todo):
        numbers.append(task.number)
        lines += unpacked_lines(answer.lines)
        assert answer.problems == []
        busy = sorted(worker for worker, keys in client.processing().items() if keys)
        if busy and not killed:
            killed = client.run(os.getpid, workers=busy[:1])[busy[0]]
            os.kill(killed, signal.SIGKILL)
    assert killed
    assert numbers == list(range(len(todo)))
    assert b"".join(lines) == here(classifier, boxes, explain=1)
    patience = time.monotonic() + 120  # on a busy machine a new process takes its time
    while len(pids := client.run(os.getpid, on_error="ignore")) < 2 or killed in pids.values():
        assert time.monotonic() < patience
        time.sleep(0.2)


class Deadly(Part):
    """The villain: whoever reads it is killed."""

    def about(self) -> tuple[str, str]:
        return "villain.mbox", "bytes 1 to 2"

    def read(self, problems: list[Problem]) -> Iterator[Stored]:
        os.kill(os.getpid(), signal.SIGKILL)
        yield Stored("", "", b"")


def _forgive(dask_scheduler: Any, deaths: int) -> None:
    dask_scheduler.allowed_failures = deaths


def test_a_part_that_kills_every_worker_is_named_and_costs_nothing_else(
    cluster: clusters.Cluster, mails: Path, tiny_model: Path
) -> None:
    classifier = Classifier.load(tiny_model)
    box = open_mailbox(mails / "other.mbox")
    good = list(tasks(classifier, [box], 1000))
    bad = Task(len(good), Deadly(), good[0].setting)
    cluster._client.run_on_scheduler(_forgive, deaths=0)
    try:
        answers = dict(cluster.judged(packed(classifier)[0], [*good[:2], bad, *good[2:]], ordered=False))
    finally:
        cluster._client.run_on_scheduler(_forgive, deaths=3)
    assert answers[bad].lost
    assert str(answers[bad].problems[0]).startswith("villain.mbox at bytes 1 to 2: every worker that judged")
    lines = b"".join(b"".join(unpacked_lines(answers[task].lines)) for task in good)
    assert lines == here(classifier, [box])


def test_the_command_prints_what_it_prints_without_a_cluster(
    own_cluster: None, mails: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "LINES_BYTES", 9_000)
    given = (
        "classify",
        "-m",
        tiny_model,
        "--explain",
        2,
        mails / "big.mbox",
        mails / "absent",
        mails / "maildir",
    )
    alone, spread = run(*given), run(*given, "--engine", "dask")
    assert spread.stdout == alone.stdout
    assert spread.exit_code == 3
    assert sorted(spread.stderr.splitlines()) == sorted(alone.stderr.splitlines())
    assert "taken for the mail of ada@example.org" in spread.stderr


def rows(folder: Path) -> list[dict[str, Any]]:
    return pq.read_table(folder).to_pylist()


def test_a_folder_of_parts_is_finished_by_resume(
    own_cluster: None, mails: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "FILE_BYTES", 20_000)
    out = tmp_path / "out"
    given = (
        "classify",
        "--engine",
        "dask",
        "-m",
        tiny_model,
        "--me",
        "ada@example.org",
        "-o",
        out,
        mails / "big.mbox",
    )
    assert run(*given).exit_code == 0
    told = objects(run("classify", "-m", tiny_model, "--me", "ada@example.org", mails / "big.mbox"))
    assert [(row["key"], row["label"]) for row in rows(out)] == [(one["key"], one["label"]) for one in told]
    names = sorted(path.name for path in out.iterdir())
    assert names == ["_SUCCESS", *(f"part-{number:06}.parquet" for number in range(len(names) - 1))]
    assert json.loads((out / "_SUCCESS").read_text()) == {
        "parts": len(names) - 1,
        "messages": 300,
        "unreadable": 0,
    }

    again = run(*given)
    assert again.exit_code == 2
    assert "is not empty; --resume goes on with it" in again.stderr
    kept, gone = out / names[1], out / names[2]
    before = kept.stat().st_mtime_ns
    gone.unlink()
    (out / "_SUCCESS").unlink()
    (out / "_left").write_bytes(b"by a worker that was killed")
    whole = run(*given, "--resume")
    assert whole.exit_code == 0
    assert kept.stat().st_mtime_ns == before
    assert sorted(path.name for path in out.iterdir()) == names
    assert len(rows(out)) == 300
    other = run(*given[:-1], "--resume", "--view", "headers", mails / "big.mbox")  # not the same question
    assert other.exit_code == 0
    assert kept.stat().st_mtime_ns != before
    assert run(*given, "--force").exit_code == 0
    assert rows(out)[0]["log_odds_spam"] == told[0]["log_odds"]["spam"]


def test_problems_of_parts_that_are_done_are_told_again(
    own_cluster: None, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.mbox").write_bytes(
        b"no From line: x\n\n" + write_mbox(tmp_path / "a", mixed()).read_bytes()
    )
    out = tmp_path / "out"
    given = (
        "classify", "--engine", "dask", "-m", tiny_model, "--me", "a@b.org", "--mailbox-format", "mbox",
        "-o", out, tmp_path / "in.mbox", tmp_path / "absent",
    )  # fmt: skip
    first, second = run(*given), run(*given, "--resume")
    assert sorted(first.stderr.splitlines()) == sorted(second.stderr.splitlines())
    assert "no message begins at the start of this mbox" in first.stderr
    assert (first.exit_code, second.exit_code) == (3, 3)


def test_a_folder_that_is_not_ours_is_left_alone(
    own_cluster: None, mails: Path, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    for extra in ((), ("--force",), ("--resume",)):
        result = run(
            "classify", "--engine", "dask", "-m", tiny_model, "-o", tmp_path, *extra, mails / "other.mbox"
        )
        assert result.exit_code == 2
        assert "holds letter.txt" in result.stderr
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_folder_may_be_a_url(tiny_model: Path, mails: Path) -> None:
    folder = Folder("memory://results/2026")
    classifier = Classifier.load(tiny_model)
    folder.begin()
    problems: list[Problem] = []
    assert folder.write(0, "m", classifier.judged_many(open_mailbox(mails / "other.mbox")), problems) == 12
    assert folder.has(0)
    assert folder.finished(0, "m") == (12, [])
    assert folder.finished(0, "another") is None
    assert folder.finished(1, "m") is None
    folder.finish(1, {"parts": 1})
    with pytest.raises(ConfigError, match="not empty"):
        folder.begin()
    folder.begin(force=True)
    assert not folder.has(0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-f", "csv"), "writes jsonl to standard output, or Parquet to a folder"),
        (("-f", "jsonl", "-o", "out"), "writes jsonl to standard output, or Parquet to a folder"),
        (("--resume",), "name it"),
        (("--resume", "--force", "-o", "out"), "choose one"),
        (("-",), "cannot read standard input"),
    ],
)
def test_what_cannot_be_is_refused(
    tiny_model: Path, options: tuple[str, ...], said: str, mails: Path
) -> None:
    result = run("classify", "--engine", "dask", "-m", tiny_model, mails / "other.mbox", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_scheduler_that_is_not_there_is_said_in_one_line(
    tiny_model: Path, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "ANSWERS", 1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        result = run(
            "classify",
            "--engine",
            "dask",
            "--scheduler",
            address,
            "-m",
            tiny_model,
            "--me",
            "a@b.org",
            mails / "other.mbox",
        )
    assert result.exit_code == 1
    assert result.stderr == f"mailtriage: {address}: no scheduler answers there\n"


def test_a_scheduler_that_goes_in_mid_run_is_said_in_one_line(
    tiny_model: Path, mails: Path, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler = subprocess.Popen([*dask, "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **quiet)
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--no-nanny",
            "--nthreads",
            "1",
            "--no-dashboard",
        ],
        **quiet,
    )
    classifier = Classifier.load(tiny_model)
    try:
        with clusters.Cluster(address) as cluster:
            answers = cluster.judged(
                packed(classifier)[0], tasks(classifier, [open_mailbox(mails / "big.mbox")], 3_000)
            )
            next(answers)
            scheduler.kill()
            scheduler.wait()
            with pytest.raises(ClusterError, match="the connection to the scheduler was lost"):
                list(answers)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


def test_a_classifier_opens_elsewhere_as_it_is_here(tiny_model: Path, mails: Path) -> None:
    classifier = Classifier.load(tiny_model, me=["ada@example.org"], view="headers")
    classifier.learn(mail("spam", 1), "important")
    model, setting = packed(classifier)
    classifier.site = Site(me=frozenset(["eve@example.org"]))
    copy = unpacked(model, setting())
    assert copy is unpacked(model, setting())
    assert (copy.site, copy.view) == (classifier.site, "headers")
    assert here(copy, [open_mailbox(mails / "other.mbox")]) == here(
        classifier, [open_mailbox(mails / "other.mbox")]
    )


def test_what_cannot_travel_is_refused(tiny_model: Path) -> None:
    from classifier.lookup import open_lookup

    classifier = Classifier.load(tiny_model)
    live = Classifier(classifier.model, lookup=open_lookup("live"))
    with pytest.raises(ConfigError, match="cannot travel"):
        packed(live)


def test_without_dask_the_error_says_what_to_install(
    tiny_model: Path, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(MissingPackage, match=r"mailtriage\[dask\]"):
        clusters.Cluster(None, 1)

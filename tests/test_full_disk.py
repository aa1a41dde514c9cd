"""A full disk: one line that names the file, exit code 1, and nothing of what was done is lost."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import mail, mixed, run, write_mbox

from classifier import Classifier
from classifier.errors import OutputError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such limits")

LIMITED = """
import resource, signal, sys
from classifier.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
main()
"""
"""The command where no file may grow beyond so many bytes: to it, a disk that is full there."""

JUDGE = ("classify", "-m", "MODEL", "--me", "ada@example.org", "--profile", "off")


def limited(size: int, *words: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMITED, str(size), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A mailbox of several parts, each with few lines; the lines of all have 150 kB."""
    large = [mail("spam", n, "Content-Type: image/png\n") + b"x" * 12_000 + b"\n" for n in range(300)]
    return write_mbox(tmp_path / "box", large)


@pytest.fixture
def judge(tiny_model: Path) -> tuple[object, ...]:
    return tuple(tiny_model if word == "MODEL" else word for word in JUDGE)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_standard_output_is_named(
    box: Path, judge: tuple[object, ...], tmp_path: Path, form: str, jobs: int
) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    with (tmp_path / "out").open("wb") as out:
        command = [sys.executable, "-c", LIMITED, "5000", *map(str, (*judge, "-j", jobs, "-f", form, box))]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"mailtriage: standard output: File too large\n")


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_fitted_is_kept_and_finished_where_there_is_room(
    box: Path, judge: tuple[object, ...], tmp_path: Path, form: str, jobs: int
) -> None:
    out = tmp_path / "out"
    words = (*judge, "-f", form, "-j", jobs, "-o", out, box)
    done = limited(45_000, *words)
    assert (done.returncode, done.stdout) == (1, "")
    unfinished, wrong = done.stderr.splitlines()
    assert wrong == f"mailtriage: {out}.part: File too large"
    judged = int(unfinished.removeprefix(f"mailtriage: {out}: unfinished, ").split()[0])
    assert 0 < judged < 300
    rest = run(*words, "--resume")
    assert rest.exit_code == 0
    assert f"{judged} messages were judged before, {300 - judged} now" in rest.stderr
    assert out.read_bytes() == run(*judge, "-f", form, box).stdout_bytes


def test_a_journal_that_cannot_be_written_is_no_fault_of_the_mailbox(
    box: Path, judge: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def full(file: int) -> None:
        synced.append(file)
        if len(synced) > 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("classifier.output.resumable.SECONDS", 0.0)
    monkeypatch.setattr(os, "fsync", full)
    other = write_mbox(tmp_path / "other", mixed())
    done = run(*judge, "-o", tmp_path / "out", box, other)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == f"mailtriage: {tmp_path / 'out'}.part: No space left on device"
    assert not (tmp_path / "out").exists()


def test_a_model_that_cannot_be_written_is_a_failure_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    model = tmp_path / "models" / "mine"
    taught = [
        word
        for label in ("spam", "important", "unimportant")
        for word in (f"--{label}", write_mbox(tmp_path / label, [mail(label, n) for n in range(12)]))
    ]
    done = limited(1000, "train", "--me", "ada@example.org", "-o", model, *taught)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"mailtriage: {model}: cannot be written: File too large"
    assert list(model.parent.iterdir()) == []


def test_a_part_of_a_folder_that_cannot_be_written_is_named_and_leaves_nothing(
    tmp_path: Path, tiny_model: Path
) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("fsspec")
    import resource

    from classifier.output.folder import Folder

    (tmp_path / "out").mkdir()
    folder = Folder(str(tmp_path / "out"))
    batches = list(Classifier.load(tiny_model).judged_many(mixed(40)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match=re.escape(folder.part(3)) + ".*File too large"):
            folder.write(3, "mark", batches, [])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "out").iterdir()) == []
    assert folder.write(3, "mark", batches, []) == 120

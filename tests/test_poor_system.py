"""Systems that have little: one core, no /dev/shm, a disk that fails in one place."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_mail import chatty, mail, mixed, run, write_mbox

from classifier import Classifier
from classifier.engine import harvest
from classifier.engine.many import written
from classifier.mailboxes import Problem, files, mbox, open_mailbox
from classifier.store import load_model

COMMAND = [sys.executable, "-m", "classifier", "classify", "--me", "ada@example.org", "--profile", "off"]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several parts."""
    large = [each + b"x" * 200_000 + b"\n" for each in mixed(6)]
    return write_mbox(tmp_path_factory.mktemp("box") / "box", large)


def judged(model: Path, box: Path, before: list[str]) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [*before, *COMMAND, "-m", str(model), "-j", "2", str(box)], capture_output=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no such call")
def test_two_workers_on_one_core(box: Path, tiny_model: Path) -> None:
    core = str(min(os.sched_getaffinity(0)))
    script = (
        "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nos.execv(sys.argv[2], sys.argv[2:])"
    )
    whole = judged(tiny_model, box, [])
    assert judged(tiny_model, box, [sys.executable, "-c", script, core]) == whole
    assert whole[1].count(b"\n") == 18


def hidden(what: str) -> list[str]:
    """Words before a command that let it see no shared memory."""
    unshare = shutil.which("unshare") or ""
    words = [unshare, "-m", "sh", "-c", f'mount -t tmpfs -o ro none {what} && exec "$@"', "sh"]
    if not unshare or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs unshare, and the right to mount")
    return words


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="there is none")
def test_without_dev_shm(box: Path, tiny_model: Path) -> None:
    words = hidden("/dev/shm")
    assert judged(tiny_model, box, words) == judged(tiny_model, box, [])


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="there is none")
def test_learning_without_dev_shm(tmp_path: Path) -> None:
    words = hidden("/dev/shm")
    train = ["train", "--me", "ada@example.org", "-o"]
    taught = [
        str(word)
        for label in ("spam", "important", "unimportant")
        for word in (f"--{label}", write_mbox(tmp_path / label, [chatty(label, n) for n in range(40)]))
    ]
    assert run(*train, tmp_path / "here", *taught).exit_code == 0
    there = [*words, sys.executable, "-m", "classifier", *train, str(tmp_path / "there"), *taught, "-j", "2"]
    done = subprocess.run(there, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "joblib will operate in serial mode" in done.stderr
    models = [load_model(tmp_path / name) for name in ("here", "there")]
    assert np.array_equal(*(model.tables.weights for model in models))


def test_without_semaphores_mail_is_hashed_here(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    def none(**_: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("joblib.externals.loky.ProcessPoolExecutor", none)
    assert harvest._pool(2) is None


def failing(at: int) -> Callable[[int, int, int], bytes]:
    pread = os.pread

    def read(fd: int, size: int, offset: int) -> bytes:
        if offset <= at < offset + size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pread(fd, size, offset)

    return read


def test_a_disk_that_fails_in_one_place_costs_the_mail_that_lies_there(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_mbox(tmp_path / "box", [mail("spam", n) + b"x" * 3000 + b"\n" for n in range(300)])
    monkeypatch.setattr(mbox, "RANGE_BYTES", 100_000)
    monkeypatch.setattr(files, "WINDOW", 20_000)
    monkeypatch.setattr(files.FileRead.__init__, "__defaults__", (20_000, files.UNSEALED))
    mailbox = open_mailbox(path)
    classifier = Classifier.load(tiny_model)
    monkeypatch.setattr(os, "pread", failing(550_000))
    answers = written(classifier, mailbox, "jsonl", weighed=lambda _: None)  # in parts, as workers get them
    lines = b"".join(lines for answer in answers for lines in answer.made).splitlines()
    keys = [int(json.loads(line)["key"]) for line in lines]
    assert 230 < len(keys) < 300
    assert all(not 547_000 < key <= 550_000 for key in keys)
    assert keys[-1] > 900_000
    assert mailbox.problems == [
        Problem(str(path), problem.place, "Input/output error") for problem in mailbox.problems
    ]
    assert mailbox.problems[0].place == f"bytes 500000 to 600000 of {path.stat().st_size}"

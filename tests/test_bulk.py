"""Mail that does not fit in memory: hashed into a folder, learned block by block, taken up after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_mail import WORDS, mail, run, write_mbox

from classifier.engine import reading, train
from classifier.engine.reading import Spilling
from classifier.errors import TrainingError
from classifier.features import Schema
from classifier.mailboxes import Stored, open_mailbox
from classifier.store import Model
from classifier.training import spill as spill_module

SCHEMA = Schema(bits=12, views=("header", "body", "grams"))
LABELS = ("spam", "important", "unimportant")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill_module, "BLOCK_ROWS", 40)
    monkeypatch.setattr("classifier.engine.harvest.PIECE", 16)


def sources(n: int = 90) -> list[tuple[str, list[Stored]]]:
    return [
        (label, [Stored("box", f"{label}{k}", mail(label, k)) for k in range(n)]) for label in sorted(WORDS)
    ]


Watch = Callable[[str, int, int], None]


def learned(place: Spilling | None = None, watch: Watch | None = None, jobs: int = 1) -> Model:
    return train(sources(), schema=SCHEMA, spilling=place, progress=watch, jobs=jobs).model


class Killed(BaseException):
    """As a kill would: nothing of ours may catch it."""


def killing(phase: str, done: int = 0) -> Watch:
    def watch(now: str, reached: int, _: int) -> None:
        if now.startswith(phase) and reached >= done:
            raise Killed

    return watch


def same(one: Model, other: Model) -> bool:
    equal = np.array_equal(one.tables.weights, other.tables.weights)
    return equal and np.array_equal(one.tables.bias, other.tables.bias)


def test_blocks_teach_what_memory_does(tmp_path: Path) -> None:
    here = learned()
    there = learned(Spilling(tmp_path / "spill", {}))
    rows = train(sources(), schema=SCHEMA).extractor.rows
    from classifier.mail import Message
    from classifier.signals import Facts

    new = rows([Facts(Message(mail(label, k))) for label in LABELS for k in range(200, 220)])
    scores = [model.tables.score(new) for model in (here, there)]
    spam = np.arange(60) < 20
    for told in scores:
        assert ((told[:, 0] > 0) == spam).all()
        assert ((told[20:, 1] > 0) == (np.arange(40) < 20)).all()
    assert there.card["training"] == here.card["training"]
    assert there.card["trained"]["spam"]["out_of_fold"]["1-ROCA%"] < 1
    assert not (tmp_path / "spill").exists()


@pytest.mark.parametrize(
    ("phase", "done"),
    [("reading", 150), ("spam: counting", 100), ("spam: plain, pass 2", 0), ("importance", 0)],
)
def test_what_was_killed_is_taken_up_without_a_difference(tmp_path: Path, phase: str, done: int) -> None:
    whole = learned(Spilling(tmp_path / "whole", {"a": 1}))
    folder = tmp_path / "spill"
    with pytest.raises(Killed):
        learned(Spilling(folder, {"a": 1}), killing(phase, done))
    read: list[int] = []
    again = learned(
        Spilling(folder, {"a": 1}, resume=True),
        lambda now, at, _: read.append(at) if now == "reading" else None,
    )
    assert same(whole, again)
    assert again.card["training"] == whole.card["training"]
    assert len(read) < 18, "nothing is read twice that lies hashed in a whole block"
    assert not folder.exists()


def test_a_process_killed_by_the_system_is_taken_up(tmp_path: Path) -> None:
    boxes = [
        word
        for label in WORDS
        for word in (
            f"--{label}",
            write_mbox(tmp_path / f"{label}.mbox", [mail(label, k) for k in range(90)]),
        )
    ]
    folder = tmp_path / "spill"
    arguments = [*boxes, "--bits", "12", "--me", "ada@example.org", "--spill", folder]
    script = (
        "import os, signal, sys\n"
        "from classifier.training import spill\n"
        "spill.BLOCK_ROWS = 40\n"
        "before = spill.Spill.save_state\n"
        "def kill(self, name, arrays):\n"
        "    before(self, name, arrays)\n"
        "    os.kill(os.getpid(), signal.SIGKILL) if name == 'spam-plain' else None\n"
        "spill.Spill.save_state = kill\n"
        "from classifier.cli.group import cli\n"
        "cli(sys.argv[1:])\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, "train", "-o", tmp_path / "m", *arguments],
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "m").exists()
    resumed = run("train", "-o", tmp_path / "m", *arguments, "--resume")
    assert resumed.exit_code == 0, resumed.stderr
    assert "learned 90 important, 90 spam, 90 unimportant" in resumed.stdout
    assert not folder.exists()


def test_other_mail_or_options_are_refused(tmp_path: Path) -> None:
    boxes = {
        label: write_mbox(tmp_path / f"{label}.mbox", [mail(label, k) for k in range(30)]) for label in WORDS
    }
    folder, given = tmp_path / "spill", [word for label in WORDS for word in (f"--{label}", boxes[label])]
    options = (
        "train",
        "-o",
        tmp_path / "m",
        *given,
        "--bits",
        "12",
        "--me",
        "ada@example.org",
        "--spill",
        folder,
    )
    nothing = run(*options, "--resume")
    assert (nothing.exit_code, "no training to resume" in nothing.stderr) == (2, True)
    with pytest.raises(Killed):
        learned(Spilling(folder, {"seed": 0}), killing("reading", 100))
    occupied = run(*options)
    assert (occupied.exit_code, "not empty: --resume" in occupied.stderr) == (2, True)
    other = run(*options, "--resume")
    assert other.exit_code == 2
    assert "was begun otherwise (" in other.stderr
    assert folder.exists()
    assert run("train", "-o", tmp_path / "m", *given, "--resume").exit_code == 2
    with pytest.raises(TrainingError, match=r"begun otherwise \(seed changed"):
        learned(Spilling(folder, {"seed": 1}, resume=True))


@pytest.mark.parametrize("fails", [True, False])
def test_much_mail_goes_to_a_temporary_folder_which_never_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(reading, "IN_MEMORY", 20_000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[str] = []

    def watch(phase: str, done: int, _: int) -> None:
        seen.extend(os.listdir(tmp_path))
        if fails and phase.startswith("spam: plain"):
            raise OSError("no space left on device")

    if fails:
        with pytest.raises(OSError, match="no space"):
            learned(watch=watch)
    else:
        learned(watch=watch)
    assert any(name.startswith("mailtriage-train-") for name in seen)
    assert not list(tmp_path.iterdir())


def test_processes_change_nothing(tmp_path: Path) -> None:
    boxes = [
        (label, write_mbox(tmp_path / f"{label}.mbox", [mail(label, k) for k in range(90)]))
        for label in WORDS
    ]

    def model(jobs: int, spilling: Spilling | None) -> Model:
        mailboxes = [(label, open_mailbox(str(path))) for label, path in boxes]
        return train(mailboxes, schema=SCHEMA, jobs=jobs, spilling=spilling).model

    for place in (None, Spilling(tmp_path / "spill", {})):
        one, two = model(1, place), model(2, place)
        assert same(one, two)
        assert one.card["training"] == two.card["training"]

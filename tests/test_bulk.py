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


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no memory to learn in."""
    monkeypatch.setattr(reading, "IN_MEMORY", 0)


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


def test_what_fits_in_memory_is_learned_there(tmp_path: Path) -> None:
    here, there = learned(), learned(Spilling(tmp_path / "spill", {}))
    assert same(here, there)
    assert there.card["trained"] == here.card["trained"]
    assert not (tmp_path / "spill").exists()


def test_blocks_teach_what_memory_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = learned()
    monkeypatch.setattr(reading, "IN_MEMORY", 0)
    there = learned(Spilling(tmp_path / "spill", {}))
    assert not same(here, there)
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
def test_what_was_killed_is_taken_up_without_a_difference(
    tmp_path: Path, no_room: None, phase: str, done: int
) -> None:
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


def test_a_process_killed_by_the_system_is_taken_up(tmp_path: Path, no_room: None) -> None:
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
        "from classifier.engine import reading\n"
        "from classifier.training import spill\n"
        "reading.IN_MEMORY = 0\n"
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


def boxes_in(folder: Path, n: int = 90) -> list[tuple[str, Path]]:
    return [
        (label, write_mbox(folder / f"{label}.mbox", [mail(label, k) for k in range(n)]))
        for label in sorted(WORDS)
    ]


def learned_from(
    boxes: list[tuple[str, Path]], place: Spilling, watch: Watch | None = None
) -> tuple[Model, list[str]]:
    """Learn mailboxes; returns the phases, too."""
    phases: list[str] = []

    def note(phase: str, done: int, of: int) -> None:
        phases.append(phase)
        if watch:
            watch(phase, done, of)

    mailboxes = [(label, open_mailbox(str(path))) for label, path in boxes]
    return train(mailboxes, schema=SCHEMA, spilling=place, progress=note).model, phases


@pytest.mark.parametrize("small", [8_000, 1 << 20])
def test_mail_that_only_looks_newer_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_room: None, small: int
) -> None:
    monkeypatch.setattr("classifier.engine.harvest.PIECE_BYTES", small)
    boxes, folder = boxes_in(tmp_path), tmp_path / "spill"
    whole, _ = learned_from(boxes, Spilling(tmp_path / "whole", {}))
    with pytest.raises(Killed):
        learned_from(boxes, Spilling(folder, {}), killing("spam: plain, pass 2"))
    for _, path in boxes:
        os.utime(path, (1, 1))
    again, phases = learned_from(boxes, Spilling(folder, {}, resume=True))
    assert same(whole, again)
    assert "reading" not in phases


@pytest.mark.parametrize("phase", ["reading", "spam: plain, pass 2"])
def test_mail_changed_in_its_place_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_room: None, phase: str
) -> None:
    monkeypatch.setattr("classifier.engine.harvest.PIECE_BYTES", 8_000)
    boxes, folder = boxes_in(tmp_path), tmp_path / "spill"
    with pytest.raises(Killed):
        learned_from(boxes, Spilling(folder, {}), killing(phase, 180))
    path = dict(boxes)["spam"]
    before, state = path.read_bytes(), path.stat()
    path.write_bytes(before.replace(b"\nSubject: ", b"\nSubject:\t", 1))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_size == len(before)
    with pytest.raises(TrainingError, match=r"spill: spam\.mbox changed since it was hashed"):
        learned_from(boxes, Spilling(folder, {}, resume=True))
    path.write_bytes(before)
    assert learned_from(boxes, Spilling(folder, {}, resume=True))[0].card["training"]["messages"] == 270


def test_mail_that_came_in_after_learning_began_is_noticed(tmp_path: Path, no_room: None) -> None:
    boxes, folder = boxes_in(tmp_path), tmp_path / "spill"
    with pytest.raises(Killed):
        learned_from(boxes, Spilling(folder, {}), killing("spam: plain, pass 2"))
    more = [*boxes, ("spam", write_mbox(tmp_path / "more.mbox", [mail("spam", 99)]))]
    with pytest.raises(TrainingError, match=r"came in|changed since"):
        learned_from(more, Spilling(folder, {}, resume=True))


def test_a_damaged_block_is_an_error_that_names_it(tmp_path: Path, no_room: None) -> None:
    folder = tmp_path / "spill"
    with pytest.raises(Killed):
        learned(Spilling(folder, {}), killing("spam: plain, pass 2"))
    block = folder / "block-000001"
    block.write_bytes(block.read_bytes()[:-100])
    with pytest.raises(TrainingError, match="block-000001 is damaged"):
        learned(Spilling(folder, {}, resume=True))


def test_a_class_of_one_message_is_learned(tmp_path: Path, no_room: None) -> None:
    few = [(label, box if label != "spam" else box[:1]) for label, box in sources(30)]
    model = train(few, schema=SCHEMA, spilling=Spilling(tmp_path / "spill", {})).model
    assert model.card["trained"]["spam"]["out_of_fold"] == {}
    assert model.card["trained"]["importance"]["out_of_fold"]["1-ROCA%"] < 1


def test_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = boxes_in(tmp_path)

    def model(jobs: int, spilling: Spilling | None) -> Model:
        mailboxes = [(label, open_mailbox(str(path))) for label, path in boxes]
        return train(mailboxes, schema=SCHEMA, jobs=jobs, spilling=spilling).model

    for place in (None, Spilling(tmp_path / "spill", {})):
        if place:
            monkeypatch.setattr(reading, "IN_MEMORY", 0)
        one, two = model(1, place), model(2, place)
        assert same(one, two)
        assert one.card["training"] == two.card["training"]

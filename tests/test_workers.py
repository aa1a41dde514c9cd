"""Workers: whoever kills them, nothing is lost but the message that kills, and the order stays."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_mail import mail, mixed, write_mbox

from classifier import Classifier
from classifier.engine import crew, worker
from classifier.engine.many import written
from classifier.errors import MailboxError, MailtriageError
from classifier.mailboxes import Mailbox, Part, Problem, Stored
from classifier.verdict import Verdict

COMMAND = [sys.executable, "-m", "classifier"]


@dataclass(frozen=True)
class Some(Part):
    """A few messages; before one of them, something may happen to the reader."""

    number: int
    before: int = -1
    happens: Callable[[], None] | None = None
    judging: bool = False

    def about(self) -> tuple[str, str]:
        return "made", f"part {self.number}"

    def read(self, problems: list[Problem]) -> Iterator[Stored]:
        for n, raw in enumerate(mixed(2)):
            key = f"{self.number}.{n}"
            if n == self.before and self.happens and not self.judging:
                self.happens()
            problems.append(Problem("made", key, "was read"))
            kind = Deadly if n == self.before and self.judging else Stored
            yield kind("made", key, raw)


class Deadly(Stored):
    """The villain: whoever looks into it is killed."""

    def __init__(self, mailbox: str, key: str, raw: bytes) -> None:
        super().__init__(mailbox, key, raw)
        self.judged = False

    def __getattribute__(self, name: str) -> Any:
        if name == "raw":
            kill()
        return super().__getattribute__(name)


class Made(Mailbox):
    """Ten parts, of which the third is special."""

    def __init__(self, third: Some) -> None:
        super().__init__("made")
        self.third = third

    def __iter__(self) -> Iterator[Stored]:
        for span in self.spans():
            yield from span.read(self.problems)

    def spans(self) -> Iterator[Part]:
        yield from (self.third if number == 2 else Some(number) for number in range(10))

    def get(self, key: str) -> Stored:
        raise MailboxError("made", "nothing is kept", key)

    original: Any = get


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Once:
    """Does something to the first reader only."""

    marker: Path
    what: Callable[[], None] = kill

    def __call__(self) -> None:
        if not self.marker.exists():
            self.marker.touch()
            self.what()


@pytest.fixture
def noticed(tiny_model: Path) -> tuple[Classifier, list[str]]:
    said: list[str] = []
    classifier = Classifier.load(tiny_model)
    classifier.notice = said.append
    return classifier, said


KEYS = [f"{part}.{n}" for part in range(10) for n in range(6)]


def keys(classifier: Classifier, mailbox: Mailbox) -> list[str]:
    return [verdict.stored.key for verdict in classifier.classify_many(mailbox, jobs=2) if verdict.stored]


@pytest.mark.parametrize("starts", ["forked", "spawned"])
def test_what_a_dead_worker_had_in_hand_is_done_again(
    noticed: tuple[Classifier, list[str]], tmp_path: Path, starts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier, said = noticed
    monkeypatch.setattr(worker, "forks", lambda: starts == "forked")
    mailbox = Made(Some(2, 4, Once(tmp_path / "killed")))
    assert keys(classifier, mailbox) == KEYS
    assert [problem.place for problem in mailbox.problems] == KEYS  # each once, in order
    assert len(said) == 1
    assert said[0].startswith("worker process ")
    assert said[0].endswith(" was killed (SIGKILL) over made, part 2, which is done again")


def test_only_the_message_that_kills_is_lost(noticed: tuple[Classifier, list[str]]) -> None:
    classifier, said = noticed
    mailbox = Made(Some(2, 4, kill, judging=True))
    assert keys(classifier, mailbox) == [key for key in KEYS if key != "2.4"]
    assert len(said) == 2
    assert "message by message" in said[1]
    (lost,) = (problem for problem in mailbox.problems if problem.reason != "was read")
    assert (lost.path, lost.place) == ("made", "2.4")
    assert "was killed (SIGKILL)" in lost.reason


def test_where_reading_kills_the_rest_of_the_part_is_lost(noticed: tuple[Classifier, list[str]]) -> None:
    classifier, _ = noticed
    mailbox = Made(Some(2, 4, kill))
    assert keys(classifier, mailbox) == [key for key in KEYS if key not in {"2.4", "2.5"}]
    (lost,) = (problem for problem in mailbox.problems if problem.reason != "was read")
    assert (lost.path, lost.place) == ("made", "part 2")


def no_memory() -> None:
    raise MemoryError


def test_a_worker_without_memory_counts_as_dead(
    noticed: tuple[Classifier, list[str]], tmp_path: Path
) -> None:
    classifier, said = noticed
    assert keys(classifier, Made(Some(2, 4, Once(tmp_path / "full", no_memory)))) == KEYS
    assert len(said) == 1
    assert "ran out of memory over made, part 2" in said[0]


def defect() -> None:
    raise ZeroDivisionError("a defect")


def test_a_defect_is_raised_in_its_turn_and_tells_its_story(
    noticed: tuple[Classifier, list[str]],
) -> None:
    classifier, _ = noticed
    found: list[Verdict] = []
    with pytest.raises(ZeroDivisionError, match="a defect") as caught:
        found.extend(classifier.classify_many(Made(Some(2, 4, defect)), jobs=2))
    assert [verdict.stored.key for verdict in found if verdict.stored] == KEYS[:12]
    assert any("in defect" in note for note in caught.value.__notes__)


def gone() -> None:
    raise MailboxError("made", "is gone", "far away")


def test_what_cannot_be_read_at_all_is_said_once_and_the_rest_is_judged(
    noticed: tuple[Classifier, list[str]],
) -> None:
    class Gone(Made):
        def spans(self) -> Iterator[Part]:
            yield from (Some(number, 4, gone if number > 6 else None) for number in range(10))

    mailbox = Gone(Some(2))
    assert len(keys(noticed[0], mailbox)) == 7 * 6 + 3 * 4
    lost = [problem for problem in mailbox.problems if problem.reason != "was read"]
    assert lost == [Problem("made", "far away", "is gone")]


@pytest.mark.parametrize("works", [0, 1])
def test_without_room_for_processes_the_work_is_done_all_the_same(
    noticed: tuple[Classifier, list[str]], monkeypatch: pytest.MonkeyPatch, works: int
) -> None:
    classifier, said = noticed
    started: list[object] = []

    def start(*arguments: Any) -> worker.Worker:
        if len(started) == works:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        started.append(arguments)
        return worker.Worker(*arguments)

    monkeypatch.setattr(crew, "Worker", start)
    assert keys(classifier, Made(Some(2))) == KEYS
    assert len(said) == 1
    assert "Resource temporarily unavailable" in said[0]


def test_a_system_that_has_no_room_at_all_any_more_is_an_error(
    noticed: tuple[Classifier, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    def start(*arguments: Any) -> worker.Worker:
        if len(started) == 2:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        started.append(arguments)
        return worker.Worker(*arguments)

    monkeypatch.setattr(crew, "Worker", start)
    deadly = [Some(number, 4, kill) for number in range(10)]
    monkeypatch.setattr(Made, "spans", lambda _: iter(deadly))
    with pytest.raises(MailtriageError, match="cannot start a worker: Resource temporarily"):
        keys(noticed[0], Made(Some(2)))


def test_a_slow_reader_is_waited_for(tiny_model: Path) -> None:
    taken: list[int] = []

    class Counted(Made):
        def spans(self) -> Iterator[Part]:
            for number in range(100):
                taken.append(number)
                yield Some(number)

    answers = written(Classifier.load(tiny_model), Counted(Some(2)), "jsonl", jobs=2)
    next(answers)
    time.sleep(0.2)
    assert len(taken) <= crew.AHEAD * 2 + 2
    answers.close()  # type: ignore[attr-defined]


def test_workers_end_with_whoever_wanted_their_work(tiny_model: Path) -> None:
    before = _children(os.getpid())
    answers = written(Classifier.load(tiny_model), Made(Some(2)), "jsonl", jobs=2)
    next(answers)
    workers = _children(os.getpid()) - before
    assert workers
    answers.close()  # type: ignore[attr-defined]
    assert not {worker.pid for worker in multiprocessing.active_children()} & workers


def test_threads_are_not_forked(tiny_model: Path) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not worker.forks()
        assert keys(Classifier.load(tiny_model), Made(Some(2))) == KEYS
    finally:
        done.set()
        thread.join()


def _children(pid: int) -> set[int]:
    return {
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    }


@pytest.fixture(scope="module")
def long_mbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some megabytes, so that workers have several parts each."""
    messages = [mail(label, n) + b"x" * 3000 + b"\n" for n in range(700) for label in ("spam", "important")]
    return write_mbox(tmp_path_factory.mktemp("long") / "long.mbox", messages)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_kill_9_in_mid_run_is_named_and_costs_nothing(long_mbox: Path, tiny_model: Path) -> None:
    command = [*COMMAND, "classify", "-m", str(tiny_model), "--me", "ada@example.org", "--profile", "off"]
    whole = subprocess.run([*command, str(long_mbox)], capture_output=True, check=True).stdout
    process = subprocess.Popen(
        [*command, "--jobs", "2", str(long_mbox)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    killed: set[int] = set()
    while not killed and process.poll() is None:
        for child in _children(process.pid):
            os.kill(child, signal.SIGKILL)
            killed.add(child)
            break
    out, said = process.communicate(timeout=100)
    assert process.returncode == 0
    assert out == whole
    (pid,) = killed
    assert said.decode().startswith(
        f"mailtriage: worker process {pid} was killed (SIGKILL) over {long_mbox}, bytes"
    )
    assert said.decode().count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_do_not_outlive_a_parent_that_is_killed(long_mbox: Path, tiny_model: Path) -> None:
    command = [
        *COMMAND,
        "classify",
        "-m",
        str(tiny_model),
        "--me",
        "ada@example.org",
        "--jobs",
        "2",
        str(long_mbox),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    children: set[int] = set()
    while not children:
        children = _children(process.pid)
    process.kill()
    process.communicate()
    patience = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < patience
        time.sleep(0.02)

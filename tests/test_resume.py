"""``classify -o FILE --resume``: whatever ends a run, another one finishes it without a gap or a repeat."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_mail import mail, run, write_mbox

from classifier.errors import ConfigError
from classifier.mailboxes import mbox
from classifier.output.resumable import ResumableFile

SHORT = 15_000
SLOW = f"""
import sys, time, classifier.output.resumable as r, classifier.mailboxes.mbox as m
m.RANGE_BYTES, r.SECONDS = {SHORT}, 0.0
end = r.ResumableFile.end_part
r.ResumableFile.end_part = lambda *a: (end(*a), time.sleep(0.1))
from classifier.cli.group import cli
cli(sys.argv[1:], prog_name="mailtriage")
"""
"""Takes its time, so that it can be killed anywhere."""


@pytest.fixture(scope="module")
def long_mbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several parts."""
    messages = [mail(label, n) + b"x" * 300 + b"\n" for n in range(100) for label in ("spam", "important")]
    return write_mbox(tmp_path_factory.mktemp("long") / "long.mbox", messages)


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "RANGE_BYTES", SHORT)


@pytest.fixture
def command(tiny_model: Path, long_mbox: Path) -> list[str]:
    options = ["-m", str(tiny_model), "--me", "ada@example.org", "--profile", "off", str(long_mbox)]
    return ["classify", *options]


def lines(path: Path) -> list[str]:
    return [json.loads(line)["key"] for line in path.read_text().splitlines()]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_file_holds_what_standard_output_would(
    command: list[str], tmp_path: Path, jobs: int, form: str
) -> None:
    out = tmp_path / "out"
    printed = run(*command, "-f", form)
    assert run(*command, "-f", form, "-j", jobs, "-o", out).exit_code == 0
    assert out.read_bytes() == printed.stdout_bytes
    assert os.listdir(tmp_path) == ["out"] or set(os.listdir(tmp_path)) == {"out", "xdg"}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_kill_9_again_and_again_costs_nothing(command: list[str], tmp_path: Path, jobs: str) -> None:
    out = tmp_path / "out.jsonl"
    whole = run(*command).stdout_bytes
    chance, kills = random.Random(int(jobs)), 0
    words = [sys.executable, "-c", SLOW, *command, "-j", jobs, "-o", str(out), "--resume"]
    while not out.exists():
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        begun = time.monotonic()
        journal = tmp_path / "out.jsonl.resume"
        before = journal.stat().st_size if journal.exists() else 0
        while process.poll() is None and time.monotonic() - begun < 30:
            size = journal.stat().st_size if journal.exists() else 0
            if size > before + 300:  # it has come further than the one before
                time.sleep(chance.random() * 0.2)
                break
            time.sleep(0.01)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
        assert kills < 40
    assert kills > 1
    assert out.read_bytes() == whole


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_interrupted_it_says_how_to_go_on(command: list[str], tmp_path: Path, number: int, code: int) -> None:
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *command, "-o", str(out)], stderr=subprocess.PIPE, text=True
    )
    while not (journal := tmp_path / "out.jsonl.resume").exists() or not journal.stat().st_size:
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert "unfinished" in said
    assert "--resume goes on" in said
    again = run(*command, "-o", out)
    assert again.exit_code == 2
    assert "--resume goes on with it, --force begins anew" in again.stderr
    assert run(*command, "-o", out, "--resume").exit_code == 0
    assert out.read_bytes() == run(*command).stdout_bytes


def begun(command: list[str], out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave an unfinished run behind."""
    end = ResumableFile.end_part

    def stop(self: ResumableFile, *arguments: object) -> None:
        if self.done.parts == 2:
            raise KeyboardInterrupt
        end(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ResumableFile, "end_part", stop)
        assert run(*command, "-o", out).exit_code == 130


def test_what_would_not_fit_is_refused(
    command: list[str], tmp_path: Path, long_mbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    begun(command, out, monkeypatch)
    for other, named in (
        (["--view", "headers"], "options"),
        (["-f", "csv"], "options"),
        (["--me", "bob@example.org"], "addresses"),
        ([str(long_mbox)], "mailboxes"),
        (["-m", "starter"], "model"),
    ):
        refused = run(*command, *other, "-o", out, "--resume")
        assert refused.exit_code == 2
        assert f"begun with other {named}" in refused.stderr
    os.utime(long_mbox, (1, 1))
    refused = run(*command, "-o", out, "--resume")
    assert refused.exit_code == 2
    assert "the mailboxes have changed" in refused.stderr
    assert not out.exists()
    assert run(*command, "-o", out, "--force").exit_code == 0
    assert len(lines(out)) == 200


def test_what_is_finished_is_not_done_again_nor_replaced(command: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    assert run(*command, "-o", out).exit_code == 2
    done = run(*command, "-o", out, "--resume")
    assert done.exit_code == 0
    assert "finished already" in done.stderr
    assert out.read_text() == "mine"


def test_problems_named_before_count_in_the_end(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = tmp_path / "in.mbox"
    raw = [mail("spam", n) + b"x" * 300 + b"\n" for n in range(200)]
    huge.write_bytes(b"no border\n\n" + write_mbox(tmp_path / "m", raw).read_bytes())
    words = [
        "classify",
        "-m",
        str(tiny_model),
        "--me",
        "ada@example.org",
        "--mailbox-format",
        "mbox",
        str(huge),
    ]
    out = tmp_path / "out"
    begun(words, out, monkeypatch)
    done = run(*words, "-o", out, "--resume")
    assert done.exit_code == 3
    assert "no message begins at the start" in done.stderr
    assert out.read_bytes() == run(*words).stdout_bytes


def test_standard_input_and_devices_are_refused(command: list[str], tmp_path: Path) -> None:
    assert run(*command[:-1], "-", "-o", tmp_path / "out", "--resume").exit_code == 2
    assert "no regular file" in run(*command, "-o", "/dev/null").stderr
    assert run(*command, "-f", "text", "-o", tmp_path / "out").exit_code == 2


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    if os.fork() == 0:  # the lock is a process's
        file = ResumableFile(str(tmp_path / "out"), {})
        file.begin()
        time.sleep(20)
        os._exit(0)
    while not (tmp_path / "out.part").exists():
        time.sleep(0.01)
    with pytest.raises(ConfigError, match="another run is writing it"):
        ResumableFile(str(tmp_path / "out"), {}).resume()


@pytest.mark.parametrize("harm", [b"", b'{"parts": 9', b"\x00\xff\n", b"[]\n"])
def test_a_torn_journal_counts_as_far_as_it_is_whole(tmp_path: Path, harm: bytes) -> None:
    path = str(tmp_path / "out")
    file = ResumableFile(path, {"model": "m"})
    file.begin()
    file.write([b"one\n"])
    file.end_part(1, "first", [])
    file.note()
    file.write([b"two\n"])
    file.close()
    with open(path + ".resume", "ab") as journal:
        journal.write(harm)
    again = ResumableFile(path, {"model": "m"})
    assert (again.resume().parts, again.done.length) == (1, 4)
    again.write([b"zwei\n"])
    again.end_part(1, "second", [])
    again.finish()
    assert Path(path).read_bytes() == b"one\nzwei\n"
    assert sorted(os.listdir(tmp_path)) == ["out"]

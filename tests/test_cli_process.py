"""The command as a process: pipes that close, exit codes that scripts see, no terminal anywhere."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import mail, write_mbox

COMMAND = [sys.executable, "-m", "classifier"]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A mailbox whose verdicts fill any pipe."""
    return write_mbox(tmp_path / "large.mbox", [mail("spam", number) for number in range(1500)])


def test_a_reader_that_leaves_early_is_no_error(large: Path, tiny_model: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "classify", "-m", tiny_model, "--me", "ada@example.org", large],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b'{"schema":1')
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(60), said) == (0, b"")
    process.stderr.close()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["signals"], ["completion", "bash"]])
def test_a_pipe_that_is_closed_from_the_start_is_no_error(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*COMMAND, *arguments], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("classify --me a@example.org {} >&-", (1, "Bad file descriptor")),
        ("classify --me a@example.org -f text {} >&-", (1, "Bad file descriptor")),
        ("--help >&-", (1, "Bad file descriptor")),
        ("classify --me a@example.org - <&-", (3, "-: Bad file descriptor")),
        ("classify --me a@example.org {} 2>&-", (0, "")),
    ],
)
def test_a_stream_that_the_shell_closed_is_named_and_no_defect(
    large: Path, tiny_model: Path, words: str, ends: tuple[int, str]
) -> None:
    words = words.replace("classify", f"classify -m {tiny_model}").format(large)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m classifier {words}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == ends[0]
    assert ends[1] in done.stderr
    assert "internal error" not in done.stderr


def test_a_terminal_of_few_letters_gets_question_marks(tmp_path: Path, tiny_model: Path) -> None:
    raw = mail("important", 1).replace(b"Subject: ", "Subject: 東京 ".encode())
    mbox = write_mbox(tmp_path / "in.mbox", [raw])
    done = subprocess.run(
        [*COMMAND, "classify", "-m", tiny_model, "--me", "a@example.org", "-f", "text", mbox],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?? disk failed" in done.stdout


def test_whatever_waits_for_the_end_has_its_turn_and_the_code_stands() -> None:
    script = (
        "import atexit, sys, threading, time\natexit.register(lambda: print('last words'))\n"
        "if sys.argv.pop() == 'thread': threading.Thread(target=time.sleep, args=(0.2,)).start()\n"
        "from classifier.cli import main\nmain()"
    )
    for how in ("alone", "thread"):
        for arguments, code in ((["--version"], 0), (["classify", "absent"], 3), (["classify"], 2)):
            done = subprocess.run(
                [sys.executable, "-c", script, *arguments, how], capture_output=True, check=False, text=True
            )
            assert done.returncode == code
            assert done.stdout.endswith("last words\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("form", ["jsonl", "csv", "text"])
def test_a_full_disk_is_a_failure_in_one_line(large: Path, tiny_model: Path, form: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "classify", "-m", tiny_model, "--me", "ada@example.org", "-f", form, large],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"mailtriage: standard output: No space left on device\n")


def test_without_a_terminal_there_is_no_progress_and_no_colour(large: Path, tiny_model: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "classify", "-m", tiny_model, "--me", "ada@example.org", "-f", "text", large, "absent"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        env=os.environ | {"TERM": "xterm-256color", "FORCE_COLOR": "1"},
    )
    assert done.returncode == 3
    assert b"\x1b" not in done.stdout + done.stderr
    assert done.stderr.splitlines() == [
        b"mailtriage: absent: No such file or directory",
        b"mailtriage: 1 not readable, 1500 judged",
    ]


def test_interrupted_it_ends_with_130_and_whole_lines(tiny_model: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "classify", "-m", tiny_model, "--me", "ada@example.org", "--mailbox-format", "mbox", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # communicate() would miss what readline() read ahead
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(200):
        process.stdin.write(b"From a@example.org Thu Jan  1 00:00:00 2026\n" + mail("spam", number) + b"\n")
    process.stdin.flush()
    first = [process.stdout.readline() for _ in range(100)]  # verdicts come while mail still comes
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"mailtriage: interrupted\n")
    found = [json.loads(line)["message_id"] for line in [*first, *out.splitlines()]]
    assert found == [f"<spam.{number}@example.org>" for number in range(len(found))]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_terminal_is_told_how_far_it_is_and_how_long_it_takes(
    large: Path, tiny_model: Path, tmp_path: Path, jobs: str
) -> None:
    screen, stderr = pty.openpty()
    words = [*COMMAND, "classify", "-m", tiny_model, "--me", "ada@example.org", "-j", jobs, large]
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=stderr)
    os.close(stderr)
    said = b""
    try:
        while more := os.read(screen, 4096):
            said += more
    except OSError:  # the other side is gone
        pass
    os.close(screen)
    assert process.wait(60) == 0
    assert b"judged " in said
    for word in (b"/s)", b"%", b"left"):
        assert word in said
    assert len((tmp_path / "out").read_bytes().splitlines()) == 1500

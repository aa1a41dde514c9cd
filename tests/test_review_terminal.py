"""The review screen as its reader meets it: a program in a terminal, keys pressed, the terminal made tiny."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cli_mail import mail, write_mbox

from classifier.cli.exits import INTERRUPTED, USAGE
from classifier.profile import Profile

pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")

PATIENCE = 60.0


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self.ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (30, 100))
        environment = dict(os.environ, TERM="xterm-256color", XDG_DATA_HOME=str(folder), NO_COLOR="1")
        self.running = subprocess.Popen(
            [sys.executable, "-m", "classifier", *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment,
        )  # fmt: skip
        os.close(theirs)
        self.seen = b""

    def read(self) -> bool:
        """Take what it has drawn; return whether there was anything."""
        with suppress(OSError):  # it has ended
            if select.select([self.ours], [], [], 0.1)[0]:
                found = os.read(self.ours, 1 << 16)
                self.seen += found
                return bool(found)
        return False

    def wait_for(self, text: bytes) -> None:
        """Wait until it has drawn something; what was drawn before does not count."""
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            self.read()
            assert time.monotonic() < end, self.seen[-2000:]
        self.seen = b""

    def press(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def resize(self, lines: int, columns: int) -> None:
        termios.tcsetwinsize(self.ours, (lines, columns))
        os.kill(self.running.pid, signal.SIGWINCH)

    def end(self) -> int:
        end = time.monotonic() + PATIENCE
        while self.running.poll() is None and time.monotonic() < end:
            self.read()
        while self.read():
            pass
        return self.running.wait(1)


@pytest.fixture
def terminal(tiny_model: Path, tmp_path: Path) -> Iterator[Terminal]:
    mails = [mail("important", 500 + number) for number in range(4)]
    box = write_mbox(tmp_path / "m.mbox", mails)
    profile = str(tmp_path / "p.sqlite")
    it = Terminal(["review", "-m", str(tiny_model), "--profile", profile, str(box)], tmp_path)
    yield it
    if it.running.poll() is None:
        it.running.kill()
        it.running.wait()
    os.close(it.ours)


def learned(tmp_path: Path) -> list[tuple[str, str]]:
    profile = Profile(tmp_path / "p.sqlite")
    try:
        return profile.file.read("SELECT label, source FROM corrections WHERE until IS NULL ORDER BY id")
    finally:
        profile.close()


def test_keys_label_a_wrong_key_does_nothing_and_q_ends(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for(b"0 of 4 labelled")
    terminal.press(b"i")
    terminal.wait_for(b"1 of 4")
    terminal.press(b"x5\x1b[15~s")  # keys that mean nothing, F5 among them, then one that does
    terminal.wait_for(b"2 of 4")
    terminal.press(b"z")
    terminal.wait_for(b"1 of 4")
    terminal.press(b"q")
    assert terminal.end() == 0
    assert b"labelled 1 of 4 messages" in terminal.seen
    assert learned(tmp_path) == [("important", "review")]


def test_ctrl_c_in_a_tiny_terminal_ends_and_what_was_said_is_kept(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for(b"0 of 4 labelled")
    terminal.resize(3, 12)
    terminal.press(b"s")
    terminal.resize(24, 80)
    terminal.wait_for(b"1 of 4")
    terminal.press(b"\x03")
    assert terminal.end() == INTERRUPTED
    assert b"labelled 1 of 4 messages" in terminal.seen
    assert b"Traceback" not in terminal.seen
    assert learned(tmp_path) == [("spam", "review")]


def test_with_errors_in_a_file_there_is_nothing_to_draw_on(tiny_model: Path, tmp_path: Path) -> None:
    """The screen is drawn on standard error; into a file it would wait for ever, unseen."""
    box = write_mbox(tmp_path / "m.mbox", [mail("important", 500)])
    ours, theirs = pty.openpty()
    told = subprocess.run(
        [sys.executable, "-m", "classifier", "review", "-m", str(tiny_model), "--profile", "off", str(box)],
        stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, timeout=PATIENCE, check=False,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert told.returncode == USAGE
    assert b"needs a terminal" in told.stderr

"""Progress of phases: rate and time left also where the end is an estimate that moves."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import WORDS, mail, write_mbox

from classifier.cli import phases


def test_a_pace_tells_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(phases, "monotonic", lambda: now[0])
    pace = phases.Pace(2_000)
    assert pace.told(2_000, 12_000) == "2,000 of 12,000 messages"
    now[0] += 10
    assert pace.told(3_000, 13_000) == "3,000 of 13,000 messages, 100 a second, left 0:01:40"
    now[0] += 10
    assert pace.told(4_000, 400_000) == "4,000 of 400,000 messages, 100 a second, left 1:06:00"
    assert pace.told(4_000, 0) == "4,000 messages, 100 a second"
    assert pace.told(4_000, 4_000) == "4,000 of 4,000 messages, 100 a second"
    assert pace.told(1_000, 4_000) == "1,000 of 4,000 messages"


def test_a_terminal_is_told_what_train_does(tmp_path: Path) -> None:
    boxes = [
        word
        for label in WORDS
        for word in (
            f"--{label}",
            str(write_mbox(tmp_path / f"{label}.mbox", [mail(label, k) for k in range(300)])),
        )
    ]
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "classifier", "train", "--bits", "12", "-o", str(tmp_path / "m"), *boxes]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave, env=environment)
    os.close(slave)
    told = b""
    while piece := _read(master):
        told += piece
    assert done.wait() == 0
    assert re.search(rb"reading: [\d,]+ of [\d,]+ messages", told)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's word for the end
        return b""

"""Training on mail that does not fit in memory, with --spill, as a user sees it; killed and resumed if asked.

    python tests/bench/training.py [--messages 28000] [--jobs 2] [--kill WHEN] [--interrupt WHEN]

The mail is that of variants.py. Prints for every run of the command time, CPU, the greatest memory of all its
processes together (proportional set size, looked at every two seconds) and of the folder; on standard error
twice a minute what the terminal shows. --kill is SIGKILL to the command alone, --interrupt Ctrl-C, when
the terminal shows this (a regular expression), as "pass 2"; each is followed by a run with --resume.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter, sleep
from typing import NamedTuple

import psutil
from corpora import argument_parser, open_corpora, print_head, print_row
from speed import clean_environment, count_mails, mailtriage
from variants import write_mail

_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Run(NamedTuple):
    """What one run of the command took."""

    wall: float
    cpu: float
    mebibytes: float
    gigabytes: float
    code: int


class Screen:
    """A terminal that remembers its last line."""

    def __init__(self) -> None:
        self._master, self.slave = pty.openpty()
        self.line = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                told = os.read(self._master, 65536)
            except OSError:
                return
            lines = [each.strip() for each in re.split(rb"[\r\n]+", _ESCAPES.sub(b"", told)) if each.strip()]
            self.line = lines[-1] if lines else self.line


def run(command: list[str], environment: dict[str, str], folder: Path, stop: tuple[str, int] | None) -> Run:
    """Run the command until it ends, or is stopped."""
    screen, start, peak, disk, shown = Screen(), perf_counter(), 0.0, 0, 0.0
    process = subprocess.Popen(command, stderr=screen.slave, env=environment, start_new_session=True)
    own = psutil.Process(process.pid)
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        wall = perf_counter() - start
        if pid:
            break
        peak, disk = max(peak, _memory(own)), max(disk, _size(folder))
        if stop and re.search(stop[0], screen.line.decode(errors="replace")):
            (os.killpg if stop[1] == signal.SIGINT else os.kill)(process.pid, stop[1])
            stop = None
        if wall - shown >= 30:
            shown = wall
            print(f"{wall:6.0f} s  {screen.line.decode(errors='replace')}", file=sys.stderr, flush=True)
        sleep(2)
    process.returncode = os.waitstatus_to_exitcode(status)
    print(f"{wall:6.0f} s  last: {screen.line.decode(errors='replace')}", file=sys.stderr, flush=True)
    os.close(screen.slave)
    return Run(wall, used.ru_utime + used.ru_stime, peak, disk / 1e9, process.returncode)


def _memory(process: psutil.Process) -> float:
    """Add up the memory of a process and of those it started, in MiB."""
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_full_info().pss
    except psutil.Error:
        return 0.0
    return total / (1 << 20)


def _size(folder: Path) -> int:
    try:
        return sum(each.stat().st_size for each in folder.iterdir())
    except OSError:  # not there yet, or a file was renamed
        return 0


def main(asked: argparse.Namespace) -> None:
    """Train and print."""
    corpora = open_corpora(asked)
    stops = [(at, signal.SIGKILL) for at in asked.kill] + [(at, signal.SIGINT) for at in asked.interrupt]
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        paths = write_mail(corpora, folder, asked.messages)
        messages = sum(count_mails(path) for path in paths.values())
        size = sum(path.stat().st_size for path in paths.values()) / 1e9
        print(f"{messages:,} messages, {size:.1f} GB, {asked.jobs} processes", flush=True)
        spill, given = (
            folder / "spill",
            [word for label, path in paths.items() for word in (f"--{label}", str(path))],
        )
        command = [*mailtriage(), "train", "-o", str(asked.output or folder / "m"), "--jobs", str(asked.jobs)]
        command += ["--spill", str(spill), "--me", "ada@example.org", *given]
        environment = clean_environment(folder) | {"TERM": "xterm", "COLUMNS": "140"}
        print_head(
            "run",
            "ended with",
            "wall s",
            "CPU s",
            "messages/s",
            "peak MiB of all processes",
            "GB in the folder",
        )
        for number, stop in enumerate([*stops, None]):
            done = run(command + ["--resume"] * bool(number), environment, spill, stop)
            print_row(
                number + 1, done.code, f"{done.wall:.1f}", f"{done.cpu:.1f}", f"{messages / done.wall:,.0f}",
                f"{done.mebibytes:.0f}", f"{done.gigabytes:.1f}",
            )  # fmt: skip


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--messages", type=int, default=28_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kill", nargs="*", default=[], metavar="WHEN")
    parser.add_argument("--interrupt", nargs="*", default=[], metavar="WHEN")
    parser.add_argument(
        "--folder", type=Path, help="where mail and blocks are written, for as long as it runs"
    )
    parser.add_argument("--output", type=Path, help="keep the model")
    main(parser.parse_args())

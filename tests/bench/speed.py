"""How fast mailtriage is, side by side with bogofilter in the same run.

    python tests/bench/speed.py [--runs 5]

Whole processes, as a user starts them, on the mail of protocol P1: training, classification of the test
mailbox once and several times over, of headers only (P3), by the starter; one message from standard input.
After one run of each that is not counted, they take turns; medians are shown. CPU is user and system time of
a process and of those that it waited for (wait4). Peak memory starts at what this script takes, as a process
is born as its parent's copy: the row of `true` shows that floor. Everything is kept on one core.
Times on a machine that does something else beside this are worth nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from corpora import REPO, Corpora, argument_parser, open_corpora, print_head, print_row

REPEATED = 5
"""How often a test mailbox stands in the longer one: a process that has started goes on at its own pace."""

ONE = (
    b"From: ada@example.org\nTo: bob@example.org\nSubject: Lunch?\nMessage-ID: <1@example.org>\n\nAt noon.\n"
)

CODES = {"bogofilter": (0, 1, 2)}
"""Exit codes that are no failure, where 0 is not the only one: here spam, ham and unsure."""


ME = ("--me", "ada@example.org")
"""Told, not guessed: guessing reads a part of the mailbox twice, and bogofilter knows nothing of the kind."""


class Job(NamedTuple):
    """What is timed: commands run one after the other, and what they read."""

    name: str
    commands: Sequence[Sequence[str | Path]]
    stdin: Path | None = None
    messages: int = 1
    folder: Path | None = None

    def run(self, environment: dict[str, str]) -> Run:
        """Run all commands; a folder for what is learned is made anew before."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir()
        runs = [_run([str(word) for word in command], self.stdin, environment) for command in self.commands]
        wall, cpu = sum(run.wall for run in runs), sum(run.cpu for run in runs)
        return Run(wall, cpu, max(run.mebibytes for run in runs))


class Run(NamedTuple):
    """Seconds of one run, and its peak memory."""

    wall: float
    cpu: float
    mebibytes: float


def _run(command: list[str], stdin: Path | None, environment: dict[str, str]) -> Run:
    with open(stdin or os.devnull, "rb") as source:
        start = perf_counter()
        process = subprocess.Popen(
            command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in CODES.get(Path(command[0]).name, (0,)):
        raise SystemExit(f"failed with {process.returncode}: {' '.join(command)}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)  # Linux counts it in KiB


def mailtriage() -> list[str]:
    """Find the command as it is installed; else the package does the same."""
    script = Path(sys.executable).with_name("mailtriage")
    return [str(script)] if script.exists() else [sys.executable, "-m", "classifier"]


def clean_environment(folder: Path) -> dict[str, str]:
    """Give children no configuration, and a cache for their bytecode as every user has."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILTRIAGE_")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPATH"] = str(REPO)
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        environment[f"XDG_{name}_HOME"] = str(folder / "xdg")
    return environment


def training(corpora: Corpora, folder: Path) -> list[Job]:
    """Learn P1's training part."""
    ham, spam = (corpora.mailbox("p1", f"train-{label}") for label in ("ham", "spam"))
    count = count_mails(ham) + count_mails(spam)
    ours = [*mailtriage(), "train", "--force", "-o", folder / "p1.mailtriage", "--ham", ham, "--spam", spam]
    base = folder / "bogofilter"
    learn = ("bogofilter", "-d", base)
    theirs = [[*learn, "-n", "-M", "-I", ham], [*learn, "-s", "-M", "-I", spam]]
    return [
        Job("mailtriage train", [ours], messages=count),
        Job("bogofilter -n, -s", theirs, messages=count, folder=base),
    ]


def classification(corpora: Corpora, folder: Path) -> list[Job]:
    """Judge P1's test part."""
    test = corpora.mailbox("p1", "test")
    count = count_mails(test)
    ours = [*mailtriage(), "classify", "-m", folder / "p1.mailtriage", *ME, test]
    theirs = ["bogofilter", "-d", folder / "bogofilter", "-M", "-T", "-I", test]
    return [
        Job("mailtriage classify", [ours], messages=count),
        Job("bogofilter -T", [theirs], messages=count),
    ]


def one_message(folder: Path) -> list[Job]:
    """Judge one message from standard input, and what is in that time."""
    mail = folder / "one.eml"
    mail.write_bytes(ONE)
    ours = [*mailtriage(), "classify", "-m", folder / "p1.mailtriage", *ME, "-"]
    return [
        Job("mailtriage classify -", [ours], mail),
        Job("bogofilter -T", [["bogofilter", "-d", folder / "bogofilter", "-T"]], mail),
        Job("mailtriage --version", [[*mailtriage(), "--version"]]),
        Job("python -c 'import numpy'", [[sys.executable, "-c", "import numpy"]]),
        Job("python -c pass", [[sys.executable, "-c", "pass"]]),
        Job("true", [["true"]]),
    ]


def longer(corpora: Corpora, protocol: str, folder: Path) -> Path:
    """Repeat a test mailbox, so that starting up weighs little."""
    path = folder / f"{protocol}-{REPEATED}.mbox"
    path.write_bytes(corpora.mailbox(protocol, "test").read_bytes() * REPEATED)
    return path


def repeated(corpora: Corpora, folder: Path) -> list[Job]:
    """Judge P1's test part several times over."""
    mails = longer(corpora, "p1", folder)
    ours = [*mailtriage(), "classify", "-m", folder / "p1.mailtriage", *ME, mails]
    theirs = ["bogofilter", "-d", folder / "bogofilter", "-M", "-T", "-I", mails]
    return [
        Job("mailtriage classify", [ours], messages=count_mails(mails)),
        Job("bogofilter -T", [theirs], messages=count_mails(mails)),
    ]


def headers_only(corpora: Corpora, folder: Path) -> list[Job]:
    """Judge P3's test part several times over, by models of headers."""
    ham, spam = (corpora.mailbox("p3", f"train-{label}") for label in ("ham", "spam"))
    model, base = folder / "p3.mailtriage", folder / "bogofilter-headers"
    base.mkdir()
    for command in (
        [*mailtriage(), "train", "--force", "-o", model, "--ham", ham, "--spam", spam],
        ["bogofilter", "-d", base, "-n", "-M", "-I", ham],
        ["bogofilter", "-d", base, "-s", "-M", "-I", spam],
    ):
        _run([str(word) for word in command], None, clean_environment(folder))
    mails = longer(corpora, "p3", folder)
    ours = [*mailtriage(), "classify", "-m", model, *ME, "--view", "headers", mails]
    lighter = [*mailtriage(), "classify", "-m", folder / "p1.mailtriage", *ME, "--view", "headers", mails]
    theirs = ["bogofilter", "-d", base, "-M", "-T", "-I", mails]
    return [
        Job("mailtriage classify --view headers", [ours], messages=count_mails(mails)),
        Job("bogofilter -T", [theirs], messages=count_mails(mails)),
        Job("the same by P1's model, which asks no signals", [lighter], messages=count_mails(mails)),
    ]


def starter(corpora: Corpora, folder: Path) -> list[Job]:
    """Judge P1's test part by the starter, which asks all signals."""
    test = corpora.mailbox("p1", "test")
    theirs = ["bogofilter", "-d", folder / "bogofilter", "-M", "-T", "-I", test]
    return [
        Job(
            "mailtriage classify -m starter",
            [[*mailtriage(), "classify", *ME, test]],
            messages=count_mails(test),
        ),
        Job("bogofilter -T", [theirs], messages=count_mails(test)),
    ]


def count_mails(path: Path) -> int:
    """Count the messages of a mailbox, without loading anything that would add to the memory floor."""
    with path.open("rb") as lines:
        return sum(line.startswith(b"From ") for line in lines)


def compare(title: str, jobs: Sequence[Job], runs: int, environment: dict[str, str]) -> None:
    """Let jobs take turns and print their medians; the last column is against the second job."""
    taken: list[list[Run]] = [[] for _ in jobs]
    for turn in range(runs + 1):
        for job, results in zip(jobs, taken, strict=True):
            result = job.run(environment)
            if turn:  # the first warms the caches
                results.append(result)
    medians = [Run(*map(statistics.median, zip(*results, strict=True))) for results in taken]
    print(f"\n{title}, {runs} runs each\n")
    print_head("command", "wall s", "CPU s", "peak MiB", "messages/s", "CPU against the second", "wall")
    for job, run in zip(jobs, medians, strict=True):
        ratios = (f"{run.cpu / max(medians[1].cpu, 1e-9):.2f}", f"{run.wall / medians[1].wall:.2f}")
        rate = f"{job.messages / run.wall:,.0f}" if job.messages > 1 else ""
        print_row(job.name, f"{run.wall:.4f}", f"{run.cpu:.4f}", f"{run.mebibytes:.0f}", rate, *ratios)


def main(asked: argparse.Namespace) -> None:
    """Print all tables."""
    corpora = open_corpora(asked)
    if shutil.which("bogofilter") is None:
        raise SystemExit("bogofilter is missing: on Debian, apt install bogofilter")
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        environment = clean_environment(folder)
        os.sched_setaffinity(0, {max(cores)})
        compare("Training on P1", training(corpora, folder), asked.runs, environment)
        compare("Classifying P1's test part", classification(corpora, folder), asked.runs, environment)
        compare("One message from standard input", one_message(folder), asked.runs, environment)
        times = f"{REPEATED} times over"
        compare(f"Classifying P1's test part {times}", repeated(corpora, folder), asked.runs, environment)
        title = f"Classifying P3's test part {times}: headers only"
        compare(title, headers_only(corpora, folder), asked.runs, environment)
        compare("The starter on P1's test part", starter(corpora, folder), asked.runs, environment)


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    main(parser.parse_args())

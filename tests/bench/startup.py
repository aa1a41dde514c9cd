"""What starting costs, and what a server saves: whole processes in turn, and clients of a running server.

    python tests/bench/startup.py --model MODEL [--runs 21] [--only pairs|server|threads]

Pairs take turns on one core, at a high priority where that is allowed: the median of the ratios, and of the
differences. The entry point is a script of three lines without `re`, as uv writes it. The message is the
one of median length in P1's test mailbox. The server's workers share the machine with eight asking processes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from corpora import REPO, argument_parser, open_corpora, print_head, print_row

from classifier import Classifier
from classifier.mailboxes import open_mailbox
from classifier.serve import Client

ME = ("--me", "ada@example.org", "--profile", "off")
ASKING = 8
ASKED = 400


def parse() -> argparse.Namespace:
    parser = argument_parser(__doc__ or "")
    parser.add_argument("--model", default="starter")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--only", choices=("pairs", "server", "threads"))
    return parser.parse_args()


def quiet_core() -> None:
    """Stay on one core, before others, where the system lets us."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    except PermissionError:
        print("(no high priority: only on a quiet machine do these figures hold)")


def milliseconds(command: list[str], message: Path) -> float:
    with message.open("rb") as given:
        began = perf_counter()
        subprocess.run(command, stdin=given, stdout=subprocess.DEVNULL, check=True)
        return 1e3 * (perf_counter() - began)


def pair(name: str, ours: list[str], theirs: list[str], message: Path, runs: int) -> None:
    for command in (ours, theirs):
        milliseconds(command, message)  # writes the compiled modules
    found = [(milliseconds(ours, message), milliseconds(theirs, message)) for _ in range(runs)]
    mine, other = (statistics.median(each) for each in zip(*found, strict=True))
    ratio = statistics.median(a / b for a, b in found)
    more = statistics.median(a - b for a, b in found)
    print_row(name, f"{mine:.1f}", f"{other:.1f}", f"{ratio:.2f}", f"{more:.1f}")


@contextmanager
def serving(folder: Path, model: str, jobs: int) -> Iterator[Path]:
    path = folder / f"{jobs}"
    command = [sys.executable, "-m", "classifier", "serve", "--socket", str(path), "-m", model, *ME]
    process = subprocess.Popen([*command, "-j", str(jobs)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()
    try:
        yield path
    finally:
        process.terminate()
        process.wait()


def ask(path: str, mails: list[bytes], number: int) -> list[float]:
    """Ask for some mails, one after the other; seconds of each."""
    found = []
    with Client(path, patience=60) as client:
        for at in range(ASKED):
            raw = mails[(number * ASKED + at) % len(mails)]
            began = perf_counter()
            client.ask(raw)
            found.append(perf_counter() - began)
    return found


def ask_many(path: Path, mails: list[bytes], asking: int) -> None:
    with get_context("fork").Pool(asking) as pool:
        began = perf_counter()
        found = sorted(chain(*pool.starmap(ask, [(str(path), mails, n) for n in range(asking)])))
        rate = len(found) / (perf_counter() - began)
    median, late = (1e3 * found[int(share * len(found))] for share in (0.5, 0.99))
    print_row(f"{path.name} workers, {asking} asking", f"{rate:.0f}", f"{median:.2f}", f"{late:.2f}")


def judge_in(threads: int, model: str, mails: list[bytes]) -> None:
    """The road not taken: judging in threads of one process."""
    classifier = Classifier.load(model, me=["ada@example.org"])
    for raw in mails[:50]:
        classifier.judge([raw])

    def work(number: int) -> None:
        for raw in mails[number:1600:threads]:
            classifier.judge([raw])

    began = perf_counter()
    each = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()
    print_row(f"{threads} threads", f"{1600 / (perf_counter() - began):.0f}")


def pairs(options: argparse.Namespace, folder: Path, message: Path) -> None:
    quiet_core()
    script = folder / "mailtriage"
    lines = ("import sys", f"sys.path.insert(0, {str(REPO)!r})", "from classifier.cli import main", "main()")
    script.write_text("\n".join(lines))
    program = [sys.executable, str(script)]
    bare: Callable[[str], list[str]] = lambda code: [sys.executable, "-c", code]  # noqa: E731
    print_head("ours, against Python alone", "ms", "Python's ms", "ratio", "more, ms")
    pair("--version; pass", [*program, "--version"], bare("pass"), message, options.runs)
    one = [*program, "classify", "-m", options.model, *ME, "-"]
    pair("classify -; import numpy", one, bare("import numpy"), message, options.runs)
    with serving(folder, options.model, 1) as path:
        via = [*program, "classify", "--via", str(path), "-"]
        pair("classify --via -; pass", via, bare("pass"), message, options.runs)


def main() -> None:
    options = parse()
    mails = [stored.raw for stored in open_mailbox(open_corpora(options).mailbox("p1", "test"))]
    with tempfile.TemporaryDirectory(prefix="mt-") as name:
        folder = Path(name)
        message = folder / "one.eml"
        message.write_bytes(sorted(mails, key=len)[len(mails) // 2])
        if options.only in (None, "server"):
            print_head("server", "messages/s", "median ms", "99 % ms")
            for jobs in (1, 2):
                with serving(folder, options.model, jobs) as path:
                    for asking in (1, ASKING):
                        ask_many(path, mails, asking)
        if options.only in (None, "threads"):
            print_head("judging one by one", "messages/s")
            for threads in (1, 2):
                judge_in(threads, options.model, mails)
        if options.only in (None, "pairs"):
            pairs(options, folder, message)


if __name__ == "__main__":
    main()

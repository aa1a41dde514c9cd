"""What more processes and larger mailboxes cost: jobs 2 against 1, memory, and the scan against grep.

    python tests/bench/scaling.py [--runs 5] [--repeated 20] [--gigabytes 5]

The test mailbox of protocol P1, repeated. Jobs take turns, after one run of each that is not counted; medians
are shown. Peak memory is the sum of the proportional shares (Pss) of the process and its workers, looked at
ten times a second: pages that they share count once. The scan finds the borders of all messages, as `keys`
and `sort` need them; `grep -c '^From '` counts lines. A folder for temporary files with room for two such
mailboxes is needed (--folder).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, sleep

from corpora import Corpora, argument_parser, open_corpora, print_head, print_row

ME = ("--me", "ada@example.org", "--profile", "off")
CLASSIFY = (sys.executable, "-m", "classifier", "classify", *ME)
SCAN = "import sys; from classifier.mailboxes import borders; print(sum(1 for _ in borders(sys.argv[1])))"


def seconds(*command: str | Path) -> float:
    """Run a command, its output going to a file that nobody reads: grep stops early for /dev/null."""
    with tempfile.TemporaryFile() as out:
        start = perf_counter()
        subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True)
        return perf_counter() - start


def in_turn(runs: int, *commands: tuple[str | Path, ...]) -> list[float]:
    """Let commands take turns; medians."""
    took = [[seconds(*command) for command in commands] for _ in range(runs + 1)][1:]
    return [statistics.median(column) for column in zip(*took, strict=True)]


def proportional_kib(pid: int) -> int:
    """Add up the proportional shares of a process and its children, in KiB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return 0
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return own + sum(proportional_kib(int(child)) for child in children)


def peak_mebibytes(*command: str | Path) -> tuple[float, float]:
    """Run a command; its peak memory with its workers', and its seconds."""
    start, peak = perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, proportional_kib(process.pid))
            sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: no figure of a run cut short")
    return peak / 1024, perf_counter() - start


def repeated(source: Path, times: int, folder: Path) -> Path:
    """Write a mailbox so many times into one."""
    path = folder / f"{times}.mbox"
    with path.open("wb") as out:
        for _ in range(times):
            with source.open("rb") as mail:
                shutil.copyfileobj(mail, out, 1 << 20)
    return path


def measure(corpora: Corpora, args: argparse.Namespace, folder: Path) -> None:
    """Print the three tables."""
    test = corpora.protocols / "p1" / "test.mbox"
    some = repeated(test, args.repeated, folder)
    one, two = in_turn(args.runs, (*CLASSIFY, some), (*CLASSIFY, "--jobs", "2", some))
    print(f"\n{some.stat().st_size / 1e6:,.0f} MB, s\n")
    print_head("jobs 1", "jobs 2", "times as fast")
    print_row(f"{one:.2f}", f"{two:.2f}", f"{one / two:.2f}")
    some.unlink()
    large = repeated(test, round(args.gigabytes * 1e9 / test.stat().st_size), folder)
    for path in (test, large):  # both in the page cache, as far as it goes
        seconds("cat", path)
    runs = min(args.runs, 3)
    grep, scan = in_turn(runs, ("grep", "-c", "^From ", large), (sys.executable, "-c", SCAN, large))
    print(f"\nborders of {large.stat().st_size / 1e9:.1f} GB, s\n")
    print_head("grep -c", "scan", "ratio")
    print_row(f"{grep:.2f}", f"{scan:.2f}", f"{scan / grep:.2f}")
    print("\nclassify\n")
    print_head("mailbox", "jobs", "peak MiB", "s")
    for path in (test, large):
        for jobs in args.jobs:
            peak, took = peak_mebibytes(*CLASSIFY, "--jobs", str(jobs), path)
            print_row(f"{path.stat().st_size / 1e6:,.0f} MB", str(jobs), f"{peak:.0f}", f"{took:.1f}")


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--repeated", type=int, default=20, help="of the mailbox for jobs 2 against 1")
    parser.add_argument("--gigabytes", type=float, default=5.0, help="of the large mailbox")
    parser.add_argument("--jobs", type=int, nargs="*", default=(1, 2), help="whose memory is measured")
    parser.add_argument("--folder", help="for the large mailboxes")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailtriage-scaling-", dir=args.folder) as folder:
        measure(open_corpora(args), args, Path(folder))


if __name__ == "__main__":
    main()

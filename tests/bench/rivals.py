"""Protocol P1 by the other filters that learn, side by side: those that are installed.

    apt install bogofilter crm114 spamprobe
    python tests/bench/rivals.py [--filters mailtriage bogofilter ...]

Each learns P1's training part and scores its test part, by its own command, as its manual advises:

bogofilter
    all mail learned once, by mailbox.
CRM114
    OSB unique microgroom, trained where its answer is wrong or its pR is below 10, in order of arrival; a
    process a message, as it knows no mailboxes.
spamprobe
    all mail learned once; its scores end at 0.999999, so its best 1 % are ties.

CPU is user and system time of all processes; where it is of a process a message, starting is most of it.
In doubt is what a filter says is so: bogofilter's Unsure, |pR| below 10, ours between odds of 1 to 19 and
19 to 1; the others have no such word.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import numpy as np
from corpora import Corpora, argument_parser, open_corpora, print_head, print_row
from numpy.typing import NDArray

from classifier import open_mailbox
from classifier.verdict import Cuts

Floats = NDArray[np.float64]
Scored = tuple[Floats, int | None]
"""Scores, higher for spam, and how many answers are in doubt; None where a filter has no such word."""

THICK = 10.0
"""CRM114 learns what it is no surer of than this; its own unit, pR."""

UNSURE = 0.45, 0.99
"""Between these bogofilter says Unsure, as it comes."""

LEARN = "{\n learn <osb unique microgroom> (:*:css:) /[[:graph:]]+/\n}\n"
CLASSIFY = """{
 isolate (:stats:) //
 {
  classify <osb unique microgroom> (:*:good: | :*:spam:) (:stats:) /[[:graph:]]+/
 }
 output /:*:stats:/
}
"""
_PR = re.compile(rb"^CLASSIFY \w+; success probability: \S+\s+pR:\s*(\S+)", re.MULTILINE)


def run(words: Sequence[object], stdin: bytes | None = None, codes: Sequence[int] = (0,)) -> bytes:
    """Run a command; returns what it wrote."""
    done = subprocess.run([*map(str, words)], input=stdin or b"", capture_output=True, check=False)
    if done.returncode not in codes:
        raise SystemExit(f"failed with {done.returncode}: {words}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class Mail:
    """P1's mail, as mailboxes and as single messages."""

    def __init__(self, corpora: Corpora) -> None:
        self.corpora = corpora
        self.ham, self.spam, self.test = (
            corpora.mailbox("p1", name) for name in ("train-ham", "train-spam", "test")
        )

    def tested(self) -> list[bytes]:
        """Read the test part."""
        return [stored.raw for stored in open_mailbox(self.test)]

    def in_order(self) -> Iterator[tuple[bytes, bool]]:
        """Yield the training part in order of arrival, each with whether it is spam."""
        path = self.corpora.corpora / "spamassassin"
        with (path / "index.tsv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        for row, stored in zip(rows, open_mailbox(path / "all.mbox"), strict=True):
            if int(row["fold"]) >= 2:
                yield stored.raw, row["label"] == "spam"


def mailtriage(mail: Mail, folder: Path, tick: Callable[[], None]) -> Scored:
    """Train and classify by the command."""
    ours, model = [sys.executable, "-m", "classifier"], folder / "p1.mailtriage"
    run([*ours, "train", "-o", model, "--ham", mail.ham, "--spam", mail.spam])
    tick()
    told = run([*ours, "classify", "-m", model, "--me", "ada@example.org", "-f", "csv", mail.test])
    rows = csv.DictReader(told.decode().splitlines())
    scores = np.array([float(row["log_odds_spam"]) for row in rows])
    return scores, int(((scores > Cuts().ham) & (scores < Cuts().spam)).sum())


def bogofilter(mail: Mail, folder: Path, tick: Callable[[], None]) -> Scored:
    """Learn both mailboxes, score the third."""
    base = ["bogofilter", "-C", "-d", folder]
    run([*base, "-n", "-M", "-I", mail.ham])
    run([*base, "-s", "-M", "-I", mail.spam])
    tick()
    told = run([*base, "-TT", "-M", "-I", mail.test], codes=(0, 1, 2)).splitlines()
    scores = np.array([float(line.split()[-1]) for line in told])
    return scores, int(((scores > UNSURE[0]) & (scores < UNSURE[1])).sum())


def crm114(mail: Mail, folder: Path, tick: Callable[[], None]) -> Scored:
    """Learn what is wrong or thin, one after the other."""
    learn, classify = folder / "learn.crm", folder / "classify.crm"
    learn.write_text(LEARN)
    classify.write_text(CLASSIFY)
    files = {False: folder / "good.css", True: folder / "spam.css"}

    def teach(raw: bytes, spam: bool) -> None:
        run(["crm", learn, f"--css={files[spam]}"], raw)

    def spamminess(raw: bytes) -> float:
        found = _PR.search(run(["crm", classify, f"--good={files[False]}", f"--spam={files[True]}"], raw))
        if found is None:
            raise SystemExit("CRM114 said nothing")
        return -float(found[1])

    for raw, spam in mail.in_order():
        known = all(path.exists() for path in files.values())
        if not known or (spamminess(raw) if spam else -spamminess(raw)) < THICK:
            teach(raw, spam)
    tick()
    scores = np.array([spamminess(raw) for raw in mail.tested()])
    return scores, int((np.abs(scores) < THICK).sum())


def spamprobe(mail: Mail, folder: Path, tick: Callable[[], None]) -> Scored:
    """Learn both mailboxes, score each message of the third as a file."""
    base = ["spamprobe", "-d", folder]
    run([*base, "good", mail.ham])
    run([*base, "spam", mail.spam])
    tick()
    files = []
    for number, raw in enumerate(mail.tested()):
        files.append(folder / f"{number:05}")
        files[-1].write_bytes(raw)
    told = run([*base, "-M", "score", *files]).splitlines()
    return np.array([float(line.split()[1]) for line in told]), None


FILTERS: dict[str, tuple[Callable[[Mail, Path, Callable[[], None]], Scored], str]] = {
    "mailtriage": (mailtriage, sys.executable),
    "bogofilter": (bogofilter, "bogofilter"),
    "crm114": (crm114, "crm"),
    "spamprobe": (spamprobe, "spamprobe"),
}


def cpu() -> float:
    """Seconds that children have used."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(asked: argparse.Namespace) -> None:
    """Print a row a filter."""
    corpora = open_corpora(asked)
    mail, judge, gold = Mail(corpora), corpora.referee(), corpora.gold("p1")
    print_head(
        "filter",
        "1-ROCA%",
        "missed at 0.1 %",
        "at 0.5 %",
        "in doubt",
        "learns, s of CPU",
        "messages/s of CPU",
    )
    for name in asked.filters:
        judged_by, program = FILTERS[name]
        if not shutil.which(program):
            print_row(name, "not installed", *[""] * 5)
            continue
        with tempfile.TemporaryDirectory() as folder:
            times = [cpu()]
            scores, doubt = judged_by(mail, Path(folder), lambda: times.append(cpu()))  # noqa: B023
            times.append(cpu())
        if len(scores) != len(gold):
            raise SystemExit(f"{name} scored {len(scores)} of {len(gold)} messages")
        told = judge(gold, scores)
        figures = (
            f"{told['1-ROCA%']:.4f}",
            f"{told['missed_at_0.1']:.2f} %",
            f"{told['missed_at_0.5']:.2f} %",
        )
        learned, judged = np.diff(times)
        print_row(
            name, *figures, "-" if doubt is None else doubt, f"{learned:.1f}", f"{len(gold) / judged:,.0f}"
        )


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--filters", nargs="+", choices=FILTERS, default=list(FILTERS))
    main(parser.parse_args())

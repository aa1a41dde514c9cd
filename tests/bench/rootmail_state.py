"""How much is remembered of many hosts after a long time, and how fast mail is judged then: simulated.

    python tests/bench/rootmail_state.py [--hosts 20] [--days 60] [--judged 1000] [--novel 0.02]

The eight hosts of `data/rootmail` stand in for as many as asked for: copies have names of their own in all
of their mail, and after the 60 days of the corpus its mail comes again, later. So that a host goes on saying
what it never said, as real ones do, one mail in fifty gets a line of made-up words. All mail enters a
profile, in order of arrival, under a clock that goes with the mail, for the profile keeps what its records
were by the clock. Each month a row tells its size. The last messages are judged by the starter model before
they are remembered, and then by a classifier that remembers nothing. The starter has seen this mail, which
makes no difference to size or speed.

Records of letters, threads, people and the like have a fixed number of places (`history/places.py`): in
proportion is more than they can ever take.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import process_time
from typing import NamedTuple

from corpora import print_head, print_row
from root_corpus import RootMail, read_root_mail

from classifier import Classifier
from classifier.profile import Profile

DAY = 86400.0
CORPUS_DAYS = 60
BATCH = 64


class Arrived(NamedTuple):
    """A message of a simulated host, and when it came, in unix seconds."""

    raw: bytes
    now: float


def simulate(mails: Sequence[RootMail], hosts: int, days: int, novel: float) -> Iterator[Arrived]:
    """Yield the mail of so many hosts and days, in order of arrival."""
    names = sorted({mail.host for mail in mails})
    known = re.compile(b"(?i)\\b(?:%s)\\b" % b"|".join(name.encode() for name in names))
    first = min(mail.arrived for mail in mails)
    ordered = sorted(mails, key=lambda mail: mail.arrived)
    chance = random.Random(1)
    for again in range(-(-days // CORPUS_DAYS)):
        for mail in ordered:
            now = mail.arrived + again * CORPUS_DAYS * DAY
            if now - first >= days * DAY:
                return
            for copy in range(names.index(mail.host), hosts, len(names)):
                raw = renamed(mail.stored.raw, known, copy // len(names), again)
                yield Arrived(raw + made_up(chance) if chance.random() < novel else raw, now)


def made_up(chance: random.Random) -> bytes:
    """Make a line that nobody ever wrote."""
    return " ".join("".join(chance.choices(string.ascii_lowercase, k=7)) for _ in range(4)).encode() + b"\n"


def renamed(raw: bytes, known: re.Pattern[bytes], copy: int, again: int) -> bytes:
    """Give all hosts in a message the names of a copy, and the message an id of its own."""
    named = known.sub(lambda found: b"%sx%d" % (found[0], copy), raw) if copy else raw
    return re.sub(rb"(?im)^(Message-ID: *<)", rb"\g<1>%d." % again, named, count=1) if again else named


class Clock:
    """Stands in for `time.time`: it is when the last message came."""

    def __init__(self) -> None:
        self.now = 0.0
        time.time = lambda: self.now


def remember(classifier: Classifier, mails: Iterator[Arrived], count: int, clock: Clock) -> float:
    """Let mail enter the history, and print how the profile grows; returns processor time a message."""
    spent = done = 0.0
    month = 0
    began = None
    print_head("day", "messages", "file, MB", "of it kept to go back", "observed, messages/s")
    while batch := list(islice(mails, min(BATCH, count - int(done)))):
        clock.now = batch[-1].now
        began = batch[0].now if began is None else began
        start = process_time()
        with classifier.together():
            for mail in batch:
                classifier.observe(mail.raw, now=mail.now)
        spent += process_time() - start
        done += len(batch)
        if clock.now - began >= (month + 1) * 30 * DAY or done == count:
            month += 1
            days = f"{(clock.now - began) / DAY:.0f}"
            print_row(days, f"{done:.0f}", *_sizes(classifier.profile), f"{done / spent:.0f}")
    return spent / max(1.0, done)


def _sizes(profile: Profile | None) -> tuple[str, str]:
    """Size of the file, and of what is kept of former records, in MB."""
    assert profile is not None
    [(pages,)], [(page,)] = profile.file.read("PRAGMA page_count"), profile.file.read("PRAGMA page_size")
    [(past,)] = profile.file.read("SELECT coalesce(sum(length(value)), 0) FROM past")
    return f"{pages * page / 1e6:.1f}", f"{past / 1e6:.1f}"


def judge(classifier: Classifier, mails: Sequence[Arrived], observe: bool) -> float:
    """Judge mail, remembering each message after it or not; returns messages a second of processor time."""
    start = process_time()
    for at in range(0, len(mails), BATCH):
        batch = mails[at : at + BATCH]
        with classifier.together():
            classifier.judge([mail.raw for mail in batch], [mail.now for mail in batch], observe=observe)
    return len(mails) / (process_time() - start)


def report(profile: Profile, hosts: int) -> None:
    """Print a row for each kind of record, and one for the file."""
    kinds = "SELECT kind, count(*), sum(length(value)), max(length(value)) FROM memory GROUP BY kind"
    print_head("kind of record", "records", "a host", "mean bytes", "largest", "MB")
    for kind, records, size, largest in profile.file.read(kinds):
        row = f"{records / hosts:.1f}", f"{size / records:.0f}", largest, f"{size / 1e6:.1f}"
        print_row(kind, records, *row)
    print_row("the file", "", "", "", "", _sizes(profile)[0])


def main(asked: argparse.Namespace) -> None:
    """Fill a profile, then judge the last messages, and print what there is."""
    corpus = read_root_mail()
    count = sum(1 for _ in simulate_times(corpus, asked.hosts, asked.days))
    mails = simulate(corpus, asked.hosts, asked.days, asked.novel)
    clock = Clock()
    clock.now = min(mail.arrived for mail in corpus)
    print(f"{asked.hosts} hosts, {asked.days} days, {count} messages\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        remembering = Classifier.load("starter", profile=Path(folder) / "profile.sqlite")
        assert remembering.profile is not None
        spent = remember(remembering, mails, count - asked.judged, clock)
        last = list(mails)
        with_history = judge(remembering, last, observe=True)
        without = judge(Classifier.load("starter"), last, observe=False)
        print()
        report(remembering.profile, asked.hosts)
        remembering.profile.close()
    print(
        f"\nremembered at {1 / spent:.0f} messages/s; the last {len(last)} judged and remembered at "
        f"{with_history:.0f}/s, judged without history at {without:.0f}/s (processor time)"
    )


def simulate_times(mails: Sequence[RootMail], hosts: int, days: int) -> Iterator[float]:
    """Yield when each message of `simulate` comes."""
    names = sorted({mail.host for mail in mails})
    first = min(mail.arrived for mail in mails)
    for again in range(-(-days // CORPUS_DAYS)):
        for mail in mails:
            now = mail.arrived + again * CORPUS_DAYS * DAY
            if now - first < days * DAY:
                yield from [now] * len(range(names.index(mail.host), hosts, len(names)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--judged", type=int, default=1000, help="messages at the end that are judged")
    parser.add_argument("--novel", type=float, default=0.02, help="share of mail with a line never seen")
    main(parser.parse_args())

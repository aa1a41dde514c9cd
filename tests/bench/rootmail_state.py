"""How much is remembered of many hosts after a long time, and how fast mail is judged then: simulated.

    python tests/bench/rootmail_state.py [--hosts 20] [--days 60] [--judged 1000]

The eight hosts of `data/rootmail` stand in for as many as asked for: copies have names of their own in all
of their mail, and after the 60 days of the corpus its mail comes again, later. So a simulated host writes as
much as one of the corpus, but from the third month on says nothing that it did not say before: lines that
only a long time brings are missing. All mail enters a profile, in order of arrival; the last messages are
judged by the starter model before they are remembered, and then by a classifier that remembers nothing. The
starter has seen this mail, which makes no difference to size or speed.

Records of letters, threads, people and the like have a fixed number of places (`history/places.py`): in
proportion is more than they can ever take.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
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


def simulate(mails: Sequence[RootMail], hosts: int, days: int) -> Iterator[Arrived]:
    """Yield the mail of so many hosts and days, in order of arrival."""
    names = sorted({mail.host for mail in mails})
    known = re.compile(b"(?i)\\b(?:%s)\\b" % b"|".join(name.encode() for name in names))
    first = min(mail.arrived for mail in mails)
    ordered = sorted(mails, key=lambda mail: mail.arrived)
    for again in range(-(-days // CORPUS_DAYS)):
        for mail in ordered:
            now = mail.arrived + again * CORPUS_DAYS * DAY
            if now - first >= days * DAY:
                return
            for copy in range(names.index(mail.host), hosts, len(names)):
                yield Arrived(renamed(mail.stored.raw, known, copy // len(names), again), now)


def renamed(raw: bytes, known: re.Pattern[bytes], copy: int, again: int) -> bytes:
    """Give all hosts in a message the names of a copy, and the message an id of its own."""
    named = known.sub(lambda found: b"%sx%d" % (found[0], copy), raw) if copy else raw
    return re.sub(rb"(?im)^(Message-ID: *<)", rb"\g<1>%d." % again, named, count=1) if again else named


def remember(classifier: Classifier, mails: Sequence[Arrived]) -> float:
    """Let mail enter the history; returns seconds of processor time a message."""
    start = process_time()
    for at in range(0, len(mails), BATCH):
        with classifier.together():
            for mail in mails[at : at + BATCH]:
                classifier.observe(mail.raw, now=mail.now)
    return (process_time() - start) / max(1, len(mails))


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
    print_head(
        "kind of record",
        "records",
        "a host",
        "mean bytes",
        "largest",
        "kB",
        "MB for 200 hosts, in proportion",
    )
    for kind, records, size, largest in profile.file.read(kinds):
        row = f"{records / hosts:.1f}", f"{size / records:.0f}", largest, f"{size / 1e3:.0f}"
        print_row(kind, records, *row, f"{size / hosts * 200 / 1e6:.1f}")
    [(pages,)], [(page,)] = profile.file.read("PRAGMA page_count"), profile.file.read("PRAGMA page_size")
    file = pages * page
    print_row("the file", "", "", "", "", f"{file / 1e3:.0f}", f"{file / hosts * 200 / 1e6:.1f}")


def main(asked: argparse.Namespace) -> None:
    """Fill a profile, then judge the last messages, and print what there is."""
    mails = list(simulate(read_root_mail(), asked.hosts, asked.days))
    before, last = mails[: -asked.judged], mails[-asked.judged :]
    with tempfile.TemporaryDirectory() as folder:
        remembering = Classifier.load("starter", profile=Path(folder) / "profile.sqlite")
        assert remembering.profile is not None
        spent = remember(remembering, before)
        with_history = judge(remembering, last, observe=True)
        without = judge(Classifier.load("starter"), last, observe=False)
        print(f"{asked.hosts} hosts, {asked.days} days, {len(mails)} messages\n")
        report(remembering.profile, asked.hosts)
        remembering.profile.close()
    print(
        f"\nremembered at {1 / spent:.0f} messages/s; the last {len(last)} judged and remembered at "
        f"{with_history:.0f}/s, judged without history at {without:.0f}/s (processor time)"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--judged", type=int, default=1000, help="messages at the end that are judged")
    main(parser.parse_args())

"""How many silent jobs are named, and how many of those named are silent: simulated outages.

    python tests/bench/overdue.py [--trials 300] [--jobs 10]

Of the root mail of eight hosts, the last k runs (1, 2 or 3) of some jobs before a random moment in the last
half are dropped: those jobs are out. What is late is named by `find_late`, as `mailtriage overdue` does, from
records that hold arrivals and zone and no more of them than the product keeps. A job counts as having a
rhythm where its undisturbed arrivals have one; the rest can only raise false alarms. Half of the hosts (by
name, every other) served to choose the rules and the confidence from which on a job is named; the other half
is the test.

An alarm about a job that nobody silenced is false, except where the job really fell silent in the corpus: its
next mail came more than one and a half cycles after its last. Those are counted apart.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from corpora import argument_parser, open_corpora, print_head, print_row

from classifier.digest.late import NAME_CHARS, SURE, find_late
from classifier.history import Arrival
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.rootmail.cadence import DAY, Rhythm, find_rhythm, grace
from classifier.rootmail.identity import Identity, identify
from classifier.rootmail.places import names_in_record
from classifier.rootmail.record import ARRIVALS_KEPT, Record
from classifier.signals import Site

CONFIDENCES = (0.5, 0.7, 0.8, SURE, 0.9, 0.95, 0.98)
HOUR = 3600.0


class Count(NamedTuple):
    """What became of the alarms."""

    named: int = 0
    missed: int = 0
    false: int = 0
    real: int = 0

    @property
    def precision(self) -> float:
        """Share of the alarms that were right."""
        return (self.named + self.real) / max(1, self.named + self.real + self.false)

    @property
    def recall(self) -> float:
        """Share of the silent jobs that were named."""
        return self.named / max(1, self.named + self.missed)


class Job(NamedTuple):
    """A job that was read: its record, when it wrote, and the rhythm of all that."""

    record: Record
    times: list[float]
    rhythm: Rhythm


def read_jobs(folder: Path) -> dict[str, list[Job]]:
    """Read when each job of each host wrote, ascending."""
    found: dict[str, list[Job]] = {}
    for path in sorted(folder.glob("*.mbox")):
        jobs: dict[Identity, tuple[Record, list[float]]] = {}
        for stored in open_mailbox(path):
            arrival = Arrival(Message(stored.raw), Site())
            identity = identify(arrival.message, arrival.route)
            if identity is not None:
                record, times = jobs.setdefault(identity, (Record(*names_in_record(identity)), []))
                times.append(arrival.now)
                record.zone = arrival.message.date.zone if arrival.message.date else record.zone
        found[path.stem] = [
            Job(record, sorted(times), find_rhythm(times, record.zone or 0))
            for record, times in jobs.values()
        ]
    return found


def trial(jobs: list[Job], chance: random.Random, silenced: int, sure: float) -> Count:
    """Silence some jobs, and ask at a moment of the last half which are late."""
    first, last = min(job.times[0] for job in jobs), max(job.times[-1] for job in jobs)
    now = chance.uniform((first + last) / 2, last)
    numbers = range(len(jobs))
    steady = [at for at in numbers if jobs[at].rhythm.slots and bisect(jobs[at].times, now) >= 8]
    out = set(chance.sample(steady, min(silenced, len(steady))))
    heard = [job.times[: bisect(job.times, now)] for job in jobs]
    kept = [len(heard[at]) - (chance.choice((1, 2, 3)) if at in out else 0) for at in numbers]
    records = [
        replace(job.record, arrivals=heard[at][: kept[at]][-ARRIVALS_KEPT:]) for at, job in enumerate(jobs)
    ]
    late = {(each.host, each.who) for each in find_late(records, now, sure)}
    named = missed = false = real = 0
    for at, job in enumerate(jobs):
        alarm = (job.record.host, job.record.name[:NAME_CHARS]) in late
        dropped = heard[at][kept[at] :]
        if dropped and now - dropped[0] > grace(job.rhythm.cycle.length) + HOUR:
            named, missed = named + alarm, missed + (not alarm)
        elif alarm:
            fell_silent = _really_silent(job.times, now, job.rhythm)
            real, false = real + fell_silent, false + (not fell_silent)
    return Count(named, missed, false, real)


def _really_silent(times: list[float], now: float, rhythm: Rhythm) -> bool:
    """Tell whether a job missed a run in the corpus itself around a moment."""
    before = max((time for time in times if time <= now), default=now)
    after = min((time for time in times if time > now), default=now)
    return max(after, now) - before > 1.5 * (rhythm.cycle.length or 30 * DAY)


def main(asked: argparse.Namespace) -> None:
    """Print both tables."""
    hosts = read_jobs(open_corpora(asked).corpora / "rootmail")
    halves = {"choice": sorted(hosts)[::2], "test": sorted(hosts)[1::2]}
    print_head("hosts", "named from", "outages", "precision", "recall", "false alarms", "really silent")
    for half, names in halves.items():
        jobs = [job for name in names for job in hosts[name]]
        for sure in CONFIDENCES if half == "choice" else (SURE,):
            chance, total = random.Random(asked.seed), Count()
            for _ in range(asked.trials):
                counts = trial(jobs, chance, asked.jobs, sure)
                total = Count(*(sum(pair) for pair in zip(total, counts, strict=True)))
            outages = total.named + total.missed
            print_row(
                half, sure, outages, f"{total.precision:.3f}", f"{total.recall:.3f}", total.false, total.real
            )


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=10, help="how many are silenced at once")
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())

"""How many silent jobs are named, and how many of those named are silent: simulated outages.

    python tests/bench/overdue.py [--trials 300] [--jobs 10]

Of the root mail of eight hosts, the last k runs (1, 2 or 3) of some jobs before a random moment in the last
half are dropped: those jobs are out. Everything is told by arrival times alone, and a job's record holds no
more of them than the product keeps. A job counts as having a rhythm where its undisturbed arrivals have one;
the rest can only raise false alarms. Half of the hosts (by name, every other) served to choose the rules and
the confidence from which on a job is named; the other half is the test.

An alarm about a job that nobody silenced is false, except where the job really fell silent in the corpus: its
next mail came more than one and a half cycles after its last. Those are counted apart.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from corpora import argument_parser, open_corpora, print_head, print_row

from classifier.digest.late import SURE
from classifier.history import Arrival
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.rootmail.cadence import DAY, Rhythm, find_overdue, find_rhythm, grace
from classifier.rootmail.identity import identify
from classifier.rootmail.record import ARRIVALS_KEPT
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


def arrivals(folder: Path) -> dict[str, dict[str, list[float]]]:
    """Read when each job of each host wrote."""
    found: dict[str, dict[str, list[float]]] = {}
    for path in sorted(folder.glob("*.mbox")):
        jobs: dict[str, list[float]] = defaultdict(list)
        for stored in open_mailbox(path):
            arrival = Arrival(Message(stored.raw), Site())
            identity = identify(arrival.message, arrival.route)
            if identity is not None:
                jobs["\t".join(identity)].append(arrival.now)
        found[path.stem] = {job: sorted(times) for job, times in jobs.items()}
    return found


def trial(
    jobs: dict[str, list[float]],
    rhythms: dict[str, Rhythm],
    chance: random.Random,
    silenced: int,
    sure: float,
) -> Count:
    """Silence some jobs, and ask at a moment of the last half which are late."""
    first, last = min(min(times) for times in jobs.values()), max(max(times) for times in jobs.values())
    now = chance.uniform((first + last) / 2, last)
    steady = [job for job in jobs if rhythms[job].slots and sum(time <= now for time in jobs[job]) >= 8]
    out = dict.fromkeys(chance.sample(sorted(steady), min(silenced, len(steady))), 0)
    named = missed = false = real = 0
    for job, times in jobs.items():
        before = [time for time in times if time <= now]
        dropped = before[-chance.choice((1, 2, 3)) :] if job in out else []
        kept = before[: len(before) - len(dropped)][-ARRIVALS_KEPT:]
        late = find_overdue(find_rhythm(kept), now)
        alarm = late is not None and late.confidence >= sure
        if dropped and now - dropped[0] > grace(rhythms[job].cycle.length) + HOUR:
            named, missed = named + alarm, missed + (not alarm)
        elif alarm:
            fell_silent = _really_silent(times, now, rhythms[job])
            real, false = real + fell_silent, false + (not fell_silent)
    return Count(named, missed, false, real)


def _really_silent(times: list[float], now: float, rhythm: Rhythm) -> bool:
    """Tell whether a job missed a run in the corpus itself around a moment."""
    before = max((time for time in times if time <= now), default=now)
    after = min((time for time in times if time > now), default=now)
    return max(after, now) - before > 1.5 * (rhythm.cycle.length or 30 * DAY)


def main(asked: argparse.Namespace) -> None:
    """Print both tables."""
    hosts = arrivals(open_corpora(asked).corpora / "rootmail")
    halves = {"choice": sorted(hosts)[::2], "test": sorted(hosts)[1::2]}
    print_head("hosts", "named from", "outages", "precision", "recall", "false alarms", "really silent")
    for half, names in halves.items():
        for sure in CONFIDENCES if half == "choice" else (SURE,):
            chance, total = random.Random(asked.seed), Count()
            for _ in range(asked.trials):
                jobs = {f"{host}\t{job}": times for host in names for job, times in hosts[host].items()}
                rhythms = _rhythms(jobs)
                counts = trial(jobs, rhythms, chance, asked.jobs, sure)
                total = Count(*(sum(pair) for pair in zip(total, counts, strict=True)))
            outages = total.named + total.missed
            print_row(
                half, sure, outages, f"{total.precision:.3f}", f"{total.recall:.3f}", total.false, total.real
            )


_KNOWN: dict[str, Rhythm] = {}


def _rhythms(jobs: dict[str, list[float]]) -> dict[str, Rhythm]:
    """Find the rhythm of each job's undisturbed arrivals, once."""
    for job, times in jobs.items():
        if job not in _KNOWN:
            _KNOWN[job] = find_rhythm(times)
    return _KNOWN


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=10, help="how many are silenced at once")
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())

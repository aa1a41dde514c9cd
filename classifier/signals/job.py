"""What a machine's mail is to the job that sent it: how long known, how it goes, what is unusual today.

All are pure functions of ``Facts.history.job`` and mean the same on every host and for every tool: rates,
distances in standard deviations, grades of trouble.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from classifier.rootmail.flow import rush_of
from classifier.rootmail.urgency import urgency_of
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.rootmail.job_past import JobPast
    from classifier.signals.facts import Facts

HISTORY = frozenset({"history"})

GRADES = {-1: "none", 0: "neutral", 1: "warning", 2: "failure", 3: "grave"}
"""Names of the grades of trouble, for columns; none where there is no line at all."""

RESTLESS = (0.1, 0.3, 0.6)
"""Edges of the share of mails that brought new lines."""

SETTLED = 3
"""Mails after which a job is known."""

OLD_DAYS = 4.0
"""Days after which all daily jobs of a host have been heard of."""


def past_of(facts: Facts) -> JobPast | None:
    """Return what was known of the job; None where nobody remembers or no job wrote the mail."""
    history = facts.history
    past: JobPast | None = None if history is None else history.job
    return past


def host_days(past: JobPast) -> float:
    """Return for how many days the host has been heard of."""
    return max(0.0, past.now - past.host_since) / 86400


def level(value: float, edges: tuple[float, ...]) -> int:
    """Return how many edges a value has reached."""
    return bisect_right(edges, value)


@signal("job.mails", kind="number", needs=HISTORY, edges=(1, 3, 6, 15))
def mails(facts: Facts) -> float | None:
    """How many mails of the job came before.

    Sees: the job's record.
    Means: below three nothing can be called new.
    Fooled by: jobs that change their name.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.mails


@signal("job.host_days", kind="number", needs=HISTORY, edges=(1, 3, 7))
def host_age(facts: Facts) -> float | None:
    """For how many days the job's host has been heard of.

    Sees: the host's record.
    Means: on a host known for a week a new job is news; on the first day everything is.
    Fooled by: a host that is renamed.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else host_days(past)


@signal("job.first_on_known_host", needs=HISTORY)
def first_on_known_host(facts: Facts) -> bool | None:
    """Whether a job that was never heard of speaks on a host that was.

    Sees: the records of job and host.
    Means: the first output of a silent job, or a new job.
    Fooled by: jobs that run once a month.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else not past.mails and host_days(past) > OLD_DAYS


@signal("job.gap", kind="number", needs=HISTORY, edges=(-2, -1, -0.3, 0.3, 1, 2))
def gap(facts: Facts) -> float | None:
    """How long the job was silent, against its habit.

    Sees: the natural logarithm of the time since its last mail over the median of its last gaps; unknown
    before the third mail and where a clock went back.
    Means: far below 0 a burst, far above 0 a job that had stopped.
    Fooled by: jobs without a rhythm.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    if past is None or len(past.arrivals) < 3 or past.now < past.last:
        return None
    recent = past.arrivals[-12:]
    gaps = sorted(late - early for early, late in pairwise(recent))
    return math.log((past.now - past.last + 60) / (max(0, gaps[len(gaps) // 2]) + 60))


@signal("job.rush", kind="number", needs=HISTORY, default=False, edges=(0.7, 1.4, 2.1, 3))
def rush(facts: Facts) -> float | None:
    """How many mails of the job came within a day, against its habit.

    Sees: the natural logarithm of the mails of the last 24 hours over those that its gaps before make a day;
    unknown before the third mail.
    Means: a monitor that flaps, a job in a loop.
    Fooled by: jobs without a rhythm.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else rush_of(past.arrivals, past.now)


@signal("job.unrest", kind="number", needs=HISTORY, edges=(0.05, 0.15, 0.3, 0.6))
def unrest(facts: Facts) -> float | None:
    """Which share of the job's mails brought new lines.

    Sees: the job's record, the later mails counting more; unknown for the first mail.
    Means: where every mail is new, newness is no news.
    Fooled by: jobs whose text changed its form lately.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None or not past.mails else past.unrest


@signal("job.length", kind="number", needs=HISTORY, edges=(-1, -0.5, -0.1, 0.1, 0.5, 1))
def length(facts: Facts) -> float | None:
    """How long the mail is, against the job's habit.

    Sees: the natural logarithm of its lines over their usual number; unknown for the first mail.
    Means: a job that stopped early, or that has much to tell.
    Fooled by: jobs that list what happened.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None or not past.mails else math.log1p(past.length) - past.usual_length


@signal("job.calm", needs=HISTORY)
def calm(facts: Facts) -> bool | None:
    """Whether nothing about the mail is out of the ordinary.

    Sees: no alarming line that is not usual, no number far out of its range, no usual line missing;
    unknown before the job's third mail.
    Means: another day like all others.
    Fooled by: faults that have stood since the beginning.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    if past is None or past.mails < SETTLED:
        return None
    sums = past.sums
    alarmed = sums.grade("new", "turned", "young", "back") >= 2
    moved = max(sums.zero, sums.nonzero, sums.low, sums.high) >= 4
    return not alarmed and not moved and not any(gone.rate > 0.9 for gone in past.gone)


@signal(
    "job.urgency", kind="number", needs=HISTORY, default=False, edges=(0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6)
)
def urgency(facts: Facts) -> float | None:
    """How urgent the mail looks by a rule, to whom nobody told what matters.

    Sees: `classifier.rootmail.urgency`: grave new lines, numbers out of their range, what is missing.
    Means: where no label was ever given, what to read first.
    Fooled by: trouble told in words that nobody knew, and harmless news in alarming ones.
    Source: no label; measured on P5.
    """
    past = past_of(facts)
    return None if past is None else urgency_of(past)


@signal("job.important_before", kind="number", needs=HISTORY, default=False, edges=(0.02, 0.1, 0.3, 0.7))
def important_before(facts: Facts) -> float | None:
    """Which share of like mail the reader called important, drawn to that of the job's mail.

    Sees: corrections of mail of the same kind, on whatever host, and one label's worth of the share among all
    corrections of this job; unknown where there are none. A model that looks at kinds needs it not: labels
    of like mail are joined with its answer (`classifier.learners.precedent`), which no weight could do.
    Means: who was right to be heard may be heard again.
    Fooled by: one fault that lasted long.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    if past is None or not past.important + past.unimportant + sum(past.heard):
        return None
    if not past.important + past.unimportant:
        return past.heard.important / sum(past.heard)
    share = past.important / (past.important + past.unimportant)
    return (past.heard.important + share) / (sum(past.heard) + 1)

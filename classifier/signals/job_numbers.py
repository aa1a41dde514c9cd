"""The numbers in a machine's mail against their own past: sizes, counts, durations, days left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from classifier.signals.job import GRADES, HISTORY, RESTLESS, level, past_of
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

_FAR, _JUMPS = (2, 4, 8, 16), (3, 6, 12)


@signal("job.became_zero", kind="number", needs=HISTORY, edges=_FAR)
def became_zero(facts: Facts) -> float | None:
    """How unusual it is that a number became 0.

    Sees: the distance from its mean in standard deviations, of ln(1 + x); 0 where no number did.
    Means: an empty backup, a service without a process.
    Fooled by: counters that are reset.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.sums.zero


@signal("job.left_zero", kind="number", needs=HISTORY, edges=_FAR)
def left_zero(facts: Facts) -> float | None:
    """How unusual it is that a number is no longer 0.

    Sees: the distance from its mean in standard deviations, of ln(1 + x); 0 where no number did.
    Means: an exit status, the first errors ever counted.
    Fooled by: rare but harmless events.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.sums.nonzero


@signal("job.fell", kind="number", needs=HISTORY, edges=_FAR)
def fell(facts: Facts) -> float | None:
    """How unusual the fall of a number is that is below half of all before.

    Sees: the distance from its mean in standard deviations, of ln(1 + x); 0 where no number is.
    Means: a dump that shrank, a table that lost its rows.
    Fooled by: holidays.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.sums.low


@signal("job.rose", kind="number", needs=HISTORY, edges=_FAR)
def rose(facts: Facts) -> float | None:
    """How unusual the rise of a number is that is above twice of all before.

    Sees: the distance from its mean in standard deviations, of ln(1 + x); 0 where no number is.
    Means: a queue that is stuck, a run that took ten times as long.
    Fooled by: growth after a quiet beginning.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.sums.high


@signal("job.lowest", kind="number", needs=HISTORY, edges=(3, 5, 8, 14))
def lowest(facts: Facts) -> float | None:
    """How far the lowest number lies below its mean.

    Sees: the distance in standard deviations, of ln(1 + x), at least 0.
    Means: something shrank.
    Fooled by: numbers with two habits.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.sums.lowest


@signal("job.highest", kind="number", needs=HISTORY, edges=(3, 5, 8, 14))
def highest(facts: Facts) -> float | None:
    """How far the highest number lies above its mean.

    Sees: the distance in standard deviations, of ln(1 + x), at least 0.
    Means: something grew.
    Fooled by: numbers with two habits.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.sums.highest


@signal("job.limit", kind="number", needs=HISTORY, edges=(1, 3, 5, 8, 15, 40))
def limit(facts: Facts) -> float | None:
    """How many mails from now the first number reaches its limit if it goes on like that.

    Sees: percentages that rise to 100 and numbers that fall to 0, by their mean step; unknown where none
    moves that way.
    Means: a disk that fills up, a certificate that runs out.
    Fooled by: counters that are refilled in time.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    if past is None or past.sums.limit > 60:
        return None
    return past.sums.limit


@signal("job.days_left", kind="number", needs=HISTORY, edges=(1, 4, 8, 15, 31))
def days_left(facts: Facts) -> float | None:
    """How many days are left, as a line says that speaks of an end.

    Sees: the fewest of "24 days left", "expires in 3 days" and the like; unknown where no line says so.
    Means: certificates, domains, licences and passwords that run out.
    Fooled by: what is renewed by itself.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None or past.sums.days_left == math.inf else past.sums.days_left


@signal("job.fullest", kind="number", needs=HISTORY, edges=(50, 80, 90, 95, 98, 101))
def fullest(facts: Facts) -> float | None:
    """Which is the largest percentage in the lines.

    Sees: numbers right before %; unknown where there is none.
    Means: disks, quotas and tables that are nearly full.
    Fooled by: percentages of other things.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None or past.sums.fullest < 0 else past.sums.fullest


@signal("job.swing", kind="number", needs=HISTORY, edges=(0.05, 0.15, 0.3, 0.6))
def swing(facts: Facts) -> float | None:
    """Which share of the job's mails brought a number far out of its range.

    Sees: the job's record, the later mails counting more; unknown for the first mail.
    Means: where numbers always jump, a jump is no news.
    Fooled by: one long fault.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None or not past.mails else past.swing


@signal("job.jumps", kind="set", needs=HISTORY)
def jumps(facts: Facts) -> frozenset[str] | None:
    """Falls and rises of numbers, crossed with what makes them weigh more or less.

    Sees: the largest fall (to 0 or below half) with the job's unrest; the largest rise with the gravest usual
    line; both with the gravest line that is not usual.
    Means: a fall in a job that never changes is the one to look at.
    Fooled by: jobs whose numbers mean nothing.
    Source: measured on P5: linear weights need these crosses to rank as well as boosted trees.
    """
    past = past_of(facts)
    if past is None:
        return None
    sums = past.sums
    fall, rise = level(max(sums.zero, sums.low), _JUMPS), level(max(sums.nonzero, sums.high), _JUMPS)
    news = GRADES[sums.grade("new", "turned", "young", "back")]
    swing = level(past.swing, RESTLESS)
    return frozenset(
        (
            f"fall={fall},swing={swing}",
            f"rise={rise},swing={swing}",
            f"fall={fall},unrest={level(past.unrest, RESTLESS)}",
            f"rise={rise},usual={GRADES[sums.states['usual'].grade]}",
            f"fall={fall},rise={rise},news={news}",
        )
    )

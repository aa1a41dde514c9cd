"""How urgent a machine's mail looks to somebody whom nobody told what matters: a rule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.rootmail.job_past import JobPast

FAILURE = 2
"""Grade from which on a line tells of failure; see `classifier.rootmail.alarms`."""

FAR = 4.0
"""Standard deviations from which a number is far out of its range."""

KNOWN_DAYS = 4.0
"""Days after which all daily jobs of a host have been heard of."""

QUIET = 1.0
"""What any new line counts in a job that never brings new ones. Inside P5's training parts, tools left out,
AP of the rule alone (recall reading 10 %) was 0.565 (77.7 %) without it, 0.584 (79.1 %) with it."""

EARLY = 0.5
"""What a grade of the second and third mail of a job counts on a host long known: many jobs write only when
there is something wrong. 0.575 (79.6 %); half of it 0.577 (78.4 %), twice 0.557 (79.6 %)."""

SETTLED = 3
"""Mails after which a job is known."""


def urgency_of(past: JobPast) -> float:
    """Add up what an administrator would look at first.

    Written down by hand: a new line counts by how grave it is, half where the job brings new lines every day,
    and less where it cries wolf; whatever it says, it counts where the job never brings any; so do lines that
    come back, what a new job says on a host long known, an alarming subject that is not usual, a number far
    out of its past, a usual line that is missing, more so one of success. The numbers were fitted to no
    label, but for the two that stand beside `QUIET` and `EARLY`.

    Parameters
    ----------
    past : JobPast

    Returns
    -------
    float
        0 for a usual day; about 3 where one grave line is new.
    """
    return _news(past) + _first(past) + _subject(past) + _numbers(past) + _gone(past)


def _news(past: JobPast) -> float:
    fresh = past.sums.grade("new", "turned", "young")
    cry = min(3 * past.scare, 1.0) if fresh >= FAILURE else 0.0
    quiet = QUIET * (1 - past.unrest) ** 4 if past.sums.states["new"].lines else 0.0
    return 1.5 * max(fresh, 0) * (1 - past.unrest / 2) - cry + max(past.sums.grade("back"), 0) / 2 + quiet


def _first(past: JobPast) -> float:
    if past.mails >= SETTLED:
        return 0.0
    known = past.now - past.host_since > KNOWN_DAYS * 86400
    grade = max(past.sums.grade("first", "early"), 0)
    if past.mails:
        return EARLY * known * grade
    return (1.0 if known else 0.3) * grade


def _subject(past: JobPast) -> float:
    alarming = past.told and past.told[0].alarm.grade >= FAILURE and past.told[0].state != "usual"
    test = any("test" in each.alarm.themes for each in past.told)
    return 1.5 * bool(alarming) - test


def _numbers(past: JobPast) -> float:
    far = max(past.sums.zero, past.sums.nonzero, past.sums.low) >= FAR
    return (1 - past.swing) * far


def _gone(past: JobPast) -> float:
    always = sum(gone.rate > 0.9 for gone in past.gone)
    good = any(gone.good for gone in past.gone)
    return math.sqrt(always) / 2 + 0.7 * good * (1 - past.unrest)

"""The Date: field: how it is written, and whether it agrees with the clock of the receiving host."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from classifier.signals.registry import signal
from classifier.signals.shapes import picture

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

HOUR = 3600
DAY = 24


@signal("date.skew", kind="number", edges=(-DAY, -3, -0.5, -0.02, 0.02, 0.5, 3, DAY, 7 * DAY))
def skew(facts: Facts) -> float | None:
    """How many hours the newest Received: is later than Date:.

    Sees: Date: against the time at the end of the first Received:; negative where Date: lies ahead.
    Means: honest mail takes seconds to minutes; wrong clocks and backdated mail show here.
    Fooled by: mail that waited in a queue; lists that hold mail for approval.
    Source: RFC 5322 section 3.6.1; RFC 5321 section 4.4.
    """
    date = facts.message.date
    hops = facts.route.hops
    if date is None or not hops or hops[0].time is None:
        return None
    return (hops[0].time.seconds - date.seconds) / HOUR


@signal("date.invalid")
def invalid(facts: Facts) -> bool | None:
    """Whether Date: cannot be read.

    Sees: a Date: field that names no moment; unknown where there is none.
    Means: a careless program wrote it.
    Fooled by: national date formats of old programs.
    Source: RFC 5322 section 3.3.
    """
    return facts.message.date is None if b"date" in facts.counts else None


@signal("date.form", kind="category")
def form(facts: Facts) -> str | None:
    """How Date: is written.

    Sees: its letters as a, its digits as 9, other characters as they are.
    Means: weekday, zone names and comments differ from program to program.
    Fooled by: nothing; it is a description.
    Source: RFC 5322 sections 3.3 and 4.3.
    """
    raw = facts.message.headers.raw(b"date") if b"date" in facts.counts else None
    return picture(raw[:60])[:45] if raw else None


@lru_cache(maxsize=256)
def _offset(zone: int) -> str:
    """Write minutes east of Greenwich as +hhmm."""
    hours, minutes = divmod(abs(zone), 60)
    return f"{'-' if zone < 0 else '+'}{hours:02}{minutes:02}"


@signal("date.zone", kind="category")
def zone(facts: Facts) -> str | None:
    """In which time zone Date: is given.

    Sees: the offset as +hhmm; unknown for -0000, no zone, and zones that nobody knows.
    Means: where the sender, or his server, is.
    Fooled by: servers that run on UTC.
    Source: RFC 5322 section 3.3.
    """
    date = facts.message.date
    return None if date is None or date.zone is None else _offset(date.zone)


@signal("date.zone_odd")
def zone_odd(facts: Facts) -> bool | None:
    """Whether the zone of Date: is none on earth.

    Sees: offsets unknown, beyond -12 or +14 hours, or no multiple of 15 minutes.
    Means: the date was made up.
    Fooled by: historical zones; -0000, with which a host says that it does not know its zone.
    Source: RFC 5322 sections 3.3 and 4.3.
    """
    date = facts.message.date
    if date is None:
        return None
    return date.zone is None or not -720 <= date.zone <= 840 or date.zone % 15 != 0


@signal("date.hour", kind="number", edges=(6, 8, 12, 14, 18, 22))
def hour(facts: Facts) -> float | None:
    """At which hour of the sender's day it was written.

    Sees: the clock time of Date: in its own zone; UTC where that is unknown.
    Means: people write by day, programs at night.
    Fooled by: servers that run on UTC.
    Source: RFC 5322 section 3.3.
    """
    date = facts.message.date
    return None if date is None else (date.seconds + (date.zone or 0) * 60) % 86400 / HOUR


@signal("date.weekend")
def weekend(facts: Facts) -> bool | None:
    """Whether it was written on a Saturday or Sunday.

    Sees: the day of Date: in its own zone.
    Means: offices rest, programs and bulk senders do not.
    Fooled by: countries with another weekend.
    Source: RFC 5322 section 3.3.
    """
    date = facts.message.date
    if date is None:
        return None
    return int((date.seconds + (date.zone or 0) * 60) // 86400 + 3) % 7 >= 5  # day 0 was a Thursday

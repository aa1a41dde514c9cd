"""How long the way took, and what the clocks along it tell. They belong to the group ``route``."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from classifier.signals.registry import signal
from classifier.signals.route import ROUTE

if TYPE_CHECKING:
    from classifier.mail import Timestamp
    from classifier.signals.facts import Facts

BACKWARDS = -120.0
"""Seconds: clocks of honest hosts run within two minutes of each other."""

_BAD_TIMES = frozenset({"hop_bad_time", "hop_odd_time"})


@signal("route.seconds", kind="number", needs=ROUTE, edges=(-60, 0, 2, 5, 15, 60, 300, 3600, 21600, 86400))
def seconds(facts: Facts) -> float | None:
    """How long the message was on its way.

    Sees: seconds between the times in the oldest and the newest Received: field.
    Means: seconds are usual; minutes are lists and greylisting; hours are queues of bulk mail or broken
    hosts.
    Fooled by: a forged oldest field, wrong clocks.
    Source: RFC 5321 section 4.4 (time stamps), section 4.5.4.1 (retries after 30 minutes).
    """
    hops = facts.route.hops
    if len(hops) < 2 or hops[0].time is None or hops[-1].time is None:
        return None
    return hops[0].time.seconds - hops[-1].time.seconds


@signal("route.slowest", kind="number", needs=ROUTE, edges=(2, 10, 60, 300, 1800, 7200, 43200))
def slowest(facts: Facts) -> float | None:
    """How long the slowest hop took.

    Sees: the greatest number of seconds between the times of two neighbouring fields.
    Means: one place held the message: a moderator, greylisting, a queue.
    Fooled by: forged fields, wrong clocks.
    Source: RFC 5321 section 4.5.4.1; RFC 6647 section 2 (greylisting).
    """
    known = facts.route.known_delays
    return max(known) if known else None


@signal("route.backwards", needs=ROUTE)
def backwards(facts: Facts) -> bool | None:
    """Whether time ran backwards on the way.

    Sees: a hop that took the message more than two minutes before the host it came from says it had it.
    Means: a wrong clock, or fields written by somebody who did not care to make the story hold.
    Fooled by: honest hosts with wrong clocks; forgers who do care.
    Source: RFC 5321 section 4.4: fields are added in the order of the way.
    """
    known = facts.route.known_delays
    return min(known) < BACKWARDS if known else None


@signal("route.backwards_here", needs=ROUTE)
def backwards_here(facts: Facts) -> bool | None:
    """Whether the first stranger says he had the message after we had it.

    Sees: the time of our outermost host against that of the host before it, more than two minutes apart.
    Means: the same as route.backwards, where one of the two clocks is our own.
    Fooled by: an honest sender's wrong clock.
    Source: RFC 5321 section 4.4.
    """
    route = facts.route
    if not route.trusted or len(route.delays) < route.trusted:
        return None
    delay = route.delays[route.trusted - 1]
    return None if delay is None else delay < BACKWARDS


@signal("route.odd_time", needs=ROUTE)
def odd_time(facts: Facts) -> bool | None:
    """Whether some hop writes its time in a form of its own.

    Sees: a time behind a semicolon that is not of RFC 5322's form, its obsolete one included, or no time at
    all.
    Means: old and home-made servers; in forged fields, a forger who never saw a true one.
    Fooled by: honest odd servers, one of them in every twentieth message of 2002.
    Source: RFC 5322 section 3.3, RFC 5321 section 4.4.
    """
    return not facts.route.defects.isdisjoint(_BAD_TIMES) if facts.route.hops else None


@signal("route.date_before", kind="number", needs=ROUTE, edges=(-86400, -3600, -120, 5, 120, 3600, 86400))
def date_before(facts: Facts) -> float | None:
    """How long the message lay between being written and being taken in.

    Sees: seconds from the Date: field to the time in the oldest Received: field.
    Means: usually seconds; a day more is a queue or a wrong clock, less than nothing a date made up.
    Fooled by: drafts sent later, wrong clocks; a sender who forges both.
    Source: RFC 5322 section 3.6.1; SpamAssassin's DATE_IN_PAST and DATE_IN_FUTURE compare the same.
    """
    date, taken = facts.message.date, _first_time(facts)
    return taken.seconds - date.seconds if date and taken else None


@signal("route.zone_first", kind="category", needs=ROUTE)
def zone_first(facts: Facts) -> str | None:
    """Tell the time zone of the oldest hop, by its hours.

    Sees: the offset in the oldest Received: field, rounded down to hours: +00, -08, +09.
    Means: roughly the longitude of the sender's server.
    Fooled by: servers that keep UTC, summer time, a forged field. Where one collector's ham is local, it
    leaks that.
    Source: RFC 5322 section 3.3 (zone).
    """
    taken = _first_time(facts)
    if taken is None or taken.zone is None:
        return None
    return f"{taken.zone // 60:+03d}"


@signal("route.zones", kind="number", needs=ROUTE, edges=(1, 2, 3, 4))
def zones(facts: Facts) -> int | None:
    """How often the time zone changes on the way.

    Sees: neighbouring fields whose offsets differ.
    Means: mail from far away, or through servers that keep UTC.
    Fooled by: farms of servers with mixed settings.
    Source: RFC 5322 section 3.3 (zone); RFC 5321 section 4.4.
    """
    known = [hop.time.zone for hop in facts.route.hops if hop.time is not None]
    if len(known) < 2:
        return None
    changes = 0
    for near, far in pairwise(known):
        changes += near != far
    return changes


@signal("route.zone_differs_from_date", needs=ROUTE)
def zone_differs_from_date(facts: Facts) -> bool | None:
    """Whether the author's clock and the first server's keep different zones.

    Sees: the offset of the Date: field and that of the oldest Received: field.
    Means: people post through a server near them, programs on it; mass mailers often invent the zone.
    Fooled by: servers that keep UTC, travellers, webmail.
    Source: RFC 5322 section 3.3 (zone).
    """
    date, taken = facts.message.date, _first_time(facts)
    if date is None or taken is None or date.zone is None or taken.zone is None:
        return None
    return date.zone != taken.zone


def _first_time(facts: Facts) -> Timestamp | None:
    """Return the time of the oldest hop."""
    hops = facts.route.hops
    return hops[-1].time if hops else None

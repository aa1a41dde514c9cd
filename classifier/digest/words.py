"""Times, counts and sparklines as every form of the digest spells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from classifier.digest.parts import Digest, Fold, Late, Matter

BARS = "▁▂▃▄▅▆▇█"
BUCKETS = 14
"""Bars of a sparkline at most."""

NAMED = 20
"""Unreadable places named one by one."""

FEWEST = 5
"""Days from which on each has a bar of its own."""

HOUR, DAY = 3600.0, 86400.0


def moment(seconds: float) -> str:
    """Spell a time for people, in the zone of this machine.

    Parameters
    ----------
    seconds : float
        Since 1970.

    Returns
    -------
    str
        Such as ``2026-03-02 04:05``; ``?`` for what no calendar has.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "?"


def count(number: int, thing: str) -> str:
    """Count things: ``1 mail``, ``2 mails``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def writers(number: int) -> str:
    """Count who writes: jobs, and people among them."""
    return "one writer" if number == 1 else f"{number:,} writers"


def lasting(seconds: float) -> str:
    """Spell a length of time: ``40 minutes``, ``7 hours``, ``3 days``."""
    for unit, word in ((DAY, "day"), (HOUR, "hour")):
        if seconds >= 2 * unit:
            return count(int(seconds // unit), word)
    return count(max(int(seconds // 60), 0), "minute")


def headline(digest: Digest) -> str:
    """Sum a digest up in a line.

    Parameters
    ----------
    digest : Digest

    Returns
    -------
    str
    """
    parts = [_to_act_on(digest)]
    if digest.late:
        parts.append(f"{count(len(digest.late), 'job')} overdue")
    unsure = sum(fold.unsure for fold in digest.folds)
    if unsure:
        parts.append(f"{unsure:,} unsure")
    folded = sum(len(fold.entries) for fold in digest.folds)
    unread = f"; {len(digest.unread):,} not readable" if digest.unread else ""
    return f"{', '.join(parts)}; {count(folded, 'mail')} folded{unread}"


def unread(digest: Digest) -> list[str]:
    """Name what could not be read; beyond `NAMED`, say how much more there is."""
    more = len(digest.unread) - NAMED
    return [*digest.unread[:NAMED], *([f"and {more:,} more"] if more > 0 else [])]


def _to_act_on(digest: Digest) -> str:
    mails, matters = len(digest.urgent), len(digest.matters())
    if not mails:
        return "nothing to act on"
    if matters == mails:
        return f"{count(mails, 'mail')} to act on"
    return f"{count(matters, 'matter')} to act on ({count(mails, 'mail')})"


def before(matter: Matter) -> str:
    """Count the mails about a matter before the latest: ``2 earlier mails since 2026-03-02 04:05``."""
    mails = len(matter.mails) - 1
    return f"{count(mails, 'earlier mail')} since {moment(matter.mails[-1].entry.when)}"


def aftermath(matter: Matter) -> str:
    """Say what the same job wrote afterwards; nothing where it did not."""
    if not matter.usual_since:
        return ""
    return f"since then {count(matter.usual_since, 'usual mail')} from it"


def lateness(late: Late, now: float) -> str:
    """Say how late a job is, and how sure that is.

    Parameters
    ----------
    late : Late
    now : float
        Seconds since 1970.

    Returns
    -------
    str
    """
    missed = f", {late.missed} missing" if late.missed > 1 else ""
    return (
        f"{late.rhythm}, due {moment(late.expected)}, {lasting(now - late.expected)} late{missed}; "
        f"last {moment(late.last)} ({min(late.confidence, 0.99):.0%} sure)"
    )


def heights(fold: Fold, since: float, until: float) -> list[int]:
    """Count the mails of a fold over time.

    Parameters
    ----------
    fold : Fold
    since, until : float
        Seconds since 1970.

    Returns
    -------
    list of int
        A count for each of `BUCKETS` equal stretches; for each day, where these are a few.
    """
    span = max(until - since, 1.0)
    days = round(span / DAY)
    buckets = days if FEWEST <= days <= BUCKETS else BUCKETS
    counts = [0] * buckets
    for entry in fold.entries:
        at = int((entry.when - since) / span * buckets)
        counts[min(max(at, 0), buckets - 1)] += 1
    return counts


def sparkline(counts: Sequence[int]) -> str:
    """Draw counts as a row of bars; a space where there is none.

    Parameters
    ----------
    counts : sequence of int

    Returns
    -------
    str
    """
    most = max(counts, default=0)
    return "".join(BARS[(each * len(BARS) - 1) // most] if each else " " for each in counts) if most else ""

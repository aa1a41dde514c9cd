"""The rhythm of a job, learned from when its mail came, and whether it is late beyond its own habit.

Arrivals are laid on a cycle (an hour, a day, two days, a week, a month...). Where they gather, in a *slot*,
and keep coming, cycle after cycle, there is a rhythm. What a slot promises is what it kept: with h the share
of cycles that filled it, a job that is silent for k of them is late with confidence 1 - (1 - h)**k.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from classifier.rootmail.cycle import Cycle

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

FEWEST = 4
"""Cycles that must have filled a slot; of a cycle longer than a week three are enough."""

KEPT = 0.8
"""Share of its cycles that a slot must have filled, or it is chance."""

EXPLAINED = 0.6
"""Share of a job's arrivals that the slots of a cycle must hold; the rest are extras, such as errors."""

GAP = 90 * MINUTE
"""Neighbours in a slot lie no further apart than this (less on a short cycle): daily jobs that wait at
random before they start, as those of package managers do, spread over an hour."""

WIDEST = 1 / 6
"""Share of a cycle that a slot may cover: what comes all over it says how often, not when."""

GRACE = 75 * MINUTE
"""Nobody is late before so long (less on a short cycle): hosts boot, networks fail, queues wait, and where
the zone is not told clocks are set back an hour."""

LENGTHS = tuple(
    [n * MINUTE for n in (5, 10, 15, 20, 30)]
    + [n * HOUR for n in (1, 2, 3, 4, 6, 8, 12)]
    + [n * DAY for n in (1, 2, 3, 4, 5, 6, 7, 10, 14)]
)
"""Cycles that administrators write into crontabs, in seconds, shortest first; months come after them."""

SEVERAL = frozenset([0.0, 7 * DAY, *(length for length in LENGTHS if length <= DAY)])
"""Cycles that may have several slots. On others several slots fit any job that skips now and then: of eight
hosts' false alarms, four fifths came from such cycles."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place on the cycle where mail keeps coming.

    Parameters
    ----------
    phase : float
        Where its mail is due: the middle of what came, in seconds behind the beginning of the cycle.
    early, late : float
        How far before and behind that it ever came, in seconds, neither negative.
    filled, chances : int
        Cycles that filled it, and cycles since it was first filled.
    last : int
        Number of the last cycle that filled it.
    """

    phase: float
    early: float
    late: float
    filled: int
    chances: int
    last: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a job's mail keeps coming.

    Parameters
    ----------
    cycle : Cycle
    slots : tuple of Slot
        Empty where there is no rhythm.
    zone : int
        Minutes east of Greenwich of the clock that the job goes by.
    explained : float
        Share of the arrivals that lie in a slot.
    latest : float
        The last arrival, by the wall clock.
    """

    cycle: Cycle
    slots: tuple[Slot, ...]
    zone: int
    explained: float
    latest: float

    def kept(self, slot: Slot) -> float:
        """Say how probable it is that a cycle fills a slot.

        After Laplace: few cycles promise less. In a week the days vouch for each other, two weeks' worth: a
        job that writes on weekdays is known after five weeks, where every day alone would need twelve if one
        of them was a holiday.

        Parameters
        ----------
        slot : Slot
            Of this rhythm.

        Returns
        -------
        float
            Between 0 and 1.
        """
        filled, chances = 0, 0
        if self.cycle.length == 7 * DAY:
            filled = sum(other.filled for other in self.slots) - slot.filled
            chances = sum(other.chances for other in self.slots) - slot.chances
        return (slot.filled + 2 * (filled + 1) / (chances + 2)) / (slot.chances + 2)

    @property
    def name(self) -> str:
        """Words for it, such as ``daily`` or ``every 2 days``."""
        return _named(self.cycle.length, len(self.slots))


@dataclass(frozen=True, slots=True)
class Overdue:
    """A job that is late.

    Parameters
    ----------
    expected : float
        When the first mail that is missing was due, in seconds since 1970.
    missed : int
        How many were due until now.
    confidence : float
        That this is not its habit: between 0 and 1.
    """

    expected: float
    missed: int
    confidence: float


def find_rhythm(times: Iterable[float], zone: int = 0) -> Rhythm:
    """Find the rhythm in which mail came.

    Parameters
    ----------
    times : iterable of float
        Arrivals in seconds since 1970, in any order.
    zone : int, default 0
        Minutes east of Greenwich: cron goes by the wall clock.

    Returns
    -------
    Rhythm
        Of the shortest cycle whose slots explain nearly as many arrivals as those of any other; without
        slots where none does.
    """
    local = sorted({time + zone * MINUTE for time in times})
    latest = local[-1] if local else 0.0
    found = [Rhythm(Cycle(0), (), zone, 0.0, latest)]
    for length in (*LENGTHS, 0.0):
        cycle = Cycle(length, _quietest(local, length))
        slots, explained = _slots(local, cycle)
        if slots and explained >= EXPLAINED and (len(slots) == 1 or length in SEVERAL):
            found.append(Rhythm(cycle, slots, zone, explained, latest))
    most = max(rhythm.explained for rhythm in found)
    return next(rhythm for rhythm in found if rhythm.explained >= most - 0.05)


def find_overdue(rhythm: Rhythm, now: float) -> Overdue | None:
    """Tell whether a job is late.

    Parameters
    ----------
    rhythm : Rhythm
        Of the arrivals until now.
    now : float
        Seconds since 1970.

    Returns
    -------
    Overdue or None
        None while everything that was due has come, or may still come; and while a mail at another time
        shows that the job is alive.
    """
    local = now + rhythm.zone * MINUTE
    allowed = grace(rhythm.cycle.length)
    expected, missed, habit = math.inf, 0, 1.0
    for slot in rhythm.slots:
        patience = slot.late + max(slot.late - slot.early, 0.0) + allowed
        due = _reached(rhythm.cycle, slot, local - patience)
        heard = max(slot.last, _reached(rhythm.cycle, slot, rhythm.latest + slot.early + allowed))
        silent = due - heard
        if silent > 0:
            missed += silent
            habit *= (1 - rhythm.kept(slot)) ** silent
            expected = min(expected, rhythm.cycle.moment(heard + 1, slot.phase))
    if not missed:
        return None
    return Overdue(expected - rhythm.zone * MINUTE, missed, 1 - habit)


def next_due(rhythm: Rhythm, now: float) -> float | None:
    """Return when a job's next mail is due.

    Parameters
    ----------
    rhythm : Rhythm
    now : float
        Seconds since 1970.

    Returns
    -------
    float or None
        Seconds since 1970; None without a rhythm.
    """
    if not rhythm.slots:
        return None
    local = now + rhythm.zone * MINUTE
    number, _ = rhythm.cycle.place(local)
    moments = [rhythm.cycle.moment(number + ahead, slot.phase) for slot in rhythm.slots for ahead in (0, 1)]
    return min(moment for moment in moments if moment > local) - rhythm.zone * MINUTE


def _reached(cycle: Cycle, slot: Slot, time: float) -> int:
    """Count to the last cycle whose slot lies before a time."""
    number, _ = cycle.place(time)
    return number if cycle.moment(number, slot.phase) <= time else number - 1


def grace(length: float) -> float:
    """Return how long a job of a cycle may be late before anybody speaks of it, in seconds."""
    return min(GRACE, length / 2) if length else GRACE


def _quietest(local: Sequence[float], length: float) -> float:
    """Find where a cycle is best cut: in the middle of the longest part of it in which nothing ever came."""
    if not length or not local:
        return 0.0
    phases = sorted(time % length for time in local)
    gaps = [(after - before, before) for before, after in pairwise(phases)]
    gap, before = max([*gaps, (phases[0] + length - phases[-1], phases[-1])])
    return (before + gap / 2) % length


def _slots(local: Sequence[float], cycle: Cycle) -> tuple[tuple[Slot, ...], float]:
    """Find the slots of a cycle, and the share of the arrivals in them."""
    if not local:
        return (), 0.0
    last = cycle.place(local[-1])[0]
    places = sorted((phase, number) for number, phase in map(cycle.place, local))
    gap = min(GAP, cycle.length / 6) if cycle.length else GAP
    groups: list[list[tuple[float, int]]] = []
    for place in places:
        if groups and place[0] - groups[-1][-1][0] <= gap:
            groups[-1].append(place)
        else:
            groups.append([place])
    slots = []
    held = 0
    for group in groups:
        slot = _slot(group, last, cycle.length)
        if slot is not None:
            slots.append(slot)
            held += len(group)
    return tuple(slots), held / len(local)


def _slot(group: Sequence[tuple[float, int]], last: int, length: float) -> Slot | None:
    """Make a slot of arrivals that lie together, if cycle after cycle filled it."""
    numbers = sorted({number for _, number in group})
    fewest = FEWEST if 0 < length <= 7 * DAY else FEWEST - 1
    chances = last - numbers[0] + 1
    if len(numbers) < fewest or len(numbers) < KEPT * chances:
        return None
    phases = [phase for phase, _ in group]
    if length and phases[-1] - phases[0] > length * WIDEST:
        return None
    middle = phases[len(phases) // 2]
    return Slot(middle, middle - phases[0], phases[-1] - middle, len(numbers), chances, numbers[-1])


def _named(length: float, slots: int) -> str:
    """Say a cycle in words."""
    if not slots:
        return "irregular"
    each = f"{slots} times " if slots > 1 else ""
    if length == 7 * DAY and slots == 5:
        return "weekdays"
    usual = {0.0: "monthly", HOUR: "hourly", DAY: "daily", 7 * DAY: "weekly"}
    if length in usual:
        return each + usual[length] if slots == 1 else f"{each}{usual[length].replace('daily', 'a day')}"
    for unit, word in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if length >= unit:
            return f"{each}every {length / unit:.0f} {word}"
    return "irregular"

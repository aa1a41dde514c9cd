"""What stands in a mail against its job's past, added up into the few numbers that signals read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from classifier.patterns import pattern
from classifier.rootmail.alarms import FAILURE
from classifier.rootmail.masks import Line
from classifier.rootmail.past import STATES, Change, Told

NEWS = ("new", "turned", "young")
"""States of what this job has not always said."""

_WORD = pattern(r"[^\W\d_]{2,24}")
_DAYS = pattern(r"(?<![\d.,-])(\d{1,5}) ?(?:days?\b|d\b|Tagen?\b|jours?\b|días?\b|日)")
WORDS = 200
"""Words of new lines that are kept."""


class State(NamedTuple):
    """The lines of one state.

    Parameters
    ----------
    lines : int
    alarming : int
        Of a grade of at least `FAILURE`.
    grade : int
        The highest; -1 where there is no line.
    """

    lines: int
    alarming: int
    grade: int


class Sums(NamedTuple):
    """A mail against its job's past in a few numbers.

    Parameters
    ----------
    states : dict of str to State
        All of `STATES`.
    themes : frozenset of str
        ``STAGE:THEME``, with first (no past), new, back or usual as the stage.
    subject_themes : frozenset of str
        The same of the subject alone.
    words : frozenset of str
        ``f:WORD`` of lines without a past, ``n:WORD`` of those that are new.
    zero, nonzero, low, high : float
        Largest distance of a number that became 0 or stopped being it, fell below half or rose above twice of
        all before, in standard deviations; 0 where there is none.
    lowest, highest : float
        Largest distance of any number below and above its mean, in standard deviations, not negative.
    limit : float
        Mails until the first number reaches its limit if it goes on like that; inf if none does.
    days_left : float
        Fewest days that a line says are left; inf where none says so.
    fullest : float
        Largest percentage; -1 where there is none.
    """

    states: dict[str, State]
    themes: frozenset[str]
    subject_themes: frozenset[str]
    words: frozenset[str]
    zero: float
    nonzero: float
    low: float
    high: float
    lowest: float
    highest: float
    limit: float
    days_left: float
    fullest: float

    def grade(self, *states: str) -> int:
        """Highest grade of the lines of some states.

        Parameters
        ----------
        states : str

        Returns
        -------
        int
            -1 where there is no line.
        """
        return max(self.states[state].grade for state in states)


def add_up(told: Sequence[Told], changes: Sequence[Change]) -> Sums:
    """Add up what was found out about a mail.

    Parameters
    ----------
    told : sequence of Told
        The subject first.
    changes : sequence of Change

    Returns
    -------
    Sums
    """
    grades: dict[str, list[int]] = {state: [] for state in STATES}
    for each in told:
        grades[each.state].append(each.alarm.grade)
    states = {
        state: State(len(found), sum(grade >= FAILURE for grade in found), max(found, default=-1))
        for state, found in grades.items()
    }
    kinds = {"zero": 0.0, "nonzero": 0.0, "low": 0.0, "high": 0.0}
    for change in changes:
        if change.kind:
            kinds[change.kind] = max(kinds[change.kind], abs(change.z))
    return Sums(
        states,
        _themes(told),
        _themes(told[:1]),
        _words(told),
        **kinds,
        lowest=max((-change.z for change in changes), default=0.0),
        highest=max((change.z for change in changes), default=0.0),
        limit=min((change.left for change in changes), default=math.inf),
        days_left=days_left_of(told),
        fullest=fullest_of(told),
    )


_STAGES = {
    "first": "first", "early": "first", "new": "new", "turned": "new", "young": "new", "back": "back",
    "usual": "usual",
}  # fmt: skip


def _themes(told: Sequence[Told]) -> frozenset[str]:
    return frozenset(f"{_STAGES[each.state]}:{theme}" for each in told for theme in each.alarm.themes)


def days_left_of(told: Sequence[Told]) -> float:
    """Find the fewest days left where a line speaks of an end.

    Parameters
    ----------
    told : sequence of Told

    Returns
    -------
    float
        inf where no line does.
    """
    found = (
        int(match[1])
        for each in told
        if "expiry" in each.alarm.themes
        for match in _DAYS.finditer(each.line.text)
    )
    return float(min(found, default=math.inf))


def fullest_of(told: Sequence[Told]) -> float:
    """Find the largest percentage.

    Parameters
    ----------
    told : sequence of Told

    Returns
    -------
    float
        -1 where there is none.
    """
    lines = (each.line for each in told if each.line.percent)
    return max((value for line in lines for value in _percentages(line)), default=-1.0)


def _percentages(line: Line) -> list[float]:
    return [value for at, value in enumerate(line.values) if line.percent >> at & 1]


def _words(told: Sequence[Told]) -> frozenset[str]:
    """Take the words of lines that are not usual."""
    words: dict[str, None] = {}
    for each in told:
        if each.state != "usual" and len(words) < WORDS:
            stage = "f:" if each.state in ("first", "early") else "n:"
            words.update(dict.fromkeys(stage + word for word in _WORD.findall(each.line.template)))
    return frozenset(list(words)[:WORDS])

"""Why a mail is on top, in words an administrator would use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.markup import clean
from classifier.rootmail.alarms import THEMES
from classifier.verdict.telling import telling

if TYPE_CHECKING:
    from classifier.rootmail.job_past import JobPast
    from classifier.verdict import Verdict

MOST = 4
"""Reasons given."""

CLUES = 3
"""Words of the model, where the job's past leaves room."""

SPOKEN = ("body", "header.subject")
"""Where the words of clues stand that people understand."""

_REPLY = re.compile(r"^(?:(?:re|aw|fwd?|wg|sv|antw)(?:\[\d{1,3}\])?:\s{0,9}){1,9}", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]{4,30}(?: [^\W\d_]{2,30})?")

_STATES = {
    "turned": ("a number became 0 or stopped being it", "{} numbers became 0 or stopped being it"),
    "new": ("a line this job never wrote before", "{} lines this job never wrote before"),
    "young": ("a line it began to write these days", "{} lines it began to write these days"),
    "back": ("a line it seldom writes", "{} lines it seldom writes"),
}
_KINDS = {
    "zero": "a number is 0 that never was",
    "nonzero": "a number is no longer 0 as it always was",
    "low": "a number below half of all before",
    "high": "a number above twice of all before",
}


def reasons_of(verdict: Verdict) -> tuple[str, ...]:
    """Say why a mail is important.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    tuple of str
        What was said of like mail, and what is new against its job's past; then the model's strongest clues.
    """
    job = verdict.past.job if verdict.past is not None else None
    found = [*_of_labels(job), *_of_job(job)] if job is not None else []
    if len(found) < MOST:
        found += _of_model(verdict)
    return tuple(found[:MOST])


def about_of(verdict: Verdict) -> str:
    """Say what a mail is about, so that mails of one writer about the same can stand together.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    str
        Of a job's mail its gravest theme; else the subject, without marks of replies.
    """
    job = verdict.past.job if verdict.past is not None else None
    if job is not None:
        return "".join(_gravest(job))
    return _REPLY.sub("", verdict.message.subject[:150]).strip().lower()


def _of_model(verdict: Verdict) -> list[str]:
    """Name the words that made the model say so; its other clues say nothing to who does not know them."""
    spoken = [
        clue
        for clue in verdict.clues
        if clue.contribution > 0 and clue.name.startswith(SPOKEN) and _WORDS.fullmatch(clue.value)
    ]
    told = [f"“{clean(clue.value)}”" for clue in telling(spoken, CLUES)]
    return [f"the word{'' if len(told) == 1 else 's'} {', '.join(told)}"] if told else []


def _of_labels(job: JobPast) -> list[str]:
    """Count the mails of its kind that the reader called important; what is hardly alike does not count."""
    count = round(job.heard.important)
    if not count:
        return []
    return [
        "you called a mail like it important" if count == 1 else f"you called {count} mails like it important"
    ]


def _of_job(job: JobPast) -> list[str]:
    """Compare a mail with its job's past, in words."""
    found = [f"says: {theme}" for theme in _gravest(job)]
    if not job.mails:
        found.append("the first mail of this job")
    for state, (one, several) in _STATES.items():
        count = sum(told.state == state for told in job.told)
        if count:
            found.append(one if count == 1 else several.format(count))
    kinds = {change.kind for change in job.changes if change.kind}
    found += [words for kind, words in _KINDS.items() if kind in kinds]
    if job.gone:
        missing = len(job.gone)
        found.append("a usual line is missing" if missing == 1 else f"{missing} usual lines are missing")
    return found


def _gravest(job: JobPast) -> list[str]:
    """Name the gravest theme of what is not usual in a mail; none where nothing alarms."""
    fresh = [told.alarm for told in job.told if told.state != "usual" and told.alarm.grade >= 2]
    worst = max(fresh, key=lambda alarm: alarm.grade, default=None)
    return [max(worst.themes, key=lambda theme: THEMES[theme][0])] if worst else []

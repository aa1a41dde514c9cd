"""The lines of a mail that it is in the digest for, in their surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.digest.parts import Excerpt
from classifier.markup import clean

if TYPE_CHECKING:
    from classifier.mail import Message
    from classifier.rootmail.job_past import JobPast

MARKED = 3
"""Lines that are marked at most: the gravest."""

AROUND = 1
"""Lines shown before and behind each."""

LINES, CHARS = 2000, 160
"""Lines of a mail that are looked through, and characters of a line that are shown."""

NEWS = {"turned": 3, "new": 3, "young": 2, "first": 1, "early": 1, "back": 1}
"""How much a state of a line is worth a look; what is usual is not."""


def excerpt_of(message: Message, job: JobPast | None) -> tuple[Excerpt, ...]:
    """Pick what to show of a mail.

    Parameters
    ----------
    message : Message
    job : JobPast or None
        What in it is new; without it the mail's first lines must do.

    Returns
    -------
    tuple of Excerpt
        An empty text between two others stands for lines left out.
    """
    lines = [line for line in message.text.split("\n", LINES)[:LINES] if line.strip()]
    marked = _places(lines, _telling(job)) if job is not None else set()
    around = marked or (_places(lines, _alarming(job)) if job is not None else set()) or set(range(MARKED))
    shown: list[Excerpt] = []
    before = -1
    for at in range(len(lines)):
        if not any(at + step in around for step in range(-AROUND, AROUND + 1)):
            continue
        if before >= 0 and at > before + 1:
            shown.append(Excerpt("", False))
        shown.append(Excerpt(_shown(lines[at]), at in marked))
        before = at
    return _outdented(shown)


def _outdented(shown: list[Excerpt]) -> tuple[Excerpt, ...]:
    """Take away the blanks that all lines begin with."""
    blanks = [len(each.text) - len(each.text.lstrip()) for each in shown if each.text.strip()]
    common = min(blanks, default=0)
    return tuple(Excerpt(each.text[common:], each.marked) for each in shown)


def _alarming(job: JobPast) -> list[str]:
    """Rank the lines that speak of trouble though they are usual."""
    told = sorted(job.told, key=lambda each: -each.alarm.grade)
    return [each.line.text for each in told if each.alarm.grade >= 2]


def _telling(job: JobPast) -> list[str]:
    """Rank the lines that say something new, the gravest first; a number far from its past is grave."""
    rated: dict[str, float] = {}
    for told in job.told:
        worth = NEWS.get(told.state, 0)
        if worth and (told.alarm.grade or worth >= 2):
            rated[told.line.text] = worth + 2.0 * told.alarm.grade
    for change in job.changes:
        if change.kind:
            far = 5.0 + min(abs(change.z), 20.0) / 10
            rated[change.line.text] = max(rated.get(change.line.text, 0.0), far)
    if not rated:  # nothing is new and nothing alarms: what is rare must do
        rated = {told.line.text: 1.0 - told.rate for told in job.told if told.state == "back"}
    return sorted(rated, key=lambda text: -rated[text])


def _places(lines: list[str], telling: list[str]) -> set[int]:
    """Find where the first few of some lines stand."""
    found: dict[str, int] = {}
    for at, line in enumerate(lines):
        found.setdefault(line[:400], at)
    places = [found[text] for text in telling if text in found]
    return set(places[:MARKED])


def _shown(line: str) -> str:
    return clean(line.expandtabs(4)).rstrip()[:CHARS]

"""What the text of machine mail says of success and failure, without being understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.facts import FAILURES, SUCCESSES
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

BODY = frozenset({"headers", "body"})

SEVERITIES = (
    (b"alert", "alert"),
    (b"crit", "crit"),
    (b"error", "err"),
    (b"warn", "warning"),
)

_CLOCK_STARTS = frozenset("[0123456789ADFJMNOSTW")
_EXIT = pattern(
    rb"exit(?:ed)?,?(?: with)?(?: an?)?(?: error)?(?: status| code| value){0,2}[ =:]{1,3}(\d{1,3})\b"
)
_RETURN = pattern(rb"return(?:ed)?(?: code| value| status)[ =:]{1,3}(\d{1,3})\b")
_STAMPED = pattern(
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d|\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d"
    r"|\[?\d\d:\d\d:\d\d|[A-Z][a-z]{2} [A-Z][a-z]{2} "
)


@signal("machine.exit_nonzero", needs=BODY)
def exit_nonzero(facts: Facts) -> bool | None:
    """Whether the text reports a status other than 0.

    Sees: "exit status N", "exited with code N", "return code N", "exited, status=N"; unknown without one.
    Means: a command failed.
    Fooled by: programs whose status 1 means something harmless; logs of old failures.
    Source: POSIX.1-2017, Shell command language, section 2.8.2.
    """
    text = facts.lower_text
    found = (_EXIT.findall(text) if b"exit" in text else []) + (
        _RETURN.findall(text) if b"return" in text else []
    )
    return any(int(status) for status in found) if found else None


@signal("machine.failures", kind="number", needs=BODY, edges=(1, 2, 4, 8, 16, 40))
def failures(facts: Facts) -> float:
    """How often the text speaks of failure.

    Sees: `classifier.signals.facts.FAILURES` in the beginning and end of the text, inside of words too.
    Means: something went wrong, or a report counts what always goes wrong.
    Fooled by: "0 errors"; logs full of attempts at passwords.
    Source: measured; no standard speaks of it.
    """
    return sum(map(facts.stems.__getitem__, FAILURES))


@signal("machine.successes", kind="number", needs=BODY, edges=(1, 2, 4, 8))
def successes(facts: Facts) -> float:
    """How often the text speaks of success.

    Sees: `classifier.signals.facts.SUCCESSES` in the beginning and end of the text, inside of words too.
    Means: a job did what it should.
    Fooled by: "unsuccessful"; a backup that finished with nothing in it.
    Source: measured; no standard speaks of it.
    """
    return sum(map(facts.stems.__getitem__, SUCCESSES))


@signal("machine.subject_failures", kind="number", edges=(1, 2))
def subject_failures(facts: Facts) -> float:
    """How often the subject speaks of failure.

    Sees: `classifier.signals.facts.FAILURES` in the subject, inside of words too.
    Means: a monitor or a service manager reports what happened just now.
    Fooled by: people who write about failures.
    Source: measured; no standard speaks of it.
    """
    subject = facts.subject.lower().encode("ascii", "ignore")
    return sum(map(subject.count, FAILURES))


@signal("machine.severity", kind="category", needs=BODY)
def severity(facts: Facts) -> str:
    """Which is the gravest word of syslog in the text.

    Sees: the gravest of alert, crit, err and warning, or none.
    Means: how grave the gravest line of a log is.
    Fooled by: the words in other senses; a warning that stands there every day.
    Source: RFC 5424 section 6.2.1.
    """
    stems = facts.stems
    return next((name for stem, name in SEVERITIES if stems[stem]), "none")


@signal("machine.largest_percentage", kind="number", needs=BODY, edges=(50, 80, 90, 95, 100, 101))
def largest_percentage(facts: Facts) -> float | None:
    """Which is the largest percentage in the text.

    Sees: numbers of up to three digits right before %; the first 64 of them.
    Means: disks and quotas that fill up.
    Fooled by: percentages of other things, such as discounts.
    Source: measured; no standard speaks of it.
    """
    text = facts.ascii_text
    if b"%" not in text:
        return None
    pieces = [piece[-4:].rpartition(b" ")[2][-3:] for piece in text.split(b"%", 64)[:-1]]
    return max((int(piece) for piece in pieces if piece.isdigit()), default=None)


@signal("machine.stamped_lines", kind="number", needs=BODY, edges=(0.05, 0.25, 0.5, 0.8))
def stamped_lines(facts: Facts) -> float | None:
    """Which share of the lines begins with a time.

    Sees: the first dozen lines that are not blank, with the stamps of syslog, ISO 8601 or a clock.
    Means: the text is a log.
    Fooled by: diaries and minutes.
    Source: RFC 3164 section 4.1.2; RFC 3339 section 5.6.
    """
    lines = facts.first_lines
    if not lines:
        return None
    return len([line for line in lines if line[0] in _CLOCK_STARTS and _STAMPED.match(line)]) / len(lines)


@signal("machine.columns", kind="number", needs=BODY, edges=(0.1, 0.5, 1, 2, 4))
def columns(facts: Facts) -> float | None:
    """How many gaps between columns a line has.

    Sees: runs of three blanks, and tabs, divided by the number of lines; unknown where there is no text.
    Means: tables and reports.
    Fooled by: indented source code.
    Source: measured; no standard speaks of it.
    """
    text = facts.ascii_text
    return (text.count(b"   ") + text.count(b"\t")) / (text.count(b"\n") + 1) if text else None

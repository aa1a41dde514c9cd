"""What the text of machine mail says of success and failure, without being understood."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

BODY = frozenset({"headers", "body"})

FAILURES = (
    b"fail", b"error", b"fatal", b"critical", b"cannot", b"could not", b"unable", b"denied", b"refused",
    b"timed out", b"abort", b"corrupt", b"missing", b"not found", b"panic", b"traceback",
)  # fmt: skip
SUCCESSES = (b"success", b"complete", b"finished", b"no errors", b"0 errors", b" ok\n", b"[ok]", b"healthy")
SEVERITIES = (
    ("emerg", (b"emerg", b"panic")), ("alert", (b"alert",)), ("crit", (b"crit",)),
    ("err", (b"error", b"err:")), ("warning", (b"warning", b"warn:")), ("notice", (b"notice",)),
    ("info", (b"info:", b"[info]")),
)  # fmt: skip

_EXIT = re.compile(
    rb"(?:exit|return)(?:ed)?,?(?: with)?(?: an?)?(?: error)?(?: status| code| value){0,2}"
    rb"[ =:]{1,3}(\d{1,3})\b"
)
_STAMPED = re.compile(
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
    if b"exit" not in text and b"return" not in text:
        return None
    found = _EXIT.findall(text)
    return any(int(status) for status in found) if found else None


@signal("machine.failures", kind="number", needs=BODY, edges=(1, 2, 4, 8, 16, 40))
def failures(facts: Facts) -> float:
    """How often the text speaks of failure.

    Sees: `FAILURES` anywhere in the first pages of text, inside of words too.
    Means: something went wrong, or a report counts what always goes wrong.
    Fooled by: "0 errors"; logs full of attempts at passwords.
    Source: measured; no standard speaks of it.
    """
    return sum(map(facts.lower_text.count, FAILURES))


@signal("machine.successes", kind="number", needs=BODY, edges=(1, 2, 4, 8))
def successes(facts: Facts) -> float:
    """How often the text speaks of success.

    Sees: `SUCCESSES` anywhere in the first pages of text, inside of words too.
    Means: a job did what it should.
    Fooled by: "unsuccessful"; a backup that finished with nothing in it.
    Source: measured; no standard speaks of it.
    """
    return sum(map(facts.lower_text.count, SUCCESSES))


@signal("machine.subject_failures", kind="number", edges=(1, 2))
def subject_failures(facts: Facts) -> float:
    """How often the subject speaks of failure.

    Sees: `FAILURES` in the subject, inside of words too.
    Means: a monitor or a service manager reports what happened just now.
    Fooled by: people who write about failures.
    Source: measured; no standard speaks of it.
    """
    subject = facts.subject.lower().encode("ascii", "ignore")
    return sum(map(subject.count, FAILURES))


@signal("machine.severity", kind="category", needs=BODY)
def severity(facts: Facts) -> str:
    """Which is the gravest word of syslog in the text.

    Sees: emerg, alert, crit, err, warning, notice, info, or none.
    Means: how grave the gravest line of a log is.
    Fooled by: the words in other senses; a warning that stands there every day.
    Source: RFC 5424 section 6.2.1.
    """
    text = facts.lower_text
    for name, words in SEVERITIES:
        for word in words:
            if word in text:
                return name
    return "none"


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

    Sees: the first 24 lines that are not blank, with the stamps of syslog, ISO 8601 or a clock.
    Means: the text is a log.
    Fooled by: diaries and minutes.
    Source: RFC 3164 section 4.1.2; RFC 3339 section 5.6.
    """
    lines = facts.first_lines
    if not lines:
        return None
    return len([line for line in lines if _STAMPED.match(line)]) / len(lines)


@signal("machine.aligned_lines", kind="number", needs=BODY, edges=(0.05, 0.25, 0.5, 0.8))
def aligned_lines(facts: Facts) -> float | None:
    """Which share of the lines is set in columns.

    Sees: two blanks or a tab inside of a line, among the first 24 that are not blank.
    Means: tables and reports.
    Fooled by: people who type two blanks behind a full stop.
    Source: measured; no standard speaks of it.
    """
    lines = facts.first_lines
    if not lines:
        return None
    return len([line for line in lines if "  " in line.strip() or "\t" in line.strip()]) / len(lines)

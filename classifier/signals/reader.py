"""What the reader is doing these days: whether he writes at all, and how much comes.

All signals here are pure functions of ``Facts.history.people``: the same for all mail of a moment, but for
what the message's own date adds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from classifier.signals.people import DAY, HISTORY, MINUTE, past_of, since
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts


@signal("reader.usual", kind="number", needs=HISTORY, edges=(-6.3, -5.9, -5.5, -5.0, -4.6, -4.2, -3.5, -2.5))
def usual(facts: Facts) -> float | None:
    """Which share of all mail the reader answers, as a natural logarithm.

    Sees: mail received and answered, fading with a half-life of 30 days.
    Means: how busy he is with this mail at all.
    Fooled by: holidays: it takes weeks to fall.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else math.log(past.usual)


@signal("reader.sent_6_hours", kind="number", needs=HISTORY, edges=(0.03, 0.3, 1, 2, 4))
def sent_6_hours(facts: Facts) -> float | None:
    """How much the reader has sent in the last hours.

    Sees: own mail, fading with a half-life of six hours.
    Means: he sits at his mail.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reader.sent[1]


@signal("reader.sent_day", kind="number", needs=HISTORY, edges=(0.001, 0.09, 0.5, 1, 3, 8))
def sent_day(facts: Facts) -> float | None:
    """How much the reader has sent in the last days.

    Sees: own mail, fading with a half-life of a day.
    Means: he is at work.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reader.sent[2]


@signal("reader.sent_week", kind="number", needs=HISTORY, edges=(0.001, 0.04, 0.25, 0.85, 1.9, 5, 12))
def sent_week(facts: Facts) -> float | None:
    """How much the reader has sent in the last weeks.

    Sees: own mail, fading with a half-life of seven days.
    Means: whether this is a time in which he writes.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reader.sent[3]


@signal("reader.sent_month", kind="number", needs=HISTORY, edges=(0.03, 0.5, 1.3, 2.6, 4.5, 7.7, 16, 40))
def sent_month(facts: Facts) -> float | None:
    """How much the reader has sent in the last months.

    Sees: own mail, fading with a half-life of 30 days.
    Means: how much he writes.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reader.sent[4]


@signal("reader.answered_week", kind="number", needs=HISTORY, edges=(0.014, 0.14, 0.55, 1.25, 3.2, 8))
def answered_week(facts: Facts) -> float | None:
    """How much mail the reader has answered in the last weeks.

    Sees: answers to mail that was observed, fading with a half-life of seven days.
    Means: whether this is a time in which he answers.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reader.answered[1]


@signal(
    "reader.answered_month", kind="number", needs=HISTORY, edges=(0.004, 0.3, 0.9, 1.8, 3.1, 5.4, 9.6, 25)
)
def answered_month(facts: Facts) -> float | None:
    """How much mail the reader has answered in the last months.

    Sees: answers to mail that was observed, fading with a half-life of 30 days.
    Means: how much he answers.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reader.answered[2]


@signal("reader.came_week", kind="number", needs=HISTORY, edges=(2, 8, 20, 45, 70, 95, 120, 150, 210))
def came_week(facts: Facts) -> float | None:
    """How much mail came in the last weeks.

    Sees: mail received, fading with a half-life of seven days.
    Means: in a flood each mail has less chance.
    Fooled by: mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reader.came[1]


@signal(
    "reader.pace_week", kind="number", needs=HISTORY, edges=(-7.1, -6.6, -6.3, -5.8, -5.1, -4.3, -3.5, -2.5)
)
def pace_week(facts: Facts) -> float | None:
    """How much the reader answered against what came in the last weeks, as a natural logarithm.

    Sees: answers and mail received, fading with a half-life of seven days.
    Means: how likely he answers anything now.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else math.log((past.reader.answered[1] + 0.1) / (past.reader.came[1] + 5))


@signal(
    "reader.pace_day", kind="number", needs=HISTORY, edges=(-6.9, -6.3, -5.8, -5.5, -5.1, -4.6, -3.3, -2.3)
)
def pace_day(facts: Facts) -> float | None:
    """How much the reader sent against what came in the last days, as a natural logarithm.

    Sees: own mail and mail received, fading with a half-life of a day.
    Means: how likely he answers anything today.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else math.log((past.reader.sent[2] + 0.05) / (past.reader.came[0] + 2))


@signal(
    "reader.since_sent",
    kind="number",
    needs=HISTORY,
    edges=(0.04, 0.5, 5, 12, 23, 42, 75, 200),
)
def since_sent(facts: Facts) -> float | None:
    """How long the reader has been silent, in days.

    Sees: his last mail; unknown where there was none.
    Means: weeks: he is away, or gone.
    Fooled by: own mail that is not observed.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.reader.sent_at, DAY)


@signal("reader.delay", kind="number", needs=HISTORY, edges=(1, 5, 10, 17, 24, 32, 480, 17280))
def delay(facts: Facts) -> float | None:
    """How long the message was under way, in minutes.

    Sees: its arrival against its Date:; unknown without one, 0 where it is dated later than it came.
    Means: hours: it was held back; the talk has gone on meanwhile.
    Fooled by: wrong clocks.
    Source: RFC 5322 section 3.6.1; measured on P4.
    """
    past = past_of(facts)
    if past is None or not past.reading.dated:
        return None
    return since(past.now, past.reading.dated, MINUTE)


@signal("reader.hour", kind="number", needs=HISTORY, edges=(-6.0, -5.2, -4.3, -3.4, -3.2, -2.9, -2.5, -2.0))
def hour(facts: Facts) -> float | None:
    """How much the reader writes at this hour of the day, as a natural logarithm of his mail's share.

    Sees: the hour of the message's Date:, or of its arrival, in UTC, against the hours of his own mail.
    Means: mail of his working hours comes from his part of the world, and finds him there.
    Fooled by: travel, and summer time.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else math.log(past.reader.hour_share(past.reading.dated or past.now))

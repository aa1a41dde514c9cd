"""What two or three signals of history mean only together: how a mail is addressed, and what it answers.

A linear model adds up; these columns hold what it cannot add up. Chosen on the first part of P4: with them
the linear model comes out level with boosted trees.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from classifier.signals import addressed, reader
from classifier.signals.people import HISTORY, SHARES, past_of
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.history.correspondence import Correspondence
    from classifier.signals.facts import Facts

_PACES = (-6.3, -5.5, -4.6, -3.3)


def _how(past: Correspondence) -> str:
    return past.reading.addressed.how


def _parent(past: Correspondence) -> str:
    from classifier.history.correspondence import parent_state  # only for who has a history

    return parent_state(past.reading, past.parent)


def _level(value: float, edges: tuple[float, ...] = SHARES) -> str:
    return str(bisect_right(edges, value))


def _asked(past: Correspondence) -> str:
    return str(min(3, past.reading.wording.questions))


@signal("pairs.how_parent", kind="category", needs=HISTORY)
def how_parent(facts: Facts) -> str | None:
    """Tell how the reader is addressed and what the message answers.

    Sees: addressed.how and thread.parent.
    Means: an answer to him that he only gets as a copy is not a question to him.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{_how(past)}+{_parent(past)}"


@signal("pairs.how_kind", kind="category", needs=HISTORY)
def how_kind(facts: Facts) -> str | None:
    """Tell how the reader is addressed and what kind of message it is.

    Sees: addressed.how and topic.kind.
    Means: a patch to him waits for his word; a patch to the list may.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{_how(past)}+{past.reading.subject.kind}"


@signal("pairs.how_share", kind="category", needs=HISTORY)
def how_share(facts: Facts) -> str | None:
    """Tell how the reader is addressed and how much of the author's mail he answers.

    Sees: addressed.how and the bin of people.share.
    Means: mail to him from one whom he answers.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{_how(past)}+{_level(past.shares.author)}"


@signal("pairs.how_share_addressed", kind="category", needs=HISTORY)
def how_share_addressed(facts: Facts) -> str | None:
    """Tell how the reader is addressed and how much of such mail of the author he answers.

    Sees: addressed.how and the bin of people.share_addressed.
    Means: mail to him from one whose mail to him he answers.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{_how(past)}+{_level(past.shares.author_addressed)}"


@signal("pairs.how_mine", kind="category", needs=HISTORY)
def how_mine(facts: Facts) -> str | None:
    """Tell how the reader is addressed and how much he wrote in the thread.

    Sees: addressed.how and thread.mine, up to 4.
    Means: who has written before and is now only copied has left the talk.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{_how(past)}+{min(4, past.thread.mine)}"


@signal("pairs.how_pace", kind="category", needs=HISTORY)
def how_pace(facts: Facts) -> str | None:
    """Tell how the reader is addressed and how much he writes today.

    Sees: addressed.how and the level of reader.pace_day.
    Means: mail to him while he sits at his mail.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    pace = reader.pace_day(facts)
    return None if past is None or pace is None else f"{_how(past)}+{_level(pace, _PACES)}"


@signal("pairs.how_asks", kind="category", needs=HISTORY)
def how_asks(facts: Facts) -> str | None:
    """Tell how the reader is addressed and whether something is asked for.

    Sees: addressed.how and wording.asks.
    Means: a request to him, or to somebody else.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    if past is None:
        return None
    return f"{_how(past)}+{'asks' if past.reading.wording.asks else 'tells'}"


@signal("pairs.how_parent_greets", kind="category", needs=HISTORY)
def how_parent_greets(facts: Facts) -> str | None:
    """Tell how the reader is addressed, what the message answers and whom it greets.

    Sees: addressed.how, thread.parent and addressed.greets.
    Means: "Hi Ann" in a mail to Ann and Bob is for Ann.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{_how(past)}+{_parent(past)}+{addressed.greets(facts)}"


@signal("pairs.parent_share", kind="category", needs=HISTORY)
def parent_share(facts: Facts) -> str | None:
    """Tell what the message answers and how much of the author's mail the reader answers.

    Sees: thread.parent and the bin of people.share.
    Means: an answer to him from one whom he answers.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{_parent(past)}+{_level(past.shares.author)}"


@signal("pairs.parent_questions", kind="category", needs=HISTORY)
def parent_questions(facts: Facts) -> str | None:
    """Tell what the message answers, how much it asks, and whether it answers an answer to the reader.

    Sees: thread.parent, wording.questions up to 3, and thread.answers_answer_to_me.
    Means: questions in an answer to him are to him.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    if past is None:
        return None
    after = past.parent is not None and past.parent.parent_mine
    return f"{_parent(past)}+{_asked(past)}+{'after_me' if after else 'else'}"


@signal("pairs.kind_share", kind="category", needs=HISTORY)
def kind_share(facts: Facts) -> str | None:
    """Tell what kind of message it is and how much of such mail of the author the reader answers.

    Sees: topic.kind and the bin of people.share_kind.
    Means: one whose patches he answers sends a patch.
    Fooled by: as its parts.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else f"{past.reading.subject.kind}+{_level(past.shares.author_kind)}"

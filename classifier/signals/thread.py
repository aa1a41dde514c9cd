"""Where a message stands in its thread, and what the reader has done there.

All signals here are pure functions of ``Facts.history.people``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.people import HISTORY, MINUTE, SHARES, past_of, since
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

COUNTS = (1, 2, 3, 5, 8, 12, 21)


@signal("thread.parent", kind="category", needs=HISTORY)
def parent(facts: Facts) -> str | None:
    """Tell what the message answers.

    Sees: In-Reply-To:, or the last of References:: mine, answered (a mail that the reader answered), other,
    unseen (it never came), none.
    Means: mine: somebody answers him.
    Fooled by: clients that write no In-Reply-To:, and answers used to begin something new.
    Source: RFC 5322 section 3.6.4; issue of "somebody answers me".
    """
    past = past_of(facts)
    if past is None:
        return None
    from classifier.history.correspondence import parent_state  # only for who has a history

    return parent_state(past.reading, past.parent)


@signal("thread.answers_answer_to_me", needs=HISTORY)
def answers_answer_to_me(facts: Facts) -> bool | None:
    """Whether it answers an answer to the reader.

    Sees: the message above, whose own parent he wrote.
    Means: the talk goes on, perhaps without him.
    Fooled by: threads of which a mail never came.
    Source: RFC 5322 section 3.6.4; measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.parent is not None and past.parent.parent_mine


@signal("thread.mine_above", kind="number", needs=HISTORY, edges=(1, 2, 3))
def mine_above(facts: Facts) -> float | None:
    """How many messages above it the reader wrote.

    Sees: References: and In-Reply-To:, the last 20.
    Means: he is part of this branch of the talk.
    Fooled by: References: cut short on the way.
    Source: RFC 5322 section 3.6.4; measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.mine_above


@signal("thread.answered_above", kind="number", needs=HISTORY, edges=(1, 2, 3))
def answered_above(facts: Facts) -> float | None:
    """How many messages above it the reader answered.

    Sees: References: and In-Reply-To:, the last 20.
    Means: he is part of this branch of the talk, or had his say already.
    Fooled by: References: cut short on the way.
    Source: RFC 5322 section 3.6.4; measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.answered_above


@signal("thread.depth", kind="number", needs=HISTORY, edges=(1, 2, 3, 5, 7))
def depth(facts: Facts) -> float | None:
    """How many messages stand above it.

    Sees: the depth of the message that it answers, or the length of References:.
    Means: 0: it begins something; deep: a long talk.
    Fooled by: series of patches, whose parts answer their cover letter.
    Source: RFC 5322 section 3.6.4.
    """
    past = past_of(facts)
    return None if past is None else past.depth


@signal("thread.messages", kind="number", needs=HISTORY, edges=COUNTS)
def messages(facts: Facts) -> float | None:
    """How many messages of the thread came before.

    Sees: all mail below the same first message, the reader's included.
    Means: long: much interest, or a series of patches.
    Fooled by: answers used to begin something new.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.thread.messages


@signal("thread.mine", kind="number", needs=HISTORY, edges=(1, 2, 3, 4, 9))
def mine(facts: Facts) -> float | None:
    """How many messages in the thread the reader wrote.

    Sees: all mail below the same first message.
    Means: above 0: he takes part.
    Fooled by: a long thread whose other branches he left.
    Source: issue of "I answered in it"; measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.thread.mine


@signal("thread.answered", kind="number", needs=HISTORY, edges=(1, 2, 3, 5))
def answered(facts: Facts) -> float | None:
    """How many messages in the thread the reader answered.

    Sees: all mail below the same first message.
    Means: he takes part by answering; one who only sends patches answers none.
    Fooled by: a long thread whose other branches he left.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.thread.answered


@signal(
    "thread.share",
    kind="number",
    needs=HISTORY,
    edges=(0.013, 0.02, 0.03, 0.043, 0.05, 0.075, 0.099, 0.101, 0.2),
)
def share(facts: Facts) -> float | None:
    """Which share of the thread's messages the reader answered, drawn towards a tenth.

    Sees: all mail below the same first message.
    Means: low in a long thread: it goes on without him.
    Fooled by: threads whose mail was sent all at once.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else (past.thread.answered + 0.3) / (past.thread.messages + 3)


@signal(
    "thread.since_mine",
    kind="number",
    needs=HISTORY,
    edges=(0.1, 30, 360, 960, 2880, 10080),
)
def since_mine(facts: Facts) -> float | None:
    """How long ago the reader last wrote in the thread, in minutes.

    Sees: own mail below the same first message; unknown where there is none.
    Means: hours: the talk is live.
    Fooled by: lists that deliver in heaps.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.thread.mine_at, MINUTE)


@signal("thread.turns", kind="number", needs=HISTORY, edges=(1, 2, 4, 8))
def turns(facts: Facts) -> float | None:
    """How many messages came in the thread since the reader's last.

    Sees: all mail below the same first message; unknown where he wrote none.
    Means: none: this may be the answer to him; many: the talk left him behind.
    Fooled by: other branches of the thread.
    Source: measured on P4.
    """
    past = past_of(facts)
    return past.thread.since if past is not None and past.thread.mine else None


@signal("thread.age", kind="number", needs=HISTORY, edges=(0.01, 0.5, 60, 540, 1700, 5800, 17000))
def age(facts: Facts) -> float | None:
    """How old the thread is, in minutes.

    Sees: the arrival of the first message of it that came; unknown where this is the first.
    Means: what nobody has answered for long, he will not answer now.
    Fooled by: lists that deliver in heaps.
    Source: issue of "its age".
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.thread.first, MINUTE)


@signal(
    "thread.quiet",
    kind="number",
    needs=HISTORY,
    edges=(0.01, 0.13, 30, 90, 330, 840, 4300),
)
def quiet(facts: Facts) -> float | None:
    """How long the thread was silent before, in minutes.

    Sees: the arrival of its last message; unknown where this is the first.
    Means: seconds: a heap or a series of patches; days: somebody comes back to it.
    Fooled by: lists that deliver in heaps.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.thread.last, MINUTE)


@signal("thread.started_by_me", needs=HISTORY)
def started_by_me(facts: Facts) -> bool | None:
    """Whether the reader began the thread.

    Sees: whether its first message is his.
    Means: the talk is about what he wrote.
    Fooled by: nothing much: somebody may answer it to begin something else.
    Source: issue of "I started it"; measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.thread.started


@signal("thread.authors", kind="number", needs=HISTORY, edges=(1, 2, 3, 4, 6))
def authors(facts: Facts) -> float | None:
    """How many others have written in the thread before.

    Sees: addresses in From:, at most twelve.
    Means: 0: it begins something, or only the reader has written.
    Fooled by: people with several addresses.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else len(past.thread.authors)


@signal("thread.known_authors", kind="number", needs=HISTORY, edges=(1, 2, 3, 4, 5, 6))
def known_authors(facts: Facts) -> float | None:
    """How many of those who wrote in the thread the reader ever wrote to.

    Sees: own mail with their addresses in To:.
    Means: a talk among his own people.
    Fooled by: people with several addresses.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.known_authors


@signal("thread.lag", kind="number", needs=HISTORY, edges=(0.01, 1, 120, 660, 2880))
def lag(facts: Facts) -> float | None:
    """How long after the message that it answers it came, in minutes.

    Sees: the arrival of that message; unknown where it never came.
    Means: a quick answer asks for a quick answer.
    Fooled by: lists that deliver in heaps.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None or past.parent is None else since(past.now, past.parent.at, MINUTE)


@signal("thread.answers_oneself", needs=HISTORY)
def answers_oneself(facts: Facts) -> bool | None:
    """Whether the author answers a message of his own.

    Sees: the author of the message above; unknown where it never came.
    Means: a part of a series, or "ping".
    Fooled by: people with several addresses.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None or past.parent is None else past.parent.author == past.reading.author


@signal("thread.parent_author_share", kind="number", needs=HISTORY, edges=SHARES)
def parent_author_share(facts: Facts) -> float | None:
    """Which share of the mail of the one who is answered here the reader answered, as a logarithm.

    Sees: the author of the message above; unknown where the reader wrote it or it never came.
    Means: what is said to somebody whom he answers often may concern him.
    Fooled by: people with several addresses.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.parent_author

"""What a message is about, and what the reader has done with that before.

All signals here are pure functions of ``Facts.history.people``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.people import HISTORY, MINUTE, past_of, since
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

BEST, MEAN = (
    (-7.2, -6.5, -5.9, -5.2, -4.6, -3.8, -2.9, -2.0),
    (-8.0, -7.4, -6.9, -6.3, -5.8, -5.2, -4.3, -3.3),
)
"""Edges of logarithms of shares: of the best of several, and of their mean."""


@signal("topic.seen", kind="number", needs=HISTORY, edges=(1, 2, 3, 4, 6, 10))
def seen(facts: Facts) -> float | None:
    """How often the same subject was seen.

    Sees: the subject without marks of replies and tags in brackets, the reader's own mail included.
    Means: a talk, a new version of a series, or a mail that comes every day.
    Fooled by: subjects such as "hello".
    Source: issue of "same subject seen n times".
    """
    past = past_of(facts)
    return None if past is None else past.topic.seen


@signal("topic.mine", kind="number", needs=HISTORY, edges=(1, 2, 3))
def mine(facts: Facts) -> float | None:
    """How often the reader wrote under the same subject.

    Sees: the subject without marks of replies and tags in brackets.
    Means: above 0 where he is not in the thread: a new version of what he answered.
    Fooled by: subjects such as "hello".
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.topic.mine


@signal("topic.since_mine", kind="number", needs=HISTORY, edges=(0.2, 60, 480, 1440, 5000, 19000))
def since_mine(facts: Facts) -> float | None:
    """How long ago the reader last wrote under the same subject, in minutes.

    Sees: the subject without marks of replies and tags in brackets; unknown where he never did.
    Means: days: the matter is live.
    Fooled by: subjects such as "hello".
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.topic.mine_at, MINUTE)


@signal("topic.best_word", kind="number", needs=HISTORY, edges=BEST)
def best_word(facts: Facts) -> float | None:
    """Which share of mail with the best word of the subject the reader answered, as a logarithm.

    Sees: the first twelve words of the subject; the share of each is drawn towards the usual one. Unknown
    without a word.
    Means: a matter of his.
    Fooled by: rare words.
    Source: issue of "share of this topic"; measured on P4.
    """
    past = past_of(facts)
    return None if past is None else max(past.shares.words, default=None)


@signal("topic.words", kind="number", needs=HISTORY, edges=MEAN)
def words(facts: Facts) -> float | None:
    """Which share of mail with the words of the subject the reader answered: the mean of the logarithms.

    Sees: the first twelve words of the subject; unknown without a word.
    Means: a matter of his.
    Fooled by: long subjects, in which every mean is the usual one.
    Source: measured on P4.
    """
    past = past_of(facts)
    if past is None or not past.shares.words:
        return None
    return sum(past.shares.words) / len(past.shares.words)


@signal("topic.best_file", kind="number", needs=HISTORY, edges=BEST)
def best_file(facts: Facts) -> float | None:
    """Which share of mail that changes the best of its files the reader answered, as a logarithm.

    Sees: names of files and folders in a patch, or in one that is quoted; unknown without.
    Means: code that he looks after.
    Fooled by: folders in which everything lies.
    Source: issue of "file names and subsystems"; measured on P4.
    """
    past = past_of(facts)
    return None if past is None else max(past.shares.files, default=None)


@signal("topic.files", kind="number", needs=HISTORY, edges=MEAN)
def files(facts: Facts) -> float | None:
    """Which share of mail that changes its files the reader answered: the mean of the logarithms.

    Sees: names of files and folders in a patch, or in one that is quoted; unknown without.
    Means: code that he looks after.
    Fooled by: changes of names all over the place.
    Source: measured on P4.
    """
    past = past_of(facts)
    if past is None or not past.shares.files:
        return None
    return sum(past.shares.files) / len(past.shares.files)


@signal("topic.kind", kind="category", needs=HISTORY)
def kind(facts: Facts) -> str | None:
    """Tell what kind of message the subject announces.

    Sees: marks of replies, "patch" and n/m in brackets: reply, patch, cover (0/n), first (1/n), part or mail.
    Means: an answer often goes to the cover letter or the first part for all of a series.
    Fooled by: subjects changed on the way.
    Source: measured on P4; n/m is the custom of git format-patch.
    """
    past = past_of(facts)
    return None if past is None else past.reading.subject.kind


@signal("topic.part", kind="number", needs=HISTORY, edges=(1, 2, 3, 4, 6, 10, 17))
def part(facts: Facts) -> float | None:
    """Which part of a series it is.

    Sees: n of n/m in brackets in the subject; unknown without.
    Means: late parts are seldom answered one by one.
    Fooled by: numbers that mean something else.
    Source: measured on P4; n/m is the custom of git format-patch.
    """
    past = past_of(facts)
    return past.reading.subject.part if past is not None and past.reading.subject.parts else None


@signal("topic.parts", kind="number", needs=HISTORY, edges=(3, 6, 10, 15, 20, 25))
def parts(facts: Facts) -> float | None:
    """How many parts its series has.

    Sees: m of n/m in brackets in the subject; unknown without.
    Means: of a long series few parts are answered.
    Fooled by: numbers that mean something else.
    Source: measured on P4; n/m is the custom of git format-patch.
    """
    past = past_of(facts)
    return (past.reading.subject.parts or None) if past is not None else None


@signal("topic.version", kind="number", needs=HISTORY, edges=(2, 3, 4, 5, 6, 8))
def version(facts: Facts) -> float | None:
    """Which version it is.

    Sees: v2, v3 ... in brackets in the subject; 1 without.
    Means: later versions are what answers asked for.
    Fooled by: versions of something else.
    Source: measured on P4; the custom of git format-patch.
    """
    past = past_of(facts)
    return None if past is None else past.reading.subject.version

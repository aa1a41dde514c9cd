"""What the reader and the author have written to each other before this message came.

All signals here are pure functions of ``Facts.history.people``. Shares are natural logarithms of the part of
such mail that the reader answered, drawn towards what he answers of all mail: a stranger's is the usual one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.history.correspondence import Correspondence
    from classifier.signals.facts import Facts

HISTORY = frozenset({"history"})

SHARES = (-9.0, -8.0, -7.0, -6.3, -5.6, -4.9, -4.0, -3.0)
"""Edges of logarithms of a share: from a ten-thousandth to a twentieth."""

MINUTE, DAY = 60.0, 86400.0


def past_of(facts: Facts) -> Correspondence | None:
    """Return what was known of people and threads; None where nobody remembers."""
    history = facts.history
    past: Correspondence | None = None if history is None else history.people
    return past


def since(now: float, then: float, unit: float) -> float | None:
    """Return how much time has passed, in a unit of so many seconds; None where it never was."""
    return max(0.0, now - then) / unit if then else None


@signal("people.received", kind="number", needs=HISTORY, edges=(0.5, 1, 3, 8, 16, 32, 64, 160))
def received(facts: Facts) -> float | None:
    """How much the author has written before.

    Sees: mail from this address; half of it is forgotten in 180 days.
    Means: below a half: new; very much: a colleague, a list's pillar or a program.
    Fooled by: people who change their address; anybody can write any address into From:.
    Source: Aberdeen et al. 2010 (social features); measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.author.received


@signal("people.age", kind="number", needs=HISTORY, edges=(1, 30, 90, 180, 360))
def age(facts: Facts) -> float | None:
    """For how long the author has been heard of, in days.

    Sees: the first mail of this address; unknown where there was none.
    Means: newcomers ask, and get answers, in another way than old hands.
    Fooled by: history that begins late: then everybody is new.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.author.first, DAY)


@signal("people.gap", kind="number", needs=HISTORY, edges=(0.03, 2, 60, 300, 1440, 7200, 43200))
def gap(facts: Facts) -> float | None:
    """How long the author was silent before, in minutes.

    Sees: the last mail of this address; unknown where there was none.
    Means: seconds: a series of mails sent together; months: somebody comes back.
    Fooled by: lists that hold mail back and deliver it in heaps.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.author.last, MINUTE)


@signal("people.share", kind="number", needs=HISTORY, edges=SHARES)
def share(facts: Facts) -> float | None:
    """Which share of the author's mail the reader answered, as a natural logarithm.

    Sees: mail received from this address and answered, fading with a half-life of 180 days.
    Means: the best single guess whether this one will be answered.
    Fooled by: friends who are seen every day and need no answer.
    Source: Aberdeen et al. 2010 (social features); the best simple rule of P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.author


@signal("people.share_addressed", kind="number", needs=HISTORY, edges=SHARES)
def share_addressed(facts: Facts) -> float | None:
    """Which share of the author's mail that was addressed to the reader like this one he answered.

    Sees: the same as people.share, apart for mail to him, copies to him, and neither.
    Means: tells a colleague's questions from his circulars.
    Fooled by: few mails: then it is little more than the usual share.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.author_addressed


@signal("people.share_kind", kind="number", needs=HISTORY, edges=SHARES)
def share_kind(facts: Facts) -> float | None:
    """Which share of the author's mail of this kind the reader answered.

    Sees: the same as people.share, apart for replies, patches, parts of a series and other mail.
    Means: some people's patches are answered, others' replies.
    Fooled by: few mails: then it is little more than the usual share.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.author_kind


@signal("people.share_lately", kind="number", needs=HISTORY, edges=SHARES)
def share_lately(facts: Facts) -> float | None:
    """Which share of the author's mail of the last days the reader answered.

    Sees: the same as people.share, fading with a half-life of three days.
    Means: high: the two are talking right now.
    Fooled by: an answer that closed the matter.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.author_lately


@signal("people.share_domain", kind="number", needs=HISTORY, edges=SHARES)
def share_domain(facts: Facts) -> float | None:
    """Which share of the mail from the author's domain the reader answered.

    Sees: mail received from the domain and answered, fading with a half-life of 180 days.
    Means: a new colleague in a known house is no stranger.
    Fooled by: large providers, where the domain says nothing.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.domain


@signal("people.domain_answered", kind="number", needs=HISTORY, edges=(0.1, 0.5, 1, 2, 4, 8))
def domain_answered(facts: Facts) -> float | None:
    """How much mail from the author's domain the reader answered.

    Sees: answers, fading with a half-life of 180 days.
    Means: how much the share can be trusted.
    Fooled by: large providers.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.domain.answered


@signal("people.written", kind="number", needs=HISTORY, edges=(0.01, 0.3, 0.8, 1.3, 2.3, 4, 10))
def written(facts: Facts) -> float | None:
    """How much the reader has written to the author.

    Sees: own mail to this address, a copy counting 0.3, fading with a half-life of 180 days.
    Means: above 0: people one knows.
    Fooled by: answers to all, which copy strangers.
    Source: Aberdeen et al. 2010 (social features); issue of "people I know first".
    """
    past = past_of(facts)
    return None if past is None else past.author.written


@signal(
    "people.since_written",
    kind="number",
    needs=HISTORY,
    edges=(2, 11, 30, 90, 240),
)
def since_written(facts: Facts) -> float | None:
    """How long ago the reader last wrote to the author, in days.

    Sees: own mail with this address in To:; unknown where there was none.
    Means: days: a live correspondence.
    Fooled by: mail written from an address that is not known to be the reader's.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.author.written_at, DAY)


@signal(
    "people.since_answered",
    kind="number",
    needs=HISTORY,
    edges=(2, 11, 30, 90, 240),
)
def since_answered(facts: Facts) -> float | None:
    """How long ago the reader last answered the author, in days.

    Sees: own mail in answer to one from this address; unknown where there was none.
    Means: days: a live correspondence.
    Fooled by: answers whose In-Reply-To: is lost.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else since(past.now, past.author.answered_at, DAY)


@signal("people.answers_me", kind="number", needs=HISTORY, edges=(0.003, 0.007, 0.015, 0.03, 0.05, 0.1, 0.2))
def answers_me(facts: Facts) -> float | None:
    """Which share of the author's mail answered the reader's.

    Sees: mail from this address whose parent the reader wrote, against all of it, drawn towards a tenth.
    Means: high: they talk to him rather than past him.
    Fooled by: answers whose In-Reply-To: is lost.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else (past.author.answers_me + 0.2) / (past.author.received + 2)


@signal("people.waiting", kind="number", needs=HISTORY, edges=(1, 60, 360, 1440, 4320))
def waiting(facts: Facts) -> float | None:
    """How long the author usually waits for the reader's answer, in minutes.

    Sees: the geometric mean of his times to answer this address; unknown where he never did.
    Means: short: he drops other things for them.
    Fooled by: lists that deliver in heaps.
    Source: Aberdeen et al. 2010 (social features).
    """
    past = past_of(facts)
    if past is None or past.author.waits < 0.1:
        return None
    return math.expm1(past.author.waited / past.author.waits) / MINUTE


@signal("people.in_address_book", needs=HISTORY)
def in_address_book(facts: Facts) -> bool | None:
    """Whether the author is in the reader's address book.

    Sees: addresses taken from a vCard file.
    Means: somebody he wants to hear from.
    Fooled by: programs that fill the book by themselves.
    Source: RFC 6350 section 6.4.2 (EMAIL).
    """
    past = past_of(facts)
    return None if past is None else bool(past.author.in_book)


@signal("people.said_important", kind="number", needs=HISTORY, edges=(0.2, 0.4, 0.6, 0.8))
def said_important(facts: Facts) -> float | None:
    """Which share of the author's mail that the reader judged he called important.

    Sees: labels that he gave, or his flags and folders; unknown where he gave none.
    Means: what he says outweighs what he does.
    Fooled by: a change of mind.
    Source: Aberdeen et al. 2010 (marks outweigh inference).
    """
    past = past_of(facts)
    if past is None:
        return None
    said = past.author.important + past.author.unimportant
    return past.author.important / said if said else None

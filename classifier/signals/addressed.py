"""How a message is addressed to the reader, in its fields and in its text, and in whose company.

All signals here are pure functions of ``Facts.history.people``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.people import HISTORY, SHARES, past_of
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

KNOWN = 0.5
"""Who was written to more than so much is known, for shares of a company."""


@signal("addressed.how", kind="category", needs=HISTORY)
def how(facts: Facts) -> str | None:
    """Tell how the reader is addressed.

    Sees: own addresses in To: and Cc:, lists left out: alone, only (in To:, others in Cc:), to, cc or none.
    Means: alone: it is for him; cc: for his information; none: by a list, Bcc: or bulk.
    Fooled by: own addresses that are not known; answers to all, which shift people from Cc: to To:.
    Source: RFC 5322 section 3.6.3; Aberdeen et al. 2010.
    """
    past = past_of(facts)
    return None if past is None else past.reading.addressed.how


@signal("addressed.people", kind="number", needs=HISTORY, edges=(2, 3, 4, 6, 8, 10, 16))
def people(facts: Facts) -> float | None:
    """How many are addressed.

    Sees: To: and Cc:, lists included, at most 60.
    Means: few: a talk; many: nobody in particular has to answer.
    Fooled by: lists, which hide any number.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.addressed.people


@signal("addressed.company", kind="number", needs=HISTORY, edges=(0.01, 1.5, 3.4, 5.4, 11, 17, 37))
def company(facts: Facts) -> float | None:
    """How much the reader wrote to the best known of the other recipients.

    Sees: own mail to each address in To: and Cc:, fading with a half-life of 180 days.
    Means: mail among one's own people, or to a list one writes to.
    Fooled by: lists count as people.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else max(past.written, default=0.0)


@signal(
    "addressed.company_known", kind="number", needs=HISTORY, edges=(0.01, 0.13, 0.25, 0.35, 0.5, 0.6, 0.99)
)
def company_known(facts: Facts) -> float | None:
    """Which share of the other recipients the reader writes to.

    Sees: own mail to each address in To: and Cc:; 0 where there is nobody else.
    Means: high: one's own circle.
    Fooled by: answers to all, by which everybody becomes known.
    Source: measured on P4.
    """
    past = past_of(facts)
    if past is None:
        return None
    return sum(each > KNOWN for each in past.written) / len(past.written) if past.written else 0.0


@signal("addressed.to_somebody_known", needs=HISTORY)
def to_somebody_known(facts: Facts) -> bool | None:
    """Whether it is meant for another whom the reader knows.

    Sees: the first address of To:, where the reader is not in To:; own mail to that address.
    Means: that one will answer.
    Fooled by: a list that the reader writes to stands there, too.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.written_first > 1


@signal("addressed.greets", kind="category", needs=HISTORY)
def greets(facts: Facts) -> str | None:
    """Tell whom the text greets.

    Sees: names behind a word of greeting in the first line of the author's own: me, other or none. The
    reader's names are those he writes under.
    Means: the surest word on whom a mail to many is for.
    Fooled by: namesakes, and languages whose greetings are not known.
    Source: issue of "mentioned by name"; measured on P4.
    """
    past = past_of(facts)
    if past is None:
        return None
    greeted = past.reading.wording.greeted
    if not greeted:
        return "none"
    return "other" if greeted.isdisjoint(past.reader.names) else "me"


@signal("addressed.names_me", needs=HISTORY)
def names_me(facts: Facts) -> bool | None:
    """Whether the author's own words name the reader.

    Sees: a word of the names that the reader writes under, or an own address, in what is not quoted.
    Means: he is spoken to, or spoken of.
    Fooled by: common words that are names, too.
    Source: issue of "mentioned by name"; measured on P4.
    """
    past = past_of(facts)
    if past is None:
        return None
    wording = past.reading.wording
    return wording.tells_me or not wording.words.isdisjoint(past.reader.names)


@signal("addressed.quotes", kind="category", needs=HISTORY)
def quotes(facts: Facts) -> str | None:
    """Tell whose words are quoted.

    Sees: the names in a line such as "so-and-so wrote": me, other or none.
    Means: me: it answers the reader, whatever In-Reply-To: says.
    Fooled by: long quotations that hold several voices.
    Source: measured on P4.
    """
    past = past_of(facts)
    if past is None:
        return None
    wording = past.reading.wording
    if not wording.quoting:
        return "none"
    names = past.reader.names
    mine = wording.quotes_me or any(not words.isdisjoint(names) for words in wording.quoting)
    return "me" if mine else "other"


@signal(
    "addressed.share_state",
    kind="number",
    needs=HISTORY,
    edges=(-9.1, -7.6, -6.7, -5.9, -5.2, -4.4, -3.5, -2.5, -1.5),
)
def share_state(facts: Facts) -> float | None:
    """Which share of mail addressed like this, in such a thread, the reader answered, as a logarithm.

    Sees: how he is addressed, what the message answers, and whether he wrote in the thread; from whomever.
    Means: what he himself does with such mail: some answer every copy, some none.
    Fooled by: habits that change.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.state


@signal("addressed.share_kind", kind="number", needs=HISTORY, edges=(*SHARES, -2.0))
def share_kind(facts: Facts) -> float | None:
    """Which share of mail addressed like this and of this kind the reader answered, as a logarithm.

    Sees: how he is addressed, and whether it is a reply, a patch, a part of a series or other mail.
    Means: what he himself does with such mail.
    Fooled by: habits that change.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.shares.kind

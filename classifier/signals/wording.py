"""How a message speaks: what it asks, says and quotes, as far as that makes people answer.

All signals here are pure functions of ``Facts.history.people``, where the text was read once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.people import HISTORY, past_of
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts


@signal("wording.questions", kind="number", needs=HISTORY, edges=(1, 2, 3, 4))
def questions(facts: Facts) -> float | None:
    """How many question marks the author's own words hold.

    Sees: what is neither quoted nor a patch nor a signature.
    Means: a question asks for an answer.
    Fooled by: rhetoric, and addresses of web pages.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.wording.questions


@signal("wording.asks", needs=HISTORY)
def asks(facts: Facts) -> bool | None:
    """Whether the author's own words ask for something.

    Sees: "could you", "please", "any comments" and the like.
    Means: somebody should do something.
    Fooled by: politeness, and languages that are not known.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.wording.asks


@signal("wording.thanks", needs=HISTORY)
def thanks(facts: Facts) -> bool | None:
    """Whether the author's own words thank.

    Sees: "thanks" and the like in what is neither quoted nor a signature.
    Means: at the end of a request as well as at the end of a talk.
    Fooled by: languages that are not known.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.wording.thanks


@signal("wording.applied", needs=HISTORY)
def applied(facts: Facts) -> bool | None:
    """Whether the author says that something was done with a change.

    Sees: "applied", "queued", "merged" and the like in the author's own words.
    Means: the matter is closed.
    Fooled by: what was not applied.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.wording.applied


@signal("wording.agreed", needs=HISTORY)
def agreed(facts: Facts) -> bool | None:
    """Whether the author agrees formally.

    Sees: "Reviewed-by", "Acked-by", "looks good" and the like in the author's own words.
    Means: nobody has to answer.
    Fooled by: conditions attached to it.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.wording.agreed


@signal("wording.chars", kind="number", needs=HISTORY, edges=(70, 135, 200, 290, 420, 680, 1400))
def chars(facts: Facts) -> float | None:
    """How many characters the author wrote himself.

    Sees: what is neither quoted nor a patch nor a signature, up to 6,000.
    Means: very short: thanks, or a nod.
    Fooled by: answers written above a quotation that is not marked.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.wording.chars


@signal("wording.lines", kind="number", needs=HISTORY, edges=(3, 4, 6, 9, 14, 28, 80))
def lines(facts: Facts) -> float | None:
    """How many lines are not quoted.

    Sees: all lines that are not blank, patches and signatures included, up to 600.
    Means: how much there is to read.
    Fooled by: lines of any length.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else past.reading.wording.lines


@signal("wording.quoted", kind="number", needs=HISTORY, edges=(0.01, 0.36, 0.56, 0.67, 0.77, 0.85, 0.92))
def quoted(facts: Facts) -> float | None:
    """Which share of the lines is quoted.

    Sees: lines that begin with ``>`` against all that are not blank.
    Means: 0: it begins something, or its writer quotes in another way.
    Fooled by: clients that mark quotations otherwise.
    Source: measured on P4.
    """
    past = past_of(facts)
    if past is None:
        return None
    wording = past.reading.wording
    return wording.quoted / (wording.quoted + wording.lines + 1)


@signal("wording.size", kind="number", needs=HISTORY, edges=(3000, 3700, 4300, 4900, 5700, 7200, 10_000))
def size(facts: Facts) -> float | None:
    """How many bytes the message has, a line end counted as one.

    Sees: header and body, whether they are kept with LF or with CRLF.
    Means: large: patches, attachments, logs.
    Fooled by: long headers of lists and filters.
    Source: measured on P4.
    """
    raw = facts.message.raw
    return None if past_of(facts) is None else len(raw) - raw.count(b"\r\n")


@signal("wording.files", kind="number", needs=HISTORY, edges=(1, 2, 3, 5))
def files(facts: Facts) -> float | None:
    """How many files a patch in it changes.

    Sees: the names in its patch, up to twelve; 0 without.
    Means: 0: it is talk.
    Fooled by: patches in attachments that are not text.
    Source: measured on P4.
    """
    past = past_of(facts)
    return None if past is None else len(past.reading.wording.files)

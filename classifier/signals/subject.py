"""The shape of the Subject: field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.registry import signal
from classifier.signals.shapes import LOWER, UPPER, digits_in

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

_REPLY = pattern(r"(?:re|aw|sv|antw|odp|rif|vs)(?:\[\d{1,3}\]|\^\d{1,3})?\s{0,3}[:：]", re.IGNORECASE)
_FORWARD = pattern(r"(?:fwd?|wg|tr|rv|enc|i)\s{0,3}[:：]|\[fwd?:", re.IGNORECASE)
_GAP = pattern(r"\s{3,}\S{1,20}\Z")
_TOKEN = pattern(r"[\[({#]?(?=[a-z0-9]{0,20}\d)[a-z0-9]{5,20}[\])}]?\Z", re.IGNORECASE)
_CHARSET = pattern(rb"=\?([A-Za-z0-9_.:-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([bq])\?", re.IGNORECASE)


@signal("subject.empty")
def empty(facts: Facts) -> bool:
    """Whether there is no subject.

    Sees: Subject: absent or blank.
    Means: hurried people, broken programs, and senders who hope for curiosity.
    Fooled by: nothing; it is a description.
    Source: RFC 5322 section 3.6.5.
    """
    return not facts.subject.strip()


@signal("subject.length", kind="number", edges=(1, 10, 20, 30, 40, 50, 65, 80, 120))
def length(facts: Facts) -> float:
    """How long the subject is, in characters.

    Sees: the decoded subject.
    Means: people write short ones; headlines and reports are long.
    Fooled by: tags that lists put before it.
    Source: RFC 5322 section 3.6.5.
    """
    return len(facts.subject)


@signal("subject.upper", kind="number", edges=(0.1, 0.2, 0.35, 0.6, 0.9))
def upper(facts: Facts) -> float | None:
    """Which share of the subject's letters are capitals.

    Sees: its ASCII letters, if there are five or more.
    Means: headlines capitalise each word, shouting every letter.
    Fooled by: acronyms; scripts without cases are not seen at all.
    Source: measured; no standard speaks of it.
    """
    ascii_ = facts.subject.encode("ascii", "ignore")
    capitals = len(ascii_) - len(ascii_.translate(None, UPPER))
    letters = capitals + len(ascii_) - len(ascii_.translate(None, LOWER))
    return capitals / letters if letters >= 5 else None


@signal("subject.exclamations", kind="number", edges=(1, 2, 3))
def exclamations(facts: Facts) -> float:
    """How many exclamation marks the subject has.

    Sees: ! in the decoded subject.
    Means: excitement, true or sold.
    Fooled by: greetings.
    Source: measured; no standard speaks of it.
    """
    return facts.subject.count("!")


@signal("subject.question")
def question(facts: Facts) -> bool:
    """Whether the subject asks something.

    Sees: ? in the decoded subject.
    Means: somebody wants an answer, or attention.
    Fooled by: badly decoded letters that became question marks.
    Source: measured; no standard speaks of it.
    """
    return "?" in facts.subject


@signal("subject.digits", kind="number", edges=(1, 3, 5, 8, 12))
def digits(facts: Facts) -> float:
    """How many digits the subject has.

    Sees: 0 to 9 in the decoded subject.
    Means: tickets, orders and reports carry numbers; so do tags that make each copy of bulk mail differ.
    Fooled by: dates.
    Source: measured; no standard speaks of it.
    """
    return digits_in(facts.subject)


@signal("subject.amount")
def amount(facts: Facts) -> bool:
    """Whether the subject names money or a percentage.

    Sees: a currency sign or % in the decoded subject.
    Means: offers, bills, and disks that fill up.
    Fooled by: stock exchange news.
    Source: measured; no standard speaks of it.
    """
    subject = facts.subject
    return "$" in subject or "%" in subject or "€" in subject or "£" in subject or "¥" in subject


@signal("subject.tail", kind="category")
def tail(facts: Facts) -> str:
    """Tell what the subject ends with.

    Sees: gap (three blanks, then a word), digits, token (letters and digits mixed), or none.
    Means: gap and token make copies of bulk mail differ; digits are also tickets.
    Fooled by: version numbers and serials.
    Source: measured; no standard speaks of it.
    """
    subject = facts.subject.rstrip()
    if "   " in subject[-24:] and _GAP.search(subject[-24:]):
        return "gap"
    last = subject[-30:].rpartition(" ")[2]
    if last.isdigit():
        return "digits"
    return "token" if _TOKEN.match(last) else "none"


@signal("subject.prefix", kind="category")
def prefix(facts: Facts) -> str:
    """Whether the subject says it is an answer or is passed on.

    Sees: Re:, Fwd: and their sisters in other languages at its beginning, behind a [tag] too.
    Means: part of a conversation, or pretends to be.
    Fooled by: anybody can write Re:; see subject.reply_unreferenced.
    Source: RFC 5322 section 3.6.5.
    """
    subject = facts.subject.lstrip()
    if subject[:1] == "[":
        subject = subject[subject.find("]") + 1 :].lstrip() or subject
    if _REPLY.match(subject):
        return "reply"
    return "forward" if _FORWARD.match(subject) else "none"


@signal("subject.reply_unreferenced")
def reply_unreferenced(facts: Facts) -> bool | None:
    """Whether it calls itself an answer and refers to nothing.

    Sees: a subject with Re: and neither In-Reply-To: nor References:; unknown without Re:.
    Means: not written with a mail program's reply button.
    Fooled by: a few mail programs that write no reference.
    Source: RFC 5322 sections 3.6.4 and 3.6.5.
    """
    if prefix(facts) != "reply":
        return None
    counts = facts.counts
    return b"in-reply-to" not in counts and b"references" not in counts


@signal("subject.tagged")
def tagged(facts: Facts) -> bool:
    """Whether the subject has a [tag].

    Sees: a bracket that opens and closes in the first 60 characters, behind Re: too; not what is in it.
    Means: lists, ticket systems and monitors mark their mail so.
    Fooled by: [ADV] and the like.
    Source: by custom of list managers; no standard speaks of it.
    """
    start = facts.subject[:60].find("[")
    return 0 <= start < 12 and "]" in facts.subject[start:60]


@signal("subject.coding", kind="category")
def coding(facts: Facts) -> str | None:
    """How the subject's letters are encoded.

    Sees: ascii, raw (bytes beyond ASCII as they are), or charset and coding of its first encoded word.
    Means: the language of the sender and the age of his program.
    Fooled by: programs that encode plain ASCII too.
    Source: RFC 2047 section 2; RFC 6532 section 3.
    """
    raw = facts.message.headers.raw(b"subject") if b"subject" in facts.counts else None
    if raw is None:
        return None
    if not raw.isascii():
        return "raw"
    found = _CHARSET.search(raw) if b"=?" in raw else None
    return f"{found[1].decode()}/{found[2].decode()}".lower() if found else "ascii"


@signal("subject.names_recipient")
def names_recipient(facts: Facts) -> bool | None:
    """Whether the subject repeats the recipient's address or local part.

    Sees: the first address of To:, its local part if it has four characters and more.
    Means: mail merge from an address list; also machines that report to an account.
    Fooled by: local parts that are words.
    Source: measured; no standard speaks of it.
    """
    to = facts.message.to
    if not to or len(to[0].local) < 4:
        return None
    return to[0].local.lower() in facts.subject.lower()

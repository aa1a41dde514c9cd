"""Which header fields are there, how many, and who wrote them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

ONCE = (
    b"bcc", b"cc", b"content-type", b"date", b"from", b"in-reply-to", b"message-id", b"mime-version",
    b"references", b"reply-to", b"sender", b"subject", b"to",
)  # fmt: skip
"""Fields that RFC 5322 section 3.6 and RFC 2045 section 3 allow once."""

_FAMILY = pattern(r"[A-Za-z][A-Za-z.+'&-]{0,30}(?: [A-Za-z][A-Za-z.+'&-]{0,30}){0,2}")
_VERSION = pattern(r" v(?:er|ersion)?\.?\Z", re.IGNORECASE)


@signal("headers.missing_from")
def missing_from(facts: Facts) -> bool:
    """Whether there is no From:.

    Sees: the header; an empty field counts as there.
    Means: broken on the way, or made by hand.
    Fooled by: files cut out of a mailbox.
    Source: RFC 5322 section 3.6.
    """
    return b"from" not in facts.counts


@signal("headers.missing_to")
def missing_to(facts: Facts) -> bool:
    """Whether there is no To:.

    Sees: the header; an empty field counts as there.
    Means: all recipients are hidden: bulk mail, or a program that does not care.
    Fooled by: mail to Cc: alone.
    Source: RFC 5322 section 3.6.3.
    """
    return b"to" not in facts.counts


@signal("headers.missing_date")
def missing_date(facts: Facts) -> bool:
    """Whether there is no Date:.

    Sees: the header; an empty field counts as there.
    Means: a required field left out: a script, or a bulk sender.
    Fooled by: submission servers that add it.
    Source: RFC 5322 section 3.6.1.
    """
    return b"date" not in facts.counts


@signal("headers.missing_message_id")
def missing_message_id(facts: Facts) -> bool:
    """Whether there is no Message-ID:.

    Sees: the header; an empty field counts as there.
    Means: a program that does not care, and no MTA on the way that did.
    Fooled by: MTAs that add it; see message_id.recipient_host.
    Source: RFC 5322 section 3.6.4.
    """
    return b"message-id" not in facts.counts


@signal("headers.count", kind="number", edges=(6, 9, 12, 16, 20, 30, 45, 70))
def count(facts: Facts) -> float:
    """How many header fields there are.

    Sees: all fields, traces included.
    Means: local mail has few, mail through several services many.
    Fooled by: filters on the way that write reports.
    Source: RFC 5322 section 3.6.
    """
    return len(facts.message.headers)


@signal("headers.extensions", kind="number", edges=(1, 2, 4, 7, 12, 20))
def extensions(facts: Facts) -> float:
    """How many fields begin with X-.

    Sees: the names of all fields, each name once.
    Means: mail programs, lists and campaign software leave their marks.
    Fooled by: filters on the way that write reports.
    Source: RFC 6648 section 2.
    """
    return (b"\n" + b"\n".join(facts.counts)).count(b"\nx-")


@signal("headers.duplicated", kind="category")
def duplicated(facts: Facts) -> str:
    """Which field that may stand once stands there twice.

    Sees: the first of `ONCE` that occurs more than once, or none.
    Means: put together by hand, or meant to show different programs different things.
    Fooled by: gateways that add a field instead of replacing it.
    Source: RFC 5322 section 3.6.
    """
    counts = facts.counts
    more = len(facts.message.headers.names) - len(counts)
    if more == 0 or more == counts.get(b"received", 1) - 1:
        return "none"
    return next((name.decode("ascii") for name in ONCE if counts.get(name, 0) > 1), "none")


@signal("headers.junk")
def junk(facts: Facts) -> bool | None:
    """Whether lines in the header are no fields.

    Sees: lines without a field name between the fields, and a body that begins without a blank line.
    Means: damaged on the way, or put together by hand.
    Fooled by: From_ lines that a mailbox left inside.
    Source: RFC 5322 sections 2.1 and 2.2.
    """
    if not facts.message.headers.names:  # reading them is what finds the damage
        return None
    defects = facts.message.defects
    return "junk_in_header" in defects or "missing_blank_line" in defects


@signal("headers.eight_bit")
def eight_bit(facts: Facts) -> bool:
    """Whether the header has bytes beyond ASCII.

    Sees: the raw bytes of the header block.
    Means: a program that knows neither encoded words nor the age of UTF-8 mail.
    Fooled by: internationalised mail, which may do this.
    Source: RFC 5322 section 2.2; RFC 6532 section 3.
    """
    return not facts.message.header_block.isascii()


@lru_cache(maxsize=2048)
def family(agent: bytes) -> str:
    """Reduce what a program says of itself to its name, without version, system and build.

    Parameters
    ----------
    agent : bytes
        At most a hundred.

    Returns
    -------
    str
        Up to three words in lower case, or ``'odd'`` where no name is found.
    """
    found = _FAMILY.search(" ".join(agent.decode("ascii", "replace").split()))
    return _VERSION.sub("", found[0]).strip(" .-").lower() if found else "odd"


@signal("headers.agent", kind="category")
def agent(facts: Facts) -> str:
    """Which program says it wrote the message.

    Sees: the name in X-Mailer: or User-Agent:, without version; absent where there is neither.
    Means: people's programs, campaign software, scripts.
    Fooled by: senders who write another program's name.
    Source: RFC 5322 section 3.6.8; by custom, no standard defines X-Mailer.
    """
    counts = facts.counts
    if b"x-mailer" not in counts and b"user-agent" not in counts:
        return "absent"
    headers = facts.message.headers
    return family((headers.raw(b"x-mailer") or headers.raw(b"user-agent") or b"")[:100])


@signal("headers.agent_field", kind="category")
def agent_field(facts: Facts) -> str:
    """In which field the program names itself.

    Sees: x-mailer, user-agent, x-mimeole, several, or none.
    Means: each family of programs has its own field.
    Fooled by: gateways that remove such fields.
    Source: RFC 5322 section 3.6.8; by custom, no standard defines them for mail.
    """
    counts = facts.counts
    found = [name for name in (b"user-agent", b"x-mailer", b"x-mimeole") if name in counts]
    if not found:
        return "none"
    return found[0].decode("ascii") if len(found) == 1 else "several"


@signal("headers.priority", kind="category")
def priority(facts: Facts) -> str:
    """How urgent the sender says it is, by X-Priority:.

    Sees: its first character if it is a digit, other, or absent.
    Means: some programs always write 3; 1 is an alarm or wants to look like one.
    Fooled by: senders who find everything urgent.
    Source: by custom of mail programs; no standard defines it.
    """
    word = facts.word(b"x-priority")
    if word is None:
        return "absent"
    return word[:1] if word[:1].isdigit() else "other"


@signal("headers.importance", kind="category")
def importance(facts: Facts) -> str:
    """How important the sender says it is.

    Sees: Importance: (low, normal, high), else Priority: (urgent, normal, non-urgent), else absent.
    Means: what the sender wants the reader to think.
    Fooled by: senders who find everything important.
    Source: RFC 2076 section 3.9; RFC 2156.
    """
    word = facts.word(b"importance")
    if word is None:
        word = facts.word(b"priority")
    if word is None:
        return "absent"
    return word if word in {"low", "normal", "high", "urgent", "non-urgent"} else "other"


@signal("headers.references", kind="number", edges=(1, 2, 4, 8, 16))
def references(facts: Facts) -> float:
    """How many messages it refers to.

    Sees: the identifiers in References: and, where there are none, In-Reply-To:.
    Means: how long the conversation is.
    Fooled by: invented references.
    Source: RFC 5322 section 3.6.4.
    """
    counts = facts.counts
    if b"references" in counts and facts.message.references:
        return len(facts.message.references)
    return len(facts.message.in_reply_to) if b"in-reply-to" in counts else 0


@signal("headers.organization")
def organization(facts: Facts) -> bool:
    """Whether the sender names an organisation.

    Sees: an Organization: field.
    Means: a habit of people at universities and companies, and of old programs.
    Fooled by: senders who invent one.
    Source: RFC 5536 section 3.2.
    """
    return b"organization" in facts.counts


@signal("headers.thread_index")
def thread_index(facts: Facts) -> bool:
    """Whether a program of the Exchange family tracks the conversation.

    Sees: a Thread-Index: or Thread-Topic: field.
    Means: written by a person in an office.
    Fooled by: senders who copy the header of such a program.
    Source: [MS-OXOMSG], PidTagConversationIndex.
    """
    return b"thread-index" in facts.counts or b"thread-topic" in facts.counts


@signal("headers.script_origin")
def script_origin(facts: Facts) -> bool:
    """Whether a web server's script left its name.

    Sees: X-PHP-Script: or X-PHP-Originating-Script:.
    Means: sent from a web page: a form, a shop, or an abused one.
    Fooled by: servers that do not write the field.
    Source: PHP manual, mail.add_x_header.
    """
    counts = facts.counts
    return b"x-php-script" in counts or b"x-php-originating-script" in counts

"""The Message-ID: who stamped it, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.domains import organisational_domain
from classifier.signals.registry import signal
from classifier.signals.shapes import skeleton

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

_LOCAL = frozenset({"localhost", "localhost.localdomain", "local", "localdomain"})


@signal("message_id.form", kind="category")
def form(facts: Facts) -> str:
    """How far the Message-ID keeps to its grammar.

    Sees: absent, empty, no_brackets, no_at, no_host, literal, local_host (localhost), bare_host or full.
    Means: mail programs write full ones; scripts and bulk senders get it wrong or leave it to the MTA.
    Fooled by: an MTA on the way that repairs it.
    Source: RFC 5322 section 3.6.4.
    """
    if b"message-id" not in facts.counts:
        return "absent"
    ident = facts.message.message_id.strip()
    if not ident:
        return "empty"
    if ident[0] != "<" or ident[-1] != ">":
        return "no_brackets"
    if "@" not in ident:
        return "no_at"
    host = facts.message_id_host
    if not host:
        return "no_host"
    if host[0] == "[":
        return "literal"
    if host in _LOCAL:
        return "local_host"
    return "full" if "." in host else "bare_host"


@signal("message_id.host", kind="category")
def host(facts: Facts) -> str | None:
    """Whose host stamped the Message-ID.

    Sees: behind its @ the author's domain (same), organisation (same_org), the envelope's, or other.
    Means: the author's own system stamps with its own name; other hosts are relays, providers or inventions.
    Fooled by: mail programs on laptops with private names.
    Source: RFC 5322 section 3.6.4.
    """
    host = facts.message_id_host
    if not host or not facts.author_domain:
        return None
    if host == facts.author_domain:
        return "same"
    org = organisational_domain(host)
    if org == facts.author_org:
        return "same_org"
    envelope = facts.message.mail_from
    return "envelope" if envelope and org == organisational_domain(envelope.domain) else "other"


@signal("message_id.shape", kind="category")
def made_of(facts: Facts) -> str | None:
    """Tell what the left side of the Message-ID is made of.

    Sees: runs of letters and digits as x, other characters as they are; what it begins with.
    Means: each mail program builds it in its own way, and forgers imitate badly.
    Fooled by: programs that imitate well.
    Source: RFC 5322 section 3.6.4.
    """
    ident = facts.message.message_id
    return skeleton(ident[:80].partition("@")[0].strip("<> "))[:20] if ident else None


@signal("message_id.length", kind="number", edges=(20, 30, 40, 50, 60, 80))
def length(facts: Facts) -> float | None:
    """How long the Message-ID is, in characters.

    Sees: the whole of it, brackets included.
    Means: each mail program has its own length.
    Fooled by: long host names.
    Source: RFC 5322 section 3.6.4.
    """
    return len(facts.message.message_id) or None


@signal("message_id.recipient_host")
def recipient_host(facts: Facts) -> bool | None:
    """Whether the Message-ID was stamped in a recipient's house and not in the author's.

    Sees: the organisation behind its @ against the first recipient's, where it is not the author's.
    Means: the sender gave none, and the receiving MTA added it.
    Fooled by: lists that stamp anew.
    Source: RFC 6409 section 8.3; RFC 5321 section 6.4.
    """
    host = facts.message_id_host
    if "." not in host or not facts.recipients:
        return None
    org = organisational_domain(host)
    if org == facts.author_org:
        return False
    return organisational_domain(facts.recipients[0].domain) == org

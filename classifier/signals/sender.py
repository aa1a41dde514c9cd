"""Who says he wrote it, against who sent it and who gets the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.domains import organisational_domain
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.mail import Address
    from classifier.signals.facts import Facts

SITE = frozenset({"headers", "site"})

_TAGGED = pattern(r"(?:prvs|btv1|msprvs1)=", re.IGNORECASE)
_REWRITTEN = pattern(r"srs[01][=+-]", re.IGNORECASE)


def _relation(facts: Facts, other: Address) -> str | None:
    """Compare an address with the author's, from the nearest kinship to none."""
    if not facts.author_addr:
        return None
    if other.addr.lower() == facts.author_addr:
        return "same"
    if other.domain == facts.author_domain:
        return "same_domain"
    if organisational_domain(other.domain) == facts.author_org:
        return "same_org"
    return "other"


@signal("sender.reply_to_differs")
def reply_to_differs(facts: Facts) -> bool | None:
    """Whether the answer would go to another organisation than the author's.

    Sees: the organisational domains of the first Reply-To: and the first From: mailbox.
    Means: lists, newsletters and ticket systems do this, and so does mail that borrows an author.
    Fooled by: people who write from work and want the answer at home.
    Source: RFC 5322 section 3.6.2.
    """
    reply_to = facts.message.reply_to if b"reply-to" in facts.counts else ()
    if not reply_to or not facts.author_org:
        return None
    return organisational_domain(reply_to[0].domain) != facts.author_org


@signal("sender.reply_to", kind="category")
def reply_to(facts: Facts) -> str | None:
    """How Reply-To: is related to the author.

    Sees: Reply-To: as absent, same, same_domain, same_org or other, against From:.
    Means: how far the answer goes astray; programs that always write Reply-To: show here too.
    Fooled by: a forged From: with a Reply-To: of the same forged domain.
    Source: RFC 5322 section 3.6.2.
    """
    if b"reply-to" not in facts.counts:
        return "absent"
    reply_to = facts.message.reply_to
    return _relation(facts, reply_to[0]) if reply_to else "empty"


@signal("sender.mail_from", kind="category")
def mail_from(facts: Facts) -> str | None:
    """How the envelope's sender is related to the author.

    Sees: Return-Path: as null, same, same_domain, same_org or other, against From:.
    Means: people send as themselves; lists, bulk senders and forgers have bounces go elsewhere.
    Fooled by: forgers who use one address for both; an MTA that writes no Return-Path: (unknown).
    Source: RFC 5321 section 4.4; RFC 5322 section 3.6.7.
    """
    envelope = facts.message.mail_from
    if envelope is None:
        return None
    return "null" if envelope.is_null else _relation(facts, envelope)


@signal("sender.sender", kind="category")
def sender(facts: Facts) -> str | None:
    """How Sender: is related to the author.

    Sees: Sender: as absent, same, same_domain, same_org or other, against From:.
    Means: an agent sent it for the author: a list, a calendar, a secretary.
    Fooled by: list managers that write no Sender:.
    Source: RFC 5322 section 3.6.2.
    """
    if b"sender" not in facts.counts:
        return "absent"
    sender = facts.message.sender
    return _relation(facts, sender) if sender else "empty"


@signal("sender.several_authors")
def several_authors(facts: Facts) -> bool | None:
    """Whether From: names more than one mailbox.

    Sees: the number of mailboxes in From:.
    Means: rare and legal; often a comma that somebody forgot to quote, or two From: texts joined.
    Fooled by: "Last, First" without quotes.
    Source: RFC 5322 section 3.6.2.
    """
    authors = facts.message.authors
    return len(authors) > 1 if authors else None


@signal("sender.mail_from_coding", kind="category")
def mail_from_coding(facts: Facts) -> str | None:
    """Tell what is packed into the envelope's sender.

    Sees: the local part of Return-Path:: verp (an address inside), batv (signed), srs (forwarded), plain.
    Means: verp: bulk mail with bounce handling; srs: came through a forwarder.
    Fooled by: local parts with an equals sign of another meaning.
    Source: BATV draft-levine-smtp-batv; SRS and VERP by convention, no RFC.
    """
    envelope = facts.message.mail_from
    if envelope is None or envelope.is_null:
        return None
    local = envelope.local[:255]
    if "=" not in local:
        return "srs" if _REWRITTEN.match(local) else "plain"
    if _REWRITTEN.match(local):
        return "srs"
    return "batv" if _TAGGED.match(local) else "verp"


@signal("sender.mail_from_is_recipient")
def mail_from_is_recipient(facts: Facts) -> bool | None:
    """Whether the envelope's sender is also a recipient.

    Sees: Return-Path: against To: and Cc:.
    Means: cron and other local mail to oneself, or a sender who borrowed the recipient's address.
    Fooled by: people who send copies to themselves.
    Source: RFC 5321 section 4.4.
    """
    envelope = facts.message.mail_from
    if envelope is None or envelope.is_null:
        return None
    return envelope.addr.lower() in facts.recipient_addrs


@signal("sender.is_me", needs=SITE)
def is_me(facts: Facts) -> bool | None:
    """Whether the author's address is one of mine.

    Sees: From: against the own addresses of the site.
    Means: notes to oneself, mail of one's own machines, or a borrowed address.
    Fooled by: forgery: this field is not authenticated.
    Source: RFC 5322 section 3.6.2.
    """
    mine = facts.site.me
    return facts.author_addr in mine if mine and facts.author_addr else None


@signal("sender.domain_is_mine", needs=SITE)
def domain_is_mine(facts: Facts) -> bool | None:
    """Whether the author's domain is one of mine.

    Sees: the domain of From: against the own domains of the site, subdomains included.
    Means: colleagues and own machines, or a borrowed domain.
    Fooled by: forgery: this field is not authenticated.
    Source: RFC 5322 section 3.6.2.
    """
    if not facts.site.my_domains or not facts.author_domain:
        return None
    return facts.site.owns(facts.author_domain)


@signal("sender.resent")
def resent(facts: Facts) -> bool:
    """Whether somebody redirected it.

    Sees: a Resent-From: or Resent-To: field.
    Means: a person or a program passed it on as it was.
    Fooled by: nothing but a sender who writes the field himself.
    Source: RFC 5322 section 3.6.6.
    """
    counts = facts.counts
    return b"resent-from" in counts or b"resent-to" in counts

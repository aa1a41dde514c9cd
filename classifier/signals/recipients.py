"""Whom it is addressed to, and whether I am among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.domains import organisational_domain
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

SITE = frozenset({"headers", "site"})


@signal("recipients.count", kind="number", edges=(1, 2, 3, 5, 10, 20, 50))
def count(facts: Facts) -> float:
    """How many addresses To: and Cc: hold.

    Sees: complete addresses in To: and Cc:.
    Means: one: personal or bulk; a few: a discussion; many: a round robin.
    Fooled by: lists and Bcc:, which hide any number behind one address.
    Source: RFC 5322 section 3.6.3.
    """
    return len(facts.recipients)


@signal("recipients.cc", kind="number", edges=(1, 2, 5))
def cc(facts: Facts) -> float:
    """How many addresses Cc: holds.

    Sees: the mailboxes of Cc:.
    Means: people keep others informed; programs seldom do.
    Fooled by: patch mailers, which copy every maintainer.
    Source: RFC 5322 section 3.6.3.
    """
    return len(facts.message.cc) if b"cc" in facts.counts else 0


@signal("recipients.me", kind="category", needs=SITE)
def me(facts: Facts) -> str | None:
    """Where I am addressed.

    Sees: the own addresses of the site in To: and Cc:: alone, to, cc or neither.
    Means: alone: it is for me; cc: for my information; neither: list, Bcc: or bulk.
    Fooled by: aliases that the site does not know.
    Source: RFC 5322 section 3.6.3.
    """
    mine = facts.site.me
    if not mine:
        return None
    addresses = facts.recipient_addrs
    for at, address in enumerate(addresses):
        if address in mine:
            if len(addresses) == 1:
                return "alone"
            return "to" if at < len(facts.message.to) else "cc"
    return "neither"


@signal("recipients.me_named", needs=SITE)
def me_named(facts: Facts) -> bool | None:
    """Whether my address stands there with a name.

    Sees: the display name beside an own address in To: or Cc:; unknown where I am not addressed.
    Means: an address book or an account at a shop knows me by name.
    Fooled by: a name that only repeats the address counts as none; bought lists have names too.
    Source: RFC 5322 section 3.4.
    """
    mine = facts.site.me
    if not mine:
        return None
    for address, mailbox in zip(facts.recipient_addrs, facts.recipients, strict=True):
        if address in mine:
            name = mailbox.name.lower()
            return bool(name) and name != address and name != mailbox.local.lower()
    return None


@signal("recipients.domain_is_mine", needs=SITE)
def domain_is_mine(facts: Facts) -> bool | None:
    """Whether anybody at my domains is addressed.

    Sees: the domains of To: and Cc: against the own domains of the site.
    Means: False: it came by list, by forwarder or blind.
    Fooled by: aliases in foreign domains.
    Source: RFC 5322 section 3.6.3.
    """
    site = facts.site
    if not site.my_domains or not facts.recipients:
        return None
    return any(site.owns(each.domain) for each in facts.recipients)


@signal("recipients.undisclosed")
def undisclosed(facts: Facts) -> bool | None:
    """Whether To: names nobody.

    Sees: a To: field without a complete address, such as an empty group.
    Means: blind copies: bulk mail, or a courteous round robin.
    Fooled by: To: fields damaged on the way.
    Source: RFC 5322 section 3.4 (groups) and 3.6.3.
    """
    if b"to" not in facts.counts:
        return None
    return not any(each.domain for each in facts.message.to)


@signal("recipients.to_name", kind="category")
def to_name(facts: Facts) -> str | None:
    """Tell what stands before the first address of To:.

    Sees: the display name of the first mailbox of To:: none, address, local or name.
    Means: address books write names; address lists have none and repeat the address.
    Fooled by: shops that know the name.
    Source: RFC 5322 section 3.4.
    """
    to = facts.message.to
    if not to or not to[0].domain:
        return None
    name = to[0].name.lower()
    if not name:
        return "none"
    if "@" in name:
        return "address"
    return "local" if name == to[0].local.lower() else "name"


@signal("recipients.domains", kind="number", edges=(2, 3, 5, 10))
def domains(facts: Facts) -> float | None:
    """How many organisations the recipients belong to.

    Sees: the organisational domains of To: and Cc:.
    Means: one: an internal matter; many: a discussion, or a list of strangers.
    Fooled by: people who all use one large provider.
    Source: RFC 5322 section 3.6.3.
    """
    recipients = facts.recipients
    if len(recipients) < 2:
        return len(recipients) or None
    return len({organisational_domain(each.domain) for each in recipients})


@signal("recipients.sorted")
def in_order(facts: Facts) -> bool | None:
    """Whether the recipients stand in alphabetical order.

    Sees: five addresses and more of To: and Cc:.
    Means: they were taken from an address list in its order.
    Fooled by: neat people.
    Source: measured; no standard speaks of it.
    """
    addresses = facts.recipient_addrs
    return list(addresses) == sorted(addresses) if len(addresses) >= 5 else None


@signal("recipients.author_among")
def author_among(facts: Facts) -> bool | None:
    """Whether the author is a recipient.

    Sees: From: against To: and Cc:.
    Means: a note to oneself, local machine mail, or To: filled in with From: because nobody was to be named.
    Fooled by: people who copy themselves.
    Source: RFC 5322 sections 3.6.2 and 3.6.3.
    """
    if not facts.author_addr or not facts.recipients:
        return None
    return facts.author_addr in facts.recipient_addrs


@signal("recipients.author_domain_among")
def author_domain_among(facts: Facts) -> bool | None:
    """Whether a recipient belongs to the author's organisation.

    Sees: the organisational domains of From: against those of To: and Cc:.
    Means: internal mail, a list that the author's house runs, or a borrowed domain.
    Fooled by: large providers.
    Source: RFC 5322 sections 3.6.2 and 3.6.3.
    """
    org = facts.author_org
    if not org or not facts.recipients:
        return None
    return any(each.domain.endswith(org) for each in facts.recipients)

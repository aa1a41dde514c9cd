"""The machine that spoke to our outermost host: the one fact about the sender's side that cannot be forged.

All are None where our host did not write its address, where it is inside our own network, and behind a login.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from classifier.mail.client import clean_address
from classifier.patterns import pattern
from classifier.signals.domains import organisational_domain
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

ROUTE = frozenset({"headers", "route"})

_LINE = pattern(
    r"(?:^|[.-])(?:a?dsl|[avsx]dsl|dyn|dynamic|dip|pool|dhcp|pppo?e?|dial|dialup|dialin|cable|client|clients|cust"
    r"|customer|broadband|home|res|residential|fib(?:er|re)|ftth|mobile|wifi|nat|cpe|user|users|modem|catv|ip)"
    r"[0-9-]{0,40}(?=[.-]|\Z)"
)
_MAIL = pattern(
    r"(?:^|[.-])(?:e?mail|mx|smtp|mta|mout|out|outbound|outgoing|relay|mailer|mailgate|mailout|sender|esa|mailhost)"
    r"[a-z]?[0-9-]{0,10}(?=[.-]|\Z)"
)
_DIGITS = pattern(r"\d{1,3}")


@signal("relay.nameless", needs=ROUTE)
def nameless(facts: Facts) -> bool | None:
    """Whether the address that spoke to us has no name in the DNS.

    Sees: that our host wrote "unknown", or nothing where it always writes the name.
    Means: servers that are run with care have a name; hijacked machines and hasty set-ups often have none.
    Fooled by: a failure of our own resolver at that moment, which reads the same.
    Source: RFC 8601 section 2.7.3 (iprev); RFC 1912 section 2.1; SpamAssassin's RDNS_NONE.
    """
    hop = facts.route.stranger
    return None if hop is None or hop.ptr is None else not hop.ptr


@signal("relay.line_name", needs=ROUTE)
def line_name(facts: Facts) -> bool | None:
    """Whether the name looks like that of a line and not of a server.

    Sees: in the name that our host found, the address itself or words such as dsl, dyn, pool, dhcp, cable.
    Means: a home or a rented machine that its owner did not name: infected PCs, but small servers as well.
    Fooled by: hosting firms that name honest servers by their addresses.
    Source: SpamAssassin's RDNS_DYNAMIC and rspamd's HFILTER_HOSTNAME look for the same; no RFC.
    """
    hop = facts.route.stranger
    return None if hop is None or not hop.ptr else is_line_name(hop.ptr.lower(), hop.address)


@signal("relay.mail_name", needs=ROUTE)
def mail_name(facts: Facts) -> bool | None:
    """Whether the name looks like that of a mail server.

    Sees: a part such as mail, mx, smtp, mta, out or relay in the name that our host found.
    Means: a machine meant to send mail, spammers' own ones included.
    Fooled by: anybody who names his machine so.
    Source: RFC 1912 section 2.1 (names for addresses); customs of naming.
    """
    hop = facts.route.stranger
    return None if hop is None or not hop.ptr else is_mail_name(hop.ptr.lower())


@signal("relay.ipv6", needs=ROUTE)
def ipv6(facts: Facts) -> bool | None:
    """Whether it spoke to us over IPv6.

    Sees: colons in the address that our host wrote.
    Means: large providers do; bulk senders rarely, for IPv6 receivers ask for more.
    Fooled by: our own lack of IPv6; it also tells the year.
    Source: RFC 5321 section 4.1.3 (IPv6 literals).
    """
    hop = facts.route.stranger
    return None if hop is None else ":" in hop.address


@signal("relay.helo", kind="category", needs=ROUTE)
def helo(facts: Facts) -> str | None:
    """Name the shape of the name that the machine gave itself.

    Sees: domain, literal (an address in brackets or bare), localhost, single (no dot), bad (no legal name),
    none.
    Means: a server says its full name; programs on a desktop say localhost, a short name or their address.
    Fooled by: senders who say any full name; servers of ours that do not write it.
    Source: RFC 5321 section 4.1.1.1 and section 4.1.4; SpamAssassin's HELO_LOCALHOST.
    """
    hop = facts.route.stranger
    if hop is None:
        return None
    return helo_shape(hop.helo, "hop_bad_name" in hop.defects)


@signal("relay.helo_is_address", needs=ROUTE)
def helo_is_address(facts: Facts) -> bool | None:
    """Whether an address given as a name is the machine's own.

    Sees: a HELO that is an address, against the address our host saw; unknown for any other HELO.
    Means: no is a machine behind address translation, which does not know its outer address, or a lie.
    Fooled by: nothing much; few honest servers give an address.
    Source: RFC 5321 section 4.1.3 (address literals), section 4.1.4.
    """
    hop = facts.route.stranger
    said = clean_address(hop.helo) if hop is not None and hop.helo else ""
    return said == hop.address if hop is not None and said else None


@signal("relay.helo_matches_name", kind="category", needs=ROUTE)
def helo_matches_name(facts: Facts) -> str | None:
    """How the name it gave itself is related to the one found for its address.

    Sees: HELO and the found name as same, same_org or other.
    Means: same or same_org is a server set up with care; other is usual for small servers at hosting firms.
    Fooled by: a spammer who owns both the machine and its reverse name.
    Source: RFC 5321 section 4.1.4 (a receiver must not refuse for it); SpamAssassin's __HELO_* rules.
    """
    hop = facts.route.stranger
    if hop is None or not hop.ptr or "." not in hop.helo:
        return None
    return _kinship(hop.helo.lower(), hop.ptr.lower())


@signal("relay.helo_is_ours", needs=frozenset({"headers", "route", "site"}))
def helo_is_ours(facts: Facts) -> bool | None:
    """Whether a machine from outside calls itself by our name.

    Sees: a HELO equal to the name of the host that took it in, or in a domain of ours.
    Means: no honest stranger does that; programs that send spam hope that names of ours are trusted.
    Fooled by: our own machines that come in from outside without being listed as trusted.
    Source: RFC 5321 section 4.1.1.1 (the client's own name).
    """
    hop = facts.route.stranger
    if hop is None or not hop.helo:
        return None
    said = hop.helo.lower()
    return said == hop.by.lower() or (bool(facts.site.my_domains) and facts.site.owns(said))


@signal("relay.author", needs=ROUTE)
def author(facts: Facts) -> bool | None:
    """Whether the machine's name belongs to the author's organisation.

    Sees: the registrable domain of the name that our host found, against that of From:.
    Means: yes is strong for a domain of one's own; no is usual for mail sent through providers and lists.
    Fooled by: a reverse name that its owner set to lie, where our host does not confirm it forwards.
    Source: RFC 8601 section 2.7.3 (iprev), RFC 5322 section 3.6.2.
    """
    hop = facts.route.stranger
    if hop is None or not hop.ptr or not facts.author_org:
        return None
    return organisational_domain(hop.ptr.lower()) == facts.author_org


@signal("relay.helo_author", needs=ROUTE)
def helo_author(facts: Facts) -> bool | None:
    """Whether the machine calls itself by the author's organisation.

    Sees: the registrable domain of the HELO, against that of From:.
    Means: in the same direction as relay.author, but only said; with relay.author false, said falsely.
    Fooled by: anybody: a HELO is free.
    Source: RFC 5321 section 4.1.1.1.
    """
    hop = facts.route.stranger
    if hop is None or "." not in hop.helo or not facts.author_org:
        return None
    return organisational_domain(hop.helo.lower()) == facts.author_org


@signal("relay.mail_from", needs=ROUTE)
def mail_from(facts: Facts) -> bool | None:
    """Whether the machine's name belongs to the organisation that takes the bounces.

    Sees: the registrable domain of the name that our host found, against that of Return-Path:.
    Means: yes is a sender who sends by himself, a mailing service included.
    Fooled by: a reverse name set to lie, where our host does not confirm it.
    Source: RFC 5321 section 4.4 (Return-Path); SpamAssassin's __RP_MATCHES_RCVD.
    """
    hop, bounces = facts.route.stranger, facts.message.mail_from
    if hop is None or not hop.ptr or bounces is None or not bounces.domain:
        return None
    return organisational_domain(hop.ptr.lower()) == organisational_domain(bounces.domain)


@lru_cache(maxsize=8192)
def is_mail_name(name: str) -> bool:
    """Tell a name that says mail server from others.

    Parameters
    ----------
    name : str
        Lower case.

    Returns
    -------
    bool
    """
    return _MAIL.search(name) is not None


@lru_cache(maxsize=8192)
def is_line_name(name: str, address: str) -> bool:
    """Tell a name that a provider made for a line from one that a person chose.

    Parameters
    ----------
    name : str
        Lower case.
    address : str
        IPv4 or IPv6.

    Returns
    -------
    bool
    """
    if _LINE.search(name):
        return True
    if ":" in address:
        return False
    octets = address.split(".")
    numbers = [str(int(digits)) for digits in _DIGITS.findall(name)]
    found = sum(octet in numbers for octet in set(octets))
    packed = "".join(f"{int(octet):02x}" for octet in octets)
    return found >= min(3, len(set(octets))) or packed in name.replace("-", "")


@lru_cache(maxsize=4096)
def helo_shape(said: str, bad: bool) -> str:
    """Name the shape of a HELO.

    Parameters
    ----------
    said : str
        As in :class:`classifier.mail.hop.Hop`.
    bad : bool
        Whether a name in the field is illegal.

    Returns
    -------
    {'none', 'literal', 'localhost', 'bad', 'single', 'domain'}
    """
    if not said:
        return "none"
    if clean_address(said):
        return "literal"
    if said.lower().startswith("localhost"):
        return "localhost"
    if bad:
        return "bad"
    return "domain" if "." in said else "single"


def _kinship(one: str, other: str) -> str:
    """Compare two host names."""
    if one == other:
        return "same"
    return "same_org" if organisational_domain(one) == organisational_domain(other) else "other"

"""Whether the story that the fields tell holds together. They belong to the group ``route``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.registry import signal
from classifier.signals.route import ROUTE

_WEB = frozenset({"HTTP", "HTTPS", "HTTPREST"})

if TYPE_CHECKING:
    from classifier.signals.facts import Facts


@signal("route.gaps", kind="number", needs=ROUTE, edges=(1, 2, 3))
def gaps(facts: Facts) -> int | None:
    """How many times the host that handed over is not the one that says it had the message.

    Sees: fields whose client shares no name, organisation or address with the "by" of the next older field.
    Means: a forged trail rarely fits where it is joined to the true one; neither do honest hosts with odd
    names.
    Fooled by: forgers who copy names; servers behind private names, address translation, renamed clusters.
    Source: RFC 5321 section 4.4 (from and by); SpamAssassin's FORGED_*_RCVD rules check single providers.
    """
    return len(facts.route.gaps) if len(facts.route.hops) > 1 else None


@signal("route.gap_here", needs=ROUTE)
def gap_here(facts: Facts) -> bool | None:
    """Whether the host that spoke to us is not the one that wrote the field below.

    Sees: the client that our outermost host saw, against the "by" of the first field that is not ours.
    Means: the true part of the trail ends at us, and what is below was put there to mislead; or a renamed
    host.
    Fooled by: servers whose outgoing name and address differ from the one they write.
    Source: RFC 5321 section 4.4; section 7.1 (mail is easily forged).
    """
    route = facts.route
    if not route.trusted or route.trusted == len(route.hops) or not (route.border and route.border.address):
        return None
    return route.trusted - 1 in route.gaps


@signal("route.unparsable", needs=ROUTE)
def unparsable(facts: Facts) -> bool | None:
    """Whether some hop is told in words that no known server uses.

    Sees: a Received: field with neither "from" nor "by" nor the shape of qmail.
    Means: home-made relays and list software; forged fields by people who never saw one.
    Fooled by: odd but honest software.
    Source: RFC 5321 section 4.4 (grammar); SpamAssassin's UNPARSEABLE_RELAY.
    """
    return "hop_unparsable" in facts.route.defects if facts.route.hops else None


@signal("route.bad_name", needs=ROUTE)
def bad_name(facts: Facts) -> bool | None:
    """Whether a hop names a host that cannot exist.

    Sees: a HELO, a "by" or a found name of illegal characters or length, such as an unexpanded "$domain".
    Means: a broken or careless sending program.
    Fooled by: Windows machines with odd names, which are honest and careless.
    Source: RFC 1035 section 2.3.4 (lengths), RFC 5321 section 4.1.2 (Domain).
    """
    return "hop_bad_name" in facts.route.defects if facts.route.hops else None


@signal("route.bogon", needs=ROUTE)
def bogon(facts: Facts) -> bool | None:
    """Whether a hop came from an address that no machine on the Internet has.

    Sees: client addresses in networks that are reserved, for documentation, for multicast; broken ones too.
    Means: an invented address in a forged field.
    Fooled by: networks that use reserved addresses inside, and honest test systems.
    Source: RFC 6890 section 2.2; SpamAssassin's RCVD_ILLEGAL_IP.
    """
    route = facts.route
    if "hop_bad_address" in route.defects:
        return True
    kinds = facts.hop_kinds
    return "bogon" in kinds if any(kinds) else None


@signal("route.first_address", kind="category", needs=ROUTE)
def first_address(facts: Facts) -> str | None:
    """Tell the kind of address from which the oldest hop took the message.

    Sees: public, private, loopback, bogon, or none where the field gives no address.
    Means: private is a person or program behind an office's server; public a home or a server of its own.
    Fooled by: a forged oldest field; providers that hide their users' addresses.
    Source: RFC 6890 section 2.2, RFC 1918 section 3.
    """
    kinds = facts.hop_kinds
    return kinds[-1] or "none" if kinds else None


@signal("route.private_hops", kind="number", needs=ROUTE, edges=(1, 2, 3, 5))
def private_hops(facts: Facts) -> int | None:
    """How many hops outside of ours came from private addresses.

    Sees: client addresses of RFC 1918 and its kin in the fields that our hosts did not write.
    Means: an organisation with several servers of its own.
    Fooled by: forged fields.
    Source: RFC 1918 section 3, RFC 4193 section 3.1, RFC 6598 section 7.
    """
    outside = facts.hop_kinds[facts.route.trusted :]
    return outside.count("private") if outside else None


@signal("route.ipv6", needs=ROUTE)
def ipv6(facts: Facts) -> bool | None:
    """Whether some hop came over IPv6.

    Sees: a client address with colons that is neither loopback nor of one link only.
    Means: modern networks on the way.
    Fooled by: forged fields; it also tells the year, which in a corpus tells the class.
    Source: RFC 5321 section 4.1.3 (IPv6 literals).
    """
    told = False
    for hop in facts.route.hops:
        told = told or bool(hop.address)
        if ":" in hop.address and not hop.address.startswith(("::", "fe80")):
            return True
    return False if told else None


@signal("route.webmail", needs=ROUTE)
def webmail(facts: Facts) -> bool | None:
    """Whether the message was handed in through a web page.

    Sees: a field outside of ours with "with HTTP" or "via HTTP".
    Means: a person at a free mail provider, or a program that uses its interface.
    Fooled by: forged fields.
    Source: no RFC has the word; Google, Yahoo and Hotmail write it.
    """
    route = facts.route
    for hop in route.outside:
        if hop.protocol in _WEB:
            return True
    return False if route.trusted < len(route.hops) else None


@signal("route.for_addressed", needs=ROUTE)
def for_addressed(facts: Facts) -> bool | None:
    """Whether the recipient that our host was told is named in To: or Cc:.

    Sees: the address behind "for" in the trusted field nearest to the border that has one.
    Means: no where we got a blind copy, a list's mail, or one of a thousand copies.
    Fooled by: aliases and forwarding, which make it no for honest mail; a forged To:.
    Source: RFC 5321 section 4.4 (For), RFC 5322 section 3.6.3.
    """
    route = facts.route
    for at in range(route.trusted - 1, -1, -1):
        recipient = route.hops[at].recipient
        if recipient:
            return recipient.lower() in facts.recipient_addrs
    return None

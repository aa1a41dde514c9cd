"""The hosts that take the mail of the author's domain: their names, addresses and networks.

They belong to the group ``mx``; see there for when they are None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.mx import DNS, author_topology
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.lookup.topology import Topology
    from classifier.signals.facts import Facts


def _any_kind(topology: Topology | None, kind: str) -> bool | None:
    """Whether some target has an address of a kind."""
    if topology is None or not topology.targets:
        return None
    return kind in topology.kinds or (False if topology.resolved else None)


@signal("mx.target_alias", needs=DNS)
def target_alias(facts: Facts) -> bool | None:
    """Whether an MX target is an alias.

    Sees: a CNAME at a mail host of the From: domain.
    Means: a set-up nobody checked; some senders refuse it.
    Fooled by: honest small sites, where it is common.
    Source: RFC 2181 section 10.3.
    """
    topology = author_topology(facts)
    if topology is None or not topology.targets:
        return None
    if topology.outcome == "found" and any(each.aliases for each in topology.targets):
        return True
    return False if topology.resolved else None


@signal("mx.target_missing", needs=DNS)
def target_missing(facts: Facts) -> bool | None:
    """Whether an MX target has no address.

    Sees: a mail host of the From: domain that does not exist or has neither A nor AAAA records.
    Means: decay, or a record meant to look like mail.
    Fooled by: hosts that were retired last week.
    Source: RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    if topology is None or not topology.targets:
        return None
    if any(each.status in ("absent", "nxdomain") for each in topology.targets):
        return True
    return False if topology.resolved else None


@signal("mx.target_literal", needs=DNS)
def target_literal(facts: Facts) -> bool | None:
    """Whether an MX target is written as an IP address.

    Sees: four numbers where the name of a mail host belongs.
    Means: a set-up that never worked.
    Fooled by: nobody honest for long: no mail can arrive.
    Source: RFC 1035 section 3.3.9.
    """
    topology = author_topology(facts)
    if topology is None or not topology.targets:
        return None
    return any(each.is_literal for each in topology.targets)


@signal("mx.target_private", needs=DNS)
def target_private(facts: Facts) -> bool | None:
    """Whether a mail host has an address that exists only inside some network.

    Sees: private, link-local and carrier-grade NAT addresses among those of the mail hosts.
    Means: an inside view that leaked, or a domain that shall look as if it took mail.
    Fooled by: our own split-horizon DNS, which shows us the inside on purpose.
    Source: RFC 1918 section 3; RFC 6890 section 2.2.
    """
    return _any_kind(author_topology(facts), "private")


@signal("mx.target_loopback", needs=DNS)
def target_loopback(facts: Facts) -> bool | None:
    """Whether a mail host is the loopback address.

    Sees: 127.0.0.0/8 or ::1 among the addresses of the mail hosts.
    Means: a domain that wants no mail and knows no null MX.
    Fooled by: our own hosts file, which names ourselves so.
    Source: RFC 1122 section 3.2.1.3; RFC 6890 section 2.2.
    """
    return _any_kind(author_topology(facts), "loopback")


@signal("mx.target_bogon", needs=DNS)
def target_bogon(facts: Facts) -> bool | None:
    """Whether a mail host has an address that is never routed.

    Sees: reserved, documentation, multicast and broadcast addresses among those of the mail hosts.
    Means: a record that was never meant to work.
    Fooled by: laboratories and examples.
    Source: RFC 6890 section 2.2.
    """
    return _any_kind(author_topology(facts), "bogon")


@signal("mx.unreachable", needs=DNS)
def unreachable(facts: Facts) -> bool | None:
    """Whether no mail host has any public address.

    Sees: all addresses of the mail hosts of the From: domain, none of which the Internet can reach.
    Means: replies go nowhere though the DNS names a host.
    Fooled by: our own split-horizon DNS.
    Source: RFC 6890 section 2.2; RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    if topology is None or not topology.addresses or not topology.resolved:
        return None
    return "public" not in topology.kinds


@signal("mx.ipv6_only", needs=DNS)
def ipv6_only(facts: Facts) -> bool | None:
    """Whether the mail hosts have IPv6 addresses only.

    Sees: AAAA and no A records over all mail hosts of the From: domain.
    Means: an experiment, or a careless set-up: half the Internet cannot answer.
    Fooled by: a DNS that hides A records (DNS64 test networks).
    Source: RFC 3974 section 4.
    """
    topology = author_topology(facts)
    if topology is None or not topology.families:
        return None
    return topology.families == {6}


@signal("mx.dual_stack", needs=DNS)
def dual_stack(facts: Facts) -> bool | None:
    """Whether the mail hosts are reached over both IPv4 and IPv6.

    Sees: A and AAAA records over all mail hosts of the From: domain.
    Means: somebody maintains it.
    Fooled by: whoever uses a large provider, as spammers do too.
    Source: RFC 3974 section 4.
    """
    topology = author_topology(facts)
    if topology is None or not topology.families:
        return None
    return len(topology.families) == 2


@signal("mx.networks", kind="number", needs=DNS, edges=(1, 2, 3, 5))
def networks(facts: Facts) -> float | None:
    """How many networks the mail hosts of the author's domain stand in.

    Sees: distinct /24 and /48 networks among their addresses, where all are known.
    Means: redundancy: one machine against a service in several places.
    Fooled by: anycast, where one network stands in many places.
    Source: by analogy RFC 2182 section 3.1, which asks this of name servers.
    """
    topology = author_topology(facts)
    if topology is None or not topology.targets:
        return None
    return len(topology.networks) if topology.resolved else None


@signal("mx.itself", needs=DNS)
def itself(facts: Facts) -> bool | None:
    """Whether the author's domain names itself as its mail host.

    Sees: an MX target that equals the From: domain.
    Means: a single machine, or the default of a hosting panel.
    Fooled by: small honest sites, where it is common.
    Source: RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    if topology is None or topology.outcome != "found":
        return None
    return any(each.name == topology.domain for each in topology.targets)

"""The sender's mail hosts against the machine that sent, and against our own.

They belong to the group ``mx``; see there for when they are None.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from classifier.signals.mx import DNS, author_topology, bounce_topology
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.lookup.addresses import Network
    from classifier.lookup.topology import Target, Topology
    from classifier.signals.facts import Facts
    from classifier.signals.site import Site

DNS_ROUTE = DNS | {"route", "headers"}
DNS_SITE = DNS | {"site"}


def _in_set(facts: Facts, topology: Topology | None) -> bool | None:
    """Whether the sending machine is one of the mail hosts."""
    if topology is None or not topology.addresses:
        return None
    from classifier.lookup.addresses import parsed

    relay = parsed(facts.route.relay)
    if relay is None:
        return None
    if any(parsed(address) == relay for address in topology.addresses):
        return True
    return False if topology.resolved else None


def _in_network(facts: Facts, topology: Topology | None) -> bool | None:
    """Whether the sending machine stands in the network of one of the mail hosts."""
    if topology is None or not topology.addresses:
        return None
    from classifier.lookup.addresses import network_of

    network = network_of(facts.route.relay)
    if not network:
        return None
    return network in topology.networks or (False if topology.resolved else None)


@lru_cache(maxsize=64)
def _own_hosts(trusted_hosts: tuple[str, ...]) -> tuple[frozenset[str], tuple[Network, ...]]:
    """Tell names from networks among the hosts that the site trusts."""
    from ipaddress import ip_network

    names, networks = set(), []
    for host in trusted_hosts:
        try:
            networks.append(ip_network(host, strict=False))
        except ValueError:
            names.add(host.lower().rstrip("."))
    return frozenset(names), tuple(networks)


def _is_ours(target: Target, site: Site) -> bool:
    """Whether a mail host is one of our own machines."""
    from classifier.lookup.addresses import parsed

    names, networks = _own_hosts(site.trusted_hosts)
    if (
        site.owns(target.name)
        or target.name in names
        or target.name.endswith(tuple(f".{own}" for own in names))
    ):
        return True
    addresses = [parsed(address) for address in target.addresses]
    return any(address in network for address in addresses if address for network in networks)


def _knows_itself(site: Site) -> bool:
    """Whether anything is configured that could be ours."""
    return bool(site.trusted_hosts or site.my_domains)


@signal("mx.relay_in_set", needs=DNS_ROUTE)
def relay_in_set(facts: Facts) -> bool | None:
    """Whether the machine that sent also takes mail for the envelope sender.

    Sees: the first untrusted hop's address among those of the MX of the Return-Path domain.
    Means: one machine does both, as small honest sites do; botnets cannot.
    Fooled by: large sites, which send and receive on different machines.
    Source: RFC 5321 section 5.1; RFC 7208 section 5.4 (the mechanism mx).
    """
    return _in_set(facts, bounce_topology(facts))


@signal("mx.relay_in_network", needs=DNS_ROUTE)
def relay_in_network(facts: Facts) -> bool | None:
    """Whether the machine that sent stands beside the envelope sender's mail hosts.

    Sees: the /24 or /48 network of the first untrusted hop among those of the MX of the Return-Path domain.
    Means: the same operator sends and receives.
    Fooled by: neighbours in a hosting centre; services that send for others.
    Source: RFC 7208 section 5.4 (the mechanism mx with a prefix length).
    """
    return _in_network(facts, bounce_topology(facts))


@signal("mx.relay_in_author_network", needs=DNS_ROUTE)
def relay_in_author_network(facts: Facts) -> bool | None:
    """Whether the machine that sent stands beside the author's mail hosts.

    Sees: the /24 or /48 network of the first untrusted hop among those of the MX of the From: domain.
    Means: the author's own operator sent it.
    Fooled by: mailing lists and sending services, which are elsewhere.
    Source: RFC 7208 section 5.4, for the author.
    """
    return _in_network(facts, author_topology(facts))


@signal("mx.best_is_ours", needs=DNS_SITE)
def best_is_ours(facts: Facts) -> bool | None:
    """Whether one of our hosts is the best MX of the author's domain.

    Sees: the mail hosts of lowest preference against our domains and trusted hosts; inbound mail only.
    Means: we serve the author, who so is one of us, as sendmail's bestmx test finds.
    Fooled by: strangers who point their MX at us without asking; see mx.same_name_servers.
    Source: RFC 5321 section 5.1; sendmail, the bestmx map class.
    """
    topology, site = author_topology(facts), facts.site
    if topology is None or site.direction != "inbound" or not _knows_itself(site):
        return None
    if any(_is_ours(each, site) for each in topology.best):
        return True
    return False if topology.resolved is not False else None


@signal("mx.outbound_foreign", needs=DNS_SITE)
def outbound_foreign(facts: Facts) -> bool | None:
    """Whether mail leaves us from a domain for which we take no mail.

    Sees: the mail hosts of the sender's domain, none of which is ours; outbound mail only.
    Means: an infected machine or a stolen account writes in a stranger's name.
    Fooled by: forwarding, and customers who receive their mail elsewhere.
    Source: RFC 6409 section 6.1; RFC 5321 section 5.1.
    """
    site, sender = facts.site, facts.message.mail_from
    topology = bounce_topology(facts) if sender and sender.domain else author_topology(facts)
    if topology is None or site.direction != "outbound" or not _knows_itself(site):
        return None
    if any(_is_ours(each, site) for each in topology.targets):
        return False
    return True if topology.resolved is not False else None


@signal("mx.same_name_servers", needs=DNS_SITE)
def same_name_servers(facts: Facts) -> bool | None:
    """Whether the author's domain has the name servers of one of ours.

    Sees: the NS of the registrable domain of From:, against those of our domains; unknown for our own.
    Means: the same hands keep both; with mx.best_is_ours and not this, a stranger points at us.
    Fooled by: large DNS providers, whose name servers millions share.
    Source: RFC 1034 section 4.2.1.
    """
    topology, site = author_topology(facts), facts.site
    if topology is None or not topology.name_servers or site.owns(topology.domain):
        return None
    ours = [facts.answers.topology(domain).name_servers for domain in sorted(site.my_domains)]
    known = [servers for servers in ours if servers]
    return any(servers == topology.name_servers for servers in known) if known else None

"""Where mail to the sender's domain goes, as the DNS says: facts whose weight is learned, never set by hand.

No MX, a broken MX and a private MX occur in honest mail too, and some filters that punished them by hand
were wrong. All are None where lookups are off, where the DNS could not say, and for domains that are none
(that is the group ``author_domain``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.mail.domains import organisational_domain
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.lookup.topology import Topology
    from classifier.mail.address import Address
    from classifier.signals.facts import Facts

DNS = frozenset({"dns"})


def _topology(facts: Facts, address: Address | None) -> Topology | None:
    """Find what is known about the domain of an address; None for nothing."""
    if facts.answers is None or address is None or not address.domain:
        return None
    topology: Topology = facts.answers.topology(address.domain)
    return topology if topology.known and topology.outcome != "illegal" else None


def author_topology(facts: Facts) -> Topology | None:
    """Return the mail topology of the From: domain.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    Topology or None
        None where nothing definite is known.
    """
    kept = facts.__dict__
    if "author_topology" not in kept:
        kept["author_topology"] = _topology(facts, facts.message.author)
    topology: Topology | None = kept["author_topology"]
    return topology


def bounce_topology(facts: Facts) -> Topology | None:
    """Return the mail topology of the Return-Path domain.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    Topology or None
        None where nothing definite is known, and for the null sender.
    """
    kept = facts.__dict__
    if "bounce_topology" not in kept:
        kept["bounce_topology"] = _topology(facts, facts.message.mail_from)
    topology: Topology | None = kept["bounce_topology"]
    return topology


@signal("mx.author_status", kind="category", needs=DNS)
def author_status(facts: Facts) -> str | None:
    """Tell what came of asking for the mail hosts of the author's domain.

    Sees: the MX of the From: domain, and where there is none its addresses: found, null_mx, a_fallback,
    aaaa_fallback,
        absent or nxdomain.
    Means: a domain that takes no mail can get no reply; which of these is bad is left to learning.
    Fooled by: machines that write from host names without MX; answers of today about mail of years ago.
    Source: RFC 5321 section 5.1; RFC 7505 section 3.
    """
    topology = author_topology(facts)
    return topology.outcome if topology else None


@signal("mx.bounce_status", kind="category", needs=DNS)
def bounce_status(facts: Facts) -> str | None:
    """Tell what came of asking for the mail hosts of the envelope sender's domain.

    Sees: the same words as mx.author_status, for the domain of Return-Path.
    Means: somebody who wants no bounces, or a name that was made up.
    Fooled by: services that send from a host that never receives.
    Source: RFC 5321 sections 3.3 and 5.1; RFC 7505 section 4.2.
    """
    topology = bounce_topology(facts)
    return topology.outcome if topology else None


@signal("mx.replies_reach", needs=DNS)
def replies_reach(facts: Facts) -> bool | None:
    """Whether mail to the author could at least be tried.

    Sees: whether any mail host of the From: domain has an address.
    Means: people who want an answer can get one.
    Fooled by: addresses where nobody listens; domains of others, forged.
    Source: RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    return topology.accepts if topology else None


@signal("mx.bounces_reach", needs=DNS)
def bounces_reach(facts: Facts) -> bool | None:
    """Whether a bounce could at least be tried.

    Sees: whether any mail host of the Return-Path domain has an address.
    Means: senders who keep their lists clean want bounces.
    Fooled by: the null sender, for which this is unknown; forged domains.
    Source: RFC 5321 sections 4.5.5 and 5.1.
    """
    topology = bounce_topology(facts)
    return topology.accepts if topology else None


@signal("mx.null", needs=DNS)
def null_mx(facts: Facts) -> bool | None:
    """Whether the author's or the envelope sender's domain says that it takes no mail.

    Sees: a null MX, "0 .", at either domain.
    Means: the owner never mails from here, or sends what nobody shall answer.
    Fooled by: no-reply domains of honest companies, and forgers of parked names.
    Source: RFC 7505 sections 3 and 4.2.
    """
    known = [each for each in (author_topology(facts), bounce_topology(facts)) if each]
    return any(each.outcome == "null_mx" for each in known) if known else None


@signal("mx.fallback", needs=DNS)
def fallback(facts: Facts) -> bool | None:
    """Whether an address record stands in for the author's missing MX.

    Sees: A or AAAA records and no MX at the From: domain.
    Means: a web site or a single machine rather than a mail service.
    Fooled by: old universities and root mail of single hosts, which never had an MX.
    Source: RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    return topology.outcome in ("a_fallback", "aaaa_fallback") if topology else None


@signal("mx.count", kind="number", needs=DNS, edges=(1, 2, 3, 5, 10))
def count(facts: Facts) -> float | None:
    """How many MX records the author's domain has.

    Sees: the MX records of the From: domain, null ones left out.
    Means: effort: large providers have several, throw-away domains one or none.
    Fooled by: providers that put many machines behind one name.
    Source: RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    return topology.count - topology.nulls if topology else None


@signal("mx.spread", kind="number", needs=DNS, edges=(1, 6, 11, 31, 91))
def spread(facts: Facts) -> float | None:
    """How far apart the MX preferences of the author's domain are.

    Sees: the highest preference less the lowest, where there are two hosts or more.
    Means: habits of those who set it up: steps of 5 and 10 come from different panels.
    Fooled by: anybody who copies a large provider's records.
    Source: RFC 5321 section 5.1; RFC 1035 section 3.3.9.
    """
    topology = author_topology(facts)
    if topology is None or len(topology.targets) < 2:
        return None
    return topology.targets[-1].preference - topology.targets[0].preference


@signal("mx.tied", needs=DNS)
def tied(facts: Facts) -> bool | None:
    """Whether several mail hosts share the best preference.

    Sees: two or more MX of the lowest preference number, among several hosts.
    Means: load is shared, as large sites do.
    Fooled by: small sites whose panel gives every MX the same number.
    Source: RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    if topology is None or len(topology.targets) < 2:
        return None
    return len(topology.best) > 1


@signal("mx.owner_alias", needs=DNS)
def owner_alias(facts: Facts) -> bool | None:
    """Whether the author's domain is an alias of another.

    Sees: a CNAME that was followed on the way to the MX of the From: domain.
    Means: a host name at a web service rather than a mail domain.
    Fooled by: honest hosts behind content networks.
    Source: RFC 5321 section 5.1.
    """
    topology = author_topology(facts)
    return bool(topology.aliases) if topology else None


@signal("mx.cname_beside", needs=DNS)
def cname_beside(facts: Facts) -> bool | None:
    """Whether the author's domain owns a CNAME beside other records.

    Sees: a CNAME and records of its own at the From: domain.
    Means: a registrar's panel that allows what the standard forbids.
    Fooled by: resolvers that hide one of the two.
    Source: RFC 1034 section 3.6.2; RFC 2181 section 10.1.
    """
    topology = author_topology(facts)
    return topology.cname_beside if topology else None


@signal("mx.family", kind="category", needs=DNS)
def family(facts: Facts) -> str | None:
    """Whose mail hosts the author's domain uses.

    Sees: the registrable domain that most of its MX targets share; self where it is its own.
    Means: providers differ in whom they serve, and how that weighs is learned.
    Fooled by: protection services, which hide the provider behind them.
    Source: RFC 5321 section 5.1; publicsuffix.org.
    """
    topology = author_topology(facts)
    return topology.family if topology else None


def _family(topology: Topology) -> str | None:
    """Name the provider, also where it is the domain's own."""
    return organisational_domain(topology.domain) if topology.family == "self" else topology.family


@signal("mx.families_differ", needs=DNS)
def families_differ(facts: Facts) -> bool | None:
    """Whether author and envelope sender use different mail providers.

    Sees: mx.family of the From: and of the Return-Path domain.
    Means: somebody else sends in the author's name: a list, a service, a forger.
    Fooled by: mailing services that honest companies pay.
    Source: RFC 5321 section 5.1; RFC 7489 section 3.1.
    """
    both = (author_topology(facts), bounce_topology(facts))
    families = [_family(each) for each in both if each]
    return families[0] != families[1] if len(families) == 2 and all(families) else None

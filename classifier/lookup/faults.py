"""What is wrong with a domain's mail topology, which RFC says so, and what would be better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from classifier.lookup.addresses import address_kind
from classifier.lookup.answers import Status
from classifier.lookup.names import scripts
from classifier.lookup.topology import MAX_TARGETS, Target, Topology
from classifier.mail.domains import organisational_domain

FINE, FAULTY, NO_MAIL, UNKNOWN = 0, 10, 11, 12
"""How a topology is judged, and the exit codes of ``mailtriage mx``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that could be better.

    Parameters
    ----------
    name : str
        A word for programs.
    source : str
        The RFC section that says so.
    says : str
        What is wrong, with the names concerned.
    better : str
        What to set up instead.
    advice : bool
        Whether it is legal and merely unwise.
    """

    name: str
    source: str
    says: str
    better: str
    advice: bool = False


def judge(topology: Topology) -> int:
    """Sum a topology up in one code.

    Parameters
    ----------
    topology : Topology

    Returns
    -------
    int
        `UNKNOWN` where too little is known, `NO_MAIL` where no mail can be taken, `FAULTY` where it has
        faults that are more than advice, else `FINE`.
    """
    if topology.accepts is None:
        return UNKNOWN
    if not topology.accepts:
        return NO_MAIL
    return FAULTY if any(not fault.advice for fault in faults_of(topology)) else FINE


def faults_of(topology: Topology) -> list[Fault]:
    """Name every fault of a topology.

    Parameters
    ----------
    topology : Topology

    Returns
    -------
    list of Fault
        Those of the domain, then those of its hosts; empty where nothing is wrong or nothing is known.
    """
    found = [*_of_the_name(topology), *_of_the_owner(topology), *_of_the_set(topology)]
    for target in topology.targets:
        found += _of_a_target(target)
    return found


def _of_the_name(topology: Topology) -> Iterator[Fault]:
    """Faults that need no DNS."""
    mixed = scripts(topology.domain)
    if len(mixed) > 1:
        yield Fault(
            "mixed_scripts",
            "RFC 5890 section 4.4, Unicode UTS 39",
            f"its letters come from several scripts: {', '.join(sorted(mixed)).lower()}",
            "register names of one script; readers cannot tell look-alike letters apart",
        )
    if "_" in topology.domain:
        yield Fault(
            "underscore",
            "RFC 1123 section 2.1, RFC 5321 section 4.1.2",
            "an underscore is no letter of a mail domain",
            "use a hyphen; many mail servers refuse such an address",
        )


def _of_the_owner(topology: Topology) -> Iterator[Fault]:
    """Faults of the records at the domain itself."""
    if topology.cname_beside:
        yield Fault(
            "cname_beside",
            "RFC 1034 section 3.6.2, RFC 2181 section 10.1",
            f"{topology.domain} owns a CNAME and other records too; who asks sees one or the other",
            "remove the CNAME and give the domain A and AAAA records of its own",
        )
    if topology.loops:
        yield Fault(
            "cname_loop",
            "RFC 1034 section 3.6.2",
            f"its CNAME records lead in a circle: {' -> '.join((topology.domain, *topology.aliases))}",
            "let the last of them own MX or address records instead",
        )
    elif topology.aliases and not topology.cname_beside:
        yield Fault(
            "alias",
            "RFC 5321 section 5.1",
            f"{topology.domain} is an alias of {topology.aliases[-1]}, which decides where mail goes",
            "give the domain MX records of its own; some senders rewrite an address whose domain is an alias",
            advice=True,
        )


def _of_the_set(topology: Topology) -> Iterator[Fault]:
    """Faults of the MX records taken together."""
    if topology.nulls and topology.nulls < topology.count:
        yield Fault(
            "null_mx_mixed",
            "RFC 7505 section 3",
            "a null MX stands beside other MX records",
            "remove the null MX, or all the others if the domain takes no mail",
        )
    if topology.outcome in ("a_fallback", "aaaa_fallback"):
        kind = "A" if topology.outcome == "a_fallback" else "AAAA"
        yield Fault(
            "no_mx",
            "RFC 5321 section 5.1, RFC 7505 section 1",
            f"there is no MX record, so mail goes to the domain's own {kind} record",
            f"publish `{topology.domain}. MX 10 {topology.domain}.`, or `MX 0 .` if it takes no mail",
            advice=True,
        )
    if topology.outcome == "absent":
        yield Fault(
            "no_mail_host",
            "RFC 5321 section 5.1, RFC 7505 section 1",
            "there is neither an MX nor an address record, so mail for it waits and bounces",
            "publish MX records, or `MX 0 .` to say that it takes no mail",
        )
    if topology.families == frozenset({6}):
        yield Fault(
            "ipv6_only",
            "RFC 3974 section 4",
            "no mail host has an IPv4 address, so many senders cannot reach it",
            "give at least one of the mail hosts an A record",
        )
    if topology.count > MAX_TARGETS:
        yield Fault(
            "many_targets",
            "RFC 5321 section 5.1",
            f"{topology.count} MX records; senders try a few; the first {MAX_TARGETS} were looked at",
            "publish two to five and put several addresses behind each name",
            advice=True,
        )


def _of_a_target(target: Target) -> Iterator[Fault]:
    """Faults of one mail host."""
    if target.is_literal:
        yield Fault(
            "target_literal",
            "RFC 1035 section 3.3.9",
            f"the MX target {target.name} is an address, and must be a name",
            "name the host, give the name an A record, and let the MX point to the name",
        )
        return
    if target.loops:
        yield Fault(
            "cname_loop",
            "RFC 1034 section 3.6.2",
            f"the CNAME records of {target.name} lead in a circle",
            "give the host address records of its own",
        )
    elif target.aliases:
        yield Fault(
            "target_cname",
            "RFC 2181 section 10.3, RFC 5321 section 5.1",
            f"the MX target {target.name} is an alias of {target.aliases[-1]}",
            f"point the MX to {target.aliases[-1]} itself",
        )
    if target.status in (Status.ABSENT, Status.NXDOMAIN) and not target.loops:
        missing = "does not exist" if target.status is Status.NXDOMAIN else "has no address"
        zone = organisational_domain(target.name)
        yield Fault(
            "target_unresolvable",
            "RFC 5321 section 5.1",
            f"the MX target {target.name} {missing}",
            f"remove the MX record, or give the name address records in the zone {zone}",
        )
    yield from _of_addresses(target)


_KINDS = {
    "loopback": ("RFC 1122 section 3.2.1.3, RFC 6890 section 2.2", "is the sender's own machine"),
    "private": ("RFC 1918 section 3, RFC 6890 section 2.2", "exists only inside some network"),
    "bogon": ("RFC 6890 section 2.2", "is never routed on the Internet"),
}


def _of_addresses(target: Target) -> Iterator[Fault]:
    """Faults of one mail host's addresses."""
    for kind, (source, why) in _KINDS.items():
        bad = [address for address in target.addresses if address_kind(address) == kind]
        if bad:
            yield Fault(
                f"target_{kind}",
                source,
                f"the MX target {target.name} has the address {', '.join(bad)}, which {why}",
                "publish only addresses that every sender can reach"
                + (
                    "; a domain without mail publishes `MX 0 .` (RFC 7505 section 3)"
                    if kind == "loopback"
                    else ""
                ),
            )

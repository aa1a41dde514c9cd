"""From a domain to its mail topology: a pure function of answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

from classifier.lookup.addresses import address_kind, network_of
from classifier.lookup.answers import Answers, Status
from classifier.lookup.names import ask_as, is_address
from classifier.mail.domains import organisational_domain

MAX_TARGETS = 16
"""MX hosts whose addresses are asked for. Senders try five or so; without a bound one domain with hundreds
of MX records would make us its amplifier."""

NULL = "."
"""The target of a null MX. RFC 7505 section 3."""

OUTCOMES = (
    "found",  # MX records
    "null_mx",  # RFC 7505 section 3: accepts no mail, and says so
    "a_fallback",  # RFC 5321 section 5.1: no MX, but an A record
    "aaaa_fallback",  # the same with only AAAA records
    "absent",  # the name exists, but nothing there takes mail
    "nxdomain",
    "illegal",  # no domain name at all
    "temperror",
    "off",
)
"""What can come of asking for a domain's mail hosts."""


@dataclass(frozen=True, slots=True)
class Target:
    """One host that takes a domain's mail.

    Parameters
    ----------
    preference : int
        The lower the sooner; 0 for the domain itself where it has no MX.
    name : str
        The host, as `Question` spells names.
    status : Status
        ``found`` with at least one address; otherwise why there is none.
    addresses : tuple of str
        IPv4 first.
    aliases : tuple of str
        Names that CNAME records led to on the way to the addresses.
    complete : bool
        Whether both address families were answered.
    """

    preference: int
    name: str
    status: Status
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    complete: bool = False

    @property
    def is_literal(self) -> bool:
        """Whether an address stands where a name belongs."""
        return is_address(self.name)

    @property
    def loops(self) -> bool:
        """Whether its aliases lead back to where they were. RFC 1034 section 3.6.2."""
        return _loops(self.name, self.aliases)

    @property
    def families(self) -> frozenset[int]:
        """Versions of the Internet Protocol it has addresses of: 4, 6, both or none."""
        return frozenset(6 if ":" in address else 4 for address in self.addresses)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its addresses, see :func:`~classifier.lookup.addresses.address_kind`."""
        return frozenset(address_kind(address) for address in self.addresses)


@dataclass(frozen=True)
class Topology:
    """Where a domain's mail goes.

    Parameters
    ----------
    domain : str
        As `Question` spells it; as written where it is illegal.
    outcome : str
        One of `OUTCOMES`.
    targets : tuple of Target
        Best first; the domain itself where it stands in for its MX; at most `MAX_TARGETS`.
    count : int
        How many MX records there are, null ones included.
    nulls : int
        How many of them are null.
    aliases : tuple of str
        Names that CNAME records led to from the domain.
    cname_beside : bool or None
        Whether the domain owns a CNAME and other records too (RFC 1034 section 3.6.2); None where that is
        unknown.
    name_servers : frozenset of str or None
        Those of the registrable domain; None where they are unknown or nobody asked.
    """

    domain: str
    outcome: str
    targets: tuple[Target, ...] = ()
    count: int = 0
    nulls: int = 0
    aliases: tuple[str, ...] = ()
    cname_beside: bool | None = None
    name_servers: frozenset[str] | None = None

    @property
    def known(self) -> bool:
        """Whether anything definite is known."""
        return self.outcome not in ("temperror", "off")

    @property
    def loops(self) -> bool:
        """Whether the domain's aliases lead in a circle. RFC 1034 section 3.6.2."""
        return _loops(self.domain, self.aliases)

    @cached_property
    def best(self) -> tuple[Target, ...]:
        """The targets of the lowest preference number, which are tried first. RFC 5321 section 5.1."""
        return tuple(each for each in self.targets if each.preference == self.targets[0].preference)

    @cached_property
    def resolved(self) -> bool | None:
        """Whether the addresses of all targets are known or known to be missing; None without targets."""
        return all(each.status.known for each in self.targets) if self.targets else None

    @cached_property
    def accepts(self) -> bool | None:
        """Whether some target has an address, so that mail can at least be tried; None where unknown."""
        if not self.known:
            return None
        if any(each.status is Status.FOUND for each in self.targets):
            return True
        return False if self.resolved is not False else None

    @cached_property
    def families(self) -> frozenset[int] | None:
        """Versions of the Internet Protocol over all targets; None unless all were answered for both."""
        if not self.targets or not all(each.complete for each in self.targets):
            return None
        return frozenset().union(*(each.families for each in self.targets))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of address over all targets; empty where no address is known."""
        return frozenset().union(*(each.kinds for each in self.targets))

    @cached_property
    def addresses(self) -> frozenset[str]:
        """All addresses of all targets."""
        return frozenset(address for each in self.targets for address in each.addresses)

    @cached_property
    def networks(self) -> frozenset[str]:
        """The /24 and /48 networks of the addresses, as text."""
        return frozenset(network_of(address) for address in self.addresses) - {""}

    @cached_property
    def family(self) -> str | None:
        """Whose hosts these are: the registrable domain that most targets share, or ``'self'``.

        Of equally many the best one's counts. None where no target has a name.
        """
        names = [organisational_domain(each.name) for each in self.targets if not each.is_literal]
        if not names:
            return None
        often = Counter(names)
        shared = max(names, key=lambda name: (often[name], -names.index(name)))
        return "self" if shared == organisational_domain(self.domain) else shared


def topology_of(domain: str, answers: Answers) -> Topology:
    """Read a domain's mail topology from answers.

    Parameters
    ----------
    domain : str
        In any spelling.
    answers : Answers

    Returns
    -------
    Topology
    """
    name = ask_as(domain)
    if not name:
        return Topology(domain, "illegal")
    mx = answers.get(name, "MX")
    pairs = mx.exchanges if mx.status is Status.FOUND else ()
    nulls = sum(host == NULL for _, host in pairs)
    outcome = str(mx.status)
    targets: tuple[Target, ...] = ()
    if pairs:
        outcome = "null_mx" if nulls == len(pairs) else "found"
        targets = _targets(pairs, answers)
    elif mx.status is Status.ABSENT:
        outcome, targets = _fallback(name, answers)
    return Topology(
        domain=name,
        outcome=outcome,
        targets=targets,
        count=len(pairs),
        nulls=nulls,
        aliases=mx.aliases,
        cname_beside=_cname_beside(name, answers),
        name_servers=_name_servers(name, answers),
    )


def _targets(pairs: tuple[tuple[int, str], ...], answers: Answers) -> tuple[Target, ...]:
    """List the MX hosts with their addresses, each once and at its best preference."""
    best: dict[str, int] = {}
    for preference, host in pairs:
        if host != NULL:
            best.setdefault(host, preference)
    return tuple(_target(best[host], host, answers) for host in list(best)[:MAX_TARGETS])


def _target(preference: int, host: str, answers: Answers) -> Target:
    """One host with its addresses."""
    name = ask_as(host)
    if not name:  # an address or no legal name: no question can be asked, so no address will be found
        return Target(preference, host, Status.NXDOMAIN, complete=True)
    both = answers.get(name, "A"), answers.get(name, "AAAA")
    addresses = both[0].records + both[1].records
    status = Status.FOUND if addresses else _worst(both[0].status, both[1].status)
    complete = both[0].status.known and both[1].status.known
    return Target(preference, name, status, addresses, both[0].aliases or both[1].aliases, complete)


def _worst(first: Status, second: Status) -> Status:
    """Of two questions that found nothing, how much is known about the host."""
    for status in (Status.TEMPERROR, Status.OFF, Status.NXDOMAIN):
        if status in (first, second):
            return status
    return Status.ABSENT


def _fallback(name: str, answers: Answers) -> tuple[str, tuple[Target, ...]]:
    """Read a domain without MX, whose own address stands in for one. RFC 5321 section 5.1."""
    host = _target(0, name, answers)
    itself = replace(host, aliases=())  # that the domain is an alias is no fault of a mail host
    ipv4 = answers.get(name, "A").status
    if not ipv4.known:  # it may well have an A record
        return str(ipv4), ()
    if itself.status is Status.FOUND:
        return ("a_fallback" if 4 in itself.families else "aaaa_fallback"), (itself,)
    # A name that exists for MX and not for A is a server's lie; both mean that nothing is there.
    return (str(itself.status) if not itself.status.known else "absent"), ()


def _cname_beside(name: str, answers: Answers) -> bool | None:
    """Whether a CNAME stands beside other records of the same owner."""
    cname = answers.get(name, "CNAME")
    if not cname.status.known:
        return None
    if cname.status is not Status.FOUND:
        return False
    others = [answers.get(name, rrtype) for rrtype in ("MX", "NS", "A", "AAAA")]
    if any(each.status is Status.FOUND and not each.aliases for each in others):
        return True
    return False if others[0].status.known else None


def _name_servers(name: str, answers: Answers) -> frozenset[str] | None:
    """Find the name servers of the registrable domain, if they were asked for."""
    reply = answers.get(organisational_domain(name), "NS")
    return frozenset(reply.records) if reply.status.known else None


def _loops(name: str, aliases: tuple[str, ...]) -> bool:
    """Whether a chain of names comes back to one of its own."""
    chain = (name, *aliases)
    return len(set(chain)) < len(chain)

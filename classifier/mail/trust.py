"""How many hops, from the nearest on, were written by our own hosts."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from classifier.patterns import pattern

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from .hop import Hop

_INSIDE = pattern(
    r"127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|::1\Z|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:"
)
_FETCHED = ("IMAP", "POP")


def count_trusted(
    hops: tuple[Hop, ...], trusted_hosts: tuple[str, ...], organisation: Callable[[str], str]
) -> int:
    """Count the hops that our own hosts wrote.

    Parameters
    ----------
    hops : tuple of Hop
        Nearest first.
    trusted_hosts : tuple of str
        Names, which stand for their subdomains too, and networks. Empty: infer.
    organisation : callable
        Host name to registrable domain.

    Returns
    -------
    int
        The first that many are trusted.

    Notes
    -----
    The rule, configured or inferred, goes from hop to hop and stops at the first failure:

    1. Hop 0 is ours if its "by" is a trusted host; without configuration it is ours, for somebody delivered
       the mail here, and its registrable domain is ours.
    2. The next hop is ours if (a) its "by" is ours by name, is the name of the client of the hop before
       (where hosts are configured: of a client in a configured network), or says nothing, **and** (b) the
       hop before, which is already believed, took the message from inside: from loopback or a private
       address, from an address or a confirmed name that is ours, or from a program.
    3. What was fetched by IMAP or POP comes from a store of ours: behind a fetch, rule 1 begins anew.
    4. A login is the border: what a client with a password sends is his.

    So a stranger who writes a field with our host's name under his own breaks (b): the hop above it tells
    his address. He cannot break it by his HELO, which is never believed, nor by a name that the DNS does not
    confirm ("may be forged"). Configured networks replace the private ones.
    """
    if not hops:
        return 0
    ours = _Ours(trusted_hosts, organisation)
    if not ours.wrote(hops[0]):
        return 0
    for at in range(1, len(hops)):
        near, far = hops[at - 1], hops[at]
        if near.protocol.startswith(_FETCHED):
            if not ours.wrote(far):
                return at
        elif near.authenticated or not ours.handed(near) or not ours.continues(near, far):
            return at
    return len(hops)


class _Ours:
    """What is ours: as configured, or as learned on the way down."""

    def __init__(self, trusted_hosts: tuple[str, ...], organisation: Callable[[str], str]) -> None:
        self.organisation = organisation
        self.names, self.networks = _configured(trusted_hosts)
        self.learned: set[str] | None = None if trusted_hosts else set()

    def owns(self, name: str) -> bool:
        """Tell whether a host name is ours."""
        name = name.lower()
        if self.learned is not None:
            return name in self.learned or self.organisation(name) in self.learned
        return name in self.names or any(name.endswith("." + own) for own in self.names)

    def reaches(self, address: str) -> bool:
        """Tell whether an address is inside."""
        if self.networks:
            from ipaddress import ip_address  # takes a millisecond; most have named no network

            found = ip_address(address)
            return found.is_loopback or any(found in network for network in self.networks)
        return inside(address)

    def wrote(self, hop: Hop) -> bool:
        """Rule 1."""
        if self.learned is not None:
            self._learn(hop.by)
            return True
        by = hop.by.lower()
        return self.owns(by) or (bool(_INSIDE.match(by)) or by == "localhost")

    def handed(self, near: Hop) -> bool:
        """Rule 2 (b): the client was ours."""
        if near.local or not (near.address or near.helo):
            return True
        if near.address and self.reaches(near.address):
            return True
        return bool(near.ptr) and self.owns(near.ptr or "") and "may be forged" not in near.text

    def continues(self, near: Hop, far: Hop) -> bool:
        """Rule 2 (a): the writer of the next hop is that client."""
        by = far.by.lower()
        if not by or by == "localhost" or self.owns(by):
            return True
        is_client = by in {near.helo.lower(), (near.ptr or "").lower()}
        if self.learned is None:
            return is_client and bool(self.networks) and bool(near.address) and self.reaches(near.address)
        if is_client or not (near.address or near.helo):
            self._learn(by)
            return True
        return False

    def _learn(self, host: str) -> None:
        if self.learned is not None and host:
            host = host.lower()
            self.learned.add(host)
            if "." in host and ":" not in host:
                self.learned.add(self.organisation(host))


@lru_cache(maxsize=64)
def _configured(
    trusted_hosts: tuple[str, ...],
) -> tuple[frozenset[str], tuple[IPv4Network | IPv6Network, ...]]:
    """Tell names from networks."""
    names, networks = set(), []
    for host in trusted_hosts:
        from ipaddress import ip_network

        try:
            networks.append(ip_network(host, strict=False))
        except ValueError:
            names.add(host.lower().strip("."))
    return frozenset(names), tuple(networks)


@lru_cache(maxsize=16384)
def inside(address: str) -> bool:
    """Tell whether an address cannot be reached from outside: loopback, private, of this link only.

    Parameters
    ----------
    address : str
        As in :class:`Hop`.

    Returns
    -------
    bool
        Source: RFC 1918 section 3, RFC 4193 section 3.1, RFC 3927, RFC 4291 section 2.5.
    """
    return _INSIDE.match(address) is not None

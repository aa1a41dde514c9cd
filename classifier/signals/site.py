"""Who and where we are: own addresses, domains and hosts; configured, or guessed from the mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from classifier.patterns import pattern

if TYPE_CHECKING:
    from classifier.mail import Message

SAMPLE = 500
"""How many messages a guess looks at: more than enough to see one's own address, few enough to be quick."""

SHARE = 0.1
"""An address that took less than this share of the sampled deliveries may be anybody's."""

_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_ADDRESS = pattern(r"[^\s<>,;:\"()@]{1,64}@[a-z0-9._:\[\]-]{1,255}\Z")
_BY = pattern(r"\bby\s+([A-Za-z0-9._-]{1,255})")


class Site(NamedTuple):
    """What the reader knows about himself, and signals may use.

    Parameters
    ----------
    me : frozenset of str
        Own addresses, lower case.
    my_domains : frozenset of str
        Own domains, lower case; their subdomains count as own.
    trusted_hosts : tuple of str
        Names and networks of the hosts whose Received fields are believed.
    authserv_ids : frozenset of str
        Names under which own servers write Authentication-Results (RFC 8601 section 2.5).
    direction : {'inbound', 'outbound'}, default 'inbound'
        Whether the mail comes to us or leaves us.
    guessed : bool, default False
        Whether this was guessed rather than configured.
    """

    me: frozenset[str] = frozenset()
    my_domains: frozenset[str] = frozenset()
    trusted_hosts: tuple[str, ...] = ()
    authserv_ids: frozenset[str] = frozenset()
    direction: str = "inbound"
    guessed: bool = False

    def owns(self, domain: str) -> bool:
        """Tell whether a domain is one of ours or lies below one.

        Parameters
        ----------
        domain : str
            Lower case, without a final dot.

        Returns
        -------
        bool
        """
        return domain in self.my_domains or domain.endswith(_below(self.my_domains))


@lru_cache(maxsize=64)
def _below(domains: frozenset[str]) -> tuple[str, ...]:
    """Return the ends of the names that lie below some domains."""
    return tuple(sorted("." + domain for domain in domains))


def guess_site(messages: Iterable[Message], *, sample: int = SAMPLE) -> Site:
    """Guess whose mail this is from where it was delivered.

    The final delivery agent writes Delivered-To (or X-Original-To, Envelope-To) above everything a sender
    could write, so only the first of each counts. Several addresses may be ours (aliases); one that took
    less than `SHARE` of the sampled deliveries is left out. The domain of such an address is ours only where
    the receiving host stands in it: a mailbox at a large provider shares its domain with strangers.

    Parameters
    ----------
    messages : iterable of Message
        Only the first `sample` are read.
    sample : int, default `SAMPLE`

    Returns
    -------
    Site
        With ``guessed`` True, and empty where the mail says nothing.
    """
    addresses: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    carrying = 0
    for message in islice(messages, sample):
        found = _delivered_to(message)
        carrying += bool(found)
        addresses.update(found)
        domains.update(_domains_of_the_host(message, found))
    least = max(1.0, SHARE * carrying)
    return Site(
        me=frozenset(address for address, count in addresses.items() if count >= least),
        my_domains=frozenset(domain for domain, count in domains.items() if count >= least),
        guessed=True,
    )


def _delivered_to(message: Message) -> set[str]:
    """Return the addresses one message was delivered to, lower case."""
    found = set()
    for name in _DELIVERED:
        value = message.headers.get(name).strip().strip("<>").lower()
        if _ADDRESS.match(value):
            found.add(value)
    return found


def _domains_of_the_host(message: Message, addresses: set[str]) -> set[str]:
    """Return the domains of the addresses that hold the host that took the message in."""
    received = _BY.search(message.headers.get("received")[:2000])
    host = received[1].lower() if received else ""
    domains = {address.rpartition("@")[2] for address in addresses}
    return {domain for domain in domains if host == domain or host.endswith("." + domain)}

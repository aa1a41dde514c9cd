"""What is odd about a hop, in words for people: what ``mailtriage route`` marks. Odd is not bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.lookup.addresses import address_kind
from classifier.mail.client import clean_address
from classifier.mail.hop import HOP_DEFECTS
from classifier.signals.domains import organisational_domain
from classifier.signals.relay import helo_shape, is_line_name
from classifier.signals.route_time import BACKWARDS

if TYPE_CHECKING:
    from classifier.mail.hop import Hop
    from classifier.mail.route import Route

SLOW = 600.0
"""Seconds that a hop may take without being marked: greylisting asks for five minutes."""


def oddities(route: Route, at: int) -> list[str]:
    """Say what is odd about one hop.

    Parameters
    ----------
    route : Route
    at : int
        Which hop; 0 is the nearest.

    Returns
    -------
    list of str
        Sentences without a full stop; empty for most hops.
    """
    hop = route.hops[at]
    return [
        *_of_time(route, at),
        *_of_client(hop),
        *_of_trail(route, at),
        *map(HOP_DEFECTS.__getitem__, hop.defects),
    ]


def _of_time(route: Route, at: int) -> list[str]:
    """Compare the clock with that of the hop before, on the way."""
    delay = route.delays[at] if at < len(route.delays) else None
    if delay is None:
        return []
    if delay < BACKWARDS:
        return [f"time runs backwards: {-delay:.0f} s before the hop it came from"]
    return [f"slow: {delay:.0f} s"] if delay > SLOW else []


def _of_client(hop: Hop) -> list[str]:
    """Look at the names and the address of the client."""
    if not hop.address:
        return []
    found = []
    kind = address_kind(hop.address)
    if kind == "bogon":
        found.append(f"no machine on the Internet has the address {hop.address} (RFC 6890)")
    if kind in {"private", "loopback"} or hop.authenticated:
        return found
    shape = helo_shape(hop.helo, "hop_bad_name" in hop.defects)
    if shape in {"localhost", "single"}:
        found.append(f"it calls itself {hop.helo}, which is no full name (RFC 5321 section 4.1.1.1)")
    said = clean_address(hop.helo) if shape == "literal" else ""
    if said and said != hop.address:
        found.append(f"it calls itself {said}, which is not its address (RFC 5321 section 4.1.4)")
    if hop.ptr == "":
        found.append("its address has no name in the DNS (RFC 1912 section 2.1)")
    elif hop.ptr and is_line_name(hop.ptr.lower(), hop.address):
        found.append(f"{hop.ptr} looks like the name of a line, not of a server")
    if hop.ptr and shape == "domain" and _orgs_differ(hop.helo, hop.ptr):
        found.append(f"it calls itself {hop.helo}, its address is called {hop.ptr}")
    return found


def _orgs_differ(one: str, other: str) -> bool:
    return organisational_domain(one.lower()) != organisational_domain(other.lower())


def _of_trail(route: Route, at: int) -> list[str]:
    """Compare the client with the host that says it had the message before."""
    if at not in route.gaps:
        return []
    hop, older = route.hops[at], route.hops[at + 1]
    name = hop.ptr or hop.helo or hop.address
    return [f"came from {name}, but the hop before was written by {older.by}"]

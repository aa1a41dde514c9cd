"""IP addresses: which of them mail can be sent to across the Internet, and which lie in one network."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

# RFC 6890 section 2.2 and its registry at IANA (October 2023). Python's own is_private and is_global change
# between versions, and a column of a model must not.
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("loopback", ("127.0.0.0/8", "::1/128")),  # RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3
    (
        "private",
        (
            "10.0.0.0/8",  # RFC 1918 section 3
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",  # RFC 6598 section 7: shared by carrier-grade NAT
            "169.254.0.0/16",  # RFC 3927 section 2.1: this link only
            "fe80::/10",  # RFC 4291 section 2.5.6
            "fc00::/7",  # RFC 4193 section 3.1
            "fec0::/10",  # RFC 3879: site-local, given up
        ),
    ),
    (
        "bogon",
        (
            "0.0.0.0/8",  # RFC 1122 section 3.2.1.3
            "192.0.2.0/24",  # RFC 5737 section 3: documentation, with the next two
            "198.51.100.0/24",
            "203.0.113.0/24",
            "198.18.0.0/15",  # RFC 2544: benchmarks
            "224.0.0.0/4",  # RFC 5771: multicast
            "240.0.0.0/4",  # RFC 1112 section 4: reserved, with the limited broadcast
            "::/128",  # RFC 4291 section 2.5.2
            "100::/64",  # RFC 6666: discard
            "2001:2::/48",  # RFC 5180: benchmarks
            "2001:db8::/32",  # RFC 3849: documentation
            "3fff::/20",  # RFC 9637: documentation
            "2001:10::/28",  # RFC 4843: ORCHID, ended
            "5f00::/16",  # RFC 9602: segment routing
            "ff00::/8",  # RFC 4291 section 2.7: multicast
        ),
    ),
)
_NETWORKS: tuple[tuple[str, tuple[Network, ...]], ...] = tuple(
    (kind, tuple(ip_network(text) for text in texts)) for kind, texts in _KINDS
)


ADDRESSES_KEPT = 65536
"""How many addresses the caches below remember: those of a batch's mail hosts and relays."""


@lru_cache(maxsize=ADDRESSES_KEPT)
def address_kind(text: str) -> str:
    """Tell what kind of address this is.

    Parameters
    ----------
    text : str
        IPv4 or IPv6; an IPv4-mapped IPv6 address counts as what it maps.

    Returns
    -------
    {'public', 'loopback', 'private', 'bogon'}
        ``private`` includes link-local and carrier-grade NAT; ``bogon`` is what must never be routed, and
        what is no address.
    """
    address = parsed(text)
    if address is None:
        return "bogon"
    for kind, networks in _NETWORKS:
        if any(address in network for network in networks):
            return kind
    return "public"


@lru_cache(maxsize=ADDRESSES_KEPT)
def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address.

    Parameters
    ----------
    text : str
        With or without the brackets or the ``IPv6:`` tag of RFC 5321 section 4.1.3, or a zone.

    Returns
    -------
    IPv4Address or IPv6Address or None
        None for what is no address; an IPv4-mapped one as IPv4.
    """
    bare = text.strip("[]").lower().removeprefix("ipv6:").partition("%")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=ADDRESSES_KEPT)
def network_of(text: str) -> str:
    """Return the network that one operator usually holds around an address.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The /24 or /48; '' for what is no address.
    """
    address = parsed(text)
    if address is None:
        return ""
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))

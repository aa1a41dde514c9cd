"""The client of one Received: field: what it called itself, what name its address has, and the address.

The shapes, by who writes them (``head`` stands right behind "from"):

=========================================  =========================================================
Postfix, Sendmail, OpenSMTPD, SES, Haraka  ``HELO (PTR [ADDRESS])``; ``unknown`` is no PTR; ``user@PTR``
Sendmail, Google without PTR               ``HELO ([ADDRESS])``
Exim                                       ``PTR ([ADDRESS] helo=HELO)``, ``PTR ([ADDRESS])``
Exim without PTR                           ``[ADDRESS] (helo=HELO)``
qmail, IronPort, Yahoo, CommuniGate        ``PTR (HELO HELO) (ADDRESS)``; ``unknown`` is no PTR
ZMailer                                    ``PTR ([ADDRESS]:PORT "EHLO HELO" ...)``
Exchange, PowerMTA, qmail                  ``HELO (ADDRESS)``
fetchmail, MDaemon                         ``HELO [ADDRESS]``
=========================================  =========================================================
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from classifier.patterns import pattern

# A port or a zone may follow; "::ffff:" stands before an IPv4 address on a socket that takes both.
_BRACKETED = pattern(r"\[([^\]\s()]{2,80})\]")
_BARE = pattern(
    r"\((?:[^\s()@]{0,64}@)?((?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F.]{0,15}){2,8})(?:%\w{1,20})?\)"
)
_HELO = pattern(r'\b(?:helo|ehlo)(?:=|\s{1,20})"?\[?([^\s"()\]]{1,255})', re.IGNORECASE)
_NO_NAME = frozenset({"unknown", "unverified", "unavailable", "nohost", "untrusted"})

MAPPED = "::ffff:"


class Client(NamedTuple):
    """Who gave the message.

    Attributes
    ----------
    helo : str
    ptr : str or None
        '' where the server looked and found none, None where it does not tell.
    address : str
    defect : str
        '' where all is well.
    """

    helo: str
    ptr: str | None
    address: str
    defect: str


def fast_client(head: str, ptr: str | None, bracketed: str, tail: str, text: str) -> Client:
    """Read ``HEAD (PTR [ADDRESS] TAIL)``, the shape of nine fields in ten.

    Parameters
    ----------
    head, ptr, bracketed, tail : str
        The parts; `ptr` is None where there is none.
    text : str
        The whole field, for who wrote it.

    Returns
    -------
    Client
    """
    address = clean_address(bracketed)
    defect = "" if address or bracketed[0] not in "0123456789" else "hop_bad_address"
    if ptr is not None:
        return Client(_bare(head), _ptr(ptr), address, defect)
    if tail and (found := _HELO.search(tail)):  # Exim, ZMailer: the head is the name found
        return Client(_bare(found[1]), _ptr(head), address, defect)
    if "(Exim" in text:  # a HELO equal to the name found is not repeated
        return Client(_bare(head), _bare(head), address, defect)
    name = "" if _omits_missing_names(text) else None
    return Client(_bare(head), name, address, defect)


def slow_client(head: str, more: str, text: str) -> Client:
    """Read every other shape.

    Parameters
    ----------
    head : str
        The word behind "from"; may be ''.
    more : str
        What stands between it and "by".
    text : str
        The whole field, for who wrote it.

    Returns
    -------
    Client
    """
    said = _HELO.search(more) if "elo" in more or "EHLO" in more or "HELO" in more else None
    address, defect = _address_in(more)
    literal = clean_address(head.strip("[]")) if head[:1] in "[0123456789" and head else ""
    if "@" in head and not address:  # qmail-scanner and AOL tell the sender here
        return Client("", None, "", "")
    if said is not None:
        return Client(_bare(said[1]), "" if literal else _ptr(head), address or literal, defect)
    if head in _NO_NAME and address:
        return Client("", "", address, defect)
    if not address and literal:
        return Client(literal, "" if "(Exim" in text else None, literal, "")
    return Client(_bare(head), None, address, defect)


def _address_in(more: str) -> tuple[str, str]:
    """Find the first address, in brackets or alone in a comment, and what is wrong with it."""
    found = _BRACKETED.search(more) or _BARE.search(more)
    if found is None:
        return "", ""
    address = clean_address(found[1])
    return address, "" if address or not found[1][0].isdigit() else "hop_bad_address"


@lru_cache(maxsize=65536)
def clean_address(text: str) -> str:
    """Spell an address in one way.

    Parameters
    ----------
    text : str
        Without brackets; with or without ``IPv6:``, zone, port, ``::ffff:``.

    Returns
    -------
    str
        '' for what is no address. Source: RFC 5952 section 4.

    Examples
    --------
    >>> clean_address("IPv6:2001:DB8:0::1"), clean_address("::ffff:192.0.2.1"), clean_address("999.1.1.1")
    ('2001:db8::1', '192.0.2.1', '')
    """
    from ipaddress import ip_address  # takes a millisecond; not every mail names an address

    if text[:5].lower() == "ipv6:":
        text = text[5:]
    text = text.partition("%")[0]
    if text[:7].lower() == MAPPED:
        text = text[7:]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


@lru_cache(maxsize=1024)
def _ptr(name: str) -> str:
    """Strip what ident told (RFC 1413) off a name found in the DNS; '' where it is said to be missing."""
    name = name.strip().rpartition("@")[2].rstrip(".")
    return "" if name.lower() in _NO_NAME or clean_address(name.strip("[]")) else name


def _bare(head: str) -> str:
    """Strip brackets, the marks that stand for them, and the final dot off what the client said."""
    if head[:1] == "?":
        return head.strip("?")
    return head.strip("[]").rstrip(".") if head[:1] == "[" else head.rstrip(".")


def _omits_missing_names(text: str) -> bool:
    """Tell Sendmail and Google, which leave a missing name out; of others this is not known."""
    return "(8." in text or ".google.com with" in text or "smtp.gmail.com with" in text or "(Google" in text

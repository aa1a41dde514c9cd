"""One hop of a message's way, as the server that took it in described it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from classifier.patterns import pattern

from .date import Timestamp

_CIPHER = pattern(
    r"(?:cipher[= ]{1,2}(?!TLSv\d)|ESMTP/TLS/|\btls |\bTLSv?1(?:\.[0-3])?(?:/SSLv3)?:|,\d{1,4}bits,)"
    r"([A-Za-z0-9_+-]{3,80})",
    re.IGNORECASE,
)
_ID = pattern(r"\b(?:id|ID)\s++<?([^\s<>;()]++)")
_FOR = pattern(r"\s*+<?([^\s<>;(),@]++@[^\s<>;(),@]++)")
_ENVELOPE = pattern(r"\benvelope-(?:from|sender)[ =]<?([^\s<>()]*+)")

HOP_DEFECTS: Final = {
    "hop_too_long": "longer than any honest field (4096 bytes are read)",
    "hop_eight_bit": "bytes that are not ASCII (RFC 5322 section 2.2)",
    "hop_unparsable": "neither from nor by: no known server writes this (RFC 5321 section 4.4)",
    "hop_without_time": "no time (RFC 5321 section 4.4)",
    "hop_bad_time": "a time that is none",
    "hop_odd_time": "a time in no form of RFC 5322 section 3.3",
    "hop_bad_address": "an address that is none (RFC 5321 section 4.1.3)",
    "hop_bad_name": "a host name of illegal characters or length (RFC 1035 section 2.3.4)",
}
"""Each defect of a hop, in words."""


class Hop(NamedTuple):
    """What one server wrote when it took the message in.

    Attributes
    ----------
    helo : str
        What the client called itself; '' where the server does not tell.
    ptr : str or None
        The name that the server found for the client's address; '' where it looked and found none, None
        where it does not tell.
    address : str
        The client's IPv4 or IPv6 address without brackets and zone; '' where there is none.
    by : str
        The server, as written.
    protocol : str
        Upper case: a word of RFC 3848 such as ``ESMTPSA``, or what else stands behind "with".
    tls : str
        ``'TLS1.2'``, ``'SSL3'``; ``'TLS'`` where only the fact is told; '' where the session was in clear
        or nothing is told.
    authenticated : bool
        Whether the client had logged in (RFC 4954).
    local : bool
        Whether it was handed in by a program on that host and not over a network.
    time : Timestamp or None
        When.
    defects : tuple of str
        What is wrong with the field.
    text : str
        The field, at most `received.RECEIVED_BYTES` of it.
    """

    helo: str
    ptr: str | None
    address: str
    by: str
    protocol: str
    tls: str
    authenticated: bool
    local: bool
    time: Timestamp | None
    defects: tuple[str, ...]
    text: str

    @property
    def cipher(self) -> str:
        """The cipher of the TLS session, as the server spells it; '' where it does not tell."""
        found = _CIPHER.search(self.text)
        return found[1] if found and self.tls else ""

    @property
    def id(self) -> str:
        """The server's name for the message, without angle brackets."""
        found = _ID.search(self.text)
        return found[1] if found else ""

    @property
    def recipient(self) -> str:
        """What stands behind "for"."""
        at = self.text.find(" for ")
        found = _FOR.match(self.text, at + 5) if at >= 0 else None
        return found[1] if found else ""

    @property
    def mail_from(self) -> str | None:
        """The envelope sender where the server tells it; '' is the null sender."""
        found = _ENVELOPE.search(self.text)
        return found[1] if found else None

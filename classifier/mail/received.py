"""One Received: field to one Hop: who gave the message to whom, how, and when.

RFC 5321 section 4.4 has a grammar for these fields; what stands between "from" and "by" is free text all
the same, and every mail server writes its own. So one regex takes what all have in common, in one pass, and
the client's names and address are then read by shape. Nothing here raises: what cannot be understood is a
hop with a defect.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from classifier.patterns import pattern

from .client import Client, fast_client, slow_client
from .hop import Hop
from .received_time import STAMP_CHARS, received_time

RECEIVED_BYTES: Final = 4096
"""Bytes of one field that are read: the longest honest one in 120,000 was 900."""

TRACES_KEPT: Final = 4096
"""How many beginnings of fields are remembered: 60 % of all fields begin like an earlier one."""

NAME_CHARS: Final = 255
"""Characters of a host name that are kept (RFC 1035 section 2.3.4)."""

COMMENT_LEVELS: Final = 6
"""Levels of nested comments that are read (RFC 5322 section 3.2.2 has no bound); honest fields have two."""


def _comment(levels: int) -> str:
    """Write the pattern of a comment; possessive, so that its time is linear."""
    inside = "[^()]*+"
    for _ in range(levels):
        inside = rf"(?:[^()\\]++|\\.|\({inside}\))*+"
    return rf"\({inside}\)"


COMMENT: Final = _comment(COMMENT_LEVELS)

_TRACE = pattern(
    r"""\s*+
    (?:\(from\s++(?P<user>[^\s()]++)\)\s*+)?+             # Sendmail, submitted on the host itself
    (?:\((?!qmail)[^\s()]++\)\s*+)?+                      # list managers name themselves
    (?:[fF][rR][oO][mM]\s++
      (?P<head>(?![bB][yY]\s)[^\s();]++)?+\s*+
      (?:\((?P<ptr>[^\s()\[\]]++\s++)?+\[(?P<address>[^\]\s()]++)\]
         (?P<tail>[^()]*+(?:\([^()]*+\)[^()]*+)*+)\)\s*+)?+
      (?P<more>(?:"""
    + COMMENT
    + r"""\s*+|(?![bB][yY]\s)[^\s();]++\s*+)*+)
    )?+
    (?:[bB][yY]\s++(?P<by>[^\s();]++)\s*+(?:"""
    + COMMENT
    + r"""\s*+)*+)?+
    (?:[wW][iI][tT][hH]\s++(?:\([^()]*+\)\s*+)?+(?P<with>[^\s();]++))?+
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENTS = pattern(COMMENT, re.DOTALL)
_LATER_BY = pattern(r"\bby\s++([^\s();]++)")
_LATER_WITH = pattern(r"\b(?:with|via(?=\s++HTTP))\s++([^\s();]++)")
_VERSION = pattern(r"\b(TLS|SSL)v?_?([123])(?:[._]([0-3]))?", re.ASCII)
_ENCRYPTED = pattern(r"\((?:[Uu]sing )?TLS\)|STARTTLS|/TLS|TLS[:=]|\bencrypted\)")
_BY_LOGIN = pattern(
    r"\([^()]{0,200}\bauthenticated\b|\(Authenticated sender\b|\(AUTH: |\(account |\bauth=(?!none)\w",
    re.IGNORECASE,
)
_ON_HOST = (
    "from userid ",
    "invoked by ",
    "(uid ",
    "[local]",
    "mail pickup service",
    "sendmail emulation",
    "with bsmtp",
)
_LOCALLY = frozenset({"LOCAL", "LOCAL-SMTP", "LOCAL-ESMTP", "BSMTP", "UUCP"})
_KNOWN_WITHOUT_HOSTS = pattern(r"\s*+\((?:qmail|nullmailer|vpopmail|EGP:)|\s*+\([^()]{0,300}invoked ")
_HOST = pattern(
    r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*+\Z"
)
_LITERAL = pattern(r"\[[0-9A-Za-z:.%-]{2,60}\]\Z|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}\Z")


def parse_received(raw: bytes) -> Hop:
    r"""Read one Received: field.

    Parameters
    ----------
    raw : bytes
        What stands behind the colon, folded or not.

    Returns
    -------
    Hop

    Notes
    -----
    Defects: ``hop_too_long``, ``hop_eight_bit``, ``hop_unparsable`` (neither from nor by),
    ``hop_without_time``, ``hop_bad_time``, ``hop_odd_time`` (a form not in RFC 5322), ``hop_bad_address``,
    ``hop_bad_name`` (no host name by length or characters).

    Source: RFC 5321 section 4.4, RFC 3848 (words behind "with"), RFC 8314 section 4.3 ("tls").

    Examples
    --------
    >>> hop = parse_received(b"from a.example (b.example [192.0.2.1]) by mx.example.org with ESMTPS id 1; "
    ...                      b"Tue, 3 Feb 2026 17:42:52 +0000")
    >>> hop.helo, hop.ptr, hop.address, hop.by, hop.tls, hop.time.seconds
    ('a.example', 'b.example', '192.0.2.1', 'mx.example.org', 'TLS', 1770140572.0)
    """
    defects: list[str] = []
    text = _decode(raw, defects)
    trace = _trace_of(text)
    client, tls = trace.client, trace.tls
    if len(tls) < 4 and (
        "TLS" in text or "encrypted)" in text
    ):  # Google and Exchange tell the version behind the id
        tls = _tls(text) or tls
    if trace.defects:
        defects.extend(trace.defects)
    return Hop(
        client.helo,
        client.ptr,
        client.address,
        trace.by,
        trace.protocol,
        tls,
        trace.authenticated,
        trace.local,
        received_time(text, defects),
        tuple(defects),
        text,
    )


def who_handed_in(raw: bytes) -> tuple[bool, str]:
    """Read of one Received: field only who handed the message in: the time it tells takes the longest.

    Parameters
    ----------
    raw : bytes
        What stands behind the colon, folded or not.

    Returns
    -------
    local : bool
    protocol : str
        As of the Hop that `parse_received` returns.
    """
    trace = _trace_of(_decode(raw, []))
    return trace.local, trace.protocol


class _Trace(NamedTuple):
    """What stands before the id and the time."""

    client: Client
    by: str
    protocol: str
    tls: str
    authenticated: bool
    local: bool
    defects: tuple[str, ...]


def _trace_of(text: str) -> _Trace:
    """Read a field up to its id, or all of it where that says too little."""
    end = text.find(" id ")
    if end < 0:
        end = text.rfind(";")
    if end <= 0:
        return _parse_trace(text)
    trace = _parse_trace(text[:end])
    if not trace.by or (not trace.protocol and " with " in text):
        return _parse_trace(text)
    return trace


@lru_cache(maxsize=TRACES_KEPT)
def _parse_trace(text: str) -> _Trace:
    """Read a field up to its id; the same two hosts write the same words here, message after message."""
    found = _TRACE.match(text)
    assert found is not None  # noqa: S101  # every part of the pattern is optional
    user, head, ptr, bracketed, tail, more, by, word = found.groups()
    hostless = _KNOWN_WITHOUT_HOSTS.match(text) is not None
    if by is None and not hostless and (later := _LATER_BY.search(_COMMENTS.sub(" ", text))):
        by = later[1]
    if word is None and (later := _LATER_WITH.search(text, found.end())):
        word = later[1]
    protocol, secure, login = _protocol(word or "")
    if head is None and more is None:
        client = Client("", None, "", "")
    elif bracketed is not None:
        client = fast_client(head or "", ptr, bracketed, tail, text)
    else:
        client = slow_client(head or "", more or "", text)
    by = by.strip("[],")[:NAME_CHARS] if by else ""
    tls = _tls(text) or ("TLS" if secure else "")
    login = login or (
        ("uth" in text or "AUTH" in text or "(account " in text) and _BY_LOGIN.search(text) is not None
    )
    local = not client.address and (user is not None or protocol in _LOCALLY or _says_local(text))
    known = by or client.helo or client.address or user or hostless
    if local:  # the word behind "from" is then a user
        client = Client("", None, "", client.defect)
    return _Trace(client, by, protocol, tls, login, local, _complaints(client, by, bool(known)))


def _complaints(client: Client, by: str, known: bool) -> tuple[str, ...]:
    found = [client.defect] if client.defect else []
    if not known:
        found.append("hop_unparsable")
    if not (_is_host(by) and _is_host(client.helo) and _is_host(client.ptr or "")):
        found.append("hop_bad_name")
    return tuple(found)


def _decode(raw: bytes, defects: list[str]) -> str:
    if len(raw) > RECEIVED_BYTES:
        defects.append("hop_too_long")
        raw = raw[: RECEIVED_BYTES - STAMP_CHARS] + raw[-STAMP_CHARS:]
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        defects.append("hop_eight_bit")
        text = raw.decode("utf-8", "replace")
    if "\n" in text or "\r" in text:
        return text.replace("\r", "").replace("\n\t", " ").replace("\n ", " ")
    return text


@lru_cache(maxsize=1024)
def _protocol(word: str) -> tuple[str, bool, bool]:
    """Spell a protocol as RFC 3848 does; whether it says TLS, whether it says login."""
    name = word.partition("/")[0].strip('",').upper()[:20]
    plain = name.removeprefix("UTF8")
    if plain == "ASMTP":
        return name, False, True
    if plain.startswith(("ESMTP", "LMTP", "SMTP")):
        ending = plain.partition("MTP")[2]
        return name, "S" in ending, "A" in ending
    return name, plain in {"HTTPS", "IMAPS", "POP3S", "SSMTP"}, False


def _is_host(name: str) -> bool:
    """Tell names, addresses and nothing from the rest (RFC 1035 section 2.3.4, RFC 5321 section 4.1.3)."""
    return not name or _HOST.match(name.rstrip(".")) is not None or _LITERAL.match(name) is not None


def _says_local(text: str) -> bool:
    for words in _ON_HOST:  # noqa: SIM110  # any() over a generator costs three times as much
        if words in text:
            return True
    return False


def _tls(text: str) -> str:
    if "TLS" in text or "SSL" in text:
        found = _VERSION.search(text)
        if found is not None:
            return "SSL" + found[2] if found[1] == "SSL" else f"TLS{found[2]}.{found[3] or 0}"
        if _ENCRYPTED.search(text) is not None:
            return "TLS"
    return "TLS" if " encrypted)" in text else ""

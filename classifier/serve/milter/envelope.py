"""What a mail server knows of a mail while it takes it in, written as the trace that it will leave.

Models learn from mail that was delivered: it begins with Return-Path:, Delivered-To: and the server's own
Received: field (RFC 5321 section 4.4). None of them is there yet when a filter is asked, so they are put in
front of what is judged, from what the server says; what the header says of the same is older and weaker.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from classifier.patterns import pattern
from classifier.serve.milter.packets import Peer

RECIPIENTS = 1000
"""Recipients kept of one mail; more tell nothing more."""

_LONGEST = 320
"""Bytes kept of an address or a name: 64 before the @, 255 behind (RFC 5321 section 4.5.3.1)."""

_NO_NAME = pattern(rb"[^A-Za-z0-9._-]")
_LITERAL = pattern(rb"\[[0-9A-Za-z:.]{2,60}\]\Z")
_NO_NUMBER = pattern(rb"[^0-9A-Fa-f:.]")
_NO_ADDRESS = pattern(rb"[^!-;=?-~\x80-\xff]")


@dataclass
class Envelope:
    """What is known of one mail.

    Parameters
    ----------
    peer : Peer, optional
        Who handed it in; None where the server did not say.
    helo : bytes
        What the peer called itself.
    mail_from : bytes or None
        Without angle brackets; empty for the null sender, None if there is no mail.
    rcpt_to : list of bytes
        Without angle brackets.
    macros : dict of bytes to bytes
        The server's, by names without braces.
    """

    peer: Peer | None = None
    helo: bytes = b""
    mail_from: bytes | None = None
    rcpt_to: list[bytes] = field(default_factory=list)
    macros: Mapping[bytes, bytes] = field(default_factory=dict)

    @property
    def queue_id(self) -> str:
        """How the server calls this mail; empty where it did not say."""
        return _name(self.macros.get(b"i", b"")).decode("ascii")

    def trace(self, now: float | None = None) -> bytes:
        r"""Write the fields that the server will put on top.

        Parameters
        ----------
        now : float, optional
            Seconds since 1970; by default the clock's.

        Returns
        -------
        bytes
            Each ends with LF. Nothing that a stranger said gets out of its place in them.

        Examples
        --------
        >>> peer = Peer(b"mx.example.net", b"192.0.2.7", 2525)
        >>> Envelope(peer, b"mx", b"", [], {b"j": b"in.example.org"}).trace(0).split(b"; ")[0]
        b'Return-Path: <>\nReceived: from mx (mx.example.net [192.0.2.7])\n\tby in.example.org with ESMTP'
        """
        only = _address(self.rcpt_to[0]) if len(self.rcpt_to) == 1 else b""
        found = [b"Return-Path: <%s>\n" % _address(self.mail_from or b"")]
        if only:
            found.append(b"Delivered-To: %s\n" % only)
        if self.peer is None:
            return b"".join(found)
        queued = b" id " + self.queue_id.encode() if self.queue_id else b""
        postfix = self.macros.get(b"v", b"").startswith(b"Postfix")
        if postfix and not self.peer.port:
            found.append(b"Received: by %s (Postfix, from userid ?)\n\t%s" % (self._host(), queued.strip()))
        else:
            by = self._host() + (b" (Postfix)" if postfix else b"")
            told = (self._client(), by, self._protocol(), queued, b"\n\tfor <%s>" % only if only else b"")
            found.append(b"Received: %s\n\tby %s with %s%s%s" % told)
        moment = time.strftime("%a, %d %b %Y %H:%M:%S +0000 (UTC)", time.gmtime(now))
        return b"".join([*found, b"; ", moment.encode(), b"\n"])

    def _client(self) -> bytes:
        """Say who handed it in, as Postfix does."""
        name, address, _ = self.peer or Peer(b"", b"")
        known = b"unknown" if name.startswith(b"[") else _name(name) or b"unknown"
        forged = b" (may be forged)" if self.macros.get(b"client_resolve") == b"FORGED" else b""
        said = self.helo if _LITERAL.match(self.helo) else _name(self.helo) or known
        host = b"[%s]%s" % (_NO_NUMBER.sub(b"", address[:_LONGEST]), forged) if address else b"[local]"
        return b"from %s (%s %s)" % (said, known, host)

    def _host(self) -> bytes:
        """Say whose server this is."""
        return _name(self.macros.get(b"j", b"")) or b"localhost"

    def _protocol(self) -> bytes:
        """Say how it was handed in. Source: RFC 3848."""
        secured = b"S" if self.macros.get(b"tls_version") else b""
        return b"ESMTP" + secured + (b"A" if self.macros.get(b"auth_authen") else b"")


def bare(path: bytes) -> bytes:
    """Take an address out of its angle brackets.

    Parameters
    ----------
    path : bytes

    Returns
    -------
    bytes
    """
    return path.strip()[:_LONGEST].removeprefix(b"<").removesuffix(b">")


def _name(text: bytes) -> bytes:
    """Leave of a text what host names are made of."""
    return _NO_NAME.sub(b"?", text[:_LONGEST])


def _address(text: bytes) -> bytes:
    """Leave of a text what addresses are made of."""
    return _NO_ADDRESS.sub(b"?", text[:_LONGEST])

"""One connection: a request read piece by piece, its reply written as the peer takes it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from classifier.serve.protocol import (
    JSONL,
    LARGEST,
    MALFORMED,
    REQUEST_BYTES,
    TOO_LARGE,
    pack_reply,
    request_lengths,
)

WINDOW = 1 << 18
"""Bytes read or written at once; others get their turn between."""


@dataclass(frozen=True, slots=True)
class Request:
    """A mail to be judged, and how to answer.

    Parameters
    ----------
    raw : bytes
    name : (str, str) or None
        Mailbox and key.
    explain : int
        Clues.
    form : int
        One of `protocol.FORMS`.
    """

    raw: bytes
    name: tuple[str, str] | None = None
    explain: int = 0
    form: int = JSONL


class Refused(Exception):
    """What was sent will not be taken; the connection ends with this reply.

    Parameters
    ----------
    status : int
    text : str
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.reply = pack_reply(status, text.encode())


class Connection:
    """A peer, and how far it has got.

    Parameters
    ----------
    peer : socket.socket
        Connected, not blocking.
    now : float
        By the clock of the loop, seconds.

    Attributes
    ----------
    since : float
        When its request began to arrive, its reply began to leave, or it became idle.
    waiting : bool
        Whether its request is whole and has no reply yet.
    last : bool
        Whether it ends with the reply that is being written.
    """

    def __init__(self, peer: socket.socket, now: float) -> None:
        self.peer, self.since = peer, now
        self.waiting = self.last = False
        self._got = bytearray()
        self._wanted = REQUEST_BYTES
        self._lengths: tuple[int, int, int] | None = None
        self._reply = memoryview(b"")

    @property
    def size(self) -> int:
        """How many bytes of a request are kept."""
        return len(self._got)

    @property
    def idle(self) -> bool:
        """Whether it asks nothing and awaits nothing."""
        return not (self._got or self.waiting or self._reply)

    @property
    def writing(self) -> bool:
        """Whether a reply is not all out."""
        return bool(self._reply)

    def read(self, now: float) -> Request | None:
        """Take what has arrived.

        Parameters
        ----------
        now : float

        Returns
        -------
        Request or None
            None until it is whole.

        Raises
        ------
        EOFError
            If the peer has gone, even in the middle of a request.
        Refused
            If this is no request, or too large.
        """
        if self._lengths is None and not self._take(now):
            return None
        if len(self._got) < self._wanted:
            self._take(now)  # the rest is mostly here, too
        return self._end() if self._lengths and len(self._got) == self._wanted else None

    def _take(self, now: float) -> bool:
        """Read once; tell whether the head is there."""
        try:
            piece = self.peer.recv(min(WINDOW, self._wanted - len(self._got)))
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            raise EOFError from None
        if not piece:
            raise EOFError
        if not self._got:
            self.since = now
        self._got += piece
        if len(self._got) == REQUEST_BYTES and self._lengths is None:
            self._begin()
        return self._lengths is not None

    def _begin(self) -> None:
        """Read the head of a request."""
        lengths = request_lengths(self._got)
        if lengths is None:
            raise Refused(MALFORMED, "this is no request that a server of mailtriage understands")
        if lengths[2] > LARGEST:
            raise Refused(TOO_LARGE, f"a mail may have {LARGEST >> 20} MiB")
        self._lengths = lengths
        self._wanted = REQUEST_BYTES + sum(lengths)

    def _end(self) -> Request:
        """Take a whole request."""
        assert self._lengths is not None  # noqa: S101 - `read` asks
        form, named, clues = self._got[4], self._got[5], int.from_bytes(self._got[6:8], "big")
        mailbox = REQUEST_BYTES + self._lengths[0]
        key = mailbox + self._lengths[1]
        with memoryview(self._got) as got:
            names = os.fsdecode(bytes(got[REQUEST_BYTES:mailbox])), os.fsdecode(bytes(got[mailbox:key]))
            raw = bytes(got[key:])
        self._got, self._wanted, self._lengths = bytearray(), REQUEST_BYTES, None
        self.waiting = True
        return Request(raw, names if named else None, clues, form)

    def reply(self, reply: bytes, now: float, *, last: bool = False) -> None:
        """Begin to write a reply.

        Parameters
        ----------
        reply : bytes
            From `pack_reply`.
        now : float
        last : bool, default False
            Whether the connection ends with it.
        """
        self._reply, self.since, self.waiting, self.last = memoryview(reply), now, False, last
        self._got = bytearray()

    def write(self, now: float) -> bool:
        """Write as much as the peer takes.

        Parameters
        ----------
        now : float

        Returns
        -------
        bool
            Whether all is out.

        Raises
        ------
        EOFError
            If the peer has gone.
        """
        try:
            self._reply = self._reply[self.peer.send(self._reply[:WINDOW]) :]
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            raise EOFError from None
        if not self._reply:
            self.since = now
        return not self._reply

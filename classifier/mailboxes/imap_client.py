"""IMAPClient with answers of bounded size.

A server may announce a literal of any size, and imaplib would read it; so what one answer brings is counted,
from the greeting on, and what is too large is never read.
"""

from __future__ import annotations

import ssl
from typing import Any

from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

from .base import MAX_RAW
from .imap_wire import TooMuch

# One answer is at most so large: the longest message that is judged, and what stands around it.
LARGEST_ANSWER = MAX_RAW + (2 << 20)
# Seconds that a server may be silent.
PATIENCE = 60.0


class _Metered:
    """Counts what an answer brings; `read` and `readline` are imaplib's, made to be replaced."""

    left = LARGEST_ANSWER

    def read(self, size: int) -> bytes:
        """Read a literal, unless it is too large: then nothing of it."""
        self.take(size)
        data: bytes = super().read(size)  # type: ignore[misc]
        if len(data) < size:
            raise ConnectionResetError("it ended within a message")
        return data

    def readline(self) -> bytes:
        """Read a line."""
        line: bytes = super().readline()  # type: ignore[misc]
        self.take(len(line))
        return line

    def take(self, size: int) -> None:
        """Count bytes that come.

        Raises
        ------
        TooMuch
            If they are too many.
        """
        self.left -= size
        if self.left < 0:
            raise TooMuch("it sends more than was asked for")


class _MeteredTls(_Metered, IMAP4_TLS):  # type: ignore[misc]
    pass


class _MeteredPlain(_Metered, IMAP4WithTimeout):  # type: ignore[misc]
    pass


class Client(IMAPClient):  # type: ignore[misc]
    """A connection.

    Parameters
    ----------
    host : str
    port : int
    secure : bool
        Whether TLS comes first.
    context : ssl.SSLContext
    """

    def __init__(self, host: str, port: int, secure: bool, context: ssl.SSLContext) -> None:
        super().__init__(host, port, ssl=secure, ssl_context=context, timeout=PATIENCE)
        self.normalise_times = False

    def _create_IMAP4(self) -> Any:  # noqa: N802 - the name is the library's
        if self.ssl:
            return _MeteredTls(self.host, self.port, self.ssl_context, PATIENCE)
        return _MeteredPlain(self.host, self.port, PATIENCE)

    def begin(self) -> None:
        """Begin to count the bytes of the next answer."""
        self._imap.left = LARGEST_ANSWER

    def came(self) -> int:
        """Count the messages that came whole before an answer broke off."""
        parts = self._imap.untagged_responses.get("FETCH", ())
        return sum(isinstance(part, tuple) and b" BODY[" in part[0] for part in parts)

    @property
    def is_known(self) -> bool:
        """Whether the server knows who we are without being told, as through a tunnel."""
        return bool(self._imap.state == "AUTH")

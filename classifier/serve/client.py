"""Asking a server: what a delivery agent, a script or an editor needs to have one message judged."""

from __future__ import annotations

import os
import time

from classifier.errors import ServerAway, ServerBusy
from classifier.serve.protocol import (
    BUSY,
    JSONL,
    JUDGED,
    REPLY_BYTES,
    pack_request,
    reply_head,
)

# Reading socket.py takes longer than asking; this is what is beneath it.
try:
    import _socket as sockets
except ImportError:  # another Python
    import socket as sockets  # type: ignore[no-redef]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

PAUSE = 0.02
"""Seconds until a busy server is asked again, at first; then twice as long each time."""


class Client:
    r"""A connection to ``mailtriage serve``; it is opened when it is needed, and again when it was closed.

    Parameters
    ----------
    path : str or path
        The server's socket.
    timeout : float, default 30.0
        Seconds that one answer may take.
    patience : float, default 0.0
        Seconds to keep asking a server that says it is busy.

    Examples
    --------
    >>> from classifier.serve import Client
    >>> with Client("/run/user/1000/mailtriage") as client:              # doctest: +SKIP
    ...     client.classify(b"Subject: Lunch?\n\nAt noon.")["label"]
    'important'
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 30.0, patience: float = 0.0) -> None:
        self.path, self.timeout, self.patience = os.fspath(path), timeout, patience
        self._socket: sockets.socket | None = None
        self._until = 0.0

    def classify(self, raw: bytes, *, explain: int = 0) -> dict[str, Any]:
        """Have one message judged.

        Parameters
        ----------
        raw : bytes
            The message, at most `protocol.LARGEST` bytes.
        explain : int, default 0
            How many clues to give, the weightiest first.

        Returns
        -------
        dict
            The object that ``mailtriage classify --format jsonl`` prints; mailbox and key are None.

        Raises
        ------
        ServerAway
            If no server answers, or it will not or cannot judge this.
        ServerBusy
            If it has too much to do; nothing was judged.
        """
        import json

        answer: dict[str, Any] = json.loads(self.ask(raw, explain=explain))
        return answer

    def ask(
        self, raw: bytes, name: tuple[str, str] | None = None, *, explain: int = 0, form: int = JSONL
    ) -> bytes:
        """Have one message judged, and give the answer as it came.

        Parameters
        ----------
        raw : bytes
        name : (str, str), optional
            Mailbox and key, to stand in the answer.
        explain : int, default 0
        form : int, default JSONL
            One of `protocol.FORMS`.

        Returns
        -------
        bytes
            In that form.

        Raises
        ------
        ServerAway, ServerBusy
            As in `classify`.
        """
        names = None if name is None else (os.fsencode(name[0]), os.fsencode(name[1]))
        try:
            head = pack_request(raw, names, explain, form)
        except ValueError as error:
            raise ServerAway(f"{self.path}: cannot be asked about {error}") from None
        give_up, pause = time.monotonic() + self.patience, PAUSE
        while True:
            status, text = self._asked(head, raw)
            if status == JUDGED:
                return text
            said = f"{self.path}: {text.decode('utf-8', 'replace')}"
            if status != BUSY:
                raise ServerAway(said)
            if time.monotonic() + pause > give_up:
                raise ServerBusy(said)
            time.sleep(pause)
            pause *= 2

    def _asked(self, head: bytes, raw: bytes) -> tuple[int, bytes]:
        """Ask once; over a new connection if the old one was closed meanwhile."""
        self._until = time.monotonic() + self.timeout
        if self._socket is not None:
            try:
                return self._exchange(self._socket, head, raw)
            except (ConnectionError, EOFError):
                self.close()  # the server closes what is idle, or was started anew
        try:
            self._socket = self._connected()
            return self._exchange(self._socket, head, raw)
        except BlockingIOError:  # too many wait to be let in
            self.close()
            return BUSY, b"too many connections"
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise ServerAway(f"{self.path}: no answer within {self.timeout:g} seconds") from None
            if isinstance(error, EOFError):
                raise ServerAway(f"{self.path}: closed the connection without an answer") from None
            if isinstance(error, OSError):
                raise ServerAway(f"{self.path}: no server answers: {error.strerror or error}") from None
            raise

    def _connected(self) -> sockets.socket:
        connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        try:
            connection.settimeout(self.timeout)
            connection.connect(self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _exchange(self, connection: sockets.socket, head: bytes, raw: bytes) -> tuple[int, bytes]:
        """Send a request and read the reply; a server that refuses does not wait for the end of the mail."""
        broken: OSError | None = None
        connection.settimeout(self._left())
        try:
            if len(raw) < 1 << 16:
                connection.sendall(head + raw)
            else:
                connection.sendall(head)
                connection.sendall(raw)
        except ConnectionError as error:
            broken = error
        try:
            found = reply_head(self._read(connection, REPLY_BYTES))
        except (ConnectionError, EOFError):
            raise broken or EOFError from None
        if found is None:
            self.close()
            raise ServerAway(f"{self.path}: whatever answers there is no server of mailtriage")
        status, length = found
        text = self._read(connection, length)
        if broken:
            self.close()
        return status, text

    def _read(self, connection: sockets.socket, size: int) -> bytes:
        """Read exactly so many bytes."""
        pieces = bytearray()
        while len(pieces) < size:
            connection.settimeout(self._left())
            piece = connection.recv(min(size - len(pieces), 1 << 18))
            if not piece:
                raise EOFError
            pieces += piece
        return bytes(pieces)

    def _left(self) -> float:
        """Return the seconds that are left; an answer that drips in is no answer."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

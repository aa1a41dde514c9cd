"""One worker: takes connections in, reads requests, judges them, writes replies; one thread, no locks.

Judging is all of the work and holds the interpreter, so that threads would only take turns (measured: see
tests/bench/RESULTS.md); a second worker is a second process. Between two rounds of judging every peer is
heard, so that a queue which is full says so at once. What waits is judged together: a batch costs less.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from classifier.serve.connection import Connection, Refused, Request
from classifier.serve.peers import Admission
from classifier.serve.protocol import BUSY, LATE, REFUSED, pack_reply

TOGETHER = 16
"""Requests judged in one batch: more would let the first one wait."""

TOGETHER_BYTES = 1 << 20
"""A batch ends with the mail that takes it over this."""

_SCAN_SECONDS = 0.25
"""How often slow peers are looked for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one worker takes on.

    Parameters
    ----------
    queue : int, default 64
        Requests that wait to be judged; the next one is told that the server is busy.
    connections : int, default 256
        Peers at once. One more takes the place of the one that has been idle longest, or is told so.
    seconds : float, default 10.0
        How long a request may take to arrive, or a reply to leave.
    judging : float, default 10.0
        How long one mail may take to be judged, in seconds; see `Hourglass`.
    idle : float, default 300.0
        How long a connection may ask nothing.
    memory : int, default 256 MiB
        Bytes of requests, whole or not; one that goes beyond is told that the server is busy.
    """

    queue: int = 64
    connections: int = 256
    seconds: float = 10.0
    judging: float = 10.0
    idle: float = 300.0
    memory: int = 256 << 20


class Loop:
    """Serves a listening socket until it is told to stop.

    Parameters
    ----------
    listener : socket.socket
    answer : callable
        From requests to one reply each, in order. Must not raise.
    admission : Admission
    limits : Limits
    """

    def __init__(
        self,
        listener: socket.socket,
        answer: Callable[[Sequence[Request]], Sequence[bytes]],
        admission: Admission,
        limits: Limits,
    ) -> None:
        self._listener, self._answer = listener, answer
        self._admission, self._limits = admission, limits
        self._selector = selectors.DefaultSelector()
        self._all: dict[Connection, None] = {}
        self._queue: deque[tuple[Connection, Request]] = deque()
        self._stopping = False
        self._looked = 0.0
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)

    def watch(self, file: int, heard: Callable[[], None]) -> None:
        """Call a function when a file descriptor can be read.

        Parameters
        ----------
        file : int
        heard : callable
        """
        self._selector.register(file, selectors.EVENT_READ, heard)

    def unwatch(self, file: int) -> None:
        """Watch a file descriptor no more.

        Parameters
        ----------
        file : int
        """
        self._selector.unregister(file)

    def stop(self) -> None:
        """Let nobody in any more, and end when those who are asking have their answers."""
        if self._stopping:
            return
        self._accept()  # who has knocked is let in
        self._stopping = True
        self._selector.unregister(self._listener)
        self._listener.close()
        for each in [each for each in self._all if each.idle]:
            if not self._hear(each):  # unless its request is here already
                self._drop(each)

    def run(self) -> None:
        """Serve until stopped."""
        try:
            while not (self._stopping and not self._all):
                self._turn()
        finally:
            for each in list(self._all):
                self._drop(each)
            self._selector.close()

    def _turn(self) -> None:
        """Hear everybody once, then judge some of what waits."""
        for key, _ in self._selector.select(0 if self._queue else _SCAN_SECONDS):
            if isinstance(key.data, Connection):
                self._serve(key.data)
            else:
                key.data()
        now = time.monotonic()
        if now - self._looked > _SCAN_SECONDS:
            self._looked = now
            self._drop_slow(now)
        self._judge()

    def _accept(self) -> None:
        """Let in who knocks, so far as there is room."""
        for _ in range(self._limits.connections):
            try:
                peer, _ = self._listener.accept()
            except OSError:  # nobody any more, gone already, or no descriptor left: then later
                return
            refusal = self._admission.refusal(peer)
            if refusal:
                _dismiss(peer, pack_reply(REFUSED, refusal.encode()))
            elif not self._has_room():
                _dismiss(peer, pack_reply(BUSY, b"busy: too many connections"))
            else:
                peer.setblocking(False)
                connection = Connection(peer, time.monotonic())
                self._all[connection] = None
                self._selector.register(peer, selectors.EVENT_READ, connection)
                self._serve(connection)  # most have written by now

    def _has_room(self) -> bool:
        """Whether one more may come in; who has been idle longest goes for him."""
        if len(self._all) < self._limits.connections:
            return True
        idle = min((each for each in self._all if each.idle), key=lambda each: each.since, default=None)
        if idle is None:
            return False
        self._drop(idle)
        return True

    def _serve(self, connection: Connection) -> None:
        """Go on with a peer that can be read or written."""
        if connection not in self._all:
            return
        if connection.writing:
            self._write(connection)
        elif not connection.waiting:
            self._hear(connection)

    def _hear(self, connection: Connection) -> bool:
        """Read from a peer; tell whether it is in the middle of something now."""
        now = time.monotonic()
        try:
            request = connection.read(now)
        except EOFError:
            self._drop(connection)
            return False
        except Refused as refused:
            self._reply(connection, refused.reply, last=True)
            return False
        if request is not None:
            self._enqueue(connection, request)
        elif self._kept() > self._limits.memory:
            self._reply(connection, pack_reply(BUSY, b"busy: too much mail at once"), last=True)
        return not connection.idle

    def _kept(self) -> int:
        """Bytes of mail that are here."""
        return sum(each.size for each in self._all) + sum(len(request.raw) for _, request in self._queue)

    def _enqueue(self, connection: Connection, request: Request) -> None:
        """Let a request wait to be judged, if there is room."""
        if len(self._queue) >= self._limits.queue:
            self._reply(connection, pack_reply(BUSY, b"busy: too many mails are waiting"))
        else:
            self._queue.append((connection, request))

    def _judge(self) -> None:
        """Judge what has waited longest, as much as fits a batch."""
        batch: list[tuple[Connection, Request]] = []
        size = 0
        while self._queue and len(batch) < TOGETHER and size < TOGETHER_BYTES:
            batch.append(self._queue.popleft())
            size += len(batch[-1][1].raw)
        if not batch:
            return
        replies = self._answer([request for _, request in batch])
        for (connection, _), reply in zip(batch, replies, strict=True):
            if connection in self._all:
                self._reply(connection, reply)

    def _reply(self, connection: Connection, reply: bytes, *, last: bool = False) -> None:
        """Begin to answer a peer; most take it at once."""
        connection.reply(reply, time.monotonic(), last=last or self._stopping)
        self._write(connection)

    def _write(self, connection: Connection) -> None:
        """Go on answering a peer."""
        try:
            done = connection.write(time.monotonic())
        except EOFError:
            self._drop(connection)
            return
        if done and connection.last:
            self._drop(connection)
            return
        wanted = selectors.EVENT_READ if done else selectors.EVENT_WRITE
        if self._selector.get_key(connection.peer).events != wanted:
            self._selector.modify(connection.peer, wanted, connection)

    def _drop_slow(self, now: float) -> None:
        """Drop who hangs in the middle of something, or has been idle for too long."""
        for each in list(self._all):
            if each.waiting or now - each.since <= (self._limits.idle if each.idle else self._limits.seconds):
                continue
            if not (each.idle or each.writing):
                with suppress(OSError):
                    each.peer.send(pack_reply(LATE, b"the request did not arrive in time"))
            self._drop(each)

    def _drop(self, connection: Connection) -> None:
        """Forget a peer."""
        if connection in self._all:
            del self._all[connection]
            self._selector.unregister(connection.peer)
            connection.peer.close()


def _dismiss(peer: socket.socket, reply: bytes) -> None:
    """Send somebody away with a reason, if it is heard."""
    with suppress(OSError):
        peer.setblocking(False)
        peer.send(reply)
    peer.close()

"""Connections of mail servers, all in one thread, and judging in another: bounded in number, size, time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from classifier.serve.milter import packets
from classifier.serve.milter.packets import Malformed
from classifier.serve.milter.session import Room, Session

_STOPPING = 3
"""So many times the seconds of a verdict may a mail in hand take that is to be the last."""

_Result = TypeVar("_Result")
Judging = Callable[[bytes], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one process takes on.

    Parameters
    ----------
    seconds : float, default 10.0
        How long a mail may wait for its verdict, and an answer for its reader.
    connections : int, default 100
        Servers at once; those beyond wait to be let in. Postfix runs a hundred by default.
    memory : int, default 256 MiB
        Bytes of mail; of one that comes when there are so many, the beginning is judged.
    idle : float, default 7210.0
        How long a connection may say nothing, in seconds: what libmilter allows.
    """

    seconds: float = 10.0
    connections: int = 100
    memory: int = 256 << 20
    idle: float = 7210.0


class Service:
    """Answers mail servers at a socket.

    Parameters
    ----------
    listener : socket.socket
    judge : callable
        From a mail to what `fields` takes; called in another thread, one call at a time. May raise.
    complain : callable
        Is told, in a sentence, what went wrong.
    refusal : callable
        From a connected socket to the reason why it is not let in; '' if it is.
    bounds : Bounds
    quarantine : bool, default False
        Whether sure spam is to be held back by the server.
    tempfail : bool, default False
        Whether a mail that cannot be judged is to be sent again later, instead of going on without a verdict.
    """

    def __init__(
        self,
        listener: socket.socket,
        judge: Judging,
        complain: Callable[[str], None],
        refusal: Callable[[socket.socket], str],
        bounds: Bounds,
        *,
        quarantine: bool = False,
        tempfail: bool = False,
    ) -> None:
        self._listener, self._judge, self._complain, self._refusal = listener, judge, complain, refusal
        self._bounds, self._quarantine, self._tempfail = bounds, quarantine, tempfail
        self._room = Room(bounds.memory)
        self._thread = ThreadPoolExecutor(1)
        self._sessions: dict[asyncio.Task[None], Session] = {}
        self._slots = asyncio.Semaphore(bounds.connections)
        self._stopping = asyncio.Event()
        listener.setblocking(False)

    def stop(self) -> None:
        """Let nobody in any more, and end when the mail in hand has its answer."""
        self._stopping.set()
        for task, session in self._sessions.items():
            if not session.under_way:
                task.cancel()

    async def run(self) -> None:
        """Serve until stopped."""
        admitting = asyncio.create_task(self._admit())
        await self._stopping.wait()
        admitting.cancel()
        tasks = {admitting, *self._sessions}
        _, late = await asyncio.wait(tasks, timeout=_STOPPING * self._bounds.seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def in_turn(self, work: Callable[[], _Result]) -> _Result:
        """Do something between two mails, in the thread that judges.

        Parameters
        ----------
        work : callable

        Returns
        -------
        object
            What it returns.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _admit(self) -> None:
        """Let in who knocks."""
        loop = asyncio.get_running_loop()
        while True:
            await self._slots.acquire()
            try:
                peer, _ = await loop.sock_accept(self._listener)
            except OSError:  # gone already, or no descriptor left: then later
                self._slots.release()
                await asyncio.sleep(0.1)
                continue
            except BaseException:
                self._slots.release()
                raise
            refusal = self._refusal(peer)
            if refusal:
                self._complain(refusal)
                peer.close()
                self._slots.release()
                continue
            session = Session(self._room, quarantine=self._quarantine)
            task = asyncio.create_task(self._attend(peer, session))
            self._sessions[task] = session
            task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        """Forget a connection."""
        self._sessions.pop(task).forget()
        self._slots.release()

    async def _attend(self, peer: socket.socket, session: Session) -> None:
        """Talk with one server, to the end."""
        try:
            reader, writer = await asyncio.open_connection(sock=peer)
        except OSError:
            peer.close()
            return
        try:
            while not self._stopping.is_set() or session.under_way:
                await self._exchange(reader, writer, session)
        except (EOFError, OSError, TimeoutError):  # done, or gone
            pass
        except Malformed as error:
            self._complain(f"whoever is connected is no mail server: {error}")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session
    ) -> None:
        """Hear a packet and answer it."""
        async with asyncio.timeout(self._bounds.idle):
            head = await reader.readexactly(4)
        async with asyncio.timeout(self._bounds.idle if session.under_way else self._bounds.seconds):
            packet = await reader.readexactly(packets.length(head))
        answer = session.take(packet[:1], packet[1:])
        if packet[:1] == packets.END:
            answer = await self._verdict(session)
        if answer:
            writer.write(answer)
            async with asyncio.timeout(self._bounds.seconds):
                await writer.drain()

    async def _verdict(self, session: Session) -> bytes:
        """Have a mail judged; say why, where that fails."""
        called, seconds = session.envelope.queue_id, self._bounds.seconds
        mail = session.mail
        waiting = asyncio.wrap_future(self._thread.submit(lambda: self._judge(mail())))
        done, _ = await asyncio.wait({waiting}, timeout=seconds)
        try:
            if done:
                return session.conclude(waiting.result())
            waiting.cancel()
            reason = f"it took longer than {seconds:g} seconds"
        except Exception as error:  # whatever it is: the mail goes on
            reason = str(error) or type(error).__name__
        said = "put off" if self._tempfail else "passed on without a verdict"
        self._complain(f"{called + ': ' if called else ''}{said}: {reason}")
        return session.put_off() if self._tempfail else session.conclude(None)

"""A milter as a whole: the place, the supervisor, and in each worker a service with a classifier."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.errors import NotJudged, ServeError
from classifier.serve.client import Client
from classifier.serve.connection import Request
from classifier.serve.door import Door
from classifier.serve.hourglass import Hourglass
from classifier.serve.milter.place import Place, listening
from classifier.serve.milter.service import Bounds, Service
from classifier.serve.peers import Admission
from classifier.serve.protocol import JUDGED, REPLY_BYTES, TOLD, reply_head
from classifier.serve.supervisor import Supervisor
from classifier.serve.systemd import inherited

if TYPE_CHECKING:
    from classifier.engine import Classifier
    from classifier.serve.answering import Answering


@dataclass(frozen=True)
class Milter:
    """Answers mail servers.

    Parameters
    ----------
    load : callable
        Loads the classifier: in each worker, and again on SIGHUP.
    complain : callable
        Is told, in a sentence, what happened.
    failed : callable
        Is given the error that ends a worker, says it, and returns the exit code.
    profile : Path, optional
        See `Answering`.
    via : str, optional
        The socket of a server that judges instead.
    explain : int, default 3
        How many clues are given.
    jobs : int, default 1
        Workers.
    gid : int, optional
        A group whose members may ask at a Unix socket, too.
    bounds : Bounds, optional
        Of each worker.
    quarantine, tempfail : bool, default False
        See `Service`.
    """

    load: Callable[[], Classifier]
    complain: Callable[[str], None]
    failed: Callable[[BaseException], int]
    profile: Path | None = None
    via: str | None = None
    explain: int = 3
    jobs: int = 1
    gid: int | None = None
    bounds: Bounds = field(default_factory=Bounds)
    quarantine: bool = False
    tempfail: bool = False

    def serve(self, where: Place | None) -> int:
        """Answer until a signal says to stop.

        Parameters
        ----------
        where : Place or None
            None takes the socket that systemd hands over.

        Returns
        -------
        int
            The exit code.

        Raises
        ------
        ServeError
            If there is nothing to listen at.
        """
        listener, door = inherited(), None
        if listener is None:
            if where is None:
                raise ServeError("no socket: --socket names one, unless systemd hands one over")
            door = Door(where.path, self.gid) if where.family == socket.AF_UNIX else None
            listener = door.socket if door else listening(where)
        taken = listener

        def work(ready: Callable[[], None], alive: int, glass: Hourglass) -> int:
            try:
                if door:
                    door.only_listen()
                asyncio.run(self._work(taken, ready, alive, glass))
            except BaseException as error:
                return self.failed(error)
            return 0

        if self.via is None:
            import classifier.engine  # noqa: F401 - here, once, for all workers
        gc.freeze()
        named = f"{where.path or f'{where.host} port {where.port}'}" if where else "the socket of systemd"
        said = f"filtering at {named}, {self.jobs} worker{'s' * (self.jobs > 1)}"
        try:
            return Supervisor(work, self.jobs, self.bounds.seconds, self.complain).run(
                lambda: self.complain(said), door.close if door else taken.close
            )
        finally:
            if door:
                door.close()

    async def _work(
        self, listener: socket.socket, ready: Callable[[], None], alive: int, glass: Hourglass
    ) -> None:
        """Work as one worker, until told to stop or left alone."""
        admission = Admission(os.geteuid(), self.gid)
        known = listener.family == socket.AF_UNIX
        judge = _Judge(self, glass)
        service = Service(
            listener,
            judge,
            self.complain,
            admission.refusal if known else lambda _: "",
            self.bounds,
            quarantine=self.quarantine,
            tempfail=self.tempfail,
        )
        loop = asyncio.get_running_loop()
        reloads: set[asyncio.Task[Any]] = set()

        def reload() -> None:
            reloads.add(task := asyncio.create_task(service.in_turn(judge.reload)))
            task.add_done_callback(reloads.discard)

        def orphaned() -> None:
            loop.remove_reader(alive)
            service.stop()

        loop.add_signal_handler(signal.SIGTERM, service.stop)
        loop.add_signal_handler(signal.SIGHUP, reload)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        loop.add_reader(alive, orphaned)
        await service.in_turn(judge.begin)
        ready()
        await service.run()


class _Judge:
    """Judges mail, in the one thread that has the classifier."""

    def __init__(self, milter: Milter, glass: Hourglass) -> None:
        self._milter, self._glass = milter, glass
        self._answering: Answering | None = None

    def begin(self) -> None:
        """Load the classifier, unless another server has one."""
        milter = self._milter
        if milter.via is None:
            from classifier.serve.answering import Answering

            self._answering = Answering(milter.load, milter.complain, self._glass.watched, milter.profile)

    def reload(self) -> None:
        """Load it anew."""
        if self._answering:
            self._answering.reload()

    def __call__(self, raw: bytes) -> dict[str, Any]:
        """Judge a mail."""
        found: dict[str, Any] = json.loads(self._asked(raw))
        return found

    def _asked(self, raw: bytes) -> bytes:
        milter, seconds = self._milter, self._milter.bounds.seconds
        if self._answering is None:
            with Client(milter.via or "", timeout=seconds, patience=seconds) as client:
                return client.ask(raw, explain=milter.explain, form=TOLD)
        [reply] = self._answering([Request(raw, explain=milter.explain, form=TOLD)])
        head = reply_head(reply[:REPLY_BYTES])
        text = reply[REPLY_BYTES:]
        if head is None or head[0] != JUDGED:
            raise NotJudged(text.decode("utf-8", "replace"))
        return text

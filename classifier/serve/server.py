"""A server as a whole: the door, the supervisor, and in each worker a loop with a classifier."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import ServeError
from classifier.serve.answering import Answering
from classifier.serve.bell import Bell
from classifier.serve.door import Door
from classifier.serve.hourglass import Hourglass
from classifier.serve.loop import Limits, Loop
from classifier.serve.peers import Admission
from classifier.serve.supervisor import Supervisor
from classifier.serve.systemd import inherited

if TYPE_CHECKING:
    from classifier.engine import Classifier


@dataclass(frozen=True)
class Server:
    """Answers at a socket.

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
    jobs : int, default 1
        Workers.
    gid : int, optional
        A group whose members may ask, too.
    limits : Limits, optional
        Of each worker.
    """

    load: Callable[[], Classifier]
    complain: Callable[[str], None]
    failed: Callable[[BaseException], int]
    profile: Path | None = None
    jobs: int = 1
    gid: int | None = None
    limits: Limits = field(default_factory=Limits)

    def serve(self, path: str | None) -> int:
        """Answer until a signal says to stop.

        Parameters
        ----------
        path : str or None
            Where; None takes the socket that systemd hands over.

        Returns
        -------
        int
            The exit code.

        Raises
        ------
        ServeError
            If there is no socket to serve.
        """
        listener, door = inherited(), None
        if listener is None:
            if path is None:
                raise ServeError("no socket: --socket PATH names one, unless systemd hands one over")
            door = Door(path, self.gid)
            listener = door.socket
        admission = Admission(os.geteuid(), self.gid)

        def work(ready: Callable[[], None], alive: int, glass: Hourglass) -> int:
            try:
                if door:
                    door.only_listen()
                answering = Answering(self.load, self.complain, glass.within, self.profile)
                _run(Loop(listener, answering, admission, self.limits), answering, ready, alive)
            except BaseException as error:
                return self.failed(error)
            return 0

        import classifier.engine  # noqa: F401 - here, once, for all workers

        gc.freeze()
        where = f"{path if door else 'the socket of systemd'}, {self.jobs} worker{'s' * (self.jobs > 1)}"
        try:
            return Supervisor(work, self.jobs, self.limits.judging, self.complain).run(
                lambda: self.complain(f"answering at {where}"), door.close if door else listener.close
            )
        finally:
            if door:
                door.close()


def _run(loop: Loop, answering: Answering, ready: Callable[[], None], alive: int) -> None:
    """Work as one worker, until told to stop or left alone."""
    bell = Bell((signal.SIGTERM, signal.SIGHUP))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def heard() -> None:
        for number in bell.rung():
            if number == signal.SIGHUP:
                answering.reload()
            elif number == signal.SIGTERM:
                loop.stop()

    def orphaned() -> None:
        loop.unwatch(alive)
        loop.stop()

    loop.watch(bell.fileno(), heard)
    loop.watch(alive, orphaned)
    ready()
    loop.run()

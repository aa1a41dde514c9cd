"""Judging in a process of its own: whatever becomes of it, the one that has the mail in hand lives on."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from classifier.errors import NotJudged

_DONE, _FAILED = b"+", b"-"


def apart(work: Callable[[], bytes], seconds: float) -> bytes:
    """Do something in a child of this process.

    Parameters
    ----------
    work : callable
        What to do; nothing that it changes is seen here, and what it writes to standard output is lost.
    seconds : float
        How long it may take.

    Returns
    -------
    bytes
        What it returned.

    Raises
    ------
    NotJudged
        If it raised an error, ended in any other way, or took too long.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        os.close(hear)
        _do(work, tell)
    os.close(tell)
    try:
        said = _heard(hear, seconds)
    finally:
        os.close(hear)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if said is None:
        raise NotJudged(f"it took longer than {seconds:g} seconds")
    if said[:1] == _DONE:
        return said[1:]
    ended = os.waitstatus_to_exitcode(status)
    how = f"was killed by signal {-ended}" if ended < 0 else f"ended with code {ended}"
    raise NotJudged(said[1:].decode("utf-8", "replace") or f"the process that judged {how}")


def _do(work: Callable[[], bytes], tell: int) -> None:
    """Work, in the child, and never come back."""
    try:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it ends with the process
        os.dup2(sys.stdout.fileno(), 1)
        try:
            said = _DONE + work()
        except BaseException as error:
            kind = "" if str(error) else type(error).__name__
            said = _FAILED + f"{kind}{error}".encode("utf-8", "replace")
        with os.fdopen(tell, "wb") as told:
            told.write(said)
        sys.stderr.flush()
    finally:
        os._exit(0)  # nothing of the parent's is to be ended twice


def _heard(hear: int, seconds: float) -> bytes | None:
    """Read what the child says, to its end; None where that takes too long."""
    until, said = time.monotonic() + seconds, bytearray()
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([hear], [], [], left)[0]:
            return None
        piece = os.read(hear, 1 << 16)
        if not piece:
            return bytes(said)
        said += piece

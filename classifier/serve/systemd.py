"""What systemd asks of a service, in two environment variables and one datagram.

Source: sd_listen_fds(3), sd_notify(3).
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from classifier.errors import ServeError

_FIRST = 3  # SD_LISTEN_FDS_START


def inherited() -> socket.socket | None:
    """Take the listening socket that systemd opened for this process.

    Returns
    -------
    socket.socket or None
        None where there is none.

    Raises
    ------
    ServeError
        If there are several, or it is no Unix stream socket.
    """
    meant, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if meant != str(os.getpid()) or not count:
        return None
    if count != "1":
        raise ServeError(f"systemd hands over {count} sockets, one is needed")
    try:
        listener = socket.socket(fileno=_FIRST)
        os.set_inheritable(_FIRST, False)
    except OSError as error:
        raise ServeError(f"what systemd hands over is no socket: {error.strerror}") from None
    listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if (listener.family, listener.type, listening) != (socket.AF_UNIX, socket.SOCK_STREAM, 1):
        listener.close()
        raise ServeError("what systemd hands over is no listening Unix stream socket")
    return listener


def notify(state: str) -> None:
    """Tell systemd how the service is; nothing where nobody asked.

    Parameters
    ----------
    state : str
        Such as ``READY=1``.
    """
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect("\0" + where[1:] if where.startswith("@") else where)
        told.sendall(state.encode())

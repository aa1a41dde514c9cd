"""Where a mail server finds the filter: a Unix socket, or a port."""

from __future__ import annotations

import socket
from typing import NamedTuple

from classifier.errors import ServeError
from classifier.patterns import pattern
from classifier.serve.door import BACKLOG

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}

_UNIX = pattern(r"(?:unix|local):(.+)\Z", 16)  # re.DOTALL
_INET = pattern(r"inet(6?):(?:(\d{1,5})(?:@(.+))?|(.+):(\d{1,5}))\Z")


class Place(NamedTuple):
    """A place to listen at.

    Parameters
    ----------
    family : int
        Of `socket`.
    path : str
        Of a Unix socket.
    host : str
    port : int
    """

    family: socket.AddressFamily
    path: str = ""
    host: str = ""
    port: int = 0


def place(text: str) -> Place:
    """Read a place as mail servers write it.

    Parameters
    ----------
    text : str
        ``unix:PATH``, ``inet:PORT@HOST`` (libmilter) or ``inet:HOST:PORT`` (Postfix); ``local`` and ``inet6``
        are known, too. Without a host it is this machine alone.

    Returns
    -------
    Place

    Raises
    ------
    ValueError
    """
    unix, inet = _UNIX.match(text), _INET.match(text)
    if unix:
        return Place(socket.AF_UNIX, path=unix[1])
    if not inet or int(inet[2] or inet[5]) > 65_535:
        raise ValueError(f"{text!r} is no unix:PATH or inet:PORT@HOST")
    family = socket.AF_INET6 if inet[1] else socket.AF_INET
    host = (inet[3] or inet[4] or LOOPBACK[family]).strip("[]")
    return Place(family, host=host, port=int(inet[2] or inet[5]))


def listening(where: Place) -> socket.socket:
    """Listen at a port.

    Parameters
    ----------
    where : Place
        With a host.

    Returns
    -------
    socket.socket

    Raises
    ------
    ServeError
        If that cannot be.
    """
    try:
        found = socket.getaddrinfo(where.host, where.port, where.family, socket.SOCK_STREAM)[0][4]
        listener = socket.socket(where.family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(found)
            listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise ServeError(f"{where.host} port {where.port}: {error.strerror or error}") from None
    return listener

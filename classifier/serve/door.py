"""The socket in the file system: made so that nobody else can use it, taken over only from the dead.

A lock beside the socket (``PATH.lock``) is held while a server lives, whatever becomes of the socket; the
kernel lets it go with the last process. So a socket without a holder of its lock is a dead server's.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path

from classifier.errors import ServeError

BACKLOG = 128
"""Peers that may knock before they are let in."""

LONGEST_PATH = 107
"""Bytes of a path that fit in sockaddr_un with the zero behind it. Source: unix(7)."""

_DYING_SECONDS = 3.0
"""How long a socket may still answer when nobody holds its lock: workers of a killed server, ending."""


class Door:
    """A listening socket at a path.

    Parameters
    ----------
    path : path
        Its folder is made where there is none, for the user alone, and for the group to pass through.
    gid : int, optional
        A group whose members may connect, too.

    Attributes
    ----------
    socket : socket.socket

    Raises
    ------
    ServeError
        If another server lives there, or it cannot be made.
    """

    def __init__(self, path: str | os.PathLike[str], gid: int | None = None) -> None:
        self.path = Path(path)
        if len(os.fsencode(self.path)) > LONGEST_PATH:
            raise ServeError(f"{self.path}: the path of a socket may have {LONGEST_PATH} bytes")
        try:
            self._guard_folder(gid)
            self._lock = self._locked()
            try:
                self._clear()
                self.socket = self._listening(gid)
            except BaseException:
                os.close(self._lock)
                raise
        except OSError as error:
            raise ServeError(f"{self.path}: cannot be served: {error.strerror or error}") from None
        self._made = os.stat(self.path).st_ino
        self._closed = False

    def _guard_folder(self, gid: int | None) -> None:
        """Make the folder, or look whether others could exchange what is in it."""
        folder = self.path.absolute().parent
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            pass
        else:
            if gid is not None:
                os.chown(folder, -1, gid)
                folder.chmod(0o710)
        found = folder.stat()
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not found.st_mode & stat.S_ISVTX:
            raise ServeError(f"{folder}: others may write there, and could put their own socket in the place")
        if found.st_uid not in {0, os.geteuid()}:
            raise ServeError(f"{folder}: belongs to another user, who could put his own socket in the place")

    def _locked(self) -> int:
        """Take the lock, or say who has it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        lock = os.open(f"{self.path}.lock", flags, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                raise ServeError(f"{self.path}: another server is running there") from None
            raise
        return lock

    def _clear(self) -> None:
        """Remove the socket of a dead server."""
        until = time.monotonic() + _DYING_SECONDS
        while True:
            try:
                found = os.lstat(self.path)
            except FileNotFoundError:
                return
            if not stat.S_ISSOCK(found.st_mode):
                raise ServeError(f"{self.path}: is there already, and no socket")
            if not _answers(self.path):
                os.unlink(self.path)
                return
            if time.monotonic() > until:
                raise ServeError(f"{self.path}: another program is listening there")
            time.sleep(0.05)

    def _listening(self, gid: int | None) -> socket.socket:
        """Bind; from its first moment on the socket is nobody else's."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(os.fspath(self.path))
        finally:
            os.umask(before)
        try:
            if gid is not None:
                os.chown(self.path, -1, gid)
                os.chmod(self.path, 0o660)
            listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            with suppress(OSError):
                os.unlink(self.path)
            raise
        return listener

    def only_listen(self) -> None:
        """Leave the path to another process, as a worker does: it is not to outlive its server's lock."""
        os.close(self._lock)
        self._closed = True

    def close(self) -> None:
        """Remove the socket, if it still is this one, and let the lock go."""
        self.socket.close()
        if self._closed:
            return
        self._closed = True
        with suppress(OSError):
            if os.lstat(self.path).st_ino == self._made:
                os.unlink(self.path)
        os.close(self._lock)


def _answers(path: Path) -> bool:
    """Whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return False
        except OSError as error:
            return error.errno != errno.ENOENT
        return True

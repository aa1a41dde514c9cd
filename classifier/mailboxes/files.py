"""Opening what a path names without waiting on pipes, and reading at most so much of it."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from ..errors import MailboxError
from .base import MAX_RAW, WINDOW
from .compressed import DAMAGE, DamagedError, compression_of, decompressed

# How much of a file tells what it is.
HEAD = 4096
SHRANK = "the file became shorter while it was read"
REPLACED = "the file was replaced or rewritten while it was read"
# So many bytes at a file's ends tell whether it was rewritten in its place.
_SEAL = 256


def open_file(path: str, shown: str | None = None) -> int:
    """Open a regular file for reading.

    Parameters
    ----------
    path : str
        Which file.
    shown : str, optional
        How errors name it; by default `path`.

    Returns
    -------
    int
        A file descriptor.

    Raises
    ------
    MailboxError
        If it cannot be opened, or is a directory, pipe, socket or device (which is never waited for).
    """
    name = path if shown is None else shown
    fd = -1
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        mode = os.fstat(fd).st_mode
    except (OSError, ValueError) as error:
        if fd >= 0:
            os.close(fd)
        raise MailboxError(name, getattr(error, "strerror", None) or str(error)) from error
    if stat.S_ISREG(mode):
        return fd
    os.close(fd)
    raise MailboxError(name, f"is a {kind_of(mode)}, not a file of mail")


class Kept:
    """A file kept open for as long as anybody wants to read it, whatever becomes of its name.

    A mail program that puts a new file in the place of an old one takes the old one's name, not its bytes.
    On Linux other processes of the same user can open them, too, while this object lives in this one.

    Parameters
    ----------
    path : str
        What opens it in other processes.
    fd : int, default -1
        Closed with the object; none in a process that got the object from another.
    """

    __slots__ = ("fd", "path")

    def __init__(self, path: str, fd: int = -1) -> None:
        self.path, self.fd = path, fd

    @classmethod
    def of(cls, fd: int) -> Kept:
        """Keep the file of a descriptor, which itself may be closed."""
        mine = os.dup(fd)
        return cls(f"/proc/{os.getpid()}/fd/{mine}", mine)

    def __reduce__(self) -> tuple[type[Kept], tuple[str]]:
        return Kept, (self.path,)

    def __del__(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)


def kind_of(mode: int) -> str:
    """Name the kind of a directory entry."""
    kinds = {
        stat.S_IFDIR: "directory",
        stat.S_IFIFO: "named pipe",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "character device",
        stat.S_IFBLK: "block device",
        stat.S_IFLNK: "symbolic link",
    }
    return kinds.get(stat.S_IFMT(mode), "special file")


def open_stream(path: str, shown: str | None = None) -> BinaryIO:
    """Open a regular file as a stream of its bytes, decompressed where its first bytes say so."""
    stream = io.BufferedReader(io.FileIO(open_file(path, shown)), WINDOW)
    kind = compression_of(stream.peek(8)[:8])
    return decompressed(stream, kind) if kind else stream


def is_compressed(path: str, shown: str | None = None) -> bool:
    """Tell by the first bytes of a file whether it is compressed."""
    fd = open_file(path, shown)
    try:
        return bool(compression_of(os.pread(fd, 8, 0)))
    finally:
        os.close(fd)


class Seal(NamedTuple):
    """The first and last bytes that a file had: appending leaves them where they are, rewriting does not.

    Parameters
    ----------
    top : bytes
    at : int
        Where the last ones are.
    last : bytes
    """

    top: bytes = b""
    at: int = 0
    last: bytes = b""

    @classmethod
    def of(cls, fd: int, size: int) -> Seal:
        """Seal a file of this size."""
        at = max(0, size - _SEAL)
        return cls(os.pread(fd, min(size, _SEAL), 0), at, os.pread(fd, size - at, at))

    def broken(self, fd: int) -> bool:
        """Tell whether other bytes stand there; a file that is only shorter now is not broken."""
        top, last = os.pread(fd, len(self.top), 0), os.pread(fd, len(self.last), self.at)
        return not (self.top.startswith(top) and self.last.startswith(last))


UNSEALED = Seal()


class FileRead:
    """Reads of a file by offset, up to the size it had when reading began.

    What is appended meanwhile is left for the next run: it may be half a message. A file that shrinks
    or is rewritten ends early and sets `damage`.

    Parameters
    ----------
    fd : int
        Not owned.
    offset, end : int
        Where to begin, and the size of the file.
    window : int
        The largest single read.
    seal : Seal
        What the file must end with, to be the same.
    """

    __slots__ = ("damage", "end", "fd", "offset", "seal", "window")

    def __init__(self, fd: int, offset: int, end: int, window: int = WINDOW, seal: Seal = UNSEALED) -> None:
        self.fd, self.offset, self.end, self.window, self.seal = fd, offset, end, window, seal
        self.damage = ""

    def __call__(self, size: int) -> bytes:
        """Return up to `size` bytes, b"" at the end."""
        size = min(size, self.window, self.end - self.offset)
        if size <= 0:
            return b""
        data = os.pread(self.fd, size, self.offset)
        if self.seal.broken(self.fd):
            self.damage = REPLACED
            return b""
        self.offset += len(data)
        self.damage = "" if data else SHRANK
        return data


class StreamRead:
    """Reads of a stream that may break in the middle.

    Parameters
    ----------
    stream : BinaryIO
        Not owned. Its `read1`, where it has one, keeps a slow pipe flowing.
    head : bytes
        What was read from it already.

    Attributes
    ----------
    damage : str
        Why the stream ended early, or ''.
    """

    __slots__ = ("_head", "_read", "damage")

    def __init__(self, stream: BinaryIO, head: bytes = b"") -> None:
        self._read: Callable[[int], bytes] = getattr(stream, "read1", None) or stream.read
        self._head = head
        self.damage = ""

    def __call__(self, size: int) -> bytes:
        """Return up to `size` bytes, b"" at the end."""
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        if self.damage:
            return b""
        try:
            return self._read(size) or b""
        except DAMAGE as error:
            self.damage = DamagedError.reason(error)
            return b""

    def whole(self, limit: int = MAX_RAW) -> tuple[bytes, bool]:
        """Read to the end, keeping at most `limit` bytes.

        Returns
        -------
        tuple of bytes and bool
            The bytes, and whether there were more.
        """
        pieces, have = [], 0
        while have <= limit and (piece := self(WINDOW)):
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        return data[:limit], have > limit


def read_head(path: str, shown: str | None = None) -> bytes:
    """Read the first bytes of a file, decompressed.

    Raises
    ------
    MailboxError
        If the file cannot be read.
    """
    with open_stream(path, shown) as stream:
        read = StreamRead(stream)
        head = b""
        while len(head) < HEAD and (piece := read(HEAD - len(head))):
            head += piece
    if not head and read.damage:
        raise MailboxError(path if shown is None else shown, read.damage)
    return head

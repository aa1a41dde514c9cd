"""Standard input: one message or an mbox, compressed or not, told apart by its first bytes."""

from __future__ import annotations

import contextlib
import io
import os
from typing import BinaryIO, cast

from ..errors import MailboxError
from .base import WINDOW, Mailbox
from .compressed import compression_of, decompressed
from .files import HEAD, StreamRead
from .from_lines import starts_mbox
from .stream import MboxStream, MessageStream


class Rejoined(io.RawIOBase):
    """A stream with the bytes that were read from it put back."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._pull = StreamRead(stream, head)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self._pull(WINDOW), b""))
        return self._pull(size)


def _head_of(stream: BinaryIO) -> bytes:
    read, head = StreamRead(stream), b""
    while len(head) < HEAD and (piece := read(HEAD - len(head))):
        head += piece
    if read.damage and not head:
        raise MailboxError("-", read.damage)
    return head


def open_stdin(stream: BinaryIO, format: str | None = None) -> Mailbox:  # noqa: A002 - the word that users see
    """Open mail from a stream that can be read once.

    Parameters
    ----------
    stream : BinaryIO
        Standard input, or any other binary stream.
    format : str, optional
        "mbox" or "message"; by default the content tells. An empty stream is an empty mbox.

    Returns
    -------
    Mailbox
        Shown as "-".

    Raises
    ------
    MailboxError
        If it cannot be read.
    NotMail
        If it is a single something that is no message.
    """
    head = _head_of(stream)
    if kind := compression_of(head):
        stream = decompressed(cast(BinaryIO, Rejoined(head, stream)), kind)
        head = _head_of(stream)
    if format == "mbox" or (format is None and (not head or starts_mbox(head))):
        return MboxStream("-", None, stream, head)
    return MessageStream("-", stream, head, check=format is None)


class Spool:
    """A copy of a stream in a temporary file, removed when closed.

    Parameters
    ----------
    stream : BinaryIO
        Copied to its end.

    Raises
    ------
    MailboxError
        If the temporary directory has no room.
    """

    def __init__(self, stream: BinaryIO) -> None:
        import shutil  # slow to import, and only streams that are read twice are spooled
        import tempfile

        fd, self.path = tempfile.mkstemp(prefix="mailtriage-", suffix=".spool")
        try:
            with os.fdopen(fd, "wb") as file:
                shutil.copyfileobj(stream, file, WINDOW)
        except OSError as error:
            self.close()
            raise MailboxError("-", f"cannot be kept in {self.path}: {error.strerror or error}") from error

    def close(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)

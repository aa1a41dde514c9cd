"""Mail that can only be read from front to end: compressed mboxes, and standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from ..errors import MailboxError, NotMail
from .base import MAX_RAW, WINDOW, Mailbox, Original, Part, Problem, Span, Stored, grouped
from .content import why_no_mail
from .files import StreamRead
from .from_lines import Record, from_line_time, scan
from .mbox import stored_of
from .message import without_from_line
from .quoting import from_line

_ONCE = "standard input can be read only once"
_TOO_LARGE = (
    "a message larger than 40 MiB from standard input cannot be copied; save the mail to a file first"
)


class StoredSpan(Span):
    """Messages themselves, for workers that could not read them.

    Parameters
    ----------
    items : tuple of Stored
        In order.
    """

    __slots__ = ("items",)

    def __init__(self, items: tuple[Stored, ...]) -> None:
        self.items = items

    def about(self) -> tuple[str, str]:
        """Name the mailbox, and the first and the last message."""
        return self.items[0].mailbox, f"{self.items[0].key} to {self.items[-1].key}"

    def __len__(self) -> int:
        return len(self.items)

    def read(self, problems: list[Problem]) -> Iterator[Stored]:  # noqa: ARG002 - all reading is done
        """Yield the messages."""
        yield from self.items


class WholePart(Part):
    """A mailbox that cannot be cut, as it is compressed: one reader reads it from front to end.

    Parameters
    ----------
    path : str
        Of the mailbox.
    format : str
        Its format.
    """

    __slots__ = ("format", "path")

    def __init__(self, path: str, format: str) -> None:  # noqa: A002 - the word that users see
        self.path, self.format = path, format

    def about(self) -> tuple[str, str]:
        """Name the mailbox."""
        return self.path, ""

    def read(self, problems: list[Problem]) -> Iterator[Stored]:
        """Open the mailbox and yield its messages."""
        from .detect import open_mailbox  # which imports this module

        with open_mailbox(self.path, self.format) as mailbox:
            yield from mailbox
            problems += mailbox.problems


class StreamOriginal(Original):
    """A record or message from a stream; a cut one is read again, if the stream can be."""

    def __init__(
        self, stored: Stored, record: Record, reopen: Callable[[], BinaryIO] | None, framed: bool
    ) -> None:
        self.stored, self._record, self._reopen, self.is_record = stored, record, reopen, framed
        self.is_cut = len(record.data) < record.end - record.start
        self.received = from_line_time(from_line(record.data)) if framed else None

    def chunks(self) -> Iterator[bytes]:
        """Yield the whole record."""
        start, end, data, _ = self._record
        if len(data) == end - start:
            yield data
            return
        if self._reopen is None:
            raise MailboxError(self.stored.mailbox, _TOO_LARGE, self.stored.key)
        with self._reopen() as stream:
            read, at = StreamRead(stream), 0
            while at < end and (piece := read(min(WINDOW, (end if at >= start else start) - at))):
                at += len(piece)
                if at > start:
                    yield piece
        if at < end:
            raise MailboxError(self.stored.mailbox, read.damage or "ends early", self.stored.key)


class MboxStream(Mailbox):
    """An mbox that is a stream.

    Parameters
    ----------
    path : str
        As shown.
    reopen : callable or None
        Opens the (decompressed) stream anew; None for standard input.
    stream : BinaryIO, optional
        The stream that can be read only once.
    head : bytes
        What was read from it already.
    """

    format = "mbox"

    def __init__(
        self,
        path: str,
        reopen: Callable[[], BinaryIO] | None,
        stream: BinaryIO | None = None,
        head: bytes = b"",
    ) -> None:
        super().__init__(path)
        self._reopen, self._stream, self._head = reopen, stream, head
        self._last: Record | None = None
        self._ahead: Iterator[Record] | None = None

    def __iter__(self) -> Iterator[Stored]:
        self.problems.clear()
        for record in self._records(self.problems):
            self._last = record
            yield stored_of(self.path, record, self.problems)

    def _records(self, problems: list[Problem]) -> Iterator[Record]:
        if self._reopen:
            stream, head = self._reopen(), b""
        elif self._stream:
            stream, head, self._stream, self._head = self._stream, self._head, None, b""
        else:
            raise MailboxError(self.path, _ONCE)
        read, place = StreamRead(stream, head), 0
        try:
            for record in scan(read):
                place = record.end
                yield record
        finally:
            if self._reopen:
                stream.close()
        if read.damage:
            problems.append(Problem(self.path, str(place), read.damage))

    def spans(self) -> Iterator[StoredSpan]:
        """Yield spans of messages."""
        for group in grouped((len(stored.raw), stored) for stored in self):
            yield StoredSpan(tuple(cast(list[Stored], group)))

    def parts(self, size: int) -> Iterator[Part]:
        """Yield one part: who reads it opens the file again, and unpacks it there."""
        self.problems.clear()
        if self._reopen and self.path != "-":
            yield WholePart(self.path, "mbox")
        else:
            yield from super().parts(size)

    def _record_at(self, key: str) -> Record:
        wanted = int(key) if key.isascii() and key.isdigit() and len(key) < 20 else -1
        if self._last is not None and self._last.start == wanted:
            return self._last
        if self._ahead is None or self._last is None or self._last.start > wanted:
            self._ahead = self._records([])
        for record in self._ahead:
            self._last = record
            if record.start == wanted:
                return record
            if record.start > wanted:
                break
        raise MailboxError(self.path, "no message begins here", key)

    def get(self, key: str) -> Stored:
        """Fetch the message at an offset in the unpacked mbox; ascending keys cost one reading in all."""
        return stored_of(self.path, self._record_at(key), [])

    def original(self, key: str) -> StreamOriginal:
        """Fetch a record; of standard input only the message that was yielded last."""
        record = self._record_at(key)
        return StreamOriginal(stored_of(self.path, record, []), record, self._reopen, framed=True)

    def originals(self) -> Iterator[StreamOriginal]:
        """Yield the originals of all messages, in order."""
        self.problems.clear()
        for record in self._records(self.problems):
            yield StreamOriginal(
                stored_of(self.path, record, self.problems), record, self._reopen, framed=True
            )

    def close(self) -> None:
        """Forget the place of the last `get`."""
        self._ahead = self._last = None


class MessageStream(Mailbox):
    """One message from a stream, read at once.

    Parameters
    ----------
    path : str
        As shown.
    stream : BinaryIO
        Decompressed.
    head : bytes
        What was read from it already.
    check : bool
        Whether to refuse what does not look like mail.

    Raises
    ------
    NotMail
        If it holds none.
    """

    format = "message"

    def __init__(self, path: str, stream: BinaryIO, head: bytes = b"", check: bool = True) -> None:
        super().__init__(path)
        read = StreamRead(stream, head)
        self._data, more = read.whole()
        if read.damage and not self._data:
            raise MailboxError(path, read.damage)
        if check and (reason := why_no_mail(self._data)):
            raise NotMail(path, reason)
        self._size = len(self._data) + more
        self._note = f"larger than {MAX_RAW >> 20} MiB: only its beginning is judged" if more else read.damage

    def __iter__(self) -> Iterator[Stored]:
        self.problems.clear()
        if self._note:
            self.report("0", self._note)
        yield self.get("0")

    def spans(self) -> Iterator[StoredSpan]:
        """Yield one span of one message."""
        yield StoredSpan(tuple(self))

    def get(self, key: str) -> Stored:
        """Fetch the message; its key is "0"."""
        if key != "0":
            raise MailboxError(self.path, "a single message has the key 0", key)
        return Stored(self.path, "0", without_from_line(self._data))

    def original(self, key: str) -> StreamOriginal:
        """Fetch the message for copying."""
        return StreamOriginal(self.get(key), Record(0, self._size, self._data, False), None, framed=False)

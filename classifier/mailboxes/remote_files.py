"""Message files behind a URL, fetched many at once by whoever reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, cast

from .base import MAX_RAW, Problem, Span, Stored, grouped
from .compressed import compression_of, decompressed
from .content import why_no_mail
from .files import HEAD, StreamRead
from .from_lines import starts_mbox
from .message import CUT, without_from_line
from .remote import filesystem_of, told
from .stream import MboxStream
from .tree import MBOX_NAMES

# Requests under way at once, where the file system can.
_AT_ONCE = 64


class RemoteEntry(NamedTuple):
    """A file to be read.

    Parameters
    ----------
    key : str
        Its path from the top of the mailbox, or the unique part of its name in a Maildir.
    path : str
        In its file system.
    size : int
        Bytes as stored.
    is_message : bool
        Whether its place says that it is a message; else its content tells.
    flags : frozenset of str or None
        None where the headers tell.
    """

    key: str
    path: str
    size: int
    is_message: bool
    flags: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RemoteFiles(Span):
    """Files behind a URL for a worker to fetch, many at once.

    Parameters
    ----------
    mailbox : str
        The URL of the mailbox, which tells the file system, too.
    entries : tuple of RemoteEntry
        In order.
    """

    mailbox: str
    entries: tuple[RemoteEntry, ...]

    def __len__(self) -> int:
        return len(self.entries)

    def about(self) -> tuple[str, str]:
        """Name the mailbox, and the first and the last file."""
        return self.mailbox, f"{self.entries[0].key} to {self.entries[-1].key} ({len(self)} files)"

    def mark(self) -> str:
        """Spell the names of all files."""
        return repr([self.about()[0], *(entry.key for entry in self.entries)])

    def read(self, problems: list[Problem]) -> Iterator[Stored]:
        """Yield the messages; a file that has vanished becomes a problem.

        Raises
        ------
        MailboxError
            If the file system cannot be asked.
        """
        for group in grouped((entry.size, entry) for entry in self.entries):
            entries = cast("list[RemoteEntry]", group)
            for at in range(0, len(entries), _AT_ONCE):
                yield from self._fetched(entries[at : at + _AT_ONCE], problems)

    def _fetched(self, entries: list[RemoteEntry], problems: list[Problem]) -> Iterator[Stored]:
        filesystem, _ = filesystem_of(self.mailbox)
        paths = [entry.path for entry in entries]
        with told(self.mailbox):
            ends = [min(entry.size, MAX_RAW + 1) for entry in entries]
            got = filesystem.cat_ranges(paths, [0] * len(paths), ends, on_error="return")
        for entry, data in zip(entries, got, strict=True):
            if isinstance(data, FileNotFoundError):
                problems.append(Problem(self.mailbox, entry.key, "the message vanished after it was listed"))
            elif isinstance(data, BaseException):
                with told(self.mailbox, entry.key):
                    raise data
            else:
                yield from self._opened(entry, data, problems)

    def _opened(self, entry: RemoteEntry, data: bytes, problems: list[Problem]) -> Iterator[Stored]:
        """Take the message of a file; or of a small file that turns out to be an mbox all of them."""
        kind = compression_of(data[:8])

        def stream() -> BinaryIO:
            return decompressed(io.BytesIO(data), kind) if kind else io.BytesIO(data)

        read = StreamRead(stream())
        raw, more = read.whole()
        if not entry.is_message and is_mbox(raw[:HEAD], entry.key):
            with MboxStream(inside(self.mailbox, entry.key), stream) as mailbox:
                yield from mailbox
                problems += mailbox.problems
            return
        reason = why_no_mail(raw if entry.is_message else raw[:HEAD], by_place=entry.is_message)
        if note := (read.damage if not raw else "") or reason or (CUT if more else read.damage):
            problems.append(Problem(self.mailbox, entry.key, note))
        if raw and not reason:
            yield Stored(self.mailbox, entry.key, without_from_line(raw), entry.flags)


def is_mbox(head: bytes, key: str) -> bool:
    """Tell by its content whether a file in a plain folder is an mbox; an empty one by its name."""
    return starts_mbox(head) if head else key.endswith(MBOX_NAMES)


def inside(url: str, key: str) -> str:
    """Write the URL of something in a folder."""
    head, chain, rest = url.partition("::")
    return f"{head.rstrip('/')}/{key}{chain}{rest}"

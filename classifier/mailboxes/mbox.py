"""The mbox: many messages in one file, each behind its From_ line."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..errors import MailboxError
from .base import MAX_RAW, WINDOW, Mailbox, Original, Part, Problem, Stored
from .files import HEAD, REPLACED, SHRANK, FileRead, Kept, Seal, open_file
from .from_lines import Record, from_line_time, has_git_date, is_border, leading_blanks, scan
from .quoting import from_line, message_of

# What one worker gets at a time, some 200 messages.
RANGE_BYTES = 1 << 20

_CUT = "a message of {} bytes: only its first 40 MiB are judged"
NO_BORDER = "no message begins at the start of this mbox"


class Told:
    """Which problems were told: what is wrong with a file, and not with a place in it, is told once."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def new(self, problem: Problem, whole: bool = False) -> bool:
        """Tell whether a problem is to be told, and take note of it.

        Parameters
        ----------
        problem : Problem
        whole : bool, default False
            Whether it is one of the whole file, whatever it says.
        """
        if not whole and problem.reason not in (SHRANK, REPLACED):
            return True
        told = (problem.path, problem.reason) in self._told
        self._told.add((problem.path, problem.reason))
        return not told


def stored_of(mailbox: str, record: Record, problems: list[Problem]) -> Stored:
    """Make the message of a record, noting when it had to be cut."""
    key = str(record.start)
    if record.end - record.start > MAX_RAW:
        problems.append(Problem(mailbox, key, _CUT.format(record.end - record.start)))
    return Stored(mailbox, key, message_of(record))


class RecordOriginal(Original):
    """A record of an mbox file; a cut one is read again."""

    is_record = True

    def __init__(self, stored: Stored, record: Record, fd: int) -> None:
        self.stored, self._record = stored, record
        self.is_cut = len(record.data) < record.end - record.start
        self._kept = Kept.of(fd) if self.is_cut else None
        self.received = from_line_time(from_line(record.data))

    def chunks(self) -> Iterator[bytes]:
        """Yield the record, From_ line, quoting and separator included."""
        start, end, data, _ = self._record
        if self._kept is None:
            yield data
            return
        read = FileRead(self._kept.fd, start, end)
        while piece := read(WINDOW):
            yield piece
        if read.damage:
            raise MailboxError(self.stored.mailbox, read.damage, self.stored.key)


class Mbox(Mailbox):
    """An uncompressed mbox file.

    Parameters
    ----------
    path : str
        As the user named it.
    file : str, optional
        What to open, if another path (standard input kept in a temporary file).

    Raises
    ------
    MailboxError
        If the file cannot be opened.
    """

    format = "mbox"

    def __init__(self, path: str, file: str | None = None) -> None:
        super().__init__(path)
        self.file = path if file is None else file
        self._fd = open_file(self.file, path)
        self._headless = -1

    def __iter__(self) -> Iterator[Stored]:
        for record in self.records():
            yield stored_of(self.path, record, self.problems)

    def records(self, keep: bool = True) -> Iterator[Record]:
        """Yield the records as stored; without `keep` their data is left out."""
        self.problems.clear()
        size = os.fstat(self._open()).st_size
        read = FileRead(self._fd, 0, size, seal=Seal.of(self._fd, size))
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        first = True
        try:
            for record in scan(read, keep=keep):
                if first and os.pread(self._fd, 5, record.start) != b"From ":
                    self._headless = record.start
                    self.report(str(record.start), NO_BORDER)
                first = False
                yield record
        except OSError as error:
            self.report(str(read.offset), error.strerror or str(error))
        if read.damage:
            self.report(str(read.offset), read.damage)

    def spans(self) -> Iterator[Part]:
        """Yield ranges of bytes: nothing is read here, and nothing of the mail itself travels."""
        return self.parts(RANGE_BYTES)

    def parts(self, size: int) -> Iterator[Part]:
        """Yield ranges of bytes, whose readers find the borders themselves."""
        from .ranges import LocalFile, cut  # which reads records by this module

        self.problems.clear()
        info = os.fstat(self._open())
        identity, seal = (info.st_dev, info.st_ino), Seal.of(self._fd, info.st_size)
        file = LocalFile(self.path, self.file, identity, seal, Kept.of(self._fd))
        yield from cut(self.path, file, info.st_size, size)

    def _record_at(self, key: str) -> Record:
        size = os.fstat(self._open()).st_size
        if key.isascii() and key.isdigit() and int(key) < size:
            offset = int(key)
            head = os.pread(self._fd, HEAD, 0)
            first = leading_blanks(head)
            git = has_git_date(head, first)
            near = os.pread(self._fd, HEAD, max(0, offset - 3))
            at = offset - max(0, offset - 3)
            if offset == first or (near.startswith(b"From ", at) and is_border(near, at, git)):
                for record in scan(FileRead(self._fd, offset, size, WINDOW // 16), offset, git):
                    return record
        raise MailboxError(self.path, "no message begins here", key)

    def get(self, key: str) -> Stored:
        """Fetch the message whose From_ line is at the byte offset `key`."""
        return stored_of(self.path, self._record_at(key), [])

    def original(self, key: str) -> RecordOriginal:
        """Fetch the record at the byte offset `key` for copying."""
        record = self._record_at(key)
        return RecordOriginal(stored_of(self.path, record, []), record, self._fd)

    def originals(self) -> Iterator[RecordOriginal]:
        """Yield the originals of all messages, in order."""
        for record in self.records():
            yield RecordOriginal(stored_of(self.path, record, self.problems), record, self._fd)

    def _open(self) -> int:
        if self._fd < 0:
            self._fd = open_file(self.file, self.path)
        return self._fd

    def close(self) -> None:
        """Close the file; iterating opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def borders(path: str) -> Iterator[tuple[int, int]]:
    """Find the messages of an uncompressed mbox.

    Parameters
    ----------
    path : str
        Of the file.

    Yields
    ------
    tuple of int
        The byte offsets of a From_ line and of the next.
    """
    with Mbox(path) as mailbox:
        for record in mailbox.records(keep=False):
            yield record.start, record.end

"""A piece of an mbox that nobody scanned before: its reader finds the first border itself.

A big mbox is cut at any bytes, without a look at it, and each piece is read by whoever gets it, perhaps on
another machine. A message belongs to the piece in which its From_ line begins, and is read to its end even
where that lies in the next piece, as text input is split by MapReduce. Whether a place is a border depends
on the three bytes before it and the kilobyte after it alone (and on git's date, which the top of the mbox
tells), so pieces read in turn give what one reading of the whole gives, wherever the cuts are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from ..errors import MailboxError
from .base import Part, Problem, Stored
from .files import REPLACED, UNSEALED, FileRead, Kept, Seal, open_file
from .from_lines import LOOK, has_git_date, opening, scan
from .mbox import NO_BORDER, stored_of

# A border is seen with the three bytes before it; one more stands for the message that they end.
_BEFORE = 3
# So much is searched for the first border at a time: most messages are shorter.
_STEP = 16 << 10


class Reading(Protocol):
    """Reads of a file, in order."""

    damage: str

    def __call__(self, size: int) -> bytes:
        """Return up to `size` bytes, b"" at the end."""


class Source(Protocol):
    """A file that can be opened anywhere: by another process, or on another machine."""

    def reading(self, begin: int, end: int) -> AbstractContextManager[Reading]:
        """Open the file and read its bytes from `begin` to `end`.

        Raises
        ------
        MailboxError
            If it cannot be opened, or is not the file that it was.
        """


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file in a file system that all workers see.

    Parameters
    ----------
    mailbox, file : str
        The name shown, and the path opened.
    identity : tuple of int
        Device and inode; workers on other machines know the inode only.
    seal : Seal
        What it ended with.
    kept : Kept, optional
        The file itself, for readers on this machine: it is read to its end when another has its name.
    """

    mailbox: str
    file: str
    identity: tuple[int, int]
    seal: Seal = field(default=UNSEALED, repr=False)
    kept: Kept | None = field(default=None, repr=False, compare=False)

    @contextmanager
    def reading(self, begin: int, end: int) -> Iterator[FileRead]:
        """Read by offset, so that nothing is mapped or shared."""
        fd = self._open(begin)
        try:
            yield FileRead(fd, begin, end, seal=self.seal)
        finally:
            os.close(fd)

    def _open(self, begin: int) -> int:
        """Open the path, or the file that it named once."""
        try:
            fd = open_file(self.file, self.mailbox)
        except MailboxError:
            if (fd := self._kept()) < 0:
                raise
            return fd
        if os.fstat(fd).st_ino == self.identity[1]:
            return fd
        os.close(fd)
        if (fd := self._kept()) < 0:
            raise MailboxError(self.mailbox, REPLACED, str(begin))
        return fd

    def _kept(self) -> int:
        """Open what was kept; -1 if it is not here, or something else is."""
        if self.kept is None:
            return -1
        try:
            fd = open_file(self.kept.path)
        except MailboxError:
            return -1
        info = os.fstat(fd)
        if (info.st_dev, info.st_ino) == self.identity:
            return fd
        os.close(fd)
        return -1


@dataclass(frozen=True, slots=True)
class MboxRange(Part):
    """The messages of an mbox whose From_ lines begin in a range of bytes.

    Parameters
    ----------
    mailbox : str
        As shown.
    source : Source
        The file.
    begin, end : int
        The range; the first one begins at 0, and its first record counts with or without a From_ line.
    size : int
        Of the file, when it was cut; what was added since is not read.
    git : bool
        Whether git's constant date makes borders in this mbox.
    headless : bool, default False
        Whether the first record of the mbox has no From_ line.
    """

    mailbox: str
    source: Source
    begin: int
    end: int
    size: int
    git: bool
    headless: bool = False

    def about(self) -> tuple[str, str]:
        """Name the mailbox and the range."""
        return self.mailbox, f"bytes {self.begin} to {self.end} of {self.size}"

    def mark(self) -> str:
        """Spell the range, and which file it is of."""
        return repr(self)

    def weight(self) -> int:
        """Tell how many bytes the range has."""
        return self.end - self.begin

    def read(self, problems: list[Problem]) -> Iterator[Stored]:
        """Yield the messages, as iterating over the whole mailbox does at this place.

        Raises
        ------
        MailboxError
            If the file cannot be opened, or is another than the one that was cut.
        """
        try:
            start = self._first_border(problems) if self.begin else 0
            if start is not None:
                yield from self._from(start, problems)
        except OSError as error:  # a disk that fails here may not fail elsewhere
            raise MailboxError(self.mailbox, error.strerror or str(error), self.about()[1]) from error

    def _from(self, start: int, problems: list[Problem]) -> Iterator[Stored]:
        """Yield the messages from a border on."""
        at, top = start, self.begin == 0 and self.headless
        with self.source.reading(start, self.size) as read:
            for record in scan(read, start, self.git):
                if not record.data.startswith(b"From "):
                    if not top:
                        problems.append(Problem(self.mailbox, str(record.start), REPLACED))
                        return
                    problems.append(Problem(self.mailbox, str(record.start), NO_BORDER))
                yield stored_of(self.mailbox, record, problems)
                at, top = record.end, False
                if at >= self.end:
                    return
            if read.damage:
                problems.append(Problem(self.mailbox, str(at), read.damage))

    def _first_border(self, problems: list[Problem]) -> int | None:
        """Find where the first message of the range begins, reading hardly further than that takes."""
        begin, end = max(0, self.begin - _BEFORE), min(self.end + LOOK, self.size)
        with self.source.reading(begin, end) as read:
            for record in scan(_after(b"x", read), begin - 1, self.git, keep=False):
                if record.end >= self.begin:
                    return record.end if record.end < self.end else None
            if read.damage:
                problems.append(Problem(self.mailbox, str(self.begin), read.damage))
        return None


def _after(head: bytes, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Put bytes in front of a stream: text, so that what follows it is not the top of an mbox."""
    left = head

    def joined(size: int) -> bytes:
        nonlocal left
        data, left = left, b""
        return data + read(min(size, _STEP) - len(data))

    return joined


def cut(mailbox: str, source: Source, size: int, step: int) -> Iterator[MboxRange]:
    """Cut an mbox into ranges, reading nothing but its top.

    Parameters
    ----------
    mailbox : str
        As shown.
    source : Source
    size : int
        Of the file, bytes.
    step : int
        Of a range, bytes.

    Yields
    ------
    MboxRange
        None for an mbox that is empty or blank.

    Raises
    ------
    MailboxError
        If the file cannot be read.
    """
    with source.reading(0, size) as read:
        buffer, base, start = opening(read)
    if start == len(buffer):
        return
    git, begin, end = has_git_date(buffer, start), 0, base + start + step
    headless = not buffer.startswith(b"From ", start)
    while begin < size:
        yield MboxRange(mailbox, source, begin, min(end, size), size, git, headless)
        begin, end = end, end + step

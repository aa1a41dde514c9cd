"""A file that holds one message, on its own or as an entry of a Maildir, an MH folder or a tree."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from ..errors import MailboxError, NotMail
from .base import MAX_RAW, WINDOW, Mailbox, Original, Problem, Span, Stored
from .content import why_no_mail
from .files import StreamRead, open_stream
from .from_lines import looks_like_from_line

CUT = "a message larger than 40 MiB: only its beginning is judged"


def without_from_line(raw: bytes) -> bytes:
    """Take off the From_ line that some programs leave on top of a message file."""
    if not raw.startswith(b"From "):
        return raw
    line, _, rest = raw.partition(b"\n")
    return rest if looks_like_from_line(line[:1024].rstrip(b"\r"), rest[:256]) else raw


def load_message(stream: BinaryIO, head: bytes = b"") -> tuple[bytes, str]:
    """Read one message from a stream.

    Parameters
    ----------
    stream : BinaryIO
        Already decompressed.
    head : bytes
        What was read from it before.

    Returns
    -------
    tuple of bytes and str
        At most `MAX_RAW` bytes, and what is to be said about them ('' where they are the whole message).

    Raises
    ------
    OSError
        If reading breaks before the first byte; a later break leaves what was read.
    """
    read = StreamRead(stream, head)
    raw, more = read.whole()
    if read.damage and not raw:
        raise OSError(0, read.damage)
    return without_from_line(raw), CUT if more else read.damage


class Entry(NamedTuple):
    """A message file in a directory of messages.

    Parameters
    ----------
    mailbox : str
        The mailbox it belongs to, as shown.
    key : str
        Its key there.
    file : str
        The path to open.
    flags : frozenset of str or None
        None where the headers tell.
    """

    mailbox: str
    key: str
    file: str
    flags: frozenset[str] | None = None

    def load(self, problems: list[Problem]) -> Stored | None:
        """Read the message; what is no mail or cannot be read becomes a problem and None.

        Raises
        ------
        FileNotFoundError
            If the file has vanished since it was listed.
        """
        try:
            with open_stream(self.file, self.mailbox) as stream:
                raw, note = load_message(stream)
        except MailboxError as error:
            if isinstance(error.__cause__, FileNotFoundError) and not os.path.islink(self.file):
                raise error.__cause__ from None
            problems.append(Problem(self.mailbox, self.key, error.reason))
            return None
        except OSError as error:
            problems.append(Problem(self.mailbox, self.key, error.strerror or str(error)))
            return None
        if reason := why_no_mail(raw, by_place=True):
            problems.append(Problem(self.mailbox, self.key, reason))
            return None
        if note:
            problems.append(Problem(self.mailbox, self.key, note))
        return Stored(self.mailbox, self.key, raw, self.flags)


class FilesSpan(Span):
    """Message files for a worker to open.

    Parameters
    ----------
    entries : tuple of Entry
        In order.
    again : callable or None
        Finds the new entry of one that was renamed (its flags changed) since it was listed; a function of
        a module, so that it can travel.
    """

    __slots__ = ("again", "entries")

    def __init__(
        self, entries: tuple[Entry, ...], again: Callable[[Entry], Entry | None] | None = None
    ) -> None:
        self.entries, self.again = entries, again

    def about(self) -> tuple[str, str]:
        """Name the mailbox, and the first and the last message."""
        return self.entries[0].mailbox, f"{self.entries[0].key} to {self.entries[-1].key} ({len(self)} files)"

    def __len__(self) -> int:
        return len(self.entries)

    def mark(self) -> str:
        """Spell the names of all files."""
        return repr([self.about()[0], *(entry.key for entry in self.entries)])

    def read(self, problems: list[Problem]) -> Iterator[Stored]:
        """Yield the messages; a file that has vanished becomes a problem."""
        for entry in self.entries:
            stored = load_entry(entry, self.again, problems)
            if stored is not None:
                yield stored


def load_entry(
    entry: Entry, again: Callable[[Entry], Entry | None] | None, problems: list[Problem]
) -> Stored | None:
    """Read an entry, looking for it under another name when it has been renamed."""
    for _ in range(3):  # a message may be renamed while we look; nobody renames it three times
        try:
            return entry.load(problems)
        except FileNotFoundError:
            other = again(entry) if again else None
            if other is None:
                break
            entry = other
    problems.append(Problem(entry.mailbox, entry.key, "the message vanished after it was listed"))
    return None


class FileOriginal(Original):
    """A message file to be copied whole, decompressed where it is compressed."""

    def __init__(self, stored: Stored, file: str) -> None:
        self.stored, self._file = stored, file
        info = os.stat(file)
        self.received = info.st_mtime
        # what is compressed may be longer than its file; a From_ line was taken off `raw`
        self.is_cut = max(info.st_size, len(stored.raw) + 1024) >= MAX_RAW

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes of the file."""
        with open_stream(self._file, self.stored.mailbox) as stream:
            while piece := stream.read(WINDOW):
                yield piece


class MessageFile(Mailbox):
    """A single message in a file.

    Parameters
    ----------
    path : str
        As the user named it.
    file : str, optional
        What to open, if another path.
    check : bool
        Whether to refuse what does not look like mail; an explicit format trusts the user.

    Raises
    ------
    MailboxError
        If the file cannot be read.
    NotMail
        If it holds no mail.
    """

    format = "message"

    def __init__(self, path: str, file: str | None = None, check: bool = True) -> None:
        super().__init__(path)
        self.file = path if file is None else file
        self._check = check
        self.get("0")

    def __iter__(self) -> Iterator[Stored]:
        self.problems.clear()
        yield self._load(self.problems)

    def spans(self) -> Iterator[FilesSpan]:
        """Yield one span of one file."""
        self.problems.clear()
        yield FilesSpan((Entry(self.path, "0", self.file),))

    def _load(self, problems: list[Problem]) -> Stored:
        try:
            with open_stream(self.file, self.path) as stream:
                raw, note = load_message(stream)
        except OSError as error:
            raise MailboxError(self.path, error.strerror or str(error)) from error
        if self._check and (reason := why_no_mail(raw)):
            raise NotMail(self.path, reason)
        if note:
            problems.append(Problem(self.path, "0", note))
        return Stored(self.path, "0", raw)

    def get(self, key: str) -> Stored:
        """Fetch the message; its key is "0"."""
        if key != "0":
            raise MailboxError(self.path, "a single message has the key 0", key)
        return self._load([])

    def original(self, key: str) -> FileOriginal:
        """Fetch the file for copying."""
        return FileOriginal(self.get(key), self.file)

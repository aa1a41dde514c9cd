"""A directory tree of message files and mailboxes, walked in a stable order, each file judged by its content.

Files come before folders, both by name (MH messages by number). Mailboxes in the tree (an mbox, a Maildir)
yield messages under their own path; the key of a message file is its path from the top. Names that begin with
a dot are passed over, unless they are Maildirs: they are the indexes and notes of programs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

from ..errors import MailboxError, NotMail
from . import mh
from .base import SPAN_MESSAGES, Mailbox, Original, Part, Problem, Stored
from .content import why_no_mail
from .files import is_compressed, open_stream, read_head
from .from_lines import starts_mbox
from .maildir import Maildir, is_maildir
from .mbox import Mbox
from .message import Entry, FileOriginal, FilesSpan, load_entry
from .stream import MboxStream

P = TypeVar("P", bound=Part)

MBOX_NAMES = (".mbox", ".mbx", "mbox")


def open_mbox(path: str, file: str | None = None) -> Mailbox:
    """Open an mbox file, compressed or not."""
    inner = path if file is None else file
    if is_compressed(inner, path):
        return MboxStream(path, lambda: open_stream(inner, path))
    return Mbox(path, file)


class Tree(Mailbox):
    """A directory of mail that is no Maildir.

    Parameters
    ----------
    path : str
        As the user named it.
    format : str
        "tree", or "mh" to take nothing but files with numbers for names.

    Raises
    ------
    MailboxError
        If the directory cannot be read.
    NotMail
        If there is no mail in it.
    """

    def __init__(self, path: str, format: str = "tree") -> None:  # noqa: A002 - the word that users see
        super().__init__(path)
        self.format = format
        try:
            os.listdir(path)
        except OSError as error:
            raise MailboxError(path, error.strerror or str(error)) from error
        if format == "tree" and next(self._walk(), None) is None:
            raise NotMail(path, "is a directory without mail")

    def __iter__(self) -> Iterator[Stored]:
        for item in self._walk():
            if isinstance(item, Entry):
                stored = load_entry(item, None, self.problems)
                if stored is not None:
                    yield stored
            else:
                with item:
                    yield from item
                self.problems += item.problems

    def spans(self) -> Iterator[Part]:
        """Yield spans of file names, and those of the mailboxes in the tree."""
        return self._cut(lambda mailbox: mailbox.spans())

    def parts(self, size: int) -> Iterator[Part]:
        """Yield spans of file names, and the parts of the mailboxes in the tree."""
        return self._cut(lambda mailbox: mailbox.parts(size))

    def _cut(self, inner: Callable[[Mailbox], Iterator[P]]) -> Iterator[FilesSpan | P]:
        run: list[Entry] = []
        for item in self._walk():
            if isinstance(item, Entry):
                run.append(item)
                if len(run) == SPAN_MESSAGES:
                    yield FilesSpan(tuple(run))
                    run = []
                continue
            if run:
                yield FilesSpan(tuple(run))
                run = []
            with item:
                yield from inner(item)
            self.problems += item.problems
        if run:
            yield FilesSpan(tuple(run))

    def _walk(self) -> Iterator[Entry | Mailbox]:
        self.problems.clear()
        seen: set[tuple[int, int]] = set()
        left = [""]
        while left:
            folder = left.pop()
            path = os.path.join(self.path, folder) if folder else self.path
            try:
                info = os.stat(path)
                with os.scandir(path) as entries:
                    listed = sorted((entry.name, entry.is_dir()) for entry in entries)
            except OSError as error:
                self.report(folder, error.strerror or str(error))
                continue
            if (info.st_dev, info.st_ino) in seen:
                self.report(folder, "was walked already (a link leads back to it)")
                continue
            seen.add((info.st_dev, info.st_ino))
            if folder and is_maildir(path):
                yield Maildir(path)
                continue
            yield from self._files(folder, [name for name, is_dir in listed if not is_dir])
            inner = [os.path.join(folder, name) for name, is_dir in listed if is_dir]
            left += [name for name in reversed(inner) if self._enters(name)]

    def _enters(self, folder: str) -> bool:
        return not os.path.basename(folder).startswith(".") or is_maildir(os.path.join(self.path, folder))

    def _files(self, folder: str, names: list[str]) -> Iterator[Entry | Mailbox]:
        path = os.path.join(self.path, folder)
        names = [name for name in names if not name.startswith(".")]
        if self.format == "mh" or mh.is_mh(path, names):
            marks = mh.sequences(path)
            for name in sorted((name for name in names if mh.is_number(name)), key=int):
                yield self._entry(os.path.join(folder, name), mh.flags_of(int(name), marks))
            return
        for name in names:
            key = os.path.join(folder, name)
            try:
                yield self._item(key)
            except MailboxError as error:
                self.report(key, error.reason)

    def _entry(self, key: str, flags: frozenset[str] | None = None) -> Entry:
        return Entry(self.path, key, os.path.join(self.path, key), flags)

    def _item(self, key: str) -> Entry | Mailbox:
        """Judge one file by its content.

        Raises
        ------
        MailboxError
            If it cannot be read.
        NotMail
            If it is none.
        """
        path = os.path.join(self.path, key)
        head = read_head(path)
        if starts_mbox(head) or (not head and path.endswith(MBOX_NAMES)):
            return open_mbox(path)
        if reason := why_no_mail(head):
            raise NotMail(path, reason)
        return self._entry(key)

    def _find(self, key: str) -> Entry:
        parts = key.split(os.sep)
        if not key or os.path.isabs(key) or ".." in parts:
            raise MailboxError(self.path, "there is no such message", key)
        folder, name = os.path.split(key)
        path = os.path.join(self.path, folder)
        if mh.is_number(name):
            return self._entry(key, mh.flags_of(int(name), mh.sequences(path)))
        return self._entry(key)

    def get(self, key: str) -> Stored:
        """Fetch a message file by its path from the top; inner mailboxes fetch their own."""
        problems: list[Problem] = []
        stored = load_entry(self._find(key), None, problems)
        if stored is None:
            raise MailboxError(self.path, problems[0].reason, key)
        return stored

    def original(self, key: str) -> FileOriginal:
        """Fetch a message file for copying."""
        return FileOriginal(self.get(key), self._find(key).file)

    def originals(self) -> Iterator[Original]:
        """Yield the originals of the whole tree, those of inner mailboxes included."""
        for item in self._walk():
            if isinstance(item, Entry):
                stored = load_entry(item, None, self.problems)
                if stored is not None:
                    yield FileOriginal(stored, item.file)
            else:
                with item:
                    yield from item.originals()
                self.problems += item.problems

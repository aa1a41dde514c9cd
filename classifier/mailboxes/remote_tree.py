"""Trees of mail behind a URL: Maildirs, MH folders, message files and mailboxes; listed here, read elsewhere.

The order, the keys and the rules are those of the local trees. A look at a file costs a request here, so a
file in a plain folder is judged by whoever reads it, unless it is big. And a store of objects has no empty
folders, so cur/ or new/ alone makes a Maildir where nothing speaks against it.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar, cast

from ..errors import MailboxError, NotMail
from . import mh
from .base import SPAN_MESSAGES, Mailbox, Original, Part, Stored, grouped
from .files import HEAD
from .from_lines import starts_mbox
from .maildir import arrival_order, flags_of, unique_part
from .remote import RemoteFile, filesystem_of, told, version_of
from .remote_files import RemoteEntry, RemoteFiles, inside
from .remote_mbox import NOT_COPIED, open_file_at
from .stream import WholePart

P = TypeVar("P", bound=Part)

# A bigger file in a plain folder is looked at when the tree is listed: it may be an mbox, to be cut.
_BIG = 1 << 20
_DEPTH = 64
_MAILDIR = frozenset(("cur", "new", "tmp"))


class Listed(NamedTuple):
    """A file in a folder.

    Parameters
    ----------
    name : str
        Without the folder.
    size : int
        Bytes.
    path : str
        In its file system.
    version : str
        See `RemoteFile`.
    """

    name: str
    size: int
    path: str
    version: str


class RemoteTree(Mailbox):
    """A folder of mail behind a URL.

    Parameters
    ----------
    url : str
        As the user named it.
    format : str, optional
        "maildir", "mh" or "tree", where the names would tell wrongly.

    Raises
    ------
    MailboxError
        If it cannot be listed.
    NotMail
        If there is nothing in it.
    """

    def __init__(self, url: str, format: str | None = None) -> None:  # noqa: A002 - the word that users see
        super().__init__(url)
        if format in ("mbox", "message"):
            raise MailboxError(url, f"is a directory, not a mailbox of the format {format}")
        self._filesystem, self._top = filesystem_of(url)
        files, folders = self._listed(self._top)
        maildir = looks_like_maildir(files, folders)
        if format == "maildir" and not maildir:
            raise MailboxError(url, "is no Maildir: cur/ or new/ is missing")
        self.format = format or ("maildir" if maildir else "tree")
        if not files and not folders:
            raise NotMail(url, "is a directory without mail")

    def __iter__(self) -> Iterator[Stored]:
        for part in self._parts(lambda inner: [WholePart(inner.path, inner.format)]):
            yield from part.read(self.problems)

    def parts(self, size: int) -> Iterator[Part]:
        """Yield lists of files, and the parts of big mailboxes."""
        return self._parts(lambda inner: inner.parts(size))

    def spans(self) -> Iterator[Part]:
        """Yield lists of files, and the messages of big mailboxes."""
        return self._parts(lambda inner: inner.spans())

    def get(self, key: str) -> Stored:
        """Fetch a message by its path from the top; in a Maildir by the unique part of its name."""
        for _, item in self._walk():
            if isinstance(item, RemoteEntry) and item.key == key:
                for stored in RemoteFiles(self.path, (item,)).read([]):
                    return stored
        raise MailboxError(self.path, "there is no such message", key)

    def original(self, key: str) -> Original:
        """Refuse: nothing is moved out of a store."""
        raise MailboxError(self.path, NOT_COPIED, key)

    def _parts(self, cut: Callable[[Mailbox], Iterable[P]]) -> Iterator[RemoteFiles | P]:
        self.problems.clear()
        run: list[tuple[int, RemoteEntry]] = []
        mailbox = self.path
        for url, item in self._walk():
            if run and (url != mailbox or not isinstance(item, RemoteEntry)):
                yield from _lists(mailbox, run)
                run = []
            mailbox = url
            if isinstance(item, RemoteEntry):
                run.append((item.size, item))
                if len(run) >= SPAN_MESSAGES:
                    yield from _lists(mailbox, run)
                    run = []
            else:
                with item:
                    yield from cut(item)
                self.problems += item.problems
        if run:
            yield from _lists(mailbox, run)

    def _walk(self) -> Iterator[tuple[str, RemoteEntry | Mailbox]]:
        """Yield each file with the URL of the mailbox that it belongs to: files before folders, by name."""
        left = [""]
        while left:
            folder = left.pop()
            if folder.count("/") > _DEPTH:
                self.report(folder, "lies too deep (a link may lead back)")
                continue
            try:
                files, folders = self._listed(posixpath.join(self._top, folder) if folder else self._top)
            except MailboxError as error:
                self.report(folder, error.reason)
                continue
            if looks_like_maildir(files, folders) if folder else self.format == "maildir":
                yield from self._maildir(folder, folders)
                continue
            yield from self._files(folder, files)
            inner = [posixpath.join(folder, name) for name in folders if not name.startswith(".")]
            left += reversed(inner)

    def _listed(self, path: str) -> tuple[list[Listed], list[str]]:
        """List a folder: its files and its folders, each by name."""
        with told(self.path):
            found = self._filesystem.ls(path, detail=True)
        here = path.rstrip("/")
        files, folders = [], []
        for info in found:
            where = str(info["name"]).rstrip("/")
            if where in (here, here.lstrip("/")):
                continue  # stores of objects may list the folder's own marker
            name = posixpath.basename(where)
            if info["type"] == "directory":
                folders.append(name)
            else:
                files.append(Listed(name, int(info.get("size") or 0), str(info["name"]), version_of(info)))
        return sorted(files), sorted(folders)

    def _maildir(self, folder: str, folders: list[str]) -> Iterator[tuple[str, RemoteEntry]]:
        url = inside(self.path, folder) if folder else self.path
        top = posixpath.join(self._top, folder) if folder else self._top
        for name in ["", *(each for each in folders if each.startswith("."))]:
            place = posixpath.join(top, name) if name else top
            inner = folders if not name else self._listed(place)[1]
            if name and not looks_like_maildir([], inner):
                continue
            found = [
                (arrival_order(each.name), part, each)
                for part in ("new", "cur")
                if part in inner
                for each in self._listed(posixpath.join(place, part))[0]
                if not each.name.startswith(".")
            ]
            names = Counter(unique_part(each.name) for _, _, each in found)
            for _, part, each in sorted(found):
                unique = unique_part(each.name)
                key = posixpath.join(name, posixpath.join(part, each.name) if names[unique] > 1 else unique)
                yield url, RemoteEntry(key, each.path, each.size, True, flags_of(each.name))

    def _files(self, folder: str, files: list[Listed]) -> Iterator[tuple[str, RemoteEntry | Mailbox]]:
        shown = [each for each in files if not each.name.startswith(".")]
        if self.format == "mh" or self._is_mh(files, shown):
            numbered = [each for each in shown if mh.is_number(each.name)]
            for each in sorted(numbered, key=lambda each: int(each.name)):
                yield self.path, RemoteEntry(posixpath.join(folder, each.name), each.path, each.size, True)
            return
        for each in shown:
            key = posixpath.join(folder, each.name)
            if each.size <= _BIG:
                yield self.path, RemoteEntry(key, each.path, each.size, False)
                continue
            try:
                opened = open_file_at(RemoteFile(inside(self.path, key), each.size, each.version), None)
            except MailboxError as error:
                self.report(key, error.reason)
                continue
            if opened.format == "message":
                yield self.path, RemoteEntry(key, each.path, each.size, True)
            else:
                yield opened.path, opened

    def _is_mh(self, files: list[Listed], shown: list[Listed]) -> bool:
        """Tell an MH folder, as `mh.is_mh` does."""
        numbers = [each for each in shown if mh.is_number(each.name)]
        if not numbers or len(numbers) < sum(not each.name.startswith(",") for each in shown):
            return False
        if any(each.name == mh.SEQUENCES for each in files):
            return True
        first = min(numbers, key=lambda each: int(each.name))
        with told(self.path, first.name):
            head = self._filesystem.cat_file(first.path, 0, HEAD)
        return not starts_mbox(head)


def looks_like_maildir(files: list[Listed], folders: list[str]) -> bool:
    """Tell a Maildir by its folders: cur and new; or one of them, if nothing else is there (see the top)."""
    there = _MAILDIR.intersection(folders)
    if {"cur", "new"} <= there:
        return True
    others = [name for name in folders if name not in _MAILDIR and not name.startswith(".")]
    return bool(there - {"tmp"}) and not others and not [each for each in files if each.name[:1] != "."]


def _lists(mailbox: str, run: list[tuple[int, RemoteEntry]]) -> Iterator[RemoteFiles]:
    for group in grouped(run):
        yield RemoteFiles(mailbox, tuple(cast("list[RemoteEntry]", group)))

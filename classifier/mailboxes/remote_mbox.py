"""Mailboxes behind a URL, told by their content as local ones are, and read without copying them here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from ..errors import MailboxError, NotMail
from .base import Mailbox, Original, Part, Stored, grouped
from .content import why_no_mail
from .files import HEAD, StreamRead
from .from_lines import starts_mbox
from .ranges import cut
from .remote import LOCAL, RemoteFile, filesystem_of, told, version_of
from .stream import MboxStream, MessageStream, StoredSpan

NOT_COPIED = "mail behind a URL is judged, not copied: download the mailbox first"


class RemoteMbox(Mailbox):
    """An uncompressed mbox behind a URL.

    Parameters
    ----------
    url : str
        As the user named it.
    file : RemoteFile
    """

    format = "mbox"

    def __init__(self, url: str, file: RemoteFile) -> None:
        super().__init__(url)
        self._file = file

    def __iter__(self) -> Iterator[Stored]:
        self.problems.clear()
        for part in self.parts(max(1, self._file.size)):
            yield from part.read(self.problems)

    def parts(self, size: int) -> Iterator[Part]:
        """Yield ranges of bytes, whose readers find the borders themselves."""
        self.problems.clear()
        yield from cut(self.path, self._file, self._file.size, size)

    def spans(self) -> Iterator[StoredSpan]:
        """Yield spans of messages, read here."""
        for group in grouped((len(stored.raw), stored) for stored in self):
            yield StoredSpan(tuple(cast(list[Stored], group)))

    def get(self, key: str) -> Stored:
        """Fetch the message whose From_ line is at the byte offset `key`."""
        size = max(1, self._file.size)
        whole = next(cut(self.path, self._file, size, size), None)
        begin = int(key) if key.isascii() and key.isdigit() and len(key) < 20 else -1
        if whole is not None and begin >= 0:
            near = replace(whole, begin=begin, end=begin + 1) if begin else whole
            for part in (near, replace(whole, end=1)):  # the first record may lack a From_ line
                stored = next(part.read([]), None)
                if stored is not None and stored.key == key:
                    return stored
        raise MailboxError(self.path, "no message begins here", key)

    def original(self, key: str) -> Original:
        """Refuse: nothing is moved out of a store."""
        raise MailboxError(self.path, NOT_COPIED, key)


def open_remote(url: str, format: str | None = None) -> Mailbox:  # noqa: A002 - the word that users see
    """Open mail behind a URL.

    Parameters
    ----------
    url : str
    format : str, optional
        As in `open_mailbox`.

    Returns
    -------
    Mailbox

    Raises
    ------
    MailboxError
        If it cannot be read.
    NotMail
        If it can be read but holds no mail.
    """
    from .detect import open_mailbox  # for what a URL calls local

    if LOCAL.match(url):
        return open_mailbox(LOCAL.sub("", url), format)
    filesystem, path = filesystem_of(url)
    with told(url):
        info = dict(filesystem.info(path))
    if info["type"] == "directory":
        from .remote_tree import RemoteTree

        return RemoteTree(url, format)
    if format in ("maildir", "mh", "tree"):
        raise MailboxError(url, f"is a file, not a mailbox of the format {format}")
    return open_file_at(RemoteFile(url, int(info["size"] or 0), version_of(info)), format)


def open_file_at(file: RemoteFile, format: str | None) -> Mailbox:  # noqa: A002
    """Open an mbox or a message behind a URL, told apart by its first bytes."""
    with file.stream() as stream:
        as_stream = not isinstance(stream, io.BufferedReader) or not file.size
        read, head = StreamRead(stream), b""
        while len(head) < HEAD and (piece := read(HEAD - len(head))):
            head += piece
        if format == "message" or (format is None and head and not starts_mbox(head)):
            if format is None and (reason := why_no_mail(head)):
                raise NotMail(file.url, reason)
            return MessageStream(file.url, stream, head, check=format is None)
    if read.damage and not head:
        raise MailboxError(file.url, read.damage)
    return MboxStream(file.url, file.stream) if as_stream else RemoteMbox(file.url, file)

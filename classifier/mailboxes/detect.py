"""What kind of mailbox is this? Told by content, never by name, and overridable."""

from __future__ import annotations

import os
import stat
import sys
import weakref
from typing import BinaryIO

from ..errors import MailboxError, NotMail
from .base import Mailbox
from .content import why_no_mail
from .files import kind_of, read_head
from .from_lines import starts_mbox
from .message import MessageFile
from .stdin import Spool, open_stdin

FORMATS = ("mbox", "maildir", "mh", "message", "tree")


def open_mailbox(
    path: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,  # noqa: A002 - the word that users see
    *,
    spool: bool = False,
) -> Mailbox:
    """Open mail wherever it is.

    Parameters
    ----------
    path : str, os.PathLike or BinaryIO
        A file (an mbox or one message, also compressed by gzip, bzip2, xz or zstd), a directory (Maildir,
        MH, a tree of messages and mailboxes), "-" for standard input, a binary stream, or a URL that fsspec
        can read (s3://, gs://, sftp://...), or the URL of an IMAP folder (imaps://USER@HOST/FOLDER).
    format : str, optional
        One of `FORMATS`, where the content would tell wrongly.
    spool : bool
        Keep a stream in a temporary file, so that it can be read again and by several processes.

    Returns
    -------
    Mailbox
        Reads nothing but the first bytes until it is iterated.

    Raises
    ------
    MailboxError
        If it cannot be read, or the format is unknown or does not fit.
    NotMail
        If it can be read but holds no mail.

    Examples
    --------
    >>> for stored in open_mailbox("root.mbox"):  # doctest: +SKIP
    ...     print(stored.key, len(stored.raw))
    """
    if format is not None and format not in FORMATS:
        raise MailboxError(_name(path), f"unknown mailbox format {format!r}; there are {', '.join(FORMATS)}")
    if not isinstance(path, (str, os.PathLike)) or path == "-":
        stream = sys.stdin.buffer if isinstance(path, (str, os.PathLike)) else path
        if format not in (None, "mbox", "message"):
            raise MailboxError("-", f"a stream cannot be a mailbox of the format {format}")
        return _spooled(stream, format) if spool else open_stdin(stream, format)
    name = os.fspath(path)
    if "://" in name and (remote := _remote(name, format)):
        return remote
    return _open_path(name, format)


def _remote(url: str, format: str | None) -> Mailbox | None:  # noqa: A002
    from .imap_url import is_imap  # only for who names one
    from .remote import is_url

    if is_imap(url):
        from .imap import ImapFolder

        if format is not None:
            raise MailboxError(url, f"is a folder of a mail store, not a mailbox of the format {format}")
        return ImapFolder(url)
    from .remote_mbox import open_remote

    return open_remote(url, format) if is_url(url) else None


def _name(path: str | os.PathLike[str] | BinaryIO) -> str:
    return os.fspath(path) if isinstance(path, (str, os.PathLike)) else "-"


def _spooled(stream: BinaryIO, format: str | None) -> Mailbox:  # noqa: A002
    spool = Spool(stream)
    try:
        mailbox = _open_file("-", format, spool.path)
    except BaseException:
        spool.close()
        raise
    weakref.finalize(mailbox, spool.close)
    return mailbox


def _open_path(path: str, format: str | None) -> Mailbox:  # noqa: A002
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        dangling = isinstance(error, FileNotFoundError) and os.path.islink(path)
        reason = "is a link to nothing" if dangling else getattr(error, "strerror", None) or str(error)
        raise MailboxError(path, reason) from error
    if format in ("maildir", "mh", "tree"):
        return _open_folder(path, format)
    if stat.S_ISREG(mode) or (format and not stat.S_ISDIR(mode)):
        return _open_file(path, format)
    if not stat.S_ISDIR(mode):
        return _open_special(path, mode)
    if format:
        raise MailboxError(path, f"is a directory, not a mailbox of the format {format}")
    return _open_folder(path, None)


def _open_folder(path: str, format: str | None) -> Mailbox:  # noqa: A002
    from .maildir import Maildir, is_maildir  # a stream or a file does not wait for these
    from .tree import Tree

    if format == "maildir" or (format is None and is_maildir(path)):
        return Maildir(path)
    return Tree(path, format or "tree")


def _open_special(path: str, mode: int) -> Mailbox:
    raise MailboxError(
        path, f"is a {kind_of(mode)}; to read mail from it, redirect it to standard input and name -"
    )


def _open_file(path: str, format: str | None, file: str | None = None) -> Mailbox:  # noqa: A002
    if format == "message":
        return MessageFile(path, file, check=False)
    head = read_head(path if file is None else file, path)
    if format == "mbox" or not head or starts_mbox(head):
        from .tree import open_mbox

        return open_mbox(path, file)
    if reason := why_no_mail(head):
        raise NotMail(path, reason)
    return MessageFile(path, file)

"""Files behind a URL: s3://, gs://, sftp://, zip://inner::outer, whatever fsspec has a file system for.

Credentials and options of a file system are those of fsspec's own configuration (FSSPEC_* variables and
~/.config/fsspec), so no secret stands on a command line and workers read their own.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from os.path import lexists
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from classifier.patterns import pattern

from ..errors import MailboxError
from .base import WINDOW
from .compressed import compression_of, decompressed
from .files import SHRANK
from .imap_url import is_imap, parse

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_URL = pattern(r"([A-Za-z][A-Za-z0-9+.-]{0,31})(?:::.{1,2000})?://")
LOCAL = pattern(r"(?:file|local)://(?=/)")
# One request of an object store costs some 30 ms: this much is asked for at a time.
_BLOCK = 8 << 20
_NEEDED = "mail behind a URL needs fsspec: pip install 'mailtriage[dask]'"


def is_url(path: str) -> bool:
    """Tell a URL from a path: by a protocol, unless there is a file of that name."""
    return _URL.match(path) is not None and not lexists(path)


def expanded(paths: Iterable[str]) -> list[str]:
    """Replace patterns (``s3://bucket/2026-*.mbox.gz``, quoted local ones too) by what they match, in order.

    Parameters
    ----------
    paths : iterable of str
        Paths and URLs.

    Returns
    -------
    list of str
        A pattern that matches nothing stays, to be named by whoever opens it.

    Raises
    ------
    MailboxError
        If a file system cannot be asked.
    """
    found: list[str] = []
    for path in paths:
        if is_imap(path):
            found += _folders(path)
        elif not has_magic(path) or lexists(path):
            found.append(path)
        elif is_url(path) and not LOCAL.match(path):
            filesystem, inner = filesystem_of(path)
            with told(path):
                matches = [] if filesystem.exists(inner) else sorted(filesystem.glob(inner))
            found += [_url_of(filesystem, match, path) for match in matches] or [path]
        else:
            found += sorted(glob(LOCAL.sub("", path), recursive=True)) or [path]
    return found


def _folders(url: str) -> list[str]:
    """Find the folders of a mail store that a URL names; a "?" begins a search there."""
    asked = parse(url)
    if "*" not in asked.folder:
        return [url]
    from .imap_session import folders_like

    return folders_like(asked)


def filesystem_of(url: str) -> tuple[AbstractFileSystem, str]:
    """Find the file system of a URL, and the path there.

    Raises
    ------
    MailboxError
        If there is none for its protocol, or a package is missing.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MailboxError(url, _NEEDED) from None
    with told(url):
        return cast("tuple[AbstractFileSystem, str]", url_to_fs(url))


def _url_of(filesystem: AbstractFileSystem, path: str, like: str) -> str:
    """Write the URL of a path in the file system of another URL."""
    _, chain, rest = like.partition("::")
    return str(filesystem.unstrip_protocol(path)) + chain + rest


@contextmanager
def told(url: str, place: str = "") -> Iterator[None]:
    """Say in our words what a file system could not do; their libraries raise whatever they like."""
    try:
        yield
    except MailboxError:
        raise
    except Exception as error:
        if isinstance(error, FileNotFoundError):
            raise MailboxError(url, "No such file or directory", place) from error
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MailboxError(url, text.splitlines()[0][:400], place) from error


class RemoteRead:
    """Reads of a remote file, in order; what breaks them is a `MailboxError`, not damage of the mail."""

    def __init__(self, file: BinaryIO, url: str, begin: int, end: int) -> None:
        self._file, self._url, self._at, self._end = file, url, begin, end
        self.damage = ""

    def __call__(self, size: int) -> bytes:
        """Return up to `size` bytes, b"" at the end."""
        size = min(size, self._end - self._at)
        if size <= 0:
            return b""
        with told(self._url, str(self._at)):
            data = self._file.read(size)
        self._at += len(data)
        self.damage = "" if data else SHRANK
        return data


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file behind a URL, to be opened wherever its file system can be reached.

    Parameters
    ----------
    url : str
    size : int
        Bytes.
    version : str
        What its store says of its content (an ETag, a generation), '' where it says nothing.
    """

    url: str
    size: int
    version: str = ""

    @contextmanager
    def reading(self, begin: int, end: int) -> Iterator[RemoteRead]:
        """Read its bytes from `begin` to `end`.

        Raises
        ------
        MailboxError
            If it cannot be opened, or was replaced.
        """
        filesystem, path = filesystem_of(self.url)  # held while the file is open: some close it when they go
        with told(self.url):
            if self.version and version_of(filesystem.info(path)) != self.version:
                reason = "the file was replaced or rewritten while it was read"
                raise MailboxError(self.url, reason, str(begin))
            file = filesystem.open(path, "rb", block_size=min(_BLOCK, max(1, end - begin)))
            file.seek(begin)
        try:
            yield RemoteRead(file, self.url, begin, end)
        finally:
            file.close()

    def stream(self) -> BinaryIO:
        """Open it as a stream, decompressed where its first bytes say so."""
        file = io.BufferedReader(_Raw(self.url), WINDOW)
        kind = compression_of(file.peek(8)[:8])
        return decompressed(file, kind) if kind else file


class _Raw(io.RawIOBase):
    """A remote file whose failures are not taken for damage of what it holds."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._filesystem, path = filesystem_of(url)
        with told(url):
            self._file = self._filesystem.open(path, "rb", block_size=_BLOCK)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with told(self._url):
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def version_of(info: dict[str, Any]) -> str:
    """Find in what a store tells of a file the word that changes with its content."""
    names = ("ETag", "etag", "generation", "md5Hash", "ino")
    return next((f"{name} {info[name]}" for name in names if info.get(name)), "")

"""Mailboxes to deliver into: an mbox that only this sort writes, a Maildir that others may read and write.

The mbox is held with an fcntl lock while it is open. There is no dot lock: the file is new, no delivery agent
knows it, and one that was handed it later is noticed because the length is not the one written down.
Source: RFC 4155; D. J. Bernstein, "Using maildir format".
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..errors import MailboxError
from .base import WINDOW
from .journal import Delivery
from .maildir import LETTERS, is_maildir, unique_part

_CHANGED = (
    "holds {} bytes and not the {} that this sort wrote, so somebody else has changed it; "
    "move it away, and remove {} to sort everything anew"
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery with its bytes.

    Parameters
    ----------
    delivery : Delivery
        As written in the journal.
    chunks : callable
        Returns the bytes, as often as asked.
    flags : frozenset of str
        For the name of a Maildir file.
    received : float or None
        For its modification time, which is the date of arrival that IMAP servers show.
    """

    delivery: Delivery
    chunks: Callable[[], Iterator[bytes]]
    flags: frozenset[str]
    received: float | None


def checksum(chunks: Iterator[bytes]) -> tuple[int, bytes]:
    """Return the size and the digest (BLAKE2b, 16 bytes) of a stream."""
    size, digest = 0, hashlib.blake2b(digest_size=16)
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
    return size, digest.digest()


def _write(fd: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(fd, view) :]


def _sync_directory(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class MboxSink:
    """An mbox file that grows by whole records.

    Parameters
    ----------
    path : str
        Of the file; made when absent.
    end : int
        Its size when it holds what the journal says.
    journal : str
        How errors name the journal.

    Raises
    ------
    MailboxError
        If it cannot be opened or locked.
    """

    def __init__(self, path: str, end: int, journal: str) -> None:
        self.path, self.end, self._journal = path, end, journal
        if os.path.lexists(path) and not os.path.isfile(path):
            raise MailboxError(path, "exists and is not a file")
        if end == 0 and os.path.lexists(path) and os.path.getsize(path):
            raise MailboxError(path, "exists already, and no earlier sort into this directory made it")
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MailboxError(path, error.strerror or str(error)) from error
        try:
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise MailboxError(path, "another program has locked it") from error

    def recover(self, unsettled: list[Delivery]) -> list[Delivery]:
        """Cut off what an interrupted sort left torn.

        Parameters
        ----------
        unsettled : list of Delivery
            By start; they are the last of the file.

        Returns
        -------
        list of Delivery
            Those that are to be made again.

        Raises
        ------
        MailboxError
            If the file holds something that this sort did not write; it is left as it is.
        """
        size = os.fstat(self._fd).st_size
        least = unsettled[0].start if unsettled else self.end
        if not least <= size <= self.end:
            raise MailboxError(self.path, _CHANGED.format(size, self.end, self._journal))
        for at, delivery in enumerate(unsettled):
            if checksum(self._read(delivery.start, delivery.size)) != (delivery.size, delivery.checksum):
                os.ftruncate(self._fd, delivery.start)
                self.end = delivery.start
                return unsettled[at:]
        return []

    def _read(self, start: int, size: int) -> Iterator[bytes]:
        while size > 0 and (chunk := os.pread(self._fd, min(size, WINDOW), start)):
            yield chunk
            start, size = start + len(chunk), size - len(chunk)

    def placed(self, parcels: list[Parcel]) -> list[Parcel]:
        """Give every parcel its place after the end of the file."""
        result, start = [], self.end
        for parcel in parcels:
            result.append(replace(parcel, delivery=replace(parcel.delivery, start=start)))
            start += parcel.delivery.size
        return result

    def deliver(self, parcels: list[Parcel]) -> None:
        """Append records; on an error the file ends after the last whole one.

        Raises
        ------
        OSError
            If the disk is full or fails.
        """
        os.lseek(self._fd, self.end, os.SEEK_SET)
        try:
            for parcel in parcels:
                for chunk in parcel.chunks():
                    _write(self._fd, chunk)
                self.end += parcel.delivery.size
        except BaseException:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self.end)
            raise

    def sync(self) -> None:
        """Return when everything is on the disk."""
        os.fsync(self._fd)
        _sync_directory(os.path.dirname(self.path) or ".")

    def close(self) -> None:
        """Close and unlock it."""
        os.close(self._fd)


class MaildirSink:
    """A Maildir that messages are delivered to through tmp/; nothing in it is ever overwritten.

    Parameters
    ----------
    path : str
        Of the Maildir; made when absent.

    Raises
    ------
    MailboxError
        If something else is there, or it cannot be made.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        if os.path.lexists(path) and not is_maildir(path):
            raise MailboxError(path, "exists and is no Maildir")
        try:
            for part in ("tmp", "new", "cur"):  # cur last: with new it makes the Maildir
                os.makedirs(os.path.join(path, part), mode=0o700, exist_ok=True)
        except OSError as error:
            raise MailboxError(path, error.strerror or str(error)) from error

    def recover(self, unsettled: list[Delivery]) -> list[Delivery]:
        """Find which deliveries an interrupted sort did not make, and remove those that it left torn."""
        held = {}
        for part in ("new", "cur") if unsettled else ():
            for name in os.listdir(os.path.join(self.path, part)):
                held[unique_part(name)] = os.path.join(self.path, part, name)
        again = []
        for delivery in unsettled:
            path = held.get(delivery.name)
            if path is None or checksum(_file(path)) != (delivery.size, delivery.checksum):
                again.append(delivery)
                if path is not None:
                    os.unlink(path)
        return again

    def placed(self, parcels: list[Parcel]) -> list[Parcel]:
        """Return them as they are: their names are their places."""
        return parcels

    def deliver(self, parcels: list[Parcel]) -> None:
        """Write all messages to tmp/, bring them to the disk, then link them into new/ or cur/.

        Raises
        ------
        OSError
            If the disk is full or fails.
        """
        written: list[tuple[str, str, int]] = []
        try:
            for parcel in parcels:
                name = parcel.delivery.name
                tmp = os.path.join(self.path, "tmp", name)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(tmp)  # left by this sort when it was interrupted
                fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                written.append((tmp, self._target(name, parcel.flags), fd))
                for chunk in parcel.chunks():
                    _write(fd, chunk)
                if parcel.received is not None:
                    os.utime(fd, (parcel.received, parcel.received))
            for _, _, fd in written:
                os.fsync(fd)
            for tmp, target, _ in written:
                _move(tmp, target)
        finally:
            for tmp, _, fd in written:
                os.close(fd)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(tmp)

    def _target(self, name: str, flags: frozenset[str]) -> str:
        letters = "".join(sorted(LETTERS[flag] for flag in flags if flag in LETTERS))
        if letters:
            return os.path.join(self.path, "cur", f"{name}:2,{letters}")
        return os.path.join(self.path, "new", name)

    def sync(self) -> None:
        """Return when the directories are on the disk; the files are already."""
        for part in ("new", "cur"):
            _sync_directory(os.path.join(self.path, part))

    def close(self) -> None:
        """Do nothing: a Maildir is not held."""


def _file(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(WINDOW):
            yield chunk


def _move(tmp: str, target: str) -> None:
    """Give a file its name, never overwriting; where there are no hard links, by renaming.

    A file of this name holds this message: the name is made of its digest.
    """
    if os.path.lexists(target):
        return
    try:
        os.link(tmp, target)
    except FileExistsError:
        return
    except OSError:
        os.rename(tmp, target)

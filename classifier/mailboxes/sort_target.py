"""A directory that mail is sorted into: one mailbox for each label, and the journal of what was done.

Sorting the same mail again, after an interruption or because more has come, delivers what is not there yet: a
message is known by its bytes, and the second of two equal messages is a second message. Messages stay in the
mailbox that they were delivered to first, whatever a later model calls them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from ..errors import MailboxError
from .base import SPAN_BYTES, SPAN_MESSAGES, Original
from .copying import as_message, as_record
from .journal import Delivery, Journal
from .sinks import MaildirSink, MboxSink, Parcel, checksum

JOURNAL = ".mailtriage-sort.sqlite"
FORMS = ("mbox", "maildir")

# Deliveries are brought to the disk, with the journal's word for it, after so many batches.
_SETTLE_AFTER = 16


class SortTarget:
    """Where `sort` puts messages.

    Parameters
    ----------
    directory : str or os.PathLike
        Made when absent.
    form : str
        "mbox" for files like important.mbox, "maildir" for Maildirs like important/.
    sources : iterable of str
        The mailboxes that will be read; "-" is passed over.

    Raises
    ------
    MailboxError
        If the directory lies inside a source, cannot be used, or another sort is at work in it.

    Examples
    --------
    >>> with SortTarget("sorted", "maildir", ["root.mbox"]) as target:  # doctest: +SKIP
    ...     for original in open_mailbox("root.mbox").originals():
    ...         target.put(classifier.classify(original.stored.raw).label, original)
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        form: str = "mbox",
        sources: Iterable[str | os.PathLike[str]] = (),
    ) -> None:
        self.directory, self.form = os.fspath(directory), form
        self._sources = [os.path.realpath(source) for source in sources if os.fspath(source) != "-"]
        if form not in FORMS:
            raise MailboxError(self.directory, f"unknown form {form!r}; there are {', '.join(FORMS)}")
        self._refuse_sources()
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
        except OSError as error:
            reason = "exists and is not a directory" if isinstance(error, FileExistsError) else error.strerror
            raise MailboxError(self.directory, reason or str(error)) from error
        self._sinks: dict[str, MboxSink | MaildirSink] = {}
        self._waiting: list[Parcel] = []
        self._size = self._batches = 0
        self._broken = self._unsettled = False
        self._journal = Journal(os.path.join(self.directory, JOURNAL), form)
        try:
            self._recover()
        except BaseException:
            self._broken = True
            self.close()
            raise

    def _refuse_sources(self) -> None:
        target = os.path.realpath(self.directory)
        for source in self._sources:
            if target == source or target.startswith(source.rstrip(os.sep) + os.sep):
                raise MailboxError(self.directory, f"lies inside the mail that is to be sorted ({source})")

    def path(self, label: str) -> str:
        """Return the path of the mailbox of a label."""
        return os.path.join(self.directory, f"{label}.mbox" if self.form == "mbox" else label)

    def owns(self, path: str) -> bool:
        """Tell whether an error is about this target, and not about what is copied."""
        return os.path.join(path, "").startswith(os.path.join(self.directory, ""))

    def _sink(self, label: str) -> MboxSink | MaildirSink:
        if label in self._sinks:
            return self._sinks[label]
        path = self.path(label)
        real = os.path.realpath(path)
        for source in self._sources:
            if source == real or source.startswith(real + os.sep):
                raise MailboxError(path, "is itself mail that is to be sorted")
        if self.form == "mbox":
            self._sinks[label] = MboxSink(path, self._journal.end(label), JOURNAL)
        else:
            self._sinks[label] = MaildirSink(path)
        return self._sinks[label]

    def _recover(self) -> None:
        for label in self._journal.labels():
            left = self._journal.unsettled(label)
            self._journal.forget(self._sink(label).recover(left))
            self._unsettled = self._unsettled or bool(left)
        self._settle()

    def put(self, label: str, original: Original) -> bool:
        """Deliver a message, soon: batches are written together.

        Parameters
        ----------
        label : str
            Which mailbox.
        original : Original
            From `Mailbox.original` or `Mailbox.originals`.

        Returns
        -------
        bool
            False if it had been delivered before.

        Raises
        ------
        MailboxError
            If the message cannot be read, or the disk is full; what was delivered before stays valid.
        """
        digest = hashlib.blake2b(original.stored.raw, digest_size=16)
        if original.is_cut:
            digest.update(b"cut")
            for chunk in original.chunks():
                digest.update(chunk)
        nth = self._journal.meet(digest.digest())
        if self._journal.has(digest.digest(), nth):
            return False
        parcel = self._parcel(label, original, digest.digest(), nth)
        self._waiting.append(parcel)
        self._size += parcel.delivery.size
        if len(self._waiting) >= SPAN_MESSAGES or self._size >= SPAN_BYTES:
            self.flush()
        return True

    def _parcel(self, label: str, original: Original, digest: bytes, nth: int) -> Parcel:
        sink = self._sink(label)
        wrap = as_record if isinstance(sink, MboxSink) else as_message

        def chunks() -> Iterator[bytes]:
            return wrap(original)

        kept = None if original.is_cut else list(chunks())
        size, check = checksum(iter(kept) if kept is not None else chunks())
        name = f"{int(original.received or 0)}.{digest.hex()}_{nth}.mailtriage"
        delivery = Delivery(digest, nth, label, name, 0, size, check)
        again = chunks if kept is None else lambda: iter(kept)
        return Parcel(delivery, again, original.stored.flags, original.received)

    def flush(self) -> None:
        """Deliver everything that waits.

        Raises
        ------
        MailboxError
            If a mailbox or the journal cannot be written.
        """
        waiting, self._waiting, self._size = self._waiting, [], 0
        if self._broken or not waiting:
            return
        self._broken = True  # until all is well
        batches = [
            (sink, sink.placed([parcel for parcel in waiting if parcel.delivery.label == label]))
            for label, sink in self._sinks.items()
        ]
        self._journal.intend([parcel.delivery for _, parcels in batches for parcel in parcels])
        for sink, parcels in batches:
            try:
                if parcels:
                    sink.deliver(parcels)
            except OSError as error:
                raise MailboxError(sink.path, error.strerror or str(error)) from error
        self._broken, self._unsettled = False, True
        self._batches += 1
        if self._batches % _SETTLE_AFTER == 0:
            self._settle()

    def _settle(self) -> None:
        if not self._unsettled:
            return
        for sink in self._sinks.values():
            try:
                sink.sync()
            except OSError as error:
                raise MailboxError(sink.path, error.strerror or str(error)) from error
        self._journal.settle()
        self._unsettled = False

    def close(self) -> None:
        """Deliver what waits, bring everything to the disk, and let go of the directory."""
        try:
            self.flush()
            if not self._broken:
                self._settle()
        finally:
            for sink in self._sinks.values():
                sink.close()
            self._sinks = {}
            self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

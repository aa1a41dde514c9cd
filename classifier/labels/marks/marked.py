"""Mail whose labels stand in the mail: what a reader of marks makes of whole mailboxes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import NamedTuple

from classifier.mailboxes import Mailbox, Stored
from classifier.mailboxes.imap import ImapFolder


class Marked(NamedTuple):
    """A message and what a mark says of it.

    Parameters
    ----------
    stored : Stored
        The message itself, or one that it carries.
    label : str
    """

    stored: Stored
    label: str


MarkReader = Callable[[Stored, float], Iterator[Marked]]
"""A stored message, and the time in seconds since 1970, to what it says: of itself or of what it carries."""

MARKS = {
    "from-flags": ("flags", "read_flags"),
    "takeout": ("gmail", "read_takeout"),
    "arf": ("feedback", "read_arf"),
    "forwarded": ("attached", "read_forwarded"),
    "exchange": ("exchange", "read_exchange"),
}
"""Kind of marks to the module and function that reads them; a command's option has the same name."""


class MarkedMail:
    """A mailbox read for the marks on its mail.

    Parameters
    ----------
    kind : str
        Key of `MARKS`.
    mailbox : Mailbox
    read : callable
    now : float, optional
        Seconds since 1970; by default the clock's.

    Attributes
    ----------
    counts : Counter of str
        Messages of each label, counted by `count`.
    silent : int
        Messages without a mark, counted by `count`.
    """

    def __init__(self, kind: str, mailbox: Mailbox, read: MarkReader, now: float | None = None) -> None:
        self.kind, self.mailbox, self._read = kind, mailbox, read
        self._now = time.time() if now is None else now
        self.counts: Counter[str] = Counter()
        self.silent = 0

    def __iter__(self) -> Iterator[Marked]:
        for stored in self.mailbox:
            yield from self._read(stored, self._now)

    def count(self) -> MarkedMail:
        """Read everything once, to know what there is.

        Returns
        -------
        MarkedMail
            Itself.
        """
        self.counts.clear()
        self.silent = 0
        for stored in self.mailbox:
            found = [marked.label for marked in self._read(stored, self._now)]
            self.counts.update(found)
            self.silent += not found
        if isinstance(self.mailbox, ImapFolder):
            self.silent += self.mailbox.passed
        return self

    def labelled(self, label: str) -> MarkedSource:
        """Give all messages of a label.

        Parameters
        ----------
        label : str

        Returns
        -------
        MarkedSource
        """
        return MarkedSource(self, label)

    def get(self, key: str) -> Stored:
        """Fetch one message again.

        Parameters
        ----------
        key : str
            Of a message of the mailbox, or of one that such a message carries.

        Returns
        -------
        Stored

        Raises
        ------
        MailboxError
            If it is no longer there.
        """
        outer, mark, _ = key.rpartition("#")
        if mark:
            for found in self._read(self.mailbox.get(outer), self._now):
                if found.stored.key == key:
                    return found.stored
        return self.mailbox.get(key)


class MarkedSource:
    """The messages of one label, read anew by each iteration.

    Parameters
    ----------
    marked : MarkedMail
    label : str
    """

    def __init__(self, marked: MarkedMail, label: str) -> None:
        self.marked, self.label = marked, label
        self.path = marked.mailbox.path

    def __iter__(self) -> Iterator[Stored]:
        return (found.stored for found in self.marked if found.label == self.label)

    def __len__(self) -> int:
        return self.marked.counts[self.label]


def open_marks(kinds: Sequence[tuple[str, Mailbox]], now: float | None = None) -> list[MarkedMail]:
    """Read mailboxes for their marks.

    Parameters
    ----------
    kinds : sequence of (str, Mailbox)
        Key of `MARKS`, and where to look.
    now : float, optional
        Seconds since 1970; by default the clock's.

    Returns
    -------
    list of MarkedMail
        Counted.
    """
    for kind, mailbox in kinds:
        if kind == "from-flags" and isinstance(mailbox, ImapFolder):
            from classifier.labels.marks.flags import may_speak  # which imports this module

            mailbox.wanted = may_speak
    return [MarkedMail(kind, mailbox, _reader(kind), now).count() for kind, mailbox in kinds]


def _reader(kind: str) -> MarkReader:
    """Import the reader of one kind of marks, and no other."""
    module, function = MARKS[kind]
    reader: MarkReader = getattr(import_module(f"classifier.labels.marks.{module}"), function)
    return reader

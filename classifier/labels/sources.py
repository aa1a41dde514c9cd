"""Labelled mail from wherever its labels are: folders that hold one kind each, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from classifier.labels.tsv import Labelled
from classifier.mailboxes import Mailbox, Stored


class LabelledMail:
    """Messages and what people said of them, read as often as wanted.

    Parameters
    ----------
    folders : sequence of (str, Mailbox)
        A label, and a mailbox whose messages all have it.
    tabled : Labelled, optional
        Mailboxes whose messages a table labels, one by one.

    Attributes
    ----------
    mailboxes : list of Mailbox
        All of them, folders first.
    """

    def __init__(self, folders: Sequence[tuple[str, Mailbox]], tabled: Labelled | None = None) -> None:
        self.folders, self.tabled = tuple(folders), tabled
        self.mailboxes: list[Mailbox] = [mailbox for _, mailbox in folders]
        self.mailboxes += tabled.mailboxes if tabled else ()
        self._by_path = {mailbox.path: mailbox for mailbox in self.mailboxes}

    def sources(self) -> list[tuple[str, Iterable[Stored]]]:
        """Give what training takes: label by label, the messages that have it.

        Returns
        -------
        list of (str, iterable of Stored)
        """
        return [*self.folders, *(self.tabled.sources() if self.tabled else ())]

    def __iter__(self) -> Iterator[tuple[Stored, str]]:
        """Yield each message with its label, mailbox after mailbox, as they are stored."""
        for label, mailbox in self.folders:
            for stored in mailbox:
                yield stored, label
        if self.tabled:
            yield from self.tabled

    def count(self) -> int:
        """Count the messages; folders are read through for it.

        Returns
        -------
        int
        """
        folders = sum(sum(1 for _ in mailbox.keys()) for _, mailbox in self.folders)  # noqa: SIM118
        return folders + (len(self.tabled) if self.tabled else 0)

    def get(self, mailbox: str, key: str) -> Stored:
        """Fetch one message again.

        Parameters
        ----------
        mailbox, key : str
            Of its :class:`~classifier.mailboxes.Stored`.

        Returns
        -------
        Stored

        Raises
        ------
        MailboxError
            If it is no longer there.
        """
        return self._by_path[mailbox].get(key)

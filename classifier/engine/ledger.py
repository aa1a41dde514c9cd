"""What a model was trained on, noted while it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from classifier.errors import TrainingError
from classifier.mail import Message

if TYPE_CHECKING:
    from classifier.mailboxes import Stored

Entry = tuple[str, str]
"""Label and name of the mailbox."""


class Ledger:
    """Keeps what a model was trained on while it is read."""

    def __init__(self) -> None:
        self.read_so_far = 0
        self._counts: Counter[Entry] = Counter()
        self._digests: dict[Entry, bytes] = {}

    def forget(self) -> None:
        """Begin anew."""
        self.read_so_far = 0
        self._counts.clear()
        self._digests.clear()

    def note(self, label: str, mailboxes: Sequence[str], digests: Sequence[bytes]) -> None:
        """Take note of messages.

        Parameters
        ----------
        label : str
        mailboxes : sequence of str
            The name of the mailbox of each.
        digests : sequence of bytes
            SHA-256 of each.
        """
        for mailbox, digest in zip(mailboxes, digests, strict=True):
            entry = (label, mailbox)
            self._counts[entry] += 1
            self._digests[entry] = sha256(self._digests.get(entry, b"") + digest).digest()
        self.read_so_far += len(digests)

    def read(
        self,
        sources: Iterable[tuple[str, Iterable[Stored]]],
        watch: Callable[[str, int, int], None],
    ) -> Iterator[tuple[Message, str]]:
        """Yield every message with its label, taking note.

        Parameters
        ----------
        sources : iterable of (label, iterable of Stored)
        watch : callable
            Called with ``reading``, the messages read so far, and 0.

        Yields
        ------
        (Message, str)

        Raises
        ------
        TrainingError
            If a source holds no message.
        """
        for label, source in sources:
            before = self.read_so_far
            for stored in source:
                self.note(label, [stored.mailbox.rpartition("/")[2]], [sha256(stored.raw).digest()])
                watch("reading", self.read_so_far, 0)
                yield Message(stored.raw), label
            if self.read_so_far == before:
                raise TrainingError(f"{getattr(source, 'path', 'a source')}: no message to learn as {label}")

    def entries(self) -> list[dict[str, Any]]:
        """Return the manifest for the card.

        Returns
        -------
        list of dict
            Label, mailbox, number of messages, and a SHA-256 that changes with any of them or their order:
            of that of the messages before, followed by that of the last message.
        """
        return [
            {
                "label": label,
                "mailbox": mailbox,
                "messages": count,
                "sha256": self._digests[label, mailbox].hex(),
            }
            for (label, mailbox), count in sorted(self._counts.items())
        ]

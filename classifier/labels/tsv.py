"""Labels from a table of tab-separated values: by Message-ID, or by mailbox and key."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier.errors import LabelError
from classifier.mail import Message
from classifier.mailboxes import Mailbox, Stored

LABELS = ("important", "unimportant", "spam", "ham")
"""What may be said of a message; ``ham`` means not spam, importance unknown."""

_BY_ID, _BY_KEY = "message-id", ("mailbox", "key")

Name = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label file, read and checked.

    Parameters
    ----------
    path : Path
        Where it lies.
    rows : dict of (str or (str, str)) to (str, int)
        Label and line number of each Message-ID, or of each mailbox (absolute path) with key.
    """

    path: Path
    rows: dict[Name, tuple[str, int]]

    def find(self, mailboxes: Sequence[Mailbox]) -> Labelled:
        """Find the messages that the rows speak of.

        Parameters
        ----------
        mailboxes : sequence of Mailbox
            Where to look; each is read once here and once more for each label used.

        Returns
        -------
        Labelled

        Raises
        ------
        LabelError
            For the first row whose message is in none of the mailboxes. Names file and line.

        Notes
        -----
        Copies of one message share their Message-ID, so all of them get its label.
        """
        found, unlabelled = Labelled(tuple(mailboxes)), 0
        missing = dict.fromkeys(self.rows)
        for stored in _all(mailboxes):
            names = _names(stored, self.rows)
            for name in names:
                missing.pop(name, None)
            if names:
                found.chosen[stored.mailbox, stored.key] = self._agreed(names)
            else:
                unlabelled += 1
        if missing:
            self._complain(list(missing))
        found.unlabelled = unlabelled
        return found

    def knows(self, stored: Stored) -> bool:
        """Tell whether a row speaks of a message.

        Parameters
        ----------
        stored : Stored

        Returns
        -------
        bool
        """
        return bool(_names(stored, self.rows))

    def _agreed(self, names: list[Name]) -> str:
        """Return the one label of a message that a row names by id and another by key."""
        labels = {self.rows[name][0] for name in names}
        if len(labels) > 1:
            lines = " and ".join(str(self.rows[name][1]) for name in names)
            said = ", ".join(sorted(labels))
            raise LabelError(f"{self.path} lines {lines}: two labels for one message: {said}")
        return labels.pop()

    def _complain(self, missing: list[Name]) -> None:
        """Name the first row without a message, and how many follow it."""
        first = missing[0]
        what = first if isinstance(first, str) else f"key {first[1]!r} of {first[0]}"
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise LabelError(f"{self.path} line {self.rows[first][1]}: no message {what} in the mailboxes{more}")


@dataclass(slots=True)
class Labelled:
    """The messages that a label file speaks of.

    Parameters
    ----------
    mailboxes : tuple of Mailbox
        Where they lie.
    chosen : dict of (str, str) to str
        The label of each, by mailbox and key.
    unlabelled : int
        Messages that no row speaks of.
    """

    mailboxes: tuple[Mailbox, ...]
    chosen: dict[tuple[str, str], str] = field(default_factory=dict)
    unlabelled: int = 0

    def sources(self) -> list[tuple[str, Source]]:
        """Give what training takes: each label used, and its messages.

        Returns
        -------
        list of (str, Source)
            In the order of :data:`LABELS`; each source may be iterated as often as wanted.
        """
        used = set(self.chosen.values())
        return [(label, Source(self, label)) for label in LABELS if label in used]

    def __iter__(self) -> Iterator[tuple[Stored, str]]:
        """Yield each message that has a label, and the label, as they are stored."""
        for stored in _all(self.mailboxes):
            label = self.chosen.get((stored.mailbox, stored.key))
            if label is not None:
                yield stored, label

    def __len__(self) -> int:
        return len(self.chosen)


@dataclass(frozen=True, slots=True)
class Source:
    """All messages with one label, streamed from their mailboxes anew by each iteration."""

    found: Labelled
    label: str

    def __iter__(self) -> Iterator[Stored]:
        return (stored for stored, label in self.found if label == self.label)

    def __len__(self) -> int:
        return sum(label == self.label for label in self.found.chosen.values())


def read_labels(path: str | os.PathLike[str]) -> LabelFile:
    """Read a label file.

    Parameters
    ----------
    path : path
        Tab-separated, UTF-8, with a header line that names the columns: ``label``, and ``message-id`` (or
        ``message_id``) or ``mailbox`` and ``key``. Other columns are ignored; a row without a label, too.
        A relative ``mailbox`` is meant from the working directory, or else from the label file's folder.

    Returns
    -------
    LabelFile

    Raises
    ------
    LabelError
        The file cannot be read, lacks a column, has an unknown label, or two labels for one message.
        Names file and line.
    """
    file = Path(path)
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").split("\n")
    except OSError as error:
        raise LabelError(f"{file}: cannot be read: {error.strerror}") from None
    columns = [name.strip().lower().replace("_", "-") for name in lines[0].split("\t")]
    _check_columns(file, columns)
    rows: dict[Name, tuple[str, int]] = {}
    for number, line in enumerate(lines[1:], start=2):
        row = dict(zip(columns, (cell.strip() for cell in line.split("\t")), strict=False))
        if row.get("label"):
            _add(file, number, row, rows)
    return LabelFile(file, rows)


def _check_columns(file: Path, columns: list[str]) -> None:
    """Refuse a header that names too little to go by."""
    if "label" not in columns or not (_BY_ID in columns or set(_BY_KEY) <= set(columns)):
        raise LabelError(
            f"{file} line 1: the header must name label, and message-id or mailbox and key; it names "
            + ", ".join(columns)
        )


def _add(file: Path, number: int, row: dict[str, str], rows: dict[Name, tuple[str, int]]) -> None:
    """Enter one row; it may repeat another, not contradict it."""
    label = row["label"].lower()
    if label not in LABELS:
        raise LabelError(f"{file} line {number}: unknown label {label!r} (known: {', '.join(LABELS)})")
    name = _name(file, row)
    if name is None:
        raise LabelError(f"{file} line {number}: names no message")
    before, line = rows.setdefault(name, (label, number))
    if before != label:
        raise LabelError(f"{file} lines {line} and {number}: two labels for one message: {before}, {label}")


def _name(file: Path, row: dict[str, str]) -> Name | None:
    """Return what a row calls its message: mailbox and key where it gives both, for copies share an id."""
    if row.get("mailbox") and row.get("key"):
        mailbox = Path(row["mailbox"])
        base = Path() if mailbox.exists() else file.parent
        return os.path.abspath(base / mailbox), row["key"]
    text = row.get(_BY_ID, "").strip("<> ")
    return f"<{text}>" if text else None


def _names(stored: Stored, rows: dict[Name, tuple[str, int]]) -> list[Name]:
    """Every name under which the rows know a message."""
    both = (os.path.abspath(stored.mailbox), stored.key), Message(stored.raw).message_id
    return [name for name in both if name in rows]


def _all(mailboxes: Iterable[Mailbox]) -> Iterator[Stored]:
    """Every message of several mailboxes."""
    for mailbox in mailboxes:
        yield from mailbox

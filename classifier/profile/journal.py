"""Corrections as the profile keeps them: a journal in which nothing is overwritten, only ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from classifier.errors import ModelFormatError, ProfileError
from classifier.features import Schema
from classifier.learners.online import TEACHES, Correction
from classifier.learners.online.snapshot import pack_sums, unpack_sums
from classifier.learners.online.sums import Sums
from classifier.profile.file import ProfileFile
from classifier.profile.kept import Kept
from classifier.profile.opening import WHAT_TO_DO, damaged
from classifier.profile.packing import Packer

BEHAVIOUR = "behaviour"
"""Source of what was not said but inferred: it gives way to what is said."""

NOTHING = "nothing"
"""Label of a message that a model file had learned and that was unlearned here."""

_CHANGED = "SELECT id, fingerprint, label, features, until FROM corrections WHERE schema=? AND "
TOGETHER = 256
"""Rows read at once where all are: with their features they may be gigabytes."""

_COUNTED = (  # at a stamp
    "SELECT fingerprint, id, label FROM corrections WHERE schema=? AND id<=? AND (until IS NULL OR stamp>?)"
    " AND label<>? ORDER BY id"
)
_END = "UPDATE corrections SET until=?, stamp=? WHERE until IS NULL AND "
_ADD = (
    "INSERT INTO corrections"
    " (schema, fingerprint, since, stamp, label, source, said, author, domain, features)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a correction comes from.

    Parameters
    ----------
    said : float
        When, unix seconds.
    source : str, default 'library'
        Who said it: library, cli, review, audit, behaviour, arf, ...
    author, domain : bytes, default b''
        Hashes of the author's address and domain, so that they can be forgotten.
    """

    said: float
    source: str = "library"
    author: bytes = b""
    domain: bytes = b""


@dataclass(frozen=True, slots=True)
class Change:
    """One message whose correction in effect has changed.

    Parameters
    ----------
    fingerprint : bytes
    ended : bool
        Whether the profile says nothing of it any more; what a model file learned counts again.
    correction : Correction or None
        What counts now, if anything.
    number : int
        Of the row that says so.
    """

    fingerprint: bytes
    ended: bool
    correction: Correction | None
    number: int


class Journal:
    """The corrections of one schema in a profile.

    Parameters
    ----------
    file : ProfileFile
    key : bytes
    schema : Schema
    """

    def __init__(self, file: ProfileFile, key: bytes, schema: Schema) -> None:
        self._file, self.schema, self.packer = file, schema, Packer(schema, key)

    def marks(self) -> tuple[int, int]:
        """Return epoch and stamp: with another epoch all must be read again, else what has a later stamp."""
        rows = dict(self._file.read("SELECT name, value FROM facts WHERE name IN ('epoch', 'stamp')"))
        return int(rows["epoch"]), int(rows["stamp"])

    def changes(self, after: int | None) -> Iterator[Change]:
        """Give the corrections that have changed.

        Parameters
        ----------
        after : int or None
            A stamp; None for all that are in effect.

        Yields
        ------
        Change
            In the order in which they were made.
        """
        for number, fingerprint, label, features, until in (
            self._all() if after is None else self._since(after)
        ):
            counts = until is None and label != NOTHING
            correction = self.unpack(label, features) if counts else None
            yield Change(bytes(fingerprint), until is not None, correction, number)

    def _since(self, stamp: int) -> Iterable[tuple[Any, ...]]:
        """Read what has changed since a stamp: first what ended."""
        return self._file.read(f"{_CHANGED} stamp>? ORDER BY until IS NULL, id", (self.schema_id(), stamp))

    def _all(self) -> Iterable[tuple[Any, ...]]:
        """Read all that is in effect, a few rows at a time."""
        ours, last = self.schema_id(), -1
        while rows := self._file.read(
            f"{_CHANGED} until IS NULL AND id>? ORDER BY id LIMIT ?", (ours, last, TOGETHER)
        ):
            yield from rows
            last = rows[-1][0]

    def kept(self) -> Kept:
        """Begin a mapping of corrections with none in it."""
        return Kept((), self._read)

    def row_of(self, fingerprint: bytes) -> int:
        """Find the row of the correction of a message that counts.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        int
        """
        query = "SELECT id FROM corrections WHERE fingerprint=? AND schema=? AND until IS NULL"
        return int(self._file.read(query, (fingerprint, self.schema_id()))[0][0])

    def sums(self, epoch: int) -> tuple[int, Kept, Sums] | None:
        """Return what was added up last.

        Parameters
        ----------
        epoch : int
            Sums of another one are none.

        Returns
        -------
        (int, Kept, Sums) or None
            The stamp up to which they go, and what counted then. None where there are none, or they are
            damaged: they can be made again.
        """
        ours = self.schema_id()
        rows = self._file.read("SELECT stamp, last, data FROM sums WHERE schema=? AND epoch=?", (ours, epoch))
        if not rows:
            return None
        stamp, last, data = rows[0]
        try:
            sums = unpack_sums(self.schema, self.packer.open(data))
        except ModelFormatError:
            return None
        return stamp, Kept(self._file.read(_COUNTED, (ours, last, stamp, NOTHING)), self._read), sums

    def keep_sums(self, sums: Sums, epoch: int, stamp: int) -> None:
        """Keep what is added up, inside the transaction that led to it.

        Parameters
        ----------
        sums : Sums
            Over all corrections of this schema that count.
        epoch, stamp : int
            As of now.
        """
        last = self._file.read("SELECT coalesce(max(id), 0) FROM corrections")[0][0]
        data = self.packer.close(pack_sums(sums, self.schema))
        values = (self.schema_id(make=True), epoch, stamp, last, data)
        self._file.write("INSERT OR REPLACE INTO sums VALUES (?, ?, ?, ?, ?)", values)

    def _read(self, number: int, label: str) -> Correction:
        """Read the correction of one row."""
        rows = self._file.read("SELECT features FROM corrections WHERE id=?", (number,))
        return self.unpack(label, rows[0][0] if rows else b"")

    def schema_id(self, make: bool = False) -> int:
        """Return the number of the schema in this profile, 0 where it is not yet there."""
        rows = self._file.read("SELECT id FROM schemas WHERE hash=?", (self.schema.hash,))
        if not rows and make:
            card = json.dumps(self.schema.to_json())
            self._file.write("INSERT INTO schemas (hash, card) VALUES (?, ?)", (self.schema.hash, card))
            return self.schema_id()
        return int(rows[0][0]) if rows else 0

    def unpack(self, label: str, features: bytes) -> Correction:
        """Read one row; see `Packer.unpack`."""
        if label not in TEACHES:
            raise damaged(self._file.path, f"an unknown label {label!r}")
        try:
            return self.packer.unpack(label, bytes(features))
        except ProfileError as error:
            raise ProfileError(f"{self._file.path}: {error}. {WHAT_TO_DO}") from None

    def source_of(self, fingerprint: bytes) -> str:
        """Say where the correction of a message that counts comes from; the model file is one that was said.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        str
        """
        query = "SELECT source FROM corrections WHERE fingerprint=? AND schema=? AND until IS NULL"
        rows = self._file.read(query, (fingerprint, self.schema_id()))
        return str(rows[0][0]) if rows else "model"

    def add(self, fingerprint: bytes, correction: Correction, origin: Origin) -> int:
        """Enter a correction; those of this message that it contradicts end, those of this schema too.

        Parameters
        ----------
        fingerprint : bytes
        correction : Correction
        origin : Origin

        Returns
        -------
        int
            The new stamp.
        """
        stamp = next_stamp(self._file)
        ours = self.schema_id(make=True)
        contradicted = f"{_END} fingerprint=? AND (schema=? OR label<>?)"
        self._file.write(contradicted, (origin.said, stamp, fingerprint, ours, correction.label))
        features = self.packer.pack(correction)
        said = (correction.label, origin.source, origin.said, origin.author, origin.domain, features)
        self._file.write(_ADD, (ours, fingerprint, origin.said, stamp, *said))
        return stamp

    def end(self, fingerprint: bytes, now: float) -> tuple[int, int]:
        """End all corrections of a message, of whatever schema.

        Parameters
        ----------
        fingerprint : bytes
        now : float
            Unix seconds.

        Returns
        -------
        ended : int
            How many there were.
        stamp : int
            The new one.
        """
        stamp = next_stamp(self._file)
        return self._file.write(f"{_END} fingerprint=?", (now, stamp, fingerprint)), stamp

    def nothing(self) -> Correction:
        """Make the entry that lets what a model file learned of a message not count."""
        return Correction.nothing(NOTHING, len(self.schema.blocks))


def next_stamp(file: ProfileFile) -> int:
    """Count one change, inside a transaction, so that other programs notice it.

    Parameters
    ----------
    file : ProfileFile

    Returns
    -------
    int
    """
    file.said = True
    file.write("UPDATE facts SET value=value+1 WHERE name='stamp'")
    return int(file.read("SELECT value FROM facts WHERE name='stamp'")[0][0])


def next_epoch(file: ProfileFile) -> None:
    """Let all programs read everything again, inside a transaction: rows have gone, not just ended.

    Parameters
    ----------
    file : ProfileFile
    """
    file.write("UPDATE facts SET value=value+1 WHERE name='epoch'")

"""What one user taught, in one file: the library's way to it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.config import profile_path
from classifier.profile.came import Came
from classifier.profile.file import ProfileFile
from classifier.profile.journal import next_stamp
from classifier.profile.key import hashed
from classifier.profile.memory import ProfileMemory
from classifier.profile.past import HOUR, era_at, note_own
from classifier.profile.taught import Taught

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Schema

DAY = 86_400
OBSERVED = 200_000
"""Messages remembered as observed, the latest: some 3 MB. Mail that old does not come again."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The last time somebody looked for important mail among the rest.

    Parameters
    ----------
    taken : float
        When, unix seconds.
    report : dict
        What was found.
    """

    taken: float
    report: dict[str, Any]


class Profile:
    """What one user taught: corrections, history of senders and threads, own addresses, audits.

    One SQLite file, used by several programs at once; every change is a transaction.

    Parameters
    ----------
    path : path, optional
        By default `classifier.config.profile_path`.
    create : bool, default False
        Make it where it is not.

    Raises
    ------
    ProfileError
        If there is none, or it is no profile, damaged, or of a newer version.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     profile = Profile(f"{folder}/p.sqlite", create=True)
    ...     profile.memory.put("person", b"ada@example.org", b"1")
    ...     profile.memory.get("person", b"ada@example.org")
    ...     profile.close()
    b'1'
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, create: bool = False) -> None:
        self.file = ProfileFile(profile_path() if path is None else path, create=create)
        self._key: bytes = self.file.read("SELECT value FROM facts WHERE name='key'")[0][0]
        self.file.key = self._key
        self.memory = ProfileMemory(self.file, self._key)
        self._came = Came(self.file, self._key)
        self._observed: int | None = None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.file.path

    @property
    def created(self) -> float:
        """When it was made, unix seconds."""
        return float(self.file.read("SELECT value FROM facts WHERE name='created'")[0][0])

    @property
    def readonly(self) -> bool:
        """Whether nothing can be added."""
        return self.file.readonly

    def batch(self) -> AbstractContextManager[None]:
        """Write many changes together; see `ProfileFile.batch`."""
        return self.file.batch()

    def writing(self) -> AbstractContextManager[None]:
        """Make several changes one; see `ProfileFile.writing`."""
        return self.file.writing()

    def taught(self, schema: Schema, learned: Mapping[str, NDArray[Any]]) -> Taught:
        """Open the corrections for a model.

        Parameters
        ----------
        schema : Schema
            The model's.
        learned : mapping of str to ndarray
            What the model file has learned itself.

        Returns
        -------
        Taught
        """
        return Taught(self.file, self._key, schema, learned)

    def hash_of(self, address: str) -> bytes:
        """Return what stands for an address, or an @domain, in the journal.

        Parameters
        ----------
        address : str

        Returns
        -------
        bytes
        """
        return hashed(self._key, "author", address.lower().encode("utf-8", "surrogateescape"))

    def hashes_in_memory(self, address: str) -> Iterator[tuple[str, bytes]]:
        """Name every record of history that an address, or an @domain, may have.

        Parameters
        ----------
        address : str

        Yields
        ------
        (str, bytes)
            Kind, and key as it is kept.
        """
        key = address.lower().encode("utf-8", "surrogateescape")
        for (kind,) in self.file.read("SELECT DISTINCT kind FROM memory"):
            yield kind, hashed(self._key, kind, key)

    @property
    def mine(self) -> tuple[str, ...]:
        """Own addresses and @domains."""
        return tuple(address for (address,) in self.file.read("SELECT address FROM mine ORDER BY address"))

    def own(self, addresses: Iterable[str]) -> None:
        """Keep addresses as the user's own, besides those that are.

        Parameters
        ----------
        addresses : iterable of str
            Addresses, and whole domains as ``@example.org``.

        Raises
        ------
        ProfileNotWritten
            If they cannot be kept.
        """
        with self.writing():
            for address in addresses:
                if self.file.write("INSERT OR IGNORE INTO mine VALUES (?)", (address.lower(),)):
                    note_own(self.file, address.lower())

    def first_sight(self, fingerprint: bytes, now: float) -> bool:
        """Note that a message was observed.

        Parameters
        ----------
        fingerprint : bytes
        now : float
            Unix seconds.

        Returns
        -------
        bool
            Whether it had not been before; of the oldest that is no longer known.
        """
        name = self._number(fingerprint)
        day = int(max(0.0, now)) // DAY
        era = era_at(self.file, time.time(), HOUR)
        fresh = self.file.write("INSERT OR IGNORE INTO observed VALUES (?, ?, ?)", (name, day, era)) > 0
        if fresh:
            self._prune()
        return fresh

    def _number(self, fingerprint: bytes) -> int:
        """Return what stands for a message among those that were observed."""
        return int.from_bytes(hashed(self._key, "observed", fingerprint)[:8], "little", signed=True)

    def keep_as_it_came(self, fingerprint: bytes, came: bytes) -> None:
        """Keep what a message found in the memory when it was observed, inside `writing`.

        Parameters
        ----------
        fingerprint : bytes
        came : bytes
            From `classifier.history.History.as_it_came`; empty if there is nothing to keep.

        Raises
        ------
        ProfileNotWritten
            If it cannot be kept.
        """
        if came:
            self._came.keep(self._number(fingerprint), came)

    def as_it_came(self, fingerprint: bytes) -> bytes:
        """Return what a message found in the memory when it was observed.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        bytes
            Empty where it was not observed, or that was too long ago.
        """
        return self._came.find(self._number(fingerprint)) if self.knows(fingerprint) else b""

    def knows(self, fingerprint: bytes) -> bool:
        """Tell whether a message was observed.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        bool
        """
        return bool(self.file.read("SELECT 1 FROM observed WHERE message=?", (self._number(fingerprint),)))

    def _prune(self) -> None:
        """Let the oldest tenth of what was observed go once there is too much."""
        if self._observed is None:
            self._observed = int(self.file.read("SELECT count(*) FROM observed")[0][0])
        self._observed += 1
        if self._observed > OBSERVED:
            self.file.write(
                "DELETE FROM observed WHERE message IN (SELECT message FROM observed ORDER BY day LIMIT ?)",
                (OBSERVED // 10,),
            )
            self._observed = None

    def elsewhere(self, schema: Schema) -> int:
        """Count the corrections in effect that do not count for a model: learned only for other columns.

        Parameters
        ----------
        schema : Schema
            The model's.

        Returns
        -------
        int
            Messages; learning them again lets them count.
        """
        other = (
            "SELECT count(DISTINCT fingerprint) FROM corrections WHERE until IS NULL AND fingerprint NOT IN"
            " (SELECT fingerprint FROM corrections JOIN schemas ON schemas.id=corrections.schema"
            " WHERE until IS NULL AND hash=?)"
        )
        return int(self.file.read(other, (schema.hash,))[0][0])

    def add_audit(self, report: Mapping[str, Any], now: float | None = None) -> None:
        """Keep what an audit found.

        Parameters
        ----------
        report : mapping
            What JSON can hold; no address.
        now : float, optional
            Unix seconds; by default the clock's.
        """
        taken = time.time() if now is None else now
        with self.writing():
            self.file.write("INSERT INTO audits (taken, report) VALUES (?, ?)", (taken, json.dumps(report)))
            next_stamp(self.file)

    def last_audit(self) -> Audit | None:
        """Return the audit that was kept last.

        Returns
        -------
        Audit or None
            None where there never was one.
        """
        rows = self.file.read("SELECT taken, report FROM audits ORDER BY id DESC LIMIT 1")
        return Audit(float(rows[0][0]), json.loads(rows[0][1])) if rows else None

    def close(self) -> None:
        """Let the file go."""
        self.file.close()

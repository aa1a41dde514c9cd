"""The file of a profile, read and written in transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from classifier.errors import ProfileError, ProfileNotWritten
from classifier.profile.opening import BUSY_SECONDS, connect, in_words

BATCH = 256
BATCH_SECONDS = 0.2
"""A batch is written after so many changes or so long, and others get their turn."""

SCRUB_SECONDS = 2.0
"""How long forgetting waits for others to stop reading what was there."""

PENDING = 10_000
"""Records that wait to be written, at most about so many."""


class Pending(Protocol):
    """Changes that wait in memory for the end of a transaction."""

    def accept(self) -> None:
        """Take the changes of one message as made."""
        ...

    def discard(self) -> None:
        """Drop the changes of the message at hand."""
        ...

    def flush(self) -> None:
        """Write all accepted changes, for the transaction ends."""
        ...

    def end(self) -> None:
        """Know nothing any more: the transaction has ended, others may write."""
        ...

    def size(self) -> int:
        """Count the changes that wait."""
        ...


class ProfileFile:
    """A connection to a profile.

    Parameters
    ----------
    path : path
    create : bool, default False
        Make it where it is not.

    Attributes
    ----------
    readonly : bool
        Whether it can only be read.
    said : bool
        Whether this transaction holds something that the user said.
    era : int
        Under which it keeps what was before, see `past`; 0 where it is not yet known.
    key : bytes
        With which the profile was opened; empty before it is known.
    voids : int
        How often what was read or written since has been undone: by then it must be read again.

    Raises
    ------
    ProfileError
        If there is none, or it is no profile, damaged, or of a newer version.
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = False) -> None:
        self.path = Path(path)
        self.base, self.readonly = connect(self.path, create=create)
        self.pending: Pending | None = None
        self.voids = 0
        self.said = False
        self.era = 0
        self.key = b""
        self._depth = self._changes = 0
        self._batching = False
        self._began = 0.0

    def version_of_data(self) -> tuple[int, int, int]:
        """Return numbers of which one changes when anybody has written, or something was undone."""
        with in_words(self.path):
            others = int(self.base.execute("PRAGMA data_version").fetchone()[0])
        return others, self.base.total_changes, self.voids

    def read(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Ask for rows.

        Parameters
        ----------
        statement : str
            SQL.
        values : tuple

        Returns
        -------
        list of tuple

        Raises
        ------
        ProfileError
            If the file is damaged.
        """
        with in_words(self.path):
            return self.base.execute(statement, values).fetchall()

    def write(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Change rows, inside `writing`.

        Parameters
        ----------
        statement : str
            SQL.
        values : tuple

        Returns
        -------
        int
            How many.

        Raises
        ------
        ProfileNotWritten
            If that cannot be.
        """
        with in_words(self.path):
            return self.base.execute(statement, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Change the profile: all inside or nothing. Others wait; what is read inside stays true.

        Raises
        ------
        ProfileNotWritten
            If it cannot be written. What was written before stands.
        """
        if self._depth:
            yield
            return
        with in_words(self.path):
            self._begin()
        self._depth = 1
        try:
            yield
            with in_words(self.path):
                self._finish()
        except BaseException:
            self._undo(everything=not self._batching)
            raise
        finally:
            self._depth = 0

    @property
    def is_writing(self) -> bool:
        """Whether a transaction is open: nobody else can change what is read."""
        return self.base.in_transaction

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Write many changes together, a few hundred at a time: for mail at hand, not for waiting in.

        A change that fails is undone alone. A crash costs the last few hundred, never half of one.
        """
        if self._batching:
            yield
            return
        self._batching = True
        try:
            yield
        finally:
            self._batching = False
            if self.base.in_transaction:
                try:
                    with in_words(self.path):
                        self._commit()
                except BaseException:
                    self._undo(everything=True)
                    raise

    def _begin(self) -> None:
        if self.readonly:
            raise ProfileNotWritten(f"{self.path}: cannot be written: it is read-only")
        if not self.base.in_transaction:
            self.base.execute("BEGIN IMMEDIATE")
            self._changes, self._began = 0, time.monotonic()
            self.check_key()
        if self._batching:
            self.base.execute("SAVEPOINT one")

    def _finish(self) -> None:
        """Accept one change; write it, unless more will follow soon."""
        if self.pending:
            self.pending.accept()
        self._changes += 1
        if not self._batching or self._due():
            self._commit()
        else:
            self.base.execute("RELEASE one")

    def _due(self) -> bool:
        waiting = self.pending.size() if self.pending else 0
        late = time.monotonic() - self._began > BATCH_SECONDS
        return late or self._changes >= BATCH or waiting > PENDING

    def _commit(self) -> None:
        if self.pending:
            self.pending.flush()
        self.base.execute("COMMIT")
        self._end()

    def _undo(self, everything: bool) -> None:
        """Undo one change, or all that is not committed."""
        self.voids += 1
        self.era = 0
        if self.pending:
            self.pending.discard()
        with suppress(sqlite3.Error):  # what led here is the error to speak of
            if self.base.in_transaction and not everything:
                self.base.execute("ROLLBACK TO one")
                self.base.execute("RELEASE one")
                return
            if self.base.in_transaction:  # a full disk ends the transaction by itself
                self.base.execute("ROLLBACK")
        self._end()

    def _end(self) -> None:
        self.said, self.era = False, 0
        if self.pending:
            self.pending.end()

    def check_key(self) -> None:
        """Refuse to go on where another program has imported another profile in the meantime.

        Raises
        ------
        ProfileError
            Then what would be read means nothing, and what would be written is lost.
        """
        if self.key and self.read("SELECT value FROM facts WHERE name='key'")[0][0] != self.key:
            with suppress(sqlite3.Error):
                if self.base.in_transaction:
                    self.base.execute("ROLLBACK")
            raise ProfileError(f"{self.path}: another profile was imported into it meanwhile: open it again")

    def scrub(self) -> None:
        """Rewrite the file without what was deleted, and empty its log.

        Raises
        ------
        ProfileNotWritten
            If another program is reading, so that the log has to stay.
        """
        with in_words(self.path):
            self.base.execute("VACUUM")
            self.base.execute(f"PRAGMA busy_timeout={SCRUB_SECONDS * 1000:.0f}")
            busy = self.base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self.base.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")
        if busy:
            raise ProfileNotWritten(
                f"{self.path}: forgotten, but another program is reading it, so that its log still holds "
                "what was there; do it again when that has ended"
            )

    def close(self) -> None:
        """Let the file go."""
        self.base.close()

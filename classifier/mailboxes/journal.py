"""What a sort has done, kept beside its output, so that an interrupted sort goes on where it stopped.

A delivery is written down before it is made, and settled after it has reached the disk. What is found
unsettled when a sort begins again is compared with the output, and is made again unless it is there whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..errors import MailboxError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delivery (
    digest BLOB NOT NULL, nth INTEGER NOT NULL, label TEXT NOT NULL, name TEXT NOT NULL,
    start INTEGER NOT NULL, size INTEGER NOT NULL, checksum BLOB NOT NULL, settled INTEGER NOT NULL,
    PRIMARY KEY (digest, nth)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unsettled ON delivery (label, start) WHERE settled = 0;
CREATE TEMPORARY TABLE met (digest BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, and where it goes.

    Parameters
    ----------
    digest : bytes
        Of the message; together with `nth` it tells messages apart wherever they are stored.
    nth : int
        0 for the first message with these bytes in a run, 1 for the second...
    label : str
        The mailbox it goes to.
    name : str
        Its file name without flags, in a Maildir.
    start, size : int
        Where it is in an mbox, and its bytes as written.
    checksum : bytes
        Of the bytes as written.
    """

    digest: bytes
    nth: int
    label: str
    name: str
    start: int
    size: int
    checksum: bytes


_COLUMNS = "digest, nth, label, name, start, size, checksum"


class Journal:
    """The record of deliveries of one sort, an SQLite file that one process at a time may hold.

    Parameters
    ----------
    path : str
        Of the file; made when absent.
    form : str
        "mbox" or "maildir": what the sort writes.

    Raises
    ------
    MailboxError
        If another sort holds it, it is damaged, or it belongs to a sort of another form.
    """

    def __init__(self, path: str, form: str) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise MailboxError(path, str(error)) from error
        try:
            with self._spoken():
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._db.execute("BEGIN EXCLUSIVE")
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute("INSERT OR IGNORE INTO about VALUES ('form', ?)", (form,))
                held = self._db.execute("SELECT value FROM about WHERE name = 'form'").fetchone()[0]
                self._db.execute("COMMIT")
            if held != form:
                raise MailboxError(path, f"an earlier sort into this directory wrote {held}, not {form}")
        except MailboxError:
            self._db.close()
            raise

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            busy = "locked" in str(error)
            raise MailboxError(self.path, "another sort is at work here" if busy else str(error)) from error

    def meet(self, digest: bytes) -> int:
        """Count a message of the run; returns how many with the same bytes came before it."""
        with self._spoken():
            self._db.execute(
                "INSERT INTO met VALUES (?, 1) ON CONFLICT (digest) DO UPDATE SET times = times + 1",
                (digest,),
            )
            row = self._db.execute("SELECT times FROM met WHERE digest = ?", (digest,)).fetchone()
        return int(row[0]) - 1

    def has(self, digest: bytes, nth: int) -> bool:
        """Tell whether a message was delivered before."""
        with self._spoken():
            rows = self._db.execute("SELECT 1 FROM delivery WHERE digest = ? AND nth = ?", (digest, nth))
            return rows.fetchone() is not None

    def intend(self, deliveries: list[Delivery]) -> None:
        """Write down what will be delivered now; on the disk when this returns."""
        rows = [(d.digest, d.nth, d.label, d.name, d.start, d.size, d.checksum) for d in deliveries]
        with self._spoken():
            self._db.execute("BEGIN")
            self._db.executemany(f"INSERT INTO delivery ({_COLUMNS}, settled) VALUES (?,?,?,?,?,?,?,0)", rows)  # noqa: S608
            self._db.execute("COMMIT")

    def settle(self) -> None:
        """Note that all deliveries are on the disk."""
        with self._spoken():
            self._db.execute("UPDATE delivery SET settled = 1 WHERE settled = 0")

    def unsettled(self, label: str) -> list[Delivery]:
        """List the deliveries to a mailbox that may not have been made, in order."""
        sql = f"SELECT {_COLUMNS} FROM delivery WHERE settled = 0 AND label = ? ORDER BY start"  # noqa: S608
        with self._spoken():
            return [Delivery(*row) for row in self._db.execute(sql, (label,))]

    def forget(self, deliveries: list[Delivery]) -> None:
        """Take back deliveries that were not made."""
        with self._spoken():
            self._db.executemany(
                "DELETE FROM delivery WHERE digest = ? AND nth = ?", [(d.digest, d.nth) for d in deliveries]
            )

    def labels(self) -> list[str]:
        """List the mailboxes that were delivered to."""
        with self._spoken():
            return [row[0] for row in self._db.execute("SELECT DISTINCT label FROM delivery ORDER BY label")]

    def end(self, label: str) -> int:
        """Return the size of an mbox that holds everything delivered to it."""
        with self._spoken():
            row = self._db.execute(
                "SELECT MAX(start + size) FROM delivery WHERE label = ?", (label,)
            ).fetchone()
        return int(row[0] or 0)

    def close(self) -> None:
        """Let another sort have it."""
        self._db.close()

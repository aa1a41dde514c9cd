"""Answers kept between runs for as long as they said they may be: one SQLite file, shared by processes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from classifier.lookup.answers import Answer, Question, Status

SCHEMA = 1
"""Kept in the file's user_version; a file of another schema is emptied, for it is only a cache."""

MAX_TTL = 86_400
"""Seconds that a positive answer is kept at most: a day, so that one absurd TTL does not last. RFC 2181
section 8."""

MAX_NEGATIVE_TTL = 10_800
"""Seconds that a negative answer is kept at most: three hours, as RFC 2308 section 5 finds sensible."""

MAX_ROWS = 500_000
"""Answers kept, some 100 MB; beyond it those that expire first go."""

BUSY_SECONDS = 5.0
"""How long one process waits for another that is writing; a batch is written in milliseconds."""

_CREATE = """
CREATE TABLE IF NOT EXISTS answers (
    resolver TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
    status TEXT NOT NULL, records TEXT NOT NULL, aliases TEXT NOT NULL,
    ttl INTEGER NOT NULL, taken REAL NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (resolver, name, type)
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX IF NOT EXISTS by_expiry ON answers (expires)"
_GET = (
    "SELECT status, records, aliases, ttl, taken FROM answers"
    " WHERE resolver=? AND name=? AND type=? AND expires>?"
)
_PUT = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SHRINK = (
    "DELETE FROM answers WHERE (resolver, name, type) IN"
    " (SELECT resolver, name, type FROM answers ORDER BY expires LIMIT ?)"
)


def default_path() -> Path:
    """Say where the cache belongs.

    Returns
    -------
    Path
        ``$XDG_CACHE_HOME/mailtriage/dns.sqlite3`` on Linux. Source: XDG Base Directory Specification 0.8.
    """
    from platformdirs import user_cache_path

    return user_cache_path("mailtriage") / "dns.sqlite3"


class AnswerCache:
    """Answers by resolver and question until they expire.

    A cache that cannot be used is no error: it just knows nothing.

    Parameters
    ----------
    resolver : str
        Whose answers these are: two resolvers may see two different worlds.
    path : path, optional
        The file; by default `default_path`.

    Attributes
    ----------
    problem : str
        Why nothing is kept; '' while all is well.
    """

    def __init__(self, resolver: str, path: str | os.PathLike[str] | None = None) -> None:
        self.resolver = resolver
        self.path = Path(path) if path is not None else default_path()
        self.problem = ""
        self._base: sqlite3.Connection | None = None
        try:
            self._base = self._open()
        except (OSError, sqlite3.Error) as error:
            self.problem = f"{self.path}: {error}"

    def _open(self) -> sqlite3.Connection:
        """Open the file; one that is no database is replaced."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # busy or not writable: the file may be sound
                raise
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        """Connect, set up and clean."""
        self.path.touch(mode=0o600)  # whom one gets mail from is nobody else's business
        base = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            base.execute("PRAGMA journal_mode=WAL")  # readers and a writer do not wait for each other
            base.execute("PRAGMA synchronous=NORMAL")
            _set_up(base)
            _clean(base)
        except BaseException:
            base.close()
            raise
        return base

    def get(self, questions: Iterable[Question], now: float | None = None) -> list[Answer]:
        """Look questions up.

        Parameters
        ----------
        questions : iterable of Question
        now : float, optional
            Seconds since 1970; by default the clock's.

        Returns
        -------
        list of Answer
            Those that are kept and have not expired, in no promised order.
        """
        if self._base is None:
            return []
        moment = time.time() if now is None else now
        found = []
        try:
            for name, rrtype in questions:
                row = self._base.execute(_GET, (self.resolver, name, rrtype, moment)).fetchone()
                if row:
                    found.append(_answer(name, rrtype, row))
        except (sqlite3.Error, ValueError) as error:
            self._give_up(error)
        return found

    def put(self, answers: Iterable[Answer]) -> None:
        """Keep answers until they expire.

        Parameters
        ----------
        answers : iterable of Answer
            Those without a definite status or with a TTL of 0 are left out (RFC 2308 sections 5 and 7).
        """
        if self._base is None:
            return
        rows = [self._row(each) for each in answers if each.status.known and each.ttl > 0]
        try:
            with _transaction(self._base):
                self._base.executemany(_PUT, rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def _row(self, answer: Answer) -> tuple[object, ...]:
        """One answer as a row."""
        most = MAX_TTL if answer.status is Status.FOUND else MAX_NEGATIVE_TTL
        return (
            self.resolver,
            answer.name,
            answer.rrtype,
            str(answer.status),
            orjson.dumps(answer.records).decode(),
            orjson.dumps(answer.aliases).decode(),
            answer.ttl,
            answer.taken,
            answer.taken + min(answer.ttl, most),
        )

    def _give_up(self, error: Exception) -> None:
        """Go on without a cache."""
        self.problem = f"{self.path}: {error}"
        self.close()

    def close(self) -> None:
        """Let the file go; nothing is kept from here on."""
        if self._base is not None:
            self._base.close()
            self._base = None


def _answer(name: str, rrtype: str, row: tuple[str, str, str, int, float]) -> Answer:
    """One row as an answer."""
    status, records, aliases, ttl, taken = row
    return Answer(
        name,
        rrtype,
        Status(status),
        tuple(orjson.loads(records)),
        tuple(orjson.loads(aliases)),
        ttl,
        taken,
    )


def _set_up(base: sqlite3.Connection) -> None:
    """Make the table, unless another process has just done so."""
    if _schema(base) == SCHEMA:
        return
    with _transaction(base):
        if _schema(base) != SCHEMA:  # looked at again, now that nobody else can write
            base.execute("DROP TABLE IF EXISTS answers")
            base.execute(_CREATE)
            base.execute(_INDEX)
            base.execute(f"PRAGMA user_version={SCHEMA}")


def _schema(base: sqlite3.Connection) -> int:
    """Read which schema the file says it has."""
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def _clean(base: sqlite3.Connection) -> None:
    """Drop what has expired, and what is too much; another time, if somebody else is writing."""
    with contextlib.suppress(sqlite3.OperationalError):
        base.execute("DELETE FROM answers WHERE expires<=?", (time.time(),))
        excess = base.execute("SELECT count(*) FROM answers").fetchone()[0] - MAX_ROWS
        if excess > 0:
            base.execute(_SHRINK, (excess,))


@contextlib.contextmanager
def _transaction(base: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and one write instead of many."""
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")

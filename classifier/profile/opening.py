"""Opening the file of a profile and bringing it up to date; what SQLite says in codes, said in words."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from classifier.errors import ProfileError, ProfileNotWritten
from classifier.profile.key import sealed_anew
from classifier.profile.layout import APPLICATION, STEPS

_WHAT = (
    "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_master)"
    " FROM pragma_user_version, pragma_application_id"
)
"""One question, so that the answers are of one moment: another program may be making the profile."""

_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_SCHEMA", "SQLITE_MISMATCH", "SQLITE_CONSTRAINT")
"""What SQLite says of a file of which pages or tables are lost; all else is said of disk, locks or memory."""

_EFFECTIVE = os.access in os.supports_effective_ids

BUSY_SECONDS = 30.0
"""How long one program waits for another that is writing; a message is written in a millisecond."""

WHAT_TO_DO = "Put a copy in its place, or move it away and begin anew; --profile off does without"
"""Where a profile is damaged: nobody but its reader can teach again what was in it."""

SPARE = 1024
"""Free pages that no file is rewritten for: 4 MiB, which new mail fills again."""


def connect(path: Path, *, create: bool) -> tuple[sqlite3.Connection, bool]:
    """Open a profile, made where it may be and is not, of the newest version.

    Parameters
    ----------
    path : Path
    create : bool

    Returns
    -------
    base : sqlite3.Connection
    readonly : bool

    Raises
    ------
    ProfileError
        If there is none, or it is no profile, damaged, or of a newer version.
    """
    with in_words(path):
        if not path.exists():
            if not create:
                raise ProfileError(f"{path}: no such profile")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)  # whom one gets mail from is nobody else's business
        readonly = is_readonly(path)
        base = sqlite3.connect(
            f"{path.absolute().as_uri()}?{how_to_open(path, readonly)}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(base, path, readonly)
        except BaseException:
            base.close()
            raise
    return base, readonly


def is_readonly(path: Path) -> bool:
    """Tell whether a profile, or the folder in which its log would lie, cannot be written.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return not all(os.access(place, os.W_OK, effective_ids=_EFFECTIVE) for place in (path, path.parent))


def how_to_open(path: Path, readonly: bool) -> str:
    """Say how SQLite may open it: where there is no log nobody is writing, and no lock is needed.

    Parameters
    ----------
    path : Path
    readonly : bool

    Returns
    -------
    str
        Of a URI, what stands behind the question mark.
    """
    if not readonly:
        return "mode=rw"
    return "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"


def _prepare(base: sqlite3.Connection, path: Path, readonly: bool) -> None:
    """Look whether it is ours, and bring it up to date."""
    version = version_of(base, path)
    if not readonly:
        _use_log(base)
        base.execute("PRAGMA synchronous=NORMAL")  # a power cut may cost the last changes, never the file
        if version < len(STEPS):
            _migrate(base, path)
        _shrink(base)
    elif version < len(STEPS):
        raise ProfileNotWritten(f"{path}: of an older version, and cannot be written to update it")


def version_of(base: sqlite3.Connection, path: Path) -> int:
    """Read which version a file has.

    Parameters
    ----------
    base : sqlite3.Connection
    path : Path
        How it is called.

    Returns
    -------
    int
        0 for an empty one.

    Raises
    ------
    ProfileError
        If it is no profile, or of a newer version.
    """
    version, application, tables = base.execute(_WHAT).fetchone()
    empty = not tables
    if application != APPLICATION and not (empty and version == application == 0):
        raise ProfileError(f"{path}: an SQLite file, but no profile of mailtriage")
    if version > len(STEPS):
        raise ProfileError(
            f"{path}: a profile of version {version}, written by a newer mailtriage; "
            f"this one reads up to {len(STEPS)}. Nothing was changed"
        )
    return int(version)


def _use_log(base: sqlite3.Connection) -> None:
    """Switch to a write-ahead log: readers and a writer then do not wait for each other.

    SQLite does not wait where two programs do this at once, so we do.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            base.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _is_busy(error: sqlite3.Error) -> bool:
    return str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_BUSY")


def _migrate(base: sqlite3.Connection, path: Path) -> None:
    """Make the steps that are missing; another program may have made them while we waited."""
    base.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version_of(base, path), len(STEPS)):
            if "sealed_anew" in STEPS[number]:
                key = base.execute("SELECT value FROM facts WHERE name='key'").fetchone()[0]
                base.create_function("sealed_anew", 1, partial(sealed_anew, key))
            for statement in STEPS[number].split(";"):
                base.execute(statement)
            base.execute(f"PRAGMA user_version={number + 1}")
        base.execute(f"PRAGMA application_id={APPLICATION}")
    except BaseException:
        base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")


def _shrink(base: sqlite3.Connection) -> None:
    """Give back the room of what is gone, once that is most of a file that is not small."""
    free, pages = base.execute(
        "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count"
    ).fetchone()
    if free > max(SPARE, pages // 2):
        with suppress(sqlite3.Error):  # no room for it, or others are at work: another time
            base.execute("VACUUM")


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system says of a file into an error for people.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ProfileError, ProfileNotWritten
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _error(path, error) from None
    except OSError as error:
        raise ProfileNotWritten(f"{path}: cannot be written: {error.strerror}") from None


def _error(path: Path, error: sqlite3.Error) -> ProfileError:
    """Name what is wrong with the file."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith("SQLITE_NOTADB"):
        return ProfileError(f"{path}: no profile: not an SQLite file")
    if name.startswith("SQLITE_CANTOPEN"):
        return ProfileError(f"{path}: cannot be opened")
    if name in {"SQLITE_FULL", "SQLITE_IOERR_WRITE"}:
        return ProfileNotWritten(f"{path}: the disk is full; what was kept before is whole")
    if _is_busy(error):
        return ProfileNotWritten(f"{path}: another program has been writing for {BUSY_SECONDS:.0f} seconds")
    if name.startswith("SQLITE_READONLY"):
        return ProfileNotWritten(f"{path}: cannot be written: it is read-only")
    if name.startswith("SQLITE_IOERR"):
        return ProfileNotWritten(f"{path}: cannot be read or written: {error}")
    if name.startswith("SQLITE_PROTOCOL"):
        return ProfileNotWritten(f"{path}: cannot be locked: {error}. Keep it on a disk of this machine")
    if name and not name.startswith(_DAMAGE):
        return ProfileNotWritten(f"{path}: cannot be used: {error}")
    return damaged(path, str(error))


def damaged(path: Path, how: str) -> ProfileError:
    """Say that a profile is damaged, and what can be done.

    Parameters
    ----------
    path : Path
    how : str

    Returns
    -------
    ProfileError
    """
    return ProfileError(f"{path}: the profile is damaged: {how}. {WHAT_TO_DO}")

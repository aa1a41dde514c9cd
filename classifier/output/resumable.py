"""A file of lines that an interrupted run leaves unfinished, and another one finishes.

Beside FILE stand FILE.part, the lines so far, and FILE.resume, a journal of JSON lines: first what the run
was begun with, then, every few seconds, how much is done: so many parts of the mailboxes, a hash over them,
so many bytes of lines. The lines are on disk before the journal says so; what lies beyond its last whole
entry that fits is cut off and made again. Only when all is done FILE.part is renamed to FILE.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from time import monotonic
from typing import Any, BinaryIO, Concatenate, ParamSpec, TypeVar

from classifier.errors import ConfigError, OutputError
from classifier.mailboxes import Problem

VERSION = 1
"""Of the journal."""

SECONDS = 2.0
"""Between entries of the journal: at most so much work is lost."""


@dataclass(frozen=True, slots=True)
class Done:
    """How far a run has come.

    Parameters
    ----------
    parts : int
        Parts of the mailboxes whose lines are written.
    judged : int
        Messages in them.
    length : int
        Bytes of their lines.
    chain : str
        A hash over the parts, in order.
    problems : list of Problem
        What could not be read, since the entry before.
    """

    parts: int = 0
    judged: int = 0
    length: int = 0
    chain: str = ""
    problems: list[Problem] = field(default_factory=list)


def chained(chain: str, mark: str) -> str:
    """Add a part to the hash over parts.

    Parameters
    ----------
    chain : str
        Of those before it.
    mark : str
        What the part depends on.

    Returns
    -------
    str
    """
    return hashlib.sha256(f"{chain}\n{mark}".encode("utf-8", "surrogateescape")).hexdigest()


P = ParamSpec("P")
R = TypeVar("R")


def _writes(
    method: Callable[Concatenate[ResumableFile, P], R],
) -> Callable[Concatenate[ResumableFile, P], R]:
    """Have errors of the system name the file, and be no errors of whatever mailbox is being read."""

    @functools.wraps(method)
    def named(self: ResumableFile, /, *args: P.args, **options: P.kwargs) -> R:
        try:
            return method(self, *args, **options)
        except OSError as error:
            raise OutputError(f"{self.part}: {error.strerror or error}") from error

    return named


class ResumableFile:
    """A file of lines, written part by part.

    Parameters
    ----------
    path : str
        FILE.
    settings : dict
        What the lines depend on, as JSON knows it: a run that is continued must have the same.
    """

    def __init__(self, path: str, settings: dict[str, Any]) -> None:
        self.path, self.part, self.journal_path = path, path + ".part", path + ".resume"
        self.settings = {"journal": VERSION, **settings}
        self.done = Done()
        self.before: list[Problem] = []
        self._lines: BinaryIO | None = None
        self._journal: BinaryIO | None = None
        self._noted, self._kept = 0.0, 0
        self._since: list[Done] = []

    @property
    def unfinished(self) -> bool:
        """Whether an interrupted run is there."""
        return os.path.exists(self.journal_path)

    @property
    def is_open(self) -> bool:
        """Whether this run writes it: it began, or went on."""
        return self._lines is not None

    @_writes
    def begin(self) -> None:
        """Begin anew; what an interrupted run has left goes.

        Raises
        ------
        OutputError
            If it cannot be written.
        ConfigError
            If another run writes there now.
        """
        self._journal = open(self.journal_path, "a+b")  # noqa: SIM115 - both stay open until `finish`
        self._lock()
        self._journal.truncate(0)
        self._lines = open(self.part, "wb")  # noqa: SIM115
        self._append(self.settings)
        _sync_folder(self.path)

    @_writes
    def resume(self) -> Done:
        """Go on where the journal's last whole entry says; the lines beyond it are cut off.

        Returns
        -------
        Done
            What need not be done again; its problems are in `before`.

        Raises
        ------
        ConfigError
            If the run was begun with other settings, if there is nothing to go on with, or if it still runs.
        OutputError
            If it cannot be read or written.
        """
        self._journal = open(self.journal_path, "a+b")  # noqa: SIM115
        self._lock()
        self._journal.seek(0)
        entries = _whole_entries(self._journal.read())
        self._lines = open(self.part, "r+b" if os.path.exists(self.part) else "w+b")  # noqa: SIM115
        size = self._lines.seek(0, os.SEEK_END)
        if not entries:
            self._journal.truncate(0)
            self._append(self.settings)
        else:
            self._compare(entries[0][1])
            end = entries[0][0]
            for after, entry in entries[1:]:
                if entry["length"] > size:
                    break
                end = after
                self.before += [Problem(**problem) for problem in entry.pop("problems")]
                self.done = Done(**entry)
                self._kept = self.done.judged
            self._journal.truncate(end)
        self._lines.truncate(self.done.length)
        self._lines.seek(self.done.length)
        return self.done

    def _compare(self, begun: dict[str, Any]) -> None:
        for name, value in self.settings.items():
            if begun.get(name) != json.loads(json.dumps(value)):
                raise ConfigError(
                    f"{self.path}: cannot go on, as the run was begun with other {name}: --force begins anew"
                )

    @_writes
    def write(self, lines: Iterable[bytes]) -> None:
        """Add lines of the part at hand."""
        assert self._lines is not None  # noqa: S101 - begin or resume was called
        self._lines.writelines(lines)

    def end_part(self, judged: int, mark: str, problems: Iterable[Problem]) -> None:
        """Note that a part is done; now and then that goes to disk.

        Parameters
        ----------
        judged : int
            Messages in it.
        mark : str
            See `chained`.
        problems : iterable of Problem
        """
        assert self._lines is not None  # noqa: S101
        self.done = Done(
            self.done.parts + 1,
            self.done.judged + judged,
            self._lines.tell(),
            chained(self.done.chain, mark),
            [*self.done.problems, *problems],
        )
        self._since.append(self.done)
        if monotonic() - self._noted > SECONDS:
            self.note()

    @_writes
    def note(self) -> None:
        """Put on disk what is done."""
        assert self._lines is not None  # noqa: S101
        self._lines.flush()
        self._note()

    def keep(self) -> int:
        """Note what is done for another run, if only what the disk had room for.

        Returns
        -------
        int
            How many messages need not be judged again.
        """
        assert self._lines is not None  # noqa: S101
        with contextlib.suppress(OSError):  # the last entry holds
            with contextlib.suppress(OSError):
                self._lines.flush()
            size = os.fstat(self._lines.fileno()).st_size
            fits = [done for done in self._since if done.length <= size]
            if fits:
                self.done = fits[-1]
                os.ftruncate(self._lines.fileno(), self.done.length)  # makes room for the entry
                self._note()
        return self._kept

    def _note(self) -> None:
        assert self._lines is not None  # noqa: S101
        os.fsync(self._lines.fileno())
        self._append(asdict(self.done) | {"problems": [each._asdict() for each in self.done.problems]})
        self._since, self._kept = [], self.done.judged
        self.done = replace(self.done, problems=[])
        self._noted = monotonic()

    @_writes
    def finish(self) -> None:
        """Put FILE where it belongs: it is whole."""
        assert self._lines is not None  # noqa: S101
        self._lines.flush()
        os.fsync(self._lines.fileno())
        os.replace(self.part, self.path)
        _sync_folder(self.path)
        os.unlink(self.journal_path)
        self.close()

    def close(self) -> None:
        """Close the files; what is not noted is lost."""
        for file in (self._lines, self._journal):
            if file is not None:
                with contextlib.suppress(OSError):  # a full disk was told already
                    file.close()

    def _append(self, entry: dict[str, Any]) -> None:
        assert self._journal is not None  # noqa: S101
        self._journal.write(json.dumps(entry).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def _lock(self) -> None:
        """Keep other runs away; the lock ends with this process, and workers do not have it."""
        try:
            import fcntl
        except ImportError:  # not on this system
            return
        assert self._journal is not None  # noqa: S101
        try:
            fcntl.lockf(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._journal.close()
            raise ConfigError(f"{self.path}: another run is writing it") from None


def _whole_entries(data: bytes) -> list[tuple[int, dict[str, Any]]]:
    """Parse a journal as far as it is whole: each entry, and where it ends."""
    found, end = [], 0
    for line in data.splitlines(keepends=True):
        end += len(line)
        try:
            entry = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            break
        if not isinstance(entry, dict):
            break
        found.append((end, entry))
    return found


def _sync_folder(path: str) -> None:
    """Put names on disk, where the system can."""
    with contextlib.suppress(OSError):
        folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

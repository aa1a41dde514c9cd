"""A folder of Parquet parts, here or behind a URL, that a run can continue where another was cut off.

A part appears under its name only when it is whole, with a note in its footer of what it is the answer to; a
run that is continued keeps every part whose note is what it would write. ``_SUCCESS`` stands there when all
parts do. Names that begin with an underscore are passed over by readers of such folders.
"""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from classifier.errors import ConfigError, MissingPackage, OutputError
from classifier.mailboxes import Problem
from classifier.output.judged import Judged
from classifier.output.parquet import ParquetFile, said_of

_SUCCESS = "_SUCCESS"
_PART = "part-"


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the parts of one run lie; it travels to whoever writes one.

    Parameters
    ----------
    place : str
        A path or a URL. A path must mean the same folder on every machine that writes.
    """

    place: str

    def _opened(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise MissingPackage("a folder of parts needs fsspec: pip install 'mailtriage[dask]'") from None
        try:
            filesystem, path = url_to_fs(self.place)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"{self.place}: {error}") from None
        return filesystem, path.rstrip("/")

    def begin(self, *, resume: bool = False, force: bool = False) -> None:
        """Make the folder ready for a run.

        Parameters
        ----------
        resume : bool, default False
            Keep what is there.
        force : bool, default False
            Remove the parts of an earlier run.

        Raises
        ------
        ConfigError
            If something is there, and neither was said; or if something is there that no run has written.
        """
        filesystem, path = self._opened()
        there = _names(filesystem, path)
        foreign = [name for name in there if not name.startswith((_PART, "_"))]
        if foreign:
            raise ConfigError(
                f"{self.place}: holds {foreign[0]}, which is no part of a run; name a folder of its own"
            )
        if there and not (resume or force):
            raise ConfigError(f"{self.place}: is not empty; --resume goes on with it, --force begins anew")
        if force:
            _remove(filesystem, path, there)
        elif _SUCCESS in there:
            filesystem.rm_file(f"{path}/{_SUCCESS}")
        filesystem.makedirs(path, exist_ok=True)

    def part(self, number: int) -> str:
        """Name the file of a part."""
        return f"{_PART}{number:06}.parquet"

    def finished(self, number: int, mark: str) -> tuple[int, list[Problem]] | None:
        """Look whether a part is there.

        Parameters
        ----------
        number : int
        mark : str
            What it should be the answer to.

        Returns
        -------
        tuple of int and list of Problem, or None
            How many messages it holds and what was wrong with the mail; None where it is not there, or the
            answer to something else.
        """
        filesystem, path = self._opened()
        said = said_of(f"{path}/{self.part(number)}", lambda name: filesystem.open(name, "rb"))
        if said is None or said.get("mark") != mark:
            return None
        return int(said["messages"]), [Problem(**each) for each in said["problems"]]

    def write(self, number: int, mark: str, batches: Iterable[Judged], problems: list[Problem]) -> int:
        """Write a part: first beside its place, then, whole, at it.

        Parameters
        ----------
        number : int
        mark : str
        batches : iterable of Judged
        problems : list of Problem
            Filled while the batches are taken.

        Returns
        -------
        int
            How many messages it holds.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        filesystem, path = self._opened()
        target, beside = f"{path}/{self.part(number)}", f"{path}/_{uuid.uuid4().hex}"
        local = "file" in (
            filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,)
        )
        with tempfile.TemporaryDirectory(prefix="mailtriage-") as scratch:
            file = beside if local else os.path.join(scratch, "part")
            try:
                with ParquetFile(file) as parquet:
                    for judged in batches:
                        parquet.write(judged)
                    wrong = [each._asdict() for each in problems]
                    parquet.describe({"mark": mark, "messages": parquet.rows, "problems": wrong})
                if local:
                    os.replace(file, target)
                else:
                    filesystem.put_file(file, beside)
                    filesystem.mv(beside, target)
            except BaseException as error:
                if local and os.path.exists(file):
                    os.unlink(file)
                if isinstance(error, OSError):
                    raise OutputError(f"{target}: {error.strerror or error}") from error
                raise
        return parquet.rows

    def has(self, number: int) -> bool:
        """Tell whether a part that somebody wrote can be seen from here."""
        filesystem, path = self._opened()
        filesystem.invalidate_cache()
        return bool(filesystem.exists(f"{path}/{self.part(number)}"))

    def finish(self, parts: int, said: dict[str, Any]) -> None:
        """Remove what no part of this run is, and say that all parts are there.

        Parameters
        ----------
        parts : int
            How many there are.
        said : dict
            What `_SUCCESS` says, as JSON.
        """
        filesystem, path = self._opened()
        wanted = {self.part(number) for number in range(parts)}
        _remove(filesystem, path, [name for name in _names(filesystem, path) if name not in wanted])
        filesystem.pipe_file(f"{path}/{_SUCCESS}", json.dumps(said).encode() + b"\n")


def _names(filesystem: Any, path: str) -> list[str]:
    filesystem.invalidate_cache()
    try:
        found = filesystem.ls(path, detail=False)
    except FileNotFoundError:
        return []
    if found == [path]:
        raise ConfigError(f"{path}: is a file; the parts need a folder")
    return sorted(str(name).rstrip("/").rpartition("/")[2] for name in found if str(name).rstrip("/") != path)


def _remove(filesystem: Any, path: str, names: list[str]) -> None:
    for name in names:
        filesystem.rm_file(f"{path}/{name}")

"""Hashed mail on a disk: what training goes over again and again when it does not fit in memory."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

import numpy as np

from classifier.errors import TrainingError
from classifier.features import BlockRows, Rows, Schema
from classifier.features.extractor import joined_rows
from classifier.features.schema import VIEWS
from classifier.learners.online import TEACHES
from classifier.learners.twins import signatures, viewed

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

FORMAT = 2
"""Of the folder; another version refuses to go on with it."""

BLOCK_ROWS = 2048
"""Messages of a block, about: some 20 MB, ten times that while it is learned."""

LABELS = tuple(TEACHES)

_MANIFEST, _WHOLE = "manifest.json", "whole.json"


class Block(NamedTuple):
    """Some messages, hashed.

    Parameters
    ----------
    rows : Rows
    labels : ndarray of shape (n_rows,), uint8
        Positions in `LABELS`.
    """

    rows: Rows
    labels: NDArray[np.uint8]


class Spill:
    """A folder of blocks, and of how far the learning has come.

    Every file is written under another name first and then renamed, so that what is there is whole, whenever
    the process was killed.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    schema : Schema
    inputs : dict
        JSON that changes with the mail and with any option that changes the model.
    resume : bool
        Whether to go on with what is in the folder.

    Raises
    ------
    TrainingError
        If the folder holds something else than what is to be continued, or anything where nothing is.
    """

    def __init__(self, folder: Path, schema: Schema, inputs: Mapping[str, Any], *, resume: bool) -> None:
        self.folder, self.schema = folder, schema
        folder.mkdir(parents=True, exist_ok=True)
        told = {"format": FORMAT, "schema": schema.hash, **json.loads(json.dumps(inputs))}
        manifest = folder / _MANIFEST
        if resume:
            _compare(folder, manifest, told)
        elif any(folder.iterdir()):
            raise TrainingError(f"{folder}: not empty: --resume goes on with what is in it, if it can")
        else:
            self._write(_MANIFEST, json.dumps(told, indent=1).encode())
        metas = [self._read_meta(at) for at in range(self._count())]
        while metas and metas[-1]["note"] is None:  # its fellows were not written any more
            metas.pop()
        self.sizes = [meta["rows"] for meta in metas]
        self.set_columns = sum(meta["columns"] for meta in metas)

    def __len__(self) -> int:
        return sum(self.sizes)

    @property
    def last(self) -> dict[str, Any] | None:
        """What was noted with the last block."""
        note: dict[str, Any] | None = self._read_meta(len(self.sizes) - 1)["note"] if self.sizes else None
        return note

    def add(self, block: Block, note: Mapping[str, Any] | None) -> None:
        """Write a block.

        Parameters
        ----------
        block : Block
        note : dict or None
            JSON, such as how far the reading has come with it; given back by `last`. Without one the block
            counts only together with the next.
        """
        at = len(self.sizes)
        arrays: list[NDArray[Any]] = [block.labels, signatures(viewed(block.rows))]
        arrays += [
            each for part in block.rows.blocks for each in (part.columns, part.counts.astype(np.uint32))
        ]
        self._save(_block_name(at), arrays)
        columns = sum(len(part.columns) for part in block.rows.blocks)
        meta = {"rows": len(block.labels), "columns": columns, "note": note}
        self._write(_meta_name(at), json.dumps(meta).encode())  # last: the block counts from now on
        self.sizes.append(len(block.labels))
        self.set_columns += columns

    def close(self) -> None:
        """Say that there is no more mail: what is learned from now on is of these blocks.

        Raises
        ------
        TrainingError
            If it was said before, of less.
        """
        whole = self.folder / _WHOLE
        if not whole.exists():
            self._write(_WHOLE, json.dumps(len(self)).encode())
        elif json.loads(whole.read_bytes()) != len(self):
            raise TrainingError(f"{self.folder}: mail came in since it was hashed: begin anew elsewhere")

    def everything(self) -> tuple[Rows, list[str]]:
        """Return all rows and their labels, for mail that fits in memory.

        Returns
        -------
        rows : Rows
        labels : list of str
            One a row.
        """
        rows = joined_rows(self.schema, [self._read(at) for at in range(len(self.sizes))])
        return rows, [LABELS[code] for code in self.labels().tolist()]

    def labels(self) -> NDArray[np.uint8]:
        """Return the labels of all messages, positions in `LABELS`."""
        return self._gathered(0, np.zeros(0, np.uint8))

    def signatures(self) -> NDArray[np.uint64]:
        """Return what twins agree in, of all messages."""
        return self._gathered(1, np.zeros((0, 1), np.uint64))

    def fills(self, view: str) -> bool:
        """Tell whether any message has a column of a view.

        Parameters
        ----------
        view : str
            Member of `VIEWS`.

        Returns
        -------
        bool
            Known by the first block of most mail.
        """
        columns = 2 + 2 * VIEWS.index(view)
        return any(len(self._arrays(at, columns + 1)[columns]) for at in range(len(self.sizes)))

    def each(self, prepare: Callable[[int, Rows], T]) -> Iterator[tuple[int, T]]:
        """Go through the blocks; one is read and prepared while another is learned.

        Parameters
        ----------
        prepare : callable
            From the number of a block's first message and its rows to what is wanted of them; called in
            another thread.

        Yields
        ------
        at : int
            The number of its first message.
        prepared : what `prepare` gave
        """
        starts = [0, *np.cumsum(self.sizes).tolist()][:-1]
        with ThreadPoolExecutor(1) as ahead:
            waiting: deque[Future[T]] = deque()
            for number, at in enumerate(starts):
                while len(waiting) < 2 and number + len(waiting) < len(starts):
                    later = number + len(waiting)
                    waiting.append(ahead.submit(self._prepared, later, starts[later], prepare))
                yield at, waiting.popleft().result()

    def _prepared(self, number: int, at: int, prepare: Callable[[int, Rows], T]) -> T:
        return prepare(at, self._read(number))

    def save_state(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep how far the learning has come.

        Parameters
        ----------
        name : str
        arrays : dict of str to ndarray
        """
        names = np.frombuffer(json.dumps(list(arrays)).encode(), np.uint8)
        self._save(f"state-{name}", [names, *arrays.values()])

    def state(self, name: str) -> dict[str, NDArray[Any]] | None:
        """Return what was kept; None where nothing was.

        Parameters
        ----------
        name : str

        Returns
        -------
        dict of str to ndarray, or None
        """
        path = self.folder / f"state-{name}"
        if not path.exists():
            return None
        with path.open("rb") as file:
            names = json.loads(np.load(file, allow_pickle=False).tobytes())
            return {each: np.load(file, allow_pickle=False) for each in names}

    def _count(self) -> int:
        at = 0
        while (self.folder / _meta_name(at)).exists():
            at += 1
        return at

    def _read_meta(self, at: int) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.folder / _meta_name(at)).read_bytes())
        return told

    def _read(self, at: int) -> Rows:
        parts = self._arrays(at, 2 + 2 * len(self.schema.blocks))[2:]
        blocks = zip(parts[::2], parts[1::2], strict=True)
        return Rows(
            self.schema, tuple(BlockRows(columns, counts.astype(np.int64)) for columns, counts in blocks)
        )

    def _gathered(self, which: int, nothing: NDArray[Any]) -> NDArray[Any]:
        parts = [self._arrays(at, which + 1)[which] for at in range(len(self.sizes))]
        return np.concatenate(parts) if parts else nothing

    def _arrays(self, at: int, number: int) -> list[NDArray[Any]]:
        """Read the first arrays of a block."""
        name = _block_name(at)
        try:
            with (self.folder / name).open("rb") as file:
                return [np.load(file, allow_pickle=False) for _ in range(number)]
        except (OSError, ValueError, EOFError):
            raise TrainingError(f"{self.folder}: {name} is damaged: begin anew in another folder") from None

    def _save(self, name: str, arrays: list[NDArray[Any]]) -> None:
        with _made(self.folder / name) as file:
            for each in arrays:
                np.save(file, each, allow_pickle=False)

    def _write(self, name: str, data: bytes) -> None:
        with _made(self.folder / name) as file:
            file.write(data)


@contextmanager
def _made(path: Path) -> Iterator[BinaryIO]:
    """Open a file that is there only when all was written."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, path)
    except OSError as error:
        raise TrainingError(
            f"{path.parent}: cannot keep the hashed mail: {error.strerror or error}"
        ) from None


def _compare(folder: Path, manifest: Path, told: Mapping[str, Any]) -> None:
    """Refuse to go on with what was begun otherwise."""
    if not manifest.exists():
        raise TrainingError(f"{folder}: no training to resume in it")
    try:
        before = json.loads(manifest.read_bytes())
        changed = sorted(key for key in before.keys() | told.keys() if before.get(key) != told.get(key))
    except (ValueError, AttributeError):
        raise TrainingError(f"{folder}: its {_MANIFEST} is damaged: begin anew in another folder") from None
    if changed:
        what = ", ".join(changed)
        raise TrainingError(f"{folder}: was begun otherwise ({what} changed since): begin anew elsewhere")


def _block_name(at: int) -> str:
    return f"block-{at:06d}"


def _meta_name(at: int) -> str:
    return f"block-{at:06d}.json"

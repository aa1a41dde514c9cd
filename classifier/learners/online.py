"""What was learned one message at a time, on top of a trained model; undone exactly when asked.

Every correction moves the weights of the columns its message sets, by a number of fixed-point units. Units
are integers: adding and subtracting them is exact and in any order the same, so unlearning a message gives
back, to the bit, what would be there had it never been learned (steps of later messages stay as they were).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import LabelError, ModelFormatError
from classifier.features import Rows, Schema
from classifier.learners.tables import QUESTIONS, Tables

UNIT = 2.0**-20
"""One fixed-point unit, in nats: a thousandth of what float16 can tell apart at 1."""

STEPS = 5
"""At most so many passes over one message; with `ENOUGH` a flood of equal mails soon teaches nothing."""

ENOUGH = 0.05
"""A probability this close to the truth needs no further step."""

RATE = 2.0
"""Nats that a step moves a certain error by, spread over the blocks."""

TEACHES: Mapping[str, tuple[int | None, int | None]] = {
    "spam": (1, None),
    "ham": (0, None),
    "important": (0, 1),
    "unimportant": (0, 0),
}
"""Label to the answers to both questions; None where it says nothing."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One learned message.

    Parameters
    ----------
    label : str
    columns : ndarray of shape (n_set,), uint32
        The columns it sets, counted over all blocks.
    counts : ndarray of shape (n_blocks,), int64
        How many of them lie in each block.
    steps : tuple of int
        Units for each question that a block with one set column gets.
    """

    label: str
    columns: NDArray[np.uint32]
    counts: NDArray[np.int64]
    steps: tuple[int, int]

    def units(self) -> NDArray[np.int64]:
        """Return what was added to each set column, shape (n_set, 2)."""
        scale = 1 / np.sqrt(np.maximum(self.counts, 1))
        exact = np.repeat(scale, self.counts)[:, None] * np.array(self.steps, float)
        units: NDArray[np.int64] = np.rint(exact).astype(np.int64)
        return units


class Corrections:
    """All corrections of a classifier, by fingerprint of the message.

    Parameters
    ----------
    schema : Schema
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.learned: dict[bytes, Correction] = {}
        self._units: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.learned)

    def score(self, rows: Rows) -> NDArray[np.float64]:
        """Say what the corrections add to the log-odds.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        ndarray of shape (n_rows, 2), float64
            In nats.
        """
        scores = np.zeros((len(rows), len(QUESTIONS)))
        if self._units is None or not self.learned:
            return scores
        for place, block in zip(self.schema.blocks, rows.blocks, strict=True):
            at = np.repeat(np.arange(len(rows)), block.counts)
            units = self._units[place.start + block.columns.astype(np.int64)]
            for question in range(len(QUESTIONS)):
                sums = np.bincount(at, units[:, question], minlength=len(rows))
                scores[:, question] += sums * block.scale * UNIT
        return scores

    def weights_of(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the learned weights of some columns.

        Parameters
        ----------
        columns : ndarray of shape (n,), int
            Counted over all blocks.

        Returns
        -------
        ndarray of shape (n, 2), float64
            In nats.
        """
        if self._units is None:
            return np.zeros((len(columns), len(QUESTIONS)))
        return np.multiply(self._units[columns], UNIT, dtype=np.float64)

    def learn(self, fingerprint: bytes, label: str, rows: Rows, tables: Tables) -> bool:
        """Learn one message.

        Parameters
        ----------
        fingerprint : bytes
            Of the message; learning it again with the same label changes nothing, with another label
            replaces what it taught.
        label : str
            Key of `TEACHES`.
        rows : Rows
            One row.
        tables : Tables
            What is corrected.

        Returns
        -------
        bool
            Whether it was new.

        Raises
        ------
        LabelError
            For a label that is none.
        """
        before = self.learned.get(fingerprint)
        if before is not None and before.label == label:
            return False
        correction = self.weigh(label, rows, tables, instead=before)
        self.unlearn(fingerprint)
        self.keep(fingerprint, correction)
        return True

    def weigh(
        self, label: str, rows: Rows, tables: Tables, *, instead: Correction | None = None
    ) -> Correction:
        """Find out what a message would teach, learning nothing.

        Parameters
        ----------
        label, rows, tables
            As in `learn`.
        instead : Correction, optional
            One of `learned`, reckoned as if it were not.

        Returns
        -------
        Correction

        Raises
        ------
        LabelError
            For a label that is none.
        """
        if label not in TEACHES:
            raise LabelError(f"{label!r} is no label; labels are {', '.join(TEACHES)}")
        self._move(instead, -1)
        now = (tables.score(rows) + self.score(rows))[0]
        self._move(instead, 1)
        length = float(sum(bool(block.counts[0]) for block in rows.blocks))
        steps = [_steps(float(now[at]), target, length) for at, target in enumerate(TEACHES[label])]
        starts = [np.uint32(place.start) for place in self.schema.blocks]
        columns = np.concatenate([b.columns + start for start, b in zip(starts, rows.blocks, strict=True)])
        counts = np.array([block.counts[0] for block in rows.blocks])
        return Correction(label, columns, counts, (steps[0], steps[1]))

    def unlearn(self, fingerprint: bytes) -> bool:
        """Take back what a message taught.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        bool
            Whether it had been learned.
        """
        correction = self.learned.pop(fingerprint, None)
        self._move(correction, -1)
        return correction is not None

    def keep(self, fingerprint: bytes, correction: Correction) -> None:
        """Take over a correction that was weighed before, here or elsewhere.

        Parameters
        ----------
        fingerprint : bytes
            Of a message that is not among those learned.
        correction : Correction
            Of the same schema.
        """
        if self._units is None:
            self._units = np.zeros((self.schema.n_columns, len(QUESTIONS)), np.int64)
        self.learned[fingerprint] = correction
        self._move(correction, 1)

    def _move(self, correction: Correction | None, way: int) -> None:
        if correction is not None and self._units is not None:
            self._units[correction.columns] += way * correction.units()

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all corrections as arrays, for a model file; empty where there are none.

        Returns
        -------
        dict of str to ndarray
        """
        if not self.learned:
            return {}
        every = list(self.learned.values())
        names = list(TEACHES)
        return {
            "learned.fingerprints": np.frombuffer(b"".join(self.learned), np.uint8).reshape(len(every), -1),
            "learned.labels": np.array([names.index(each.label) for each in every], np.uint8),
            "learned.counts": np.stack([each.counts for each in every]).astype(np.int64),
            "learned.steps": np.array([each.steps for each in every], np.int64),
            "learned.columns": np.concatenate([each.columns for each in every]),
        }

    @classmethod
    def from_arrays(cls, schema: Schema, arrays: Mapping[str, NDArray[Any]]) -> Corrections:
        """Read what `to_arrays` wrote.

        Parameters
        ----------
        schema : Schema
        arrays : mapping of str to ndarray

        Returns
        -------
        Corrections

        Raises
        ------
        ModelFormatError
            If the arrays do not belong together.
        """
        corrections = cls(schema)
        if not arrays:
            return corrections
        try:
            fingerprints, labels, counts, steps, columns = (
                arrays[f"learned.{name}"] for name in ("fingerprints", "labels", "counts", "steps", "columns")
            )
            _check(schema, (fingerprints, labels, counts, steps, columns))
            ends = np.cumsum(counts.sum(axis=1))
            for at, (end, label) in enumerate(zip(ends.tolist(), labels.tolist(), strict=True)):
                part = columns[end - int(counts[at].sum()) : end]
                correction = Correction(
                    list(TEACHES)[label], part, counts[at], (int(steps[at, 0]), int(steps[at, 1]))
                )
                corrections.keep(fingerprints[at].tobytes(), correction)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ModelFormatError(f"what it learned is damaged: {error}") from None
        return corrections


def _check(schema: Schema, arrays: tuple[NDArray[Any], ...]) -> None:
    """Refuse arrays that `to_arrays` cannot have written: what they teach could not be taken back."""
    fingerprints, labels, counts, steps, columns = arrays
    n = len(fingerprints)
    kinds = [each.dtype.str[1:] for each in arrays]
    if kinds != ["u1", "u1", "i8", "i8", "u4"] or fingerprints.ndim != 2:
        raise ValueError("other types")
    if (labels.shape, counts.shape, steps.shape) != ((n,), (n, len(schema.blocks)), (n, len(QUESTIONS))):
        raise ValueError("other shapes")
    if len({each.tobytes() for each in fingerprints}) < n or labels.max(initial=0) >= len(TEACHES):
        raise ValueError("a message twice, or a label that is none")
    if np.abs(steps.astype(float)).max(initial=0) > 2 * STEPS * RATE / UNIT:
        raise ValueError("steps too long")
    if columns.ndim != 1 or counts.min(initial=0) < 0 or counts.max(initial=0) > len(columns):
        raise ValueError("columns do not fit")
    if counts.sum() != len(columns):
        raise ValueError("columns do not fit")
    block = np.repeat(np.tile(np.arange(len(schema.blocks)), n), counts.ravel())
    starts = np.array([each.start for each in schema.blocks] + [schema.n_columns])
    if (columns < starts[block]).any() or (columns >= starts[block + 1]).any():
        raise ValueError("columns of another block")


def _steps(log_odds: float, target: int | None, length: float) -> int:
    """Walk along the gradient of the logistic loss until the error is small; return the way in units."""
    if target is None or not length:
        return 0
    way = 0.0
    for _ in range(STEPS):
        error = target - 0.5 * (1 + np.tanh(0.5 * (log_odds + way * length)))
        if abs(error) <= ENOUGH:
            break
        way += RATE / length * float(error)
    return round(way / UNIT)

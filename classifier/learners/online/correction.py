"""One learned message: everything that it added, so that it can be taken back, kept and sent."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.errors import ModelFormatError
from classifier.features import Schema
from classifier.learners.elias_fano import pack_numbers, unpack_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEACHES: Mapping[str, tuple[int | None, int | None]] = {
    "spam": (1, None),
    "ham": (0, None),
    "important": (0, 1),
    "unimportant": (0, 0),
}
"""Label to the answers to both questions; None where it says nothing."""

UNIT = 2.0**-16
"""One unit of what is learned, in nats: a sixtieth of what float16 can tell apart at 1."""

SLOWNESS = 16
"""Steps in which the rate of a column halves: its code is this times the binary logarithm of 1/rate."""

RATES: NDArray[np.int64] = np.rint(2**16 * np.exp2(-np.arange(256) / SLOWNESS)).astype(np.int64)
"""Code of a column's rate to 2**16 times the rate; whole, so that it is the same on every machine."""

VERSION = 2
"""First byte of a packed correction."""

LONGEST = 1 << 31
"""No single number of a lesson can be greater; a file that says otherwise is damaged."""


class Lesson(NamedTuple):
    """What one message taught one question; all whole numbers.

    Parameters
    ----------
    way : int
        How far the linear learner went, in units, for a column of full rate in a block of one.
    spread : int
        What that added to the squared errors of each column, in 1024ths.
    counted : int
        One bit a block: whether Bayes counted it.
    bias : int
        Change of the bias, in units.
    shares : tuple of int
        Changes of the weights of trained model, linear learner, and each block's Bayes score, in units.
    """

    way: int
    spread: int
    counted: int
    bias: int
    shares: tuple[int, ...]

    @classmethod
    def nothing(cls, n_blocks: int) -> Lesson:
        """Teach nothing."""
        return cls(0, 0, 0, 0, (0,) * (2 + n_blocks))

    @classmethod
    def of(cls, numbers: list[int]) -> Lesson:
        """Read what `numbers` wrote."""
        way, spread, counted, bias, *shares = numbers
        return cls(way, spread, counted, bias, tuple(shares))

    def numbers(self) -> list[int]:
        """Return all in one list."""
        return [self.way, self.spread, self.counted, self.bias, *self.shares]


class Correction(NamedTuple):
    """What one learned message added to the sums.

    Parameters
    ----------
    label : str
        Key of `TEACHES`.
    columns : ndarray of shape (n_set,), uint32
        The columns it sets, counted over all blocks; only of blocks that it taught something.
    counts : ndarray of shape (n_blocks,), int64
        How many of them lie in each block.
    lessons : (Lesson, Lesson)
        Of both questions.
    rates : (ndarray, ndarray), uint8
        Code of each column's rate when it was learned, of each question; empty where `way` is 0.
    """

    label: str
    columns: NDArray[np.uint32]
    counts: NDArray[np.int64]
    lessons: tuple[Lesson, Lesson]
    rates: tuple[NDArray[np.uint8], NDArray[np.uint8]]

    @classmethod
    def nothing(cls, label: str, n_blocks: int) -> Correction:
        """Make one that adds nothing.

        Parameters
        ----------
        label : str
            Any.
        n_blocks : int

        Returns
        -------
        Correction
        """
        columns, counts, codes = np.zeros(0, np.uint32), np.zeros(n_blocks, np.int64), np.zeros(0, np.uint8)
        lesson = Lesson.nothing(n_blocks)
        return cls(label, columns, counts, (lesson, lesson), (codes, codes))

    def without_idle_blocks(self) -> Correction:
        """Forget the columns of blocks that taught nothing: to take back nothing, nothing is needed.

        Returns
        -------
        Correction
        """
        if any(lesson.way for lesson in self.lessons):
            return self
        counted = self.lessons[0].counted | self.lessons[1].counted
        busy = counted >> np.arange(len(self.counts)) & 1 == 1
        columns, counts = self.columns[busy[self.blocks]], np.where(busy, self.counts, 0)
        return Correction(self.label, columns, counts, self.lessons, self.rates)

    @property
    def blocks(self) -> NDArray[np.intp]:
        """Block of each column, shape (n_set,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def units(self, question: int) -> NDArray[np.int64]:
        """Return what was added to the linear weight of each column.

        Parameters
        ----------
        question : int

        Returns
        -------
        ndarray of shape (n_set,), int64
        """
        scale = np.repeat(1 / np.sqrt(np.maximum(self.counts, 1)), self.counts)
        rates = RATES[self.rates[question]]
        return np.rint((self.lessons[question].way * rates) * UNIT * scale).astype(np.int64)

    def to_bytes(self, schema: Schema) -> bytes:
        """Pack it, some 2 KB for a message that taught much.

        Parameters
        ----------
        schema : Schema

        Returns
        -------
        bytes
            The same for the same correction.
        """
        numbers = [*self.counts.tolist(), *(n for each in self.lessons for n in each.numbers())]
        ends = np.cumsum(self.counts).tolist()
        columns = [
            pack_numbers(self.columns[end - count : end] - np.uint32(block.start), block.bits)
            for block, end, count in zip(schema.blocks, ends, self.counts.tolist(), strict=True)
        ]
        rates = b"".join(each.tobytes() for each in self.rates)
        head = bytes((VERSION, list(TEACHES).index(self.label)))
        return b"".join((head, np.array(numbers, "<i8").tobytes(), *columns, zlib.compress(rates, 1)))

    @classmethod
    def from_bytes(cls, schema: Schema, data: bytes) -> Correction:
        """Undo `to_bytes`.

        Parameters
        ----------
        schema : Schema
            The same.
        data : bytes

        Returns
        -------
        Correction

        Raises
        ------
        ModelFormatError
            If they cannot have been written by `to_bytes`.
        """
        try:
            return _unpacked(schema, data)
        except (ValueError, IndexError, zlib.error) as error:
            raise ModelFormatError(f"a learned message is damaged: {error}") from None


def _unpacked(schema: Schema, data: bytes) -> Correction:
    if data[0] != VERSION:
        raise ValueError(f"of version {data[0]}, not {VERSION}")
    blocks = schema.blocks
    width = 6 + len(blocks)
    at = 2 + 8 * (len(blocks) + 2 * width)
    numbers = np.frombuffer(data[2:at], "<i8").astype(np.int64)
    counts, steps = numbers[: len(blocks)], numbers[len(blocks) :].reshape(2, width)
    columns = []
    for block, count in zip(blocks, counts.tolist(), strict=True):
        found, at = unpack_numbers(data, at, count, block.bits)
        columns.append(found + np.uint32(block.start))
    lessons = tuple(Lesson.of(each) for each in steps.tolist())
    size = int(counts.sum())
    wanted = sum(size for each in lessons if each.way)
    plain = zlib.decompressobj()
    rates = plain.decompress(data[at:], wanted + 1)
    if len(rates) != wanted or not plain.eof or plain.unused_data:
        raise ValueError("other rates than columns")
    codes = _cut(np.frombuffer(rates, np.uint8), lessons, size)
    label = list(TEACHES)[data[1]]
    made = Correction(label, np.concatenate(columns), counts, (lessons[0], lessons[1]), codes)
    check(made, steps)
    return made


def _cut(
    codes: NDArray[np.uint8], lessons: tuple[Lesson, ...], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Give each question the rates that were kept for it."""
    first = size if lessons[0].way else 0
    return codes[:first], codes[first:]


def check(correction: Correction, steps: NDArray[np.int64]) -> None:
    """Refuse numbers that no message can have taught.

    Parameters
    ----------
    correction : Correction
    steps : ndarray of shape (2, 6 + n_blocks), int64
        Its lessons.

    Raises
    ------
    ValueError
    """
    if (np.abs(steps.astype(float)) > LONGEST).any():
        raise ValueError("steps too long")
    for lesson, answer in zip(correction.lessons, TEACHES[correction.label], strict=True):
        if lesson.counted >> len(correction.counts) or lesson.spread < 0:
            raise ValueError("blocks that are none")
        if answer is None and any(lesson.numbers()):
            raise ValueError("an answer that its label does not give")

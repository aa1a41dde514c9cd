"""Corrections as the arrays of a model file, and back: read from strangers, so believed only when checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.errors import ModelFormatError
from classifier.features import Schema
from classifier.learners.online.correction import TEACHES, Correction, Lesson, check
from classifier.learners.tables import QUESTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = ("fingerprints", "labels", "counts", "lessons", "columns", "rates")
"""Arrays of a model file, each after ``learned.``."""

_KINDS = ["u1", "u1", "i8", "i8", "u4", "u1"]


def to_arrays(learned: Mapping[bytes, Correction]) -> dict[str, NDArray[Any]]:
    """Lay corrections end to end.

    Parameters
    ----------
    learned : mapping of bytes to Correction
        By fingerprint.

    Returns
    -------
    dict of str to ndarray
        Empty where there are none.
    """
    if not learned:
        return {}
    every = list(learned.values())
    labels = list(TEACHES)
    arrays: tuple[NDArray[Any], ...] = (
        np.frombuffer(b"".join(learned), np.uint8).reshape(len(every), -1),
        np.array([labels.index(each.label) for each in every], np.uint8),
        np.stack([each.counts for each in every]).astype(np.int64),
        np.array([[lesson.numbers() for lesson in each.lessons] for each in every], np.int64),
        np.concatenate([each.columns for each in every]),
        np.concatenate([codes for each in every for codes in each.rates]),
    )
    return {f"learned.{name}": array for name, array in zip(NAMES, arrays, strict=True)}


def corrections_of(schema: Schema, arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[bytes, Correction]]:
    """Undo `to_arrays`.

    Parameters
    ----------
    schema : Schema
    arrays : mapping of str to ndarray

    Yields
    ------
    (bytes, Correction)
        By fingerprint, in the order in which they were learned.

    Raises
    ------
    ModelFormatError
        If the arrays do not belong together.
    """
    if not arrays:
        return
    try:
        parts = [arrays[f"learned.{name}"] for name in NAMES]
        _check(schema, parts)
        yield from _cut(parts)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise ModelFormatError(f"what it learned is damaged: {error}") from None


def _cut(parts: list[NDArray[Any]]) -> Iterator[tuple[bytes, Correction]]:
    fingerprints, labels, counts, lessons, columns, rates = parts
    names = list(TEACHES)
    at = coded = 0
    for row, label in enumerate(labels.tolist()):
        size = int(counts[row].sum())
        both = [Lesson.of(each) for each in lessons[row].tolist()]
        codes = []
        for lesson in both:
            codes.append(rates[coded : coded + size if lesson.way else coded])
            coded += len(codes[-1])
        correction = Correction(
            names[label], columns[at : at + size], counts[row], (both[0], both[1]), (codes[0], codes[1])
        )
        check(correction, lessons[row])
        yield fingerprints[row].tobytes(), correction
        at += size


def _check(schema: Schema, parts: list[NDArray[Any]]) -> None:
    """Refuse arrays that `to_arrays` cannot have written: what they teach could not be taken back."""
    fingerprints, labels, counts, lessons, columns, rates = parts
    n, blocks = len(fingerprints), len(schema.blocks)
    if [each.dtype.str[1:] for each in parts] != _KINDS or fingerprints.ndim != 2:
        raise ValueError("other types")
    shapes = ((n,), (n, blocks), (n, len(QUESTIONS), 6 + blocks))
    if (labels.shape, counts.shape, lessons.shape) != shapes or columns.ndim != 1 or rates.ndim != 1:
        raise ValueError("other shapes")
    if len({each.tobytes() for each in fingerprints}) < n or labels.max(initial=0) >= len(TEACHES):
        raise ValueError("a message twice, or a label that is none")
    if counts.min(initial=0) < 0 or counts.max(initial=0) > len(columns) or counts.sum() != len(columns):
        raise ValueError("columns do not fit")
    if ((lessons[:, :, 0] != 0) * counts.sum(axis=1)[:, None]).sum() != len(rates):
        raise ValueError("rates do not fit")
    block = np.repeat(np.tile(np.arange(blocks), n), counts.ravel())
    starts = np.array([each.start for each in schema.blocks] + [schema.n_columns])
    if (columns < starts[block]).any() or (columns >= starts[block + 1]).any():
        raise ValueError("columns of another block")

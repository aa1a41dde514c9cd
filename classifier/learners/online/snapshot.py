"""The sums as bytes: so that whoever starts does not have to add all corrections up again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.errors import ModelFormatError
from classifier.features import Schema
from classifier.learners.elias_fano import pack_numbers, unpack_numbers
from classifier.learners.online.sums import Sums
from classifier.learners.tables import QUESTIONS

VERSION = 2
"""First byte of packed sums."""

_FIELDS = len(QUESTIONS) * 4


def pack_sums(sums: Sums, schema: Schema) -> bytes:
    """Pack sums.

    Parameters
    ----------
    sums : Sums
    schema : Schema
        Theirs.

    Returns
    -------
    bytes
        Much less than the corrections take that were added up.
    """
    import zstandard  # only who keeps or resumes needs it

    columns = np.flatnonzero(sums.places(np.arange(schema.n_columns))).astype(np.uint32)
    places = sums.places(columns)
    small = [sums.messages, sums.answers, sums.bias, sums.shares]
    table = sums.table[places].reshape(len(columns), _FIELDS).T.astype("<i4")
    parts = [
        np.array([len(columns)], "<i8").tobytes(),
        *(each.astype("<i8").tobytes() for each in small),
        pack_numbers(columns, _bits(schema)),
        _shuffled(table).tobytes(),
    ]
    return bytes([VERSION]) + zstandard.compress(b"".join(parts), 1)


def unpack_sums(schema: Schema, data: bytes) -> Sums:
    """Undo `pack_sums`.

    Parameters
    ----------
    schema : Schema
    data : bytes

    Returns
    -------
    Sums

    Raises
    ------
    ModelFormatError
        If the bytes are damaged, or of another schema or version.
    """
    import zstandard

    sums = Sums(schema)
    try:
        if data[0] != VERSION:
            raise ValueError(f"of version {data[0]}, not {VERSION}")
        plain = zstandard.decompress(data[1:])
        count, at = int(_numbers(plain, 0, 1)[0]), 8
        for each in (sums.messages, sums.answers, sums.bias, sums.shares):
            each[...] = _numbers(plain, at, each.size).reshape(each.shape)
            at += 8 * each.size
        columns, at = unpack_numbers(plain, at, count, _bits(schema))
        if len(plain) != at + 4 * _FIELDS * count or columns.max(initial=0) >= schema.n_columns:
            raise ValueError("of another size")
        shuffled = np.frombuffer(plain, np.uint8, 4 * _FIELDS * count, at).reshape(_FIELDS, 4, count)
        table = np.ascontiguousarray(shuffled.transpose(2, 0, 1)).view("<i4")
        sums.fill(columns, table.reshape(count, len(QUESTIONS), 4))
    except (IndexError, ValueError, zstandard.ZstdError) as error:
        raise ModelFormatError(f"sums are damaged: {error}") from None
    return sums


def _shuffled(table: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Put first bytes beside first bytes: most sums are small, so that most bytes are then alike."""
    return np.ascontiguousarray(table).view(np.uint8).reshape(*table.shape, 4).transpose(0, 2, 1)


def _bits(schema: Schema) -> int:
    return (schema.n_columns - 1).bit_length()


def _numbers(plain: bytes, at: int, count: int) -> NDArray[np.int64]:
    return np.frombuffer(plain, "<i8", count, at).astype(np.int64)

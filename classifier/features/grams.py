"""Every four bytes of a mail's beginning to hashed columns, in numpy over a whole batch at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from classifier.features.kernels import PAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Index = NDArray[np.int64]

_K4, _K5 = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)


def four_grams(start: bytes) -> NDArray[np.uint32]:
    """Hash every four bytes of a mail's beginning.

    Parameters
    ----------
    start : bytes

    Returns
    -------
    ndarray of shape (n_grams,), uint32
        As many as bytes, the last padded with NUL, and the empty one. Two different grams never share all
        32 bits.
    """
    width = (len(start) + 7) & ~3
    grams = _gram_hashes(start.ljust(width, b"\0") + PAD, width)
    return grams.reshape(4, -1).T.ravel()[: len(start) + 1]


def gram_columns(starts: list[bytes], bits: int) -> tuple[NDArray[np.uint32], Index]:
    """Find the columns of every four bytes of each mail's beginning, each once a mail.

    Parameters
    ----------
    starts : list of bytes
        One a mail. All are padded to the longest: the empty gram is in every mail anyhow.
    bits : int

    Returns
    -------
    columns : ndarray of shape (n_kept,), uint32
        Ascending inside each mail.
    counts : ndarray of shape (n_mails,), int64
        How many were kept.
    """
    width = (max(map(len, starts), default=0) + 7) & ~3  # four bytes of nothing at least end each
    keys = _gram_hashes(b"".join([start.ljust(width, b"\0") for start in starts]) + PAD, width)
    keys >>= np.uint32(32 - bits)
    keys.sort(axis=1)
    flat = keys.ravel()
    keep = np.empty(flat.shape, bool)
    np.not_equal(flat[1:], flat[:-1], out=keep[1:])
    keep[::width] = True
    kept = np.flatnonzero(keep)
    ends = np.searchsorted(kept, np.arange(len(starts) + 1) * width)
    return flat[kept], np.diff(ends)


def _gram_hashes(raw: bytes, width: int) -> NDArray[np.uint32]:
    """Hash four bytes from each place of rows of a width, every fourth place together.

    So the integers stand where the processor reads many at a time.
    """
    quarter = width // 4
    rows = (len(raw) - len(PAD)) // width
    grams = np.empty((rows, 4, quarter), np.uint32)
    for at in range(4):
        each = np.frombuffer(raw[at : at + rows * width], "<u4")
        np.multiply(each.reshape(rows, quarter), _K4, out=grams[:, at])
    grams[:, 1:, -1] = 0  # what would reach into the next row; the hash of nothing is 0
    grams ^= grams >> np.uint32(15)
    grams *= _K5
    return grams.reshape(rows, width)

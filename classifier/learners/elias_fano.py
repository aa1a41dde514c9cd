"""Ascending numbers in few bytes, as Elias and Fano kept them: some 2 + log2(2**bits / n) bits a number.

The low bits of each number stand as they are; the high bits are the gaps of a bit vector. A message sets
1,500 of a million columns: 11.7 bits each.

Source: P. Elias, "Efficient storage and retrieval by content and address of static files", Journal of the
ACM 21(2), 1974.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pack_numbers(numbers: NDArray[np.uint32], bits: int) -> bytes:
    """Pack distinct ascending numbers.

    Parameters
    ----------
    numbers : ndarray of shape (n,), uint32
        Below ``2 ** bits``.
    bits : int

    Returns
    -------
    bytes
        Without their number.
    """
    if not len(numbers):
        return b""
    low = _low_bits(len(numbers), bits)
    gaps = np.zeros(len(numbers) + (1 << (bits - low)), np.uint8)
    gaps[(numbers >> np.uint32(low)).astype(np.int64) + np.arange(len(numbers))] = 1
    rest = numbers & np.uint32((1 << low) - 1)
    return np.packbits(gaps).tobytes() + (rest.astype(_LOW[low]).tobytes() if low else b"")


def unpack_numbers(data: bytes, at: int, count: int, bits: int) -> tuple[NDArray[np.uint32], int]:
    """Undo `pack_numbers`.

    Parameters
    ----------
    data : bytes
    at : int
        Where the numbers begin.
    count : int
        How many there are.
    bits : int

    Returns
    -------
    numbers : ndarray of shape (count,), uint32
    end : int
        First byte behind them.

    Raises
    ------
    ValueError
        If they are not there.
    """
    if count == 0:
        return np.zeros(0, np.uint32), at
    if not 0 < count <= 1 << bits:
        raise ValueError(f"{count} columns of {1 << bits}")
    low = _low_bits(count, bits)
    size = count + (1 << (bits - low))
    middle = at + -(-size // 8)
    end = middle + count * low // 8
    if end > len(data):
        raise ValueError("too short")
    gaps = np.flatnonzero(np.unpackbits(np.frombuffer(data[at:middle], np.uint8), count=size))
    if len(gaps) != count:
        raise ValueError(f"{len(gaps)} columns, not {count}")
    numbers = (gaps - np.arange(count)).astype(np.uint32)
    if low:
        numbers = (numbers << np.uint32(low)) | np.frombuffer(data[middle:end], _LOW[low])
    return numbers, end


_LOW: dict[int, np.dtype[Any]] = {8: np.dtype("u1"), 16: np.dtype("<u2")}


def _low_bits(count: int, bits: int) -> int:
    """Bits kept as they are: of whole bytes, which are read ten times as fast, those that take least room."""
    return min((0, 8, 16), key=lambda low: (low > bits, count * low + (count + (1 << max(0, bits - low)))))

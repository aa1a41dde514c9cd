"""Bytes to hashed columns, in numpy over a whole batch at once; nothing in here knows what mail is.

A column is found without a dictionary: eight bytes are read at a time as one integer, and integers are
mixed by odd multipliers. Duplicates are removed by sorting ``row << bits | column``, which with 32-bit
keys costs 6 ns a key; a table of last positions (8 ns, and a Python loop over the rows) lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    U64 = NDArray[np.uint64]
    Index = NDArray[np.int64]


PAD = b"\0" * 8
"""Bytes before and behind every buffer, so that eight can be read anywhere."""

WORD_CHARS = 40
"""A longer run of word characters is encoded data, not a word."""

_K1, _K2, _K3 = (np.uint64(k) for k in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
LOW = np.array([(1 << 8 * n) - 1 for n in range(8)] + [(1 << 64) - 1], np.uint64)
"""By a number of bytes, at most eight: the integer that keeps as many."""

_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'$-_"
_WORD_BYTE = bytes(each in _LETTERS or each >= 128 for each in range(256))


class Words(NamedTuple):
    """The words of a batch of segments.

    Parameters
    ----------
    start, end : ndarray of shape (n_words,), int64
        Where each word lies in the buffer.
    segment : ndarray of shape (n_words,), int64
        Which segment it belongs to.
    hashes : ndarray of shape (n_words,), uint64
        The same for the same word anywhere.
    """

    start: Index
    end: Index
    segment: Index
    hashes: U64


def every_eight(buffer: NDArray[np.uint8]) -> U64:
    """View a buffer as the little-endian integer that starts at each byte; copies nothing.

    Parameters
    ----------
    buffer : ndarray of shape (n,), uint8

    Returns
    -------
    ndarray of shape (n - 7,), uint64
    """
    return np.ndarray((len(buffer) - 7,), "<u8", buffer, strides=(1,))


def mix(hashes: U64) -> U64:
    """Spread differences into the high bits, from which columns are taken.

    Parameters
    ----------
    hashes : ndarray of uint64

    Returns
    -------
    ndarray of uint64
    """
    mixed = hashes * _K1
    mixed ^= mixed >> np.uint64(32)
    mixed *= _K2
    return mixed


def find_words(segments: list[bytes]) -> tuple[bytes, Words]:
    """Cut segments into words and hash each.

    Parameters
    ----------
    segments : list of bytes
        Words never reach from one segment into the next.

    Returns
    -------
    buffer : bytes
        What the positions refer to.
    words : Words
    """
    raw = PAD + b"\0".join(segments) + PAD
    lengths = np.fromiter(map(len, segments), np.int64, len(segments))
    begin = np.cumsum(lengths + 1) - lengths - 1 + len(PAD)
    return raw, words_between(raw, begin, begin + lengths)


def words_between(raw: bytes, begin: Index, end: Index) -> Words:
    """Find and hash the words of some stretches of a buffer.

    Parameters
    ----------
    raw : bytes
        With `PAD` at both ends.
    begin, end : ndarray of shape (n_segments,), int64
        Where each stretch lies; ascending, apart, and such that no word reaches over their borders.

    Returns
    -------
    Words
    """
    inside = np.frombuffer(raw.translate(_WORD_BYTE), bool)  # twice as fast as numpy's own look-up
    borders = np.flatnonzero(inside[1:] != inside[:-1])
    start, stop = borders[0::2], borders[1::2]
    edges = np.zeros(2 * len(begin) + 2, np.int64)
    edges[1:-1] = _begun_before(inside, np.stack([begin, end], axis=1).ravel())
    edges[-1] = len(start)
    of_run = np.arange(1, len(edges)) >> 1  # by turns in no stretch, and in one
    of_run[::2] = 0
    segment = np.repeat(of_run, np.diff(edges)) - 1
    kept = np.flatnonzero((stop - start <= WORD_CHARS) & (segment >= 0))
    start, stop, segment = start[kept] + 1, stop[kept] + 1, segment[kept]
    return Words(start, stop, segment, hash_words(np.frombuffer(raw, np.uint8), start, stop))


def _begun_before(inside: NDArray[np.bool_], places: Index) -> Index:
    """Count the words that begin before each place: in a third of the time that a search among them takes.

    Bits that mark beginnings, 64 to an integer; a table of how many came before each integer, and those
    below the place inside its own.
    """
    bits = np.packbits(inside[1:] & ~inside[:-1], bitorder="little")
    packed = np.zeros(len(bits) // 8 + 2, np.uint64)
    packed.view(np.uint8)[: len(bits)] = bits
    before = np.zeros(len(packed) + 1, np.int64)
    np.cumsum(np.bitwise_count(packed), out=before[1:])
    places = places - 1  # the first flag is the second byte's
    which, bit = places >> 6, (places & 63).astype(np.uint64)
    below = packed[which] & ((np.uint64(1) << bit) - np.uint64(1))
    counted: Index = before[which] + np.bitwise_count(below)
    return counted


def hash_words(buffer: NDArray[np.uint8], start: Index, end: Index) -> U64:
    """Hash words by their first eight, next eight and last eight bytes and their length.

    Parameters
    ----------
    buffer : ndarray of shape (n,), uint8
        With `PAD` at both ends.
    start, end : ndarray of shape (n_words,), int64

    Returns
    -------
    ndarray of shape (n_words,), uint64
    """
    eights = every_eight(buffer)
    length = end - start
    hashes: U64 = (eights[start] & LOW[np.minimum(length, 8)]) * _K1
    hashes ^= hashes >> np.uint64(29)
    long = np.flatnonzero(length > 8)
    last = end[long] - 8
    more = (hashes[long] + eights[last] * _K2) * _K1
    more ^= more >> np.uint64(31)
    more = (more + eights[np.minimum(start[long] + 8, last)] * _K3) * _K2
    more ^= more >> np.uint64(29)
    hashes[long] = more + length[long].astype(np.uint64)
    return hashes


def tagged(words: Words, tags: U64) -> U64:
    """Tell the same word in different places apart.

    Parameters
    ----------
    words : Words
    tags : ndarray of shape (n_segments,), uint64

    Returns
    -------
    ndarray of shape (n_words,), uint64
        Mixed; the high bits are the column.
    """
    placed: U64 = words.hashes + tags[words.segment] * _K3
    return mix(placed)


def neighbours(words: Words, single: U64) -> tuple[U64, Index]:
    """Pair each word with the next one in its segment.

    Parameters
    ----------
    words : Words
    single : ndarray of shape (n_words,), uint64
        What `tagged` returned.

    Returns
    -------
    pairs : ndarray of shape (n_pairs,), uint64
    first : ndarray of shape (n_pairs,), int64
        The word that each pair begins with.
    """
    first = np.flatnonzero(words.segment[1:] == words.segment[:-1])
    return _paired(single[first], words.hashes[first + 1]), first


def word_columns(
    words: Words, tags: U64, rows: NDArray[np.uint32], n_rows: int, bits: int
) -> tuple[NDArray[np.uint32], Index]:
    """Find the columns of words and of pairs of neighbours, each once a row.

    Parameters
    ----------
    words : Words
    tags : ndarray of shape (n_segments,), uint64
        As for `tagged`.
    rows : ndarray of shape (n_segments,), uint32
        The row of each segment.
    n_rows : int
        At most ``2 ** (32 - bits)``.
    bits : int

    Returns
    -------
    columns : ndarray of shape (n_kept,), uint32
        Ascending inside each row.
    counts : ndarray of shape (n_rows,), int64
        How many were kept.
    """
    number, segment = len(words.hashes), words.segment
    if not number:
        return np.zeros(0, np.uint32), np.zeros(n_rows, np.int64)
    single, shift = tagged(words, tags), np.uint64(64 - bits)
    keys = np.empty((2, number), np.uint32)
    keys[0] = single >> shift
    keys[1, :-1] = _paired(single[:-1], words.hashes[1:]) >> shift
    last = np.append(np.flatnonzero(segment[1:] != segment[:-1]), number - 1)
    keys[1, last] = keys[0, last]  # these have no neighbour; said twice is said once
    keys |= (rows << np.uint32(bits))[segment]
    return _distinct(keys.ravel(), n_rows, bits)


def _paired(single: U64, following: U64) -> U64:
    return mix(single * np.uint64(3) + following + np.uint64(1))


def unique_columns(
    hashes: U64 | NDArray[np.uint32], rows: NDArray[np.uint32], n_rows: int, bits: int
) -> tuple[NDArray[np.uint32], Index]:
    """Take columns from the high bits and keep each once a row.

    Parameters
    ----------
    hashes : ndarray of shape (n,), uint64 or uint32
        In any order.
    rows : ndarray of shape (n,), uint32
        The row of each.
    n_rows : int
        At most ``2 ** (32 - bits)``.
    bits : int

    Returns
    -------
    columns : ndarray of shape (n_kept,), uint32
        Ascending inside each row.
    counts : ndarray of shape (n_rows,), int64
        How many were kept.
    """
    width = hashes.dtype.itemsize * 8
    keys = (hashes >> hashes.dtype.type(width - bits)).astype(np.uint32, copy=False)
    keys |= rows << np.uint32(bits)
    return _distinct(keys, n_rows, bits)


def _distinct(keys: NDArray[np.uint32], n_rows: int, bits: int) -> tuple[NDArray[np.uint32], Index]:
    """Keep each of ``row << bits | column`` once; uses `keys` up."""
    keys.sort()
    keep = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=keep[1:])
    keys = keys[np.flatnonzero(keep)]  # a third of the time that a mask takes
    borders = np.arange(1, n_rows, dtype=np.uint32) << np.uint32(bits)
    ends = np.append(np.searchsorted(keys, borders), len(keys))[:n_rows]
    keys &= np.uint32((1 << bits) - 1)
    return keys, np.diff(ends, prepend=0)

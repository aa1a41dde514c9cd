"""The way back: which words and signals of this message set which columns. Slow, for explanations only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.features.extractor import Extractor, hash_signal
from classifier.features.grams import four_grams
from classifier.features.kernels import find_words, neighbours, tagged
from classifier.features.wording import BODY_TAG, tag_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.signals import Facts

    Places = NDArray[np.intp]


_SHOWN = re.compile(rb"[^\s\x00-\x1f]{1,40}")
_SPLIT_SIGNAL = re.compile(r"=|(?=[<>])")


Name = tuple[str, str]
"""A signal, ``header.<name>``, ``body`` or ``text``; and the signal's value, the word or both of a pair."""


class Named(NamedTuple):
    """The columns that a message sets, each once, and what they stand for in it.

    Parameters
    ----------
    block, column : ndarray of shape (n_set,), intp
        Place in ``schema.blocks``, and column inside the block.
    name : ndarray of shape (n_set,), intp
        Place in `names`.
    names : list of (str, str)
        Distinct: a signal, ``header.<name>``, ``body``, or ``text`` (4-grams: the word they came from); and
        the signal's value, the word, or the two words of a pair.
    """

    block: Places
    column: Places
    name: Places
    names: list[Name]


class _Part(NamedTuple):
    """Columns of one block as the message sets them, some again, and which name each has."""

    block: int
    columns: Places
    which: Places
    named: Callable[[int], Name]


def name_columns(extractor: Extractor, facts: Facts) -> Named:
    """Name each column that a message sets, once.

    Where two words of a message share a column, the first one is named; where a 4-gram stands in
    several words, the first of them.

    Parameters
    ----------
    extractor : Extractor
    facts : Facts

    Returns
    -------
    Named
        Exactly the columns of ``extractor.rows([facts])``.
    """
    known: dict[Name, int] = {}
    blocks: list[Places] = []
    columns: list[Places] = []
    names: list[Places] = []
    for part in _parts(extractor, facts):
        column, first = np.unique(part.columns, return_index=True)
        columns.append(column)
        blocks.append(np.full(len(column), part.block, np.intp))
        which, back = np.unique(part.which[first], return_inverse=True)
        numbers = [known.setdefault(part.named(at), len(known)) for at in which.tolist()]
        names.append(np.array(numbers, np.intp)[back])
    if not blocks:
        return Named(*(np.zeros(0, np.intp),) * 3, [])
    return Named(np.concatenate(blocks), np.concatenate(columns), np.concatenate(names), list(known))


def _parts(extractor: Extractor, facts: Facts) -> Iterator[_Part]:
    schema, views = extractor.schema, extractor.schema.views
    bits = [block.bits for block in schema.blocks]
    if "signals" in views:
        yield _signals(0, bits[0], list(extractor.observe(facts)))
    if "history" in views:
        yield _signals(4, bits[4], list(extractor.observe_history(facts)))
    wording = extractor.read(facts.message)
    if "header" in views and wording.header:
        names = [f"header.{_text(name)}" for name in wording.names]
        yield _words(1, bits[1], wording.header, wording.tags, names)
    if "body" in views:
        yield _words(2, bits[2], [wording.body], [tag_of(BODY_TAG)], ["body"])
    if "grams" in views:
        yield _grams(bits[3], wording.start)


def _signals(block: int, bits: int, columns: list[str]) -> _Part:
    def named(at: int) -> Name:
        name, value = _SPLIT_SIGNAL.split(columns[at], maxsplit=1)
        return name, value

    places = np.array([_hashed(each) >> (64 - bits) for each in columns], np.intp)
    return _Part(block, places, np.arange(len(columns)), named)


def _words(block: int, bits: int, segments: list[bytes], tags: list[int], names: list[str]) -> _Part:
    raw, words = find_words(segments)
    single = tagged(words, np.array(tags, np.uint64))
    pairs, first = neighbours(words, single)
    start, end, segment, first_of = (each.tolist() for each in (words.start, words.end, words.segment, first))

    def shown(at: int) -> str:
        return _text(raw[start[at] : end[at]])

    def named(at: int) -> Name:
        if at < len(start):
            return names[segment[at]], shown(at)
        at = first_of[at - len(start)]
        return names[segment[at]], f"{shown(at)} {shown(at + 1)}"

    return _Part(
        block, _columns(np.concatenate([single, pairs]), bits), np.arange(len(single) + len(pairs)), named
    )


def _grams(bits: int, start: bytes) -> _Part:
    words = [("text", "")]
    word_at = np.zeros(len(start) + 1, np.intp)
    for found in _SHOWN.finditer(start):
        word_at[max(0, found.start() - 2) : found.end()] = len(words)
        words.append(("text", _text(found[0])))
    return _Part(3, _columns(four_grams(start), bits), word_at, words.__getitem__)


def _columns(hashes: NDArray[np.uint64] | NDArray[np.uint32], bits: int) -> Places:
    return (hashes >> hashes.dtype.type(hashes.dtype.itemsize * 8 - bits)).astype(np.intp)


def _text(word: bytes) -> str:
    return word.decode("utf-8", "replace")


_hashed = lru_cache(maxsize=4096)(hash_signal)
"""As the extractor does: hashing a signal anew costs more than all else that is done with it here."""

"""The way back: which words and signals of this message set which columns. Slow, for explanations only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.features.extractor import Extractor, hash_signal
from classifier.features.kernels import find_words, four_grams, neighbours, tagged
from classifier.features.wording import BODY_TAG, tag_of

if TYPE_CHECKING:
    from classifier.signals import Facts

_SHOWN = re.compile(rb"[^\s\x00-\x1f]{1,40}")
_SPLIT_SIGNAL = re.compile(r"=|(?=[<>])")


class Named(NamedTuple):
    """One set column and what it stands for in this message.

    Parameters
    ----------
    block, column : int
        Place in ``schema.blocks``, and column inside the block.
    name : str
        A signal, ``header.<name>``, ``body``, or ``text`` (4-grams: the word they came from).
    value : str
        The signal's value, the word, or the two words of a pair.
    """

    block: int
    column: int
    name: str
    value: str


def name_columns(extractor: Extractor, facts: Facts) -> list[Named]:
    """Name each column that a message sets, once.

    Where two words of a message share a column, the first one is named; where a 4-gram stands in
    several words, the first of them.

    Parameters
    ----------
    extractor : Extractor
    facts : Facts

    Returns
    -------
    list of Named
        Exactly the columns of ``extractor.rows([facts])``.
    """
    found: dict[tuple[int, int], Named] = {}
    used = {at for at, block in enumerate(extractor.schema.blocks) if block.name in extractor.schema.views}
    for each in _all_columns(extractor, facts):
        if each.block in used:
            found.setdefault((each.block, each.column), each)
    return list(found.values())


def _all_columns(extractor: Extractor, facts: Facts) -> Iterator[Named]:
    schema = extractor.schema
    yield from _signals(
        0, schema.blocks[0].bits, extractor.observe(facts) if "signals" in schema.views else ()
    )
    yield from _signals(
        4, schema.blocks[4].bits, extractor.observe_history(facts) if "history" in schema.views else ()
    )
    wording = extractor.read(facts.message)
    names = [f"header.{_text(name)}" for name in wording.names]
    yield from _words(1, schema.blocks[1].bits, wording.header, wording.tags, names)
    yield from _words(2, schema.blocks[2].bits, [wording.body], [tag_of(BODY_TAG)], ["body"])
    yield from _grams(schema.blocks[3].bits, wording.start)


def _signals(block: int, bits: int, columns: Iterable[str]) -> Iterator[Named]:
    for each in columns:
        name, value = _SPLIT_SIGNAL.split(each, maxsplit=1)
        yield Named(block, hash_signal(each) >> (64 - bits), name, value)


def _words(
    block: int, bits: int, segments: list[bytes], tags: list[int], names: list[str]
) -> Iterator[Named]:
    if not segments:
        return
    raw, words = find_words(segments)
    single = tagged(words, np.array(tags, np.uint64))
    pairs, first = neighbours(words, single)
    shown = [
        _text(raw[start:end]) for start, end in zip(words.start.tolist(), words.end.tolist(), strict=True)
    ]
    places = [names[segment] for segment in words.segment.tolist()]
    for column, at in zip(_columns(single, bits), range(len(shown)), strict=True):
        yield Named(block, column, places[at], shown[at])
    for column, at in zip(_columns(pairs, bits), first.tolist(), strict=True):
        yield Named(block, column, places[at], f"{shown[at]} {shown[at + 1]}")


def _grams(bits: int, start: bytes) -> Iterator[Named]:
    word_at = [""] * (len(start) + 4)
    for found in _SHOWN.finditer(start):
        word_at[max(0, found.start() - 2) : found.end()] = [_text(found[0])] * (
            found.end() - max(0, found.start() - 2)
        )
    grams, _ = four_grams([start])
    for column, word in zip(_columns(grams, bits), word_at, strict=True):
        yield Named(3, column, "text", word)


def _columns(hashes: NDArray[np.uint64] | NDArray[np.uint32], bits: int) -> list[int]:
    columns: list[int] = (hashes >> hashes.dtype.type(hashes.dtype.itemsize * 8 - bits)).tolist()
    return columns


def _text(word: bytes) -> str:
    return word.decode("utf-8", "replace")

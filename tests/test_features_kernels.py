"""Hashing: the same for the same bytes wherever they stand, in whatever batch, for ever."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier.features.grams import four_grams, gram_columns
from classifier.features.kernels import (
    WORD_CHARS,
    find_words,
    hash_words,
    mix,
    neighbours,
    tagged,
    unique_columns,
)

words_of = st.lists(st.text("abzXY09'$-_", min_size=1, max_size=45).map(str.encode), max_size=12)
segments = st.lists(st.binary(max_size=60), max_size=8)


def hashed(*parts: bytes) -> list[int]:
    return find_words(list(parts))[1].hashes.tolist()


@given(words_of)
def test_words_of_any_length_are_found_and_the_long_left_out(words: list[bytes]) -> None:
    raw, found = find_words([b" ".join(words)])
    cut = [raw[start:end] for start, end in zip(found.start, found.end, strict=True)]
    assert cut == [word for word in words if len(word) <= WORD_CHARS]


@given(
    st.text("abc", min_size=1, max_size=40).map(str.encode), st.binary(max_size=30), st.binary(max_size=30)
)
def test_a_word_hashes_the_same_anywhere(word: bytes, before: bytes, behind: bytes) -> None:
    alone = hashed(word)
    assert (
        hashed(before + b" " + word + b" " + behind)[len(hashed(before)) : len(hashed(before)) + 1] == alone
    )
    assert alone[0] in hashed(before, word, behind)


def test_words_that_differ_anywhere_that_is_read_hash_differently() -> None:
    for length in range(1, 25):
        word = b"a" * length
        others = {word[:at] + b"b" + word[at + 1 :] for at in range(length)} | {word + b"a", word}
        assert len({hashed(other)[0] for other in others}) == length + 2


def test_longer_words_differ_by_their_ends_and_length() -> None:
    long = {b"a" * n for n in range(17, 41)} | {b"b" + b"a" * 39, b"a" * 39 + b"b"}
    assert len({hashed(word)[0] for word in long}) == len(long)


def test_hashing_reads_nothing_beyond_the_word() -> None:
    buffers = [np.frombuffer(b"\0" * 8 + b"abc" + filler * 8, np.uint8) for filler in (b"\0", b"x")]
    assert len({int(hash_words(each, np.array([8]), np.array([11]))[0]) for each in buffers}) == 1


@given(segments)
def test_segments_never_join(parts: list[bytes]) -> None:
    _, words = find_words(parts)
    apart = [hashed(part) for part in parts]
    assert words.hashes.tolist() == [each for some in apart for each in some]
    assert words.segment.tolist() == [at for at, some in enumerate(apart) for _ in some]


def test_pairs_are_neighbours_in_order_inside_a_segment() -> None:
    _, words = find_words([b"a b c", b"d", b"", b"b a"])
    single = tagged(words, np.zeros(4, np.uint64))
    pairs, first = neighbours(words, single)
    assert first.tolist() == [0, 1, 4]
    assert len(set(pairs.tolist())) == 3  # a b is not b a


def test_tags_tell_places_apart() -> None:
    _, words = find_words([b"same", b"same"])
    assert len(set(tagged(words, np.array([1, 2], np.uint64)).tolist())) == 2


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=6), st.integers(12, 22))
def test_columns_of_grams_are_those_of_each_mail_alone(starts: list[bytes], bits: int) -> None:
    columns, counts = gram_columns(starts, bits)
    alone = [sorted({gram >> (32 - bits) for gram in four_grams(start).tolist()}) for start in starts]
    assert counts.tolist() == [len(each) for each in alone]
    assert columns.tolist() == [column for each in alone for column in each]


def test_four_grams_are_padded_at_the_end() -> None:
    grams = four_grams(b"abcde").tolist()
    assert grams[:2] == [four_grams(b"abcd")[0], four_grams(b"bcde")[0]]
    assert grams[2:] == four_grams(b"cde").tolist()
    assert grams[5] == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2**64 - 1)), max_size=50), st.integers(12, 22))
def test_columns_are_sorted_unique_and_counted(pairs: list[tuple[int, int]], bits: int) -> None:
    rows = np.array([row for row, _ in pairs], np.uint32)
    hashes = np.array([value for _, value in pairs], np.uint64)
    columns, counts = unique_columns(hashes, rows, 5, bits)
    wanted = [sorted({value >> (64 - bits) for row, value in pairs if row == at}) for at in range(5)]
    assert counts.tolist() == [len(each) for each in wanted]
    assert columns.tolist() == [column for each in wanted for column in each]


def test_the_last_row_and_column_that_fit_a_key_are_kept_apart() -> None:
    hashes = np.full(1024, 2**64 - 1, np.uint64)
    columns, counts = unique_columns(hashes, np.arange(1024, dtype=np.uint32), 1024, 22)
    assert set(columns.tolist()) == {2**22 - 1}
    assert counts.tolist() == [1] * 1024


# A failure here means that every model in the world has lost its meaning. If the change is wanted, raise
# KERNEL in classifier/features/schema.py, so that old models are refused, and pin the new numbers.
def test_golden_hashes() -> None:
    _, words = find_words([b"Hello world", "déjà-vu internationalisation".encode()])
    single = tagged(words, np.array([1, 2], np.uint64))
    assert [hex(each) for each in words.hashes.tolist()] == GOLDEN["words"]
    assert [hex(each) for each in single.tolist()] == GOLDEN["tagged"]
    assert [hex(each) for each in neighbours(words, single)[0].tolist()] == GOLDEN["pairs"]
    assert [hex(each) for each in four_grams(b"Hi!").tolist()] == GOLDEN["grams"]
    assert hex(int(mix(np.array([1], np.uint64))[0])) == GOLDEN["mix"]


GOLDEN = {
    "words": ["0x2fe158451bc9eccb", "0xc8f79725d37a71df", "0x28f48de881c14c33", "0xba9ef49af4e6bd61"],
    "tagged": ["0x77123f54f834bd38", "0x6f62130eca127ec4", "0x42b0572e469c0782", "0x716c653c84bd1ac8"],
    "pairs": ["0xf82a1e7f41ce8396", "0xe714bc0d2b8abd7b"],
    "grams": ["0x5167988b", "0x5a56c628", "0xe56d9034", "0x0"],
    "mix": "0xdd623bbc4039a414",
}

"""Rows are held out with their twins, and both classes stay on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.features import BlockRows
from classifier.learners.folds import split
from classifier.learners.twins import twins

labels_and_groups = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=60)


@given(labels_and_groups, st.integers(2, 6), st.integers(0, 3))
def test_folds_keep_groups_whole_and_both_classes_learned(
    rows: list[tuple[bool, int]], folds: int, seed: int
) -> None:
    positive, groups = (np.array(column) for column in zip(*rows, strict=True))
    if positive.all() or not positive.any():
        positive[0] = not positive[0]
    held = np.zeros(len(positive), int)
    for learned, held_out in split(positive, groups, folds, seed):
        held[held_out] += 1
        assert np.array_equal(np.sort(np.append(learned, held_out)), np.arange(len(positive)))
        assert not np.isin(groups[held_out], groups[learned]).any()
        assert set(positive[learned]) == {True, False}
    assert held.max() <= 1


def test_folds_are_of_like_size_and_mixture() -> None:
    positive = np.arange(100) < 20
    sizes = [(len(out), positive[out].sum()) for _, out in split(positive, None, 5, 0)]
    assert sizes == [(20, 4)] * 5


def test_nothing_is_held_out_where_a_class_has_one_group() -> None:
    positive = np.array([True, True, False, False])
    assert list(split(positive, [1, 1, 2, 3], 5, 0)) == []
    assert len(list(split(positive, [1, 4, 2, 3], 5, 0))) == 2


def block(rows: list[np.ndarray]) -> BlockRows:
    columns = [np.sort(row).astype(np.uint32) for row in rows]
    return BlockRows(np.concatenate(columns), np.array([len(row) for row in rows], np.int64))


@pytest.mark.parametrize("seed", range(5))
def test_rows_that_share_nearly_all_columns_are_twins(seed: int) -> None:
    random = np.random.default_rng(seed)
    mould = random.choice(1 << 20, 100, replace=False)
    copies = [np.append(mould[:97], random.choice(1 << 20, 3)) for _ in range(4)]
    others = [random.choice(1 << 20, 100, replace=False) for _ in range(20)]
    half = [np.append(mould[:40], random.choice(1 << 20, 60))]
    found = twins(block([*copies, *others, *half]))
    assert (found[:4] == 0).all()
    assert np.array_equal(found[4:], np.arange(4, 25))


def test_rows_with_hardly_any_columns_are_nobodys_twins() -> None:
    short = [np.arange(5), np.arange(5), np.zeros(0, int), np.arange(100), np.arange(100)]
    assert twins(block(short)).tolist() == [0, 1, 2, 3, 3]
    assert twins(block([np.zeros(0, int)] * 3)).tolist() == [0, 1, 2]

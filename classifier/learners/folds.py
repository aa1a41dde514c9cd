"""Folds that hold rows out: both classes on both sides, and twins never apart."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Fold = tuple[NDArray[np.intp], NDArray[np.intp]]


def split(positive: NDArray[np.bool_], groups: Any, folds: int, seed: int) -> Iterator[Fold]:
    """Split rows into those to learn from and those held out, so that each is held out at most once.

    Parameters
    ----------
    positive : ndarray of shape (n_rows,), bool
    groups : array of shape (n_rows,), optional
        Rows of one group are held out together; by default each row stands for itself.
    folds : int
        At most so many; fewer where a class has fewer groups.
    seed : int

    Yields
    ------
    learned, held_out : ndarray of int
        Ascending. Nothing is yielded where a class stands in one group only: what is learned has always
        rows of both classes.
    """
    number = np.arange(len(positive)) if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
    fewest = min(len(np.unique(number[positive == side])) for side in (False, True))
    folds = min(folds, fewest)
    if folds < 2:
        return
    fold = _deal(positive, number, folds, np.random.default_rng(seed))[number]
    for at in range(folds):
        learned, held_out = np.flatnonzero(fold != at), np.flatnonzero(fold == at)
        if len(held_out) and len(np.unique(positive[learned])) == 2:
            yield learned, held_out


def _deal(
    positive: NDArray[np.bool_], number: NDArray[np.intp], folds: int, random: np.random.Generator
) -> NDArray[np.intp]:
    """Deal groups out like cards: the largest first, each to who has least of its class."""
    rows = np.bincount(number)
    positives = np.bincount(number, positive)
    fold = np.zeros(len(rows), np.intp)
    for rare in (True, False):  # a group of both classes counts among the positives
        chosen = np.flatnonzero((positives > 0) == rare)
        chosen = chosen[np.lexsort((random.random(len(chosen)), -rows[chosen]))]
        hands = [(0, at) for at in range(folds)]
        heapify(hands)
        for group in chosen.tolist():
            held, at = hands[0]
            fold[group] = at
            heapreplace(hands, (held + int(rows[group]), at))
    return fold

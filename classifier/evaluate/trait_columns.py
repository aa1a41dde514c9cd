"""The columns of a trait: found by their names, and by standing in the same messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.traits import Trait, stands_for
from classifier.features.naming import name_columns

if TYPE_CHECKING:
    from classifier.features import Extractor, Rows
    from classifier.signals import Facts

Columns = NDArray[np.int64]

EXAMPLES = 12
"""Messages whose columns are named to find those of one trait."""

PURE, TOGETHER = 0.9, 0.8
"""A column is one of a trait's if so many of its messages have the trait, where a word says so; or if both
stand in the same messages, or in the opposite ones, to this correlation (phi), whatever it is called."""


def phi(n: int, one: Any, other: Any, both: Any) -> Any:
    """Correlate two yes-or-no traits.

    Parameters
    ----------
    n : int
        Messages.
    one, other, both : int or ndarray
        How many have the first, the second, and both.

    Returns
    -------
    float or ndarray
        Between -1 and 1; 0 where one of them tells no messages apart.

    Source
    ------
    Yule 1912 (phi coefficient).
    """
    spread = np.sqrt(one * (n - one) * 1.0 * other * (n - other))
    return np.where(spread > 0, (n * 1.0 * both - one * 1.0 * other) / np.where(spread > 0, spread, 1), 0.0)


class ColumnFinder:
    """Finds the columns of traits.

    Parameters
    ----------
    rows : Rows
    extractor : Extractor
        What made them.
    facts_of : callable
        Facts of a message by its number, to name its columns.
    """

    def __init__(self, rows: Rows, extractor: Extractor, facts_of: Callable[[int], Facts]) -> None:
        self._messages = rows.to_csr().tocsc()
        self._n = self._messages.shape[0]
        self._sizes = np.diff(self._messages.indptr)
        self._by_size = np.argsort(self._sizes, kind="stable")
        self._sorted = self._sizes[self._by_size]
        self._starts = np.array([block.start for block in rows.schema.blocks])
        self._extractor, self._facts_of = extractor, facts_of
        self._named: dict[int, tuple[Columns, list[tuple[str, str]]]] = {}

    def columns_of(self, trait: Trait, has: NDArray[np.intp]) -> Columns:
        """Find what is called by a trait's name, and what stands and falls with it.

        Parameters
        ----------
        trait : Trait
        has : ndarray of shape (n_having,), intp
            The messages that have it.

        Returns
        -------
        ndarray of int64
            Ascending.
        """
        called = self._called(trait, has)
        likely = [self._of_like_size(size) for size in (len(has), self._n - len(has))]
        candidates = np.unique(np.concatenate([*likely, called]))
        if not len(candidates):
            return candidates
        inside = np.zeros(self._n)
        inside[has] = 1
        part = self._messages[:, candidates]
        both = np.add.reduceat(np.append(inside[part.indices], 0), part.indptr[:-1])
        sizes = self._sizes[candidates].astype(float)
        exact = trait.kind in {"signal", "list", "field"} and not trait.key.startswith("[")
        mine = np.isin(candidates, called) & ((both >= PURE * sizes) | exact)
        mine |= np.abs(phi(self._n, float(len(has)), sizes, both)) >= TOGETHER
        found: Columns = candidates[mine].astype(np.int64)
        return found

    def _of_like_size(self, size: int) -> Columns:
        """Columns set in about as many messages: no others can be so correlated."""
        odds = size / max(self._n - size, 0.5)
        low, high = (self._n * each / (1 + each) for each in (odds * TOGETHER**2, odds / TOGETHER**2))
        between = np.searchsorted(self._sorted, [low - 1, high + 1])
        found: Columns = self._by_size[slice(*between)]
        return found

    def _called(self, trait: Trait, has: NDArray[np.intp]) -> Columns:
        """Columns that bear a trait's name in some of its messages, evenly chosen."""
        chosen = has[np.unique(np.linspace(0, len(has) - 1, EXAMPLES).astype(int))]
        found: set[int] = set()
        for at in chosen.tolist():
            columns, names = self._names(at)
            found.update(
                column
                for column, name in zip(columns.tolist(), names, strict=True)
                if stands_for(trait, *name)
            )
        return np.array(sorted(found), np.int64)

    def _names(self, at: int) -> tuple[Columns, list[tuple[str, str]]]:
        """Name the columns of one message, once."""
        if at not in self._named:
            named = name_columns(self._extractor, self._facts_of(at))
            columns = self._starts[named.block] + named.column
            self._named[at] = columns, [named.names[which] for which in named.name.tolist()]
        return self._named[at]

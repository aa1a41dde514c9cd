"""Members of a fusion: a kind of learner, and how loudly it hears each block of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classifier.learners.bayes import BayesLearner
from classifier.learners.linear import LinearLearner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.folds import Fold

Range = tuple[int, int]


class Member(NamedTuple):
    """One learner of a fusion.

    Parameters
    ----------
    name : str
        Under which its share is told.
    kind : str
        ``linear`` or ``bayes``.
    volumes : tuple of float
        One a block: what its columns are multiplied by before this learner sees them; 0 hides them. Blocks
        of equal length count equally in the SVM's margin, so this says which to believe first.
    costly : bool, default False
        Whether to do without it unless the fusion is surely better with it.
    C, contrast, tol : float
        Of a linear learner.
    """

    name: str
    kind: str
    volumes: tuple[float, ...]
    costly: bool = False
    C: float = 30.0
    contrast: float = 1.0
    tol: float = 0.1

    def learner(self, seed: int) -> LinearLearner | BayesLearner:
        """Make the learner, unfitted."""
        if self.kind == "bayes":
            return BayesLearner()
        return LinearLearner(C=self.C, contrast=self.contrast, tol=self.tol, seed=seed)


def default_members(n_blocks: int) -> tuple[Member, ...]:
    """Return one linear learner over all blocks, and a Bayes learner for each.

    Parameters
    ----------
    n_blocks : int

    Returns
    -------
    tuple of Member
    """
    everything = Member("linear", "linear", (1.0,) * n_blocks)
    each = (Member(f"bayes.{at}", "bayes", _only(at, n_blocks)) for at in range(n_blocks))
    return (everything, *each)


def _only(at: int, n_blocks: int) -> tuple[float, ...]:
    return tuple(float(other == at) for other in range(n_blocks))


def heard(X: Any, ranges: tuple[Range, ...], volumes: tuple[float, ...]) -> tuple[Any, NDArray[np.float64]]:
    """Return rows as a member sees them, and what each column was multiplied by.

    Parameters
    ----------
    X : csr_matrix of shape (n_rows, n_columns)
    ranges : tuple of (int, int)
        Of the blocks.
    volumes : tuple of float

    Returns
    -------
    X : csr_matrix of shape (n_rows, n_columns)
        Without the hidden columns' numbers.
    factors : ndarray of shape (n_columns,)
    """
    from scipy.sparse import csr_matrix

    factors = np.zeros(X.shape[1])
    for (start, stop), volume in zip(ranges, volumes, strict=True):
        factors[start:stop] = volume
    if (factors == 1).all():
        return X, factors
    seen = factors[X.indices]
    kept = seen > 0
    ends = np.concatenate([[0], np.cumsum(kept)])[X.indptr]
    data = (X.data[kept] * seen[kept]).astype(X.dtype)
    return csr_matrix((data, X.indices[kept], ends), shape=X.shape), factors


def fit_member(member: Member, X: Any, positive: NDArray[np.bool_], fold: Fold, seed: int) -> Any:
    """Fit a member; return its scores of the held-out rows or, where none are, its weights and bias.

    Parameters
    ----------
    member : Member
    X : csr_matrix of shape (n_rows, n_columns)
        As `heard` returned it.
    positive : ndarray of shape (n_rows,), bool
    fold : (ndarray, ndarray) of int
        Rows to learn from, and held out.
    seed : int

    Returns
    -------
    ndarray of shape (n_held_out,), or (ndarray of shape (n_columns,), float)
    """
    learned, held_out = fold
    if not len(held_out):
        learner = member.learner(seed).fit(X, positive)
        return learner.coef_, learner.intercept_
    return member.learner(seed).fit(X[learned], positive[learned]).decision_function(X[held_out])

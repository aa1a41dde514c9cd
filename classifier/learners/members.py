"""Members of a fusion: a kind of learner, and how loudly it hears each block of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classifier.learners.contrast import contrasts, robinson
from classifier.learners.descent import Examples, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.folds import Fold
    from classifier.learners.views import View

    Floats = NDArray[np.float64]
    Tally = tuple[Floats, Floats]

STRENGTH, MIN_DEVIATION = 0.01, 0.1
"""Of Robinson's weights; see `BayesLearner`."""


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
    price : float, default 0
        Of a costly one: the share of the log-loss that it must surely save, for what it costs to run.
    C, contrast, tol : float
        Of a linear learner.
    soft : bool, default False
        Whether it is for labels that are often wrong: tried only where held-out mail says they may be.
    """

    name: str
    kind: str
    volumes: tuple[float, ...]
    costly: bool = False
    price: float = 0.0
    C: float = 30.0
    contrast: float = 1.0
    tol: float = 0.1
    soft: bool = False


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


def fit_member(
    member: Member, view: View, positive: NDArray[np.bool_], fold: Fold, *, whole: Tally, seed: int
) -> Any:
    """Fit a member; return its scores of the held-out rows or, where none are, its weights and bias.

    Parameters
    ----------
    member : Member
    view : View
        Of the blocks that it hears.
    positive : ndarray of shape (n_rows,), bool
    fold : (ndarray, ndarray) of int
        Rows to learn from, and held out; together all rows.
    whole : (ndarray, ndarray)
        Class counts of all rows, from `View.count`.
    seed : int

    Returns
    -------
    ndarray of shape (n_held_out,), or (ndarray of shape (n_columns,), float)
        Weights are of the columns as the view has them.
    """
    learned, held_out = fold
    counts, sizes = whole
    if len(held_out):
        fewer, less = view.count(positive, held_out)
        counts, sizes = counts - fewer, sizes - less
    weights: Floats
    if member.kind == "bayes":
        weights, bias = robinson(counts, sizes, STRENGTH, MIN_DEVIATION), 0.0
    else:
        weights, bias, _ = fit_linear(
            view,
            positive,
            learned,
            (counts, sizes),
            C=member.C,
            contrast=member.contrast,
            strength=1.0,
            tol=member.tol,
            seed=seed,
        )
    return view.score(weights, bias, held_out) if len(held_out) else (weights, bias)


def fit_linear(
    view: View,
    positive: NDArray[np.bool_],
    learned: NDArray[np.intp],
    tally: Tally,
    *,
    C: float,
    contrast: float,
    strength: float,
    tol: float,
    seed: int,
) -> tuple[Floats, float, Floats]:
    """Fit a support vector machine to columns scaled by their contrast; see `LinearLearner`.

    Parameters
    ----------
    view : View
    positive : ndarray of shape (n_rows,), bool
    learned : ndarray of shape (k,), intp
        Rows to learn from.
    tally : (ndarray of shape (2, n_columns), ndarray of shape (2,))
        Their class counts.
    C, contrast, strength, tol, seed
        See `LinearLearner`.

    Returns
    -------
    weights : ndarray of shape (n_columns,), float64
        Scale included.
    bias : float
    scale : ndarray of shape (n_columns,), float64
        What columns were multiplied by; the rows keep their length, as a whole.
    """
    scale = contrasts(*tally, contrast, strength)
    values = view.values * scale.astype(np.float32)[view.columns]
    plain, lengths = view.row_sums(np.square(view.values)), view.row_sums(np.square(values))
    scaled = lengths[learned].sum()
    stretch = float(np.sqrt(plain[learned].sum() / scaled)) if scaled > 0 else 1.0
    values *= np.float32(stretch)
    scale *= stretch
    signs = np.where(positive, 1.0, -1.0)
    examples = Examples(view.starts, view.columns, values, signs, lengths * stretch**2)
    found = solve(examples, learned, n_columns=view.n_columns, C=C, tol=tol, seed=seed)
    return found.weights * scale, found.bias if scaled > 0 else 0.0, scale

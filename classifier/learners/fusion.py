"""One question answered by several learners, fused and calibrated.

Everything here is linear in the columns, so what comes out is one weight a column: see `tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import minimize
from sklearn.utils.validation import validate_data

from classifier.learners.folds import split
from classifier.learners.members import Member, Range, default_members, fit_member, heard
from classifier.learners.platt import fit_platt, log_loss, modest, soft_targets
from classifier.learners.question import QuestionLearner, two_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.folds import Fold

    Floats = NDArray[np.float64]
    Final = tuple[Floats, float]

_LARGEST = float(np.finfo(np.float16).max)

SHRINK = 0.35
"""How strongly the fusion is drawn to equal weights, over the number of rows: a margin for mail to come that
suits one learner less than mail held out did, and for few labels. By nested cross-validation inside P1's
training part (2,800 rows), 1-ROCA%: 0.048 at 28, 0.031 at 2.8, 0.024 at 0.28 and below; equal weights of
three linear learners 0.032."""

SURELY = 2.0
"""Standard errors by which log-loss must grow without a costly member for it to be kept. On P1's training
part signals beside words and 4-grams come to -0.2, on P3's, where there are no bodies, to 2.3."""


class FusedLearner(QuestionLearner):
    """Linear and Bayes learners, joined by weights fitted on out-of-fold scores.

    Parameters
    ----------
    blocks : sequence of (int, int), optional
        First and last-plus-one column of each block; by default all columns are one block.
    members : sequence of Member, optional
        By default a linear learner over all blocks and a Bayes learner for each.
    fitted : bool, default True
        Whether the members' weights are fitted; else they count equally, each divided by its spread: safer
        for mail of kinds that no fold holds out.
    folds : int, default 5
        For the out-of-fold scores.
    seed : int, default 0
        Decides the folds and the order of the solvers; with it training is deterministic.
    jobs : int, default 1
        Processes; changes nothing but the time.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    coef_ : ndarray of shape (n_columns,), float16
        Fused and calibrated weights as a model file holds them, in nats.
    intercept_ : float
        Nats.
    out_of_fold_ : ndarray of shape (n_rows,)
        Calibrated log-odds of each training row by learners that had not seen it; NaN where it could not be
        held out, because a class has no second group of rows.
    shares_ : dict of str to float
        Weight of each member in the fusion; they add up to 1.
    """

    def __init__(
        self,
        blocks: tuple[Range, ...] | None = None,
        members: tuple[Member, ...] | None = None,
        *,
        fitted: bool = True,
        folds: int = 5,
        seed: int = 0,
        jobs: int = 1,
    ) -> None:
        self.blocks = blocks
        self.members = members
        self.fitted = fitted
        self.folds = folds
        self.seed = seed
        self.jobs = jobs

    def fit(self, X: Any, y: Any, groups: Any = None) -> FusedLearner:
        """Learn from rows.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_rows, n_columns)
        y : array of shape (n_rows,)
            Two classes; the greater one is the positive.
        groups : array of shape (n_rows,), optional
            Rows of one group, such as near-duplicates, never stand on both sides of a fold.

        Returns
        -------
        FusedLearner
            Itself.

        Raises
        ------
        ValueError
            If there are not exactly two classes.
        """
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        self.classes_ = two_classes(y)
        positive: NDArray[np.bool_] = y == self.classes_[1]
        X, used, ranges = _without_empty_columns(X, self.blocks)
        members = self.members if self.members is not None else default_members(len(ranges))
        once = {volumes: heard(X, ranges, volumes) for volumes in {member.volumes for member in members}}
        views = [once[member.volumes] for member in members]
        folds = list(self._splits(positive, groups))
        scores, finals = self._fit_members(members, [view for view, _ in views], positive, folds)
        flat = [(coef * factors, bias) for (coef, bias), (_, factors) in zip(finals, views, strict=True)]
        costly = [at for at, member in enumerate(members) if member.costly]
        shares, coef = self._fuse(scores, positive, flat, X, costly)
        self.coef_ = np.zeros(self.n_features_in_, np.float16)
        self.coef_[used] = np.clip(coef, -_LARGEST, _LARGEST).astype(np.float16)
        names = [member.name for member in members]
        self.shares_ = {name: float(share) for name, share in zip(names, shares, strict=True)}
        return self

    def _splits(self, positive: NDArray[np.bool_], groups: Any) -> Any:
        return split(positive, groups, self.folds, self.seed)

    def _fit_members(
        self, members: tuple[Member, ...], views: list[Any], positive: NDArray[np.bool_], folds: list[Fold]
    ) -> tuple[Floats, list[Final]]:
        """Fit every member on every fold, and on all rows; returns out-of-fold scores, weights and biases."""
        everything: Fold = (np.arange(len(positive)), np.zeros(0, np.intp))
        work = [(at, fold) for at in range(len(members)) for fold in [*folds, everything]]
        done = Parallel(n_jobs=self.jobs)(
            delayed(fit_member)(members[at], views[at], positive, fold, self.seed) for at, fold in work
        )
        scores = np.full((len(positive), len(members)), np.nan)
        finals: list[Final] = []
        for (at, (_, held_out)), result in zip(work, done, strict=True):
            if len(held_out):
                scores[held_out, at] = result
            else:
                finals.append(result)
        return scores, finals

    def _fuse(
        self, scores: Floats, positive: NDArray[np.bool_], finals: list[Final], X: Any, costly: list[int]
    ) -> tuple[Floats, Floats]:
        """Weigh the members on scores of rows they had not seen, calibrate, and add everything up."""
        seen = np.stack([X @ coef + bias for coef, bias in finals], axis=1)
        held = ~np.isnan(scores).any(axis=1)
        known, gold = (scores[held], positive[held]) if held.any() else (seen, positive)
        spread = known.std(axis=0)
        usable = spread > 1e-9
        shares = usable / usable.sum() if usable.any() else np.full(len(spread), 1 / len(spread))
        if self.fitted and held.any() and usable.any():
            unit = np.divide(known, spread, out=np.zeros_like(known), where=usable)
            shares = fuse_sparingly(unit, gold, usable, costly)
        factors = np.divide(shares, spread, out=np.zeros(len(spread)), where=usable)
        a, b = modest(*fit_platt(known @ factors, gold), seen @ factors)
        self.out_of_fold_ = np.where(held, a * (scores @ factors) + b, np.nan)
        self.intercept_ = float(b + a * sum(f * bias for f, (_, bias) in zip(factors, finals, strict=True)))
        coef: Floats = np.sum([a * f * each for f, (each, _) in zip(factors, finals, strict=True)], axis=0)
        return shares, coef

    def predict_proba(self, X: Any) -> Floats:
        """Return the probabilities of both classes.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_rows, n_columns)

        Returns
        -------
        ndarray of shape (n_rows, 2)
        """
        p = 0.5 * (1 + np.tanh(0.5 * self.decision_function(X)))
        return np.stack([1 - p, p], axis=1)


def _without_empty_columns(
    X: Any, blocks: tuple[Range, ...] | None
) -> tuple[Any, NDArray[np.intp], tuple[Range, ...]]:
    """Leave out the columns that no row sets; returns those kept, and the blocks among them."""
    from scipy.sparse import csr_matrix

    ranges = blocks if blocks is not None else ((0, X.shape[1]),)
    X = csr_matrix(X)
    used = np.flatnonzero(np.bincount(X.indices, minlength=X.shape[1]))
    used = used if len(used) else np.zeros(1, np.intp)  # no learner takes rows without columns
    number = np.zeros(X.shape[1], np.int32)
    number[used] = np.arange(len(used), dtype=np.int32)
    fewer = csr_matrix((X.data, number[X.indices], X.indptr), shape=(X.shape[0], len(used)))
    bounds = [(int(low), int(high)) for low, high in np.searchsorted(used, np.array(ranges))]
    return fewer, used, tuple(bounds)


def fuse_sparingly(
    scores: Floats, positive: NDArray[np.bool_], usable: NDArray[np.bool_], costly: list[int]
) -> Floats:
    """Fuse without the costly learners that earn nothing.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_learners)
        As for `fuse`.
    positive : ndarray of shape (n_rows,), bool
    usable : ndarray of shape (n_learners,), bool
        Which learners may take part at all.
    costly : list of int
        Learners that are left out unless the log-loss without them is worse by more than `SURELY`.

    Returns
    -------
    ndarray of shape (n_learners,)
        Shares, 0 of those left out.
    """
    part = usable.copy()
    shares, losses = _fused_part(scores, positive, part)
    for at in costly:
        fewer = part & (np.arange(len(part)) != at)
        if not part[at] or not fewer.any():
            continue
        without, worse = _fused_part(scores, positive, fewer)
        loss = worse - losses
        if loss.mean() <= SURELY * loss.std() / np.sqrt(len(loss)):
            part, shares, losses = fewer, without, worse
    return shares


def _fused_part(
    scores: Floats, positive: NDArray[np.bool_], part: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Fuse some of the learners; returns all shares and the calibrated log-loss of each row."""
    shares = np.zeros(scores.shape[1])
    shares[part] = fuse(scores[:, part], positive)
    a, b = fit_platt(scores @ shares, positive)
    log_odds = a * (scores @ shares) + b
    losses: Floats = np.logaddexp(0, np.where(positive, -log_odds, log_odds))
    return shares, losses


def fuse(scores: Floats, positive: NDArray[np.bool_]) -> Floats:
    """Find how much each learner counts.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_learners)
        Out-of-fold scores, each learner's with standard deviation 1.
    positive : ndarray of shape (n_rows,), bool

    Returns
    -------
    ndarray of shape (n_learners,)
        Not negative, adding up to 1: the minimum of the log-loss of a calibrated weighted sum, drawn
        a little towards equal weights.
    """
    n = scores.shape[1]
    targets = soft_targets(positive)
    shrink = SHRINK / len(targets)

    def loss(at: Floats) -> tuple[float, Floats]:
        weights, bias = at[:n], at[n]
        log_odds = scores @ weights + bias
        p = 0.5 * (1 + np.tanh(0.5 * log_odds))
        off = weights - weights.mean()
        error = (p - targets) / len(targets)
        gradient = np.append(scores.T @ error + 2 * shrink * off, error.sum())
        return log_loss(log_odds, targets) + shrink * float(off @ off), gradient

    start = np.append(np.full(n, 1 / n), 0.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * n + [(None, None)])
    weights: Floats = found.x[:n]
    total = weights.sum()
    return weights / total if total > 0 else np.full(n, 1 / n)

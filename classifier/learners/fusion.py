"""One question answered by several learners on several blocks of columns, fused and calibrated.

Everything here is linear in the columns, so what comes out is one weight a column: see `tables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import minimize
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils.validation import validate_data

from classifier.learners.bayes import BayesLearner
from classifier.learners.linear import LinearLearner
from classifier.learners.platt import fit_platt, log_loss, soft_targets
from classifier.learners.question import QuestionLearner, two_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Range = tuple[int, int]

_LARGEST = float(np.finfo(np.float16).max)

SHRINK = 1e-4
"""How strongly the fusion is drawn to equal weights. By nested cross-validation inside P1's training part,
1-ROCA%: 0.048 at 0.01, 0.031 at 0.001, 0.024 at 0.0001 and below; equal weights of three linear
learners 0.032."""


class FusedLearner(QuestionLearner):
    """Linear and Bayes learners on each block, joined by weights fitted on out-of-fold scores.

    Parameters
    ----------
    blocks : sequence of (int, int), optional
        First and last-plus-one column of each block; by default all columns are one block.
    folds : int, default 5
        For the out-of-fold scores.
    losses : sequence of float, optional
        `C` of the linear learner on each block; by default 30 everywhere.
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
        Calibrated log-odds of each training row by learners that had not seen it.
    shares_ : dict of str to float
        Weight of each learner and block in the fusion; they add up to 1.
    """

    def __init__(
        self,
        blocks: tuple[Range, ...] | None = None,
        folds: int = 5,
        losses: tuple[float, ...] | None = None,
        seed: int = 0,
        jobs: int = 1,
    ) -> None:
        self.blocks = blocks
        self.folds = folds
        self.losses = losses
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
        pieces = [X[:, start:stop] for start, stop in self._ranges(X.shape[1])]
        losses = self.losses or (30.0,) * len(pieces)
        splits = [*self._splits(positive, groups), (np.arange(len(positive)), np.zeros(0, np.intp))]
        work = [(at, each, train, test) for at, each in enumerate(pieces) for train, test in splits]
        done = Parallel(n_jobs=self.jobs)(
            delayed(_fit_pair)(each, positive, (train, test), losses[at], self.seed)
            for at, each, train, test in work
        )
        scores = np.zeros((len(positive), 2 * len(pieces)))
        finals: list[list[tuple[Floats, float]]] = [[] for _ in pieces]
        for (at, _, _, test), pair in zip(work, done, strict=True):
            if len(test):
                scores[test, 2 * at], scores[test, 2 * at + 1] = pair
            else:
                finals[at] = list(pair)
        self._fuse(scores, positive, finals)
        return self

    def _ranges(self, n_columns: int) -> tuple[Range, ...]:
        return self.blocks if self.blocks is not None else ((0, n_columns),)

    def _splits(
        self, positive: NDArray[np.bool_], groups: Any
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Folds that keep both classes on both sides; none where a class has a single row."""
        fewest = min(int(positive.sum()), int((~positive).sum()))
        if groups is not None:
            fewest = min(
                fewest, *(len(np.unique(np.asarray(groups)[positive == side])) for side in (False, True))
            )
        if fewest < 2:
            return
        folds = min(self.folds, fewest)
        splitter: Any = StratifiedKFold if groups is None else StratifiedGroupKFold
        for train, test in splitter(folds, shuffle=True, random_state=self.seed).split(
            positive, positive, groups
        ):
            if len(np.unique(positive[train])) == 2:
                yield train, test

    def _fuse(
        self, scores: Floats, positive: NDArray[np.bool_], finals: list[list[tuple[Floats, float]]]
    ) -> None:
        """Weigh the learners on scores of rows they had not seen, calibrate, and add everything up."""
        spread = scores.std(axis=0)
        usable = spread > 1e-9
        shares = np.zeros(len(spread))
        if usable.any():
            shares[usable] = fuse(scores[:, usable] / spread[usable], positive)
        else:
            shares[:] = 1 / len(spread)
        factors = np.divide(shares, spread, out=shares.copy(), where=usable)
        joined = scores @ factors
        a, b = fit_platt(joined, positive)
        if not usable.any():  # nothing could be held out: trust the learners' direction, not their size
            a = 1.0
        flat = [each for pair in finals for each in pair]
        self.intercept_ = float(b + a * sum(f * bias for f, (_, bias) in zip(factors, flat, strict=True)))
        columns = [
            a * (factors[2 * at] * linear[0] + factors[2 * at + 1] * bayes[0])
            for at, (linear, bayes) in enumerate(finals)
        ]
        self.coef_ = np.clip(np.concatenate(columns), -_LARGEST, _LARGEST).astype(np.float16)
        self.out_of_fold_ = a * joined + b
        names = [f"{kind}.{at}" for at in range(len(finals)) for kind in ("linear", "bayes")]
        self.shares_ = {name: float(share) for name, share in zip(names, shares, strict=True)}

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

    def loss(at: Floats) -> tuple[float, Floats]:
        weights, bias = at[:n], at[n]
        log_odds = scores @ weights + bias
        p = 0.5 * (1 + np.tanh(0.5 * log_odds))
        off = weights - weights.mean()
        error = (p - targets) / len(targets)
        gradient = np.append(scores.T @ error + 2 * SHRINK * off, error.sum())
        return log_loss(log_odds, targets) + SHRINK * float(off @ off), gradient

    start = np.append(np.full(n, 1 / n), 0.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * n + [(None, None)])
    weights: Floats = found.x[:n]
    total = weights.sum()
    return weights / total if total > 0 else np.full(n, 1 / n)


def _fit_pair(
    X: Any,
    positive: NDArray[np.bool_],
    fold: tuple[NDArray[np.intp], NDArray[np.intp]],
    loss: float,
    seed: int,
) -> Any:
    """Fit both learners on a block; return scores of the test rows or, without any, weights and biases."""
    train, test = fold
    learners: list[LinearLearner | BayesLearner] = [
        LinearLearner(C=loss, seed=seed).fit(X[train], positive[train]),
        BayesLearner().fit(X[train], positive[train]),
    ]
    if len(test):
        return [each.decision_function(X[test]) for each in learners]
    return [(each.coef_, each.intercept_) for each in learners]

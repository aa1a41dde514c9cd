"""One question answered by several learners, fused and calibrated: the scikit-learn estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.utils.validation import validate_data

from classifier.learners.folds import split
from classifier.learners.fusion import Fusion
from classifier.learners.members import Member, default_members
from classifier.learners.question import QuestionLearner, two_classes
from classifier.learners.tables import as_stored
from classifier.learners.views import Range, view_of_csr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


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
        X = csr_matrix(X)
        ranges = self.blocks if self.blocks is not None else ((0, X.shape[1]),)
        members = self.members if self.members is not None else default_members(len(ranges))
        views = {each: view_of_csr(X, ranges, each) for each in {member.volumes for member in members}}
        folds = list(self._splits(positive, groups))
        fusion = Fusion(members, views, positive, folds, fitted=self.fitted, seed=self.seed, jobs=self.jobs)
        fused = fusion.fit(X.shape[1])
        self.coef_ = as_stored(fused.coef)
        self.intercept_, self.out_of_fold_ = fused.intercept, fused.out_of_fold
        names = [member.name for member in members]
        self.shares_ = {name: float(share) for name, share in zip(names, fused.shares, strict=True)}
        return self

    def _splits(self, positive: NDArray[np.bool_], groups: Any) -> Any:
        return split(positive, groups, self.folds, self.seed)

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

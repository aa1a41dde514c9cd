"""The online learner's linear half as an estimator: logistic regression with a rate a column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import validate_data

from classifier.learners.online.pace import PACES
from classifier.learners.question import QuestionLearner, two_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_PACE = PACES[0]


class AdaptiveLearner(QuestionLearner):
    """Logistic regression, one row after the other, each until its error is small; old columns move slowly.

    What `Corrections` does with whole numbers, undone exactly, this does with floating point on any rows; it
    also has a bias.

    Parameters
    ----------
    rate, damping, enough : float
        See `online.Pace`.
    steps : int
        At most so many over one row.
    passes : int, default 5
        Over all rows, in `fit`.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    coef_ : ndarray of shape (n_columns,), float64
    intercept_ : float
    squares_ : ndarray of shape (n_columns + 1,), float64
        Squared errors that moved each column, and the bias.

    Source
    ------
    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic
    optimization", JMLR 12.
    """

    def __init__(
        self,
        rate: float = _PACE.rate,
        damping: float = _PACE.damping,
        enough: float = _PACE.enough,
        steps: int = _PACE.steps,
        passes: int = 5,
    ) -> None:
        self.rate = rate
        self.damping = damping
        self.enough = enough
        self.steps = steps
        self.passes = passes

    def fit(self, X: Any, y: Any) -> AdaptiveLearner:
        """Learn from rows in their order, several times, forgetting what was learned before.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_rows, n_columns)
        y : array of shape (n_rows,)
            Two classes; the greater one is the positive.

        Returns
        -------
        AdaptiveLearner
            Itself.

        Raises
        ------
        ValueError
            If there are not exactly two classes.
        """
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        self._begin(two_classes(y), X.shape[1])
        for _ in range(self.passes):
            self._learn(X, y)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> AdaptiveLearner:
        """Learn from more rows, once.

        Parameters
        ----------
        X, y
            As in `fit`.
        classes : array of shape (2,), optional
            Needed at the first call where `y` has only one of them.

        Returns
        -------
        AdaptiveLearner
            Itself.

        Raises
        ------
        ValueError
            If `y` has another class.
        """
        first = not hasattr(self, "squares_")
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], reset=first)
        if first:
            self._begin(two_classes(y if classes is None else np.asarray(classes)), X.shape[1])
        if not np.isin(y, self.classes_).all():
            raise ValueError(f"y has classes other than {self.classes_.tolist()}")
        self._learn(X, y)
        return self

    def _begin(self, classes: NDArray[Any], n_columns: int) -> None:
        self.classes_ = classes
        self.coef_ = np.zeros(n_columns)
        self.intercept_ = 0.0
        self.squares_ = np.zeros(n_columns + 1)

    def _learn(self, X: Any, y: NDArray[Any]) -> None:
        for at, answer in enumerate((y == self.classes_[1]).tolist()):
            if hasattr(X, "indptr"):
                part = slice(X.indptr[at], X.indptr[at + 1])
                self._learn_row(X.indices[part], X.data[part].astype(np.float64), answer)
            else:
                columns = np.flatnonzero(X[at])
                self._learn_row(columns, X[at, columns].astype(np.float64), answer)

    def _learn_row(self, columns: NDArray[np.intp], values: Floats, answer: bool) -> None:
        """Walk along the gradient of the logistic loss until the error is small."""
        rates = self.rate / np.sqrt(self.damping + self.squares_[columns])
        rate = self.rate / math.sqrt(self.damping + self.squares_[-1])
        log_odds = float(self.coef_[columns] @ values) + self.intercept_
        slope = float(rates @ values**2) + rate
        way = squares = 0.0
        for _ in range(self.steps):
            error = answer - 0.5 * (1 + math.tanh(0.5 * (log_odds + way * slope)))
            if abs(error) <= self.enough:
                break
            way += error
            squares += error * error
        self.coef_[columns] += way * rates * values
        self.intercept_ += way * rate
        self.squares_[columns] += squares
        self.squares_[-1] += squares

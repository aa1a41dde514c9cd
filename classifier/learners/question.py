"""What every learner of one question has in common: two classes, and weights that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

if TYPE_CHECKING:
    from numpy.typing import NDArray


class QuestionLearner(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear answer to one question; the children say how its weights are learned.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    coef_ : ndarray of shape (n_columns,)
    intercept_ : float
    """

    classes_: NDArray[Any]
    coef_: NDArray[Any]
    intercept_: float

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Score rows.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_rows, n_columns)

        Returns
        -------
        ndarray of shape (n_rows,)
            Positive for the second class; in nats where the learner is calibrated.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        weights = self.coef_.astype(np.float64, copy=False)
        scores: NDArray[np.float64] = X.astype(np.float64, copy=False) @ weights + self.intercept_
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the more likely class of each row.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_rows, n_columns)

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        check_is_fitted(self)
        named: NDArray[Any] = self.classes_[(self.decision_function(X) > 0).astype(int)]
        return named

    def __sklearn_tags__(self) -> Any:
        """Two classes, sparse rows welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.sparse = True
        return tags


def class_counts(X: Any, positive: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count in how many rows of each class a column is set.

    Parameters
    ----------
    X : csr_matrix or array of shape (n_rows, n_columns)
        A column is set where it is positive.
    positive : ndarray of shape (n_rows,), bool

    Returns
    -------
    counts : ndarray of shape (2, n_columns), float64
        Of the negative and of the positive rows.
    rows : ndarray of shape (2,), float64
    """
    rows = np.array([np.count_nonzero(~positive), np.count_nonzero(positive)], np.float64)
    if not hasattr(X, "indices"):
        return np.stack([(X[~positive] > 0).sum(axis=0), (X[positive] > 0).sum(axis=0)]).astype(float), rows
    of_positive = np.repeat(positive, np.diff(X.indptr))
    present = X.data > 0
    counts = [
        np.bincount(X.indices[present & side], minlength=X.shape[1]) for side in (~of_positive, of_positive)
    ]
    return np.stack(counts).astype(np.float64), rows


def two_classes(y: NDArray[Any]) -> NDArray[Any]:
    """Return the two classes of a question.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (2,)

    Raises
    ------
    ValueError
        If there are more or fewer.
    """
    from sklearn.utils.multiclass import check_classification_targets

    check_classification_targets(y)
    classes = np.unique(y)
    if len(classes) > 2:
        raise ValueError(
            "Only binary classification is supported. The type of the target is multiclass: "
            f"{len(classes)} classes"
        )
    if len(classes) < 2:
        raise ValueError("a question needs examples of both answers; got only one class")
    return classes

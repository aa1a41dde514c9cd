"""The solver of the linear learner: dual coordinate descent in numpy, one row after the other.

A row costs some microseconds of Python beside its arithmetic, which 1,500 columns a row outweigh; so this
is level with liblinear on mail, needs no copy of the rows in another form, and can go through blocks of rows
that come from a disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.intp]
    Values = NDArray[np.float32]

PASSES = 1000
"""At most so many over the rows; labels that contradict each other keep it from stopping by itself."""


class Examples(NamedTuple):
    """Rows as the solver takes them.

    Parameters
    ----------
    starts, columns, values
        As in `View`; values are scaled.
    signs : ndarray of shape (n_rows,)
        1 or -1, the class of each row.
    lengths : ndarray of shape (n_rows,)
        Squared Euclidean length of each row.
    """

    starts: Index
    columns: Index
    values: Values
    signs: Floats
    lengths: Floats


class Descent:
    """A support vector machine (squared hinge loss, L2, the bias as one more column of ones) as it is found.

    Parameters
    ----------
    n_columns : int
    C : float
        Weight of the loss.

    Attributes
    ----------
    weights : ndarray of shape (n_columns,), float32
    bias : float

    Source
    ------
    Hsieh et al. 2008, "A dual coordinate descent method for large-scale linear SVM".
    """

    def __init__(self, n_columns: int, C: float) -> None:
        self.weights = np.zeros(n_columns, np.float32)
        self.bias = 0.0
        self.soft = 1 / (2 * C)

    def sweep(self, rows: Examples, dual: Floats, order: Index) -> Floats:
        """Go through some rows once, meeting the margin of each.

        Parameters
        ----------
        rows : Examples
        dual : ndarray of shape (n_rows,)
            What each row has moved the weights by; changed in place.
        order : ndarray of shape (k,), intp
            Rows to visit; each once.

        Returns
        -------
        ndarray of shape (k,)
            The gradient of the dual at each row before it moved: negative where the margin was not met.
        """
        starts, columns, values, signs, lengths = rows
        weights, bias, soft = self.weights, self.bias, self.soft
        begins, ends = starts[order].tolist(), starts[order + 1].tolist()
        sides, moved = signs[order].tolist(), dual[order].tolist()
        curves = (lengths[order] + (1 + soft)).tolist()
        gradients = [0.0] * len(moved)
        for at, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            here, row, side, old = columns[begin:end], values[begin:end], sides[at], moved[at]
            present = weights.take(here)  # a fifth faster than weights[here]
            slope = side * (float(present @ row) + bias) - 1 + soft * old
            gradients[at] = slope
            new = max(old - slope / curves[at], 0.0)
            if new == old:
                continue
            moved[at] = new
            step = (new - old) * side
            present += np.float32(step) * row
            weights[here] = present
            bias += step
        dual[order] = moved
        self.bias = bias
        return np.array(gradients)


def solve(rows: Examples, learned: Index, *, n_columns: int, C: float, tol: float, seed: int) -> Descent:
    """Meet the margins of some rows.

    Rows whose margins are met by far are left alone until all others are met; then they are asked again.

    Parameters
    ----------
    rows : Examples
    learned : ndarray of shape (k,), intp
        Those of them that are.
    n_columns : int
    C : float
    tol : float
        Stops where no projected gradient is greater.
    seed : int
        Order in which rows are visited.

    Returns
    -------
    Descent
    """
    descent, random = Descent(n_columns, C), np.random.default_rng(seed)
    dual = np.zeros(len(rows.signs))
    active = learned
    for _ in range(PASSES):
        order = random.permutation(active)
        gradients = descent.sweep(rows, dual, order)
        still = dual[order] > 0
        worst = float(np.abs(np.where(still, gradients, np.minimum(gradients, 0))).max(initial=0))
        if worst >= tol:
            active = order[still | (gradients < worst)]
        elif len(active) == len(learned):
            break
        else:
            active = learned
    return descent

"""A linear member that learns block after block, and the sums that it is scaled by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classifier.learners.contrast import contrasts, robinson
from classifier.learners.descent import Descent, Examples
from classifier.learners.members import MIN_DEVIATION, STRENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from classifier.learners.members import Member
    from classifier.learners.views import View

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

INNER = 4
"""Passes over a block while it is there: the first over all its rows, then over those that count."""

ENOUGH = 0.002
"""Passes end when so small a share of the rows was short of its margin by more than the tolerance."""

FAR = 0.1
"""A row that meets its margin by so much is left alone until all others meet theirs."""


class Tally(NamedTuple):
    """Sums over rows; those of all rows less those held out are those of the rest, to the last digit.

    Parameters
    ----------
    counts : ndarray of shape (2, n_columns), uint32
        Rows of each class that set a column.
    sizes : ndarray of shape (2,), float64
        Rows of each class.
    squares : ndarray of shape (n_columns,), float32
        Of the values, volumes left out.
    """

    counts: NDArray[np.uint32]
    sizes: Floats
    squares: NDArray[np.float32]

    @classmethod
    def empty(cls, n_columns: int) -> Tally:
        """Make one of no rows.

        Parameters
        ----------
        n_columns : int

        Returns
        -------
        Tally
        """
        counts = np.zeros((2, n_columns), np.uint32)
        return cls(counts, np.zeros(2), np.zeros(n_columns, np.float32))

    def less(self, other: Tally) -> Tally:
        """Leave rows out.

        Parameters
        ----------
        other : Tally
            Of some of the same rows.

        Returns
        -------
        Tally
        """
        counts = self.counts - other.counts
        return Tally(counts, self.sizes - other.sizes, np.maximum(self.squares - other.squares, 0))

    def add(self, view: View, positive: Flags, rows: NDArray[np.intp]) -> None:
        """Count some rows of a block.

        Parameters
        ----------
        view : View
            Its columns numbered as the schema has them.
        positive : ndarray of shape (n_rows,), bool
        rows : ndarray of shape (k,), intp
        """
        counts, sizes = view.count(positive, rows)
        self.counts[:] += counts.astype(np.uint32)
        self.sizes[:] += sizes
        chosen = np.zeros(len(view), bool)
        chosen[rows] = True
        inside = np.repeat(chosen, np.diff(view.starts))
        squares = np.square(view.values[inside], dtype=np.float64)
        self.squares[:] += np.bincount(view.columns[inside], squares, minlength=len(self.squares))

    def bayes(self) -> Floats:
        """Return Robinson's weight of each column.

        Returns
        -------
        ndarray of shape (n_columns,)
        """
        return robinson(self.counts.astype(float), self.sizes, STRENGTH, MIN_DEVIATION)


class Machine:
    """A linear member while it learns some of the rows.

    Parameters
    ----------
    member : Member
    n_rows, n_columns : int

    Attributes
    ----------
    dual : ndarray of shape (n_rows,)
        What each row has moved the weights by.
    passes : int
        Over all blocks, so far.
    active : ndarray of shape (n_rows,), bool
        Rows that may be short of their margin.
    full : bool
        Whether the next pass visits all rows, or the active ones.
    met : bool
        Whether so few margins are missed that no further pass is needed.
    """

    def __init__(self, member: Member, n_rows: int, n_columns: int) -> None:
        self.member = member
        self.descent = Descent(n_columns, member.C)
        self.dual = np.zeros(n_rows)
        self.scale = np.ones(n_columns, np.float32)
        self.active = np.ones(n_rows, bool)
        self.passes, self.full, self.met = 0, True, False

    def rescale(self, tally: Tally, volumes: Floats) -> None:
        """Scale columns by their contrast in what is learned; what was learned before stays learned.

        Parameters
        ----------
        tally : Tally
            Of the rows that are learned.
        volumes : ndarray of shape (n_columns,)
            What the values of each column are multiplied by.
        """
        scale = contrasts(tally.counts.astype(float), tally.sizes, self.member.contrast, 1.0)
        squares = tally.squares * np.square(volumes)
        scaled = float(squares @ np.square(scale))
        scale *= np.sqrt(squares.sum() / scaled) if scaled > 0 else 1.0
        narrow = scale.astype(np.float32)
        self.descent.weights *= narrow / self.scale
        self.scale = narrow

    def begin_between(self, others: Sequence[Machine]) -> None:
        """Begin in the middle of what others found: the mean of their duals gives that of their weights.

        Parameters
        ----------
        others : sequence of Machine
        """
        for each in others:
            self.dual += each.dual / len(others)
            self.descent.weights += each.descent.weights * (self.scale / each.scale) / len(others)
            self.descent.bias += each.descent.bias / len(others)
        if others:  # what none of them had to visit will not be short now; the last pass asks all again
            self.active = np.any([each.active for each in others], axis=0)
            self.full = bool(self.active.all())

    def meet(self, view: View, positive: Flags, rows: NDArray[np.intp], order: NDArray[np.intp]) -> int:
        """Meet the margins of rows of a block.

        Parameters
        ----------
        view : View
            Of some rows, with the member's volumes.
        positive : ndarray of shape (n_some,), bool
        rows : ndarray of shape (n_some,), intp
            Their numbers among all rows.
        order : ndarray of shape (k,), intp
            Those of them that are visited, as positions in the view.

        Returns
        -------
        int
            Rows that were short of their margin by more than the tolerance.
        """
        values = view.values * self.scale[view.columns]
        signs = np.where(positive, 1.0, -1.0)
        examples = Examples(view.starts, view.columns, values, signs, view.row_sums(np.square(values)))
        dual, short = self.dual[rows], 0
        for turn in range(INNER):
            gradients = self.descent.sweep(examples, dual, order)
            still = dual[order] > 0
            if not turn:
                off = np.abs(np.where(still, gradients, np.minimum(gradients, 0)))
                short = int(np.count_nonzero(off > self.member.tol))
                self.active[rows[order]] = still | (gradients < FAR)
            order = order[still]
        self.dual[rows] = dual
        return short

    def end_pass(self, short: float) -> None:
        """Decide how to go on.

        Parameters
        ----------
        short : float
            Share of the rows that were short of their margin by more than the tolerance.
        """
        self.passes += 1
        enough = short < ENOUGH
        self.met = enough and self.full
        self.full = enough

    def weights(self, volumes: Floats) -> Floats:
        """Return the weights of columns as they come in.

        Parameters
        ----------
        volumes : ndarray of shape (n_columns,)

        Returns
        -------
        ndarray of shape (n_columns,)
        """
        found: Floats = self.descent.weights * self.scale.astype(np.float64) * volumes
        return found

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what is needed to go on."""
        return {
            "passes": np.array([self.passes, self.full, self.met]),
            "active": self.active,
            "weights": self.descent.weights,
            "bias": np.array(self.descent.bias),
            "dual": self.dual,
        }

    def take_up(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what `state` returned, on the scale that it was found on."""
        self.passes, self.full, self.met = (
            kind(each) for kind, each in zip((int, bool, bool), state["passes"], strict=True)
        )
        self.active[:] = state["active"]
        self.descent.weights[:] = state["weights"]
        self.descent.bias = float(state["bias"])
        self.dual[:] = state["dual"]

"""Members joined: weights fitted on scores of rows held out, calibrated, all added into one weight a column.

Everything here is linear in the columns, and plain numpy, so that training needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.learners.members import Member, fit_member
from classifier.learners.outcome import Fused
from classifier.learners.platt import fit_platt, modest
from classifier.learners.shares import often_wrong, weigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.folds import Fold
    from classifier.learners.views import View

    Floats = NDArray[np.float64]
    Final = tuple[Floats, float]


class Fusion:
    """Fits members on folds and on all rows, and joins them.

    Parameters
    ----------
    members : tuple of Member
    views : mapping of tuple of float to View
        What a member of these volumes hears.
    positive : ndarray of shape (n_rows,), bool
    folds : list of (ndarray, ndarray)
        Rows to learn from and held out.
    fitted : bool
        Whether the members' weights are fitted; else they count equally, each divided by its spread.
    seed, jobs : int
    """

    def __init__(
        self,
        members: tuple[Member, ...],
        views: Mapping[tuple[float, ...], View],
        positive: NDArray[np.bool_],
        folds: list[Fold],
        *,
        fitted: bool,
        seed: int,
        jobs: int,
    ) -> None:
        self.members, self.positive, self.folds = members, positive, folds
        self._views_of = [views[member.volumes] for member in members]
        self.fitted, self.seed, self.jobs = fitted, seed, jobs
        everything = np.arange(len(positive))
        self._everything: Fold = (everything, np.zeros(0, np.intp))
        self._tallies = {volumes: view.count(positive, everything) for volumes, view in views.items()}

    def fit(self, n_columns: int) -> Fused:
        """Fit everything.

        Parameters
        ----------
        n_columns : int
            Of the rows, before the views renumbered them.

        Returns
        -------
        Fused
        """
        scores = self.held_out()
        held = ~np.isnan(scores).any(axis=1)
        if held.any():
            known, gold = scores[held], self.positive[held]
            shares, factors = weigh(self.members, known, gold, fitted=self.fitted)
            finals = self._finals(np.flatnonzero(shares > 0).tolist())
            seen = self._seen(finals)
        else:
            finals = self._finals(list(range(len(self.members))))
            known, gold = self._seen(finals), self.positive
            seen = known
            shares, factors = weigh(self.members, known, gold, fitted=False)
        a, b = modest(*fit_platt(known @ factors, gold), seen @ factors)
        coef, bias = np.zeros(n_columns), b
        for at, (weights, intercept) in finals.items():
            view = self._views_of[at]
            coef[view.numbers] += a * factors[at] * weights * view.volumes
            bias += a * factors[at] * intercept
        return Fused(coef, float(bias), np.where(held, a * (scores @ factors) + b, np.nan), shares)

    def held_out(self) -> Floats:
        """Score every row by members that had not seen it.

        Returns
        -------
        ndarray of shape (n_rows, n_members)
            0 of members that are not tried, NaN of rows that are never held out.
        """
        scores = np.zeros((len(self.positive), len(self.members)))
        scores[np.setdiff1d(np.arange(len(scores)), _held(self.folds))] = np.nan
        plain = [at for at, member in enumerate(self.members) if not member.soft]
        self._score(scores, plain)
        soft = [at for at, member in enumerate(self.members) if member.soft]
        held = ~np.isnan(scores).any(axis=1)
        tried = [self.members[at] for at in plain]
        known, gold = scores[held][:, plain], self.positive[held]
        if soft and held.any() and often_wrong(tried, known, gold, fitted=self.fitted):
            self._score(scores, soft)
        return scores

    def _score(self, scores: Floats, some: list[int]) -> None:
        heard = [at for at in some if self._views_of[at].n_columns]  # of nothing 0 is said
        work = [(at, fold) for at in heard for fold in self.folds]
        for (at, (_, held_out)), result in zip(work, self._fitted(work), strict=True):
            scores[held_out, at] = result

    def _finals(self, some: list[int]) -> dict[int, Final]:
        """Fit some members on all rows."""
        return dict(zip(some, self._fitted([(at, self._everything) for at in some]), strict=True))

    def _fitted(self, work: list[tuple[int, Fold]]) -> list[Any]:
        if self.jobs == 1:
            return [self._fit_one(at, fold) for at, fold in work]
        from joblib import Parallel, delayed

        done: list[Any] = Parallel(n_jobs=self.jobs)(delayed(self._fit_one)(at, fold) for at, fold in work)
        return done

    def _fit_one(self, at: int, fold: Fold) -> Any:
        whole = self._tallies[self.members[at].volumes]
        return fit_member(
            self.members[at], self._views_of[at], self.positive, fold, whole=whole, seed=self.seed
        )

    def _seen(self, finals: dict[int, Final]) -> Floats:
        """Score the learned rows by the final members."""
        seen = np.zeros((len(self.positive), len(self.members)))
        for at, (weights, bias) in finals.items():
            view = self._views_of[at]
            seen[:, at] = view.score(weights, bias, self._everything[0])
        return seen


def _held(folds: list[Fold]) -> NDArray[np.intp]:
    return np.concatenate([held_out for _, held_out in folds]) if folds else np.zeros(0, np.intp)

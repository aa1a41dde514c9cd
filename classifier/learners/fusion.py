"""Members joined: weights fitted on scores of rows held out, calibrated, all added into one weight a column.

Everything here is linear in the columns, and plain numpy, so that training needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.learners.members import Member, fit_member
from classifier.learners.outcome import Fused
from classifier.learners.platt import fit_platt, log_loss, modest, soft_targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.folds import Fold
    from classifier.learners.views import View

    Floats = NDArray[np.float64]
    Final = tuple[Floats, float]

_STEPS = 100
_NO_SPREAD = 1e-9

SHRINK = 0.35
"""How strongly the fusion is drawn to equal weights, over the number of rows: a margin for mail to come that
suits one learner less than mail held out did, and for few labels. By nested cross-validation inside P1's
training part (2,800 rows), 1-ROCA%: 0.048 at 28, 0.031 at 2.8, 0.024 at 0.28 and below; equal weights of
three linear learners 0.032."""

OFTEN_WRONG = 0.01
"""Share of held-out rows on the wrong side from which members for labels that cannot be trusted are tried."""

SURELY = 2.0
"""Standard errors by which log-loss must grow without a costly member for it to be kept. On P1's training
part signals beside words and 4-grams come to -0.2, on P3's, where there are no bodies, to 2.3."""


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
        scores = self._held_out()
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

    def _held_out(self) -> Floats:
        """Return every member's scores of rows that it had not seen; 0 of members that are not tried."""
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
        work = [(at, fold) for at in some for fold in self.folds]
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


def weigh(
    members: Sequence[Member], known: Floats, gold: NDArray[np.bool_], *, fitted: bool
) -> tuple[Floats, Floats]:
    """Say how much members count; those that say the same of all rows get nothing.

    Parameters
    ----------
    members : sequence of Member, length m
    known : ndarray of shape (n_rows, m)
        Their scores.
    gold : ndarray of shape (n_rows,), bool
    fitted : bool
        Whether their weights are fitted; else they count equally.

    Returns
    -------
    shares : ndarray of shape (m,)
        Adding up to 1.
    factors : ndarray of shape (m,)
        The same for scores as they are, not divided by their spread.
    """
    spread = known.std(axis=0)
    usable = spread > _NO_SPREAD
    if not usable.any():
        return np.full(len(spread), 1 / len(spread)), np.zeros(len(spread))
    shares: Floats = usable / usable.sum()
    if fitted:
        unit = np.divide(known, spread, out=np.zeros_like(known), where=usable)
        costly = [at for at, member in enumerate(members) if member.costly]
        shares = fuse_sparingly(unit, gold, usable, costly)
    return shares, np.divide(shares, spread, out=np.zeros(len(spread)), where=usable)


def often_wrong(members: Sequence[Member], known: Floats, gold: NDArray[np.bool_], *, fitted: bool) -> bool:
    """Tell whether so many held-out rows lie on the wrong side that their labels may be to blame.

    Parameters
    ----------
    members, known, gold, fitted
        As for `weigh`.

    Returns
    -------
    bool
    """
    _, factors = weigh(members, known, gold, fitted=fitted)
    a, b = fit_platt(known @ factors, gold)
    return bool(np.mean((a * (known @ factors) + b > 0) != gold) > OFTEN_WRONG)


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

    at = np.append(np.full(n, 1 / n), 0.0)
    design = np.column_stack([scores, np.ones(len(targets))])
    even = (np.eye(n) - 1 / n) * 2 * shrink  # what draws the weights to equal ones
    penalty = np.zeros((n + 1, n + 1))
    penalty[:n, :n] = even

    def loss(at: Floats) -> float:
        return log_loss(design @ at, targets) + 0.5 * float(at @ penalty @ at)

    best = loss(at)
    for _ in range(_STEPS):
        p = 0.5 * (1 + np.tanh(0.5 * (design @ at)))
        gradient = design.T @ (p - targets) / len(targets) + penalty @ at
        free = np.append((at[:n] > 0) | (gradient[:n] < 0), True)
        if np.abs(gradient[free]).max() < 1e-9:
            break
        curve = (design * (p * (1 - p))[:, None]).T @ design / len(targets) + penalty + 1e-12 * np.eye(n + 1)
        step = np.zeros(n + 1)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], gradient[free])
        at, best = _descended(loss, at, step, best)
    weights = at[:n]
    total = weights.sum()
    return weights / total if total > 0 else np.full(n, 1 / n)


def _descended(
    loss: Callable[[Floats], float], at: Floats, step: Floats, best: float
) -> tuple[Floats, float]:
    """Go as far along a Newton step as the loss falls, no weight below 0; returns the place and its loss."""
    size = 1.0
    while size > 1e-10:
        to = at - size * step
        to[:-1] = np.maximum(to[:-1], 0)
        reached = loss(to)
        if reached < best:
            return to, reached
        size /= 2
    return at, best

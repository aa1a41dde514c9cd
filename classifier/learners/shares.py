"""How much each learner counts in a fusion, and which of them are not worth what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from classifier.learners.platt import fit_platt, log_loss, soft_targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.members import Member

    Floats = NDArray[np.float64]

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
"""Standard errors by which what a costly member saves in log-loss must exceed its price for it to be kept. By
four draws of folds in P1's training part signals beside words and 4-grams save 0 %, -0.4 to 0.2 errors from
nothing; in P3's, where there are no bodies, 7 to 13 %, 1.2 to 2.1 errors."""


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
        costly = {at: member.price for at, member in enumerate(members) if member.costly}
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
    scores: Floats, positive: NDArray[np.bool_], usable: NDArray[np.bool_], costly: Mapping[int, float]
) -> Floats:
    """Fuse without the costly learners that earn nothing.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_learners)
        As for `fuse`.
    positive : ndarray of shape (n_rows,), bool
    usable : ndarray of shape (n_learners,), bool
        Which learners may take part at all.
    costly : mapping of int to float
        Learners that are left out unless they earn their price: the share of the log-loss without them that
        they must surely save.

    Returns
    -------
    ndarray of shape (n_learners,)
        Shares, 0 of those left out.
    """
    part = usable.copy()
    shares, losses = _fused_part(scores, positive, part)
    for at, price in costly.items():
        fewer = part & (np.arange(len(part)) != at)
        if not part[at] or not fewer.any():
            continue
        without, worse = _fused_part(scores, positive, fewer)
        if not earns(worse, losses, price, SURELY):
            part, shares, losses = fewer, without, worse
    return shares


def earns(without: Floats, losses: Floats, price: float, surely: float) -> bool:
    """Tell whether something saves more log-loss than it costs.

    Parameters
    ----------
    without, losses : ndarray of shape (n_rows,)
        Log-loss of each row without it and with it.
    price : float
        Share of the log-loss without it that it must save.
    surely : float
        Standard errors by which it must save more.

    Returns
    -------
    bool
    """
    saved = without - losses
    return bool(saved.mean() - price * without.mean() > surely * saved.std() / np.sqrt(len(saved)))


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


def calibrated_loss(scores: Floats, positive: NDArray[np.bool_]) -> Floats:
    """Fuse learners and calibrate their sum.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_learners)
        Out-of-fold scores, of any spread.
    positive : ndarray of shape (n_rows,), bool

    Returns
    -------
    ndarray of shape (n_rows,)
        Log-loss of each row in nats.
    """
    spread = scores.std(axis=0)
    usable = spread > _NO_SPREAD
    if not usable.any():
        usable[:] = True
    return _fused_part(scores / np.where(usable, spread, 1.0), positive, usable)[1]


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

"""Learning from blocks on a disk: what `in_memory` finds, within noise, in memory that does not grow.

Members are weighed and calibrated on folds held out in turn, as in memory; of much mail on as many of them as
hold enough messages. The members that learn everything begin in the middle of those of the folds. Class
counts, on which contrast and Bayes rest, are sums over blocks and the same to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.learners import QUESTIONS, Tables
from classifier.learners.folds import split
from classifier.learners.outcome import Fused
from classifier.learners.platt import fit_platt, modest
from classifier.learners.recipe import is_fitted, members_for
from classifier.learners.shares import often_wrong, weigh
from classifier.learners.tables import as_stored
from classifier.learners.twins import joined
from classifier.training.block_descent import ALWAYS, UNASKED, BlockDescent, Parts
from classifier.training.card import Outcome, answers_to, model_of, report
from classifier.training.in_memory import FOLDS, one_of_a_kind
from classifier.training.spill import LABELS, Spill

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.members import Member
    from classifier.store import Model
    from classifier.training.block_descent import Final

    Floats = NDArray[np.float64]

Watch = Callable[[str, int, int], None]
"""Told the phase, how many messages of it are done, and of how many."""

HELD_OUT = 25_000
"""Messages held out, about: as many as the fusion of a few weights and a calibration can use."""


def train_spilled(
    spill: Spill, *, seed: int = 0, watch: Watch | None = None, thorough: bool = False
) -> Model:
    """Train both questions on blocks.

    Parameters
    ----------
    spill : Spill
        Whole; what was learned before an interruption is taken up.
    seed : int, default 0
    watch : callable, optional
        Told the phase, how many messages of it are done, and of how many.
    thorough : bool, default False
        As for `train_rows`.

    Returns
    -------
    Model

    Raises
    ------
    TrainingError
        If no question has examples of both answers, or the folder cannot be written.

    Source
    ------
    Yu, Hsieh, Chang and Lin 2010, "Large linear classification when data cannot fit in memory" (block
    minimisation in the dual).
    """
    labels = [LABELS[each] for each in spill.labels().tolist()]
    kin = joined(spill.signatures())
    tables = Tables.empty(spill.schema)
    outcome: Outcome = {}
    for at, question in enumerate(QUESTIONS):
        answers = answers_to(at, labels)
        known = np.flatnonzero(answers >= 0)
        if len(np.unique(answers[known])) < 2:
            continue
        members = members_for(question, spill.schema, thorough=thorough, bodies=spill.fills("body"))
        descent = BlockDescent(question, spill, parted(answers, kin, seed), seed, watch or (lambda *_: None))
        fused = _learn(members, descent, fitted=is_fitted(question, spill.schema))
        tables.weights[:, at] = as_stored(fused.coef)
        tables.bias[at] = fused.intercept
        fused = replace(fused, out_of_fold=fused.out_of_fold[known])
        outcome[question] = report(members, fused, answers[known] == 1), known, fused.out_of_fold
    return model_of(tables, labels, outcome, kin, seed)


def parted(answers: NDArray[np.int_], kin: NDArray[np.intp], seed: int) -> Parts:
    """Draw what is held out when, near-duplicates together: fold after fold, until that is enough.

    Parameters
    ----------
    answers : ndarray of shape (n_rows,), int
        As `answers_to` gives them.
    kin : ndarray of shape (n_rows,), int
        Near-duplicates have the same number.
    seed : int

    Returns
    -------
    Parts
    """
    known = np.flatnonzero(answers >= 0)
    positive = answers[known] == 1
    many = max(FOLDS, len(known) // HELD_OUT)
    related = None if one_of_a_kind(kin[known], positive) else kin[known]
    fold = np.full(len(answers), UNASKED, np.int8)
    fold[known] = ALWAYS
    drawn = 0
    folds = [held_out for _, held_out in split(positive, related, many, seed)]
    if many > FOLDS:  # not those of a few great kinds of mail: they would tell of nothing else
        folds = [each for each in folds if len(np.unique(positive[each])) == 2]
        folds.sort(key=lambda each: -len(np.unique(kin[known[each]])))
    for held_out in folds:
        fold[known[held_out]] = drawn
        drawn += 1
        if np.count_nonzero(fold >= 0) >= HELD_OUT * 0.9:  # folds are not quite equal
            break
    return Parts(answers == 1, fold, drawn)


def _learn(members: tuple[Member, ...], descent: BlockDescent, *, fitted: bool) -> Fused:
    """Learn with each fold held out, weigh and calibrate on what was held out, learn everything."""
    parts = descent.parts
    if not parts.folds:
        return _learn_unheld(members, descent)
    gold = parts.positive[parts.held]
    plain = [member for member in members if not member.soft]
    soft = [member for member in members if member.soft]
    tried = dict(zip(plain, descent.learn_and_score(plain, "plain"), strict=True))
    known = np.stack(list(tried.values()), axis=1)
    if soft and often_wrong(plain, known, gold, fitted=fitted):
        tried.update(zip(soft, descent.learn_and_score(soft, "soft"), strict=True))
    nothing = np.zeros(len(gold))
    known = np.stack([tried.get(member, nothing) for member in members], axis=1)
    shares, factors = weigh(members, known, gold, fitted=fitted)
    a, b = modest(*fit_platt(known @ factors, gold), known @ factors)
    chosen = np.flatnonzero(shares > 0).tolist()
    finals = descent.finish([members[at] for at in chosen])
    told = np.full(len(parts.positive), np.nan)
    told[parts.held] = a * (known @ factors) + b
    return _joined(finals, a * factors[chosen], b, told, shares)


def _learn_unheld(members: tuple[Member, ...], descent: BlockDescent) -> Fused:
    """Learn everything where a class is too small to hold any of it out: members count equally."""
    parts = descent.parts
    finals = descent.finish(members)
    asked = parts.learned(parts.folds)
    seen, gold = descent.scores_of(finals, asked), parts.positive[asked]
    shares, factors = weigh(members, seen, gold, fitted=False)
    a, b = modest(*fit_platt(seen @ factors, gold), seen @ factors)
    return _joined(finals, a * factors, b, np.full(len(parts.positive), np.nan), shares)


def _joined(finals: list[Final], factors: Floats, b: float, told: Floats, shares: Floats) -> Fused:
    """Add up the members' weights."""
    coef, bias = np.zeros(len(finals[0][0])), b
    for factor, (weights, intercept) in zip(factors.tolist(), finals, strict=True):
        coef += factor * weights
        bias += factor * intercept
    return Fused(coef, float(bias), told, shares)

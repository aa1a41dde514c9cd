"""Learning from blocks on a disk: what `in_memory` finds, within noise, in memory that does not grow.

What differs: members are weighed and calibrated on one part of the mail that was held out, instead of on
five in turn; then they learn that part too, from where they are. Class counts, on which contrast and Bayes
rest, are sums over blocks and the same to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.learners import QUESTIONS, Tables
from classifier.learners.folds import split
from classifier.learners.fusion import often_wrong, weigh
from classifier.learners.outcome import Fused
from classifier.learners.platt import fit_platt, modest
from classifier.learners.recipe import is_fitted, members_for
from classifier.learners.tables import as_stored
from classifier.learners.twins import joined
from classifier.training.block_descent import BlockDescent, Part
from classifier.training.card import Outcome, answers_to, model_of, report
from classifier.training.spill import LABELS, Spill

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.members import Member
    from classifier.store import Model

    Floats = NDArray[np.float64]

Watch = Callable[[str, int, int], None]
"""Told the phase, how many messages of it are done, and of how many."""

HELD_OUT = 25_000
"""Messages held out, about: as many as the fusion of a few weights and a calibration can use."""

FEWEST_FOLDS = 5


def train_spilled(spill: Spill, *, seed: int = 0, watch: Watch | None = None) -> Model:
    """Train both questions on blocks.

    Parameters
    ----------
    spill : Spill
        Whole; what was learned before an interruption is taken up.
    seed : int, default 0
    watch : callable, optional
        Told the phase, how many messages of it are done, and of how many.

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
        members = members_for(question, spill.schema)
        part = _held_out(answers, known, kin, seed)
        descent = BlockDescent(question, spill, part, seed, watch or (lambda *_: None))
        fused = _learn(members, part, descent, fitted=is_fitted(question, spill.schema))
        tables.weights[:, at] = as_stored(fused.coef)
        tables.bias[at] = fused.intercept
        fused = replace(fused, out_of_fold=fused.out_of_fold[known])
        outcome[question] = report(members, fused, answers[known] == 1), known, fused.out_of_fold
    return model_of(tables, labels, outcome, kin, seed)


def _held_out(answers: NDArray[np.int_], known: NDArray[np.intp], kin: NDArray[np.intp], seed: int) -> Part:
    """Draw what is held out, near-duplicates together."""
    positive = answers[known] == 1
    folds = max(FEWEST_FOLDS, len(known) // HELD_OUT)
    drawn = next(split(positive, kin[known], folds, seed), None) or next(split(positive, None, folds, seed))
    learned, held = np.zeros(len(answers), bool), np.zeros(len(answers), bool)
    learned[known[drawn[0]]] = True
    held[known[drawn[1]]] = True
    return Part(answers == 1, learned, held)


def _learn(members: tuple[Member, ...], part: Part, descent: BlockDescent, *, fitted: bool) -> Fused:
    """Learn one part, weigh and calibrate on the other, learn that too."""
    plain = [member for member in members if not member.soft]
    soft = [member for member in members if member.soft]
    held = np.flatnonzero(part.held)
    gold = part.positive[held]
    tried = dict(zip(plain, descent.learn_and_score(plain, "plain"), strict=True))
    known = np.stack(list(tried.values()), axis=1)
    if soft and often_wrong(plain, known, gold, fitted=fitted):
        tried.update(zip(soft, descent.learn_and_score(soft, "soft"), strict=True))
    nothing = np.zeros(len(held))
    known = np.stack([tried.get(member, nothing) for member in members], axis=1)
    shares, factors = weigh(members, known, gold, fitted=fitted)
    a, b = modest(*fit_platt(known @ factors, gold), known @ factors)
    chosen = np.flatnonzero(shares > 0).tolist()
    coef, bias = 0.0, b
    for at, (weights, intercept) in zip(chosen, descent.finish([members[at] for at in chosen]), strict=True):
        coef = coef + a * factors[at] * weights
        bias += a * factors[at] * intercept
    told = np.full(len(part.positive), np.nan)
    told[held] = a * (known @ factors) + b
    return Fused(np.asarray(coef), float(bias), told, shares)

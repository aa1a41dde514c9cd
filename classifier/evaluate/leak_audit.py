"""An audit of labelled mail for leaks: what they are, and how good a model is without them.

Two answers are given, for they differ. *Zeroed*: the weights of the leaks' columns are set to 0 in the models
of a cross-validation and the held-out mail is scored again: how much these models lean on them. *Retrained*:
the columns are taken out of the mail, and everything is learned anew: how good a model gets that never sees
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.errors import TrainingError
from classifier.evaluate.assess import Mail, Plan
from classifier.evaluate.held_out import Trainer, decided, held_out
from classifier.evaluate.kin import grouped
from classifier.evaluate.leaks import Columns, Leak, Sightings, all_columns, find_leaks
from classifier.evaluate.material import Material, Progress, read_material
from classifier.evaluate.metrics import roca_error
from classifier.evaluate.near import Groups
from classifier.evaluate.outcomes import Chosen, Outcomes
from classifier.evaluate.ranking import Floats, rank
from classifier.evaluate.results import Results, evaluate
from classifier.features.rows import BlockRows, Rows
from classifier.learners import QUESTIONS
from classifier.learners.online import TEACHES

if TYPE_CHECKING:
    from classifier.engine import Classifier
    from classifier.mailboxes import Stored
    from classifier.signals import Facts


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    question : str
    leaks : list of Leak
        The most telling first.
    zeroed_alone : list of float
        1-ROCA% where the weights of one leak are zeroed, for each.
    as_is, zeroed, retrained : Results
        Of the whole cross-validation: with everything, with the weights of all leaks zeroed, and learned anew
        without their columns.
    told : dict of str to object
        How it was done.
    """

    question: str
    leaks: list[Leak]
    zeroed_alone: list[float]
    as_is: Results
    zeroed: Results
    retrained: Results
    told: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
        """
        return {
            "run": self.told,
            "question": self.question,
            "leaks": [
                {**leak.to_json(), "1-ROCA%_zeroed": alone}
                for leak, alone in zip(self.leaks, self.zeroed_alone, strict=True)
            ],
            "as_is": self.as_is.to_json(),
            "zeroed": self.zeroed.to_json(),
            "retrained": self.retrained.to_json(),
        }


def audit_leaks(
    classifier: Classifier,
    mail: Mail,
    get: Callable[[str, str], Stored],
    plan: Plan,
    *,
    question: str | None = None,
    resamples: int = 1000,
    progress: Progress = None,
    **thresholds: float,
) -> Audit:
    """Look for leaks in labelled mail, and measure what they are worth.

    Parameters
    ----------
    classifier : Classifier
        Without a model; says which columns there are.
    mail : iterable of (Stored, str)
        Read once.
    get : callable
        Fetches a message again by mailbox and key.
    plan : Plan
        Of the cross-validation.
    question : {'spam', 'importance'}, optional
        Whose leaks; by default the first that the labels answer both ways.
    resamples : int, default 1000
        Of the bootstrap.
    progress : callable, optional
        Called with the number of messages read, then judged, then judged again.
    **thresholds : float
        `least` and `obvious` of `find_leaks`.

    Returns
    -------
    Audit

    Raises
    ------
    LabelError, TrainingError
        If the labels contradict each other, or leave nothing to tell apart.
    """
    seen = Sightings(classifier.extractor)
    material, rows = read_material(classifier, mail, progress=progress, look=seen.add)
    name, positive, known = _answers(material, question)

    def facts_of(at: int) -> Facts:
        return classifier.facts([classifier.open_message(get(*material.places[at]))])[0]

    leaks = find_leaks(seen, rows, positive, known, facts_of, **thresholds)
    trainer = Trainer(rows, material.gold, seed=plan.seed, jobs=plan.jobs)
    measured = _measured(leaks, trainer, material, plan, progress)
    figures = partial(evaluate, units=measured.units, resamples=resamples, seed=plan.seed)
    told = known[measured.chosen]
    answers, at = positive[measured.chosen][told], QUESTIONS.index(name)
    alone = [float(roca_error(rank(answers, each[told, at]))) for each in measured.alone]
    how = {"folds": plan.folds, **plan.told(measured.units), "columns_left_out": len(all_columns(leaks))}
    as_is, zeroed, retrained = (figures(each) for each in measured.three)
    return Audit(name, leaks, alone, as_is, zeroed, retrained, how)


class _Measured(NamedTuple):
    """Held-out mail judged with and without leaks."""

    chosen: Chosen
    units: Groups
    three: tuple[Outcomes, Outcomes, Outcomes]
    alone: list[Floats]


def _measured(
    leaks: Sequence[Leak], trainer: Trainer, material: Material, plan: Plan, progress: Progress
) -> _Measured:
    """Judge as it is, with the weights of leaks zeroed, and by what was learned without them."""
    near = plan.near(material)
    units = grouped(material.kin, plan.kinds, near)
    splits = plan.splits(material, units, near)
    zeroing = _Zeroing(trainer.rows, [*(leak.columns for leak in leaks), all_columns(leaks)])
    chosen, judged = held_out(trainer, splits, progress=progress, examine=zeroing.examine)
    zeroed = Outcomes(
        judged.gold, zeroing.log_odds[-1][chosen], zeroing.label[chosen], zeroing.unsure[chosen]
    )
    without = replace(trainer, rows=masked(trainer.rows, all_columns(leaks)))
    _, again = held_out(without, splits, progress=progress)
    alone = [each[chosen] for each in zeroing.log_odds[:-1]]
    return _Measured(chosen, units[chosen], (judged, zeroed, again), alone)


def _answers(material: Material, question: str | None) -> tuple[str, NDArray[np.bool_], NDArray[np.bool_]]:
    """Choose the question; its answers, and which are known."""
    for at, name in enumerate(QUESTIONS):
        told = [TEACHES[label][at] for label in material.gold]
        if question in {None, name} and {0, 1} <= set(told):
            return name, np.array([each == 1 for each in told]), np.array([each is not None for each in told])
    raise TrainingError(
        f"the labels do not answer both ways whether mail is {'spam' if question == 'spam' else 'important'}"
    )


class _Zeroing:
    """Scores held-out mail again with the weights of some columns set to 0; labels it without the last."""

    def __init__(self, rows: Rows, columns: Sequence[Columns]) -> None:
        self._rows, self._columns = rows, columns
        self.log_odds: list[Floats] = [np.full((len(rows), 2), np.nan) for _ in columns]
        self.label, self.unsure = np.full(len(rows), "unimportant"), np.zeros(len(rows), bool)

    def examine(self, judge: Classifier, judged: Chosen) -> None:
        """Score the mail of one fold."""
        tables, part = judge.model.tables, self._rows.take(judged)
        whole, matrix = tables.score(part), part.to_csr().astype(np.float64)
        for scores, columns in zip(self.log_odds, self._columns, strict=True):
            weights = tables.weights[columns].astype(np.float64)
            scores[judged] = whole - matrix[:, columns] @ weights
        nobody = np.zeros(len(judged), bool)
        self.label[judged], self.unsure[judged] = decided(judge.cuts, self.log_odds[-1][judged], nobody)


def masked(rows: Rows, columns: Columns) -> Rows:
    """Take columns out of rows, as if what sets them had never stood in the mail.

    Parameters
    ----------
    rows : Rows
    columns : ndarray of int64
        Counted over all blocks.

    Returns
    -------
    Rows
    """
    blocks = []
    for place, block in zip(rows.schema.blocks, rows.blocks, strict=True):
        dropped = np.zeros(place.stop - place.start, bool)
        dropped[columns[(columns >= place.start) & (columns < place.stop)] - place.start] = True
        kept = ~dropped[block.columns]
        row = np.repeat(np.arange(len(block.counts)), block.counts)
        counts = np.bincount(row[kept], minlength=len(block.counts)).astype(np.int64)
        blocks.append(BlockRows(block.columns[kept], counts))
    return Rows(rows.schema, tuple(blocks))

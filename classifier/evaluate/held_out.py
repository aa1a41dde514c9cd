"""Cross-validation: every message judged by a model that learned neither it nor its kin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.engine import Classifier
from classifier.evaluate.outcomes import Outcomes
from classifier.evaluate.ranking import Floats
from classifier.evaluate.splits import Split
from classifier.verdict import Cuts, LogOdds

if TYPE_CHECKING:
    from classifier.features import Rows
    from classifier.store import Model

Chosen = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Trainer:
    """Trains models on parts of mail that was read once.

    Parameters
    ----------
    rows : Rows
    gold : sequence of str
        The label of each row.
    judge_of : callable, default Classifier
        Makes of a model what decides by it.
    seed, jobs : int
    """

    rows: Rows
    gold: Sequence[str]
    judge_of: Callable[[Model], Classifier] = Classifier
    seed: int = 0
    jobs: int = 1

    def train(self, chosen: Chosen) -> Classifier:
        """Train on some of the rows.

        Parameters
        ----------
        chosen : ndarray of intp

        Returns
        -------
        Classifier

        Raises
        ------
        TrainingError
            If they teach nothing.
        """
        from classifier.training import train_rows  # only who trains waits for it

        labels = [self.gold[at] for at in chosen.tolist()]
        return self.judge_of(train_rows(self.rows.take(chosen), labels, seed=self.seed, jobs=self.jobs))


def held_out(
    trainer: Trainer,
    splits: Sequence[Split],
    spared: NDArray[np.bool_] | None = None,
    *,
    progress: Callable[[int], None] | None = None,
    examine: Callable[[Classifier, Chosen], None] | None = None,
) -> tuple[Chosen, Outcomes]:
    """Judge mail by models that have not seen it.

    Parameters
    ----------
    trainer : Trainer
    splits : sequence of Split
        No message is judged twice.
    spared : ndarray of shape (n_rows,), bool, optional
        Which messages are known not to be spam; by default none.
    progress : callable, optional
        Called with the number of messages judged so far.
    examine : callable, optional
        Called with what decided, and the rows that it judged.

    Returns
    -------
    chosen : ndarray of shape (n_judged,), intp
        The rows that were judged, ascending.
    judged : Outcomes
        Of these.

    Raises
    ------
    TrainingError
        If a training part teaches nothing.
    """
    gold = np.asarray(trainer.gold, str)
    known = np.zeros(len(gold), bool) if spared is None else spared
    log_odds = np.full((len(gold), 2), np.nan)
    label, unsure = np.full(len(gold), "unimportant"), np.zeros(len(gold), bool)
    done = 0
    for split in splits:
        judge = trainer.train(split.train)
        scores = log_odds[split.test] = judge.model.tables.score(trainer.rows.take(split.test))
        label[split.test], unsure[split.test] = decided(judge.cuts, scores, known[split.test])
        done += len(split.test)
        if progress is not None:
            progress(done)
        if examine is not None:
            examine(judge, split.test)
    chosen = np.flatnonzero(~np.isnan(log_odds[:, 0]))
    return chosen, Outcomes(gold[chosen], log_odds[chosen], label[chosen], unsure[chosen])


def decided(cuts: Cuts, scores: Floats, spared: NDArray[np.bool_]) -> tuple[list[str], list[bool]]:
    """Turn log-odds into labels.

    Parameters
    ----------
    cuts : Cuts
    scores : ndarray of shape (n_messages, 2)
        Nats.
    spared : ndarray of shape (n_messages,), bool
        Which messages are known not to be spam.

    Returns
    -------
    labels : list of str
    unsure : list of bool
    """
    both = zip(scores.tolist(), spared.tolist(), strict=True)
    decisions = [cuts.decide(LogOdds(*pair), spared=known) for pair, known in both]
    return [label for label, _ in decisions], [unsure for _, unsure in decisions]

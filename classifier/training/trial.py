"""Signals on trial: whether a sample of the mail says that they are worth computing for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.features import Rows
from classifier.features.schema import OBSERVED
from classifier.learners.folds import split
from classifier.learners.fusion import Fusion
from classifier.learners.recipe import SIGNALS_PRICE, members_for
from classifier.learners.shares import calibrated_loss
from classifier.learners.views import view_of_rows
from classifier.training.card import answers_to, model_of
from classifier.training.in_memory import FOLDS, learn_rows, related_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import BlockRows
    from classifier.store import Model

    Floats = NDArray[np.float64]

FEWEST = 300
"""Messages that signals were computed for; with fewer of them nothing is decided."""

LIKELY = 1.0
"""Standard errors by which the sample must say that signals pay before they are computed for all mail; then
all of it decides once more. In samples of an eighth of P1's training part they came to -1.9 to -0.5, of P3's
to -2 to 0.6."""


class Trial(NamedTuple):
    """What signals saved in a sample.

    Parameters
    ----------
    messages : int
    loss : float
        Log-loss of the sample without signals, by what had not seen the message, in nats a message.
    saved, error : float
        By how much signals lowered it, and the standard error of that.
    """

    messages: int
    loss: float
    saved: float
    error: float

    @property
    def pays(self) -> bool:
        """Whether to go on with them; with too small a sample, too."""
        worth = self.saved - SIGNALS_PRICE * self.loss > LIKELY * self.error
        return worth or self.messages < FEWEST

    @property
    def told(self) -> str:
        """What stands in the card."""
        saved, error = (100 * each / self.loss if self.loss else 0.0 for each in (self.saved, self.error))
        return (
            f"they change the log-loss of {self.messages} messages held out by {-saved:+.0f} % "
            f"(standard error {error:.0f} %)"
        )


def train_on_trial(
    rows: Rows, labels: Sequence[str], *, seed: int = 0, jobs: int = 1
) -> tuple[Model | None, Trial | None]:
    """Train without signals, unless they pay.

    Parameters
    ----------
    rows : Rows
        With signals of a sample only.
    labels : sequence of str
        One a row; none about importance.
    seed, jobs : int

    Returns
    -------
    model : Model or None
        None where signals pay or too little is known of them: then they must be computed for all rows.
    trial : Trial or None
        None where nothing could be held out.

    Raises
    ------
    TrainingError
        If no question has examples of both answers.
    """
    words = without_signals(rows)
    tables, outcome, copies = learn_rows(words, labels, seed=seed, jobs=jobs)
    model = model_of(tables, labels, outcome, copies, seed)
    _, known, log_odds = outcome["spam"]
    positive = answers_to(0, labels)[known] == 1
    folds = list(split(positive, related_by(copies[known], positive), FOLDS, seed))
    if not folds:
        return None, None
    trial = _tried(rows.take(known), positive, folds, log_odds, seed)
    if trial.pays:
        return None, trial
    model.card["training"]["left_out"] = {"signals": trial.told}
    return model, trial


def without_signals(rows: Rows) -> Rows:
    """Return rows of the same columns, those of signals not looked at.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    Rows
    """
    schema = rows.schema.only(set(rows.schema.views) - set(OBSERVED))
    nothing: BlockRows = rows.blocks[0].take(np.zeros(0, np.intp))
    empty = type(nothing)(nothing.columns, np.zeros(len(rows), np.int64))
    blocks = zip(schema.blocks, rows.blocks, strict=True)
    return Rows(schema, tuple(empty if place.name in OBSERVED else block for place, block in blocks))


def _tried(
    rows: Rows,
    positive: NDArray[np.bool_],
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    log_odds: Floats,
    seed: int,
) -> Trial:
    """Learn the signals of the sample, a fold held out, and join them with the answer of all the rest."""
    sampled = (rows.blocks[0].counts > 0) & ~np.isnan(log_odds)
    chosen = np.flatnonzero(sampled)
    number = np.cumsum(sampled) - 1
    inner = [(number[some[sampled[some]]], number[held[sampled[held]]]) for some, held in folds]
    gold = positive[chosen]
    if len(chosen) < FEWEST or any(len(np.unique(gold[some])) < 2 or not len(held) for some, held in inner):
        return Trial(min(len(chosen), FEWEST - 1), 0.0, 0.0, 0.0)
    member = next(each for each in members_for("spam", rows.schema) if each.name == "linear.signals")
    views = {member.volumes: view_of_rows(rows.take(chosen), member.volumes)}
    scores = Fusion((member,), views, gold, inner, fitted=True, seed=seed, jobs=1).held_out()
    without = calibrated_loss(log_odds[chosen, None], gold)
    saved = without - calibrated_loss(np.column_stack([log_odds[chosen], scores]), gold)
    return Trial(
        len(chosen), float(without.mean()), float(saved.mean()), float(saved.std() / np.sqrt(len(saved)))
    )

"""A rule's answer beside the model's, for machine mail of which the model knows few words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from classifier.engine.deciding import trained_on
from classifier.learners import QUESTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Rows
    from classifier.learners.online import Corrections
    from classifier.signals import Facts
    from classifier.store import Model

    Floats = NDArray[np.float64]

IMPORTANCE = 1
"""Place of the question in `classifier.learners.QUESTIONS`."""


def rule_of(
    model: Model, corrections: Corrections, answered: Floats, rows: Rows, facts: Sequence[Facts]
) -> Floats:
    """Say how much the rule moves the log-odds of importance of each message.

    Parameters
    ----------
    model : Model
        As it was trained.
    corrections : Corrections
        What the reader taught since.
    answered : ndarray of shape (n_rows,)
        What both say: log-odds of importance, in nats.
    rows : Rows
    facts : sequence of Facts
        Of the same messages.

    Returns
    -------
    ndarray of shape (n_rows,), float64
        In nats; 0 for mail of people, and where nobody remembers.
    """
    pasts = [None if each.history is None else each.history.job for each in facts]
    if not any(pasts):
        return np.zeros(len(facts))
    from classifier.learners.online.teaching import rarer  # only who remembers jobs waits for all this
    from classifier.learners.strange import SILENT, known_share, lean
    from classifier.rootmail.urgency import urgency_of

    urgency = np.array([math.nan if past is None else urgency_of(past) for past in pasts])
    tables = model.tables
    known = known_share(tables, rows, min(trained_on(model.card, QUESTIONS[IMPORTANCE])))
    if not (known < SILENT).any():
        return lean(np.zeros(len(facts)), known, urgency)
    given = tables.score(rows)[:, 1]
    return lean(given, known, urgency, answered - given, rarer(corrections.labels, IMPORTANCE))

"""A rule's answer beside the model's, for machine mail of which the model knows few words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Rows
    from classifier.learners import Tables
    from classifier.signals import Facts

    Floats = NDArray[np.float64]


def rule_of(tables: Tables, rows: Rows, facts: Sequence[Facts]) -> Floats:
    """Say how much the rule moves the log-odds of importance of each message.

    Parameters
    ----------
    tables : Tables
        Of the trained model: what the reader taught since comes on top.
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
    from classifier.learners.strange import SILENT, known_share, lean  # only who remembers jobs waits for it
    from classifier.rootmail.urgency import urgency_of

    urgency = np.array([math.nan if past is None else urgency_of(past) for past in pasts])
    known = known_share(tables, rows)
    given = tables.score(rows)[:, 1] if (known < SILENT).any() else np.zeros(len(facts))
    return lean(given, known, urgency)

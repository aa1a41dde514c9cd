"""Labels of like mail beside the model's answer: how often such mail was important or ignored before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.signals import Facts


def heard_of(facts: Facts) -> tuple[float, float]:
    """Return how many labels of like mail say important, and unimportant; only a machine's mail has kinds.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    important, unimportant : float
        Both 0 where nobody remembers, or nothing was said.
    """
    past = facts.history
    if past is None or past.job is None:
        return 0.0, 0.0
    important, unimportant = past.job.heard
    return important, unimportant


def with_precedents(scores: NDArray[np.float64], facts: Sequence[Facts]) -> NDArray[np.float64]:
    """Join labels of like mail with the log-odds of importance.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, 2), float64
        Of both questions, in nats; changed in place.
    facts : sequence of Facts

    Returns
    -------
    ndarray of shape (n_rows, 2), float64
    """
    heard = [heard_of(each) for each in facts]
    if any(map(any, heard)):
        from classifier.learners.precedent import shift  # only who said something waits for it

        scores[:, 1] += shift(scores[:, 1], *np.array(heard).T)
    return scores

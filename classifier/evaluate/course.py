"""How a run went on: errors of ranking as time passes, errors of labels as more is learned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.feedback import agrees
from classifier.evaluate.metrics import roca_error
from classifier.evaluate.outcomes import Outcomes, Question
from classifier.evaluate.ranking import Floats, rank

POINTS = 60
"""Places at which a run is looked at."""

WINDOW = 0.1
"""Part of the run that the error of the moment is computed of."""


class Course(NamedTuple):
    """1-ROCA% as a run goes on.

    Parameters
    ----------
    messages : ndarray of shape (n_points,), int64
        Messages judged so far, ascending.
    so_far : ndarray of shape (n_points,)
        1-ROCA% of all of them; nan where one kind is absent.
    lately : ndarray of shape (n_points,)
        1-ROCA% of the last tenth of the run before the point; nan where it is not full or one kind is absent.
    """

    messages: NDArray[np.int64]
    so_far: Floats
    lately: Floats


class Block(NamedTuple):
    """Some messages judged when about so much had been learned.

    Parameters
    ----------
    learned : float
        Mean number of messages learned before.
    messages : int
    wrong, unsure : int
        How many got a wrong label, sure or not; and how many were left to a human.
    """

    learned: float
    messages: int
    wrong: int
    unsure: int


def course(asked: Question, points: int = POINTS, window: float = WINDOW) -> Course:
    """Follow one question through a run.

    Parameters
    ----------
    asked : Question
        Messages in order of arrival.
    points : int, default 60
    window : float, default 0.1

    Returns
    -------
    Course
    """
    n = len(asked.scores)
    ends = np.unique(np.linspace(0, n, points + 1).astype(np.int64)[1:])
    width = max(1, round(window * n))
    so_far = [_error(asked, 0, end) for end in ends.tolist()]
    lately = [_error(asked, end - width, end) if end >= width else np.nan for end in ends.tolist()]
    return Course(asked.chosen[ends - 1] + 1, np.array(so_far, float), np.array(lately, float))


def learning_curve(judged: Outcomes, learned: NDArray[np.int64]) -> list[Block]:
    """Count errors of labels by how much had been learned: 0, 1-9, 10-19, 20-49, 50-99 and so on.

    Parameters
    ----------
    judged : Outcomes
    learned : ndarray of shape (n_messages,), int64
        Messages learned before each was judged.

    Returns
    -------
    list of Block
        Only those with messages in them.
    """
    wrong = np.array(
        [not agrees(gold, ours) for gold, ours in zip(judged.gold, judged.label, strict=True)], bool
    )
    edges = [0, 1, *(step * 10**power for power in range(1, 9) for step in (1, 2, 5))]
    at = np.searchsorted(edges, learned, side="right")
    return [
        Block(
            float(learned[chosen].mean()),
            len(chosen),
            int(wrong[chosen].sum()),
            int(judged.unsure[chosen].sum()),
        )
        for chosen in (np.flatnonzero(at == each) for each in np.unique(at).tolist())
    ]


def _error(asked: Question, start: int, end: int) -> float:
    """1-ROCA% of a part of the run."""
    return float(roca_error(rank(asked.positive[start:end], asked.scores[start:end])))

"""What is kept of a run while it goes on: enough for every figure, in a few bytes a message."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.outcomes import Outcomes
from classifier.evaluate.replay import Step
from classifier.evaluate.worst import Worst
from classifier.labels import LABELS as GOLD
from classifier.verdict import LABELS


class Tally:
    """Counts a run, step by step; may be asked at any moment.

    Parameters
    ----------
    worst : Worst, optional
        Where the worst mistakes are kept, with their clues; by default nowhere, for clues cost time.
    skip : int, default 0
        Mistakes of so many messages at the beginning are left out of `worst`.

    Attributes
    ----------
    learned : int
        Messages learned so far.
    """

    def __init__(self, worst: Worst | None = None, skip: int = 0) -> None:
        self.worst, self.skip = worst, skip
        self.learned = 0
        self._codes, self._log_odds, self._learned = array("B"), array("d"), array("q")

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, step: Step) -> None:
        """Take one more step, while the classifier is what it was when it judged.

        Parameters
        ----------
        step : Step
        """
        turn, verdict = step.turn, step.verdict
        code = 8 * GOLD.index(turn.gold) + 2 * LABELS.index(verdict.label) + bool(verdict.unsure)
        self._codes.append(code)
        self._log_odds.extend(verdict.log_odds)
        self._learned.append(step.learned)
        self.learned = step.learned
        if self.worst is not None and turn.position >= self.skip:
            self.worst.offer(turn.position, turn.gold, verdict)

    def judged(self, start: int = 0) -> Outcomes:
        """Return what was judged, without the first messages.

        Parameters
        ----------
        start : int, default 0

        Returns
        -------
        Outcomes
        """
        codes = np.frombuffer(self._codes, np.uint8)[start:]
        log_odds = np.frombuffer(self._log_odds, np.float64).reshape(-1, 2)[start:].copy()
        gold, ours = np.array(GOLD)[codes // 8], np.array(LABELS)[codes % 8 // 2]
        return Outcomes(gold, log_odds, ours, codes % 2 == 1)

    def learned_before(self, start: int = 0) -> NDArray[np.int64]:
        """Return how many messages had been learned before each was judged.

        Parameters
        ----------
        start : int, default 0

        Returns
        -------
        ndarray of shape (n_messages - start,), int64
        """
        return np.array(self._learned, np.int64)[start:]

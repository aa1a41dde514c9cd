"""An archive lived through again: mail judged as it came, the reader's own mail only watched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from classifier.engine import Classifier
from classifier.engine.behaviour import LIMIT
from classifier.evaluate.arrival import Turn
from classifier.evaluate.ranking import Ranking, rank
from classifier.evaluate.replay import Step
from classifier.mail import Message


class Following:
    """A reader's whole mail, judged and learned from by what he did with it.

    Parameters
    ----------
    classifier : Classifier
        With a memory, and with a model that asks history.

    Attributes
    ----------
    mine : int
        Messages of the reader so far.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.mine = 0
        self._answered: dict[str, float] = {}
        self._judged: list[tuple[str, float, float]] = []
        self._until = 0.0

    def steps(self, turns: Iterable[Turn]) -> Iterator[Step]:
        """Judge what was received, then observe it; observe what the reader sent.

        Parameters
        ----------
        turns : iterable of Turn
            In order of arrival.

        Yields
        ------
        Step
            One a message received.
        """
        for turn in turns:
            message = Message(turn.stored.raw)
            arrival = self.classifier.arrival(message, turn.when)
            self._until = max(self._until, arrival.now)
            if arrival.is_mine:
                self.mine += 1
                for asked in message.in_reply_to[:1]:
                    self._answered.setdefault(asked, arrival.now)
                self.classifier.observe(turn.stored, now=turn.when)
                continue
            verdict = self.classifier.judge([turn.stored], [turn.when], observe=True)[0]
            self._judged.append((message.message_id, arrival.now, verdict.log_odds.importance))
            yield Step(turn, verdict, self.answered)

    @property
    def answered(self) -> int:
        """Messages that the reader has answered so far."""
        return len(self._answered)

    def ranking(self, part: float = 0.0) -> Ranking:
        """Compare the judgements with what became of the mail.

        Parameters
        ----------
        part : float, default 0
            Leave so much out at the beginning.

        Returns
        -------
        Ranking
            Of all mail received of which it is known: what was answered, and what was not within the limit.
        """
        gold, scores = [], []
        for name, now, score in self._judged[math.floor(part * len(self._judged)) :]:
            answered = name in self._answered
            if answered or now + LIMIT <= self._until:
                gold.append(answered)
                scores.append(score)
        return rank(gold, scores)

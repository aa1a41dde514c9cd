"""What a human says of judged mail, and when: at once or later, of all or some, and not always the truth."""

from __future__ import annotations

import heapq
import math
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from classifier.evaluate.arrival import Turn
from classifier.verdict import Cuts, Verdict

REGIMES = ("teft", "toe", "tune")
"""Which messages are learned: every one, errors, errors and near errors."""

OPPOSITE = {"spam": "ham", "ham": "spam", "important": "unimportant", "unimportant": "important"}
"""What somebody says who errs."""

DOUBT = Cuts().ham
"""Log-odds of spam up to which there is no doubt that a message is ham, in nats."""

_UNITS = {"": 0.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhdw]?)", re.ASCII)


class Lesson(NamedTuple):
    """A message to learn now.

    Parameters
    ----------
    turn : Turn
        Judged before.
    label : str
        What was said of it.
    """

    turn: Turn
    label: str


class Feedback(Protocol):
    """Decides what is learned of judged mail, and when; a replay asks it before and after every message."""

    def before(self, turn: Turn) -> Iterable[Lesson]:
        """Give what has become known by the time a message comes.

        Parameters
        ----------
        turn : Turn
            Not judged yet; its gold label may not be used.

        Returns
        -------
        iterable of Lesson
            Of messages judged before.
        """
        ...

    def after(self, turn: Turn, verdict: Verdict) -> None:
        """Take note of how a message was judged.

        Parameters
        ----------
        turn : Turn
        verdict : Verdict
        """
        ...


@dataclass(frozen=True, slots=True)
class Delay:
    """How long feedback takes.

    Parameters
    ----------
    messages : int, default 0
        So many other messages are judged before it comes.
    seconds : float, default 0
        So much time passes before it comes, by the times of arrival. Where nobody knows them, it never comes.
    """

    messages: int = 0
    seconds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Delay:
        """Read a delay.

        Parameters
        ----------
        text : str
            A number of messages, or of weeks, days, hours, minutes or seconds: ``20``, ``3d``, ``1.5h``.

        Returns
        -------
        Delay

        Raises
        ------
        ValueError
            If it is none.

        Examples
        --------
        >>> Delay.parse("20").messages, Delay.parse("1.5h").seconds
        (20, 5400.0)
        """
        found = _DELAY.fullmatch(text.strip())
        if found is None or (not found[2] and "." in found[1]):
            raise ValueError(f"{text!r} is no delay: a number of messages, or as in 3d, 12h, 30m")
        if not found[2]:
            return cls(messages=int(found[1]))
        return cls(seconds=float(found[1]) * _UNITS[found[2]])


@dataclass(frozen=True, slots=True)
class Regime:
    """Which judged messages are learned.

    Parameters
    ----------
    name : {'teft', 'toe', 'tune'}, default 'teft'
        Train everything; train on error; train also on what was right by less than `margin`: the thick
        threshold that stands for train-until-no-error where each message comes once.
    margin : float, default ln 99
        How far from even chances is far enough for ``tune``, in nats.

    Source
    ------
    Yerazunis 2004, "The spam-filtering accuracy plateau at 99.9 % accuracy and how to get past it" (TEFT,
    TOE, TUNE); Siefkes et al. 2004, "Combining Winnow and orthogonal sparse bigrams" (thick threshold).
    """

    name: str = "teft"
    margin: float = math.log(99)

    def wants(self, label: str, verdict: Verdict) -> bool:
        """Tell whether a message is learned.

        Parameters
        ----------
        label : str
            What was said of it.
        verdict : Verdict

        Returns
        -------
        bool
            Who was unsure was not right; ``ham`` says nothing of importance, so doubt about that is no error.
        """
        if self.name == "teft":
            return True
        unsure = verdict.log_odds.spam > DOUBT if label == "ham" else verdict.unsure
        if unsure or not agrees(label, verdict.label):
            return True
        return self.name == "tune" and self._distance(label, verdict) < self.margin

    def _distance(self, label: str, verdict: Verdict) -> float:
        """How far the log-odds of the questions that the label answers are from even chances, in nats."""
        spam, importance = verdict.log_odds
        if label == "spam":
            return spam
        return -spam if label == "ham" else min(-spam, importance if label == "important" else -importance)


def agrees(gold: str, label: str) -> bool:
    """Tell whether a verdict's label is what a human says.

    Parameters
    ----------
    gold : str
        ``ham`` says nothing of importance.
    label : str

    Returns
    -------
    bool
    """
    return label != "spam" if gold == "ham" else label == gold


class Told:
    """Feedback of somebody who tells the label of mail: all or a part of it, at once or later, with errors.

    Parameters
    ----------
    regime : Regime, optional
        By default everything is learned.
    delay : Delay, optional
        By default none: a message is known when the next one comes.
    part : float, default 1
        Probability that a message is told of at all.
    noise : float, default 0
        Probability that the opposite is told.
    seed : int, default 0
        Decides of which messages; the other settings change nothing about that.

    Raises
    ------
    ValueError
        If a probability is none.
    """

    def __init__(
        self,
        regime: Regime | None = None,
        delay: Delay | None = None,
        *,
        part: float = 1.0,
        noise: float = 0.0,
        seed: int = 0,
    ) -> None:
        if not (0 <= part <= 1 and 0 <= noise <= 1):
            raise ValueError("the part told of and the noise are probabilities")
        self.regime, self.delay = regime or Regime(), delay or Delay()
        self.part, self.noise = part, noise
        self._lot = random.Random(seed)  # noqa: S311  # a simulation, not a secret
        self._waiting: list[tuple[float, int, Lesson]] = []

    def before(self, turn: Turn) -> Iterator[Lesson]:
        """Give what is due when a message comes, the longest due first."""
        now = self._clock(turn)
        while self._waiting and self._waiting[0][0] <= now:
            yield heapq.heappop(self._waiting)[2]

    def after(self, turn: Turn, verdict: Verdict) -> None:
        """Choose whether and when a message will be told of."""
        told, wrong = self._lot.random() < self.part, self._lot.random() < self.noise
        label = OPPOSITE[turn.gold] if wrong else turn.gold
        if told and self.regime.wants(label, verdict):
            heapq.heappush(self._waiting, (self._due(turn), turn.position, Lesson(turn, label)))

    def _clock(self, turn: Turn) -> float:
        if not self.delay.seconds:
            return turn.position
        return -math.inf if turn.when is None else turn.when

    def _due(self, turn: Turn) -> float:
        if not self.delay.seconds:
            return turn.position + 1 + self.delay.messages
        return math.inf if turn.when is None else turn.when + self.delay.seconds

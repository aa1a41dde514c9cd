"""What a model's card keeps of the scores of mail held out, so that any budget can be judged later.

Of each class the scores are kept as *risks*, the log-odds of the wrong answer, the worst first: all of the
first ones, where a budget's cut may lie, then ever fewer. That is enough to bound what is lost at any cut,
with the training mail long gone, and tells nothing of the mail.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.errors import ModelFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALL = 40
"""Ranks kept one by one."""

GROWTH = 1.08
"""Beyond, each kept rank is so much greater than the one before."""

DECIMALS = 3
"""Of a nat; risks are rounded up, to the safe side."""

_LONGEST = 10_000

CLASSES = {"spam": {"ham": 1, "important": 1, "spam": -1}, "importance": {"important": -1, "unimportant": 1}}
"""Of each question the classes, and the sign that makes a risk of a log-odds. Ham is all that is no spam."""

PROTECTED = frozenset({"ham", "important"})
"""Classes that must not be lost."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The risks of one class.

    Parameters
    ----------
    messages : int
        How many there are; near-duplicates may count as one.
    ranks : tuple of int
        Which of them are kept; rank 1 is the worst.
    risks : tuple of float
        Log-odds of the wrong answer at these ranks, in nats, descending.
    """

    messages: int
    ranks: tuple[int, ...]
    risks: tuple[float, ...]

    @classmethod
    def of(cls, risks: NDArray[np.float64]) -> Ladder:
        """Keep what matters of some risks.

        Parameters
        ----------
        risks : ndarray of shape (n,)
            In any order, in nats.

        Returns
        -------
        Ladder
        """
        ranks = list(range(1, min(ALL, len(risks)) + 1))
        while ranks and ranks[-1] < len(risks):
            ranks.append(min(len(risks), math.ceil(ranks[-1] * GROWTH)))
        ordered = np.sort(risks)[::-1]
        kept = [_up(float(ordered[rank - 1])) for rank in ranks]
        return cls(len(risks), tuple(ranks), tuple(kept))

    def risk_at(self, rank: int) -> float:
        """Return the risk of a rank, or that of a worse one where it was not kept.

        Parameters
        ----------
        rank : int
            From 1 on.

        Returns
        -------
        float
            Infinite where there is none.
        """
        at = bisect_right(self.ranks, rank) - 1
        return self.risks[at] if at >= 0 else math.inf

    def beyond(self, risk: float) -> int:
        """Count the messages whose risk is greater, rather too many than too few.

        Parameters
        ----------
        risk : float

        Returns
        -------
        int
        """
        at = bisect_left(self.risks, -risk, key=lambda each: -each)
        return self.ranks[at] - 1 if at < len(self.ranks) else self.messages

    def to_json(self) -> dict[str, Any]:
        """Return it for a card."""
        return {"messages": self.messages, "ranks": list(self.ranks), "risks": list(self.risks)}

    @classmethod
    def from_json(cls, card: Any) -> Ladder:
        """Read it from a card, which may be a stranger's.

        Parameters
        ----------
        card : object

        Returns
        -------
        Ladder

        Raises
        ------
        ModelFormatError
            If it is none, or its numbers contradict each other.
        """
        try:
            messages, ranks, risks = card["messages"], tuple(card["ranks"]), tuple(card["risks"])
            if not _sound(messages, ranks, risks):
                raise ValueError("contradicts itself")
            return cls(messages, ranks, tuple(map(float, risks)))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelFormatError(f"its evidence is damaged: {error}") from None


def _sound(messages: Any, ranks: tuple[Any, ...], risks: tuple[Any, ...]) -> bool:
    """Tell whether these numbers can be a ladder."""
    if not len(ranks) == len(risks) <= _LONGEST or any(type(each) is not int for each in (messages, *ranks)):
        return False
    climbing = all(low < high for low, high in pairwise((0, *ranks)))
    falling = all(high >= low for high, low in pairwise(risks))
    return climbing and falling and (0, *ranks)[-1] == messages and all(map(math.isfinite, risks))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The risks of all classes of both questions.

    Parameters
    ----------
    ladders : dict of (str, str) to Ladder
        By question and class; see `CLASSES`. A question that was not learned has none.
    """

    ladders: Mapping[tuple[str, str], Ladder]

    @classmethod
    def of(
        cls,
        labels: Sequence[str],
        held_out: Mapping[str, tuple[NDArray[np.intp], NDArray[np.float64]]],
        kin: NDArray[np.intp] | None = None,
    ) -> Evidence:
        """Gather evidence from the scores of rows that their scorer had not seen.

        Parameters
        ----------
        labels : sequence of str, length n
            ``spam``, ``ham``, ``important`` or ``unimportant``.
        held_out : mapping of str to (ndarray of shape (k,), ndarray of shape (k,))
            Of each learned question the rows that have an answer, and their calibrated log-odds, in nats.
            Rows without a finite one were never held out; where all scores are equal, none was.
        kin : ndarray of shape (n,), int, optional
            Near-duplicates have the same number. Of mail that must not be lost they count once, and as the
            one that fares worst: a hundred copies of a mail do not prove what a hundred mails would.

        Returns
        -------
        Evidence
        """
        named = np.array(labels, dtype=str)
        ladders = {}
        for question, (rows, log_odds) in held_out.items():
            fit = np.isfinite(log_odds)
            scores, mine = log_odds[fit], named[rows][fit]
            if not len(scores) or np.ptp(scores) == 0:
                continue
            for kind, sign in CLASSES[question].items():
                chosen = mine != "spam" if kind == "ham" else mine == kind
                if not chosen.any():
                    continue
                risks = sign * scores[chosen]
                if kin is not None and kind in PROTECTED:
                    risks = _worst(risks, kin[rows][fit][chosen])
                ladders[question, kind] = Ladder.of(risks)
        return cls(ladders)

    def get(self, question: str, kind: str) -> Ladder:
        """Return the risks of one class; empty where there is no evidence.

        Parameters
        ----------
        question, kind : str
            See `CLASSES`.

        Returns
        -------
        Ladder
        """
        return self.ladders.get((question, kind)) or Ladder(0, (), ())

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return it for a card."""
        found: dict[str, dict[str, Any]] = {}
        for (question, kind), ladder in self.ladders.items():
            found.setdefault(question, {})[kind] = ladder.to_json()
        return found

    @classmethod
    def from_json(cls, card: Any) -> Evidence:
        """Read it from a card, which may be a stranger's, or hold none.

        Parameters
        ----------
        card : object

        Returns
        -------
        Evidence

        Raises
        ------
        ModelFormatError
            If it is none.
        """
        if card is None:
            return cls({})
        try:
            return cls(
                {
                    (question, kind): Ladder.from_json(card[question][kind])
                    for question, kinds in CLASSES.items()
                    for kind in kinds
                    if kind in card.get(question, {})
                }
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ModelFormatError(f"its evidence is damaged: {error}") from None


def _worst(risks: NDArray[np.float64], kin: NDArray[np.intp]) -> NDArray[np.float64]:
    """Keep the greatest risk of each group."""
    numbers, member = np.unique(kin, return_inverse=True)
    worst = np.full(len(numbers), -np.inf)
    np.maximum.at(worst, member, risks)
    return worst


def _up(risk: float) -> float:
    """Round up to so many decimals."""
    unit = 10.0**DECIMALS
    return math.ceil(risk * unit) / unit

"""How much important mail is lost among the rest: a random sample of what is put away, and what it bounds.

What is called important or unsure is shown to the reader; all the rest is put away, in a pile for each label.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from classifier.budget.binomial import CONFIDENCE, clopper_pearson
from classifier.verdict import Verdict

PILES = ("unimportant", "spam")
LABELS = ("important", "unimportant", "spam")

T = TypeVar("T")


def pile_of(verdict: Verdict) -> str:
    """Say on which pile a message is put.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    str
        Member of `PILES`; '' for what is shown.
    """
    return "" if verdict.unsure or verdict.label not in PILES else verdict.label


class Draw(Generic[T]):
    """Draws from each pile, while it streams by, so many items that every sample of that size is as likely.

    Parameters
    ----------
    size : int
        Items of each pile; a smaller pile is drawn whole.
    seed : int

    Attributes
    ----------
    sizes : Counter of str
        What was offered of each pile.

    Source
    ------
    Vitter 1985, "Random sampling with a reservoir", algorithm R.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size, self.seed = size, seed
        self.sizes: Counter[str] = Counter()
        self._drawn: dict[str, list[T]] = {}
        self._lots: dict[str, random.Random] = {}

    def offer(self, pile: str, item: T) -> None:
        """Let one item of a pile come by.

        Parameters
        ----------
        pile : str
        item : object
        """
        self.sizes[pile] += 1
        drawn = self._drawn.setdefault(pile, [])
        if len(drawn) < self.size:
            drawn.append(item)
            return
        lot = self._lots.setdefault(pile, random.Random(f"{self.seed}/{pile}"))  # noqa: S311  # no secret
        place = lot.randrange(self.sizes[pile])
        if place < self.size:
            drawn[place] = item

    def mixed(self) -> list[tuple[str, T]]:
        """Return all that was drawn, in an order that does not tell the piles.

        Returns
        -------
        list of (str, object)
            Pile and item.
        """
        every = [(pile, item) for pile in sorted(self._drawn) for item in self._drawn[pile]]
        random.Random(f"{self.seed}/order").shuffle(every)  # noqa: S311
        return every


@dataclass(frozen=True, slots=True)
class Pile:
    """What is known of one pile.

    Parameters
    ----------
    size : int
        Messages in it.
    looked_at : int
        Of them, drawn at random and judged by the reader.
    important : int
        Of those, important.
    """

    size: int
    looked_at: int
    important: int

    def lost(self, confidence: float = CONFIDENCE) -> tuple[float, int, int]:
        """Bound how many important messages are in the pile.

        Parameters
        ----------
        confidence : float

        Returns
        -------
        estimate : float
            nan where nothing was looked at.
        low, high : int
            Exact: no fewer than were found, no more than were not looked at besides. That messages are drawn
            without putting them back makes the interval only safer.
        """
        unseen = self.size - self.looked_at
        if not self.looked_at:
            return (0.0 if not self.size else float("nan")), 0, self.size
        low, high = clopper_pearson(self.important, self.looked_at, confidence)
        at_least, at_most = self.important, self.important + unseen
        estimate = self.size * self.important / self.looked_at
        lowest, highest = math.floor(low * self.size), math.ceil(high * self.size)
        return estimate, max(at_least, lowest), min(at_most, highest)


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    piles : dict of str to Pile
    shown : int
        Messages that were shown to the reader: called important, or unsure.
    confidence : float
        Of all piles together.
    """

    piles: Mapping[str, Pile]
    shown: int
    confidence: float = CONFIDENCE

    @property
    def looked_at(self) -> int:
        """Messages judged by the reader."""
        return sum(pile.looked_at for pile in self.piles.values())

    def lost(self) -> tuple[float, int, int]:
        """Bound how many important messages were put away.

        Returns
        -------
        estimate : float
        low, high : int
            With `confidence` at least: each pile is bounded more surely, so that all hold together
            (Bonferroni).
        """
        each = 1 - (1 - self.confidence) / max(1, sum(pile.size > 0 for pile in self.piles.values()))
        bounds = [pile.lost(each) for pile in self.piles.values()]
        return (
            sum(estimate for estimate, _, _ in bounds),
            sum(low for _, low, _ in bounds),
            sum(high for _, _, high in bounds),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what the profile keeps.

        Returns
        -------
        dict
        """
        estimate, low, high = self.lost()
        return {
            "piles": {
                name: {"size": pile.size, "looked_at": pile.looked_at, "important": pile.important}
                for name, pile in self.piles.items()
            },
            "shown": self.shown,
            "confidence": self.confidence,
            "lost": {"estimate": None if math.isnan(estimate) else estimate, "low": low, "high": high},
        }


@dataclass(slots=True)
class Tally:
    """Counts the answers of an audit.

    Parameters
    ----------
    sizes : mapping of str to int
        Messages in each pile.
    shown : int
    """

    sizes: Mapping[str, int]
    shown: int
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)

    def answer(self, pile: str, label: str) -> None:
        """Take one answer.

        Parameters
        ----------
        pile : str
        label : str
            Member of `LABELS`.
        """
        self.answers[pile, label] += 1

    def audit(self, confidence: float = CONFIDENCE) -> Audit:
        """Sum up.

        Parameters
        ----------
        confidence : float

        Returns
        -------
        Audit
        """
        piles = {
            name: Pile(self.sizes.get(name, 0), self._looked_at(name), self.answers[name, "important"])
            for name in PILES
        }
        return Audit(piles, self.shown, confidence)

    def _looked_at(self, pile: str) -> int:
        return sum(count for (name, _), count in self.answers.items() if name == pile)


def draw_from(verdicts: Iterable[Verdict], size: int, seed: int) -> tuple[Draw[Verdict], int]:
    """Draw from a stream of verdicts.

    Parameters
    ----------
    verdicts : iterable of Verdict
    size : int
        Of each pile.
    seed : int

    Returns
    -------
    draw : Draw
    shown : int
        Messages that are not put away.
    """
    draw: Draw[Verdict] = Draw(size, seed)
    shown = 0
    for verdict in verdicts:
        pile = pile_of(verdict)
        if pile:
            draw.offer(pile, verdict)
        else:
            shown += 1
    return draw, shown

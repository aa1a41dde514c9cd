"""Where log-odds become labels, and where they leave doubt."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from classifier.errors import ModelFormatError

LABELS = ("important", "unimportant", "spam")

NEVER = sys.float_info.max
"""A cut that no log-odds reach; a number, so that a card can hold it."""

FEW = 10
"""Of an answer with no more examples than this nothing is known for certain: see :meth:`Cuts.cautious`."""


class LogOdds(NamedTuple):
    """Natural-log odds of the two questions.

    Parameters
    ----------
    spam : float
        Of spam against not spam, in nats.
    importance : float
        Of important against unimportant, given that it is not spam, in nats.
    """

    spam: float
    importance: float


class Cuts(NamedTuple):
    """Where log-odds become labels.

    The defaults hold where nothing was promised. They weigh a lost message like the reading of nineteen
    spams; what a model really loses at them, `mailtriage models NAME` tells. With a loss budget or with
    costs, `spam`, `importance` and `unimportant` are set by :mod:`classifier.budget`.

    Parameters
    ----------
    spam : float, default ln 19
        Spam from here on, in nats; never in doubt.
    ham : float, default -ln 19
        Up to here there is no doubt that it is not spam, in nats.
    important : float, default ln 3
        From here on there is no doubt that it is important, in nats.
    importance : float, default -ln 5
        What is not spam is called important from here on, in nats: missing an important message hurts as much
        as reading five in vain. Trained on seven hosts' root mail and asked about an eighth, 31 of its 36
        important mails are found so and none of the 469 others; from even chances on, none is found, for
        probabilities of mail whose like was never seen are low.
    unimportant : float, default -ln 19
        Below this there is no doubt that it is unimportant, in nats. Root mail at random: below -ln 3, 12.6 %
        of the important were lost without a doubt said, below -ln 19 9.3 %; with near-duplicates left out of
        training together, 45 % and 13 %. Important mail is rare there; a budget is the safer way.
    """

    spam: float = math.log(19)
    ham: float = -math.log(19)
    important: float = math.log(3)
    importance: float = -math.log(5)
    unimportant: float = -math.log(19)

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Cuts:
        """Read the cuts of a model's card.

        Parameters
        ----------
        card : mapping
            Field to number. Cards of version 0.1 have margins around two cuts in place of the edges.

        Returns
        -------
        Cuts

        Raises
        ------
        ModelFormatError
            If a field is unknown or not a finite number.
        """
        try:
            numbers = {name: float(value) for name, value in card.items()}
            cuts = cls(**_without_margins(numbers))
        except (TypeError, ValueError) as error:
            raise ModelFormatError(f"its thresholds are damaged: {error}") from None
        if not all(math.isfinite(getattr(cuts, name)) for name in cls._fields):
            raise ModelFormatError("its thresholds are not finite")
        return cuts

    def decide(self, log_odds: LogOdds, *, spared: bool = False) -> tuple[str, bool]:
        """Choose the label.

        Parameters
        ----------
        log_odds : LogOdds
        spared : bool, default False
            Whether it is known not to be spam, whatever the log-odds.

        Returns
        -------
        label : str
            One of `LABELS`; doubt about spam keeps a message out of the spam.
        unsure : bool
            Whether a human should look: it is neither spam nor surely unimportant, nor is it sure that it is
            important and no spam. What is unimportant for certain needs nobody's eyes, though it may be spam.
        """
        if log_odds.spam >= self.spam and not spared:
            return "spam", False
        label = "important" if log_odds.importance >= self.importance else "unimportant"
        if log_odds.importance < min(self.unimportant, self.importance):
            return label, False
        important = log_odds.importance >= max(self.important, self.importance)
        return label, not (important and (spared or log_odds.spam <= self.ham))

    def cautious(self, spam: tuple[int, int], importance: tuple[int, int]) -> Cuts:
        """Move the cuts of a question with hardly any examples out of reach.

        Parameters
        ----------
        spam : (int, int)
            Examples of spam, and of mail that is no spam.
        importance : (int, int)
            Examples of important and of unimportant mail.

        Returns
        -------
        Cuts
            With at most `FEW` examples of either answer, nothing is spam, or nothing is sure to be important
            or unimportant. Where nobody ever saw spam, there is no doubt about spam either.
        """
        cuts = self
        if min(spam) <= FEW:
            cuts = cuts._replace(spam=NEVER, ham=cuts.ham if spam[0] else NEVER)
        if min(importance) <= FEW:
            cuts = cuts._replace(important=NEVER, unimportant=-NEVER)
        return cuts


def _without_margins(numbers: dict[str, float]) -> dict[str, float]:
    """Turn the margins of old cards into edges."""
    margin = numbers.pop("spam_margin", None)
    if margin is not None:
        numbers = {**numbers, "spam": max(numbers.get("spam", margin), margin), "ham": -margin}
    margin = numbers.pop("importance_margin", None)
    if margin is not None:
        at = numbers.get("importance", 0.0)
        numbers = {**numbers, "important": at + margin, "unimportant": at - margin}
    return numbers


def probability(log_odds: float) -> float:
    """Return the probability that natural-log odds stand for.

    Parameters
    ----------
    log_odds : float
        In nats; any size.

    Returns
    -------
    float
    """
    return 0.5 * (1 + math.tanh(0.5 * log_odds))


def probabilities(log_odds: LogOdds, *, spared: bool = False) -> tuple[float, float, float]:
    """Return the probability of each of `LABELS`.

    Parameters
    ----------
    log_odds : LogOdds
    spared : bool, default False
        Whether it is known not to be spam, whatever the log-odds.

    Returns
    -------
    tuple of float
        They add up to 1, and spam and important never share any.
    """
    spam = 0.0 if spared else probability(log_odds.spam)
    important = probability(log_odds.importance)
    return (1 - spam) * important, (1 - spam) * (1 - important), spam

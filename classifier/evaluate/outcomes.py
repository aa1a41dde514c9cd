"""Messages with the label a human gave and the one a model gave: the material of every figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.evaluate.ranking import Floats
from classifier.labels import LABELS as GOLD
from classifier.verdict import LABELS, Verdict

Chosen = NDArray[np.intp]


class Question(NamedTuple):
    """A ranking problem inside judged mail.

    Parameters
    ----------
    chosen : ndarray of shape (n_chosen,), intp
        Messages whose answer is known.
    positive : ndarray of shape (n_chosen,), bool
    scores : ndarray of shape (n_chosen,), float64
        Nats.
    """

    chosen: Chosen
    positive: NDArray[np.bool_]
    scores: Floats


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Judged mail, one entry a message.

    Parameters
    ----------
    gold : ndarray of shape (n_messages,), str
        ``spam``, ``ham``, ``important`` or ``unimportant``.
    log_odds : ndarray of shape (n_messages, 2), float64
        Of spam, and of importance given not spam, in nats.
    label : ndarray of shape (n_messages,), str
        Ours: ``important``, ``unimportant`` or ``spam``.
    unsure : ndarray of shape (n_messages,), bool

    Raises
    ------
    ValueError
        If the lengths differ or a label is none.
    """

    gold: NDArray[np.str_]
    log_odds: Floats
    label: NDArray[np.str_]
    unsure: NDArray[np.bool_]

    def __post_init__(self) -> None:
        n = len(self.gold)
        shapes = {"log_odds": (n, 2), "label": (n,), "unsure": (n,)}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} of {n} messages has shape {getattr(self, name).shape}")
        for name, known in (("gold", GOLD), ("label", LABELS)):
            unknown = set(np.unique(getattr(self, name)).tolist()) - set(known)
            if unknown:
                raise ValueError(f"{sorted(unknown)[0]!r} is no label ({name} labels: {', '.join(known)})")

    @classmethod
    def of(cls, gold: ArrayLike, verdicts: Iterable[Verdict]) -> Outcomes:
        """Keep what counts of verdicts.

        Parameters
        ----------
        gold : array of shape (n_messages,), str
        verdicts : iterable of Verdict
            In the same order; each is let go at once.

        Returns
        -------
        Outcomes
        """
        kept = [(*verdict.log_odds, verdict.label, verdict.unsure) for verdict in verdicts]
        spam, importance, label, unsure = zip(*kept, strict=True) if kept else ((),) * 4
        return cls(
            np.asarray(gold, str),
            np.array([spam, importance], float).T.reshape(-1, 2),
            np.asarray(label, str),
            np.asarray(unsure, bool),
        )

    def __len__(self) -> int:
        return len(self.gold)

    def take(self, chosen: ArrayLike) -> Outcomes:
        """Return some of the messages.

        Parameters
        ----------
        chosen : array of int or bool
            Index of any kind.

        Returns
        -------
        Outcomes
        """
        at = np.asarray(chosen)
        return Outcomes(self.gold[at], self.log_odds[at], self.label[at], self.unsure[at])

    def questions(self) -> dict[str, Question]:
        """Pose the questions to which the labels hold both answers.

        Returns
        -------
        dict of str to Question
            ``spam``: against everything else. ``importance``: important against unimportant, the spam left
            out, by the second log-odds. ``reading``: important against unimportant and spam, by the
            probability of being important, as somebody reads who begins with the likeliest.
        """
        reading = important_log_odds(self.log_odds)
        posed = {
            "spam": self._pose("spam", ("ham", "important", "unimportant"), self.log_odds[:, 0]),
            "importance": self._pose("important", ("unimportant",), self.log_odds[:, 1]),
            "reading": self._pose("important", ("unimportant", "spam"), reading),
        }
        return {name: each for name, each in posed.items() if 0 < each.positive.sum() < len(each.positive)}

    def _pose(self, yes: str, no: tuple[str, ...], scores: Floats) -> Question:
        chosen = np.flatnonzero(np.isin(self.gold, (yes, *no)))
        return Question(chosen, self.gold[chosen] == yes, scores[chosen])


def important_log_odds(log_odds: Floats) -> Floats:
    """Return the log-odds of being important at all, which needs not to be spam.

    Parameters
    ----------
    log_odds : ndarray of shape (n_messages, 2)
        Of spam, and of importance given not spam, in nats.

    Returns
    -------
    ndarray of shape (n_messages,)
        With P = 1/((1 + e^s)(1 + e^-i)): minus the logarithm of e^s + e^-i + e^(s-i).
    """
    spam, importance = log_odds[:, 0], log_odds[:, 1]
    return -np.logaddexp(np.logaddexp(spam, -importance), spam - importance)

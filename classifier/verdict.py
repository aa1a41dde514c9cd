"""Log-odds to a label, its probabilities and its reasons."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from classifier.errors import ModelFormatError

if TYPE_CHECKING:
    from classifier.mail import Message
    from classifier.mailboxes import Stored

LABELS = ("important", "unimportant", "spam")


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


class Clue(NamedTuple):
    """One term of a verdict's log-odds.

    Parameters
    ----------
    name : str
        A signal, ``header.<name>``, ``body`` or ``text``.
    value : str
        What the signal saw, or the words.
    weight : float
        The model's number for it, in nats; its sign says which way it points.
    contribution : float
        What it added to the log-odds of this message, in nats.
    """

    name: str
    value: str
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where log-odds become labels; from costs, so that the errors that hurt are the rare ones.

    Parameters
    ----------
    spam : float, default ln 19
        Spam from here on, in nats: a lost message hurts as much as reading nineteen spams.
    importance : float, default 0
        Important from here on, in nats.
    spam_margin, importance_margin : float, default ln 19, ln 3
        Closer than this to even chances, the answer is unsure, in nats.
    """

    spam: float = math.log(19)
    importance: float = 0.0
    spam_margin: float = math.log(19)
    importance_margin: float = math.log(3)

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Cuts:
        """Read the cuts of a model's card.

        Parameters
        ----------
        card : mapping
            Field to number.

        Returns
        -------
        Cuts

        Raises
        ------
        ModelFormatError
            If a field is unknown or not a finite number.
        """
        try:
            cuts = cls(**{name: float(value) for name, value in card.items()})
        except (TypeError, ValueError) as error:
            raise ModelFormatError(f"its thresholds are damaged: {error}") from None
        if not all(math.isfinite(getattr(cuts, name)) for name in cls.__dataclass_fields__):
            raise ModelFormatError("its thresholds are not finite")
        return cuts

    def decide(self, log_odds: LogOdds) -> tuple[str, bool]:
        """Choose the label.

        Parameters
        ----------
        log_odds : LogOdds

        Returns
        -------
        label : str
            One of `LABELS`; never spam by less than the cut, so doubt keeps a message out of the spam.
        unsure : bool
            Whether one of the answers that led to the label is closer to even chances than its margin.
        """
        doubtful = abs(log_odds.spam) < self.spam_margin
        if log_odds.spam >= self.spam:
            return "spam", doubtful
        label = "important" if log_odds.importance >= self.importance else "unimportant"
        return label, doubtful or abs(log_odds.importance - self.importance) < self.importance_margin


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


class Verdict:
    """What was decided about one message.

    Parameters
    ----------
    log_odds : LogOdds
    cuts : Cuts
    message : Message
    stored : Stored, optional
        Where the message lies, if it came out of a mailbox.
    explain : callable, optional
        Returns the clues of both questions and the biases; called at most once.

    Attributes
    ----------
    label : str
        ``important``, ``unimportant`` or ``spam``.
    unsure : bool
        Whether to leave the decision to a human.
    """

    __slots__ = ("_explain", "_explained", "label", "log_odds", "message", "stored", "unsure")

    def __init__(
        self,
        log_odds: LogOdds,
        cuts: Cuts,
        message: Message,
        stored: Stored | None = None,
        explain: Callable[[Message], Explanation] | None = None,
    ) -> None:
        self.log_odds = log_odds
        self.label, self.unsure = cuts.decide(log_odds)
        self.message = message
        self.stored = stored
        self._explain = explain
        self._explained: Explanation | None = None

    @property
    def p(self) -> dict[str, float]:
        """Probability of each label; they add up to 1, and spam and important never share any."""
        spam, important = probability(self.log_odds.spam), probability(self.log_odds.importance)
        return {
            "important": (1 - spam) * important,
            "unimportant": (1 - spam) * (1 - important),
            "spam": spam,
        }

    @property
    def question(self) -> str:
        """The question that decided the label: ``spam`` or ``importance``."""
        return "spam" if self.label == "spam" else "importance"

    @property
    def explanation(self) -> Explanation:
        """Clues and bias of both questions; found out at first use."""
        if self._explained is None:
            self._explained = self._explain(self.message) if self._explain else Explanation.none()
        return self._explained

    @property
    def clues(self) -> tuple[Clue, ...]:
        """Terms of the log-odds of the question that decided, strongest first; with `bias` they add up."""
        return self._decisive.clues

    @property
    def bias(self) -> float:
        """The log-odds of a message without any clue, for the question that decided, in nats."""
        return self._decisive.bias

    @property
    def _decisive(self) -> Reasons:
        """The reasons of the question that decided the label."""
        return self.explanation.spam if self.label == "spam" else self.explanation.importance

    def explain_with(self, explain: Callable[[Message], Explanation]) -> None:
        """Say who finds the clues when they are asked for.

        Parameters
        ----------
        explain : callable
        """
        self._explain = explain

    def __getstate__(self) -> tuple[Any, ...]:
        """Travel between processes without the classifier."""
        return (self.log_odds, self.label, self.unsure, self.message, self.stored, self._explained)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.log_odds, self.label, self.unsure, self.message, self.stored, self._explained = state
        self._explain = None

    def __repr__(self) -> str:
        p = ", ".join(f"{name} {value:.3f}" for name, value in self.p.items())
        return f"<Verdict {self.label}{' unsure' if self.unsure else ''}: {p}>"


class Reasons(NamedTuple):
    """The terms of one question's log-odds.

    Parameters
    ----------
    clues : tuple of Clue
        Strongest first.
    bias : float
        In nats.
    """

    clues: tuple[Clue, ...]
    bias: float


class Explanation(NamedTuple):
    """The terms of both questions' log-odds.

    Parameters
    ----------
    spam, importance : Reasons
    """

    spam: Reasons
    importance: Reasons

    @classmethod
    def none(cls) -> Explanation:
        """Return the explanation of a verdict that was made without one."""
        return cls(Reasons((), 0.0), Reasons((), 0.0))

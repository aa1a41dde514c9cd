"""What was decided about one message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from classifier.verdict.clues import Clue, Explanation, Reasons
from classifier.verdict.cuts import LABELS, Cuts, LogOdds, probabilities

if TYPE_CHECKING:
    from classifier.history import Past
    from classifier.mail import Message
    from classifier.mailboxes import Stored
    from classifier.verdict.counterfactual import Counterfactual


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
    spared : bool, default False
        Whether it is known to be no spam, whatever the model's answer.
    past : Past, optional
        What was known of its people, thread and job when it came; None where nobody remembers.

    Attributes
    ----------
    label : str
        ``important``, ``unimportant`` or ``spam``.
    unsure : bool
        Whether to leave the decision to a human.
    """

    __slots__ = (
        "_explain",
        "_explained",
        "cuts",
        "label",
        "log_odds",
        "message",
        "past",
        "spared",
        "stored",
        "unsure",
    )

    def __init__(
        self,
        log_odds: LogOdds,
        cuts: Cuts,
        message: Message,
        stored: Stored | None = None,
        explain: Callable[[Message], Explanation] | None = None,
        *,
        spared: bool = False,
        past: Past | None = None,
    ) -> None:
        self.log_odds = log_odds
        self.cuts = cuts
        self.spared = spared
        self.past = past
        self.label, self.unsure = cuts.decide(log_odds, spared=spared)
        self.message = message
        self.stored = stored
        self._explain = explain
        self._explained: Explanation | None = None

    @property
    def p(self) -> dict[str, float]:
        """Probability of each label; they add up to 1, and spam and important never share any.

        Where the message was spared, they are the probabilities given that it is no spam: that of spam is 0
        though the model's own answer stands in `log_odds`.
        """
        return dict(zip(LABELS, probabilities(self.log_odds, spared=self.spared), strict=True))

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
    def supporting(self) -> tuple[Clue, ...]:
        """Those of the clues that speak for the label, not against it."""
        sign = -1 if self.label == "unimportant" else 1
        return tuple(clue for clue in self.clues if sign * clue.contribution > 0)

    @property
    def bias(self) -> float:
        """The log-odds of a message without any clue, for the question that decided, in nats."""
        return self._decisive.bias

    @property
    def counterfactual(self) -> Counterfactual | None:
        """The smallest set of clues without which the label would be another; None if no set would do."""
        from classifier.verdict.counterfactual import turn  # only for who asks why

        return turn(self.explanation, self.log_odds, self.cuts, spared=self.spared)

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
        return (
            self.log_odds,
            self.cuts,
            self.spared,
            self.label,
            self.unsure,
            self.message,
            self.stored,
            self._explained,
        )

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        (
            self.log_odds,
            self.cuts,
            self.spared,
            self.label,
            self.unsure,
            self.message,
            self.stored,
            self._explained,
        ) = state
        self.past = None  # whoever judges with a memory does it in one process
        self._explain = None

    def __repr__(self) -> str:
        p = ", ".join(f"{name} {value:.3f}" for name, value in self.p.items())
        return f"<Verdict {self.label}{' unsure' if self.unsure else ''}: {p}>"

"""The terms of the two sums that led to a verdict."""

from __future__ import annotations

from typing import NamedTuple


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

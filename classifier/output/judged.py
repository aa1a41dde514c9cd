"""Verdicts of many messages side by side: one list or array a field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from classifier.output.safe import TEXT_LIMIT, bounded, encodable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.mail import Message
    from classifier.verdict import Clue, Verdict

LIKELIHOODS = ("important", "unimportant", "spam")
"""What the columns of `Judged.p` are the probabilities of."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of some messages of one mailbox, in its order, made safe to look at.

    Parameters
    ----------
    mailbox, key : list of (str or None)
        Where each message lies; None where it came from elsewhere.
    message_id, sender, subject : list of str
        Headers: decoded, on one line, without control characters, at most `TEXT_LIMIT` characters.
    date : list of (str or None)
        ISO 8601, UTC.
    label : list of str
        ``important``, ``unimportant`` or ``spam``.
    unsure, spared : list of bool
    p : ndarray of shape (n, 3), float64
        Probabilities of `LIKELIHOODS`.
    log_odds : ndarray of shape (n, 2), float64
        In nats: of spam; of importance, given that it is no spam.
    clues : list of list of dict, optional
        The weightiest clues of each, where they were asked for.
    """

    mailbox: list[str | None]
    key: list[str | None]
    message_id: list[str]
    date: list[str | None]
    sender: list[str]
    subject: list[str]
    label: list[str]
    unsure: list[bool]
    spared: list[bool]
    p: NDArray[np.float64]
    log_odds: NDArray[np.float64]
    clues: list[list[dict[str, Any]]] | None = None

    def __len__(self) -> int:
        return len(self.label)

    @classmethod
    def of(cls, verdicts: Sequence[Verdict], explain: int = 0) -> Judged:
        """Lay verdicts side by side.

        Parameters
        ----------
        verdicts : sequence of Verdict
        explain : int, default 0
            How many clues of each to keep, the weightiest first.

        Returns
        -------
        Judged
        """
        import numpy as np  # commands that only print help import this module, too

        told = [envelope(each.message) for each in verdicts]
        stored = [each.stored for each in verdicts]
        return cls(
            mailbox=[encodable(each.mailbox) if each else None for each in stored],
            key=[encodable(each.key) if each else None for each in stored],
            message_id=[each[0] for each in told],
            date=[each[1] for each in told],
            sender=[each[2] for each in told],
            subject=[each[3] for each in told],
            label=[each.label for each in verdicts],
            unsure=[bool(each.unsure) for each in verdicts],
            spared=[bool(each.spared) for each in verdicts],
            p=np.array([[each.p[name] for name in LIKELIHOODS] for each in verdicts]).reshape(-1, 3),
            log_odds=np.array([each.log_odds for each in verdicts], np.float64).reshape(-1, 2),
            clues=[[clue_record(clue) for clue in each.clues[:explain]] for each in verdicts]
            if explain
            else None,
        )


def envelope(message: Message) -> tuple[str, str | None, str, str]:
    """Say what names a message to a person.

    Parameters
    ----------
    message : Message

    Returns
    -------
    message_id : str
    date : str or None
    sender, subject : str
    """
    date = message.date
    return (
        bounded(message.message_id, TEXT_LIMIT),
        utc(date.seconds) if date else None,
        bounded(message.headers.get(b"from"), TEXT_LIMIT),
        bounded(message.subject, TEXT_LIMIT),
    )


def utc(seconds: float) -> str | None:
    """Write a moment as ISO 8601 in UTC.

    Parameters
    ----------
    seconds : float
        Since 1970.

    Returns
    -------
    str or None
        None for a time that no calendar here has.
    """
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()[:19] + "Z"
    except (ValueError, OverflowError, OSError):
        return None


def clue_record(clue: Clue) -> dict[str, Any]:
    """Lay a clue out as an object.

    Parameters
    ----------
    clue : Clue

    Returns
    -------
    dict
        name, value, weight and contribution (nats).
    """
    value = clue.value
    return {
        "name": bounded(clue.name, TEXT_LIMIT),
        "value": bounded(value, TEXT_LIMIT) if isinstance(value, str) else value,
        "weight": round(float(clue.weight), 6),
        "contribution": round(float(clue.contribution), 6),
    }

"""Verdicts of many messages side by side: one list or array a field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from classifier.output.envelope import Envelopes
from classifier.output.safe import TEXT_LIMIT, bounded, encodable
from classifier.verdict.cuts import probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.mailboxes import Stored
    from classifier.verdict import Clue, LogOdds, Verdict


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
        Probabilities of important, unimportant and spam: `LABELS`.
    log_odds : ndarray of shape (n, 2), float64
        In nats: of spam; of importance, given that it is no spam.
    clues : list of list of dict, optional
        The weightiest clues of each, where they were asked for.
    """

    __slots__ = (
        "clues",
        "date",
        "key",
        "label",
        "log_odds",
        "mailbox",
        "message_id",
        "p",
        "sender",
        "spared",
        "subject",
        "unsure",
    )

    def __init__(
        self,
        *,
        mailbox: list[str | None],
        key: list[str | None],
        message_id: list[str],
        date: list[str | None],
        sender: list[str],
        subject: list[str],
        label: list[str],
        unsure: list[bool],
        spared: list[bool],
        p: NDArray[np.float64],
        log_odds: NDArray[np.float64],
        clues: list[list[dict[str, Any]]] | None = None,
    ) -> None:
        self.mailbox, self.key, self.message_id, self.date = mailbox, key, message_id, date
        self.sender, self.subject = sender, subject
        self.label, self.unsure, self.spared = label, unsure, spared
        self.p, self.log_odds, self.clues = p, log_odds, clues

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
        return cls.laid_out(
            [each.stored for each in verdicts],
            Envelopes.of(each.message for each in verdicts),
            [each.log_odds for each in verdicts],
            [(each.label, each.unsure, each.spared) for each in verdicts],
            [[clue_record(clue) for clue in each.clues[:explain]] for each in verdicts] if explain else None,
        )

    @classmethod
    def laid_out(
        cls,
        stored: Sequence[Stored | None],
        envelopes: Envelopes,
        log_odds: Sequence[LogOdds],
        decided: Sequence[tuple[str, bool, bool]],
        clues: list[list[dict[str, Any]]] | None = None,
    ) -> Judged:
        """Lay out what is known of each message.

        Parameters
        ----------
        stored : sequence of (Stored or None)
        envelopes : Envelopes
        log_odds : sequence of LogOdds
        decided : sequence of (str, bool, bool)
            Label, whether unsure, whether spared.
        clues : list of list of dict, optional

        Returns
        -------
        Judged
        """
        import numpy as np  # commands that only print help import this module, too

        label, unsure, spared = [list(column) for column in zip(*decided, strict=True)] or [[], [], []]
        p = [probabilities(odds, spared=no_spam) for odds, no_spam in zip(log_odds, spared, strict=True)]
        return cls(
            mailbox=[encodable(each.mailbox) if each else None for each in stored],
            key=[encodable(each.key) if each else None for each in stored],
            message_id=envelopes.message_id,
            date=envelopes.date,
            sender=envelopes.sender,
            subject=envelopes.subject,
            label=label,
            unsure=unsure,
            spared=spared,
            p=np.array(p, np.float64).reshape(-1, 3),
            log_odds=np.array(log_odds, np.float64).reshape(-1, 2),
            clues=clues,
        )


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

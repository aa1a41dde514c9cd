"""The worst mistakes of a run, with the clues that led to them."""

from __future__ import annotations

import heapq
from typing import NamedTuple

from classifier.evaluate.feedback import agrees
from classifier.verdict import Clue, Verdict

KEPT = 20
"""Mistakes worth a look."""

CLUES = 6
"""Clues kept of each."""

TEXT_CHARS = 300
"""Characters kept of a header: a subject may be megabytes."""


class Mistake(NamedTuple):
    """A message that was judged wrong, and surely.

    Parameters
    ----------
    nats : float
        How far the log-odds are on the wrong side of even chances.
    position : int
        Of the message in the run.
    gold, label : str
        The human's and ours.
    mailbox, key : str
        What finds it again; empty where it came from nowhere.
    sender, subject : str
        From a stranger, as they are; at most `TEXT_CHARS` characters.
    question : str
        The one that was answered wrong: ``spam`` or ``importance``.
    clues : tuple of Clue
        Of that question, the strongest that spoke for the mistake.
    """

    nats: float
    position: int
    gold: str
    label: str
    mailbox: str
    key: str
    sender: str
    subject: str
    question: str
    clues: tuple[Clue, ...]


class Worst:
    """Keeps the worst mistakes of a stream, in bounded memory.

    Parameters
    ----------
    kept : int, default `KEPT`
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self._heap: list[Mistake] = []

    def offer(self, position: int, gold: str, verdict: Verdict) -> None:
        """Look at one verdict; its clues are asked for only if it is among the worst so far.

        Parameters
        ----------
        position : int
        gold : str
        verdict : Verdict
        """
        if agrees(gold, verdict.label) or self.kept < 1:
            return
        nats = _wrong_by(gold, verdict)
        if len(self._heap) < self.kept:
            heapq.heappush(self._heap, _mistake(nats, position, gold, verdict))
        elif nats > self._heap[0].nats:
            heapq.heapreplace(self._heap, _mistake(nats, position, gold, verdict))

    def mistakes(self) -> list[Mistake]:
        """Return what was kept, the worst first.

        Returns
        -------
        list of Mistake
        """
        return sorted(self._heap, key=lambda each: (-each.nats, each.position))


def _question(gold: str, verdict: Verdict) -> tuple[str, bool]:
    """Name the question that was answered wrong, and the right answer."""
    if "spam" in (gold, verdict.label):
        return "spam", gold == "spam"
    return "importance", gold == "important"


def _wrong_by(gold: str, verdict: Verdict) -> float:
    """How far the answer is on the wrong side, in nats."""
    question, yes = _question(gold, verdict)
    log_odds: float = getattr(verdict.log_odds, question)
    return -log_odds if yes else log_odds


def _mistake(nats: float, position: int, gold: str, verdict: Verdict) -> Mistake:
    """Keep the little that will be shown."""
    question, yes = _question(gold, verdict)
    clues = getattr(verdict.explanation, question).clues
    guilty = [clue for clue in clues if (clue.contribution < 0) == yes]
    stored, message = verdict.stored, verdict.message
    mailbox, key = (stored.mailbox, stored.key) if stored else ("", "")
    sender, subject = message.headers.get("from")[:TEXT_CHARS], message.subject[:TEXT_CHARS]
    return Mistake(
        nats,
        position,
        gold,
        verdict.label,
        mailbox,
        key,
        sender,
        subject,
        question,
        tuple(guilty[:CLUES]),
    )

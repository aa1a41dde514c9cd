"""What counts besides log-odds: how much was seen of each answer, and where a message was handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from classifier.learners import QUESTIONS
from classifier.learners.online import TEACHES
from classifier.verdict import Cuts, LogOdds

if TYPE_CHECKING:
    from classifier.signals import Facts


def cautious(cuts: Cuts, card: Mapping[str, Any], learned: Mapping[str, int]) -> Cuts:
    """Move the cuts of questions with hardly any examples out of reach.

    Parameters
    ----------
    cuts : Cuts
        The model's.
    card : mapping
        The model's; it tells how many examples it was trained on.
    learned : mapping of str to int
        How many messages were learned since, by label.

    Returns
    -------
    Cuts
        See :meth:`Cuts.cautious`.
    """
    counts = [trained_on(card, question) for question in QUESTIONS]
    for label, count in learned.items():
        for pair, answer in zip(counts, TEACHES[label], strict=True):
            if answer is not None:
                pair[1 - answer] += count
    (spam, ham), (important, unimportant) = counts
    return cuts.cautious((spam, ham), (important, unimportant))


def trained_on(card: Mapping[str, Any], question: str) -> list[int]:
    """Read how many examples of yes and of no a question was trained on.

    Parameters
    ----------
    card : mapping
        A model's.
    question : str
        Of `classifier.learners.QUESTIONS`.

    Returns
    -------
    list of int
        Two; 0 where the card does not say.
    """
    told = card.get("trained")
    told = told.get(question) if isinstance(told, dict) else None
    told = told if isinstance(told, dict) else {}
    found = [told.get(name) for name in ("positives", "negatives")]
    return [count if isinstance(count, int) else 0 for count in found]


def spared(log_odds: LogOdds, cuts: Cuts, facts: Facts, oldest: bytes | None = None) -> bool:
    """Tell whether a message that may be called spam, or doubted, is no spam because it is our own.

    A program on one of our hosts handed it in, and no other host touched it: cron, daemons, monitoring. A
    model that never saw such mail may well take alarms for spam, and nobody looks for them there. A forged
    field buys a stranger nothing: where the mail came from outside, our own border says so.

    Parameters
    ----------
    log_odds : LogOdds
    cuts : Cuts
    facts : Facts
        Only mail that comes to us is spared: what our hosts send out may be a stranger's doing.
    oldest : bytes, optional
        The oldest Received:, where it has been found already: most mail needs no more to be told.

    Returns
    -------
    bool
        False as well where spam is out of the question, so that the route of most mail is never read.
    """
    if log_odds.spam <= cuts.ham or facts.site.direction != "inbound":
        return False
    from classifier.mail.route import from_program, submitted_here  # what no signal asks for is not imported

    if oldest is not None and not from_program(oldest):
        return False
    return submitted_here(facts.message.headers, facts.site.trusted_hosts)

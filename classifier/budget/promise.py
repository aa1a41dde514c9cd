"""From a budget or a price, and the evidence in a card, to the cuts that keep to it.

What is *lost*:

spam
    Mail that is no spam is lost when it is called spam. All of it counts, important or not, for mail that is
    labelled ham may be important, and a folder of spam is read by nobody.
importance
    Important mail is lost when it is called unimportant or spam, without a doubt said. Under a budget the two
    are put together: what the spam cut takes is no longer there for the other cut to take.

Each promise is an exact one-sided 95 % bound (Clopper and Pearson) on the share of such mail that is lost,
for mail of the kind that was held out. The cut stands at the score of a rank that the number of messages and
the budget decide beforehand, so choosing it by the same scores spoils nothing: it is a distribution-free
tolerance limit (Wilks 1941, "Determination of sample sizes for setting tolerance limits"). What is assumed:
new mail is drawn like the mail held out, each message by itself; near-duplicates count once. Mail of kinds
that were not there in training keeps no promise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from classifier.budget.binomial import CONFIDENCE, allowed_errors, trials_needed, upper_bound
from classifier.budget.evidence import Evidence, Ladder
from classifier.budget.terms import Terms
from classifier.verdict import NEVER, Cuts


@dataclass(frozen=True, slots=True)
class Promise:
    """What can be said of the mail that one question loses.

    Parameters
    ----------
    question : str
        ``spam`` or ``importance``.
    messages : int
        How many that must not be lost were held out; near-duplicates may count as one.
    lost : int
        How many of them the cuts would have lost; rather too many than too few.
    at_most : float
        Upper 95 % bound of the share that is lost.
    kept : bool or None
        Whether it is within the budget; None where there was none.
    needed : int
        How many messages held out without a loss would be enough; 0 where there is no budget.
    """

    question: str
    messages: int
    lost: int
    at_most: float
    kept: bool | None
    needed: int

    def to_json(self) -> dict[str, Any]:
        """Return it for a card."""
        found = {"messages": self.messages, "lost": self.lost, "at_most": round(self.at_most, 8)}
        return found if self.kept is None else {**found, "kept": self.kept}


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of the terms.

    Parameters
    ----------
    terms : Terms
    cuts : Cuts
    promises : tuple of Promise
        One for each question with evidence; under a budget, for each question that was learned.
    """

    terms: Terms
    cuts: Cuts
    promises: tuple[Promise, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the promise for a card."""
        told = {promise.question: promise.to_json() for promise in self.promises}
        return {**self.terms.to_json(), "confidence": CONFIDENCE, **told}


def settle(terms: Terms, evidence: Evidence, cuts: Cuts) -> Settled:
    """Find the cuts that keep to the terms.

    Parameters
    ----------
    terms : Terms
    evidence : Evidence
    cuts : Cuts
        Those of the model, kept where the terms say nothing.

    Returns
    -------
    Settled
        Under a budget, a question whose mail cannot prove it gives nothing up: its cut is out of reach, and
        what it would have taken is unsure. With a price the cuts are those of the least expected cost, each
        question taken by itself: to call mail spam, or unimportant, costs LOST where that is wrong and saves
        READ where it is right. What is lost then is bounded, and not promised.
    """
    if terms.max_lost is not None:
        return Settled(terms, *_within(float(terms.max_lost), evidence, cuts))
    if terms.cost is not None:
        cuts = _at(cuts, terms.nats, -terms.nats)
    return Settled(terms, cuts, tuple(_told(evidence, cuts, 0.0)))


def _within(budget: float, evidence: Evidence, cuts: Cuts) -> tuple[Cuts, tuple[Promise, ...]]:
    """Give away as much as the budget allows, and no more than even chances."""
    ham = evidence.get("spam", "ham")
    important = evidence.get("importance", "important")
    among_spam = evidence.get("spam", "important")
    spam = _cut(ham, allowed_errors(ham.messages, budget))
    allowed = allowed_errors(important.messages, budget)
    if allowed >= 0 and among_spam.messages == important.messages:
        spam = max(spam, _cut(among_spam, allowed))
    unimportant = -_cut(important, allowed - _taken(evidence, spam))
    cuts = _at(cuts, max(spam, 0.0), min(unimportant, 0.0))
    return cuts, tuple(_told(evidence, cuts, budget))


def _taken(evidence: Evidence, spam: float) -> int:
    """Count the important mail that a spam cut takes; where not all of it was asked, by that of which it was.

    Where none of it was, it counts as likely to be taken as all mail that is no spam.
    """
    important = evidence.get("importance", "important").messages
    for kind in ("important", "ham"):
        asked = evidence.get("spam", kind)
        if asked.messages:
            return min(important, math.ceil(asked.beyond(_below(spam)) * important / asked.messages))
    return 0


def _cut(ladder: Ladder, allowed: int) -> float:
    """Return the least log-odds of the wrong answer that no more than so many reach."""
    if allowed < 0 or not ladder.messages:
        return NEVER
    return math.nextafter(ladder.risk_at(allowed + 1), math.inf)


def _below(cut: float) -> float:
    """Return the greatest log-odds that a cut lets pass."""
    return math.nextafter(cut, -math.inf)


def _at(cuts: Cuts, spam: float, unimportant: float) -> Cuts:
    """Move both cuts; what is not surely unimportant is called important, and unsure until it surely is."""
    return cuts._replace(spam=spam, ham=min(cuts.ham, spam), importance=unimportant, unimportant=unimportant)


def _told(evidence: Evidence, cuts: Cuts, budget: float) -> list[Promise]:
    """Bound what both questions lose at some cuts; budget 0 is none."""
    ham = evidence.get("spam", "ham")
    important = evidence.get("importance", "important")
    spam_cut, unimportant_cut = _below(cuts.spam), -min(cuts.unimportant, cuts.importance)
    lost = important.beyond(unimportant_cut) + _taken(evidence, cuts.spam)
    found = [
        _promise("spam", ham.messages, ham.beyond(spam_cut), budget),
        _promise("importance", important.messages, min(lost, important.messages), budget),
    ]
    return [promise for promise in found if promise.messages]


def _promise(question: str, messages: int, lost: int, budget: float) -> Promise:
    bound = upper_bound(lost, messages) if messages else 1.0
    kept = bound <= budget if budget else None
    return Promise(question, messages, lost, bound, kept, trials_needed(budget) if budget else 0)

"""A promise and its evidence in words, for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from classifier.budget.binomial import upper_bound
from classifier.budget.evidence import Evidence, Ladder
from classifier.budget.promise import Promise, Settled, settle
from classifier.budget.terms import Terms
from classifier.errors import ModelFormatError
from classifier.verdict import NEVER, Cuts, probability

PROTECTED = {"spam": "mail that is no spam", "importance": "important mail"}
LOST_AS = {"spam": "called spam", "importance": "called unimportant or spam, no doubt said"}
GIVEN_UP = {"spam": "spam", "importance": "unimportant"}

TRIED = ("1/10", "1/20", "1/50", "1/100", "1/300", "1/1000")
"""Budgets shown for a model."""


def one_in(rate: float) -> str:
    """Write a rate as a person says it, never smaller than it is.

    Parameters
    ----------
    rate : float
        Over 0, at most 1.

    Returns
    -------
    str
        ``1/816``; from a tenth on in per cent.
    """
    return f"1/{math.floor(1 / rate)}" if rate < 0.1 else f"{math.ceil(100 * rate)} %"


def broken(settled: Settled) -> Iterator[str]:
    """Say which budgets cannot be promised, and what that means.

    Parameters
    ----------
    settled : Settled

    Yields
    ------
    str
        A sentence for each; none where all is promised.
    """
    if settled.terms.max_lost is None:
        return
    budget = settled.terms.to_json()["max_lost"]
    if not settled.promises:
        yield (
            f"a loss of at most {budget} cannot be promised: the model's card has no evidence; nothing is "
            "called spam or unimportant"
        )
    for promise in settled.promises:
        if not promise.kept:
            yield (
                f"a loss of at most {budget} of {PROTECTED[promise.question]} cannot be promised: "
                f"{_why(promise)}; nothing is called {GIVEN_UP[promise.question]}"
            )


def _why(promise: Promise) -> str:
    """Say what the evidence lacks."""
    if promise.lost:
        return f"of {promise.messages} held out, {promise.lost} are lost to spam already"
    return (
        f"{promise.messages} held out without a loss promise {one_in(upper_bound(0, promise.messages))}, "
        f"it takes {promise.needed}"
    )


def promised(card: Mapping[str, Any], cuts: Cuts) -> Iterator[str]:
    """Repeat what was promised in training.

    Parameters
    ----------
    card : mapping
    cuts : Cuts
        The model's own.

    Yields
    ------
    str
        A sentence for each question; one that says so where nothing was promised.

    Raises
    ------
    ModelFormatError
        If the card's evidence is damaged.
    """
    said = card.get("promise")
    said = said if isinstance(said, dict) else {}
    try:
        terms = Terms.parse(said.get("max_lost"), said.get("cost"))
    except (TypeError, ValueError, AttributeError):
        raise ModelFormatError("its promise is damaged") from None
    if terms.max_lost is None:
        costs = f"; its cuts have the least expected cost at {said['cost']} (lost : read)" if terms else ""
        yield f"no promise{costs or ': no budget was given in training'}"
        return
    for told in settle(Terms(), Evidence.from_json(card.get("evidence")), cuts).promises:
        kept = told.at_most <= terms.max_lost
        what = f"at most {said['max_lost']}" if kept else "this budget promises nothing, so none"
        where = LOST_AS[told.question] if kept else f"called {GIVEN_UP[told.question]}"
        yield f"of {PROTECTED[told.question]} {what} is {where} (95 % confidence)"


def describe(card: Mapping[str, Any], cuts: Cuts) -> Iterator[tuple[str, bool]]:
    """Tell what a model promises, what it loses and finds at its cuts, and at which other budgets.

    Parameters
    ----------
    card : mapping
    cuts : Cuts
        The model's own.

    Yields
    ------
    (str, bool)
        A line, and whether it is a heading.

    Raises
    ------
    ModelFormatError
        If the card's evidence is damaged.
    """
    evidence = Evidence.from_json(card.get("evidence"))
    yield "Promise", True
    yield from ((f"  {line}", False) for line in promised(card, cuts))
    yield "", False
    yield "Cuts (in brackets: nats of log-odds)", True
    yield _cut("spam", "from", cuts.spam), False
    yield _cut("unimportant without doubt", "below", min(cuts.unimportant, cuts.importance)), False
    yield _cut("important without doubt", "from", cuts.important), False
    yield "", False
    yield "Evidence", True
    told = settle(Terms(), evidence, cuts).promises
    if not told:
        yield "  none: what it loses is not known, and no budget can be promised", False
        return
    yield from ((f"  {held_out_loss(promise)}", False) for promise in told)
    yield "", False
    yield "Budgets it can promise", True
    yield from ((line, False) for line in _table(evidence, cuts))


def _cut(what: str, side: str, cut: float) -> str:
    return f"  nothing is {what}" if abs(cut) >= NEVER else f"  {what} {side} {_place(cut)}"


def _place(cut: float) -> str:
    """Write a cut as a probability; where that is all but certain, as odds."""
    if abs(cut) < math.log(99):
        return f"{probability(cut):.0%} ({cut:+.2f})"
    odds = f"{math.exp(min(abs(cut), 30)):,.0f}"
    return f"{f'{odds} : 1' if cut > 0 else f'1 : {odds}'} ({cut:+.2f})"


def held_out_loss(promise: Promise) -> str:
    """Say what is lost of the mail held out.

    Parameters
    ----------
    promise : Promise

    Returns
    -------
    str
    """
    return (
        f"{PROTECTED[promise.question]}: of {promise.messages} held out (copies once), {promise.lost} "
        f"{'is' if promise.lost == 1 else 'are'} {LOST_AS[promise.question]}; that is at most "
        f"{one_in(promise.at_most)} (95 % confidence)"
    )


def _table(evidence: Evidence, cuts: Cuts) -> Iterator[str]:
    """Show what other budgets would leave to be put away."""
    yield f"  {'--max-lost':10}  {'spam from':20}  {'spam found':10}  {'unimportant below':20}  put away"
    spam, away = evidence.get("spam", "spam"), evidence.get("importance", "unimportant")
    for share in TRIED:
        settled = settle(Terms.parse(share), evidence, cuts)
        short = {told.question: not told.kept for told in settled.promises}
        cells = [
            *_column(spam, settled.cuts.spam, -1, short.get("spam")),
            *_column(away, settled.cuts.unimportant, 1, short.get("importance")),
        ]
        yield f"  {share:10}  {cells[0]:20}  {cells[1]:10}  {cells[2]:20}  {cells[3]}".rstrip()


def _column(ladder: Ladder, cut: float, sign: int, short: bool | None) -> tuple[str, str]:
    """Say where one cut would stand, and which part of the mail it would take."""
    if short is None or not ladder.messages:
        return "not learned", ""
    if short:
        return "not promised", ""
    found = 1 - ladder.beyond(sign * cut) / ladder.messages
    return _place(cut), f"{math.floor(1000 * found) / 10:.1f} %"

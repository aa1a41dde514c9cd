"""Verdicts: probabilities that add up, doubt that is said, clues that are the log-odds."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Classifier
from classifier.errors import ModelFormatError
from classifier.mail import Message
from classifier.verdict import LABELS, Cuts, LogOdds, Verdict, probability

MAIL = Message(b"Subject: x\n\ny")
SOUP = [
    b"Subject: ",
    b"From: ",
    b"\n",
    b"\n\n",
    b"meeting",
    b"cheap pills",
    b" ",
    b"backup failed",
    b"\xff\0",
    b"<a href=x>",
]
soup = st.lists(st.one_of(st.sampled_from(SOUP), st.binary(max_size=8)), max_size=30).map(b"".join)
odds = st.floats(allow_nan=False)


@given(odds, odds)
def test_three_probabilities_add_up_and_spam_is_never_important(spam: float, importance: float) -> None:
    verdict = Verdict(LogOdds(spam, importance), Cuts(), MAIL)
    assert tuple(sorted(verdict.p)) == tuple(sorted(LABELS))
    assert math.isclose(sum(verdict.p.values()), 1, abs_tol=1e-12)
    assert all(0 <= p <= 1 for p in verdict.p.values())
    assert verdict.p["spam"] + verdict.p["important"] <= 1 + 1e-12
    assert verdict.label in LABELS
    if verdict.label == "spam":
        assert verdict.p["spam"] >= 0.95 - 1e-12
        assert verdict.p["important"] <= 0.05 + 1e-12


@given(odds, odds)
def test_more_spam_odds_never_make_less_spam(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert probability(low) <= probability(high)
    order = [Verdict(LogOdds(each, 0), Cuts(), MAIL).label == "spam" for each in (low, high)]
    assert order != [True, False]


@pytest.mark.parametrize(
    ("spam", "importance", "label", "unsure"),
    [
        (0, 0, "important", True),
        (-5, 5, "important", False),
        (-5, -5, "unimportant", False),
        (-5, 0.5, "important", True),
        (-5, -0.5, "unimportant", True),
        (-2, 5, "important", True),
        (2.9, 5, "important", True),
        (math.log(19), 5, "spam", False),
        (50, 50, "spam", False),
        (math.inf, -math.inf, "spam", False),
        (-math.inf, math.inf, "important", False),
    ],
)
def test_the_cuts_decide(spam: float, importance: float, label: str, unsure: bool) -> None:
    assert Cuts().decide(LogOdds(spam, importance)) == (label, unsure)


def test_cuts_come_from_the_card_and_a_wide_margin_makes_unsure() -> None:
    cuts = Cuts.from_json({"spam": 9, "spam_margin": 12, "importance": 2})
    assert cuts.decide(LogOdds(8, 3.5)) == ("important", True)
    assert cuts.decide(LogOdds(10, 3.5)) == ("spam", True)
    assert Cuts.from_json({}) == Cuts()


@pytest.mark.parametrize("name", Cuts.__dataclass_fields__)
@pytest.mark.parametrize("value", [math.nan, math.inf, "many", None, []])
def test_cuts_that_are_no_numbers_are_refused(name: str, value: object) -> None:
    with pytest.raises(ModelFormatError, match="thresholds"):
        Cuts.from_json({name: value})


def test_unknown_cuts_are_refused() -> None:
    with pytest.raises(ModelFormatError, match="thresholds"):
        Cuts.from_json({"colour": 1.0})


def test_a_verdict_travels_without_its_classifier() -> None:
    here = Classifier().classify(b"Subject: x\n\ny")
    there = pickle.loads(pickle.dumps(here))
    assert (there.log_odds, there.label, there.unsure, there.p) == (
        here.log_odds,
        here.label,
        here.unsure,
        here.p,
    )
    assert there.message.raw == here.message.raw
    assert there.clues == ()


@pytest.fixture(scope="module")
def taught(tiny_model: Path) -> Classifier:
    """A trained classifier with corrections on top."""
    classifier = Classifier.load(tiny_model)
    for raw, label in ((b"Subject: cheap meeting\n\npills", "important"), (b"backup failed", "spam")):
        assert classifier.learn(raw, label)
    return classifier


@settings(max_examples=60, deadline=None)
@given(soup)
def test_clues_and_bias_are_the_log_odds(taught: Classifier, raw: bytes) -> None:
    verdict = taught.classify(raw)
    for reasons, log_odds in zip(verdict.explanation, verdict.log_odds, strict=True):
        terms = [clue.contribution for clue in reasons.clues]
        assert math.isclose(math.fsum(terms) + reasons.bias, log_odds, abs_tol=1e-9)
        assert all(terms)
        assert [abs(term) for term in terms] == sorted(map(abs, terms), reverse=True)
        assert len({clue[:2] for clue in reasons.clues}) == len(terms)


def test_the_deciding_question_gives_its_reasons(taught: Classifier) -> None:
    verdicts = [taught.classify(b"Subject: %s\n\n%s" % (word, word)) for word in (b"cheap pills", b"meeting")]
    for verdict in verdicts:
        reasons = getattr(verdict.explanation, verdict.question)
        assert (verdict.clues, verdict.bias) == (reasons.clues, reasons.bias)
        assert (verdict.question == "spam") == (verdict.label == "spam")


def test_corrections_are_among_the_clues(tiny_model: Path) -> None:
    classifier = Classifier.load(tiny_model)
    raw = b"Subject: zyzzyva\n\n"
    before = {clue[:2]: clue.contribution for clue in classifier.classify(raw).explanation.spam.clues}
    classifier.learn(raw, "spam")
    after = {clue[:2]: clue.contribution for clue in classifier.classify(raw).explanation.spam.clues}
    assert after["header.subject", "zyzzyva"] > before.get(("header.subject", "zyzzyva"), 0.0)

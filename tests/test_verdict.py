"""Verdicts: probabilities that add up, doubt that is said, clues that are the log-odds."""

from __future__ import annotations

import math
import pickle
from itertools import combinations
from pathlib import Path

import pytest
from cli_mail import mixed
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Classifier
from classifier.errors import ModelFormatError
from classifier.mail import Message
from classifier.verdict import (
    LABELS,
    NEVER,
    Clue,
    Cuts,
    Explanation,
    LogOdds,
    Reasons,
    Verdict,
    probability,
)
from classifier.verdict.telling import telling

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
cuts_of_any_kind = st.builds(Cuts, *[st.floats(-20, 20)] * 5)


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


@given(cuts_of_any_kind, odds, odds)
def test_what_is_spared_is_never_spam_and_its_probabilities_agree(
    cuts: Cuts, spam: float, importance: float
) -> None:
    verdict = Verdict(LogOdds(spam, importance), cuts, MAIL, spared=True)
    assert verdict.label != "spam"
    assert verdict.p["spam"] == 0
    assert math.isclose(sum(verdict.p.values()), 1, abs_tol=1e-12)
    assert verdict.log_odds.spam == spam


@given(cuts_of_any_kind, odds, odds)
def test_an_unsure_message_is_never_in_the_spam(cuts: Cuts, spam: float, importance: float) -> None:
    label, unsure = cuts.decide(LogOdds(spam, importance))
    assert not (label == "spam" and unsure)
    assert unsure or label != "important" or spam <= cuts.ham


@pytest.mark.parametrize(
    ("spam", "importance", "label", "unsure"),
    [
        (0, 0, "important", True),
        (-5, 5, "important", False),
        (-5, -5, "unimportant", False),
        (-5, -2.9, "unimportant", True),
        (-5, 0.5, "important", True),
        (-5, -0.5, "important", True),
        (-5, -1.7, "unimportant", True),
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


def test_cuts_come_from_the_card_and_between_them_is_doubt() -> None:
    cuts = Cuts.from_json({"spam": 9, "ham": -12, "important": 4, "importance": 2, "unimportant": 1})
    assert cuts.decide(LogOdds(8, 5)) == ("important", True)
    assert cuts.decide(LogOdds(10, 5)) == ("spam", False)
    assert cuts.decide(LogOdds(-12, 5)) == ("important", False)
    assert cuts.decide(LogOdds(-12, 3.5)) == ("important", True)
    assert cuts.decide(LogOdds(-12, 1.5)) == ("unimportant", True)
    assert cuts.decide(LogOdds(8, 0.5)) == ("unimportant", False)
    assert Cuts.from_json({}) == Cuts()


def test_margins_of_old_cards_are_read_as_edges() -> None:
    margins = {"spam": 3.0, "spam_margin": 4.0, "importance": -1.0, "importance_margin": 0.5}
    assert Cuts.from_json(margins) == Cuts(spam=4, ham=-4, important=-0.5, importance=-1, unimportant=-1.5)


@pytest.mark.parametrize("name", Cuts._fields)
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


def brute_force(clues: dict[str, tuple[float, float]], verdict: Verdict) -> int | None:
    """Try every set of clues, the smallest first."""
    for size in range(len(clues) + 1):
        for gone in combinations(clues.values(), size):
            left = [have - sum(each[at] for each in gone) for at, have in enumerate(verdict.log_odds)]
            if verdict.cuts.decide(LogOdds(*left), spared=verdict.spared)[0] != verdict.label:
                return size
    return None


quarters = st.integers(-12, 12).map(lambda n: n / 4)  # exact in binary, so that sums are


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(quarters, quarters), max_size=7),
    quarters,
    quarters,
    st.sampled_from([Cuts(), Cuts(spam=1.5, importance=-2.25, unimportant=-2.25), Cuts(spam=NEVER)]),
    st.booleans(),
)
def test_the_counterfactual_is_the_smallest_set(
    terms: list[tuple[float, float]], spam: float, importance: float, cuts: Cuts, spared: bool
) -> None:
    clues = {str(at): pair for at, pair in enumerate(terms)}
    log_odds = LogOdds(spam + sum(a for a, _ in terms), importance + sum(b for _, b in terms))
    reasons = [
        Reasons(
            tuple(
                sorted(
                    (Clue(name, "", pair[at], pair[at]) for name, pair in clues.items() if pair[at]),
                    key=lambda clue: -abs(clue.contribution),
                )
            ),
            bias,
        )
        for at, bias in enumerate((spam, importance))
    ]
    verdict = Verdict(log_odds, cuts, MAIL, explain=lambda _: Explanation(*reasons), spared=spared)
    turn = verdict.counterfactual
    assert (len(turn.clues) if turn else None) == brute_force(clues, verdict)
    if turn:
        left = [have - sum(clues[clue.name][at] for clue in turn.clues) for at, have in enumerate(log_odds)]
        assert tuple(left) == turn.log_odds
        assert cuts.decide(LogOdds(*left), spared=spared)[0] == turn.label != verdict.label


def test_the_counterfactual_of_real_mail_turns_the_label(taught: Classifier) -> None:
    turned = 0
    for raw in mixed(2):
        verdict = taught.classify(raw)
        turn = verdict.counterfactual
        if turn is None:
            continue
        turned += 1
        assert taught.cuts.decide(turn.log_odds)[0] == turn.label != verdict.label
        reasons = getattr(verdict.explanation, turn.question)
        assert set(turn.clues) <= set(reasons.clues)
        assert len({clue.contribution > 0 for clue in turn.clues}) == 1
    assert turned


def test_without_clues_nothing_turns_the_label() -> None:
    assert Verdict(LogOdds(0, 0), Cuts(), MAIL).counterfactual is None


def test_the_clues_that_are_named_are_words_that_say_something_each_once() -> None:
    clues = [
        Clue("sender.is_me", "no", 0.3, 0.3),
        Clue("body", "the", 0.9, 0.9),
        Clue("body", "error", 0.2, 0.2),
        Clue("text", "ERROR:", 0.19, 0.19),
        Clue("body", "100", 0.18, 0.18),
        Clue("recipients.me", "to", 1.0, 1.0),
        Clue("text", "/dev/sdb", 0.16, 0.16),
        Clue("sender.is_me", "no", 0.14, 0.14),
        Clue("header.subject", "磁盘", 0.13, 0.13),
        Clue("text", "mime-version:content-type;", 0.5, 0.5),  # how headers are written
        Clue("text", "Subject:", 0.4, 0.4),
        Clue("body", "Subject:", 0.12, 0.12),  # somebody wrote of one
    ]
    named = [(clue.name, clue.value) for clue in telling(clues, 9)]
    assert named == [
        ("recipients.me", "to"),
        ("body", "error"),
        ("text", "/dev/sdb"),
        ("sender.is_me", "no"),
        ("header.subject", "磁盘"),
        ("body", "Subject:"),
    ]
    assert telling(clues, 1) == [clues[5]]
    assert telling([], 3) == telling(clues[1:2], 3) == []

"""Loss budgets: the bound is exact, the evidence suffices, the promise holds; too narrow ones are caught."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from classifier.budget import (
    Evidence,
    Ladder,
    Terms,
    allowed_errors,
    clopper_pearson,
    settle,
    trials_needed,
    upper_bound,
)
from classifier.budget.words import broken, describe, one_in, promised
from classifier.errors import ModelFormatError
from classifier.verdict import NEVER, Cuts, LogOdds, probability

counts = st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.95, 0.999]))
def test_the_bound_is_the_quantile_of_the_beta_distribution(
    count: tuple[int, int], confidence: float
) -> None:
    errors, trials = count
    expected = beta.ppf(confidence, errors + 1, trials - errors)
    assert upper_bound(errors, trials, confidence) == pytest.approx(expected, rel=1e-9)


@given(st.floats(0, 1), st.floats(0.5, 1e6))
def test_counts_need_not_be_whole(part: float, trials: float) -> None:
    errors = part * trials
    low, high = clopper_pearson(errors, trials)
    assert 0 <= low <= part + 1e-12
    assert part - 1e-12 <= high <= 1
    if 1e-3 < errors < trials - 1e-3:
        assert low == pytest.approx(beta.ppf(0.025, errors, trials - errors + 1), rel=1e-6, abs=1e-12)
        assert high == pytest.approx(beta.ppf(0.975, errors + 1, trials - errors), rel=1e-6)


def test_without_errors_the_bound_is_known_in_closed_form() -> None:
    for trials in (1, 10, 2995, 10**6):
        assert upper_bound(0, trials) == pytest.approx(1 - 0.05 ** (1 / trials), rel=1e-9)
    assert clopper_pearson(0, 0) == (0, 1)
    assert clopper_pearson(0, 9)[0] == 0
    assert clopper_pearson(9, 9)[1] == 1


@pytest.mark.parametrize("count", [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(count: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="errors in 5 trials"):
        upper_bound(*count)


def least_coverage(bound: Callable[[int, int], float]) -> float:
    """How often a 95 % bound really holds, where it holds least; computed, not drawn."""
    found = []
    for trials in (20, 150, 400):
        bounds = np.array([bound(errors, trials) for errors in range(trials + 1)])
        found += [
            float(binom.pmf(np.arange(trials + 1), trials, rate) @ (bounds >= rate))
            for rate in (0.002, 0.01, 0.0314, 0.1, 0.4)
        ]
    return min(found)


def wald(errors: int, trials: int) -> float:
    share = errors / trials
    return share + 1.645 * math.sqrt(share * (1 - share) / trials)


def narrow(errors: int, trials: int) -> float:
    return upper_bound(errors, trials, 0.9)


def test_the_bound_holds_as_often_as_it_says() -> None:
    assert least_coverage(upper_bound) >= 0.95


@pytest.mark.parametrize("villain", [wald, narrow, lambda errors, trials: errors / trials])
def test_bounds_that_are_too_narrow_are_caught(villain: Callable[[int, int], float]) -> None:
    assert least_coverage(villain) < 0.95


@given(st.integers(0, 30_000), st.floats(1e-5, 0.5))
def test_so_many_errors_are_allowed_and_not_one_more(trials: int, rate: float) -> None:
    allowed = allowed_errors(trials, rate)
    assert allowed < max(trials, 1)
    if allowed >= 0:
        assert upper_bound(allowed, trials) <= rate * (1 + 1e-9)
    if trials:
        assert upper_bound(allowed + 1, trials) > rate * (1 - 1e-9)


def test_how_many_it_takes() -> None:
    assert trials_needed(1 / 1000) == 2995
    for rate in (0.5, 0.01, 1 / 3000):
        needed = trials_needed(rate)
        assert allowed_errors(needed, rate) == 0
        assert allowed_errors(needed - 1, rate) == -1


@pytest.mark.parametrize("text", ["1/1000", "0.001", "0.1%", " .1 % ", "2/2000"])
def test_a_share_may_be_written_in_several_ways(text: str) -> None:
    terms = Terms.parse(text)
    assert terms.max_lost == Fraction(1, 1000)
    assert Terms.parse(**terms.to_json()) == terms


@pytest.mark.parametrize(
    "text",
    ["", "0", "1/0", "0/5", "1", "51%", "-1%", "1e-3", "1/1000/2", "some", "nan", "1" * 40, "²", "١/٩"],
)
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"share|between"):
        Terms.parse(text)


@pytest.mark.parametrize("text", ["", "100", "0:1", "1:0", "a:b", "1:100", "5:1:1", "inf:1"])
def test_what_is_no_ratio_of_costs_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"costs|cheaper"):
        Terms.parse(cost=text)


def test_costs_are_a_ratio_and_exclude_a_budget() -> None:
    assert Terms.parse(cost="50:0.5").cost == 100
    assert Terms.parse(cost="100:1").to_json() == {"cost": "100:1"}
    assert not Terms.parse()
    with pytest.raises(ValueError, match="exclude"):
        Terms.parse("1/100", "9:1")


risks = st.lists(st.floats(-60, 60), max_size=400).map(np.array)


@given(risks, st.integers(1, 450), st.floats(-60, 60))
def test_a_ladder_errs_on_the_safe_side_only(values: np.ndarray, rank: int, cut: float) -> None:
    ladder = Ladder.from_json(json.loads(json.dumps(Ladder.of(values).to_json())))
    assert ladder.messages == len(values)
    ordered = np.sort(values)[::-1]
    assert ladder.risk_at(rank) >= (
        ordered[rank - 1] if rank <= len(values) else ordered.min(initial=math.inf)
    )
    assert ladder.beyond(cut) >= (values > cut).sum()
    if rank <= min(40, len(values)):
        assert ladder.risk_at(rank) <= ordered[rank - 1] + 0.001 + 1e-9


def test_a_ladder_stays_short() -> None:
    assert len(Ladder.of(np.random.default_rng(0).normal(size=1_000_000)).ranks) < 200


@pytest.mark.parametrize(
    "card",
    [
        None,
        [],
        {},
        {"messages": 1, "ranks": [1], "risks": []},
        {"messages": 2, "ranks": [1], "risks": [0.5]},
        {"messages": 2, "ranks": [2, 1], "risks": [0.5, 0.4]},
        {"messages": 2, "ranks": [1, 2], "risks": [0.4, 0.5]},
        {"messages": 1, "ranks": [1], "risks": [math.nan]},
        {"messages": 1, "ranks": [1], "risks": ["x"]},
        {"messages": 1.5, "ranks": [1], "risks": [1]},
        {"messages": True, "ranks": [True], "risks": [1]},
    ],
)
def test_damaged_evidence_is_refused(card: object) -> None:
    with pytest.raises(ModelFormatError, match="evidence"):
        Evidence.from_json({"spam": {"ham": card}})
    with pytest.raises(ModelFormatError, match="evidence"):
        Evidence.from_json(7)


def drawn(random: np.random.Generator, counts: dict[str, int]) -> tuple[list[str], np.ndarray]:
    """Labels and both log-odds of made-up mail; what looks like spam looks unimportant, too."""
    centres = {"spam": (6, -3), "ham": (-6, 0), "important": (-6, 4), "unimportant": (-5, -4)}
    labels = [label for label, count in counts.items() for _ in range(count)]
    shared = random.normal(size=len(labels))
    odds = np.array([centres[label] for label in labels], float)
    odds += 2.5 * random.normal(size=odds.shape) + 1.5 * np.stack([shared, -shared], axis=1)
    return labels, odds


def evidence(labels: list[str], odds: np.ndarray) -> Evidence:
    named = np.array(labels)
    known = np.flatnonzero(np.isin(named, ["important", "unimportant"]))
    every = np.arange(len(named))
    held_out = {"importance": (known, odds[known, 1])}
    if "spam" in labels:
        held_out["spam"] = (every, odds[:, 0])
    return Evidence.of(labels, held_out)


def lost(cuts: Cuts, odds: np.ndarray) -> float:
    """The share that would be put away for certain."""
    spam, unimportant = odds[:, 0] >= cuts.spam, odds[:, 1] < min(cuts.unimportant, cuts.importance)
    return float(np.mean(spam | unimportant))


def test_lost_is_what_the_decision_puts_away_for_certain() -> None:
    _, odds = drawn(np.random.default_rng(0), {"important": 500, "unimportant": 500})
    for cuts in (Cuts(), Cuts(spam=2, importance=-3, unimportant=-3), Cuts(importance=-1, unimportant=1)):
        said = [cuts.decide(LogOdds(*pair)) for pair in odds.tolist()]
        assert lost(cuts, odds) == np.mean([label != "important" and not unsure for label, unsure in said])


def broken_promises(choose: Callable[[Evidence, float], Cuts], budget: float) -> float:
    """How often cuts chosen on some mail lose more than the budget of endless mail of the same kind."""
    random = np.random.default_rng(7)
    _, endless = drawn(random, {"important": 20_000})
    failures = 0
    for _ in range(120):
        labels, odds = drawn(random, {"spam": 200, "unimportant": 400, "important": 500})
        failures += lost(choose(evidence(labels, odds), budget), endless) > budget
    return failures / 120


def honest(known: Evidence, budget: float) -> Cuts:
    return settle(Terms.parse(str(budget)), known, Cuts()).cuts


def greedy(known: Evidence, budget: float) -> Cuts:
    """Lose as large a share of what was held out as the budget allows: half of the time it is more."""
    important = known.get("importance", "important")
    cut = -important.risk_at(int(budget * important.messages) + 1)
    return Cuts(importance=cut, unimportant=cut)


def test_promises_are_kept_as_often_as_they_say() -> None:
    assert broken_promises(honest, 0.05) <= 0.05 + 0.04  # 120 draws: three standard errors


def test_a_cut_by_the_share_that_was_lost_is_caught() -> None:
    assert broken_promises(greedy, 0.05) > 0.2


def test_what_spam_takes_is_not_there_for_unimportant_to_take() -> None:
    labels, odds = drawn(np.random.default_rng(1), {"spam": 100, "unimportant": 400, "important": 400})
    named = np.array(labels)
    odds[np.flatnonzero(named == "important")[:5], 0] = 30.0
    budget = Terms.parse("5%")
    calm, alarmed = (
        settle(budget, evidence(labels, each), Cuts()) for each in (odds * [0, 1] - [9, 0], odds)
    )
    assert alarmed.cuts.unimportant < calm.cuts.unimportant
    for settled in (calm, alarmed):
        told = {promise.question: promise for promise in settled.promises}
        assert told["importance"].kept
        assert told["importance"].at_most <= 0.05


def test_important_mail_that_was_not_asked_about_spam_is_lost_to_it_like_other_mail() -> None:
    """The two questions may be learned from different mail, as those of the starter model are."""
    ham, important = np.linspace(-9, -3, 1000), np.linspace(4, 9, 500)
    ham[:20] = 30.0
    labels = ["ham"] * 1000 + ["important"] * 500 + ["spam"]
    odds = np.concatenate([ham, np.zeros(500), [9.0]])
    every, asked = np.arange(1501), np.arange(1000, 1500)
    elsewhere = np.append(np.arange(1000), 1500)
    held_out = {"importance": (asked, important), "spam": (elsewhere, odds[elsewhere])}
    (_, told) = settle(Terms(), Evidence.of(labels, held_out), Cuts()).promises
    assert (told.question, told.messages, told.lost) == ("importance", 500, 10)
    odds[1000:1005] = 30.0
    held_out["spam"] = (every[:1400], odds[:1400])
    (_, told) = settle(Terms(), Evidence.of(labels, held_out), Cuts()).promises
    assert (told.messages, told.lost) == (500, 7)


@pytest.mark.parametrize(("ham", "kept"), [(2994, False), (2995, True)])
def test_too_little_mail_promises_nothing_and_gives_nothing_up(ham: int, kept: bool) -> None:
    odds = np.concatenate([np.linspace(-9, -3, ham), np.linspace(3, 9, 50)])
    found = Evidence.of(["ham"] * ham + ["spam"] * 50, {"spam": (np.arange(ham + 50), odds)})
    settled = settle(Terms.parse("1/1000"), found, Cuts())
    assert (settled.cuts.spam == 0) == kept
    assert (settled.cuts.spam == NEVER) != kept
    assert settled.cuts.unimportant == -NEVER
    assert [promise.kept for promise in settled.promises] == [kept]
    said = list(broken(settled))
    if kept:
        assert not said
    else:
        (words,) = said
        assert "2994 held out without a loss promise 1/999, it takes 2995; nothing is called spam" in words
    assert settled.cuts.decide(LogOdds(50, 50)) == (("spam", False) if kept else ("important", True))


def test_a_generous_budget_is_not_spent_for_its_own_sake() -> None:
    labels, odds = drawn(np.random.default_rng(2), {"spam": 300, "unimportant": 300, "important": 300})
    cuts = settle(Terms.parse("50%"), evidence(labels, odds), Cuts()).cuts
    assert cuts.spam >= 0
    assert cuts.unimportant <= 0


def test_no_evidence_no_promise() -> None:
    settled = settle(Terms.parse("1/100"), Evidence({}), Cuts())
    assert (settled.cuts.spam, settled.cuts.unimportant) == (NEVER, -NEVER)
    assert ["no evidence" in said for said in broken(settled)] == [True]
    assert any("none" in line for line, _ in describe({}, Cuts()))
    assert list(promised({}, Cuts())) == ["no promise: no budget was given in training"]


def test_cuts_in_words_say_what_they_do() -> None:
    cuts = Cuts(spam=NEVER, importance=-5.0, unimportant=-5.0)
    lines = [line for line, _ in describe({}, cuts)]
    assert "  nothing is spam" in lines
    assert "  unimportant without doubt below 1 : 148 (-5.00)" in lines
    assert "  important without doubt from 75% (+1.10)" in lines


def test_copies_of_a_mail_that_must_not_be_lost_count_once_and_as_the_worst() -> None:
    scores = np.array([-9.0, -8.0, 4.0, -7.0, -6.0, 5.0, 6.0])
    labels = ["ham"] * 5 + ["spam"] * 2
    kin = np.array([0, 0, 0, 3, 4, 5, 5])
    found = Evidence.of(labels, {"spam": (np.arange(7), scores)}, kin)
    ham, spam = found.get("spam", "ham"), found.get("spam", "spam")
    assert (ham.messages, spam.messages) == (3, 2)
    assert ham.risk_at(1) == 4
    assert ham.risk_at(2) == -6
    assert Evidence.of(labels, {"spam": (np.arange(7), scores)}).get("spam", "ham").messages == 5


def test_copies_prove_nothing_more() -> None:
    """A villain would promise by 3,000 copies of one mail what 3,000 mails would have promised."""
    scores = np.concatenate([np.linspace(-9, -8, 3000), [9.0]])
    labels = ["ham"] * 3000 + ["spam"]
    held_out = {"spam": (np.arange(3001), scores)}
    budget = Terms.parse("1/1000")
    assert not list(broken(settle(budget, Evidence.of(labels, held_out), Cuts())))
    kin = np.minimum(np.arange(3001), 20)
    assert list(broken(settle(budget, Evidence.of(labels, held_out, kin), Cuts())))


def test_scores_that_were_never_held_out_are_no_evidence() -> None:
    labels = ["ham"] * 3000 + ["spam"]
    rows = np.arange(3001)
    assert not Evidence.of(labels, {"spam": (rows, np.full(3001, -8.0))}).ladders
    assert not Evidence.of(labels, {"spam": (rows, np.full(3001, np.nan))}).ladders
    half = np.where(rows < 1000, np.nan, np.linspace(-9, 3, 3001))
    assert Evidence.of(labels, {"spam": (rows, half)}).get("spam", "ham").messages == 2000


odds = st.floats(-30, 30)


@settings(max_examples=300)
@given(odds, odds, st.integers(1, 10_000))
def test_costs_are_least_where_the_cuts_are_set_by_them(spam: float, importance: float, ratio: int) -> None:
    cuts = settle(Terms(cost=Fraction(ratio)), Evidence({}), Cuts()).cuts
    label, _ = cuts.decide(LogOdds(spam, importance))

    def loss(of_no: float, said_yes: bool) -> float:
        """Of saying yes to a question whose answer is no, and of saying no where it is yes."""
        return ratio * of_no if said_yes else 1 - of_no

    p_ham = probability(-spam)
    assert loss(p_ham, label == "spam") <= loss(p_ham, label != "spam") * (1 + 1e-9) + 1e-12
    if label != "spam":
        p = probability(importance)
        assert loss(p, label == "unimportant") <= loss(p, label != "unimportant") * (1 + 1e-9) + 1e-12


def test_costs_tell_what_is_lost_and_promise_nothing() -> None:
    labels, scores = drawn(np.random.default_rng(3), {"spam": 100, "unimportant": 100, "important": 100})
    settled = settle(Terms.parse(cost="20:1"), evidence(labels, scores), Cuts())
    assert [promise.kept for promise in settled.promises] == [None, None]
    assert not list(broken(settled))
    (said,) = promised({"promise": settled.to_json()}, settled.cuts)
    assert said == "no promise; its cuts have the least expected cost at 20:1 (lost : read)"


@given(st.floats(1e-7, 1))
def test_a_rate_in_words_is_never_smaller_than_it_is(rate: float) -> None:
    words = one_in(rate)
    said = 1 / int(words[2:]) if words.startswith("1/") else int(words.split()[0]) / 100
    assert said >= rate * (1 - 1e-12)


@pytest.mark.parametrize(
    "promise", [{"max_lost": "lots"}, {"max_lost": 3}, {"max_lost": "1/9", "cost": "1:1"}]
)
def test_a_damaged_promise_is_refused(promise: dict[str, object]) -> None:
    with pytest.raises(ModelFormatError, match="promise"):
        list(promised({"promise": promise}, Cuts()))

"""Figures of rankings and labels: small cases by hand, the referee's word, and what must not matter."""

from __future__ import annotations

import json
import math
import runpy
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from classifier.evaluate.intervals import Resampler, corrected, percentiles, pivotal, rate_interval
from classifier.evaluate.metrics import (
    FIGURES,
    average_precision,
    brier,
    calibration_error,
    logistic_average,
    missed_at,
    read_for,
    reliability,
    roca_error,
)
from classifier.evaluate.outcomes import Outcomes, important_log_odds
from classifier.evaluate.ranking import Ranking, rank
from classifier.evaluate.results import evaluate

# Few distinct scores, so that ties are common; both kinds always present.
mixed_mail = st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=2, max_size=40).filter(
    lambda pairs: len({kind for kind, _ in pairs}) == 2
)


def ranked(pairs: list[tuple[bool, int]]) -> Ranking:
    return rank([kind for kind, _ in pairs], [score for _, score in pairs])


def figures(ranking: Ranking) -> dict[str, float]:
    return {name: float(compute(ranking)) for name, compute in FIGURES.items()}


def test_a_case_by_hand() -> None:
    # best first: + - + - -
    ranking = rank([1, 0, 1, 0, 0], [5, 4, 3, 2, 1])
    assert roca_error(ranking) == pytest.approx(100 * 1 / 6)  # one of six pairs stands the wrong way round
    assert average_precision(ranking) == pytest.approx((1 + 2 / 3) / 2)
    assert read_for(ranking, 0.5) == pytest.approx(1 / 5)
    assert read_for(ranking, 0.8) == pytest.approx(3 / 5)
    assert missed_at(ranking, 0) == pytest.approx(50)
    assert missed_at(ranking, 100 / 6) == pytest.approx(25)  # half way to the next negative, which frees one


def test_probabilities_by_hand() -> None:
    ranking = rank([1, 0], [math.log(3), 0])  # promised 0.75 and 0.5
    assert brier(ranking) == pytest.approx((0.25**2 + 0.5**2) / 2)
    table = reliability(ranking, bins=4)
    assert table.messages.tolist() == [0, 0, 1, 1]
    assert table.mean_promised[2:].tolist() == pytest.approx([0.5, 0.75])
    assert table.share_true[2:].tolist() == [0, 1]
    assert np.isnan(table.share_true[0])
    assert calibration_error(table) == pytest.approx((0.5 + 0.25) / 2)
    assert calibration_error(reliability(rank([1, 0], [800, -800]))) == 0


def test_the_logistic_average_by_hand() -> None:
    assert logistic_average(9.5, 99, 9.5, 99) == pytest.approx(10)
    odds = math.sqrt((1 / 9) * (1 / 99))
    assert logistic_average(9.5, 99, 0.5, 99) == pytest.approx(100 * odds / (1 + odds))
    assert 0 < logistic_average(0, 100, 0, 100) < 1
    assert math.isnan(logistic_average(0, 0, 1, 2))


def referee(corpora: Path) -> Any:
    return runpy.run_path(str(corpora.parent / "bench" / "referee.py"))["judge"]


@pytest.mark.parametrize("seed", range(5))
def test_the_referee_agrees_to_its_rounding(corpora: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = rng.random(50 + 400 * seed) < (0.3, 0.05, 0.5, 0.9, 0.01)[seed]
    kinds[:2] = True, False
    scores = rng.normal(size=len(kinds)) + 2 * kinds
    told = referee(corpora)(kinds, scores)
    ours = figures(rank(kinds, scores))
    for name in ("1-ROCA%", "average_precision", "read_for_80", "read_for_95"):
        assert round(ours[name], 4) == pytest.approx(told[name], abs=1e-9)
    for name in ("missed_at_0.1", "missed_at_0.5"):
        assert ours[name] == pytest.approx(told[name], abs=0.0051)


def test_tied_scores_get_what_the_referee_expects_over_all_orders(corpora: Path) -> None:
    judge = referee(corpora)
    kinds, scores = np.array([1, 0, 0, 1, 0, 1]), np.array([3, 3, 3, 1, 1, 0.0])
    told = [judge(kinds[list(order)], scores[list(order)]) for order in permutations(range(6))]
    ours = figures(rank(kinds, scores))
    for name in ("average_precision", "read_for_80", "read_for_95"):
        assert ours[name] == pytest.approx(np.mean([each[name] for each in told]), abs=1e-4)
    assert {each["1-ROCA%"] for each in told} == {round(ours["1-ROCA%"], 4)}
    assert {each["missed_at_0.5"] for each in told} == {round(ours["missed_at_0.5"], 2)}


@settings(deadline=None)
@given(mixed_mail)
def test_only_the_order_counts(pairs: list[tuple[bool, int]]) -> None:
    bent = rank([kind for kind, _ in pairs], [math.exp(score) / 3 - 7 for _, score in pairs])
    assert figures(bent) == pytest.approx(figures(ranked(pairs)))


@settings(deadline=None)
@given(mixed_mail, st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_count(pairs: list[tuple[bool, int]], chance: Any) -> None:
    shuffled = chance.sample(pairs, len(pairs))
    assert figures(ranked(shuffled)) == pytest.approx(figures(ranked(pairs)))


@settings(deadline=None)
@given(mixed_mail)
def test_swapping_the_kinds_mirrors_the_curve(pairs: list[tuple[bool, int]]) -> None:
    ranking = ranked(pairs)
    swapped = rank([not kind for kind, _ in pairs], [-score for _, score in pairs])
    assert roca_error(swapped) == pytest.approx(roca_error(ranking))
    assert brier(swapped) == pytest.approx(brier(ranking))
    upside_down = rank([kind for kind, _ in pairs], [-score for _, score in pairs])
    assert roca_error(upside_down) == pytest.approx(100 - roca_error(ranking))


@settings(deadline=None)
@given(mixed_mail)
def test_figures_stay_in_range_and_a_perfect_order_is_perfect(pairs: list[tuple[bool, int]]) -> None:
    found = figures(ranked(pairs))
    assert all(0 <= found[name] <= 100 for name in ("1-ROCA%", "missed_at_0.1", "missed_at_0.5"))
    assert found["missed_at_0.5"] <= found["missed_at_0.1"] + 1e-9
    assert 0 < found["average_precision"] <= 1 + 1e-9
    assert 0 < found["read_for_80"] <= found["read_for_95"] <= found["read_for_99"] <= 1 + 1e-9
    perfect = figures(rank([kind for kind, _ in pairs], [int(kind) for kind, _ in pairs]))
    assert perfect["1-ROCA%"] == perfect["missed_at_0.1"] == 0
    assert perfect["average_precision"] == pytest.approx(1)


@settings(deadline=None)
@given(mixed_mail, st.integers(0, 2**32 - 1))
def test_a_resample_is_the_ranking_of_the_mail_drawn(pairs: list[tuple[bool, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds, scores = np.array([kind for kind, _ in pairs]), np.array([float(score) for _, score in pairs])
    units = rng.integers(0, 5, len(pairs))
    counts = rng.integers(0, 3, 5)
    drawn = np.repeat(np.arange(len(pairs)), counts[units])
    again = Resampler(kinds, scores, units)(counts[None, :].astype(float))
    expected = figures(rank(kinds[drawn], scores[drawn])) if len(drawn) else {}
    for name, value in expected.items():
        assert_allclose(FIGURES[name](again)[0], value, atol=1e-9)


def test_one_kind_alone_says_nothing() -> None:
    for name, value in figures(rank([1, 1], [1, 2])).items():
        if name.startswith(("1-ROCA", "missed")):
            assert math.isnan(value), name
    assert math.isnan(figures(rank([0, 0], [1, 2]))["average_precision"])
    assert math.isnan(figures(rank([0, 0], [1, 2]))["read_for_80"])


def test_what_is_no_ranking_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        rank([1, 0], [1, math.nan])
    with pytest.raises(ValueError, match="labels for"):
        rank([1, 0], [1])


GOLD = ["spam", "ham", "important", "unimportant", "unimportant", "spam"]
LOG_ODDS = [[4, 0], [-3, 1], [-2, 2], [1, -2], [-5, -4], [-1, 3]]
LABEL = ["spam", "unimportant", "important", "spam", "unimportant", "important"]
UNSURE = [False, True, False, True, False, False]


def judged() -> Outcomes:
    return Outcomes(np.array(GOLD), np.array(LOG_ODDS, float), np.array(LABEL), np.array(UNSURE))


def test_labels_are_counted_and_rated() -> None:
    told = evaluate(judged(), resamples=0).to_json()
    assert told["confusion"]["unimportant"]["spam"] == {"sure": 0, "unsure": 1}
    assert told["confusion"]["ham"]["unimportant"] == {"sure": 0, "unsure": 1}
    assert sum(n for row in told["confusion"].values() for cell in row.values() for n in cell.values()) == 6
    rates = {name: each["value"] for name, each in told["rates"].items()}
    assert rates == pytest.approx(
        {
            "hm%": 25,
            "sm%": 50,
            "lam%": float(logistic_average(1, 4, 1, 2)),
            "important_lost%": 0,
            "important_missed%": 0,
            "unimportant_raised%": 0,
            "unsure%": 100 / 3,
        }
    )
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_each_question_is_asked_of_whom_it_concerns() -> None:
    posed = judged().questions()
    assert {name: each.chosen.tolist() for name, each in posed.items()} == {
        "spam": [0, 1, 2, 3, 4, 5],
        "importance": [2, 3, 4],
        "reading": [0, 2, 3, 4, 5],
    }
    only_ham = judged().take([1, 2, 3])
    assert set(only_ham.questions()) == {"importance", "reading"}


@settings(deadline=None)
@given(st.floats(-800, 800), st.floats(-800, 800))
def test_log_odds_of_important_are_those_of_the_product(spam: float, importance: float) -> None:
    found = float(important_log_odds(np.array([[spam, importance]]))[0])
    assert math.isfinite(found)
    assert found <= min(-spam, importance) + 1e-9
    if max(abs(spam), abs(importance)) < 15:
        p = 1 / (1 + math.exp(spam)) / (1 + math.exp(-importance))
        assert found == pytest.approx(math.log(p / (1 - p)), abs=1e-6)


def test_judged_mail_has_to_fit_together() -> None:
    with pytest.raises(ValueError, match="log_odds of 1 messages"):
        Outcomes(np.array(["spam"]), np.zeros((2, 2)), np.array(["spam"]), np.array([False]))
    with pytest.raises(ValueError, match="'junk' is no label"):
        Outcomes(np.array(["junk"]), np.zeros((1, 2)), np.array(["spam"]), np.array([False]))
    with pytest.raises(ValueError, match="'ham' is no label"):
        Outcomes(np.array(["ham"]), np.zeros((1, 2)), np.array(["ham"]), np.array([False]))


def test_intervals_hold_the_value_and_are_the_same_again() -> None:
    rng = np.random.default_rng(1)
    gold = rng.choice(["spam", "important", "unimportant"], 300)
    scores = rng.normal(size=(300, 2)) + np.stack([2.0 * (gold == "spam"), 2.0 * (gold == "important")], 1)
    label = np.where(scores[:, 0] > 1, "spam", "unimportant")
    mail = Outcomes(gold, scores, label, np.zeros(300, bool))
    first, second = (evaluate(mail, resamples=200, seed=3) for _ in range(2))
    assert first.to_json() == second.to_json()
    for answered in first.questions.values():
        for name, figure in answered.figures.items():
            assert figure.low <= figure.value + 1e-12, name
            assert figure.value <= figure.high + 1e-12, name
            assert figure.low < figure.high, name


def test_messages_of_one_unit_are_one_piece_of_evidence() -> None:
    rng = np.random.default_rng(2)
    gold = np.repeat(rng.choice(["spam", "ham"], 40), 25)
    scores = np.repeat(rng.normal(size=40) + (gold[::25] == "spam"), 25)
    mail = Outcomes(
        gold,
        np.stack([scores, np.zeros(1000)], 1),
        np.where(scores > 0.5, "spam", "unimportant"),
        scores > 9,
    )
    alone, together = evaluate(mail, resamples=300), evaluate(mail, np.arange(1000) // 25, resamples=300)
    assert (alone.units, together.units) == (1000, 40)

    def width(found: Any) -> float:
        return float(found.high - found.low)

    area = [each.questions["spam"].figures["1-ROCA%"] for each in (alone, together)]
    assert area[0].value == area[1].value
    assert width(area[1]) > 3 * width(area[0])
    assert width(together.rates["hm%"]) > 3 * width(alone.rates["hm%"])


def test_the_exact_interval_of_a_rate() -> None:
    few = rate_interval(np.arange(10) < 5, np.arange(10))
    assert few == pytest.approx((50, 18.7086, 81.2914), abs=1e-4)  # the tables of Clopper and Pearson
    none = rate_interval(np.zeros(0, bool), np.zeros(0, np.intp))
    assert math.isnan(none[0])
    assert none[1:] == (0, 100)
    seen_once = rate_interval(np.zeros(100, bool), np.zeros(100, np.intp))
    assert seen_once[2] == pytest.approx(97.5)  # a hundred copies of one message are one message


def test_the_interval_is_corrected_for_bias_and_skew() -> None:
    rng = np.random.default_rng(6)
    draws = rng.normal(size=20_000)
    no_skew = np.arange(-5.0, 6.0)
    assert corrected(0.0, draws, no_skew) == pytest.approx(percentiles(draws), abs=0.05)
    low, high = corrected(-0.5, draws, no_skew)  # most draws lie above the value: both ends move down
    assert low < percentiles(draws)[0] - 0.5
    assert high < percentiles(draws)[1] - 0.5
    skewed = np.concatenate([np.zeros(99), [-10.0]])
    assert corrected(0.0, draws, skewed)[1] > percentiles(draws)[1]
    assert all(map(math.isnan, corrected(math.nan, draws, no_skew)))
    assert corrected(0.0, np.zeros(100), np.zeros(10)) == (0, 0)


def test_a_figure_that_chance_raises_has_its_interval_below() -> None:
    draws = np.linspace(2.0, 4.0, 101)
    assert pivotal(2.5, draws) == pytest.approx((5 - 3.95, 5 - 2.05))
    assert pivotal(1.0, draws) == (0, 1)
    assert all(map(math.isnan, pivotal(math.nan, np.full(10, np.nan))))


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Of 60 draws of mail from one source, most intervals hold the area that the source has."""
    truth = 100 * (1 - 0.5 * math.erfc(-2 / 2))  # two normal distributions, 2 apart
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(1000 + seed)
        spam = rng.random(200) < 0.4
        scores = np.stack([rng.normal(size=200) + 2 * spam, np.zeros(200)], 1)
        mail = Outcomes(
            np.where(spam, "spam", "ham"), scores, np.full(200, "unimportant"), np.zeros(200, bool)
        )
        figure = evaluate(mail, resamples=200).questions["spam"].figures["1-ROCA%"]
        held += figure.low <= truth <= figure.high
    assert 52 <= held <= 60


def test_no_error_seen_is_not_no_error() -> None:
    spam = np.arange(200) < 40
    scores = np.stack([np.where(spam, 3.0, -3.0), np.zeros(200)], 1)
    mail = Outcomes(np.where(spam, "spam", "ham"), scores, np.full(200, "unimportant"), np.zeros(200, bool))
    for units, most in (
        (None, 100 * (1 - 0.025 ** (1 / 40))),
        (np.arange(200) // 4, 100 * (1 - 0.025 ** (1 / 10))),
    ):
        figures_found = evaluate(mail, units, resamples=20).questions["spam"].figures
        for name in ("1-ROCA%", "missed_at_0.1"):
            assert figures_found[name].value == figures_found[name].low == 0
            assert figures_found[name].high == pytest.approx(most)


def test_too_few_resamples_with_both_kinds_give_no_interval() -> None:
    assert all(map(math.isnan, percentiles(np.array([np.nan, np.nan, 1.0]))))
    assert percentiles(np.arange(101.0), 0.9) == pytest.approx((5, 95))


def test_joining_what_needs_no_order_changes_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.evaluate.ranking.HEAD", 0)
    rng = np.random.default_rng(5)
    kinds = rng.random(2000) < 0.3
    scores = rng.normal(size=2000) + 3 * kinds
    again = Resampler(kinds, scores, np.arange(2000))(np.ones((1, 2000)))
    assert again.positives.shape[1] < 700
    expected = figures(rank(kinds, scores))
    assert {name: float(compute(again)[0]) for name, compute in FIGURES.items()} == pytest.approx(expected)

"""Two models on the same mail: tests agree with their sources, and chance is not taken for skill."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from classifier.evaluate.compare import compare
from classifier.evaluate.metrics import roca_error
from classifier.evaluate.outcomes import Outcomes
from classifier.evaluate.ranking import rank
from classifier.evaluate.significance import delong, mcnemar, sign_flips


def scored(kinds: np.ndarray, scores: np.ndarray) -> Outcomes:
    pairs = np.stack([scores, np.zeros(len(scores))], 1)
    label = np.where(scores > 0, "spam", "unimportant")
    return Outcomes(np.where(kinds, "spam", "ham"), pairs, label, np.zeros(len(scores), bool))


def mail(seed: int, n: int = 400, gain: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kinds, and scores of two models that err together; the first is better by `gain`."""
    rng = np.random.default_rng(seed)
    kinds = rng.random(n) < 0.4
    common = rng.normal(size=n)
    weak = common + rng.normal(size=n) + 1.5 * (2 * kinds - 1)
    return kinds, common + rng.normal(size=n) + (1.5 + gain) * (2 * kinds - 1), weak


def test_delong_by_the_book() -> None:
    """Against the variance written out as in the paper, sums over all pairs."""
    kinds, one, two = mail(0, 60)

    def psi(scores: np.ndarray) -> np.ndarray:
        pairs = scores[kinds][:, None] - scores[~kinds][None, :]
        return np.where(pairs > 0, 1.0, np.where(pairs == 0, 0.5, 0.0))

    parts = [psi(one), psi(two)]
    area = [part.mean() for part in parts]
    covariance = np.cov([part.mean(axis=1) for part in parts]) / kinds.sum()
    covariance += np.cov([part.mean(axis=0) for part in parts]) / (~kinds).sum()
    deviation = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    expected = math.erfc(abs(area[0] - area[1]) / deviation / math.sqrt(2))
    assert delong(kinds, one, two, np.arange(60)) == pytest.approx(expected)
    assert 1 - area[0] == pytest.approx(float(roca_error(rank(kinds, one))) / 100)


def test_copies_of_mail_are_no_more_evidence() -> None:
    kinds, one, two = mail(1, 60, gain=0.4)
    alone = delong(kinds, one, two, np.arange(60))
    copied = delong(np.repeat(kinds, 5), np.repeat(one, 5), np.repeat(two, 5), np.arange(300) // 5)
    believed = delong(np.repeat(kinds, 5), np.repeat(one, 5), np.repeat(two, 5), np.arange(300))
    assert copied == pytest.approx(alone, rel=0.05)
    assert believed < alone / 2


def test_delong_where_there_is_no_spread() -> None:
    kinds = np.array([True, True, False, False])
    assert delong(kinds, np.arange(4.0), np.arange(4.0), np.arange(4)) == 1
    assert math.isnan(delong(kinds, np.arange(4.0), -np.arange(4.0), np.zeros(4, np.intp)))


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 2**5)
    assert mcnemar(0, 5) == mcnemar(5, 0)
    assert mcnemar(7, 7) == 1


def test_signs_of_units_agree_with_mcnemar_where_units_are_messages() -> None:
    gains = np.array([1.0] * 9 + [-1.0] * 2)
    assert sign_flips(gains) == pytest.approx(mcnemar(9, 2), abs=0.01)
    assert sign_flips(np.zeros(0)) == 1


def told(gain: float, seed: int, units: Any = None) -> Any:
    kinds, one, two = mail(seed, gain=gain)
    return compare(scored(kinds, one), scored(kinds, two), units, resamples=300, seed=1)


def test_a_better_model_is_found_and_a_model_equals_itself() -> None:
    found = told(1.0, 2)
    area = found.questions["spam"]["1-ROCA%"]
    assert area.difference.value < 0
    assert area.difference.high < 0
    assert area.p_value < 0.01
    assert area.p_delong < 0.01
    assert found.p_labels < 0.01
    assert found.only_ours > found.only_theirs
    json.dumps(found.to_json(), allow_nan=False)
    kinds, one, _ = mail(2)
    same = compare(scored(kinds, one), scored(kinds, one), resamples=50)
    assert same.p_labels == same.questions["spam"]["1-ROCA%"].p_value == 1
    assert same.questions["spam"]["1-ROCA%"].p_delong == 1


def test_chance_is_rarely_taken_for_skill() -> None:
    p_values = [told(0.0, seed).questions["spam"]["1-ROCA%"] for seed in range(20, 60)]
    assert sum(each.p_value < 0.05 for each in p_values) <= 6
    assert sum(each.p_delong < 0.05 for each in p_values) <= 6


def test_few_units_prove_little() -> None:
    few = told(1.0, 2, units=np.arange(400) % 4)
    assert few.test == "signs of units flipped"
    assert few.p_labels > 0.1


def test_other_mail_is_refused() -> None:
    kinds, one, two = mail(3)
    with pytest.raises(ValueError, match="same messages"):
        compare(scored(kinds, one), scored(~kinds, two))

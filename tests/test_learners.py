"""Learners keep scikit-learn's contract and ours; every check of ours has a villain that it rejects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from classifier.errors import TrainingError
from classifier.features import BlockRows, Extractor, Rows, Schema
from classifier.learners import AdaptiveLearner, BayesLearner, FusedLearner, LinearLearner, Tables
from classifier.learners.members import Member
from classifier.learners.platt import calibration_error, fit_platt, log_loss, modest, soft_targets
from classifier.learners.shares import fuse, fuse_sparingly
from classifier.learners.tables import _added
from classifier.mail import Message
from classifier.signals import Facts
from classifier.training import train_model

LEARNERS = [LinearLearner(), BayesLearner(), AdaptiveLearner(), FusedLearner(folds=2)]
every_learner = pytest.mark.parametrize("learner", LEARNERS, ids=lambda each: type(each).__name__)


@parametrize_with_checks(LEARNERS)
@pytest.mark.filterwarnings("ignore:.*array API.*:UserWarning")
def test_scikit_learns_contract(estimator: Any, check: Any) -> None:
    check(estimator)


def mails(n: int = 80, columns: int = 60, seed: int = 0) -> tuple[csr_matrix, np.ndarray]:
    """Rows like ours: some set columns of equal value, length 1; the first ten columns tell the class."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = (random.random((n, columns)) < 0.2).astype(np.float32)
    X[:, :10] = random.random((n, 10)) < np.where(y[:, None] == np.arange(10) % 2, 0.7, 0.1)
    X[:, -1] = 1
    X /= np.sqrt(X.sum(axis=1, keepdims=True))
    return csr_matrix(X), y


@every_learner
def test_the_order_of_columns_makes_no_difference(learner: Any) -> None:
    X, y = mails()
    order = np.random.default_rng(1).permutation(X.shape[1])
    straight = clone(learner).fit(X, y).decision_function(X)
    shuffled = clone(learner).fit(X[:, order], y).decision_function(X[:, order])
    assert np.allclose(straight, shuffled, atol=0.1)
    assert roc_auc_score(straight > 0, shuffled) == 1


@every_learner
def test_unseen_columns_count_nothing_and_vanished_ones_are_missed_quietly(learner: Any) -> None:
    X, y = mails()
    wide = csr_matrix((X.data, X.indices, X.indptr), shape=(X.shape[0], 100))
    fitted = clone(learner).fit(wide, y)
    assert not np.any(fitted.coef_[60:])
    new = wide.tolil()
    new[:, 60:100] = 1.0
    assert np.allclose(fitted.decision_function(new.tocsr()), fitted.decision_function(wide))
    empty = csr_matrix((3, 100), dtype=np.float32)
    assert np.isfinite(fitted.decision_function(empty)).all()


@every_learner
def test_training_again_gives_the_same_to_the_bit(learner: Any) -> None:
    X, y = mails()
    first, second = clone(learner).fit(X, y), clone(learner).fit(X, y)
    assert np.array_equal(first.coef_, second.coef_)
    assert first.intercept_ == second.intercept_


def test_bayes_learns_in_any_order_and_in_parts() -> None:
    X, y = mails()
    whole = BayesLearner().fit(X, y)
    parts = BayesLearner()
    for at in (3, 0, 2, 1):
        parts.partial_fit(X[at::4], y[at::4], classes=[0, 1])
    assert np.array_equal(whole.counts_, parts.counts_)
    assert np.array_equal(whole.coef_, parts.coef_)
    with pytest.raises(ValueError, match="other than"):
        parts.partial_fit(X[:1], [7])


def test_adaptive_learns_one_row_at_a_time_and_slows_down() -> None:
    X, y = mails(200)
    parts = AdaptiveLearner()
    for at in range(200):
        parts.partial_fit(X[at], y[at : at + 1], classes=[0, 1])
    assert np.array_equal(parts.coef_, AdaptiveLearner(passes=1).fit(X, y).coef_)
    assert roc_auc_score(y, parts.decision_function(X)) > 0.95
    wrong, moved = [int(parts.decision_function(X[:1])[0] <= 0)], []
    for _ in range(3):
        before = parts.coef_.copy()
        parts.partial_fit(X[:1], wrong).partial_fit(X[:1], [1 - wrong[0]])
        moved.append(np.abs(parts.coef_ - before).sum())
    assert moved[2] < moved[0]
    with pytest.raises(ValueError, match="other than"):
        parts.partial_fit(X[:1], [7])


def test_linear_learns_on_from_where_it_was() -> None:
    X, y = mails(200)
    parts = LinearLearner()
    for at in range(4):
        parts.partial_fit(X[at::4], y[at::4], classes=[0, 1])
    assert np.array_equal(parts.counts_, LinearLearner().fit(X, y).counts_)
    assert roc_auc_score(y, parts.decision_function(X)) > 0.95
    before = parts.coef_.copy()
    sure = parts.decision_function(X[:1])[0] > 0
    parts.partial_fit(X[:1], [int(not sure)])
    assert not np.array_equal(parts.coef_, before)
    with pytest.raises(ValueError, match="other than"):
        parts.partial_fit(X[:1], [7])


def test_linear_trusts_a_column_of_many_rows_more_than_one_of_a_single_row() -> None:
    X = np.zeros((20, 21), np.float32)
    X[10:, 0] = 1  # in every positive row; the others are of one row each
    X[np.arange(20), np.arange(1, 21)] = 1
    y = np.arange(20) >= 10
    scaled = LinearLearner().fit(csr_matrix(X), y).coef_
    plain = LinearLearner(contrast=0.0).fit(csr_matrix(X), y).coef_
    assert scaled[0] / scaled[11:].max() > 2 * plain[0] / plain[11:].max()


def test_bayes_weighs_after_robinson() -> None:
    X = csr_matrix([[1, 1, 0], [1, 0, 0], [1, 0, 1], [1, 0, 1]], dtype=float)
    learner = BayesLearner(strength=1.0, min_deviation=0.2).fit(X, [1, 1, 0, 0])
    f = (0.5 + 1 * 1) / (1 + 1)
    assert learner.coef_[1] == pytest.approx(np.log(f / (1 - f)))
    assert learner.coef_[0] == 0  # in every row: says nothing
    assert learner.coef_[2] == pytest.approx(np.log((0.5 / 3) / (1 - 0.5 / 3)))


class Leaking(FusedLearner):
    """The villain: its held-out rows are among those it learns from."""

    def _splits(self, positive: Any, groups: Any) -> Any:
        for train, test in super()._splits(positive, groups):
            yield np.concatenate([train, test]), test


class Grouped(FusedLearner):
    """Another: it forgets the groups."""

    def _splits(self, positive: Any, groups: Any) -> Any:
        return super()._splits(positive, None)


def auc_on_noise(learner: FusedLearner, groups: bool) -> float:
    """AUC out of fold where labels are drawn by lot: 0.5 unless rows, or their twins, were seen."""
    random = np.random.default_rng(5)
    X = (random.random((100, 400)) < 0.05).astype(np.float32)
    y = random.integers(0, 2, 100)
    group = np.arange(100)
    if groups:
        X, y, group = np.repeat(X, 3, axis=0), np.repeat(y, 3), np.repeat(group, 3)
    learner.fit(csr_matrix(X), y, groups=group if groups else None)
    return float(roc_auc_score(y, learner.out_of_fold_))


def test_out_of_fold_scores_come_from_learners_that_never_saw_the_row() -> None:
    assert auc_on_noise(FusedLearner(), groups=False) < 0.65
    assert auc_on_noise(FusedLearner(), groups=True) < 0.65


def test_leaking_learners_are_found_out() -> None:
    assert auc_on_noise(Leaking(), groups=False) > 0.9
    assert auc_on_noise(Grouped(), groups=True) > 0.9


def noisy_scores(worth: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    positive = random.random(400) < 0.5
    told = np.outer(positive, [2.0, worth]) + random.normal(size=(400, 2))
    return told / told.std(axis=0), positive


def test_a_costly_learner_is_left_out_unless_it_earns_its_place() -> None:
    usable = np.ones(2, bool)
    scores, positive = noisy_scores(worth=0.0)
    assert fuse_sparingly(scores, positive, usable, costly={1: 0.0}).tolist() == [1.0, 0.0]
    scores, positive = noisy_scores(worth=1.0)
    assert fuse_sparingly(scores, positive, usable, costly={1: 0.0})[1] > 0.1
    assert fuse_sparingly(scores, positive, usable, costly={1: 0.9}).tolist() == [1.0, 0.0]  # too dear
    assert fuse_sparingly(scores, positive, np.array([False, True]), costly={1: 0.0}).tolist() == [0.0, 1.0]


def test_a_member_does_not_hear_what_is_hidden_from_it() -> None:
    X, y = mails()
    deaf = Member("deaf", "linear", (1.0, 0.0))
    coef = FusedLearner(((0, 30), (30, 60)), (deaf,)).fit(X, y).coef_
    assert coef[:30].any()
    assert not coef[30:].any()
    assert np.array_equal(FusedLearner(((0, 30), (30, 60)), (deaf,)).fit(X, y).coef_, coef)


def test_few_labels_give_modest_probabilities() -> None:
    X, y = mails(1020, columns=400)
    told = FusedLearner().fit(X[:20], y[:20]).predict_proba(X[20:])[:, 1]
    assert np.abs(told - 0.5).max() < 0.499
    assert calibration_error(np.log(told / (1 - told)), y[20:] == 1) < 0.1


def test_a_handful_of_labels_promises_little() -> None:
    X, y = mails(1004, columns=400)
    sums = FusedLearner().fit(X[:4], y[:4]).decision_function(X[4:])
    assert np.abs(sums).max() < 2 * 3 * np.log(5)
    assert modest(1.0, 0.0, np.array([50.0] * 9)) == (pytest.approx(3 * np.log(10) / 50), 0.0)
    assert modest(1.0, 0.5, np.array([1.0] * 9)) == (1.0, 0.5)


def test_labels_flipped_for_a_tenth_cost_little() -> None:
    X, y = mails(800)
    flipped = np.where(np.random.default_rng(7).random(400) < 0.1, 1 - y[:400], y[:400])
    clean, noisy = (
        roc_auc_score(y[400:], FusedLearner().fit(X[:400], labels).decision_function(X[400:]))
        for labels in (y[:400], flipped)
    )
    assert noisy > clean - 0.02


def test_jobs_change_nothing() -> None:
    X, y = mails()
    blocks = ((0, 30), (30, 60))
    alone, two = (FusedLearner(blocks, folds=3, jobs=jobs).fit(X, y) for jobs in (1, 2))
    assert np.array_equal(alone.coef_, two.coef_)
    assert alone.intercept_ == two.intercept_
    assert np.array_equal(alone.out_of_fold_, two.out_of_fold_)


def test_the_seed_decides_the_folds() -> None:
    X, y = mails()
    one, other = (FusedLearner(seed=seed).fit(X, y) for seed in (0, 1))
    assert not np.array_equal(one.out_of_fold_, other.out_of_fold_)


def test_the_trainers_scores_are_those_of_the_tables() -> None:
    schema = Schema(bits=12)
    messages = [
        Message(b"From: a%d@example.org\nSubject: %s %d\n\n%s\n" % (n, word, n, word * (n % 4)))
        for n in range(12)
        for word in (b"meeting notes ", b"cheap pills ")
    ]
    rows = Extractor(schema).rows([Facts(message) for message in messages])
    blocks = tuple((block.start, block.stop) for block in schema.blocks)
    learner = FusedLearner(blocks, folds=2).fit(rows.to_csr(), [0, 1] * 12)
    tables = Tables(
        schema, np.stack([learner.coef_, np.zeros_like(learner.coef_)], 1), np.array([learner.intercept_, 0])
    )
    assert np.abs(tables.score(rows)[:, 0] - learner.decision_function(rows.to_csr())).max() < 1e-6


def test_tables_score_rows_without_columns_by_the_bias_alone() -> None:
    schema = Schema(bits=12)
    nothing = BlockRows(np.zeros(0, np.uint32), np.zeros(2, np.int64))
    tables = Tables(schema, np.ones((schema.n_columns, 2), np.float16), np.array([0.25, -1.0]))
    assert tables.score(Rows(schema, (nothing,) * len(schema.blocks))).tolist() == [[0.25, -1.0]] * 2


@pytest.mark.parametrize("seed", range(5))
def test_platt_finds_the_optimum(seed: int) -> None:
    random = np.random.default_rng(seed)
    positive = random.random(300) < 0.3
    scores = random.normal(size=300) * 10**seed + np.where(positive, 1, 0) * 10**seed
    a, b = fit_platt(scores, positive)
    targets = soft_targets(positive)
    unit = scores / 10**seed
    best = minimize(lambda at: log_loss(at[0] * unit + at[1], targets), [0, 0], method="BFGS", tol=1e-10)
    assert log_loss(a * scores + b, targets) <= best.fun + 1e-9
    assert a * 10**seed == pytest.approx(best.x[0], abs=1e-3)


def test_platt_never_turns_scores_round() -> None:
    positive = np.arange(20) < 10
    a, b = fit_platt(np.arange(20.0), positive)
    assert (a, b) == (0.0, pytest.approx(0.0))


def test_platt_stays_finite_on_separable_and_constant_scores() -> None:
    positive = np.arange(40) >= 10
    a, b = fit_platt(np.where(positive, 1.0, -1.0), positive)
    assert 1 / (1 + np.exp(-(a + b))) == pytest.approx(31 / 32, abs=1e-4)
    a, b = fit_platt(np.full(40, 3.0), positive)
    assert a == 0
    assert b == pytest.approx(np.log(soft_targets(positive).mean() / (1 - soft_targets(positive).mean())))


def test_soft_targets_are_platts() -> None:
    assert soft_targets(np.array([True, True, False])).tolist() == [3 / 4, 3 / 4, 1 / 3]


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_not_negative_and_add_up_to_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    positive = random.random(60) < 0.5
    scores = random.normal(size=(60, 4)) + np.outer(positive, [2, 1, 0, -1])
    shares = fuse(scores / scores.std(axis=0), positive)
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > shares[3] == 0


DEGENERATE = {
    "one row a class": ([[1.0, 0.0], [0.0, 1.0]], [0, 1]),
    "one row against many": ([[1.0, 0.0]] * 9 + [[0.0, 1.0]], [0] * 9 + [1]),
    "all the same": ([[1.0, 1.0]] * 8, [0, 1] * 4),
    "all empty": ([[0.0, 0.0]] * 8, [0, 1] * 4),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_poor_examples_give_finite_and_modest_scores(name: str) -> None:
    X, y = (np.array(each) for each in DEGENERATE[name])
    learner = FusedLearner(((0, 1), (1, 2))).fit(csr_matrix(X), y)
    scores = learner.decision_function(csr_matrix(X))
    assert np.isfinite(scores).all()
    assert np.abs(scores).max() < 10
    assert sum(learner.shares_.values()) == pytest.approx(1)


def test_identical_rows_of_both_classes_are_undecided() -> None:
    learner = FusedLearner().fit(csr_matrix(np.ones((8, 2))), [0, 1] * 4)
    assert np.abs(learner.decision_function(csr_matrix(np.ones((1, 2))))).max() < 0.1


@pytest.mark.parametrize("twice", [1, 2])
def test_what_cannot_be_held_out_is_not_told_as_held_out(twice: int) -> None:
    X = csr_matrix(np.repeat(np.eye(2), twice, axis=0))
    y, groups = np.repeat([0, 1], twice), np.repeat([0, 1], twice)
    learner = FusedLearner().fit(X, y, groups)
    assert np.isnan(learner.out_of_fold_).all()
    assert np.abs(learner.decision_function(X)).max() <= np.log((twice + 1) / 1) + 0.01  # Platt's targets


def test_training_without_two_answers_says_what_is_lacking() -> None:
    pairs = [(Message(b"Subject: a\n\nb"), "ham")] * 3
    with pytest.raises(TrainingError, match="3 ham"):
        train_model(Extractor(Schema(bits=12)), lambda some: [Facts(m) for m in some], pairs, seed=0, jobs=1)


def test_labels_that_contradict_each_other_warn_nobody() -> None:
    """The solver would say on standard error that it did not converge; nobody can do anything about that."""
    X, _ = mails(300, columns=400)
    noise = np.random.default_rng(1).integers(0, 2, 300)
    learner = LinearLearner(C=3000.0, tol=1e-9).fit(X, noise)
    assert np.isfinite(learner.coef_).all()


def test_where_labels_are_often_wrong_the_soft_margin_takes_over() -> None:
    X, y = mails(600, columns=300)
    random = np.random.default_rng(11)
    members = (Member("hard", "linear", (1.0,)), Member("soft", "linear", (1.0,), costly=True, C=0.1))
    flipped = np.where(random.random(len(y)) < 0.2, 1 - y, y)
    assert FusedLearner(None, members).fit(X, flipped).shares_["soft"] > 0.5


def test_every_float16_is_added_exactly() -> None:
    bits = np.arange(1 << 16, dtype=np.uint16)
    finite = bits[np.isfinite(bits.view(np.float16))]
    each = np.arange(len(finite))
    for below in (0, 0xFFFF):  # what the other question's half holds
        halves = finite.astype(np.uint32) << 16 | np.uint32(below)
        assert np.array_equal(_added(halves, each), finite.view(np.float16).astype(np.float64))
    halves = finite.astype(np.uint32) << 16
    assert _added(halves, each[:1])[0] == finite.view(np.float16).astype(np.float64).sum()
    for strange in (0x7C00, 0xFC00, 0x7E01):
        sums = _added(np.array([0x3C00, strange, 0x3C00], np.uint32) << 16, np.array([0, 2]))
        assert np.isnan(sums[0])
        assert sums[1] == 1


def test_a_question_that_was_never_asked_is_scored_as_one_that_was() -> None:
    """Villain: fetching only the first question's halves where any column of the second is set."""
    schema = Schema(views=("body",), bits=12)
    weights = np.zeros((schema.n_columns, 2), np.float16)
    weights[:, 0] = np.linspace(-2, 2, schema.n_columns)
    rows = Extractor(schema).rows([Facts(Message(b"Subject: a\n\nwords to score"))])
    alone = Tables(schema, weights, np.zeros(2)).score(rows)
    assert alone[0, 1] == 0 != alone[0, 0]
    weights[:, 1] = -weights[:, 0]
    both = Tables(schema, weights, np.zeros(2)).score(rows)
    assert both[0, 0] == alone[0, 0] == -both[0, 1]

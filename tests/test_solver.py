"""Training in plain numpy finds what the well-known libraries find."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_mail import WORDS, mail, write_mbox
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, random_array
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.svm import LinearSVC

from classifier.learners.descent import Descent, Examples, solve
from classifier.learners.platt import log_loss, soft_targets
from classifier.learners.ranks import area_above, average_precision
from classifier.learners.shares import SHRINK, fuse
from classifier.learners.views import view_of_csr


def problem(seed: int, overlap: float) -> tuple[csr_matrix, np.ndarray]:
    random = np.random.default_rng(seed)
    X = csr_matrix(random_array((200, 60), density=0.15, rng=random), dtype=np.float32)
    y = X @ random.normal(size=60) + random.normal(size=200) * overlap > 0
    return X, y


def objective(X: csr_matrix, y: np.ndarray, weights: np.ndarray, bias: float, C: float) -> float:
    short = np.maximum(0, 1 - np.where(y, 1, -1) * (X @ weights + bias))
    return float(0.5 * (weights @ weights + bias**2) + C * (short @ short))


def examples(X: csr_matrix, y: np.ndarray) -> tuple[Examples, np.ndarray]:
    view = view_of_csr(X, ((0, X.shape[1]),), (1.0,))
    lengths = view.row_sums(np.square(view.values))
    return Examples(view.starts, view.columns, view.values, np.where(y, 1.0, -1.0), lengths), view.numbers


@pytest.mark.parametrize("C", [0.1, 30.0])
@pytest.mark.parametrize("overlap", [0.0, 1.0])
def test_the_solver_reaches_the_optimum_of_liblinear(C: float, overlap: float) -> None:
    X, y = problem(3, overlap)
    rows, numbers = examples(X, y)
    found = solve(rows, np.arange(200), n_columns=len(numbers), C=C, tol=1e-3, seed=0)
    weights = np.zeros(X.shape[1])
    weights[numbers] = found.weights
    best = LinearSVC(C=C, tol=1e-6, max_iter=100_000, dual=True).fit(X, y)
    least = objective(X, y, best.coef_[0], best.intercept_[0], C)
    assert objective(X, y, weights, found.bias, C) <= least * 1.002


def test_one_sweep_is_not_the_optimum() -> None:
    """The villain: without coming back to its rows the solver is far from it."""
    X, y = problem(3, 1.0)
    rows, numbers = examples(X, y)
    descent = Descent(len(numbers), 30.0)
    descent.sweep(rows, np.zeros(200), np.arange(200))
    weights = np.zeros(X.shape[1])
    weights[numbers] = descent.weights
    best = LinearSVC(C=30.0, tol=1e-6, max_iter=100_000, dual=True).fit(X, y)
    least = objective(X, y, best.coef_[0], best.intercept_[0], 30.0)
    assert objective(X, y, weights, descent.bias, 30.0) > least * 1.1


@pytest.mark.parametrize("seed", range(4))
def test_figures_of_ranking_are_those_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores, gold = random.integers(0, 20, 90).astype(float), random.random(90) < 0.3
    assert 1 - area_above(scores, gold) == pytest.approx(roc_auc_score(gold, scores))
    assert average_precision(scores, gold) == pytest.approx(average_precision_score(gold, scores))


@pytest.mark.parametrize("seed", range(4))
def test_shares_are_those_of_scipys_minimum(seed: int) -> None:
    random = np.random.default_rng(seed)
    positive = random.random(80) < 0.4
    scores = random.normal(size=(80, 4)) + np.outer(positive, [2, 1, 0, -1])
    scores /= scores.std(axis=0)
    targets, shrink = soft_targets(positive), SHRINK / 80

    def loss(at: np.ndarray) -> float:
        off = at[:4] - at[:4].mean()
        return log_loss(scores @ at[:4] + at[4], targets) + shrink * float(off @ off)

    bounds = [(0, None)] * 4 + [(None, None)]
    best = minimize(loss, [0.25] * 4 + [0], method="L-BFGS-B", bounds=bounds, tol=1e-12).x[:4]
    assert fuse(scores, positive) == pytest.approx(best / best.sum(), abs=1e-3)


def test_training_needs_neither_scikit_learn_nor_scipy(tmp_path: Path) -> None:
    """They take longer to import than a thousand messages to learn."""
    given = [
        word
        for label in WORDS
        for word in (f"--{label}", write_mbox(tmp_path / label, [mail(label, n) for n in range(8)]))
    ]
    script = "import sys; from classifier.cli.group import cli; cli(sys.argv[1:], standalone_mode=False)"
    script += "; print(*sys.modules)"
    arguments = ["train", "-o", tmp_path / "m", "--bits", "12", "--me", "ada@example.org", *given]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, check=True, text=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "numpy" in loaded
    assert not loaded & {"sklearn", "scipy", "joblib", "pandas"}

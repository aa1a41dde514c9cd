"""Labelled mail to a model: both questions learned from whatever labels there are."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn

import classifier
from classifier.budget import Evidence
from classifier.errors import LabelError, TrainingError
from classifier.features import Extractor, Rows, Schema
from classifier.features.extractor import joined_rows
from classifier.learners import QUESTIONS, FusedLearner, Tables
from classifier.learners.online import TEACHES
from classifier.signals import Facts
from classifier.store import Model
from classifier.verdict import Cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.mail import Message

BATCH = 256
"""Messages parsed together; their facts are dropped before the next batch."""

LOSSES = {"signals": 3.0}
"""Weight of the loss by block, where it is not 30: signals are few and dense, so they need a softer margin.
By cross-validation inside P1's training part, 1-ROCA% of signals alone: 0.61 at 0.1, 0.23 at 1, 0.19 at 3
and 10; at 30 the fusion gave them no weight."""


def train_model(
    extractor: Extractor,
    facts_of: Callable[[Sequence[Message]], list[Facts]],
    pairs: Iterable[tuple[Message, str]],
    *,
    seed: int,
    jobs: int,
) -> Model:
    """Train both questions on labelled messages.

    Parameters
    ----------
    extractor : Extractor
    facts_of : callable
        Messages to facts.
    pairs : iterable of (Message, str)
    seed, jobs : int

    Returns
    -------
    Model

    Raises
    ------
    LabelError
        For a label that is none.
    TrainingError
        If no question has examples of both answers.
    """
    rows, labels = read_rows(extractor, facts_of, pairs)
    return train_rows(rows, labels, seed=seed, jobs=jobs)


def train_rows(
    rows: Rows, labels: Sequence[str], *, seed: int = 0, jobs: int = 1, groups: Any = None
) -> Model:
    """Train both questions on rows: what cross-validation does again and again with mail read once.

    Parameters
    ----------
    rows : Rows
    labels : sequence of str
        One a row.
    seed, jobs : int
    groups : array of shape (n_rows,), optional
        Rows of one group never stand on both sides of an inner fold.

    Returns
    -------
    Model

    Raises
    ------
    TrainingError
        If no question has examples of both answers.
    """
    X = rows.to_csr()
    schema = rows.schema
    tables = Tables.empty(schema)
    weights, bias = tables.weights, tables.bias
    learned: dict[str, Any] = {}
    held_out: dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}
    for at, question in enumerate(QUESTIONS):
        answers = np.array(
            [-1 if (answer := TEACHES[label][at]) is None else answer for label in labels], int
        )
        known = np.flatnonzero(answers >= 0)
        if len(np.unique(answers[known])) < 2:
            continue
        grouped = None if groups is None else np.asarray(groups)[known]
        learner = _learner(schema, seed, jobs).fit(X[known], answers[known], grouped)
        weights[:, at] = learner.coef_
        bias[at] = learner.intercept_
        learned[question] = _report(learner, answers[known])
        held_out[question] = known, learner.out_of_fold_
    if not learned:
        raise TrainingError(_lacking(Counter(labels)))
    card = _card(list(labels), learned, seed)
    card["evidence"] = Evidence.of(labels, held_out).to_json()
    return Model(_without_idle_views(tables), Cuts(), card)


def _without_idle_views(tables: Tables) -> Tables:
    """Leave out the views that the fusion gave no weight, so that running the model does not compute them."""
    schema = tables.schema
    busy = [block.name for block in schema.blocks if tables.weights[block.start : block.stop].any()]
    return Tables(schema.only(busy), tables.weights, tables.bias)


def read_rows(
    extractor: Extractor,
    facts_of: Callable[[Sequence[Message]], list[Facts]],
    pairs: Iterable[tuple[Message, str]],
) -> tuple[Rows, list[str]]:
    """Turn labelled messages into rows; only their columns are kept.

    Parameters
    ----------
    extractor, facts_of, pairs
        As for `train_model`.

    Returns
    -------
    rows : Rows
    labels : list of str
        One a row.

    Raises
    ------
    LabelError
        For a label that is none.
    """
    parts: list[Rows] = []
    labels: list[str] = []
    stream = iter(pairs)
    while batch := list(islice(stream, BATCH)):
        for _, label in batch:
            if label not in TEACHES:
                raise LabelError(f"{label!r} is no label; labels are {', '.join(TEACHES)}")
        parts.append(extractor.rows(facts_of([message for message, _ in batch])))
        labels.extend(label for _, label in batch)
    return joined_rows(extractor.schema, parts), labels


def _learner(schema: Schema, seed: int, jobs: int) -> FusedLearner:
    blocks = tuple((block.start, block.stop) for block in schema.blocks)
    losses = tuple(LOSSES.get(block.name, 30.0) for block in schema.blocks)
    return FusedLearner(blocks, losses=losses, seed=seed, jobs=jobs)


def _report(learner: FusedLearner, answers: NDArray[np.int_]) -> dict[str, Any]:
    """Say how a question was learned and how well it does on rows that were held out."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    scores = learner.out_of_fold_
    return {
        "positives": int(answers.sum()),
        "negatives": int((1 - answers).sum()),
        "shares": {name: round(share, 4) for name, share in learner.shares_.items()},
        "out_of_fold": {
            "1-ROCA%": round(100 * (1 - float(roc_auc_score(answers, scores))), 4),
            "average_precision": round(float(average_precision_score(answers, scores)), 4),
        },
    }


def _lacking(counts: Counter[str]) -> str:
    given = ", ".join(f"{count} {label}" for label, count in sorted(counts.items())) or "no messages"
    return (
        f"nothing to tell apart in {given}: spam needs spam and some of ham, important or unimportant; "
        "importance needs important and unimportant"
    )


def _now() -> datetime:
    """Return the time of the training; SOURCE_DATE_EPOCH sets it, so that a model can be built to the bit."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)


def _card(labels: list[str], learned: dict[str, Any], seed: int) -> dict[str, Any]:
    """Write down what people should know about a model."""
    return {
        "name": "unnamed",
        "version": classifier.__version__,
        "created": _now().isoformat(timespec="seconds"),
        "libraries": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "training": {"messages": len(labels), "labels": dict(sorted(Counter(labels).items())), "seed": seed},
        "trained": learned,
        "priors": {
            question: told["positives"] / (told["positives"] + told["negatives"])
            for question, told in learned.items()
        },
        "calibration": "Platt scaling of out-of-fold scores, added into the weights",
    }

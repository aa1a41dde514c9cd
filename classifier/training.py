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
from classifier.features import Extractor, Rows
from classifier.features.extractor import joined_rows
from classifier.learners import QUESTIONS, Tables
from classifier.learners.online import TEACHES
from classifier.learners.platt import brier, calibration_error
from classifier.learners.recipe import learner_for
from classifier.learners.twins import twins_of
from classifier.signals import Facts
from classifier.store import Model
from classifier.verdict import Cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners import FusedLearner
    from classifier.mail import Message

BATCH = 256
"""Messages parsed together; their facts are dropped before the next batch."""


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
        Rows of one group never stand on both sides of an inner fold; by default near-duplicates.

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
    copies = twins_of(rows)
    kin = copies if groups is None else np.asarray(groups)
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
        related = None if groups is None and _one_of_a_kind(kin[known], answers[known]) else kin[known]
        learner = learner_for(question, schema, seed, jobs).fit(X[known], answers[known], related)
        weights[:, at] = learner.coef_
        bias[at] = learner.intercept_
        learned[question] = _report(learner, answers[known])
        held_out[question] = known, learner.out_of_fold_
    if not learned:
        raise TrainingError(_lacking(Counter(labels)))
    card = _card(list(labels), learned, seed)
    card["evidence"] = Evidence.of(labels, held_out, copies).to_json()
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


def _one_of_a_kind(kin: NDArray[np.intp], answers: NDArray[np.int_]) -> bool:
    """Tell whether a class is all near-duplicates: held out together, they would leave none to learn."""
    return any(len(np.unique(kin[answers == answer])) < 2 for answer in (0, 1))


def _report(learner: FusedLearner, answers: NDArray[np.int_]) -> dict[str, Any]:
    """Say how a question was learned and how well it does on rows that were held out."""
    told: dict[str, Any] = {
        "positives": int(answers.sum()),
        "negatives": int((1 - answers).sum()),
        "shares": {name: round(share, 4) for name, share in learner.shares_.items()},
        "out_of_fold": {},
    }
    held = ~np.isnan(learner.out_of_fold_)
    scores, gold = learner.out_of_fold_[held], answers[held]
    if len(np.unique(gold)) == 2:
        from sklearn.metrics import average_precision_score, roc_auc_score

        told["out_of_fold"] = {
            "1-ROCA%": round(100 * (1 - float(roc_auc_score(gold, scores))), 4),
            "average_precision": round(float(average_precision_score(gold, scores)), 4),
            "calibration_error": round(calibration_error(scores, gold == 1), 4),
            "brier": round(brier(scores, gold == 1), 4),
        }
    return told


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

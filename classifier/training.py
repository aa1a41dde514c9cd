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

import classifier
from classifier.budget import Evidence
from classifier.errors import LabelError, TrainingError
from classifier.features import Extractor, Rows
from classifier.features.extractor import joined_rows
from classifier.learners import QUESTIONS, Tables
from classifier.learners.folds import split
from classifier.learners.fusion import Fused, Fusion
from classifier.learners.online import TEACHES
from classifier.learners.platt import brier, calibration_error
from classifier.learners.ranks import area_above, average_precision
from classifier.learners.recipe import is_fitted, members_for
from classifier.learners.tables import as_stored
from classifier.learners.twins import twins_of
from classifier.learners.views import view_of_rows
from classifier.signals import Facts
from classifier.store import Model
from classifier.verdict import Cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.members import Member
    from classifier.mail import Message

FOLDS = 5
"""For the scores of mail held out, by which members are weighed and calibrated."""

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
    copies = twins_of(rows)
    kin = copies if groups is None else np.asarray(groups)
    tables = Tables.empty(rows.schema)
    learned: dict[str, Any] = {}
    held_out: dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}
    for at, question in enumerate(QUESTIONS):
        answers = answers_to(at, labels)
        known = np.flatnonzero(answers >= 0)
        if len(np.unique(answers[known])) < 2:
            continue
        positive = answers[known] == 1
        related = None if groups is None and _one_of_a_kind(kin[known], positive) else kin[known]
        folds = list(split(positive, related, FOLDS, seed))
        members = members_for(question, rows.schema)
        mine = rows if len(known) == len(rows) else rows.take(known)
        views = {each: view_of_rows(mine, each) for each in {member.volumes for member in members}}
        fitted = is_fitted(question, rows.schema)
        fusion = Fusion(members, views, positive, folds, fitted=fitted, seed=seed, jobs=jobs)
        fused = fusion.fit(rows.schema.n_columns)
        tables.weights[:, at] = as_stored(fused.coef)
        tables.bias[at] = fused.intercept
        learned[question] = report(members, fused, positive)
        held_out[question] = known, fused.out_of_fold
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


def answers_to(question: int, labels: Sequence[str]) -> NDArray[np.int_]:
    """Say what labels answer to a question.

    Parameters
    ----------
    question : int
        Its number in `QUESTIONS`.
    labels : sequence of str

    Returns
    -------
    ndarray of shape (n,), int
        1 for yes, 0 for no, -1 where the label does not say.
    """
    answer = {
        label: -1 if taught[question] is None else taught[question] for label, taught in TEACHES.items()
    }
    return np.array([answer[label] for label in labels], int)


def _one_of_a_kind(kin: NDArray[np.intp], positive: NDArray[np.bool_]) -> bool:
    """Tell whether a class is all near-duplicates: held out together, they would leave none to learn."""
    return any(len(np.unique(kin[positive == answer])) < 2 for answer in (False, True))


def report(members: tuple[Member, ...], fused: Fused, positive: NDArray[np.bool_]) -> dict[str, Any]:
    """Say how a question was learned and how well it does on rows that were held out.

    Parameters
    ----------
    members : tuple of Member
    fused : Fused
    positive : ndarray of shape (n_rows,), bool

    Returns
    -------
    dict
        For the card.
    """
    shares = zip((member.name for member in members), fused.shares.tolist(), strict=True)
    told: dict[str, Any] = {
        "positives": int(positive.sum()),
        "negatives": int((~positive).sum()),
        "shares": {name: round(share, 4) for name, share in shares},
        "out_of_fold": {},
    }
    held = ~np.isnan(fused.out_of_fold)
    scores, gold = fused.out_of_fold[held], positive[held]
    if len(np.unique(gold)) == 2:
        told["out_of_fold"] = {
            "1-ROCA%": round(100 * area_above(scores, gold), 4),
            "average_precision": round(average_precision(scores, gold), 4),
            "calibration_error": round(calibration_error(scores, gold), 4),
            "brier": round(brier(scores, gold), 4),
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
        },
        "training": {"messages": len(labels), "labels": dict(sorted(Counter(labels).items())), "seed": seed},
        "trained": learned,
        "priors": {
            question: told["positives"] / (told["positives"] + told["negatives"])
            for question, told in learned.items()
        },
        "calibration": "Platt scaling of out-of-fold scores, added into the weights",
    }

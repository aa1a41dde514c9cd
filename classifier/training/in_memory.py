"""Labelled mail to a model: both questions learned from whatever labels there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.errors import LabelError
from classifier.features import Extractor, Rows
from classifier.features.extractor import joined_rows
from classifier.learners import QUESTIONS, Tables
from classifier.learners.folds import split
from classifier.learners.fusion import Fusion
from classifier.learners.online import TEACHES
from classifier.learners.recipe import is_fitted, members_for
from classifier.learners.tables import as_stored
from classifier.learners.twins import twins_of
from classifier.learners.views import view_of_rows
from classifier.signals import Facts
from classifier.store import Model
from classifier.training.card import Outcome, answers_to, model_of, report

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    thorough: bool = False,
) -> Model:
    """Train both questions on labelled messages.

    Parameters
    ----------
    extractor : Extractor
    facts_of : callable
        Messages to facts.
    pairs : iterable of (Message, str)
    seed, jobs : int
    thorough : bool, default False
        As for `train_rows`.

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
    return train_rows(rows, labels, seed=seed, jobs=jobs, thorough=thorough)


def train_rows(
    rows: Rows,
    labels: Sequence[str],
    *,
    seed: int = 0,
    jobs: int = 1,
    groups: Any = None,
    thorough: bool = False,
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
    thorough : bool, default False
        Whether signals are kept however much longer judging takes by them.

    Returns
    -------
    Model

    Raises
    ------
    TrainingError
        If no question has examples of both answers.
    """
    learned = learn_rows(rows, labels, seed=seed, jobs=jobs, groups=groups, thorough=thorough)
    tables, outcome, copies = learned
    return model_of(tables, labels, outcome, copies, seed)


def learn_rows(
    rows: Rows,
    labels: Sequence[str],
    *,
    seed: int,
    jobs: int,
    groups: Any = None,
    thorough: bool = False,
) -> tuple[Tables, Outcome, NDArray[np.intp]]:
    """Learn every question that labels answer.

    Parameters
    ----------
    rows, labels, seed, jobs, groups, thorough
        As for `train_rows`.

    Returns
    -------
    tables : Tables
    outcome : dict
        What `model_of` takes.
    copies : ndarray of shape (n_rows,), int
        Near-duplicates have the same number.
    """
    copies = twins_of(rows)
    kin = copies if groups is None else np.asarray(groups)
    tables = Tables.empty(rows.schema)
    outcome: Outcome = {}
    for at, question in enumerate(QUESTIONS):
        answers = answers_to(at, labels)
        known = np.flatnonzero(answers >= 0)
        if len(np.unique(answers[known])) < 2:
            continue
        positive = answers[known] == 1
        related = kin[known] if groups is not None else related_by(kin[known], positive)
        folds = list(split(positive, related, FOLDS, seed))
        members = members_for(question, rows.schema, thorough=thorough, bodies=rows.fills("body"))
        mine = rows if len(known) == len(rows) else rows.take(known)
        views = {each: view_of_rows(mine, each) for each in {member.volumes for member in members}}
        fitted = is_fitted(question, rows.schema)
        fusion = Fusion(members, views, positive, folds, fitted=fitted, seed=seed, jobs=jobs)
        fused = fusion.fit(rows.schema.n_columns)
        tables.weights[:, at] = as_stored(fused.coef)
        tables.bias[at] = fused.intercept
        outcome[question] = report(members, fused, positive), known, fused.out_of_fold
    return tables, outcome, copies


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


def related_by(kin: NDArray[np.intp], positive: NDArray[np.bool_]) -> NDArray[np.intp] | None:
    """Say what is held out together: near-duplicates, unless a class has nothing else."""
    return None if one_of_a_kind(kin, positive) else kin


def one_of_a_kind(kin: NDArray[np.intp], positive: NDArray[np.bool_]) -> bool:
    """Tell whether a class is all near-duplicates: held out together, they would leave none to learn."""
    return any(len(np.unique(kin[positive == answer])) < 2 for answer in (False, True))

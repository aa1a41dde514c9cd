"""What a model's card says of its training, and what labels answer."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

import classifier
from classifier.budget import Evidence
from classifier.errors import TrainingError
from classifier.learners import Tables
from classifier.learners.online import TEACHES
from classifier.learners.platt import brier, calibration_error
from classifier.learners.ranks import area_above, average_precision
from classifier.learners.recipe import SIGNALS_PRICE
from classifier.store import Model
from classifier.verdict import Cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.learners.members import Member
    from classifier.learners.outcome import Fused

IDLE = {
    "signals": f"they do not surely lower the log-loss of mail held out by {SIGNALS_PRICE:.0%}",
    "history": "it does not surely lower the log-loss of mail held out",
}
"""Why a view is left out."""

Outcome = dict[str, tuple[dict[str, Any], "NDArray[np.intp]", "NDArray[np.float64]"]]


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


def lacking(counts: Counter[str]) -> str:
    """Say in words why nothing can be learned from labels.

    Parameters
    ----------
    counts : Counter of str

    Returns
    -------
    str
    """
    given = ", ".join(f"{count} {label}" for label, count in sorted(counts.items())) or "no messages"
    return (
        f"nothing to tell apart in {given}: spam needs spam and some of ham, important or unimportant; "
        "importance needs important and unimportant"
    )


def _now() -> datetime:
    """Return the time of the training; SOURCE_DATE_EPOCH sets it, so that a model can be built to the bit."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)


def _card(labels: Sequence[str], learned: dict[str, Any], seed: int) -> dict[str, Any]:
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


def _without_idle_views(tables: Tables) -> Tables:
    """Leave out the views that the fusion gave no weight, so that running the model does not compute them."""
    schema = tables.schema
    busy = [block.name for block in schema.blocks if tables.weights[block.start : block.stop].any()]
    return Tables(schema.only(busy), tables.weights, tables.bias)


def model_of(
    tables: Tables, labels: Sequence[str], outcome: Outcome, kin: NDArray[np.intp], seed: int
) -> Model:
    """Make a model of what was learned.

    Parameters
    ----------
    tables : Tables
    labels : sequence of str
        Of all rows.
    outcome : dict of str to (dict, ndarray of int, ndarray of float)
        Of each question that was learned, what `report` says, the rows with an answer, and their log-odds
        by learners that had not seen them.
    kin : ndarray of shape (n_rows,), int
        Near-duplicates have the same number.
    seed : int

    Returns
    -------
    Model

    Raises
    ------
    TrainingError
        If no question was learned.
    """
    if not outcome:
        raise TrainingError(lacking(Counter(labels)))
    card = _card(labels, {question: told for question, (told, _, _) in outcome.items()}, seed)
    held_out = {question: (rows, scores) for question, (_, rows, scores) in outcome.items()}
    card["evidence"] = Evidence.of(labels, held_out, kin).to_json()
    spare = _without_idle_views(tables)
    idle = [view for view in tables.schema.views if view not in spare.schema.views]
    card["training"]["left_out"] = {view: IDLE.get(view, "without weight") for view in idle}
    return Model(spare, Cuts(), card)

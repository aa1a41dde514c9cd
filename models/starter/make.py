"""Make the starter model.

    python models/starter/make.py CORPORA -o models/starter/starter.mailtriage

CORPORA is the folder with the corpora named in README.md beside this file. The same corpora, versions
and code give the same weights.
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import recipe
import sklearn
from sklearn.metrics import average_precision_score
from sources import Sample, read_samples

import classifier
from classifier.budget import Evidence
from classifier.features import Extractor, Schema
from classifier.features.extractor import joined_rows
from classifier.features.schema import VIEWS
from classifier.learners import QUESTIONS, Tables
from classifier.learners.online import TEACHES
from classifier.mail import Message
from classifier.signals import Facts
from classifier.store import Model, save_model
from classifier.verdict import Cuts

SCHEMA = Schema(bits=19, gram_bits=19, portable=True, gram_body_bytes=2000, views=VIEWS)

CUTS = Cuts(
    spam=math.log(3),
    ham=-math.log(3),
    important=-math.log(5 / 3),
    importance=-math.log(5),
    unimportant=-math.log(15),
)
"""Scores of mail from an unseen source are cautious already: at three to one, 7 of the 6,260 ham of four
sources left out were lost (the fifth, newsletters of 2002, resembles spam to whoever has not seen it).
Missing an important message hurts as much as reading five that are not."""

BATCH = 256
"""Messages whose facts are held at once."""

ROOT_MAIL = 1200
"""Messages of root mail that the question of spam sees, as many as of the mailing list."""

NEWSLETTERS = "spamassassin/hard-ham-1"
"""Newsletters and notices of shops: ham by their label, and by ours unimportant."""

ABOUT = "Learned from other people's mail: a start until it is taught. See models/starter/README.md."


def main() -> int:
    """Read, learn, write."""
    parser = argparse.ArgumentParser(description="Make the starter model.")
    parser.add_argument("corpora", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args()
    samples = list(read_samples(asked.corpora))
    print(f"{len(samples)} messages", file=sys.stderr)
    X = rows_of(samples)
    labels = np.array([sample.label for sample in samples])
    sources = np.array([sample.source for sample in samples])
    save_model(learn(X, labels, sources, manifest(samples)), asked.output)
    return 0


def rows_of(samples: list[Sample]) -> Any:
    """Hash all messages, each as its own reader sees it.

    Returns
    -------
    csr_matrix of shape (n_samples, n_columns)
    """
    extractor = Extractor(SCHEMA)
    parts = [
        extractor.rows(
            [Facts(Message(each.stored.raw), each.site, None, each.past) for each in samples[at : at + BATCH]]
        )
        for at in range(0, len(samples), BATCH)
    ]
    return joined_rows(SCHEMA, parts).to_csr()


def learn(X: Any, labels: Any, sources: Any, training: list[dict[str, Any]]) -> Model:
    """Learn both questions and write the card.

    Parameters
    ----------
    X : csr_matrix of shape (n_samples, n_columns)
    labels, sources : ndarray of shape (n_samples,), str
    training : list of dict
        What stands in the card about the mail.

    Returns
    -------
    Model
    """
    tables = Tables.empty(SCHEMA)
    learned: dict[str, Any] = {}
    held_out: dict[str, tuple[Any, Any]] = {}
    for at, name in enumerate(QUESTIONS):
        rows, groups = asked_of(name, labels, sources)
        positive = np.array([TEACHES[label][at] == 1 for label in labels[rows]])
        found = recipe.fit(recipe.QUESTIONS[name], SCHEMA, X[rows], positive, groups)
        tables.weights[:, at], tables.bias[at] = found.weights, found.bias
        learned[name] = told(name, found, positive, groups)
        if name == "importance":
            learned[name]["history"] = learn_history(tables, X[rows], found.unseen, positive, groups)
        held_out[name] = rows, found.unseen
    evidence = Evidence.of(labels.tolist(), held_out).to_json()
    return Model(tables, CUTS, card(labels, learned, training) | {"evidence": evidence})


def learn_history(tables: Tables, X: Any, unseen: Any, positive: Any, groups: Any) -> dict[str, Any]:
    """Learn what history adds to the answer about importance, and write it into the tables.

    Returns
    -------
    dict
        How well each folder of sources is answered without and with it, the source itself left out.
    """
    block = SCHEMA.blocks[VIEWS.index("history")]
    columns = X[:, block.start : block.stop]
    tables.weights[block.start : block.stop, 1] = recipe.fit_history(columns, unseen, positive, groups)
    added = recipe.history_left_out(columns, unseen, positive, groups)
    folders = np.array([group.split("/")[0] for group in groups])
    return {
        folder: {
            "average_precision": round(float(average_precision_score(positive[inside], unseen[inside])), 4),
            "with_history": round(
                float(average_precision_score(positive[inside], (unseen + added)[inside])), 4
            ),
        }
        for folder in np.unique(folders).tolist()
        for inside in [folders == folder]
        if 0 < positive[inside].sum() < inside.sum()
    }


def asked_of(question: str, labels: Any, sources: Any) -> tuple[Any, Any]:
    """Choose who is asked a question.

    Returns
    -------
    rows : ndarray of shape (n_rows,), int
    groups : ndarray of shape (n_rows,), str
        What is left out as a whole. For spam all of root mail is one source: no host of it has any.
    """
    folders = np.array([source.split("/")[0] for source in sources])
    judged = np.isin(labels, ("important", "unimportant"))
    if question == "importance":
        rows = np.flatnonzero(judged | (sources == NEWSLETTERS))
        return rows, sources[rows]
    root = np.flatnonzero(folders == "rootmail")
    root = np.sort(np.random.default_rng(0).choice(root, min(len(root), ROOT_MAIL), replace=False))
    rows = np.sort(np.concatenate([np.flatnonzero(~judged), root]))
    return rows, np.where(folders == "rootmail", folders, sources)[rows]


def told(question: str, found: recipe.Fit, positive: Any, groups: Any) -> dict[str, Any]:
    """Say how well a question was answered on each source by what knew nothing of it."""
    said = found.unseen >= (CUTS.spam if question == "spam" else CUTS.importance)
    return {
        "positives": int(positive.sum()),
        "negatives": int((~positive).sum()),
        "shares": {name: round(share, 4) for name, share in found.shares.items()},
        "source_left_out": {
            name: judged(found.unseen[groups == name], positive[groups == name], said[groups == name])
            for name in np.unique(groups).tolist()
        },
        "each_source_left_out": {
            folder: judged(found.unseen[inside], positive[inside], said[inside])
            for folder in sorted({name.split("/")[0] for name in groups})
            for inside in [np.char.startswith(groups, folder)]
        },
    }


def judged(scores: Any, positive: Any, said: Any) -> dict[str, Any]:
    """Count what was called positive, rightly and wrongly; average precision where both answers occur."""
    report: dict[str, Any] = {
        "positives": int(positive.sum()),
        "found": int(said[positive].sum()),
        "negatives": int((~positive).sum()),
        "wrong": int(said[~positive].sum()),
    }
    if 0 < positive.sum() < len(positive):
        report["average_precision"] = round(float(average_precision_score(positive, scores)), 4)
    return report


def manifest(samples: list[Sample]) -> list[dict[str, Any]]:
    """Count and fingerprint what was learned, by source and label."""
    counts: Counter[tuple[str, str]] = Counter()
    digests: dict[tuple[str, str], Any] = {}
    for sample in samples:
        entry = (sample.label, sample.source)
        counts[entry] += 1
        digests.setdefault(entry, sha256()).update(sample.stored.raw)
    return [
        {"label": entry[0], "mailbox": entry[1], "messages": count, "sha256": digests[entry].hexdigest()}
        for entry, count in sorted(counts.items())
    ]


def card(labels: Any, learned: dict[str, Any], training: list[dict[str, Any]]) -> dict[str, Any]:
    """Write down what people should know."""
    return {
        "name": "starter",
        "about": ABOUT,
        "version": classifier.__version__,
        "created": datetime.now(UTC).date().isoformat(),
        "libraries": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "training": {
            "messages": len(labels),
            "labels": dict(sorted(Counter(labels.tolist()).items())),
            "seed": 0,
            "sources": training,
        },
        "trained": learned,
        "priors": {
            name: told["positives"] / (told["positives"] + told["negatives"])
            for name, told in learned.items()
        },
        "calibration": "Platt scaling of scores by learners that knew nothing of a message's source",
    }


if __name__ == "__main__":
    sys.exit(main())

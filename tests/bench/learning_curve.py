"""What a handful of labels is worth: nothing but them, a model trained on other people's mail, and both.

    python tests/bench/learning_curve.py [--question spam importance] [--draws 5] [--fold N]

The shipped starter model has seen these corpora, so a model trained elsewhere stands in for it, by the
usual training: for spam on ``easy-ham-1`` and ``spam-1``, the reader's mail being ``easy-ham-2``,
``hard-ham-1`` and ``spam-2``; for importance on the root mail of four hosts, the reader's mail being that
of the other four, and the other way round. So many of the reader's messages, drawn at random from one part
of the mail, are learned one at a time; another part is judged. ``lost`` is the part of the ham called spam,
or of the important mail called unimportant for certain; ``found`` the part of the spam, or of the important
mail, called so for certain.
"""

from __future__ import annotations

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from corpora import Corpora, argument_parser, open_corpora, print_head, print_row, table
from numpy.typing import NDArray
from root_corpus import read_root_mail

from classifier.engine.deciding import cautious
from classifier.features import Extractor, Rows, Schema
from classifier.learners import QUESTIONS, Tables
from classifier.learners.online import Corrections
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.signals import Facts
from classifier.store import Model
from classifier.training import train_rows
from classifier.verdict import Cuts

SIZES = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Numbers of labels."""

READERS = {"spam-2", "easy-ham-2", "hard-ham-1"}
"""Folders of the SpamAssassin corpus that are the reader's mail; the rest is other people's."""


class Reader(NamedTuple):
    """Somebody's mail, and a model of other people's.

    Parameters
    ----------
    rows : Rows
        All mail.
    labels : ndarray of str
    taught, judged : ndarray of int
        Which of it may be learned, which is judged.
    elsewhere : Model
    """

    rows: Rows
    labels: NDArray[np.str_]
    taught: NDArray[np.intp]
    judged: NDArray[np.intp]
    elsewhere: Model


def hashed(raws: list[bytes], schema: Schema) -> Rows:
    """Turn mail into rows."""
    return Extractor(schema).rows([Facts(Message(raw)) for raw in raws])


def trained(rows: Rows, labels: NDArray[np.str_], others: NDArray[np.bool_]) -> Model:
    """Train on other people's mail; all views are kept, so that the reader's columns are the same."""
    model = train_rows(rows.take(np.flatnonzero(others)), labels[others].tolist(), seed=0, jobs=1)
    tables = Tables(rows.schema, model.tables.weights, model.tables.bias)
    return Model(tables, model.cuts, model.card)


def spam_readers(corpora: Corpora, fold: int | None) -> Iterator[Reader]:
    """Divide the SpamAssassin corpus by folder; a fold of the training part stands in for the test part."""
    told = table(corpora.corpora / "spamassassin" / "index.tsv")
    raws = [stored.raw for stored in open_mailbox(corpora.protocols / "p2" / "all.mbox")]
    rows = hashed(raws, Schema(portable=True))
    labels = np.array([row["label"] for row in told])
    folds = np.array([int(row["fold"]) for row in told])
    own = np.array([row["id"].partition("/")[0] in READERS for row in told])
    test = folds < 2 if fold is None else folds == fold
    pool = (folds >= 2) & (folds != fold)
    model = trained(rows, labels, pool & ~own)
    yield Reader(rows, labels, np.flatnonzero(pool & own), np.flatnonzero(test & own), model)


def importance_readers(corpora: Corpora, fold: int | None) -> Iterator[Reader]:
    """Divide the root mail by host, and the reader's mail by a hash of the message."""
    mails = read_root_mail(corpora)
    raws = [mail.stored.raw for mail in mails]
    rows = hashed(raws, Schema(bits=18))
    labels = np.array([mail.label for mail in mails])
    names = sorted({mail.host for mail in mails})
    half = np.array([names.index(mail.host) % 2 for mail in mails])
    part = np.array([zlib.crc32(raw) % 4 for raw in raws])
    test = part < 2 if fold is None else part == 2
    pool = part == 3 if fold is not None else part >= 2
    for own in (half == 0, half == 1):
        model = trained(rows, labels, ~own)
        yield Reader(rows, labels, np.flatnonzero(pool & own), np.flatnonzero(test & own), model)


def curve(
    reader: Reader, tables: Tables, order: NDArray[np.intp], question: int
) -> Iterator[tuple[int, NDArray[np.float64], list[str]]]:
    """Learn one after the other; yields, at each size, the log-odds of what is judged, and the labels."""
    corrections = Corrections(tables.schema)
    judged = reader.rows.take(reader.judged)
    for at in range(max(SIZES) + 1):
        if at in SIZES:
            yield at, corrections.score(judged, tables)[:, question], reader.labels[order[:at]].tolist()
        if at < len(order):
            rows, label = reader.rows.take(order[at : at + 1]), str(reader.labels[order[at]])
            corrections.learn(at.to_bytes(8, "big"), label, rows, tables)


def found_and_lost(
    question: int, scores: NDArray[np.float64], gold: NDArray[np.bool_], cuts: Cuts
) -> tuple[float, float]:
    """Return the part found, and the part lost, of what must be."""
    if question == 0:
        return float((scores[gold] >= cuts.spam).mean()), float((scores[~gold] >= cuts.spam).mean())
    return float((scores[gold] >= cuts.important).mean()), float((scores[gold] < cuts.unimportant).mean())


ARMS = ("labels alone", "with a model of other mail")


def measure(
    reader: Reader, question: int, draws: int
) -> Iterator[tuple[tuple[str, int], NDArray[np.float64], Cuts]]:
    """Yield, for each arm and size, the log-odds of what is judged and the cuts that hold then."""
    empty = Model(Tables.empty(reader.rows.schema), Cuts(), {})
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(reader.taught)
        for arm, model in zip(ARMS, (empty, reader.elsewhere), strict=True):
            for size, scores, labels in curve(reader, model.tables, order, question):
                yield (arm, size), scores, cautious(Cuts(), model.card, Counter(labels))


def main(asked: argparse.Namespace) -> None:
    """Print a table a question."""
    corpora = open_corpora(asked)
    judge = corpora.referee()
    for name in asked.question:
        question = QUESTIONS.index(name)
        positive, figure = (("spam", "1-ROCA%"), ("important", "average_precision"))[question]
        told: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
        for reader in (spam_readers, importance_readers)[question](corpora, asked.fold):
            gold = reader.labels[reader.judged] == positive
            for key, scores, cuts in measure(reader, question, asked.draws):
                row = (judge(gold, scores)[figure], *found_and_lost(question, scores, gold, cuts))
                told.setdefault(key, []).append(row)
        print_head(
            f"{name}: labels", *(f"{arm}: {what}" for arm in ARMS for what in (figure, "found", "lost"))
        )
        for size in SIZES:
            means = [np.mean(told[arm, size], axis=0) for arm in ARMS]
            print_row(size, *(cell for v, f, n in means for cell in (f"{v:.3f}", f"{f:.1%}", f"{n:.2%}")))


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--question", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    parser.add_argument("--draws", type=int, default=5, help="random orders of the labels")
    parser.add_argument("--fold", type=int, help="for choosing: judge this fold of the training part instead")
    main(parser.parse_args())

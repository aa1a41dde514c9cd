"""What a reader's first corrections do to all other mail, on top of a trained model.

    python tests/bench/first_corrections.py [--draws 3]

Two readers: of the SpamAssassin corpus, with a model of other people's mail (see `learning_curve`; fixed is
the test part), and of the demo mailbox, with the shipped starter. Mail is judged in random order; ``missed``
learns the spam that was not called spam, as people do who only ever use that button; ``wrong`` learns the ham
called spam, too. Found: the part of the spam called spam; lost: the part of the ham. ``full pace`` learns as
without a model from the first label on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from corpora import argument_parser, open_corpora, print_head, print_row, table
from learning_curve import spam_readers
from numpy.typing import NDArray

from classifier import Classifier, open_mailbox
from classifier.features import Rows
from classifier.learners import Tables
from classifier.learners.online import PACES, Corrections
from classifier.mail import Message

SIZES = (0, 1, 2, 5, 10, 20, 50)
"""Numbers of corrections."""

DATA = Path(__file__).parents[2] / "data"
ARMS = {"full pace": (PACES[0]._replace(few=0), PACES[1]), "as shipped": PACES}


class Mail(NamedTuple):
    """A reader's mail: which of it is spam, may be corrected, is judged; the model, and its cut."""

    rows: Rows
    spam: NDArray[np.bool_]
    taught: NDArray[np.intp]
    judged: NDArray[np.intp]
    tables: Tables
    cut: float


def demo() -> Mail:
    """Read the demo mailbox; all of it is corrected and judged."""
    classifier = Classifier.load("starter", me=["ada@example.org"])
    messages = [Message(stored.raw) for stored in open_mailbox(DATA / "demo.mbox")]
    gold = {row["message-id"].strip("<>"): row["label"] for row in table(DATA / "demo.labels.tsv")}
    rows = classifier.extractor.rows(classifier.facts(messages, [None] * len(messages)))
    spam = np.array([gold[message.message_id.strip("<>")] == "spam" for message in messages])
    every = np.arange(len(messages))
    return Mail(rows, spam, every, every, classifier.model.tables, classifier.cuts.spam)


def course(
    mail: Mail, corrections: Corrections, draw: int, missed: bool
) -> Iterator[tuple[int, float, float]]:
    """Correct in random order; yields number of corrections, found and lost, at each size."""
    judged = mail.rows.take(mail.judged)
    spam = mail.spam[mail.judged]
    done = 0
    for at in [-1, *np.random.default_rng(draw).permutation(mail.taught).tolist()]:
        if at >= 0:
            row, is_spam = mail.rows.take(np.array([at])), bool(mail.spam[at])
            called = corrections.score(row, mail.tables)[0, 0] >= mail.cut
            if called == is_spam or (missed and not is_spam):
                continue
            corrections.learn(at.to_bytes(8, "big"), "spam" if is_spam else "ham", row, mail.tables)
            done += 1
        if done in SIZES:
            called = corrections.score(judged, mail.tables)[:, 0] >= mail.cut
            yield done, float(called[spam].mean()), float(called[~spam].mean())


def main(asked: argparse.Namespace) -> None:
    """Print a table a reader."""
    corpora = open_corpora(asked)

    def spamassassin() -> Mail:
        reader = next(spam_readers(corpora, asked.fold))
        model, spam = reader.elsewhere, reader.labels == "spam"
        return Mail(reader.rows, spam, reader.taught, reader.judged, model.tables, model.cuts.spam)

    readers: dict[str, Callable[[], Mail]] = {"SpamAssassin": spamassassin, "demo": demo}
    for name, read in readers.items():
        mail = read()
        keys = [(kind, arm) for kind in ("missed", "wrong") for arm in ARMS]
        told: dict[tuple[str, str, int], list[tuple[float, float]]] = {}
        for kind, arm in keys:
            for draw in range(asked.draws):
                corrections = Corrections(mail.tables.schema, ARMS[arm])
                for size, found, lost in course(mail, corrections, draw, kind == "missed"):
                    told.setdefault((kind, arm, size), []).append((found, lost))
        print_head(f"{name}: corrections", *(f"{kind}, {arm}: found / lost" for kind, arm in keys))
        for size in SIZES:
            cells = [told.get((*key, size), []) for key in keys]
            whole = [np.mean(each, axis=0) if len(each) == asked.draws else None for each in cells]
            print_row(size, *("-" if one is None else f"{one[0]:.1%} / {one[1]:.1%}" for one in whole))


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--draws", type=int, default=3, help="random orders")
    parser.add_argument("--fold", type=int, help="for choosing: judge this fold of the training part instead")
    main(parser.parse_args())

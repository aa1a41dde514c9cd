"""What goes wrong with labels, and how much of it the online learner takes: floods, lies, noise, order.

    python tests/bench/online_mishaps.py [--upto 0.5]

The first messages of protocol P2 are learned in order of arrival, then:

``flood``
    500 copies of one spam, each with its own words here and there, are learned as ham; and 500 copies of
    a ham as ham. What other mail is judged as, the messages that follow, must move little, and a few true
    labels must win the flood's own kind back.
``noise``
    One label in ten is wrong, at random, while P2 is replayed; the scores are judged by the true labels.
``order``
    The same messages are learned in other orders.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from corpora import Corpora, argument_parser, open_corpora, print_head, print_row, table
from numpy.typing import NDArray

from classifier.features import Extractor, Rows, Schema
from classifier.learners import Tables
from classifier.learners.online import Corrections
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.signals import Facts

COPIES = 500
LABELS = ("ham", "spam")


class Course:
    """Mail in order of arrival, and what can be done with it.

    Parameters
    ----------
    corpora : Corpora
    upto : float
        The fraction of P2 that is learned; the 1,000 messages behind it are judged.
    """

    def __init__(self, corpora: Corpora, upto: float) -> None:
        told = table(corpora.protocols / "p2" / "gold.tsv")
        raws = [stored.raw for stored in open_mailbox(corpora.protocols / "p2" / "all.mbox")]
        self.n = int(len(raws) * upto)
        self.raws = raws[: self.n + 1000]
        self.extractor = Extractor(Schema())
        self.rows = self.hashed(self.raws)
        self.spam = np.array([row["label"] == "spam" for row in told[: len(self.raws)]])
        self.tables = Tables.empty(self.rows.schema)

    def hashed(self, raws: list[bytes]) -> Rows:
        """Turn mail into rows."""
        return self.extractor.rows([Facts(Message(raw)) for raw in raws])

    def learn(self, corrections: Corrections, rows: Rows, spam: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Learn rows one after the other; returns the log-odds of each before it was learned."""
        scores = np.zeros(len(rows))
        for at, label in enumerate(spam.tolist()):
            row = rows.take(np.array([at]))
            scores[at] = corrections.score(row, self.tables)[0, 0]
            corrections.learn(len(corrections).to_bytes(8, "big"), LABELS[label], row, self.tables)
        return scores

    def learned(self, order: NDArray[np.intp]) -> Corrections:
        """Learn messages in some order."""
        corrections = Corrections(self.rows.schema)
        self.learn(corrections, self.rows.take(order), self.spam[order])
        return corrections

    def judged(self, corrections: Corrections) -> NDArray[np.float64]:
        """Return the log-odds of what comes behind."""
        return corrections.score(self.rows.take(np.arange(self.n, len(self.raws))), self.tables)[:, 0]


def copies(raw: bytes, count: int) -> list[bytes]:
    """Copy a message, each copy with its own identifier, subject word and last line."""
    head, _, body = raw.partition(b"\n\n")
    return [
        b"Message-ID: <%d.%d@copies.invalid>\nX-Copy: a%d\n" % (at, at * at, at)
        + head
        + b"\n\n%s\nref %d b%d\n" % (body, at, at * 7)
        for at in range(count)
    ]


def show_floods(course: Course) -> None:
    """Print how far a flood moves other mail."""
    before = course.judged(course.learned(np.arange(course.n)))
    gold = course.spam[course.n :]
    lot = np.random.default_rng(0)
    print_head(
        "flood",
        "copies",
        "other mail moved by, median",
        "99 %",
        "other mail that changed sides",
        "wrong before / after",
        "its kind after",
        "after 5 true labels",
    )
    for label, told in (("spam", "ham"), ("ham", "ham")):
        one = int(lot.choice(np.flatnonzero(course.spam[: course.n] == (label == "spam"))))
        rows = course.hashed(copies(course.raws[one], COPIES + 20))
        for count in (1, 5, COPIES):
            corrections = course.learned(np.arange(course.n))
            course.learn(corrections, rows.take(np.arange(count)), np.full(count, told == "spam"))
            after = course.judged(corrections)
            moved = np.abs(after - before)
            kind = rows.take(np.arange(COPIES, COPIES + 10))
            own = corrections.score(kind, course.tables)[:, 0].mean()
            course.learn(
                corrections, rows.take(np.arange(COPIES + 10, COPIES + 15)), np.full(5, label == "spam")
            )
            won = corrections.score(kind, course.tables)[:, 0].mean()
            wrong = [int(((each > 0) != gold).sum()) for each in (before, after)]
            print_row(
                f"{label} as {told}",
                count,
                f"{np.median(moved):.2f}",
                f"{np.percentile(moved, 99):.2f}",
                int(((after > 0) != (before > 0)).sum()),
                f"{wrong[0]} / {wrong[1]} of {len(gold)}",
                f"{own:.1f}",
                f"{won:.1f}",
            )


def show_noise(course: Course, judge: Callable[[Any, Any], dict[str, float]]) -> None:
    """Print what wrong labels cost."""
    gold = course.spam[: course.n]
    half = course.n // 2
    print_head("labels wrong", "1-ROCA%", "of the last half", "wrong side")
    for fraction in (0.0, 0.01, 0.05, 0.1):
        turned = np.random.default_rng(1).random(course.n) < fraction
        scores = course.learn(
            Corrections(course.rows.schema), course.rows.take(np.arange(course.n)), gold ^ turned
        )
        figures = [judge(gold[at:], scores[at:])["1-ROCA%"] for at in (0, half)]
        print_row(f"{fraction:.0%}", *figures, f"{((scores > 0) != gold).mean():.2%}")


def show_order(course: Course, judge: Callable[[Any, Any], dict[str, float]]) -> None:
    """Print how much the order of learning matters."""
    gold = course.spam[course.n :]
    orders = [np.arange(course.n), np.arange(course.n)[::-1]]
    orders += [np.random.default_rng(seed).permutation(course.n) for seed in range(3)]
    scores = np.array([course.judged(course.learned(order)) for order in orders])
    sides = (scores > 0) != (scores[0] > 0)
    print_head("order", "1-ROCA% of what follows", "changed sides", "log-odds moved, median", "95 %")
    for name, row, side in zip(
        ("arrival", "backwards", "shuffled 1", "shuffled 2", "shuffled 3"), scores, sides, strict=True
    ):
        moved = np.abs(row - scores[0])
        print_row(
            name,
            judge(gold, row)["1-ROCA%"],
            int(side.sum()),
            f"{np.median(moved):.2f}",
            f"{np.percentile(moved, 95):.2f}",
        )


def show_speed(course: Course) -> None:
    """Print what one message costs, in CPU time, its columns being there."""
    corrections = course.learned(np.arange(course.n))
    rows = [course.rows.take(np.array([at])) for at in range(course.n, course.n + 300)]
    took = []
    for at, row in enumerate(rows):
        begun = time.process_time()
        corrections.learn(b"t%d" % at, LABELS[int(course.spam[course.n + at])], row, course.tables)
        took.append(time.process_time() - begun)
    learned = time.process_time()
    for at in range(len(rows)):
        corrections.unlearn(b"t%d" % at)
    undone = (time.process_time() - learned) / len(rows)
    batch = course.rows.take(np.arange(course.n, course.n + 64))
    course.judged(corrections)
    begun = time.process_time()
    for _ in range(20):
        corrections.score(batch, course.tables)
    joined = (time.process_time() - begun) / 1280
    begun = time.process_time()
    for _ in range(20):
        course.tables.score(batch)
    bare = (time.process_time() - begun) / 1280
    print_head(
        "CPU of one message after so many",
        "learn, ms",
        "unlearn, ms",
        "score in batches of 64, us",
        "of this the tables alone, us",
    )
    print_row(
        course.n,
        f"{1e3 * np.median(took):.2f}",
        f"{1e3 * undone:.2f}",
        f"{1e6 * joined:.0f}",
        f"{1e6 * bare:.0f}",
    )


def main(asked: argparse.Namespace) -> None:
    """Print all tables."""
    corpora = open_corpora(asked)
    course = Course(corpora, asked.upto)
    judge = corpora.referee()
    show_speed(course)
    show_floods(course)
    show_noise(course, judge)
    show_order(course, judge)


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--upto", type=float, default=0.5, help="the fraction of P2 that is learned")
    main(parser.parse_args())

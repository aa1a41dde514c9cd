"""What labels are worth that `suggest` asks for, against labels of as many messages drawn at random.

    python tests/bench/suggest.py [--protocol root p1] [--labels 50] [--seeds 10] [--rounds 1]

A model is trained on the labelled messages alone and ranks mail that it never saw. Root mail: the pool are
four hosts, the test four others; the figure is the average precision of important. P1: the pool is the
training part, the test the test part; the figure is 1-ROCA% of spam. Each seed takes other four fifths of the
pool, and draws other random messages. With --rounds 5 a fifth of the labels is asked for at a time, by the
model that those before taught. How to suggest was chosen on the pools alone, by leaving hosts or folds out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from corpora import Corpora, argument_parser, open_corpora, print_head, print_row
from numpy.typing import NDArray
from root_corpus import read_root_mail

from classifier.engine import Classifier
from classifier.evaluate.suggest import suggest
from classifier.features import Rows, Schema
from classifier.features.extractor import joined_rows
from classifier.mail import Message
from classifier.mailboxes import Stored, open_mailbox
from classifier.training import train_rows

ASKED_HOSTS = ("backup01", "build01", "db01", "dev01")
"""Hosts whose mail may be asked about; the others are the test."""

BITS = 18


class Task(NamedTuple):
    """A pool to ask about, a test, and the figure that counts."""

    name: str
    pool: list[Stored]
    labels: list[str]
    test: list[Stored]
    gold: NDArray[np.bool_]
    question: int
    figure: str


def root_task(corpora: Corpora) -> Task:
    """Importance of root mail on hosts that nobody labelled anything of."""
    mails = read_root_mail(corpora)
    pool = [each for each in mails if each.host in ASKED_HOSTS]
    test = [each for each in mails if each.host not in ASKED_HOSTS]
    gold = np.array([each.important for each in test])
    labels = [each.label for each in pool]
    return Task(
        "root", [e.stored for e in pool], labels, [e.stored for e in test], gold, 1, "average_precision"
    )


def p1_task(corpora: Corpora) -> Task:
    """Spam of P1."""
    parts = {label: list(open_mailbox(corpora.mailbox("p1", f"train-{label}"))) for label in ("ham", "spam")}
    pool = [stored for part in parts.values() for stored in part]
    labels = [label for label, part in parts.items() for _ in part]
    test = list(open_mailbox(corpora.mailbox("p1", "test")))
    return Task("p1", pool, labels, test, np.array(corpora.gold("p1")), 0, "1-ROCA%")


def rows_of(mails: Iterable[Stored]) -> Rows:
    """Read mail once for all models."""
    classifier = Classifier(schema=Schema(bits=BITS))
    stored = list(mails)
    return joined_rows(
        classifier.extractor.schema,
        [
            classifier.rows([Message(each.raw) for each in stored[at : at + 64]])
            for at in range(0, len(stored), 64)
        ],
    )


class Bench:
    """One task, its mail read once."""

    def __init__(self, task: Task, judge: Callable[..., dict[str, float]]) -> None:
        self.task, self._judge = task, judge
        self._pool, self._test = rows_of(task.pool), rows_of(task.test)

    def figure(self, chosen: list[int]) -> float:
        """Train on some labels; returns how well the test is ranked. One answer alone teaches nothing."""
        labels = [self.task.labels[at] for at in chosen]
        scores = np.zeros(len(self.task.gold))
        if len(set(labels)) > 1:
            model = train_rows(self._pool.take(chosen), labels, seed=0, jobs=1)
            scores = model.tables.score(self._test)[:, self.task.question]
        ties = np.random.default_rng(0).permutation(len(scores))  # so that order is no answer
        return self._judge(self.task.gold[ties], scores[ties])[self.task.figure]

    def suggested(self, among: list[int], count: int, rounds: int) -> list[int]:
        """Ask for labels, in one round or several."""
        stored = [Stored("pool", str(at), self.task.pool[at].raw) for at in among]
        classifier = Classifier(schema=Schema(bits=12, views=("header",)))
        chosen: list[int] = []
        for number in range(1, rounds + 1):
            known = {str(at) for at in chosen}
            wanted = count * number // rounds - len(chosen)
            found = suggest(classifier, stored, wanted, known=lambda one, known=known: one.key in known)
            chosen += [int(one.key) for one in found]
            labels = [self.task.labels[at] for at in chosen]
            if number < rounds and len(set(labels)) > 1:
                classifier = Classifier(train_rows(self._pool.take(chosen), labels, seed=0, jobs=1))
        return chosen


def main(asked: argparse.Namespace) -> None:
    """Print a row a task and way of asking: mean and standard error over the seeds."""
    corpora = open_corpora(asked)
    tasks = {"root": root_task, "p1": p1_task}
    print_head(
        "pool and test", "figure", "asked by", "labels", "positives", "mean", "standard error", "better"
    )
    for name in asked.protocol:
        bench = Bench(tasks[name](corpora), corpora.referee())
        kept: dict[str, list[tuple[float, int]]] = {"random": [], "suggest": []}
        for seed in range(asked.seeds):
            lot = np.random.default_rng(seed)
            size = len(bench.task.pool)
            among = np.sort(lot.permutation(size)[: size * 4 // 5]).tolist()
            drawn = lot.choice(among, asked.labels, replace=False).tolist()
            for way, chosen in (
                ("random", drawn),
                ("suggest", bench.suggested(among, asked.labels, asked.rounds)),
            ):
                positives = sum(bench.task.labels[at] in ("spam", "important") for at in chosen)
                kept[way].append((bench.figure(chosen), positives))
        _report(bench.task, kept, asked.labels)


def _report(task: Task, kept: dict[str, list[tuple[float, int]]], count: int) -> None:
    """Print both ways, and how often each was the better one with the same seed."""
    figures = {way: np.array([figure for figure, _ in runs]) for way, runs in kept.items()}
    sign = -1 if task.figure == "1-ROCA%" else 1
    for way, runs in kept.items():
        other = figures["random" if way == "suggest" else "suggest"]
        wins = int((sign * (figures[way] - other) > 0).sum())
        error = figures[way].std(ddof=1) / len(runs) ** 0.5 if len(runs) > 1 else float("nan")
        positives = np.mean([number for _, number in runs])
        row = [f"{positives:.1f}", f"{figures[way].mean():.4f}", f"{error:.4f}", f"{wins} of {len(runs)}"]
        print_row(task.name, task.figure, way, count, *row)


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--protocol", nargs="+", choices=("root", "p1"), default=("root", "p1"))
    parser.add_argument("--labels", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    main(parser.parse_args())

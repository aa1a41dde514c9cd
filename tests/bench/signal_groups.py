"""What each group of signals adds: leave one group out, and one group alone.

    python tests/bench/signal_groups.py

Logistic regression (C = 1) on the columns of signals alone, without words and 4-grams, columns that only
one message sets left out. P1 and P3 by five folds inside the training part, as choices are made there;
root mail by host. Signals that need lookups are left out: answers of today say nothing about old mail.

The times are of each group's observer alone on fresh facts, on P1's mail with its headers split before:
what several groups share (the route, the text) is counted in each of them, so they add up to more than all
groups cost together.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from corpora import Corpora, argument_parser, open_corpora, print_head, print_row
from numpy.typing import NDArray
from root_corpus import read_root_mail
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.signals import REGISTRY, Facts, Observer

TIMED = 1000
"""Messages that groups are timed on."""


class Task(NamedTuple):
    """A question: its rows by group, its answers, its folds and how it is judged."""

    name: str
    raws: list[bytes]
    y: NDArray[np.bool_]
    folds: list[tuple[NDArray[np.int_], NDArray[np.int_]]]
    figure: str


def observers() -> dict[str, Observer]:
    """Compile each group of signals that needs no lookup."""
    groups: dict[str, list[str]] = {}
    for name in Observer(without={"dns"}).names:
        groups.setdefault(REGISTRY[name].group, []).append(name)
    return {group: Observer(names) for group, names in sorted(groups.items())}


def spam_task(corpora: Corpora, protocol: str) -> Task:
    """Take the training part of P1 or P3."""
    raws, labels = [], []
    for label in ("ham", "spam"):
        for stored in open_mailbox(corpora.mailbox(protocol, f"train-{label}")):
            raws.append(stored.raw)
            labels.append(label == "spam")
    y = np.array(labels)
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(y, y)
    return Task(protocol.upper(), raws, y, list(folds), "1-ROCA%")


def root_task(corpora: Corpora) -> Task:
    """Take root mail, a fold for each host."""
    mails = read_root_mail(corpora)
    y = np.array([mail.important for mail in mails])
    folds = LeaveOneGroupOut().split(y, y, [mail.host for mail in mails])
    return Task("root mail", [mail.stored.raw for mail in mails], y, list(folds), "average_precision")


def columns(raws: Sequence[bytes], groups: dict[str, Observer]) -> dict[str, Any]:
    """Observe every message once; returns a binary matrix for each group that set columns."""
    rows: dict[str, list[list[str]]] = {group: [] for group in groups}
    for raw in raws:
        facts = Facts(Message(raw))
        for group, observe in groups.items():
            rows[group].append(observe(facts))
    matrices = {}
    for group, lists in rows.items():
        if any(lists):
            vectorizer = CountVectorizer(analyzer=list, binary=True, min_df=2, dtype=np.float64)
            matrices[group] = vectorizer.fit_transform(lists)
    return matrices


def judged(task: Task, matrices: Sequence[Any], judge: Callable[..., dict[str, float]]) -> float:
    """Score every message by a model of the other folds."""
    from scipy.sparse import hstack

    X = hstack(matrices).tocsr()
    scores = np.zeros(len(task.y))
    for train, test in task.folds:
        model = LogisticRegression(C=1.0, solver="liblinear", random_state=0)
        scores[test] = model.fit(X[train], task.y[train]).decision_function(X[test])
    return judge(task.y, scores)[task.figure]


def microseconds(observe: Observer, raws: Sequence[bytes]) -> float:
    """Measure one observer on fresh facts; the best of three."""
    best = float("inf")
    for _ in range(3):
        batch = [Facts(Message(raw)) for raw in raws]
        for facts in batch:
            facts.message.headers  # noqa: B018  # splitting them is not the group's work
        start = process_time()
        for facts in batch:
            observe(facts)
        best = min(best, process_time() - start)
    return 1e6 * best / len(raws)


def show_task(task: Task, groups: dict[str, Observer], judge: Callable[..., dict[str, float]]) -> None:
    """Print the table of one question."""
    matrices = columns(task.raws, groups)
    whole = judged(task, list(matrices.values()), judge)
    print(f"\n{task.name}: {len(task.y)} messages, {task.y.sum()} positive, {task.figure}\n")
    print_head("group", "columns", "without", "change", "alone")
    count = sum(X.shape[1] for X in matrices.values())
    print_row("all groups", count, f"{whole:.4f}", "", f"{whole:.4f}")
    for group, X in matrices.items():
        without = judged(task, [other for name, other in matrices.items() if name != group], judge)
        alone = judged(task, [X], judge)
        print_row(group, X.shape[1], f"{without:.4f}", f"{without - whole:+.4f}", f"{alone:.4f}")


def show_times(raws: Sequence[bytes], groups: dict[str, Observer]) -> None:
    """Print what each group costs."""
    print(f"\nCPU time on {len(raws)} messages of P1, headers split before\n")
    print_head("group", "signals", "microseconds a message")
    every = Observer([name for observe in groups.values() for name in observe.names])
    for group, observe in {"all groups together": every, **groups}.items():
        print_row(group, len(observe.names), f"{microseconds(observe, raws):.1f}")


def main(asked: argparse.Namespace) -> None:
    """Print all tables."""
    corpora = open_corpora(asked)
    judge, groups = corpora.referee(), observers()
    tasks = [spam_task(corpora, "p1"), spam_task(corpora, "p3"), root_task(corpora)]
    step = max(1, len(tasks[0].raws) // TIMED)
    show_times(tasks[0].raws[::step][:TIMED], groups)
    for task in tasks:
        show_task(task, groups, judge)


if __name__ == "__main__":
    main(argument_parser(__doc__).parse_args())

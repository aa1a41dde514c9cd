"""What labels of the reader's own hosts are worth for root mail: none, 20, 50, 200, suggested or at random.

    python tests/bench/rootmail_labels.py [--draws 3] [--bits 18] [--model FILE]

The reader has four of the eight hosts of `data/rootmail`, then the other four. His mail of the first half of
the time may be asked about; that of the second half, never learned, is ranked. All mail is remembered in
order of arrival, each message after it was scored, and judged as `Classifier` does it: what model and learned
labels say, the rule where the model knows few of the words, labels of like mail. It begins with

* no model: labels are learned one at a time, as `mailtriage learn` does;
* labels alone: a model trained of these labels, as `mailtriage train` makes it, and nothing else;
* other hosts: labels are learned on top of a model trained on the four other hosts. It stands in for the
  starter, which has seen this corpus and cannot be measured on it; its hosts are of the same laboratory,
  which flatters;
* with --model, in place of all that: the model of a file, such as `rootmail_cold.py` makes.

Suggestions are those of `suggest` with that model, itself without history, in rounds: 20 are asked about and
learned, then 30 by what these taught, then 150, or as many as there are kinds of mail. Each draw takes
another four fifths of the mail that may be asked about. Figures are means over readers and draws; intervals
(95 %) of 300 resamples of episodes, the same for all draws of a reader: the messages of one host and kind
without a gap of three days. "By kind" each kind of important mail counts alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from corpora import print_head, print_row
from numpy.typing import NDArray
from root_corpus import RootMail, read_root_mail
from rootmail import READ, episodes, figures, figures_by_kind, kind_of, pasts_of, read

from classifier import Classifier
from classifier.engine.deciding import trained_on
from classifier.evaluate.intervals import percentiles, resamples
from classifier.evaluate.suggest import suggest
from classifier.features import Rows, Schema
from classifier.features.schema import VIEWS
from classifier.history import Ram
from classifier.learners import Tables
from classifier.learners.online import Corrections
from classifier.learners.online.teaching import rarer
from classifier.learners.precedent import shift
from classifier.learners.strange import known_share, lean
from classifier.mailboxes import Stored
from classifier.rootmail.job_past import JobPast
from classifier.rootmail.precedents import Precedents
from classifier.rootmail.urgency import urgency_of
from classifier.store import Model, load_model
from classifier.training import train_rows
from classifier.verdict import Cuts

SIZES = (0, 20, 50, 200)
"""Numbers of labels; where `suggest` is asked again."""

RESAMPLES = 300

Floats = NDArray[np.float64]


class Run(NamedTuple):
    """What came of some labels: scores of what is ranked, labels, and how many of them say important."""

    scores: Floats
    labels: int
    important: int


class Reader(NamedTuple):
    """Four hosts, and models to begin with.

    Parameters
    ----------
    rows : Rows
        All mail of all hosts.
    mails : sequence of RootMail
    pasts : sequence of JobPast
        What all mail was to the past when it came.
    pool, judged : ndarray of int
        What may be asked about, and what is ranked.
    models : dict of str to Model
    """

    rows: Rows
    mails: Sequence[RootMail]
    pasts: Sequence[JobPast]
    pool: NDArray[np.intp]
    judged: NDArray[np.intp]
    models: dict[str, Model]

    def ruled(self, model: Model, scores: Floats, labels: Mapping[str, int]) -> Floats:
        """Add the rule to what a model and what it was taught since say about what is ranked."""
        rows = self.rows.take(self.judged)
        urgency = np.array([urgency_of(self.pasts[at]) for at in self.judged])
        given = model.tables.score(rows)[:, 1]
        known = known_share(model.tables, rows, min(trained_on(model.card, "importance")))
        return scores + lean(given, known, urgency, scores - given, rarer(labels, 1))


def readers(mails: Sequence[RootMail], rows: Rows, given: Model | None) -> Iterator[Reader]:
    """Divide the mail by host (every other one by name) and by time."""
    names = sorted({mail.host for mail in mails})
    side = np.array([names.index(mail.host) % 2 for mail in mails])
    late = np.array([mail.arrived for mail in mails]) >= np.median([mail.arrived for mail in mails])
    pasts = pasts_of(mails)
    for own in (side == 0, side == 1):
        models = {"the model given": given} if given else _models(mails, rows, np.flatnonzero(~own))
        yield Reader(rows, mails, pasts, np.flatnonzero(own & ~late), np.flatnonzero(own & late), models)


def _models(mails: Sequence[RootMail], rows: Rows, others: NDArray[np.intp]) -> dict[str, Model]:
    model = train_rows(rows.take(others), [mails[at].label for at in others], seed=0, jobs=1)
    wide = Tables(rows.schema, model.tables.weights, model.tables.bias)  # columns stay those of the rows
    empty = Model(Tables.empty(rows.schema), Cuts(), {})
    return {"no model": empty, "other hosts": Model(wide, model.cuts, model.card)}


def drawn(reader: Reader, model: Model, among: NDArray[np.intp], draw: int) -> list[list[int]]:
    """Take labels at random, in rounds."""
    order = np.random.default_rng(draw).permutation(among).tolist()
    return [order[start:end] for start, end in pairwise(SIZES)]


def suggested(reader: Reader, model: Model, among: NDArray[np.intp], draw: int) -> Iterator[list[int]]:
    """Ask for labels in rounds, each by what those before taught."""
    classifier = Classifier(model)
    stored = [Stored("pool", str(at), reader.mails[at].stored.raw) for at in among]
    for start, end in pairwise(SIZES):
        asked = [int(one.key) for one in suggest(classifier, stored, end - start, seed=draw)]
        yield asked
        for at in asked:
            classifier.learn(reader.mails[at].stored.raw, reader.mails[at].label)


def curve(reader: Reader, model: Model, rounds: Sequence[list[int]]) -> Iterator[Run]:
    """Learn round by round."""
    said = Precedents(Ram())
    corrections = Corrections(reader.rows.schema)
    judged = reader.rows.take(reader.judged)
    learned: list[int] = []
    for labels in ([], *rounds):
        for at in labels:
            row, key = reader.rows.take(np.array([at])), at.to_bytes(8, "big")
            corrections.learn(key, reader.mails[at].label, row, model.tables)
            said.relabel(*kind_of(reader.pasts[at]), None, reader.mails[at].label)
        learned += labels
        scores = corrections.score(judged, model.tables)[:, 1]
        yield _run(reader, learned, reader.ruled(model, scores, corrections.labels), said)


def anew(reader: Reader, rounds: Sequence[list[int]]) -> Iterator[Run]:
    """Train a model of the labels alone after each round; labels of one kind alone teach nothing."""
    nobody = Precedents(Ram())
    learned: list[int] = []
    for labels in ([], *rounds):
        learned += labels
        names = [reader.mails[at].label for at in learned]
        model = Model(Tables.empty(reader.rows.schema), Cuts(), {})
        if len(set(names)) > 1:
            model = train_rows(reader.rows.take(np.array(learned)), names, seed=0, jobs=1)
        scores = model.tables.score(reader.rows.take(reader.judged))[:, 1]
        yield _run(reader, learned, reader.ruled(model, scores, {}), nobody)


def _run(reader: Reader, learned: Sequence[int], scores: Floats, said: Precedents) -> Run:
    heard = np.array([said.heard(*kind_of(reader.pasts[at])) for at in reader.judged])
    important = sum(reader.mails[at].important for at in learned)
    return Run(scores + shift(scores, *heard.T), len(learned), important)


def measure(reader: Reader, draw: int) -> Iterator[tuple[str, str, Iterator[Run]]]:
    """Yield a curve for each beginning and way of asking."""
    size = len(reader.pool) * 4 // 5
    among = np.sort(np.random.default_rng(draw).permutation(reader.pool)[:size])
    for beginning, model in reader.models.items():
        for way, ask in (("random", drawn), ("suggest", suggested)):
            rounds = list(ask(reader, model, among, draw))
            yield beginning, way, curve(reader, model, rounds)
            if beginning == "no model":
                yield "labels alone", way, anew(reader, rounds)


def judged(reader: Reader, scores: Floats) -> tuple[Floats, list[Floats]]:
    """Judge a ranking, by message and by kind: AP and recall of each; then of each resample of episodes."""
    ties = np.random.default_rng(0).permutation(len(scores))  # equal scores stand in random order
    ranked = reader.judged[ties[np.argsort(-scores[ties], kind="stable")]]
    gold = np.array([reader.mails[at].important for at in ranked])
    kinds = np.array([reader.mails[at].kind for at in ranked])
    of = np.unique(episodes([reader.mails[at] for at in reader.judged], False), return_inverse=True)[1]
    units = of[np.searchsorted(reader.judged, ranked)]

    def four(weight: Floats) -> Floats:
        return np.array([*figures(gold, weight), *figures_by_kind(gold, kinds, weight)])

    draws = [four(counts[:, units]) for counts in resamples(int(of.max()) + 1, RESAMPLES, 0, len(gold))]
    return four(np.ones(len(gold))), [np.concatenate(each) for each in zip(*draws, strict=True)]


def show(beginning: str, way: str, runs: Sequence[tuple[Reader, Run]]) -> None:
    """Print a row."""
    told = [judged(reader, run.scores) for reader, run in runs]
    means = np.mean([each[0] for each in told], 0)
    spans = [percentiles(np.mean([each[1][at] for each in told], 0)) for at in range(4)]
    said = [
        f"{mean:.3f} ({low:.3f} to {high:.3f})" if at % 2 == 0 else f"{mean:.1%} ({low:.1%} to {high:.1%})"
        for at, (mean, (low, high)) in enumerate(zip(means, spans, strict=True))
    ]
    labels, important = (np.mean([run[at] for _, run in runs]) for at in (1, 2))
    print_row(beginning, way, f"{labels:.0f}", f"{important:.1f}", *said)


def main(asked: argparse.Namespace) -> None:
    """Print a row a beginning, way of asking and number of labels."""
    mails = sorted(read_root_mail(), key=lambda mail: mail.arrived)
    given = load_model(asked.model) if asked.model else None
    rows, _, _ = read(mails, given.tables.schema if given else Schema(bits=asked.bits, views=VIEWS))
    found: dict[tuple[str, str, int], list[Any]] = {}
    for reader in readers(mails, rows, given):
        for draw in range(asked.draws):
            for beginning, way, runs in measure(reader, draw):
                for count, run in zip(SIZES, runs, strict=True):
                    found.setdefault((beginning, way, count), []).append((reader, run))
    each = f"recall reading {READ:.0%}"
    print_head(
        "begins with", "asked by", "labels", "important", "average precision", each, "by kind: AP",
        f"by kind: {each}",
    )  # fmt: skip
    for (beginning, way, _), runs in found.items():
        show(beginning, way, runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bits", type=int, default=18, help="columns for words, as a power of two")
    parser.add_argument("--draws", type=int, default=3, help="other four fifths of the mail to ask about")
    parser.add_argument("--model", type=Path, help="a model to begin with, and no other")
    main(parser.parse_args())

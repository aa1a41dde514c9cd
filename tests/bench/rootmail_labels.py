"""What labels of the reader's own hosts are worth for root mail: none, 20, 50, 200, suggested or at random.

    python tests/bench/rootmail_labels.py [--draws 3] [--bits 18]

The reader has four of the eight hosts of `data/rootmail`, then the other four. His mail of the first half of
the time may be asked about; that of the second half, never learned, is ranked. All mail is remembered in
order of arrival, each message after it was scored. What is made of the labels:

* learned: one at a time, as `mailtriage learn` does, with no model;
* learned by a model: the same on top of a model trained on the four other hosts. It stands in for the
  starter, which has seen this corpus and cannot be measured on it; its hosts are of the same laboratory,
  which flatters; with precedents, labels of like mail are joined with the answer as `Classifier` does,
  without, they are not;
* trained: a model of these labels alone, as `mailtriage train` makes it; those of the first and the third
  line are asked for alike.

Suggestions are those of `suggest` with that model, itself without history, in rounds: 20 are asked about and
learned, then 30 by what these taught, then 150, or as many as there are kinds of mail. Each draw takes
another four fifths of the mail that may be asked about. Figures are means over readers and draws, with the
standard deviation over both.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from corpora import print_head, print_row
from numpy.typing import NDArray
from root_corpus import RootMail, read_root_mail
from rootmail import READ, figures, read

from classifier import Classifier
from classifier.evaluate.suggest import suggest
from classifier.features import Rows, Schema
from classifier.features.schema import VIEWS
from classifier.history import Arrival, Ram
from classifier.learners import Tables
from classifier.learners.online import Corrections
from classifier.learners.precedent import shift
from classifier.mail import Message
from classifier.mailboxes import Stored
from classifier.rootmail import JobRecaller
from classifier.rootmail.identity import Identity
from classifier.rootmail.precedents import Precedents
from classifier.rootmail.sketch import Sketch, sketch_of
from classifier.signals import Site
from classifier.store import Model
from classifier.training import train_rows
from classifier.verdict import Cuts

SIZES = (0, 20, 50, 200)
"""Numbers of labels; where `suggest` is asked again."""

Told = tuple[float, float, int, int]
"""Average precision, recall reading `READ`, labels, and how many of them say important."""


Kind = tuple[Identity, Sketch]
"""Whose output a mail is, and what it was to the past when it came."""


class Reader(NamedTuple):
    """Four hosts, and a model to begin with.

    Parameters
    ----------
    rows : Rows
        All mail of all hosts.
    mails : sequence of RootMail
    pool, judged : ndarray of int
        What may be asked about, and what is ranked.
    models : dict of str to Model
    kinds : sequence of Kind
        Of all mail.
    """

    rows: Rows
    mails: Sequence[RootMail]
    pool: NDArray[np.intp]
    judged: NDArray[np.intp]
    models: dict[str, Model]
    kinds: Sequence[Kind]

    def told(self, scores: NDArray[np.float64], learned: Sequence[int]) -> Told:
        """Judge scores of what is ranked."""
        gold = np.array([self.mails[at].important for at in self.judged])
        return *ranked(scores, gold), len(learned), sum(self.mails[at].important for at in learned)


def kinds_of(mails: Sequence[RootMail]) -> list[Kind]:
    """Look at all mail in order of arrival."""
    recaller, kinds = JobRecaller(Ram()), []
    for mail in mails:
        arrival = Arrival(Message(mail.stored.raw), Site())
        past = recaller.recall(arrival)
        assert past is not None, mail.kind  # all of it is machines' mail
        kinds.append((past.identity, sketch_of(past.told, past.changes)))
        recaller.observe(arrival)
    return kinds


def readers(mails: Sequence[RootMail], rows: Rows) -> Iterator[Reader]:
    """Divide the mail by host (every other one by name) and by time."""
    names = sorted({mail.host for mail in mails})
    side = np.array([names.index(mail.host) % 2 for mail in mails])
    late = np.array([mail.arrived for mail in mails]) >= np.median([mail.arrived for mail in mails])
    empty = Model(Tables.empty(rows.schema), Cuts(), {})
    kinds = kinds_of(mails)
    for own in (side == 0, side == 1):
        others = np.flatnonzero(~own)
        model = train_rows(rows.take(others), [mails[at].label for at in others], seed=0, jobs=1)
        wide = Tables(rows.schema, model.tables.weights, model.tables.bias)  # columns stay those of the rows
        models = {"learned": empty, "learned by a model": Model(wide, model.cuts, model.card)}
        yield Reader(rows, mails, np.flatnonzero(own & ~late), np.flatnonzero(own & late), models, kinds)


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


def curve(
    reader: Reader, model: Model, rounds: Sequence[list[int]], *, precedents: bool = True
) -> Iterator[Told]:
    """Learn round by round."""
    said = Precedents(Ram())
    corrections = Corrections(reader.rows.schema)
    judged = reader.rows.take(reader.judged)
    learned: list[int] = []
    for labels in ([], *rounds):
        for at in labels:
            row, key = reader.rows.take(np.array([at])), at.to_bytes(8, "big")
            corrections.learn(key, reader.mails[at].label, row, model.tables)
            said.relabel(*reader.kinds[at], None, reader.mails[at].label)
        learned += labels
        scores = corrections.score(judged, model.tables)[:, 1]
        if precedents:
            heard = np.array([said.heard(*reader.kinds[at]) for at in reader.judged])
            scores = scores + shift(scores, *heard.T)
        yield reader.told(scores, learned)


def anew(reader: Reader, rounds: Sequence[list[int]]) -> Iterator[Told]:
    """Train a model of the labels alone after each round; labels of one kind alone teach nothing."""
    learned: list[int] = []
    for labels in ([], *rounds):
        learned += labels
        names = [reader.mails[at].label for at in learned]
        scores = np.zeros(len(reader.judged))
        if len(set(names)) > 1:
            model = train_rows(reader.rows.take(np.array(learned)), names, seed=0, jobs=1)
            scores = model.tables.score(reader.rows.take(reader.judged))[:, 1]
        yield reader.told(scores, learned)


def ranked(scores: NDArray[np.float64], gold: NDArray[np.bool_]) -> tuple[float, float]:
    """Average precision, and recall reading `READ`; equal scores stand in random order."""
    ties = np.random.default_rng(0).permutation(len(scores))
    order = ties[np.argsort(-scores[ties], kind="stable")]
    average, recall = figures(gold[order], np.ones(len(order)))
    return float(average), float(recall)


def measure(reader: Reader, draw: int) -> Iterator[tuple[str, str, Iterator[Told]]]:
    """Yield a curve for each beginning and way of asking."""
    size = len(reader.pool) * 4 // 5
    among = np.sort(np.random.default_rng(draw).permutation(reader.pool)[:size])
    for beginning, model in reader.models.items():
        for way, ask in (("random", drawn), ("suggest", suggested)):
            rounds = list(ask(reader, model, among, draw))
            yield f"{beginning}, with precedents", way, curve(reader, model, rounds)
            yield beginning, way, curve(reader, model, rounds, precedents=False)
            if beginning == "learned":
                yield "trained", way, anew(reader, rounds)


def main(asked: argparse.Namespace) -> None:
    """Print a row a beginning, way of asking and number of labels."""
    mails = sorted(read_root_mail(), key=lambda mail: mail.arrived)
    rows, _, _ = read(mails, Schema(bits=asked.bits, views=VIEWS))
    found: dict[tuple[str, str, int], list[Told]] = {}
    for reader in readers(mails, rows):
        for draw in range(asked.draws):
            for beginning, way, told in measure(reader, draw):
                for count, each in zip(SIZES, told, strict=True):
                    found.setdefault((beginning, way, count), []).append(each)
    print_head(
        "labels are", "asked by", "labels", "important", "average precision", f"recall reading {READ:.0%}"
    )
    for (beginning, way, _), runs in found.items():
        average, recall, labels, important = np.mean(runs, 0)
        spread = np.std(runs, 0)
        figure = f"{average:.3f} ({spread[0]:.3f})", f"{recall:.1%} ({spread[1]:.1%})"
        print_row(beginning, way, f"{labels:.0f}", f"{important:.1f}", *figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bits", type=int, default=18, help="columns for words, as a power of two")
    parser.add_argument("--draws", type=int, default=3, help="other four fifths of the mail to ask about")
    main(parser.parse_args())

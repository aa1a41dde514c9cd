"""How well root mail is ranked by who has seen none of it, and no label: `job.urgency`, then labels on top.

    python tests/bench/rootmail_cold.py [--draws 3] [--bits 18]

A model is made by hand whose only weights are on the columns of `job.urgency`, a rule whose numbers were
fitted to no label. (Its alarming words were written by somebody who had seen this mail: that flatters.) First
all mail is ranked by it. Then it begins the curve of `rootmail_labels`: two readers of four hosts each, who
label 20, 50 and up to 200 mails of the first month, by `suggest` or at random; the second month is ranked.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

import numpy as np
from corpora import print_head, print_row
from root_corpus import read_root_mail
from rootmail import READ, read
from rootmail_labels import SIZES, Reader, Told, curve, drawn, kinds_of, ranked, suggested

from classifier.features import Schema
from classifier.features.extractor import hash_signal
from classifier.features.schema import VIEWS
from classifier.learners import Tables
from classifier.signals import REGISTRY
from classifier.store import Model
from classifier.verdict import Cuts

RULE = "job.urgency"

USUAL_COLUMNS = 64
"""Columns of history that a mail sets: a weight is divided by the root of their number."""

BIAS = -3.0
"""Log-odds of importance on a usual day; ranking does not ask."""


def by_rule(schema: Schema) -> Model:
    """Make the model: a nat of importance for each unit of urgency."""
    tables = Tables.empty(schema)
    block = schema.blocks[VIEWS.index("history")]
    signal = REGISTRY[RULE]
    edges = [0.0, *signal.edges, signal.edges[-1] + 1]
    for name, (low, high) in zip(signal.bins, pairwise(edges), strict=True):
        column = block.start + (hash_signal(name) >> (64 - block.bits))
        tables.weights[column, 1] = (low + high) / 2 * np.sqrt(USUAL_COLUMNS)
    tables.bias[1] = BIAS
    return Model(tables, Cuts(), {})


def main(asked: argparse.Namespace) -> None:
    """Print a row for all mail, then one a way of asking and number of labels."""
    mails = sorted(read_root_mail(), key=lambda mail: mail.arrived)
    signals = (*(name for name in REGISTRY if REGISTRY[name].default), RULE)
    rows, _, _ = read(mails, Schema(bits=asked.bits, views=VIEWS, signals=signals))
    model = by_rule(rows.schema)
    gold = np.array([mail.important for mail in mails])
    print_head("hosts", "asked by", "labels", "average precision", f"recall reading {READ:.0%}")
    scores = model.tables.score(rows)[:, 1]
    print_row("all", "", 0, *(f"{each:.3f}" for each in ranked(scores, gold)))
    hosts = sorted({mail.host for mail in mails})
    side = np.array([hosts.index(mail.host) % 2 for mail in mails])
    late = np.array([mail.arrived for mail in mails]) >= np.median([mail.arrived for mail in mails])
    kinds, found = kinds_of(mails), dict[tuple[str, int], list[Told]]()
    for own in (side == 0, side == 1):
        reader = Reader(rows, mails, np.flatnonzero(own & ~late), np.flatnonzero(own & late), {}, kinds)
        for draw in range(asked.draws):
            size = len(reader.pool) * 4 // 5
            among = np.sort(np.random.default_rng(draw).permutation(reader.pool)[:size])
            for way, ask in (("random", drawn), ("suggest", suggested)):
                rounds = list(ask(reader, model, among, draw))
                for count, told in zip(SIZES, curve(reader, model, rounds), strict=True):
                    found.setdefault((way, count), []).append(told)
    for (way, _), runs in found.items():
        average, recall, labels, _ = np.mean(runs, 0)
        print_row("four", way, f"{labels:.0f}", f"{average:.3f}", f"{recall:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bits", type=int, default=18, help="columns for words, as a power of two")
    parser.add_argument("--draws", type=int, default=3, help="other four fifths of the mail to ask about")
    main(parser.parse_args())

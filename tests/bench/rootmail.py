"""How well importance of root mail is told on a host whose mail was never learned (protocol P5, host).

    python tests/bench/rootmail.py [--bits 18]

For each host a model learns the labels of all other hosts and scores this one's mail, without history; the
scores of all hosts are pooled and judged as one ranking.
"""

from __future__ import annotations

import argparse

import numpy as np
from corpora import argument_parser, open_corpora, print_head, print_row
from numpy.typing import NDArray
from root_corpus import RootMail, read_root_mail

from classifier.engine import train
from classifier.features import Schema

READ = 0.10
"""Part of the mail, the best first, that somebody has time to read."""

PRECISION = 0.90
"""Part of what is called important that has to be."""


def held_out_scores(mails: list[RootMail], host: str, bits: int) -> list[float]:
    """Learn from all hosts but one; returns the log-odds of importance of that one's mail."""
    sources = [
        (label, [mail.stored for mail in mails if mail.host != host and mail.label == label])
        for label in ("important", "unimportant")
    ]
    classifier = train(sources, schema=Schema(bits=bits))
    verdicts = classifier.classify_many(mail.stored for mail in mails if mail.host == host)
    return [verdict.log_odds.importance for verdict in verdicts]


def recalls(gold: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float, float]:
    """Return the recall when reading `READ` of the mail, and the best recall at `PRECISION`."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(gold[order])
    precise = hits / np.arange(1, len(hits) + 1) >= PRECISION
    return hits[int(READ * len(hits)) - 1] / hits[-1], (hits[precise].max() if precise.any() else 0) / hits[
        -1
    ]


def main(asked: argparse.Namespace) -> None:
    """Print a row for each host, which ranks it alone, and one for all pooled."""
    corpora = open_corpora(asked)
    judge, mails = corpora.referee(), read_root_mail(corpora)
    hosts = np.array([mail.host for mail in mails])
    gold = np.array([mail.important for mail in mails])
    scores = np.zeros(len(mails))
    print_head(
        "host left out",
        "messages",
        "important",
        "average precision",
        "read for 80 %",
        f"recall reading {READ:.0%}",
        f"recall at {PRECISION:.0%} precision",
    )
    for host in [*np.unique(hosts), "pooled"]:
        chosen = np.ones(len(mails), bool) if host == "pooled" else hosts == host
        if host != "pooled":
            scores[chosen] = held_out_scores(mails, host, asked.bits)
        told = judge(gold[chosen], scores[chosen])
        read, precise = recalls(gold[chosen], scores[chosen])
        row = [told["average_precision"], told["read_for_80"], f"{read:.1%}", f"{precise:.1%}"]
        print_row(host, told["n"], told["positives"], *row)


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--bits", type=int, default=18, help="columns for words, as a power of two")
    main(parser.parse_args())

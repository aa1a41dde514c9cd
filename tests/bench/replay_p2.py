"""How well spam is told online (protocol P2): every message is scored when it comes, then learned.

    python tests/bench/replay_p2.py [--ablate none collector portable] [--upto 0.5]

An empty classifier sees all messages of the SpamAssassin corpus in order of arrival through the public calls,
`classify` and `learn`; the scores are judged over the whole run and over its last half. What was chosen
was chosen with ``--upto 0.5``: the second half is for judging only. See `accuracy` for what is ablated:
``portable`` leaves out hosts, lists, envelope and digits of identifiers by the schema, ``collector`` hides
the collector's own hosts. Dates are never read.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from accuracy import without_collector
from corpora import argument_parser, open_corpora, print_head, print_row, table

from classifier import Classifier
from classifier.features import Schema
from classifier.mailboxes import open_mailbox

ABLATIONS = ("none", "collector", "portable")
MISSED = ("missed_at_0.1", "missed_at_0.5")


def replay(mails: list[bytes], labels: list[str], schema: Schema) -> tuple[list[float], list[float]]:
    """Judge, then learn; returns log-odds of spam, and the milliseconds of CPU that each `learn` took."""
    classifier = Classifier(schema=schema)
    scores, took = [], []
    for raw, label in zip(mails, labels, strict=True):
        scores.append(classifier.classify(raw).log_odds.spam)
        begun = time.process_time()
        classifier.learn(raw, label)
        took.append(1e3 * (time.process_time() - begun))
    return scores, took


def main(asked: argparse.Namespace) -> None:
    """Print the table."""
    corpora = open_corpora(asked)
    judge = corpora.referee()
    labels = [row["label"] for row in table(corpora.protocols / "p2" / "gold.tsv")]
    labels = labels[: int(len(labels) * asked.upto)]
    raws = [stored.raw for stored in open_mailbox(corpora.protocols / "p2" / "all.mbox")][: len(labels)]
    gold = np.array([label == "spam" for label in labels])
    half = len(gold) // 2
    print_head(
        "left out",
        "1-ROCA%",
        "of the last half",
        "spam missed at 0.1 %",
        "at 0.5 %",
        "learn, ms of CPU",
        "99 %",
    )
    for ablation in asked.ablate:
        mails = [without_collector(raw) for raw in raws] if ablation == "collector" else raws
        scores, took = replay(mails, labels, Schema(portable=ablation == "portable"))
        whole, last = judge(gold, scores), judge(gold[half:], scores[half:])
        speed = [f"{each:.2f}" for each in np.percentile(took, [50, 99])]
        figures = [f"{told['1-ROCA%']:.4f}" for told in (whole, last)] + [whole[each] for each in MISSED]
        print_row(ablation, *figures, *speed)
        if asked.scores:
            with open(f"{asked.scores}.{ablation}.jsonl", "w", encoding="utf-8") as out:
                out.writelines(json.dumps({"log_odds": {"spam": each}}) + "\n" for each in scores)


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--ablate", nargs="+", choices=ABLATIONS, default=ABLATIONS)
    parser.add_argument("--upto", type=float, default=1.0, help="stop after this fraction of the messages")
    parser.add_argument("--scores", help="write NAME.ABLATION.jsonl for the referee")
    main(parser.parse_args())

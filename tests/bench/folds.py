"""Five-fold cross-validation over the whole SpamAssassin corpus, beside bogofilter on the same folds.

    python tests/bench/folds.py [--ablate none hosts collector] [--flip 0.1]

The folds are those of the index of the corpus; all scores are pooled. Differences from bogofilter come with
95 % intervals and p-values of a paired bootstrap in which near-duplicates are drawn together, and DeLong's
test of the area. Ablations are those of accuracy.py; bogofilter is given the mail of ``collector`` ablated,
too, and as it stands otherwise. The last rows show protocol P1 (folds 2-4 learned, 0 and 1 judged) with
calibration, and again with a part of the labels learned wrong.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from accuracy import ABLATIONS, without_collector
from corpora import argument_parser, open_corpora, print_head, print_row, table
from numpy.typing import NDArray

from classifier import Classifier
from classifier.evaluate.compare import compare
from classifier.evaluate.outcomes import Outcomes
from classifier.evaluate.results import evaluate
from classifier.features import Rows, Schema
from classifier.learners.twins import twins_of
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.training import read_rows, train_rows
from classifier.verdict import Cuts, LogOdds

FIGURES = ("1-ROCA%", "missed_at_0.1", "missed_at_0.5")
FOLDS = 5

Floats = NDArray[np.float64]


def judged(gold: NDArray[np.str_], scores: Floats) -> Outcomes:
    """Give scores of spam the form that evaluation takes."""
    told = [Cuts().decide(LogOdds(score, 0.0)) for score in scores.tolist()]
    labels, unsure = (np.array(column) for column in zip(*told, strict=True))
    return Outcomes(gold, np.stack([scores, np.zeros(len(scores))], axis=1), labels, unsure)


def rows_of(raws: list[bytes], gold: NDArray[np.str_], portable: bool) -> Rows:
    """Turn all mail into rows, once."""
    reader = Classifier(schema=Schema(portable=portable))
    pairs = ((Message(raw), label) for raw, label in zip(raws, gold.tolist(), strict=True))
    return read_rows(reader.extractor, reader.facts, pairs)[0]


def our_scores(rows: Rows, labels: NDArray[np.str_], judged_rows: NDArray[np.bool_]) -> Floats:
    """Learn all rows but some; returns the scores of those."""
    learned = np.flatnonzero(~judged_rows)
    model = train_rows(rows.take(learned), labels[learned].tolist())
    scores: Floats = model.tables.score(rows.take(np.flatnonzero(judged_rows)))[:, 0]
    return scores


def bogofilter_scores(raws: list[bytes], gold: NDArray[np.str_], judged_mails: NDArray[np.bool_]) -> Floats:
    """Let bogofilter do the same; its score is a probability, made log-odds."""
    with tempfile.TemporaryDirectory() as place:
        base = ("bogofilter", "-C", "-d", place)
        parts = {
            "n": ~judged_mails & (gold == "ham"),
            "s": ~judged_mails & (gold == "spam"),
            "T": judged_mails,
        }
        for name, chosen in parts.items():
            mailbox = Path(place) / f"{name}.mbox"
            mailbox.write_bytes(b"".join(_quoted(raws[at]) for at in np.flatnonzero(chosen)))
            flag = "-TT" if name == "T" else f"-{name}"
            command = [*base, flag, "-M", "-I", mailbox]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False
            )  # 0 to 2 are no errors
    p = np.array([float(line.split()[-1]) for line in done.stdout.splitlines()])
    if len(p) != judged_mails.sum():
        raise SystemExit(f"bogofilter scored {len(p)} of {judged_mails.sum()} messages: {done.stderr}")
    p = np.clip(p, 1e-15, 1 - 1e-15)
    scores: Floats = np.log(p) - np.log1p(-p)
    return scores


def _quoted(raw: bytes) -> bytes:
    """Put a message into a mailbox as one."""
    body = raw.replace(b"\nFrom ", b"\n>From ")
    return b"From someone@example.org Thu Jan  1 00:00:00 2004\n" + body.rstrip(b"\n") + b"\n\n"


def flipped(gold: NDArray[np.str_], part: float) -> NDArray[np.str_]:
    """Make a part of the labels wrong."""
    wrong = np.random.default_rng(0).random(len(gold)) < part
    return np.where(wrong, np.where(gold == "spam", "ham", "spam"), gold)


def calibration(name: str, model_scores: Floats, gold: NDArray[np.str_]) -> None:
    """Print a row of P1."""
    figures = evaluate(judged(gold, model_scores), resamples=0).questions["spam"].figures
    shown = (*FIGURES, "calibration_error", "brier")
    print_row(name, *(f"{figures[each].value:.4f}" for each in shown))


def main(asked: argparse.Namespace) -> None:
    """Print both tables."""
    corpora = open_corpora(asked)
    folder = corpora.corpora / "spamassassin"
    index = table(folder / "index.tsv")
    gold = np.array([row["label"] for row in index])
    fold = np.array([int(row["fold"]) for row in index])
    mail = [stored.raw for stored in open_mailbox(folder / "all.mbox")]
    print_head("left out", "figure", "mailtriage", "bogofilter", "difference (95 %)", "p", "p (DeLong)")
    for ablation in asked.ablate:
        raws = [without_collector(raw) for raw in mail] if ablation == "collector" else mail
        rows = rows_of(raws, gold, portable=ablation == "hosts")
        ours, theirs = np.zeros(len(gold)), np.zeros(len(gold))
        for at in range(FOLDS):
            ours[fold == at] = our_scores(rows, gold, fold == at)
            theirs[fold == at] = bogofilter_scores(raws, gold, fold == at)
        found = compare(judged(gold, ours), judged(gold, theirs), twins_of(rows)).questions["spam"]
        for name in FIGURES:
            each, gap = found[name], found[name].difference
            spread = f"{gap.value:.4f} ({gap.low:.4f} to {gap.high:.4f})"
            print_row(ablation, name, f"{each.ours:.4f}", f"{each.theirs:.4f}", spread, f"{each.p_value:.3f}",
                      f"{each.p_delong:.4f}")  # fmt: skip
        if ablation == "none":
            plain, test = rows, fold < 2
    if "none" in asked.ablate:
        print()
        print_head("P1", *FIGURES, "calibration error", "Brier")
        for part in (0.0, asked.flip):
            scores = our_scores(plain, np.where(test, gold, flipped(gold, part)), test)
            calibration(f"{part:.0%} of the labels flipped", scores, gold[test])


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--ablate", nargs="+", choices=ABLATIONS, default=ABLATIONS)
    parser.add_argument("--flip", type=float, default=0.1, help="part of the labels learned wrong")
    main(parser.parse_args())

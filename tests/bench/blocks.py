"""In memory against blocks on a disk: is the model as good?

    python tests/bench/blocks.py [--copies 4] [--exchanged 0.15] [--draws 1] [--held-out 25000] [--test]

Inside P1's training part, five folds, near-duplicates never apart. Each learned message stands for so many
copies, in each of which a part of the columns is exchanged for columns of other mail, so that copies differ.
The same rows are learned in memory and from blocks; both judge the fold held out as it stands. Differences
come with 95 % intervals and p-values of a paired bootstrap in which near-duplicates are drawn together.
With --test all of the training part is learned, and P1's test part is judged: for confirming, not choosing.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from corpora import argument_parser, open_corpora, print_head, print_row
from folds import FOLDS, judged, rows_of
from numpy.typing import NDArray

from classifier.evaluate.compare import compare
from classifier.features import BlockRows, Rows
from classifier.features.extractor import joined_rows
from classifier.learners.folds import split
from classifier.learners.twins import twins_of
from classifier.mailboxes import open_mailbox
from classifier.store import Model
from classifier.training import streaming, train_rows
from classifier.training.spill import BLOCK_ROWS, LABELS, Block, Spill
from classifier.training.streaming import train_spilled

FIGURES = ("1-ROCA%", "missed_at_0.1", "missed_at_0.5")


def exchanged(rows: Rows, part: float, random: np.random.Generator) -> Rows:
    """Exchange a part of the set columns for others, each as likely as it is in this mail."""
    blocks = []
    for block in rows.blocks:
        columns, number = block.columns.copy(), np.repeat(np.arange(len(rows)), block.counts)
        other = random.random(len(columns)) < part
        columns[other] = random.choice(block.columns, int(other.sum())) if len(columns) else 0
        pairs = np.unique(number.astype(np.uint64) << np.uint64(32) | columns.astype(np.uint64))
        counts = np.bincount((pairs >> np.uint64(32)).astype(np.intp), minlength=len(rows))
        blocks.append(BlockRows((pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32), counts))
    return Rows(rows.schema, tuple(blocks))


def from_blocks(rows: Rows, labels: list[str], folder: Path) -> Model:
    """Learn rows from blocks."""
    spill = Spill(folder, rows.schema, {}, resume=False)
    codes = np.array([LABELS.index(label) for label in labels], np.uint8)
    for at in range(0, len(rows), BLOCK_ROWS):
        some = np.arange(at, min(at + BLOCK_ROWS, len(rows)))
        spill.add(Block(rows.take(some), codes[some]), {})
    return train_spilled(spill)


def judge(
    rows: Rows,
    gold: NDArray[np.str_],
    fold: tuple[NDArray[np.intp], NDArray[np.intp]],
    asked: argparse.Namespace,
    random: np.random.Generator,
) -> list[NDArray[np.float64]]:
    """Learn all but a fold in both ways; returns the scores of the fold."""
    learned, held_out = fold
    once = rows.take(learned)
    copies = [once if not at else exchanged(once, asked.exchanged, random) for at in range(asked.copies)]
    order = random.permutation(len(learned) * asked.copies)
    many = joined_rows(rows.schema, copies).take(order)
    labels = np.tile(gold[learned], asked.copies)[order].tolist()
    with tempfile.TemporaryDirectory() as place:
        models = [train_rows(many, labels), from_blocks(many, labels, Path(place) / "blocks")]
    for model in models:
        print(model.card["trained"]["spam"]["shares"], flush=True)
    return [model.tables.score(rows.take(held_out))[:, 0] for model in models]


def losses(positive: NDArray[np.bool_], log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-loss of each message, in nats."""
    return np.logaddexp(0, np.where(positive, -log_odds, log_odds))


def resampled(values: NDArray[np.float64], kin: NDArray[np.intp], times: int = 10_000) -> NDArray[np.float64]:
    """Draw the mean again and again, near-duplicates together."""
    unit = np.unique(kin, return_inverse=True)[1]
    sums, sizes = np.bincount(unit, values), np.bincount(unit)
    drawn = np.random.default_rng(0).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), times)
    return (drawn @ sums) / (drawn @ sizes)


def main(asked: argparse.Namespace) -> None:
    """Print the table."""
    streaming.HELD_OUT = asked.held_out
    corpora = open_corpora(asked)
    raws, labels = [], []
    for label in ("ham", "spam"):
        mails = [stored.raw for stored in open_mailbox(corpora.mailbox("p1", f"train-{label}"))]
        raws += mails
        labels += [label] * len(mails)
    known = len(raws)
    if asked.test:
        raws += [stored.raw for stored in open_mailbox(corpora.mailbox("p1", "test"))]
        labels += ["spam" if spam else "ham" for spam in corpora.gold("p1")]
    gold = np.array(labels)
    rows = rows_of(raws, gold, portable=False)
    kin, random = twins_of(rows), np.random.default_rng(0)
    print_head("draw", "learned", "figure", "in memory", "from blocks", "blocks less memory (95 %)", "p")
    for draw in range(asked.draws):
        scores = np.zeros((2, len(gold)))
        folds = list(split(gold == "spam", kin, FOLDS, draw))
        if asked.test:
            folds = [(np.arange(known), np.arange(known, len(gold)))]
        for fold in folds:
            scores[:, fold[1]] = judge(rows, gold, fold, asked, random)
        shown = np.sort(np.concatenate([held_out for _, held_out in folds]))
        truth, scores, units = gold[shown], scores[:, shown], kin[shown]
        found = compare(judged(truth, scores[1]), judged(truth, scores[0]), units).questions["spam"]
        learned = len(folds[0][0]) * asked.copies
        for name in FIGURES:
            each, gap = found[name], found[name].difference
            spread = f"{gap.value:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
            print_row(
                draw, learned, name, f"{each.theirs:.4f}", f"{each.ours:.4f}", spread, f"{each.p_value:.3f}"
            )
        memory, blocks = (1000 * losses(truth == "spam", each) for each in scores)
        low, high = np.quantile(resampled(blocks - memory, units), (0.025, 0.975))
        spread = f"{(blocks - memory).mean():+.2f} ({low:+.2f} to {high:+.2f})"
        print_row(draw, learned, "log-loss, mnat", f"{memory.mean():.2f}", f"{blocks.mean():.2f}", spread, "")


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--copies", type=int, default=4, help="of each learned message")
    parser.add_argument(
        "--exchanged", type=float, default=0.15, help="part of the columns of each but the first"
    )
    parser.add_argument("--test", action="store_true", help="judge P1's test part")
    parser.add_argument("--draws", type=int, default=1, help="of the five folds")
    parser.add_argument(
        "--held-out", type=int, default=streaming.HELD_OUT, help="messages held out from blocks"
    )
    main(parser.parse_args())

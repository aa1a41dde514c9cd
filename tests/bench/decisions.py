"""Whether a loss budget that was promised holds on mail that was left out.

    python tests/bench/decisions.py [--mail spam root] [--budgets 1/50 1/100 1/1000]

Each model promises by the scores of mail held out inside its training part, and is then shown the part
that was left out. Spam is left out at random (which is what the promise assumes) and as in P1; root mail at
random, by host and by time: there mail comes in bursts, and a host never seen has kinds of mail of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from corpora import Corpora, argument_parser, open_corpora, print_head, print_row, table
from numpy.typing import NDArray
from root_corpus import read_root_mail

from classifier import Classifier
from classifier.budget import Terms, clopper_pearson
from classifier.features import Rows, Schema
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.training import read_rows, train_rows
from classifier.verdict import Cuts, LogOdds

BUDGETS = ("default", "1/5", "1/10", "1/20", "1/50", "1/100", "1/300", "1/500", "1/1000")


class Mail(NamedTuple):
    """Messages as rows, and what tells them apart."""

    rows: Rows
    labels: NDArray[np.str_]
    groups: dict[str, NDArray[np.int_]]


class Outcome(NamedTuple):
    """What became of the mail left out of one model."""

    promised: bool
    wanted: int
    lost: int
    unwanted: int
    found: int
    unsure: int


def spamassassin(corpora: Corpora, schema: Schema) -> Mail:
    """Read the whole corpus; its folds are the groups."""
    folder = corpora.corpora / "spamassassin"
    index = table(folder / "index.tsv")
    pairs = (
        (Message(stored.raw), row["label"])
        for stored, row in zip(open_mailbox(folder / "all.mbox"), index, strict=True)
    )
    empty = Classifier(schema=schema)
    rows, labels = read_rows(empty.extractor, empty.facts, pairs)
    folds = np.array([int(row["fold"]) for row in index])
    return Mail(rows, np.array(labels), {"P1": np.where(folds < 2, 0, -1), "at random": folds})


def root_mail(corpora: Corpora, schema: Schema) -> Mail:
    """Read the mail of all hosts."""
    mails = read_root_mail(corpora)
    empty = Classifier(schema=schema)
    messages = [Message(mail.stored.raw) for mail in mails]
    pairs = zip(messages, (mail.label for mail in mails), strict=True)
    rows, labels = read_rows(empty.extractor, empty.facts, pairs)
    dates = np.array([message.date.seconds if message.date else 0.0 for message in messages])
    last_third = np.where(dates >= np.quantile(dates, 2 / 3), 0, -1)
    at_random = np.random.default_rng(0).integers(0, 5, len(mails))
    hosts = np.unique([mail.host for mail in mails], return_inverse=True)[1]
    return Mail(rows, np.array(labels), {"at random": at_random, "by time": last_third, "by host": hosts})


MAIL = {"spam": spamassassin, "root": root_mail}


def outcomes(mail: Mail, groups: NDArray[np.int_], budgets: list[str]) -> dict[str, list[Outcome]]:
    """Leave one group out at a time (those below 0 are always learned); judge it under every budget."""
    found: dict[str, list[Outcome]] = {budget: [] for budget in budgets}
    for group in np.unique(groups[groups >= 0]):
        left_out = np.flatnonzero(groups == group)
        kept = np.flatnonzero(groups != group)
        model = train_rows(mail.rows.take(kept), mail.labels[kept].tolist())
        scores = [LogOdds(*pair) for pair in model.tables.score(mail.rows.take(left_out)).tolist()]
        for budget in budgets:
            classifier = Classifier(model)
            promised = True
            if budget != "default":
                settled = classifier.decide_by(Terms.parse(budget))
                promised = all(promise.kept for promise in settled.promises)
            found[budget].append(outcome(classifier.cuts, scores, mail.labels[left_out], promised))
    return found


def outcome(cuts: Cuts, scores: list[LogOdds], labels: NDArray[np.str_], promised: bool) -> Outcome:
    """Count what was lost of the mail that must not be, and what was put away of the other."""
    said = [cuts.decide(pair) for pair in scores]
    away = np.array([label != "important" and not unsure for label, unsure in said])
    wanted = np.isin(labels, ["ham", "important"])
    if (
        "ham" in labels
    ):  # importance was not learned, so all that is no spam is unsure: doubt about spam counts
        unsure = sum(cuts.ham < pair.spam < cuts.spam for pair in scores)
    else:
        unsure = sum(unsure for _, unsure in said)
    return Outcome(
        promised,
        int(wanted.sum()),
        int(away[wanted].sum()),
        int((~wanted).sum()),
        int(away[~wanted].sum()),
        unsure,
    )


def lines(name: str, mail: Mail, budgets: list[str]) -> Iterator[list[str]]:
    """Sum the outcomes of each way to leave mail out and of each budget up."""
    for way, groups in mail.groups.items():
        for budget, each in outcomes(mail, groups, budgets).items():
            if budget != "default" and not any(one.promised for one in each):
                yield [name, way, budget, f"0 of {len(each)}", "", "", "", ""]
                continue
            kept = [one for one in each if one.promised]
            wanted, lost, unwanted, away, unsure = (
                sum(column) for column in list(zip(*kept, strict=True))[1:]
            )
            low, high = clopper_pearson(lost, wanted)
            yield [
                name,
                way,
                budget,
                "-" if budget == "default" else f"{len(kept)} of {len(each)}",
                f"{lost} of {wanted}",
                f"{lost / wanted:.2%} ({low:.2%} to {high:.2%})",
                f"{away / unwanted:.1%}",
                f"{unsure / (wanted + unwanted):.1%}",
            ]


def main(asked: argparse.Namespace) -> None:
    """Print the table."""
    corpora = open_corpora(asked)
    print_head("mail", "left out", "budget", "models that promise it", "lost", "share", "put away", "unsure")
    schema = Schema()
    for name in asked.mail:
        for line in lines(name, MAIL[name](corpora, schema), asked.budgets):
            print_row(*line)


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--mail", nargs="+", choices=MAIL, default=list(MAIL))
    parser.add_argument("--budgets", nargs="+", default=list(BUDGETS), metavar="SHARE")
    main(parser.parse_args())

"""Judge the starter model on mail that it never saw.

    python models/starter/evaluate.py [--corpora CORPORA] [FOLDER...]

Prints what its card says of sources left out, then how it judges folders of message files that are named
by their labels (by default the written demo mail and the held-out mail), then, with CORPORA, the members
of test collections that left_out.tsv labels.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from classifier import Classifier
from classifier.mail import Message
from classifier.signals import Site, guess_site

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
FOLDERS = (REPO / "data" / "written", REPO / "tests" / "mail" / "held_out")
LABELS = ("important", "unimportant", "ham", "spam")


class Judged(NamedTuple):
    """A message's gold label and what the model said.

    Parameters
    ----------
    gold, label : str
    unsure : bool
    spam, importance : float
        Log-odds, in nats.
    """

    gold: str
    label: str
    unsure: bool
    spam: float
    importance: float


def main() -> int:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Judge the starter model on mail that it never saw.")
    parser.add_argument("folders", type=Path, nargs="*", default=FOLDERS)
    parser.add_argument("--model", default=str(HERE / "starter.mailtriage"))
    parser.add_argument("--corpora", type=Path)
    asked = parser.parse_args()
    starter = Classifier.load(asked.model)
    show_card(starter)
    print("| mail | gold | messages | called important | unimportant | spam | of these unsure |")
    print("|---|---|---|---|---|---|---|")
    for folder in asked.folders:
        show(folder.name, list(judge(starter, of_folder(folder))))
    if asked.corpora:
        for name in ("torture", "feedback"):
            show(name, list(judge(starter, of_collection(asked.corpora / f"{name}.tar.xz"))))
    return 0


def show_card(starter: Classifier) -> None:
    """Print how sources were answered by what knew nothing of them."""
    for question, told in starter.card["trained"].items():
        print(f"\n| {question}, source left out | positive | found | negative | wrong | average precision |")
        print("|---|---|---|---|---|---|")
        for name, row in {**told["source_left_out"], **told["each_source_left_out"]}.items():
            shown = [row["positives"], row["found"], row["negatives"], row["wrong"]]
            print(f"| {name} | {' | '.join(map(str, shown))} | {row.get('average_precision', '')} |")
    print()


def of_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Find message files under folders named by labels.

    Yields
    ------
    label : str
    raw : bytes
    """
    for path in sorted(folder.glob("*/*.eml")):
        yield path.parent.name, path.read_bytes()


def of_collection(path: Path) -> Iterator[tuple[str, bytes]]:
    """Find the labelled members of a collection.

    Yields
    ------
    label : str
    raw : bytes
    """
    with (HERE / "left_out.tsv").open(encoding="utf-8", newline="") as file:
        gold = {
            row["member"]: row["label"]
            for row in csv.DictReader(file, delimiter="\t")
            if row["tar"] == path.name
        }
    with tarfile.open(path) as collection:
        for member in collection:
            content = collection.extractfile(member) if member.name in gold else None
            if content is not None:
                yield gold[member.name], content.read()


def judge(starter: Classifier, mails: Iterator[tuple[str, bytes]]) -> Iterator[Judged]:
    """Judge each message as its own recipient's, whom its delivery fields tell.

    Yields
    ------
    Judged
    """
    for gold, raw in mails:
        message = Message(raw)
        guessed = guess_site([message])
        own = Classifier(starter.model, site=Site(me=guessed.me))
        verdict = own.classify(message)
        yield Judged(gold, verdict.label, verdict.unsure, *verdict.log_odds)


def show(name: str, judged: list[Judged]) -> None:
    """Print a row for each gold label."""
    for gold in LABELS:
        these = [each for each in judged if each.gold == gold]
        if these:
            counts = [sum(each.label == label for each in these) for label in LABELS if label != "ham"]
            unsure = sum(each.unsure for each in these)
            print(f"| {name} | {gold} | {len(these)} | {' | '.join(map(str, counts))} | {unsure} |")


if __name__ == "__main__":
    sys.exit(main())

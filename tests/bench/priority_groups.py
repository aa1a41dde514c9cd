"""P4: what importance loses without one group of social signals, on the first part of each reader's mail.

    python tests/bench/priority_groups.py [--corpora DIR] [--cache DIR] [--people N] [--readers N]

Readers are song, hellwig and those who answered most in the first 60 % of the list; the last part is not
looked at. For each a shared model learns what others answered in the first three fifths of that part: a
logistic regression with the same prior for all columns, not the fusion that `train` makes, which takes fifty
times as long. He is judged on the rest of it, the shared model alone and with his own habits (from rows at
hand). A group is left out of both. The cache is that of priority.py.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from corpora import argument_parser
from priority import GROUPS, READERS, SCHEMA, SIGNALS, Archive, Person, habits

from classifier import Classifier
from classifier.evaluate.metrics import average_precision, read_for
from classifier.evaluate.ranking import rank
from classifier.features import BlockRows
from classifier.features.extractor import hash_signal
from classifier.features.schema import HISTORY_BITS
from classifier.history import Correspondent, History, Ram
from classifier.learners.deviation import Examples, deviation
from classifier.learners.habit import VARIANCE, Habit
from classifier.signals import REGISTRY, Site

ENOUGH = 15
"""Answers that a reader must have given in the part that is judged."""


def columns_of_groups(archive: Archive, me: frozenset[str]) -> dict[str, set[int]]:
    """Which columns each group of signals sets, seen on a part of the mail."""
    classifier = Classifier(schema=SCHEMA, site=Site(me=me), memory=Ram())
    classifier.history = History([Correspondent(Ram())])
    found: dict[str, set[int]] = {group: set() for group in GROUPS}
    names = {column for each in SIGNALS for column in REGISTRY[each].bins}
    for message, now in zip(archive.messages[:4000], archive.nows, strict=False):
        names.update(
            classifier.extractor.observe_history(classifier.facts([message], [now], observe=True)[0])
        )
    for name in names:
        found[name.partition(".")[0]].add(hash_signal(name) >> (64 - HISTORY_BITS))
    return found


def without(block: BlockRows, columns: set[int]) -> BlockRows:
    """Leave out some columns."""
    keep = ~np.isin(block.columns, sorted(columns))
    at = np.repeat(np.arange(len(block.counts)), block.counts)[keep]
    return BlockRows(block.columns[keep], np.bincount(at, minlength=len(block.counts)))


def cut(person: Person, stop: int) -> None:
    """Let a reader have no mail from a place in the archive on, and no answers from then on."""
    rows = person.before(stop)
    person.block, person.at, person.nows = person.block.take(rows), person.at[rows], person.nows[rows]
    person.answered = person.answered[rows]


def shared_weights(others: list[Person], end: int) -> np.ndarray:
    """Learn what others answered before a place in the archive; returns weights in nats, with a bias."""
    rows = [each.before(end) for each in others]
    blocks = [each.block.take(its) for each, its in zip(others, rows, strict=True)]
    answered = np.concatenate(
        [np.isfinite(each.answered[its]) for each, its in zip(others, rows, strict=True)]
    )
    bias = np.log(answered.sum() / (~answered).sum())
    columns, counts = (
        np.concatenate([getattr(each, name) for each in blocks]) for name in ("columns", "counts")
    )
    examples = Examples(columns, counts, np.full(len(counts), bias), answered)
    return np.append(deviation(examples, 1 << HISTORY_BITS, VARIANCE), bias)


def judged(person: Person, others: list[Person], start: int) -> np.ndarray:
    """Return average precision and what is to be read for 80 %, with habits and without."""
    weights = shared_weights(others, int(person.at[start]))
    shared = Habit(1 << HISTORY_BITS)
    shared.weights = weights[:-1]
    shared_odds = shared.score(person.block) + weights[-1]
    gold = np.isfinite(person.answered)[start:]
    both = rank(gold, habits(person, shared_odds, person.block)[start:])
    alone = rank(gold, shared_odds[start:])
    return np.array(
        [f(each) for each in (both, alone) for f in (average_precision, lambda it: read_for(it, 0.8))]
    )


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "mailtriage-priority")
    parser.add_argument("--people", type=int, default=20, help="how many others the shared model learns from")
    parser.add_argument("--readers", type=int, default=8, help="how many readers to judge")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    archive = Archive(options.corpora)
    known = [frozenset(READERS[name].split()) for name in ("song", "hellwig")]
    people = [Person(archive, me, options.cache) for me in (*known, *archive.people()[: options.people])]
    end = archive.nows[archive.first_part]
    for person in people:
        cut(person, archive.first_part)
        person.answered = np.where(person.answered < end, person.answered, np.inf)
    readers = [(each, int(0.6 * len(each.at))) for each in people]
    readers = [each for each in readers if np.isfinite(each[0].answered)[each[1] :].sum() >= ENOUGH]
    readers = readers[: options.readers]
    print(f"{len(readers)} readers, {len(people)} people; mean average precision / read for 80 %")
    print("| left out | both | shared alone | both, each reader |\n|---|---|---|---|", flush=True)
    groups: dict[str, set[int]] = {"nothing": set(), **columns_of_groups(archive, known[0])}
    whole = [each.block for each in people]
    for group, columns in groups.items():
        for each, block in zip(people, whole, strict=True):
            each.block = without(block, columns)
        found = [judged(each, [it for it in people if it is not each], start) for each, start in readers]
        mean = np.mean(found, axis=0)
        each_one = ", ".join(f"{one[0]:.3f} / {one[1]:.3f}" for one in found)
        print(
            f"| {group} | {mean[0]:.3f} / {mean[1]:.3f} | {mean[2]:.3f} / {mean[3]:.3f} | {each_one} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""P4: whose mail is answered? A shared model from what others answered, and one reader's own habits.

    python tests/bench/priority.py [--corpora DIR] [--cache DIR] [--people N] [READER...]

For each reader the shared model is trained on what other people of the list answered before the reader's
last 40 % begin; he himself is left out. Then his mail is classified and observed through the library in
order of arrival, and the last 40 % are judged: global (shared model only), personal (his habits only), both,
and both with his own threshold. The cache holds the rows of people (a minute each to make); READER-both.jsonl
and READER-gold.tsv in it are for the referee. What each group of signals does is asked by priority_groups.py.
"""

from __future__ import annotations

import csv
import json
import lzma
import re
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from corpora import argument_parser

from classifier import Classifier
from classifier.engine.behaviour import LIMIT, grown
from classifier.engine.followed import ANSWERED, PASSED, RING
from classifier.engine.leaning import Leaning
from classifier.evaluate.metrics import average_precision, read_for
from classifier.evaluate.ranking import rank
from classifier.features import BlockRows, Rows, Schema
from classifier.features.schema import HISTORY_BITS
from classifier.history import Correspondent, History, Ram
from classifier.learners.deviation import Examples, deviation
from classifier.learners.habit import VARIANCE, Habit
from classifier.mail import Message
from classifier.mailboxes import open_mailbox
from classifier.signals import REGISTRY, Facts, Site
from classifier.store import Model
from classifier.training import train_rows
from classifier.verdict import Cuts

READERS = {
    "song": "song@kernel.org songliubraving@fb.com songliubraving@meta.com liu.song.a23@gmail.com",
    "kuai": "yukuai1@huaweicloud.com yukuai@fnnas.com yukuai@kernel.org yukuai3@huawei.com "
    "hailan@yukuai.org.cn yukuai1994@gmail.com",
    "hellwig": "hch@lst.de hch@infradead.org",
}
GROUPS = ("addressed", "pairs", "people", "reader", "thread", "topic", "wording")
SIGNALS = tuple(name for name, each in REGISTRY.items() if each.group in GROUPS)
SCHEMA = Schema(bits=12, views=("history",), signals=SIGNALS)
FEW = 15
"""Who answered fewer mails of the training part teaches nothing about answering."""

NOTHING = BlockRows(np.zeros(0, np.uint32), np.zeros(0, np.int64))


class Archive:
    """The list's mail in order of arrival, parsed once."""

    def __init__(self, corpora: Path) -> None:
        folder = corpora / "linux-raid"
        with (folder / "index.tsv").open() as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        with tempfile.NamedTemporaryFile(suffix=".mbox") as plain:
            with lzma.open(folder / "list.mbox.xz") as packed:
                plain.write(packed.read())
            plain.flush()
            raws = [stored.raw for stored in open_mailbox(plain.name)]
        order = sorted(range(len(rows)), key=lambda at: (int(rows[at]["arrived"]), at))
        self.rows = [rows[at] for at in order]
        self.messages = [Message(raws[at]) for at in order]
        self.nows = [float(row["arrived"]) for row in self.rows]
        self.authors = [each.author.addr.lower() if each.author else "" for each in self.messages]

    def gold(self, me: frozenset[str]) -> list[float]:
        """When each message was answered by somebody; infinity where it never was."""
        answered: dict[str, float] = {}
        for message, now, author in zip(self.messages, self.nows, self.authors, strict=True):
            if author in me and message.in_reply_to:
                answered.setdefault(message.in_reply_to[0].strip("<>"), now)
        return [answered.get(each.message_id.strip("<>"), np.inf) for each in self.messages]

    def people(self) -> list[frozenset[str]]:
        """Everybody's addresses, by display name, who answered most first."""
        named = defaultdict(set)
        for message, author in zip(self.messages, self.authors, strict=True):
            if author and not re.search(r"bot@|lkp@|bugzilla|noreply", author):
                name = message.author.name.lower().strip("\"' ") if message.author else ""
                named[name or author].add(author)
        groups = [frozenset(each) for each in named.values() if len(each) <= 8 and not each & _ALL_READERS]
        home = {address: group for group in groups for address in group}
        part = self.messages[: self.first_part]
        seen = {message.message_id: author for message, author in zip(part, self.authors, strict=False)}
        answered: Counter[frozenset[str]] = Counter()
        for message, author in zip(part, self.authors, strict=False):
            asked = seen.get(message.in_reply_to[0], author) if message.in_reply_to else author
            if author in home and asked not in home[author]:
                answered[home[author]] += 1
        return [group for group, _ in answered.most_common()]

    @property
    def first_part(self) -> int:
        """Messages that others' rows are made of: the last part of every reader lies behind them."""
        return int(0.6 * len(self.messages))


class Person:
    """One reader's mail as rows, each with what he knew when it came."""

    def __init__(self, archive: Archive, me: frozenset[str], cache: Path) -> None:
        place = cache / f"{'-'.join(sorted(me))[:80]}-{SCHEMA.hash}.npz"
        if not place.exists():
            stop = len(archive.messages) if me <= _ALL_READERS else archive.first_part
            np.savez(place, **_rows(archive, me, stop))
        kept = np.load(place)
        self.me, self.at = me, kept["at"]
        gold = np.array(archive.gold(me))[self.at]
        self.block, self.answered = BlockRows(kept["columns"], kept["counts"]), gold
        self.nows = np.array(archive.nows)[self.at]

    def before(self, at: int) -> np.ndarray:
        """Which rows stand for messages before a place in the archive."""
        return np.flatnonzero(self.at < at)


_ALL_READERS = frozenset(" ".join(READERS.values()).split())


def _rows(archive: Archive, me: frozenset[str], stop: int) -> dict[str, np.ndarray]:
    classifier = Classifier(schema=SCHEMA, site=Site(me=me), memory=Ram())
    classifier.history = History([Correspondent(Ram())])
    columns, counts, at = [], [], []
    waiting: list[Facts] = []
    for number, (message, now) in enumerate(zip(archive.messages[:stop], archive.nows, strict=False)):
        facts = classifier.facts([message], [now], observe=True)[0]
        if archive.authors[number] not in me:
            waiting.append(facts)
            at.append(number)
        if len(waiting) == 64 or number == stop - 1:
            block = classifier.extractor.rows(waiting).blocks[4] if waiting else NOTHING
            columns.append(block.columns)
            counts.append(block.counts)
            waiting = []
    return {"columns": np.concatenate(columns), "counts": np.concatenate(counts), "at": np.array(at)}


def shared_model(people: list[Person], end: int) -> Model:
    """Train on what other people answered before a place in the archive."""
    blocks, labels, groups = [], [], []
    for number, person in enumerate(people):
        chosen = person.before(end)
        answered = np.isfinite(person.answered[chosen])
        if answered.sum() < FEW:
            continue
        blocks.append(person.block.take(chosen))
        labels += ["important" if each else "unimportant" for each in answered]
        groups += [number] * len(chosen)
    empty = BlockRows(np.zeros(0, np.uint32), np.zeros(len(labels), np.int64))
    columns, counts = (
        np.concatenate([getattr(each, name) for each in blocks]) for name in ("columns", "counts")
    )
    return train_rows(
        Rows(SCHEMA, (empty,) * 4 + (BlockRows(columns, counts),)), labels, groups=np.array(groups)
    )


def weigh(model: Model, block: BlockRows) -> np.ndarray:
    """Return the shared log-odds of importance."""
    rows = Rows(SCHEMA, (BlockRows(NOTHING.columns, np.zeros(len(block.counts), np.int64)),) * 4 + (block,))
    return np.asarray(model.tables.score(rows)[:, 1])


def live(archive: Archive, me: frozenset[str], model: Model) -> list[float]:
    """Classify and observe through the library; returns the log-odds of importance of mail received."""
    classifier = Classifier(model, site=Site(me=me), memory=Ram())
    found, judged, observed = [], 0.0, 0.0
    for message, now, author in zip(archive.messages, archive.nows, archive.authors, strict=True):
        begun = time.process_time()
        if author not in me:
            found.append(classifier.classify(message, now=now).log_odds.importance)
        between = time.process_time()
        classifier.observe(message, now=now)
        judged, observed = judged + between - begun, observed + time.process_time() - between
    memory = classifier._memory
    assert isinstance(memory, Ram)
    size = sum(len(key) + len(value) for kind in memory._kinds for key, value in memory.items(kind))
    n = len(archive.messages)
    print(
        f"    classify {1000 * judged / n:.2f} ms, observe {1000 * observed / n:.2f} ms a message; state "
        f"{size / 1e6:.2f} MB in {sum(map(len, memory._kinds.values()))} records after {n} messages"
    )
    return found


def happenings(person: Person) -> list[tuple[float, int, int, str]]:
    """What happens when: mail comes, its limit passes, an answer to it; in the order in which it is known."""
    found = []
    for at, (now, answered) in enumerate(zip(person.nows, person.answered, strict=True)):
        found.append((now, 1, at, "comes"))
        if answered < np.inf:
            found.append((max(answered, now), 2, at, "answered"))
        if answered > now + LIMIT:
            found.append((now + LIMIT, 0, at, "passed"))
    return sorted(found)


def habits(person: Person, shared: np.ndarray, block: BlockRows) -> np.ndarray:
    """Nearly the same as `live`, from rows at hand: what is due is known here before the next mail comes."""
    habit, scores, size = Habit(1 << HISTORY_BITS), shared.astype(float).copy(), 1 << HISTORY_BITS
    ends = np.cumsum(block.counts)
    states, known, fitted = np.zeros(len(scores), int), 0, 0
    for _, _, at, what in happenings(person):
        columns = block.columns[ends[at] - block.counts[at] : ends[at]]
        if what == "comes":
            scores[at] += habit.weights[columns].sum() / np.sqrt(max(1, len(columns)))
            continue
        states[at], known = ANSWERED if what == "answered" else PASSED, known + 1
        if grown(known, fitted):
            fitted, rows = known, np.flatnonzero(states)[-RING:]
            taken = block.take(rows)
            examples = Examples(
                taken.columns, taken.counts, shared[rows].astype(float), states[rows] == ANSWERED
            )
            habit.weights = deviation(examples, size, VARIANCE)
    return scores


def thresholds(person: Person, scores: np.ndarray, start: int) -> str:
    """Errors at the threshold of the model, and at one that moves when a label contradicts a verdict."""
    leaning, cuts, called = Leaning(Ram()), Cuts(), np.zeros((2, len(scores)), bool)
    for _, _, at, what in happenings(person):
        cut = leaning.lean(cuts).importance
        if what == "comes":
            called[:, at] = scores[at] >= 0, scores[at] >= cut
        else:
            leaning.corrected(
                b"%d" % at, "important" if what == "answered" else "unimportant", scores[at], cut
            )
    gold = np.isfinite(person.answered)[start:]
    told = []
    for one in called[:, start:]:
        missed, false = (~one & gold).sum() / gold.sum(), (one & ~gold).sum() / (~gold).sum()
        told.append(f"missed {missed:.1%}, false {false:.1%}, mean {(missed + false) / 2:.1%}")
    return f"    threshold of the model: {told[0]}; the reader's own: {told[1]}"


def row(name: str, gold: np.ndarray, scores: np.ndarray) -> str:
    ranking = rank(gold, scores)
    return f"| {name} | {average_precision(ranking):.3f} | {read_for(ranking, 0.8):.3f} |"


def report(archive: Archive, name: str, people: list[Person], cache: Path) -> None:
    """Judge one reader's last 40 %."""
    me = frozenset(READERS[name].split())
    person = Person(archive, me, cache)
    start = int(0.6 * len(person.at))
    end, gold = int(person.at[start]), np.isfinite(person.answered)[start:]
    others = [each for each in people if not each.me & me]
    model = shared_model(others, end)
    shared = weigh(model, person.block)
    prior = np.full(len(shared), np.log((np.isfinite(person.answered[:start]).sum() + 1) / start))
    print(f"\n| {name}: {len(gold)} messages, {gold.sum()} important | average precision | read for 80 % |")
    print("|---|---|---|")
    print(row("global", gold, shared[start:]))
    print(row("personal", gold, habits(person, prior, person.block)[start:]))
    both = np.array(live(archive, me, model))
    print(row("both", gold, both[start:]), flush=True)
    difference = np.abs(both - habits(person, shared, person.block)).max()
    print(f"    from rows at hand the same but for {difference:.2g} nats")
    print(thresholds(person, both, start), flush=True)
    (cache / f"{name}-gold.tsv").write_text(
        "position\tlabel\n"
        + "".join(
            f"{at}\t{'important' if each else 'unimportant'}\n"
            for at, each in zip(person.at, np.isfinite(person.answered), strict=True)
        )
    )
    lines = (
        json.dumps({"position": int(at), "log_odds": {"importance": float(each)}})
        for at, each in zip(person.at, both, strict=True)
    )
    (cache / f"{name}-both.jsonl").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("readers", nargs="*", default=list(READERS), metavar="READER")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "mailtriage-priority")
    parser.add_argument("--people", type=int, default=28, help="how many others the shared model learns from")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    archive = Archive(options.corpora)
    known = [frozenset(each.split()) for each in READERS.values()]
    people = [Person(archive, me, options.cache) for me in (*known, *archive.people()[: options.people])]
    for name in options.readers:
        report(archive, name, people, options.cache)


if __name__ == "__main__":
    main()

"""How well importance of root mail is told: protocol P5, on `data/rootmail`.

    python tests/bench/rootmail.py [--bits 18] [--groups] [--whole-way]

Three ways to leave out: the last third by time; one host at a time; tools, in six groups (kinds never seen).
All mail is remembered in order of arrival, each message after it was scored; what is left out is never
learned. Scores of all parts are pooled. Intervals (95 %) are of 500 resamples of hosts, or of episodes: the
messages of one host and kind without a gap of three days. "By kind" each kind of important mail counts alike,
and intervals are of resamples of the same units. Each row is printed thrice: the model alone; with the rule
that speaks where few words are known; and with the labels of what was learned as precedents of like mail.

--groups leaves out groups of signals, one at a time; --whole-way trains and scores mon01 through
`train` and `classify_many` alone and compares with what the other rows say of it. The columns of jobs
are equal to the last; those of people and readers are not: the other hosts' mail is remembered there, too.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha1
from time import process_time
from typing import Any

import numpy as np
from corpora import print_head, print_row
from numpy.typing import NDArray
from root_corpus import RootMail, read_root_mail

from classifier import Classifier
from classifier.engine import train
from classifier.engine.deciding import trained_on
from classifier.evaluate.intervals import percentiles, resamples
from classifier.features import Rows, Schema
from classifier.features.schema import ALONE, VIEWS
from classifier.history import Arrival, Ram
from classifier.learners.precedent import shift
from classifier.learners.strange import known_share, lean
from classifier.mail import Message
from classifier.rootmail import JobRecaller
from classifier.rootmail.identity import Identity
from classifier.rootmail.job_past import JobPast
from classifier.rootmail.precedents import Precedents
from classifier.rootmail.sketch import Sketch, sketch_of
from classifier.rootmail.urgency import urgency_of
from classifier.signals import REGISTRY, Site
from classifier.training import read_rows, train_rows

READ = 0.10
"""Part of the mail, the best first, that somebody has time to read."""

PRECISION = 0.90
"""Part of what is called important that has to be."""

GAP = 3 * 86400.0
"""Seconds without a message of its kind after which an episode is over."""

GROUPS = {
    "lines": (
        "trouble", "lines", "alarming", "subject", "missing", "missing_always", "success_missing", "calm",
    ),
    "themes": ("themes", "test"),
    "words": ("words",),
    "numbers": (
        "became_zero", "left_zero", "fell", "rose", "lowest", "highest", "limit", "days_left", "fullest",
        "swing",
    ),
    "crosses": ("news", "jumps"),
    "rhythm": ("mails", "host_days", "first_on_known_host", "gap", "unrest", "length"),
}  # fmt: skip
"""Signals of jobs by what they look at."""

SPLITS = ("time", "host", "tool")

Floats = NDArray[np.float64]
Part = tuple[NDArray[np.intp], NDArray[np.intp]]


def parts_of(split: str, mails: Sequence[RootMail]) -> Iterator[Part]:
    """Yield what is learned and what is left out; mails are in order of arrival."""
    if split == "time":
        cut = len(mails) * 2 // 3
        yield np.arange(cut), np.arange(cut, len(mails))
        return
    of = np.array([mail.host if split == "host" else tool_group(mail.tool) for mail in mails])
    for left_out in np.unique(of):
        yield np.flatnonzero(of != left_out), np.flatnonzero(of == left_out)


def tool_group(tool: str) -> str:
    """Put a tool into one of six groups."""
    return str(int(sha1(tool.encode(), usedforsecurity=False).hexdigest(), 16) % 6)


def read(mails: Sequence[RootMail], schema: Schema) -> tuple[Rows, list[str], float]:
    """Turn all mail into rows, remembering each message after it; returns messages per second, too."""
    classifier = Classifier(schema=schema, memory=Ram())
    facts = partial(classifier.facts, observe=True)
    pairs = ((Message(mail.stored.raw), mail.label) for mail in mails)
    start = process_time()
    rows, labels = read_rows(classifier.extractor, facts, pairs)
    return rows, labels, len(mails) / (process_time() - start)


def pasts_of(mails: Sequence[RootMail]) -> list[JobPast]:
    """Say what each mail, in order of arrival, is to its job's past."""
    recaller, pasts = JobRecaller(Ram()), []
    for mail in mails:
        arrival = Arrival(Message(mail.stored.raw), Site())
        past = recaller.recall(arrival)
        assert past is not None, mail.kind  # all of it is machines' mail
        pasts.append(past)
        recaller.observe(arrival)
    return pasts


def score(
    rows: Rows, labels: Sequence[str], split: str, mails: Sequence[RootMail], pasts: Sequence[JobPast]
) -> tuple[Floats, Floats, Floats]:
    """Score what each part leaves out by a model of the rest; nan for what is always learned.

    Returns the model's scores, with the rule where few words are known, and with labels of like mail as well:
    those of what was learned, each as its message was to the past when it came.
    """
    plain, ruled, joined = np.full((3, len(mails)), np.nan)
    urgency = np.array([urgency_of(past) for past in pasts])
    for learned, left_out in parts_of(split, mails):
        model = train_rows(rows.take(learned), [labels[at] for at in learned])
        some = rows.take(left_out)
        plain[left_out] = model.tables.score(some)[:, 1]
        known = known_share(model.tables, some, min(trained_on(model.card, "importance")))
        rule = lean(plain[left_out], known, urgency[left_out])
        ruled[left_out] = plain[left_out] + rule
        said = Precedents(Ram())
        for at in learned:
            said.relabel(*kind_of(pasts[at]), None, mails[at].label)
        heard = np.array([said.heard(*kind_of(pasts[at])) for at in left_out])
        joined[left_out] = ruled[left_out] + shift(ruled[left_out], *heard.T)
    return plain, ruled, joined


def kind_of(past: JobPast) -> tuple[Identity, Sketch]:
    """Say whose output a mail is, and what it was to the past when it came."""
    return past.identity, sketch_of(past.told, past.changes)


def episodes(mails: Sequence[RootMail], by_host: bool) -> NDArray[np.intp]:
    """Number the units that are drawn: hosts, or episodes."""
    numbers: dict[Any, int] = {}
    last: dict[tuple[str, str], tuple[float, int]] = {}
    units = []
    for mail in mails:
        key = (mail.host, mail.kind)
        before, run = last.get(key, (mail.arrived, 0))
        last[key] = (mail.arrived, run + (mail.arrived - before > GAP))
        units.append(numbers.setdefault(mail.host if by_host else (*key, last[key][1]), len(numbers)))
    return np.array(units, np.intp)


def figures(gold: NDArray[np.bool_], weight: Floats) -> tuple[Any, Any]:
    """Average precision, and recall reading `READ`, of ranked messages that count so often each."""
    precision, early = _along(gold, weight)
    found = np.maximum((weight * gold).sum(-1), 1e-9)
    return (weight * gold * precision).sum(-1) / found, (weight * gold * early).sum(-1) / found


def figures_by_kind(gold: NDArray[np.bool_], kinds: NDArray[Any], weight: Floats) -> tuple[Any, Any]:
    """Return the same, each kind of important mail counting alike; kinds that were not drawn do not."""
    precision, early = _along(gold, weight)
    names, number = np.unique(kinds[gold], return_inverse=True)
    member = (number[:, None] == np.arange(len(names))).astype(float)
    counts = weight[..., gold] @ member
    means = [
        np.divide(each @ member, counts, out=np.full_like(counts, np.nan), where=counts > 0)
        for each in (weight[..., gold] * precision[..., gold], weight[..., gold] * early[..., gold])
    ]
    return np.nanmean(means[0], -1), np.nanmean(means[1], -1)


def _along(gold: NDArray[np.bool_], weight: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Precision down to each message, and whether it is among those that are read."""
    seen, hits = np.cumsum(weight, -1), np.cumsum(weight * gold, -1)
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    return precision, seen <= READ * seen[..., -1:]


def told(scores: Floats, split: str, mails: Sequence[RootMail]) -> list[str]:
    """Judge one pooled ranking."""
    known = np.flatnonzero(~np.isnan(scores))
    ranked = known[np.argsort(-scores[known], kind="stable")]
    gold = np.array([mails[at].important for at in ranked])
    kinds = np.array([mails[at].kind for at in ranked])
    of = episodes([mails[at] for at in known], split == "host")
    units = np.unique(of, return_inverse=True)[1][np.searchsorted(known, ranked)]
    draws = [
        (*figures(gold, counts[:, units]), *figures_by_kind(gold, kinds, counts[:, units]))
        for counts in resamples(int(units.max()) + 1, 500, 0, len(gold))
    ]
    spans = [percentiles(np.concatenate([draw[at] for draw in draws])) for at in range(4)]
    once = np.ones(len(gold))
    found = (*figures(gold, once), *figures_by_kind(gold, kinds, once))
    precision = np.cumsum(gold) / np.arange(1, len(gold) + 1)
    precise = np.cumsum(gold)[precision >= PRECISION].max(initial=0) / gold.sum()
    said = [
        f"{each:.3f} ({low:.3f} to {high:.3f})" if at % 2 == 0 else f"{each:.1%} ({low:.1%} to {high:.1%})"
        for at, (each, (low, high)) in enumerate(zip(found, spans, strict=True))
    ]
    return [*said[:2], f"{precise:.1%}", *said[2:]]


def compare(
    rows: Rows, labels: Sequence[str], mails: Sequence[RootMail], pasts: Sequence[JobPast], name: str
) -> dict[str, Floats]:
    """Print rows for each split; returns the scores of the model with the rule."""
    found = {}
    for split in SPLITS:
        plain, found[split], joined = score(rows, labels, split, mails, pasts)
        n = int((~np.isnan(plain)).sum())
        print_row(name, split, n, *told(plain, split, mails))
        if "history" in rows.schema.views:
            print_row(f"{name}, and the rule", split, n, *told(found[split], split, mails))
            print_row(f"{name}, rule and precedents", split, n, *told(joined, split, mails))
    return found


def whole_way(mails: Sequence[RootMail], bits: int, scores: Floats) -> None:
    """Train without a host and judge its mail by nothing but the public calls."""
    rest = [mail for mail in mails if mail.host != "mon01"]
    sources = [
        (label, [mail.stored for mail in rest if mail.label == label])
        for label in ("important", "unimportant")
    ]
    model = train(sources, schema=Schema(bits=bits, views=VIEWS)).model
    classifier = Classifier(model, memory=Ram())
    own = [at for at, mail in enumerate(mails) if mail.host == "mon01"]
    start = process_time()
    verdicts = list(classifier.classify_many((mails[at].stored for at in own), observe=True))
    rate = len(own) / (process_time() - start)
    off = max(abs(v.log_odds.importance - s) for v, s in zip(verdicts, scores[own], strict=True))
    print(f"\nmon01 by the public calls: {rate:.0f} messages/s; largest difference {off:.2g}")


def main(asked: argparse.Namespace) -> None:
    """Print a table: without history, with it, and without each of its groups."""
    mails = sorted(read_root_mail(), key=lambda mail: mail.arrived)
    print_head(
        "columns", "left out", "messages", "average precision", f"recall reading {READ:.0%}",
        f"recall at {PRECISION:.0%} precision", "by kind: AP", f"by kind: recall reading {READ:.0%}",
    )  # fmt: skip
    rows, labels, rate = read(mails, Schema(bits=asked.bits, views=ALONE))
    pasts = pasts_of(mails)
    compare(rows, labels, mails, pasts, "without history")
    rows, labels, with_history = read(mails, Schema(bits=asked.bits, views=VIEWS))
    scores = compare(rows, labels, mails, pasts, "with history")
    if asked.groups:
        for group, names in GROUPS.items():
            left = [s for s in REGISTRY if s not in {f"job.{name}" for name in names} and REGISTRY[s].default]
            rows, labels, _ = read(mails, Schema(bits=asked.bits, views=VIEWS, signals=tuple(left)))
            compare(rows, labels, mails, pasts, f"without {group}")
    print(f"\nreading, messages/s of CPU: {rate:.0f} without history, {with_history:.0f} with it")
    if asked.whole_way:
        whole_way(mails, asked.bits, scores["host"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bits", type=int, default=18, help="columns for words, as a power of two")
    parser.add_argument("--groups", action="store_true", help="leave out each group of signals of jobs")
    parser.add_argument("--whole-way", action="store_true", help="judge one host by the public calls alone")
    main(parser.parse_args())

"""How well models tell spam on the protocols P1 (whole messages) and P3 (header blocks alone).

    python tests/bench/accuracy.py [--ablate none hosts collector] [--protocol p1 p3]

Trains on the training part and judges the scores of the test part with the referee. A corpus gives its
classes away through the hosts that collected it, so each protocol is also measured with that taken away:

``hosts``
    A portable schema: what relays say of themselves, lists and envelope, and the digits of identifiers are
    left out (dates always are); see `classifier.features.wording`. Signals still see whole messages.
``collector``
    Nothing but the collector's own hosts is hidden, from words, 4-grams and signals alike, in training and
    test mail: in every header field names under `COLLECTOR` become ``collector.invalid``, and Received
    fields that these hosts wrote keep their from-clause, protocol and date, without id and for.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from corpora import Corpora, argument_parser, open_corpora, print_head, print_row

from classifier.engine import train
from classifier.features import Schema
from classifier.mailboxes import Stored, open_mailbox

COLLECTOR = (
    "taint.org",
    "netnoteinc.com",
    "jmason.org",
    "spamassassin.taint.org",
    "slashnull.org",
    "xent.com",
    "example.com",
)
"""Domains of the SpamAssassin corpus's collectors, and what their addresses were rewritten to."""

_NAMES = "|".join(map(re.escape, sorted(COLLECTOR, key=len, reverse=True)))
_OWN = re.compile(rf"(?i)(?<![\w.-])(?:[\w-]{{1,63}}\.){{0,5}}(?:{_NAMES})(?![\w-]|\.\w)".encode())
_RECEIVED = re.compile(rb"(?im)^Received:[^\n]*\n(?:[ \t][^\n]*\n)*")
_BY_OWN = re.compile(rb"(?i)\sby\s+(?:collector\.invalid|localhost)(?![\w.-])")  # localhost: its fetchmail
_ID = re.compile(rb"(?i)\s{1,20}id\s+[^\s;]+")  # with the fold before it
_FOR = re.compile(rb"(?i)\s{1,20}for\s+[^\s;]+(?=\s|;)(?:\s+\([^()\n]*\))?")

ABLATIONS = ("none", "hosts", "collector")
FIGURES = ("1-ROCA%", "missed_at_0.1", "missed_at_0.5")


def without_collector(raw: bytes) -> bytes:
    """Hide the collector's hosts in the header block of a message."""
    cut = raw.find(b"\n\n")
    cut = len(raw) if cut < 0 else cut + 1
    header = _OWN.sub(b"collector.invalid", raw[:cut])
    return _RECEIVED.sub(_without_marks, header) + raw[cut:]


def _without_marks(found: re.Match[bytes]) -> bytes:
    """Cut id and for out of a field that the collector wrote."""
    field = found[0]
    by = _BY_OWN.search(field)
    if by is None:
        return field
    return field[: by.end()] + _FOR.sub(b"", _ID.sub(b"", field[by.end() :]))


def mails(corpora: Corpora, protocol: str, name: str, ablation: str) -> Iterator[Stored]:
    """Read a mailbox of a protocol, ablated."""
    for stored in open_mailbox(corpora.mailbox(protocol, name)):
        if ablation == "collector":
            stored = Stored(stored.mailbox, stored.key, without_collector(stored.raw))  # noqa: PLW2901
        yield stored


def scores(corpora: Corpora, protocol: str, ablation: str) -> list[float]:
    """Train on the training part; returns the test part's log-odds of spam."""
    sources = [(label, mails(corpora, protocol, f"train-{label}", ablation)) for label in ("ham", "spam")]
    classifier = train(sources, schema=Schema(portable=ablation == "hosts"))
    verdicts = classifier.classify_many(mails(corpora, protocol, "test", ablation))
    return [verdict.log_odds.spam for verdict in verdicts]


def main(asked: argparse.Namespace) -> None:
    """Print the table."""
    corpora = open_corpora(asked)
    judge = corpora.referee()
    print_head("protocol", "left out", "messages", "spam", "1-ROCA%", "spam missed at 0.1 %", "at 0.5 %")
    for protocol in asked.protocol:
        gold = corpora.gold(protocol)
        for ablation in asked.ablate:
            told = judge(gold, scores(corpora, protocol, ablation))
            print_row(protocol.upper(), ablation, told["n"], told["positives"], *(told[f] for f in FIGURES))


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--ablate", nargs="+", choices=ABLATIONS, default=ABLATIONS)
    parser.add_argument("--protocol", nargs="+", choices=("p1", "p3"), default=("p1", "p3"))
    main(parser.parse_args())

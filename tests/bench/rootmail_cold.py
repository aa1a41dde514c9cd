"""How root mail is ranked by who has seen none of it, and no label: the starter made without root mail.

    python tests/bench/rootmail_cold.py [--model FILE]

The starter's recipe learns from the other corpora alone (some quarter of an hour; FILE keeps the model, and
one that is there is taken). It ranks all of `data/rootmail`, remembered in order of arrival, as `Classifier`
does: with the rule, since it knows hardly a word of such mail, and, to compare, without. What labels add is
told by `rootmail_labels.py --model FILE`. Intervals (95 %) are of 500 resamples of hosts. The rule was
written by somebody who had seen this mail, which flatters.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from corpora import REPO, argument_parser, open_corpora, print_head, print_row
from root_corpus import RootMail, read_root_mail
from rootmail import READ, pasts_of, read, told

from classifier.engine.deciding import trained_on
from classifier.features import Rows
from classifier.learners.strange import known_share, lean
from classifier.rootmail.urgency import urgency_of
from classifier.store import Model, load_model, save_model

ROOT = "rootmail"


def starter_without_root_mail(corpora: Path) -> Model:
    """Make the starter as its script does, of everything but root mail."""
    sys.path.insert(0, str(REPO / "models" / "starter"))
    import make
    import sources

    samples = list(sources.read_samples(corpora, without=frozenset({ROOT})))
    labels = np.array([sample.label for sample in samples])
    names = np.array([sample.source for sample in samples])
    return make.learn(make.rows_of(samples), labels, names, make.manifest(samples))


def show(name: str, model: Model, rows: Rows, mails: Sequence[RootMail]) -> None:
    """Print what a model makes of all mail, without the rule and with it."""
    given = model.tables.score(rows)
    urgency = np.array([urgency_of(past) for past in pasts_of(mails)])
    known = known_share(model.tables, rows, min(trained_on(model.card, "importance")))
    ruled = given[:, 1] + lean(given[:, 1], known, urgency)
    for way, scores in (("without", given[:, 1]), ("with", ruled)):
        print_row(name, way, *told(scores, "host", mails))
    said, gold = ruled >= model.cuts.importance, np.array([mail.important for mail in mails])
    spam = (given[:, 0] >= model.cuts.spam).sum()
    print(f"\nIt knows {np.nanmean(known):.1%} of the words, and calls {spam} spam,")
    print(f"{said.sum()} important, {(said & gold).sum()} of them rightly.")


def main() -> int:
    """Print a row without the rule, and one with it."""
    parser = argument_parser(__doc__)
    parser.add_argument("--model", type=Path, help="where the model is kept")
    asked = parser.parse_args()
    if asked.model and asked.model.exists():
        model = load_model(asked.model)
    else:
        model = starter_without_root_mail(open_corpora(asked).corpora)
        if asked.model:
            save_model(model, asked.model)
    mails = sorted(read_root_mail(), key=lambda mail: mail.arrived)
    rows, _, _ = read(mails, model.tables.schema)
    print_head(
        "model", "rule", "average precision", f"recall reading {READ:.0%}", "recall at 90% precision",
        "by kind: AP", f"by kind: recall reading {READ:.0%}",
    )  # fmt: skip
    show("starter without root mail", model, rows, mails)
    return 0


if __name__ == "__main__":
    sys.exit(main())

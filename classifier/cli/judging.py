"""Mail judged into lines on standard output. Here is no click."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from classifier.cli.exits import printing
from classifier.cli.progress import Weighing, shown, wanted

if TYPE_CHECKING:
    from classifier.cli.asked import Scoring
    from classifier.cli.reading import Intake
    from classifier.engine import Classifier
    from classifier.engine.work import Answer, Kind
    from classifier.mailboxes import Mailbox


def print_lines(intake: Intake, scoring: Scoring, classifier: Classifier, form: str, explain: int) -> int:
    """Judge all and write lines as they come, those of CSV under their titles (RFC 4180).

    Parameters
    ----------
    intake : Intake
    scoring : Scoring
    classifier : Classifier
    form : {'jsonl', 'csv'}
    explain : int
        Clues a message.

    Returns
    -------
    int
        How many messages.
    """
    from classifier.engine.many import written
    from classifier.output.lines import csv_header

    weighing = Weighing(intake.paths)
    kind: Kind = "csv" if form == "csv" else "jsonl"

    def judge(mailbox: Mailbox) -> Iterator[Answer]:
        scoring.settle(classifier, mailbox)
        told = weighing.add if wanted() else None
        return written(classifier, mailbox, kind, jobs=scoring.jobs, explain=explain, weighed=told)

    write, judged = sys.stdout.buffer.write, 0
    if kind == "csv":
        with printing():
            write(csv_header().encode())
    for answer in shown(intake.read(judge), "judged", size=lambda one: one.count, weight=weighing):
        with printing():
            for lines in answer.made:
                write(lines)
        judged += answer.count
    return judged

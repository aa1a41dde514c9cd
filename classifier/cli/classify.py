"""``mailtriage classify``: every message of some mailboxes judged; as a table, as jsonl or as CSV."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.engine import engine, judge_on_cluster
from classifier.cli.exits import AWAY, printing
from classifier.cli.filing import write_file
from classifier.cli.intake import mailbox_format, mailboxes
from classifier.cli.judging import print_lines
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import shown
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring
from classifier.cli.screen import screen_width
from classifier.cli.writing import Writing, writing

if TYPE_CHECKING:
    from classifier.engine import Classifier
    from classifier.mailboxes import Mailbox
    from classifier.output.judged import Judged
    from classifier.verdict import Verdict

FORMATS = ("text", "jsonl", "csv", "parquet")
REASONS = 3
"""Clues a message in the table, where --explain does not say."""

EXAMPLES = [
    ("Read root's mail, the important on top", "mailtriage classify /var/mail/root"),
    (
        "List the important of a Maildir",
        "mailtriage classify ~/Maildir | jq -r 'select(.label == \"important\").subject'",
    ),
    ("Judge one message", "mailtriage classify --explain 5 - < message.eml"),
    ("Judge one without start-up", "mailtriage classify --via /run/mailtriage/socket - < message.eml"),
    ("Judge an archive on all cores", "mailtriage classify --jobs 8 archive.mbox.xz > verdicts.jsonl"),
    (
        "Judge a store of archives on a cluster",
        "mailtriage classify --engine dask --scheduler tcp://10.0.0.1:8786 --me @example.org "
        "-o s3://results/2026 's3://archive/2026-*.mbox'",
    ),
]


@click.command("classify", cls=Manual, examples=EXAMPLES, exits=(*JUDGES_MAIL, AWAY))
@mailboxes
@mailbox_format
@scoring
@personal
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="text: a table for people; jsonl: one JSON object a line; csv: for spreadsheets; parquet: typed "
    "columns, by pyarrow. "
    "Without it, text on a terminal and jsonl into a pipe or file.",
)
@click.option(
    "--explain",
    type=click.IntRange(min=0),
    metavar="K",
    help="Give the K weightiest clues of each verdict, in text the K that say most for it to people; "
    f"{REASONS} in text and none elsewhere, if not said.",
)
@click.option(
    "--via",
    type=click.Path(),
    metavar="SOCKET",
    help='Have "mailtriage serve" judge, which waits at this socket: no start-up, and its model, profile and '
    "you. Prints the same.",
)
@writing
@engine
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    form: str | None,
    explain: int | None,
    via: str | None,
    writing: Writing,
    engine: str | None,
    scheduler: str | None,
) -> None:
    """Judge every message of each MAILBOX.

    Every message gives one result, in the order of the mailboxes. What is no mail, or cannot be read, is
    named on standard error and costs the exit code 3, never the rest of the run.

    A jsonl object has: schema (version of this format), mailbox, key, message_id, date (ISO 8601, UTC, or
    null), from, subject, label (important, unimportant or spam), unsure, spared (whether it is no spam
    whatever the log-odds say, as a program on one of your own hosts handed it in), p (the three
    probabilities), log_odds (spam; importance, given that it is not spam; in nats), clues (name, value,
    weight, contribution to the log-odds of the question that decided the label). The key finds the message
    again: mailtriage explain MAILBOX KEY. Headers are decoded, without terminal control characters, and cut
    at 998 characters.

    A message is called spam, or unimportant without a doubt, only where --max-lost or --cost, or else the
    model's own cuts, allow it; what is neither and may or may not be important is important or unimportant,
    and unsure.
    """
    said = form
    form = form or ("text" if sys.stdout.isatty() else "jsonl")
    count = REASONS if form == "text" and explain is None else explain or 0
    if via is not None:
        from classifier.cli.via import judge_via

        if engine or writing.output or form == "parquet":
            raise click.UsageError(
                "--via prints text, jsonl or CSV: no --engine, --output or --format parquet"
            )
        ctx.exit(judge_via(ctx, via, Intake(mailboxes, mailbox_format, again=False), form, count))
    profile = personal.open()
    classifier = scoring.load(profile)
    personal.remind(profile)
    intake = Intake(mailboxes, mailbox_format, again=not scoring.who.me)  # to guess, one reads twice
    if engine:
        code = judge_on_cluster(
            intake, classifier, scoring, explain=explain or 0, form=said, scheduler=scheduler, writing=writing
        )
        ctx.exit(code)
    if scheduler:
        raise click.UsageError("--scheduler is for --engine dask")
    if writing.output:
        code = write_file(
            intake, scoring, classifier, writing=writing, form=said or "jsonl", explain=explain or 0
        )
        ctx.exit(code)
    judged = _judge(intake, scoring, classifier, form, count)
    ctx.exit(intake.code(judged, "judged"))


def _judge(intake: Intake, scoring: Scoring, classifier: Classifier, form: str, explain: int) -> int:
    """Judge all and print it in a form; returns how many."""

    def settled(mailbox: Mailbox) -> Mailbox:
        scoring.settle(classifier, mailbox)
        return mailbox

    def judge(mailbox: Mailbox) -> Iterator[Verdict]:
        return classifier.classify_many(settled(mailbox), jobs=scoring.jobs)

    def lay_out(mailbox: Mailbox) -> Iterator[Judged]:
        return classifier.judged_many(settled(mailbox), jobs=scoring.jobs, explain=explain)

    if form == "text":  # the table asks for the clues of the few that it shows
        return _print_table(shown(intake.read(judge), "judged", prints_later=True), explain)
    if form == "parquet":
        return _print_parquet(shown(intake.read(lay_out), "judged", size=len))
    return print_lines(intake, scoring, classifier, form, explain)


def _print_parquet(batches: Iterable[Judged]) -> int:
    """Write a Parquet file, row group by row group; returns how many messages."""
    if sys.stdout.isatty():
        raise click.UsageError("a Parquet file is nothing for a terminal: redirect standard output to a file")
    from classifier.output.parquet import write

    with printing():
        return write(batches, sys.stdout.buffer)


def _print_table(verdicts: Iterable[Verdict], explain: int) -> int:
    """Collect all, then write the table."""
    from classifier.cli.table import Table, write_table

    table = Table(screen_width(), explain)
    with printing():
        return write_table(table, map(table.add, verdicts))

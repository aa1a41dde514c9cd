"""``mailtriage overdue``: the jobs that did not write when they should have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Who
from classifier.cli.intake import mailbox_format
from classifier.cli.manual import READS_MAIL, Manual
from classifier.cli.moments import moment_option
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.reading import Intake
from classifier.cli.remembered import FORMATS, remembered
from classifier.cli.who import who

if TYPE_CHECKING:
    from classifier.digest import Late

EXAMPLES = [
    ("Which jobs are late now", "mailtriage overdue --now now /var/mail/root"),
    ("Only what is nearly certain", "mailtriage overdue --sure 0.98 /var/mail/root"),
]


@click.command("overdue", cls=Manual, examples=EXAMPLES, exits=READS_MAIL)
@click.argument("mailboxes", nargs=-1, metavar="[MAILBOX]...", type=click.Path())
@mailbox_format
@who
@personal
@moment_option("--now", "Ask about that moment; without this, about when the last mail came")
@click.option(
    "--sure",
    type=click.FloatRange(0, 1, max_open=True),
    help="Name a job from this confidence on (default 0.85).",
)
@click.option("-f", "--format", "form", type=click.Choice(FORMATS), help="Text, or jsonl.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    who: Who,
    personal: Personal,
    now: float | None,
    sure: float | None,
    form: str | None,
) -> None:
    """Name each job that is late beyond its own habit.

    The rhythm of a job is learned from when it wrote: in each MAILBOX, and in what the profile remembers.
    With h the share of the times it kept, one that was missed k times is late with confidence 1 - (1 - h)^k.
    A job without a rhythm is never late. Where all jobs that go by workdays are silent, on two hosts at least
    that write otherwise, it is a holiday; a third workday is none. Several jobs of one host that fell silent
    together point to the host, or to the way its mail takes.
    """
    from classifier.digest.late import SURE, find_late

    intake = Intake(mailboxes, mailbox_format)
    found = remembered(intake, who, personal, now)
    moment = found.latest if now is None else now
    late = find_late(found.records, moment, SURE if sure is None else sure)
    if (form or ("text" if sys.stdout.isatty() else "jsonl")) == "jsonl":
        import orjson

        for each in late:
            sys.stdout.buffer.write(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE))
    else:
        _print(late, moment, known=bool(found.records))
    ctx.exit(intake.code(found.mails, "read"))


def _print(late: list[Late], now: float, *, known: bool) -> None:
    from classifier.digest.words import lateness

    if not late:
        click.echo("No job is overdue." if known else "No job is known, so none can be overdue.")
    for each in late:
        click.echo(each.who)
        click.echo(f"    {lateness(each, now)}")

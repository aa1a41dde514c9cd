"""``mailtriage jobs``: every job that writes mail, its rhythm, and what its mail was worth."""

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
from classifier.cli.screen import fit, heading, screen_width
from classifier.cli.who import who

if TYPE_CHECKING:
    from classifier.digest.jobs import Job

EXAMPLES = [
    ("Which jobs write to root", "mailtriage jobs /var/mail/root"),
    ("Those without a rhythm", "mailtriage jobs | jq -r 'select(.rhythm == \"irregular\").name'"),
]


@click.command("jobs", cls=Manual, examples=EXAMPLES, exits=READS_MAIL)
@click.argument("mailboxes", nargs=-1, metavar="[MAILBOX]...", type=click.Path())
@mailbox_format
@who
@personal
@moment_option("--now", "List what was known at that moment, instead of when the last mail came")
@click.option("-f", "--format", "form", type=click.Choice(FORMATS), help="A table, or jsonl.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    who: Who,
    personal: Personal,
    now: float | None,
    form: str | None,
) -> None:
    """List the jobs that wrote the mail of each MAILBOX, and those that the profile remembers.

    A job is a command of cron, a service's report, a monitored service: host, tool, job and user. Its rhythm
    is found in when it wrote. The share of its mail that was important counts what you said with
    mailtriage learn.
    """
    from classifier.digest.jobs import list_jobs

    intake = Intake(mailboxes, mailbox_format)
    found = remembered(intake, who, personal, now)
    jobs = list(list_jobs(found.records, found.latest if now is None else now))
    if (form or ("text" if sys.stdout.isatty() else "jsonl")) == "jsonl":
        import orjson

        for job in jobs:
            sys.stdout.buffer.write(orjson.dumps(job.to_json(), option=orjson.OPT_APPEND_NEWLINE))
    else:
        _print(jobs, screen_width())
    ctx.exit(intake.code(found.mails, "read"))


def _print(jobs: list[Job], width: int) -> None:
    from classifier.digest.words import moment

    click.echo(heading(f"{'mails':>7}  {'rhythm':18}  {'last':16}  {'due':16}  {'important':9}  job"))
    for job in jobs:
        said = job.important + job.unimportant
        worth = f"{job.important} of {said}" if said else ""
        due = "" if job.due is None else moment(job.due)
        line = f"{job.mails:7}  {fit(job.rhythm, 18)}  {moment(job.last)}  {due:16}  {worth:9}  "
        click.echo(line + (job.name if width < 100 else job.name[: width - len(line)]))

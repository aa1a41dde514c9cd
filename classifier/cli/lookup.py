"""``mailtriage lookup``: a snapshot of what the DNS says today about everybody who wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classifier.cli import progress
from classifier.cli.exits import complain
from classifier.cli.intake import mailbox_format, mailboxes
from classifier.cli.manual import READS_MAIL, Manual
from classifier.cli.reading import Intake

if TYPE_CHECKING:
    from classifier.lookup.modes import Live
    from classifier.lookup.recorded import AnswersFile
    from classifier.mailboxes import Mailbox


def _domains(mailbox: Mailbox) -> Iterator[set[str]]:
    """Name the domains of each message."""
    from classifier.lookup import domains_of
    from classifier.mail import Message

    for stored in mailbox:
        yield domains_of(Message(stored.raw))


def _shown(steps: Iterable[int], total: int) -> Iterator[int]:
    """Draw a bar on standard error while a known number of domains is asked for, if it is a terminal."""
    if not progress.wanted(prints_later=True):
        yield from steps
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("domains"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("domains", total=total)
        for step in steps:
            yield step
            bar.advance(task, step)


def _record(file: AnswersFile, found: set[str], lookup: Live, name_servers: bool) -> int:
    """Ask for what the file lacks; return for how many domains."""
    from classifier.lookup.snapshot import record, unknown_to

    wanted = unknown_to(file, found, name_servers=name_servers)
    return sum(_shown(record(wanted, file, lookup, name_servers=name_servers), len(wanted)))


@click.command(
    "lookup",
    cls=Manual,
    exits=READS_MAIL,
    examples=[
        ("Record today's answers for a mailbox", "mailtriage lookup ~/Maildir -o answers.jsonl"),
        ("Classify with them, offline", "mailtriage classify --dns recorded:answers.jsonl ~/Maildir"),
    ],
)
@mailboxes
@mailbox_format
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="ANSWERS.jsonl",
    type=click.Path(dir_okay=False),
    help="The file to add to. An interrupted run goes on where it stopped; a torn last line is repaired.",
)
@click.option("--resolver", metavar="ADDR[:PORT]", help="The name server to ask, instead of the system's.")
@click.option(
    "--my-domain",
    "my_domains",
    multiple=True,
    metavar="DOMAIN",
    help="A domain of yours: it is recorded too, and so are all name servers. May be repeated.",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    output: str,
    resolver: str | None,
    my_domains: tuple[str, ...],
) -> None:
    """Record what the DNS says about the senders in a MAILBOX, with the time of each answer.

    This command asks the network; whoever runs the resolver sees from which domains you get mail.
    """
    from classifier.config import read_settings
    from classifier.lookup import Live, open_lookup
    from classifier.lookup.names import ask_as
    from classifier.lookup.recorded import AnswersFile

    path: Path | None = ctx.find_root().obj
    settings = read_settings(path)
    ours = {ask_as(name) for name in (*my_domains, *(me[1:] for me in settings.me if me.startswith("@")))}
    intake, messages = Intake(mailboxes, mailbox_format), 0
    server = settings.resolver if resolver is None else resolver
    with AnswersFile(output) as file, open_lookup("live", resolver=server) as lookup:
        if file.repaired:
            complain(f"{output}: cut away a torn last line of {file.repaired} bytes")
        found = ours - {""}
        for domains in progress.shown(intake.read(_domains), "messages", prints_later=True):
            found |= domains
            messages += 1
        assert isinstance(lookup, Live)  # noqa: S101  # that is what "live" opens
        asked = _record(file, found, lookup, bool(ours))
        complain(
            f"{messages} messages, {len(found)} domains, {asked} of them asked for, {len(file.known)} answers"
        )
    ctx.exit(intake.code(messages, "looked at"))

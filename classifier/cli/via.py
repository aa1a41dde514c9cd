"""``mailtriage classify --via SOCKET``: mailboxes judged by a server, message by message."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from classifier.cli.progress import shown
from classifier.cli.quick import PATIENCE
from classifier.cli.screen import screen_width
from classifier.serve.client import Client
from classifier.serve.protocol import CSV, JSONL, TOLD

if TYPE_CHECKING:
    from classifier.cli.reading import Intake
    from classifier.mailboxes import Mailbox

WIRE = {"jsonl": JSONL, "csv": CSV, "text": TOLD}
"""What is asked of the server for each format."""

SERVERS = {
    *("model", "dns", "resolver", "view", "jobs", "max_lost", "cost", "allow_local_spam"),
    *("me", "trusted", "direction", "profile"),
}
"""Options that the server was started with, and whoever asks cannot choose."""


def judge_via(ctx: click.Context, path: str, intake: Intake, form: str, explain: int) -> int:
    """Have every message of some mailboxes judged, and print it as if it had been judged here.

    Parameters
    ----------
    ctx : click.Context
        Of ``classify``.
    path : str
        The server's socket.
    intake : Intake
    form : str
        Key of `WIRE`.
    explain : int
        Clues.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    click.UsageError
        For an option that only the server can heed.
    ServerAway
        If the server does not answer, or cannot judge.
    """
    refuse_servers_options(ctx)
    with Client(path, patience=PATIENCE) as client:

        def ask(mailbox: Mailbox) -> Iterator[bytes]:
            for stored in mailbox:
                yield client.ask(stored.raw, (stored.mailbox, stored.key), explain=explain, form=WIRE[form])

        answers = shown(intake.read(ask), "judged", prints_later=form == "text")
        return intake.code(_printed(answers, form, explain), "judged")


def _printed(answers: Iterable[bytes], form: str, explain: int) -> int:
    """Print answers as they come, or all in a table; return how many."""
    if form == "text":
        from classifier.cli.table import Table, write_table

        table = Table(screen_width(), explain)
        return write_table(table, map(table.take, map(json.loads, answers)))
    if form == "csv":
        from classifier.output.lines import csv_header

        sys.stdout.write(csv_header())
        sys.stdout.flush()
    count = 0
    for answer in answers:
        sys.stdout.buffer.write(answer)
        count += 1
    return count


def refuse_servers_options(ctx: click.Context, but: Collection[str] = ()) -> None:
    """Leave no option unheeded in silence.

    Parameters
    ----------
    ctx : click.Context
    but : collection of str
        Of `SERVERS`: what this command heeds itself.

    Raises
    ------
    click.UsageError
    """
    for param in ctx.command.params:
        if param.name in but:
            continue
        if param.name in SERVERS and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE:
            option = param.opts[-1]
            raise click.UsageError(f"{option} is for the server to heed: mailtriage serve {option}")

"""``mailtriage profile``: look at what was taught, move it, forget it, go back."""

from __future__ import annotations

import math
import sys
import time
from datetime import UTC, datetime
from typing import IO, Any

import click

from classifier.cli.exits import CRASH, INTERRUPTED, MODEL, OK, USAGE
from classifier.cli.manual import Contents, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.screen import heading
from classifier.output.safe import clean

EXITS = (OK, CRASH, USAGE, MODEL, INTERRUPTED)
DAY = 86_400


@click.group("profile", cls=Contents, short_help="Look at what you taught, move it, forget it, go back.")
def command() -> None:
    """Look at what you taught, move it to another machine, forget a sender, or go back to a day.

    The profile is one SQLite file, ~/.local/share/mailtriage/profile.sqlite3 or the one of --profile. It
    holds what "mailtriage learn" was told, as numbers made of hashed words; what is remembered of senders
    and threads, under hashes of their addresses; your own addresses; and what audits found. No text of any
    mail is in it. Who has the whole file can check a guess at an address or a word, but not read them.
    """


@command.command(
    "show",
    cls=Manual,
    exits=EXITS,
    examples=[
        ("See what is kept", "mailtriage profile show"),
        ("For a program", "mailtriage profile show -f json | jq .corrections"),
    ],
)
@personal
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="text for people, json for one object.",
)
def show(*, personal: Personal, form: str) -> None:
    """Show what the profile holds: how much of what, from when, said by whom."""
    from classifier.profile.summary import summary

    told = summary(personal.teach())
    if form == "json":
        import orjson

        sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
        return
    click.echo(heading(clean(told["path"])))
    for name, value in told.items():
        if name != "path":
            click.echo(f"  {name.replace('_', ' '):24}{_shown(name, value)}".rstrip())


@command.command(
    "export", cls=Manual, exits=EXITS, examples=[("Keep a copy", "mailtriage profile export > profile.jsonl")]
)
@personal
def export(*, personal: Personal) -> None:
    """Write the profile to standard output as JSON lines.

    The first line holds the key: whoever gets the export gets what the profile holds.
    """
    from classifier.profile.travel import export_lines

    for line in export_lines(personal.teach()):
        sys.stdout.buffer.write(line)


@command.command(
    "import",
    cls=Manual,
    exits=EXITS,
    examples=[
        ("Move to another machine", "mailtriage profile export | ssh host mailtriage profile import -"),
        ("Bring an old copy back in", "mailtriage profile import profile.jsonl"),
    ],
)
@click.argument("file", type=click.File("rb"))
@personal
def import_(*, file: IO[bytes], personal: Personal) -> None:
    """Take an export in: all of FILE or, if a line of it is damaged, nothing.

    The profile must be empty, or the one that the export was made from. Then what is in both stays as it is,
    and of two corrections of one message the later one counts.
    """
    from classifier.profile.travel import import_lines

    if personal.named == "off":
        raise click.UsageError("import needs a profile: --profile FILE")
    added = import_lines(personal.path, file, getattr(file, "name", "-"))
    told = ", ".join(f"{count} {name}" for name, count in sorted(added.items()) if count) or "nothing new"
    click.echo(f"{clean(str(personal.path))}: imported {told}")


@command.command(
    "forget",
    cls=Manual,
    exits=EXITS,
    examples=[
        ("Forget a person", "mailtriage profile forget eve@example.com"),
        ("Forget all of a company", "mailtriage profile forget @shop.example"),
    ],
)
@click.argument("address")
@personal
def forget(*, address: str, personal: Personal) -> None:
    """Forget ADDRESS, or with @DOMAIN all of its addresses, so that no byte of it is left in the file.

    Gone are what is remembered of the address, its messages and its place in threads, and all that messages
    from it taught, also what had been taken back; and the machines' jobs that it wrote for or is named in,
    with what you said of their mail. What was added up over many senders stays, for it names nobody: how
    often words and files are answered, your habits, your threshold. What history was before, for "rollback",
    and what messages found when they came go with it. Copies and exports made before still hold it.
    """
    from classifier.engine.forgetting import forget_address

    if "@" not in address or address.strip().endswith("@"):
        raise click.BadParameter(f"{address!r} is neither an address nor an @domain", param_hint="ADDRESS")
    gone = forget_address(personal.teach(), address.strip().lower())
    click.echo(f"forgot {gone.corrections} learned messages and {gone.records} records of history")


@command.command(
    "rollback",
    cls=Manual,
    exits=EXITS,
    examples=[
        ("Undo all corrections since Sunday", "mailtriage profile rollback --to 2026-03-01"),
        ("Undo that again", 'mailtriage profile rollback --to "2026-03-04 11:59"'),
    ],
)
@click.option(
    "--to",
    required=True,
    type=click.DateTime(
        ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"]
    ),
    metavar="DATE",
    help="A day, meaning its first moment, or a day and a time of this machine's time zone.",
)
@personal
def rollback(*, to: datetime, personal: Personal) -> None:
    """Make the profile what it was at DATE.

    That is: what you had taught, your threshold and habits, your own addresses, and what was remembered of
    senders, threads and machines by then; mail observed since can be observed again.

    Nothing is lost: rolling back to just before this rollback undoes it. Corrections go back to any moment.
    The rest goes back to the minute where something was taught in it, else to the hour DATE is in, all of
    which counts as before; to the day where it is more than two days ago; and at most five weeks. Audits
    stay, and what "profile forget" removed stays removed: history goes back no further than to that.
    """
    from classifier.profile.undo import roll_back

    now = time.time()
    done = roll_back(personal.teach(), to.timestamp(), now)
    click.echo(f"took back {done.ended} corrections made since, brought back {done.revived} taken back since")
    click.echo(f"{done.records} records of history are what they were")
    if done.only_to is not None:
        moment = datetime.fromtimestamp(done.only_to)
        click.echo(f"history is kept from {moment:%Y-%m-%d %H:%M} on: it went back no further", err=True)
    just_before = datetime.fromtimestamp(math.floor(now * 1000 - 1) / 1000)
    click.echo(f'to undo this: mailtriage profile rollback --to "{just_before:%Y-%m-%dT%H:%M:%S.%f}"')


_HISTORY = {
    "person": "people and domains",
    "letter": "messages",
    "thread": "threads",
    "topic": "subjects",
    "share": "answered shares",
    "await": "messages that habits are learned from",
    "job": "jobs",
    "job-host": "hosts",
    "job-said": "jobs with labels",
}
"""Kinds of records that say something to people; the others keep the books of these."""


def _shown(name: str, value: Any) -> str:
    """Lay out one fact of the summary."""
    if name == "history":
        value = {told: value[kind] for kind, told in _HISTORY.items() if kind in value}
    if name == "bytes":
        return f"{value / 1e6:.1f} million"
    if isinstance(value, dict):
        return ", ".join(f"{count} {clean(str(key))}" for key, count in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(clean(str(one)) for one in value) or "-"
    if name.endswith(("_at", "created", "last_audit")) and value is not None:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M} UTC"
    return "-" if value is None else clean(str(value))

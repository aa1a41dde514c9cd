"""``mailtriage digest``: the morning's read for a mailbox of machine mail."""

from __future__ import annotations

import getpass
import math
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.intake import mailbox_format, mailboxes
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.moments import moment_option
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import counted
from classifier.cli.reading import Intake
from classifier.cli.remembered import open_or_refuse, remembering
from classifier.cli.scoring import scoring
from classifier.cli.screen import screen_width

if TYPE_CHECKING:
    from classifier.digest import Digest
    from classifier.history import Memory
    from classifier.mailboxes import Mailbox

EXAMPLES = [
    ("Read what root got since yesterday", "mailtriage digest --since yesterday /var/mail/root"),
    ("As a page", "mailtriage digest --html digest.html /srv/mail/*.mbox"),
    (
        "As a mail every morning, from a crontab",
        "0 7 * * * mailtriage digest --since 24h --mail /var/mail/root | /usr/sbin/sendmail -t",
    ),
]


@click.command("digest", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@mailboxes
@mailbox_format
@scoring
@personal
@moment_option("--since", "Leave out mail that came before, but for what is usual")
@moment_option("--now", "Make the digest of that moment instead of the last mail's")
@click.option(
    "--text", "form", flag_value="text", default=True, help="Text, to standard output; the default."
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="A page.")
@click.option("--mail", "form", flag_value="mail", help="A mail to standard output, for sendmail -t.")
@click.option("--to", metavar="ADDRESS", help="Whom --mail is for; else you: --me, or your login name.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    since: float | None,
    now: float | None,
    form: str,
    html: Path | None,
    to: str | None,
) -> None:
    """Sum up each MAILBOX: what needs you, which job did not write, and all the rest folded.

    Important mail stands on top, with the reason and the line that is new, in its surroundings. Jobs that are
    late beyond their own habit follow. Everything else is folded by the job that wrote it, with the keys that
    open each mail again: nothing is dropped. What could not be read is named before all else.

    What is usual is learned from the mail itself, in order of arrival, and forgotten at the end; with a
    profile it is remembered, a mail is observed once however often it is read, and judged by what was known
    when it came: made again, the digest is the same.
    """
    if html is not None and html.exists() and any(_same(html, box) for box in mailboxes):
        raise click.UsageError(f"{html} is one of the mailboxes")
    intake = Intake(mailboxes, mailbox_format)
    with ExitStack() as stack:
        opened = [box for box in (open_or_refuse(intake, path, stack) for path in mailboxes) if box]
        digest = _made(scoring, personal, opened, since, now)
        for mailbox in opened:
            intake.name_problems(mailbox)
    digest = replace(digest, unread=intake.refused)
    if html is not None:
        _write_page(digest, html)
    else:
        _print(digest, form, to or _myself(scoring))
    ctx.exit(intake.code(digest.mails, "in the digest"))


def _same(path: Path, mailbox: str) -> bool:
    return os.path.exists(mailbox) and path.samefile(mailbox)


def _made(
    scoring: Scoring, personal: Personal, opened: list[Mailbox], since: float | None, now: float | None
) -> Digest:
    from classifier.digest.run import make_digest

    classifier = scoring.load(personal.open())
    classifier.site = scoring.who.site(opened)
    start = -math.inf if since is None else since

    def make(memory: Memory) -> Digest:
        with counted("mails read") as progress, classifier.together():
            return make_digest(classifier, memory, opened, since=start, now=now, progress=progress)

    return remembering(classifier, make)


def _myself(scoring: Scoring) -> str:
    """Name the reader: an own address, else the login name, which local delivery understands."""
    mine = sorted(scoring.who.me)
    addresses = [each for each in mine if not each.startswith("@")]
    return addresses[0] if addresses else getpass.getuser()


def _write_page(digest: Digest, path: Path) -> None:
    """Write the page; until it is whole, what stood there before remains."""
    from classifier.digest.page import write_page

    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(write_page(digest), encoding="utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _print(digest: Digest, form: str, to: str) -> None:
    if form == "mail":
        from classifier.digest.letter import write_letter

        try:
            letter = write_letter(digest, to)
        except ValueError as error:
            raise click.UsageError(f"--to: {error}") from None
        sys.stdout.buffer.write(letter)
        return
    from classifier.digest.text import write_text

    click.echo(write_text(digest, screen_width()), nl=False)

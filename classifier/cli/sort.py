"""``mailtriage sort``: every message copied to a mailbox of its label."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.exits import CRASH, complain
from classifier.cli.intake import mailbox_format, mailboxes
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import shown
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring
from classifier.errors import MailboxError
from classifier.mailboxes.imap_url import is_imap
from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.mailboxes import Mailbox, Original, Stored
    from classifier.mailboxes.imap_target import ImapTarget
    from classifier.mailboxes.sort_target import SortTarget
    from classifier.verdict import Verdict

    Sorted = tuple[str, Original]
    Target = SortTarget | ImapTarget

FORMS = ("mbox", "maildir")

EXAMPLES = [
    ("See what would happen", "mailtriage sort --dry-run --into sorted /var/mail/root"),
    ("Sort into sorted/important.mbox and so on", "mailtriage sort --into sorted /var/mail/root"),
    ("Sort a Maildir into Maildirs, flags kept", "mailtriage sort --as maildir --into sorted ~/Maildir"),
    ("Sort into folders of a mail store", "mailtriage sort --into imaps://ann@imap.example.org/Old old.mbox"),
]


@click.command("sort", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@mailboxes
@mailbox_format
@scoring
@personal
@click.option(
    "--into",
    required=True,
    metavar="DIR|IMAP-URL",
    type=click.Path(file_okay=False),
    help="The directory or the folder of a mail store to sort into; made if it does not exist.",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    default="mbox",
    show_default=True,
    help="Sort into mbox files (important.mbox ...) or into Maildirs (important/ ...).",
)
@click.option("--dry-run", is_flag=True, help="Write nothing, only say how much would go where.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    into: str,
    form: str,
    dry_run: bool,
) -> None:
    """Copy every message of each MAILBOX to the mailbox of its label in DIR, or in a folder of a mail store.

    Messages are copied byte for byte; the source is only read. Nothing that is there is ever overwritten. An
    interrupted run is continued by running it again: what was copied already is not copied twice, and mail
    that has come since is added. A message stays where it was put first, whatever a later model calls it.
    In a store (imaps://USER@HOST/FOLDER) lines end in CRLF, and each copy is asked for before it counts.

    What is unsure goes to important, where somebody looks: put away is only what the model's cuts, or
    --max-lost or --cost, allow.
    """
    classifier = scoring.load(personal.open())
    intake = Intake(mailboxes, mailbox_format)

    def judge(mailbox: Mailbox) -> Iterator[Sorted]:
        scoring.settle(classifier, mailbox)
        verdicts = classifier.classify_many(mailbox, jobs=scoring.jobs)
        if is_imap(mailbox.path):
            yield from _fetched(verdicts, mailbox)
            return
        # A second handle: the first is ahead, and a compressed file goes back only by starting anew.
        with nullcontext(mailbox) if mailbox.path == "-" else intake.open(mailbox.path) as again:
            yield from _paired(mailbox.path, verdicts, again)

    counts, fresh = Counter[str](), Counter[str]()
    with _delivery(into, form, intake.paths, dry_run) as target:
        for label, original in shown(intake.read(judge), "sorted", prints_later=True):
            counts[label] += 1
            fresh[label] += target is None or _put(target, label, original, intake)
    for label in ("important", "unimportant", "spam"):
        place = os.path.join(into, f"{label}.mbox" if form == "mbox" and not is_imap(into) else label)
        click.echo(_said(label, counts[label], fresh[label], clean(place), dry_run))
    ctx.exit(intake.code(counts.total(), "judged"))


def _paired(path: str, verdicts: Iterable[Verdict], mailbox: Mailbox) -> Iterator[Sorted]:
    """Walk verdicts and originals side by side, and make sure that both speak of the same message."""
    originals = mailbox.originals()
    for verdict in verdicts:
        original, here = next(originals, None), verdict.stored
        if original is None or here is None or _place(original.stored) != _place(here):
            raise MailboxError(path, "has changed while it was sorted", here.key if here else "")
        yield _label(verdict), original


def _fetched(verdicts: Iterable[Verdict], mailbox: Mailbox) -> Iterator[Sorted]:
    """Take the originals of messages that came from afar, and are not fetched twice."""
    from classifier.mailboxes.imap import ImapFolder

    for verdict in verdicts:
        if verdict.stored is not None and isinstance(mailbox, ImapFolder):
            yield _label(verdict), mailbox.original_of(verdict.stored)


def _label(verdict: Verdict) -> str:
    """Say where a message goes: what is unsure, where somebody looks."""
    return "important" if verdict.unsure else verdict.label


def _place(stored: Stored) -> tuple[str, str]:
    """Where a message lies."""
    return stored.mailbox, stored.key


@contextmanager
def _delivery(into: str, form: str, mailboxes: tuple[str, ...], dry_run: bool) -> Iterator[Target | None]:
    """Open the directory to sort into: one that cannot be opened is wrong usage; a failing one, a failure."""
    if dry_run:
        yield None
        return
    try:
        target = _target(into, form, mailboxes)
    except MailboxError as error:
        raise click.UsageError(str(error)) from None
    try:
        with target:
            yield target
    except MailboxError as error:
        complain(f"{error}; what was copied before is whole")
        raise click.exceptions.Exit(CRASH) from None


def _target(into: str, form: str, mailboxes: tuple[str, ...]) -> Target:
    if is_imap(into):
        from classifier.mailboxes.imap_target import ImapTarget

        return ImapTarget(into, mailboxes)
    from classifier.mailboxes.sort_target import SortTarget

    return SortTarget(into, form, mailboxes)


def _put(target: Target, label: str, original: Original, intake: Intake) -> bool:
    """Copy one message; one that cannot be read is named, and the others go on."""
    try:
        return target.put(label, original)
    except MailboxError as error:
        if target.owns(error.path):
            raise
        intake.refuse(error)
        return False


def _said(label: str, count: int, fresh: int, place: str, dry_run: bool) -> str:
    """Say what became of the messages with one label."""
    if dry_run:
        return f"{count:>8} {label}, would go to {place}"
    before = f" ({count - fresh} were there)" if count > fresh else ""
    return f"{fresh:>8} {label} to {place}{before}"

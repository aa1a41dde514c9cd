"""``mailtriage sort``: every message copied to a mailbox of its label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
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
from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.mailboxes import Mailbox, Original, Stored
    from classifier.mailboxes.sort_target import SortTarget
    from classifier.verdict import Verdict

    Sorted = tuple[str, Original]

FORMS = ("mbox", "maildir")

EXAMPLES = [
    ("See what would happen", "mailtriage sort --dry-run --into sorted /var/mail/root"),
    ("Sort into sorted/important.mbox and so on", "mailtriage sort --into sorted /var/mail/root"),
    ("Sort a Maildir into Maildirs, flags kept", "mailtriage sort --as maildir --into sorted ~/Maildir"),
]


@click.command("sort", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@mailboxes
@mailbox_format
@scoring
@personal
@click.option(
    "--into",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The directory to sort into; made if it does not exist.",
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
    into: Path,
    form: str,
    dry_run: bool,
) -> None:
    """Copy every message of each MAILBOX to the mailbox of its label in DIR.

    Messages are copied byte for byte; the source is only read. Nothing that is there is ever overwritten. An
    interrupted run is continued by running it again: what was copied already is not copied twice, and mail
    that has come since is added. A message stays where it was put first, whatever a later model calls it.

    What is unsure goes to important, where somebody looks: put away is only what the model's cuts, or
    --max-lost or --cost, allow.
    """
    classifier = scoring.load(personal.open())
    intake = Intake(mailboxes, mailbox_format)

    def judge(mailbox: Mailbox) -> Iterator[Sorted]:
        scoring.settle(classifier, mailbox)
        # A second handle: the first is ahead, and a compressed file goes back only by starting anew.
        with nullcontext(mailbox) if mailbox.path == "-" else intake.open(mailbox.path) as again:
            yield from _paired(mailbox.path, classifier.classify_many(mailbox, jobs=scoring.jobs), again)

    counts, fresh = Counter[str](), Counter[str]()
    with _delivery(into, form, mailboxes, dry_run) as target:
        for label, original in shown(intake.read(judge), "sorted", prints_later=True):
            counts[label] += 1
            fresh[label] += target is None or _put(target, label, original, intake)
    for label in ("important", "unimportant", "spam"):
        place = into / (f"{label}.mbox" if form == "mbox" else label)
        click.echo(_said(label, counts[label], fresh[label], clean(str(place)), dry_run))
    ctx.exit(intake.code(counts.total(), "judged"))


def _paired(path: str, verdicts: Iterable[Verdict], mailbox: Mailbox) -> Iterator[Sorted]:
    """Walk verdicts and originals side by side, and make sure that both speak of the same message."""
    originals = mailbox.originals()
    for verdict in verdicts:
        original, here = next(originals, None), verdict.stored
        if original is None or here is None or _place(original.stored) != _place(here):
            raise MailboxError(path, "has changed while it was sorted", here.key if here else "")
        yield "important" if verdict.unsure else verdict.label, original


def _place(stored: Stored) -> tuple[str, str]:
    """Where a message lies."""
    return stored.mailbox, stored.key


@contextmanager
def _delivery(
    into: Path, form: str, mailboxes: tuple[str, ...], dry_run: bool
) -> Iterator[SortTarget | None]:
    """Open the directory to sort into: one that cannot be opened is wrong usage; a failing one, a failure."""
    if dry_run:
        yield None
        return
    from classifier.mailboxes.sort_target import SortTarget

    try:
        target = SortTarget(into, form, mailboxes)
    except MailboxError as error:
        raise click.UsageError(str(error)) from None
    try:
        with target:
            yield target
    except MailboxError as error:
        complain(f"{error}; what was copied before is whole")
        raise click.exceptions.Exit(CRASH) from None


def _put(target: SortTarget, label: str, original: Original, intake: Intake) -> bool:
    """Copy one message; one that cannot be read is named, and the others go on."""
    try:
        return target.put(label, original)
    except MailboxError as error:
        if Path(error.path).is_relative_to(target.directory):
            raise
        intake.refuse(error)
        return False


def _said(label: str, count: int, fresh: int, place: str, dry_run: bool) -> str:
    """Say what became of the messages with one label."""
    if dry_run:
        return f"{count:>8} {label}, would go to {place}"
    before = f" ({count - fresh} were there)" if count > fresh else ""
    return f"{fresh:>8} {label} to {place}{before}"

"""``mailtriage unlearn``: take back exactly what messages taught."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.intake import mailbox_format, mailboxes
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import counted
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring
from classifier.cli.taught import tell

if TYPE_CHECKING:
    from classifier.mailboxes import Mailbox, Stored

EXAMPLES = [
    ("Take back what was learned from a folder", "mailtriage unlearn ~/Maildir/.Junk"),
    ("See first what that would change", "mailtriage unlearn --dry-run ~/Maildir/.Junk"),
]


class Chained:
    """The messages of several mailboxes, as often as wanted.

    Parameters
    ----------
    mailboxes : sequence of Mailbox
    """

    def __init__(self, mailboxes: Sequence[Mailbox]) -> None:
        self._mailboxes = mailboxes

    def __iter__(self) -> Iterator[Stored]:
        for mailbox in self._mailboxes:
            yield from mailbox


@click.command("unlearn", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@mailboxes
@mailbox_format
@scoring
@personal
@click.option("--dry-run", is_flag=True, help="Take nothing back, only say what would change.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    dry_run: bool,
) -> None:
    """Take back exactly what the messages of each MAILBOX taught, and say what that changed.

    Verdicts are then, to the last bit, what they would be had these messages never been learned; messages
    learned since keep what they taught. It makes no difference in which mailbox a message was when it was
    learned, nor whether it was read since.
    """
    from classifier.engine.lessons import unteach

    profile = personal.rehearse() if dry_run else personal.teach()
    classifier = scoring.load(profile)
    intake = Intake(mailboxes, mailbox_format)
    opened = [intake.open(path) for path in mailboxes]
    scoring.settle(classifier, *opened)
    with counted("messages unlearned") as progress:
        outcome = unteach(classifier, Chained(opened), jobs=scoring.jobs, progress=progress)
    for mailbox in opened:
        intake.name_problems(mailbox)
        mailbox.close()
    tell(outcome, "would unlearn" if dry_run else "unlearned", "" if dry_run else str(personal.path))
    ctx.exit(intake.code(outcome.messages, "looked at"))

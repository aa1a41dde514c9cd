"""``mailtriage review``: a screen to go through the uncertain and the important, a key a label."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.exits import INTERRUPTED, complain
from classifier.cli.intake import mailbox_format, mailboxes
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import Weighing, shown
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring

if TYPE_CHECKING:
    from classifier.mailboxes import Mailbox
    from classifier.verdict import Verdict

EXAMPLES = [
    ("Go through what needs a human", "mailtriage review ~/Maildir"),
    ("Only look, learn nothing for good", "mailtriage review --profile off /var/mail/root"),
]


@click.command("review", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@mailboxes
@mailbox_format
@scoring
@personal
@click.option(
    "-n",
    "--most",
    type=click.IntRange(min=1, max=10_000),
    default=500,
    show_default=True,
    metavar="N",
    help="Messages to go through at most: of more, the most urgent.",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    most: int,
) -> None:
    """Go through the uncertain and the important of each MAILBOX on a screen, and label them.

    A key is a label: i important, u unimportant, s spam, h no spam; with shift, for all mail of the sender at
    once. What you say is learned at once, kept in your profile, and the rest is judged anew. z undoes, e
    explains, ? lists all keys. Mail itself is not changed.

    The screen needs Textual: pip install "mailtriage[review]".
    """
    if find_spec("textual") is None:
        raise click.UsageError('review needs Textual: pip install "mailtriage[review]"')
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise click.UsageError("review needs a terminal, on which it draws by standard error, too")
    from classifier.engine.sitting import Sitting, choose

    profile = None if personal.named == "off" else personal.teach(make=True)
    classifier = scoring.load(profile)
    intake = Intake(mailboxes, mailbox_format)

    def judge(mailbox: Mailbox) -> Iterator[Verdict]:
        scoring.settle(classifier, mailbox)
        return weighing.weighed(classifier.classify_many(mailbox, jobs=scoring.jobs))

    weighing = Weighing(intake.paths)
    chosen = choose(shown(intake.read(judge), "judged", prints_later=True, weight=weighing), most)
    if not chosen:
        complain("nothing is important or unsure")
        ctx.exit(intake.code(0, "to look at"))
    from classifier.cli.review_screen import ReviewScreen

    sitting = Sitting(classifier, chosen)
    interrupted = ReviewScreen(sitting).run()
    where = f"; {profile.path}" if profile else ", and forgotten again"
    click.echo(f"labelled {sitting.said()} of {len(sitting.items)} messages{where}")
    ctx.exit(INTERRUPTED if interrupted else intake.code(len(sitting.items), "looked at"))

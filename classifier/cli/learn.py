"""``mailtriage learn``: what you say of your mail, kept in your profile and heeded from then on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from classifier.cli.acquainted import Acquainted, acquainted
from classifier.cli.asked import Scoring
from classifier.cli.labelled import Given, labelled_mail, name_problems
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import counted
from classifier.cli.scoring import scoring
from classifier.cli.taught import tell

if TYPE_CHECKING:
    from classifier.engine.lessons import Lesson
    from classifier.labels import LabelledMail

EXAMPLES = [
    ("Say what you should have seen at once", "mailtriage learn --important missed.mbox"),
    ("Learn from folders", "mailtriage learn --spam ~/Maildir/.Junk --important ~/Maildir/.Keep"),
    (
        "Get to know your people: what you sent, and what you received",
        "mailtriage learn --me ann@example.org --sent ~/Maildir/.Sent --received ~/Maildir",
    ),
    ("See first what that would change", "mailtriage learn --dry-run --spam ~/Maildir/.Junk"),
]

INFERRED = {"from-flags": "behaviour"}
"""Marks that nobody left to teach: what is said outweighs them."""


class Lessons:
    """Labelled mail as lessons, as often as wanted.

    Parameters
    ----------
    mail : LabelledMail
    """

    def __init__(self, mail: LabelledMail) -> None:
        self._mail = mail

    def __iter__(self) -> Iterator[Lesson]:
        from classifier.engine.lessons import Lesson

        for label, mailbox in self._mail.folders:
            yield from (Lesson(stored, label, "cli") for stored in mailbox)
        for stored, label in self._mail.tabled or ():
            yield Lesson(stored, label, "cli")
        for marked in self._mail.marked:
            source = INFERRED.get(marked.kind, marked.kind)
            yield from (Lesson(stored, label, source) for stored, label in marked)


@click.command("learn", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@labelled_mail
@scoring
@personal
@acquainted
@click.option("--dry-run", is_flag=True, help="Keep nothing, only say what would be learned and change.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    given: Given,
    scoring: Scoring,
    personal: Personal,
    acquainted: Acquainted,
    dry_run: bool,
) -> None:
    """Learn what you say of your mail, and say what that changed.

    What is learned is kept in your profile, which is made if there is none, and counts in every command that
    judges mail. Learning a message again changes nothing; learning it as something else replaces what was
    learned, and that is said. Every message is kept as soon as it is learned: an interrupted run is continued
    by running it again. Of the mail itself nothing is kept, only numbers made of it.

    "mailtriage unlearn" takes it back exactly; "mailtriage profile rollback" goes back to a day.

    Sent mail (--sent), the mail that it answers (--received) and an address book (--addresses) teach no label
    but whom you know, whom you answer, and in which threads you write.
    """
    if not given and not acquainted:
        raise click.UsageError("nothing to learn: give --important, --unimportant, --spam, --ham or --labels")
    from classifier.engine.lessons import teach

    profile = personal.rehearse(make=True) if dry_run else personal.teach(make=True)
    classifier = scoring.load(profile)
    if acquainted:
        code = acquainted.observe(classifier, "would observe" if dry_run else "observed")
        if not given:
            ctx.exit(code)
    with given.opened() as (mail, intake):
        scoring.settle(classifier, *mail.mailboxes)
        if scoring.who.me and not profile.mine:
            profile.own(scoring.who.me)
        with counted("messages learned") as progress:
            outcome = teach(classifier, Lessons(mail), jobs=scoring.jobs, progress=progress)
        name_problems(mail, intake)
        silent = sum(marked.silent for marked in mail.marked)
    tell(outcome, "would learn" if dry_run else "learned", "" if dry_run else str(personal.path))
    if silent:
        click.echo(f"  {silent} passed over: nothing on {'it' if silent == 1 else 'them'} says what to learn")
    ctx.exit(intake.code(outcome.messages, "looked at"))

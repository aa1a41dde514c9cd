"""``mailtriage suggest``: the few messages of a mailbox whose labels would teach most."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from classifier.cli.asked import Scoring
from classifier.cli.exits import complain
from classifier.cli.intake import mailbox_format, mailboxes
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import shown
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring_in_order
from classifier.cli.screen import fit, heading, screen_width
from classifier.errors import MailboxError
from classifier.output.lines import record
from classifier.output.safe import bounded

if TYPE_CHECKING:
    from classifier.evaluate.suggest import Suggestion
    from classifier.mailboxes import Mailbox, Stored
    from classifier.verdict import Verdict

FORMATS = ("text", "jsonl", "tsv")

COLUMNS = ("label", "mailbox", "key", "guess", "alike", "date", "from", "subject")
"""Of the table to fill in; the first three are what is read back."""

CELL = 200
"""Characters of a header in the table to fill in."""

EXAMPLES = [
    ("See what is worth a label", "mailtriage suggest /var/mail/root -n 20"),
    (
        "Label it in an editor, and train on it",
        "mailtriage suggest --model none -n 50 --format tsv /var/mail/root > labels.tsv\n"
        "    $ editor labels.tsv\n"
        "    $ mailtriage train -o root.mailtriage --labels labels.tsv /var/mail/root",
    ),
    (
        "Go on with what that model doubts",
        "mailtriage suggest -m root.mailtriage --labels labels.tsv --format tsv /var/mail/root > more.tsv",
    ),
]


class Shown(NamedTuple):
    """A suggestion with the message it is about."""

    suggestion: Suggestion
    verdict: Verdict


@click.command("suggest", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@mailboxes
@mailbox_format
@scoring_in_order
@personal
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    metavar="N",
    help="How many to suggest; fewer where there are not so many kinds of mail.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="text: for people; jsonl: one JSON object a line; tsv: a table whose first column waits for labels. "
    "Without it, text on a terminal and jsonl into a pipe or file.",
)
@click.option(
    "--labels",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TSV",
    help="A table of messages that have labels already: neither they nor what is like them is suggested.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For everything drawn at random."
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    count: int,
    form: str | None,
    labels: Path | None,
    seed: int,
) -> None:
    """Suggest the messages of each MAILBOX whose labels would teach most.

    They are of many kinds, for messages alike but for their numbers count as one; each stands for as much as
    possible of the mail that is not like anything labelled; and where the model knows something, the doubtful
    come first. What was learned one by one is not suggested again. With --model none the choice rests on the
    mail alone. The best comes first, so any number of them may be labelled.

    With --format tsv the output is a table to fill in: write important, unimportant, spam or ham into its
    first column, leave what you do not know, and give it to mailtriage train or learn as --labels. Other
    columns are for you: our guess (with ? if unsure), how many messages are alike, date, sender, subject.

    A jsonl object has what classify prints, and: alike (messages that say the same, whatever their numbers)
    and doubt (of the model, 0 to 1).
    """
    from classifier.evaluate.suggest import suggest

    form = form or ("text" if sys.stdout.isatty() else "jsonl")
    classifier = scoring.load(personal.open())
    intake = Intake(mailboxes, mailbox_format)
    with ExitStack() as stack:
        opened = {box.path: stack.enter_context(box) for box in _opened(intake)}
        scoring.settle(classifier, *opened.values())
        mail = shown(_all(opened, intake), "read", prints_later=True)
        found = suggest(classifier, mail, count, known=_known(labels), seed=seed)
        stored = [opened[each.mailbox].get(each.key) for each in found]
        chosen = [Shown(*pair) for pair in zip(found, classifier.classify_many(stored), strict=True)]
    {"text": _print_text, "jsonl": _print_jsonl, "tsv": _print_tsv}[form](chosen)
    ctx.exit(intake.code(len(chosen), "suggested"))


def _opened(intake: Intake) -> Iterator[Mailbox]:
    """Open each mailbox; one that cannot be is named, and the others follow."""
    for path in intake.paths:
        try:
            yield intake.open(path)
        except MailboxError as error:
            intake.refuse(error)


def _all(opened: dict[str, Mailbox], intake: Intake) -> Iterator[Stored]:
    """Read all mailboxes, naming what is unreadable."""
    for mailbox in opened.values():
        try:
            yield from mailbox
        except MailboxError as error:
            intake.refuse(error)
        intake.name_problems(mailbox)


def _known(labels: Path | None) -> Callable[[Stored], bool] | None:
    """Read what is labelled already."""
    if labels is None:
        return None
    from classifier.labels import read_labels

    return read_labels(labels).knows


def _print_jsonl(chosen: list[Shown]) -> None:
    """Write one JSON object a line."""
    import orjson

    for suggestion, verdict in chosen:
        one = record(verdict) | {"alike": suggestion.alike, "doubt": round(suggestion.doubt, 4)}
        sys.stdout.buffer.write(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE))


def _print_tsv(chosen: list[Shown]) -> None:
    """Write a table whose first column is empty."""
    lines = ["\t".join(COLUMNS)]
    for suggestion, verdict in chosen:
        one = record(verdict)
        cells = [
            os.path.abspath(suggestion.mailbox) if suggestion.mailbox != "-" else "-",
            suggestion.key,
            _guess(verdict),
            str(suggestion.alike),
            (one["date"] or "")[:10],
            bounded(one["from"], CELL),
            bounded(one["subject"], CELL),
        ]
        lines.append("\t".join(["", *cells]))
    sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def _print_text(chosen: list[Shown]) -> None:
    """Write a line a message, cut to the screen."""
    width = screen_width()
    key = max([3, *(len(each.suggestion.key) for each in chosen if len(each.suggestion.key) <= 12)])
    click.echo(heading(f"{len(chosen)} message{'' if len(chosen) == 1 else 's'} worth a label"))
    click.echo(heading(fit(f"  {'key':>{key}}  {'guess':12}  alike  {'from':24}  subject", width).rstrip()))
    for suggestion, verdict in chosen:
        one = record(verdict)
        left = f"  {fit(suggestion.key, key)}  {_guess(verdict):12}  {suggestion.alike:>5}  "
        left += fit(one["from"], 24) + "  "
        click.echo((left + fit(one["subject"], max(8, width - len(left)))).rstrip())
    if chosen:
        complain("with --format tsv this is a table to fill in, for --labels of train and learn")


def _guess(verdict: Verdict) -> str:
    """Say our label, and whether we doubt it."""
    return verdict.label + ("?" if verdict.unsure else "")

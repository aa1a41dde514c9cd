"""``mailtriage audit``: how much important mail is lost among the rest, from a small random sample."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.exits import complain
from classifier.cli.intake import mailbox_format
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import OFF, Personal
from classifier.cli.personal import personal
from classifier.cli.progress import Weighing, shown
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring
from classifier.cli.taught import tell
from classifier.output.safe import bounded, clean

if TYPE_CHECKING:
    from classifier.evaluate.audit import Audit, Tally
    from classifier.mailboxes import Mailbox, Stored
    from classifier.verdict import Verdict

    Drawn = tuple[str, Verdict]
    Answer = tuple[str, Stored]

EXAMPLES = [
    ("Look at 30 messages of each pile", "mailtriage audit ~/Maildir"),
    ("Fill the answers in elsewhere", "mailtriage audit --tsv sample.tsv ~/Maildir"),
    ("Report what was filled in, and learn from it", "mailtriage audit --read sample.tsv --learn"),
]


@click.command("audit", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@click.argument("mailboxes", nargs=-1, metavar="[MAILBOX]...", type=click.Path())
@mailbox_format
@scoring
@personal
@click.option(
    "-n",
    "--sample",
    type=click.IntRange(min=1, max=10_000),
    default=30,
    show_default=True,
    metavar="N",
    help="Messages to draw from each pile.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws another sample.")
@click.option(
    "--tsv",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Ask nothing: write the sample as a table whose column label is to be filled in.",
)
@click.option(
    "--read",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read such a table, filled in, and report. MAILBOX is not needed.",
)
@click.option("--learn", is_flag=True, help="Learn the answers, too.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="The report: text for people, json for one object.",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    sample: int,
    seed: int,
    tsv: Path | None,
    read: Path | None,
    learn: bool,
    form: str,
) -> None:
    """Find out how much important mail is lost among the rest.

    What is called important, and what is unsure, is shown to you. All else is put away: the unimportant and
    the spam. From each of these two piles a few messages are drawn at random, and you say what they are,
    without being told what they were taken for. From your answers follows how many important messages can be
    in the piles at most: with no important one among 30, up to a tenth of a pile can still be important;
    among 300, a hundredth.

    The report is kept in your profile, and classify says on a terminal when the last one is old (audit_days
    in the configuration). The interval holds with 95 % confidence for both piles together (Clopper and
    Pearson, joined by Bonferroni's inequality).
    """
    if bool(read) == bool(mailboxes) or (read and tsv):
        raise click.UsageError("give MAILBOX to draw from, or --read FILE")
    if "-" in mailboxes and not tsv:
        raise click.UsageError("mail and answers cannot both come from standard input: --tsv FILE")
    intake = Intake(mailboxes, mailbox_format)
    if read:
        tally, answers = _read(read, intake if learn else None)
    else:
        drawn, tally = _draw(intake, scoring, personal, sample, seed)
        if tsv:
            _write(tsv, drawn, tally)
            ctx.exit(intake.code(_judged(tally), "judged"))
        answers = _ask(drawn, tally)
    audit = tally.audit()
    if audit.looked_at and personal.named != OFF:
        personal.teach(make=True).add_audit(audit.to_json())
    if learn and answers:
        _learn(answers, scoring, personal)
    _report(audit, answers, form)
    ctx.exit(intake.code(_judged(tally), "judged"))


def _judged(tally: Tally) -> int:
    return sum(tally.sizes.values()) + tally.shown


def _draw(
    intake: Intake, scoring: Scoring, personal: Personal, sample: int, seed: int
) -> tuple[list[Drawn], Tally]:
    """Judge all mail and draw from what is put away."""
    from classifier.evaluate.audit import Tally, draw_from

    classifier = scoring.load(personal.open())

    def judge(mailbox: Mailbox) -> Iterator[Verdict]:
        scoring.settle(classifier, mailbox)
        return weighing.weighed(classifier.classify_many(mailbox, jobs=scoring.jobs))

    weighing = Weighing(intake.paths)
    judged = shown(intake.read(judge), "judged", prints_later=True, weight=weighing)
    draw, kept = draw_from(judged, sample, seed)
    drawn = draw.mixed()
    if not drawn:
        complain("nothing is put away for certain, so nothing can be lost there")
    return drawn, Tally(draw.sizes, kept)


def _write(path: Path, drawn: Sequence[Drawn], tally: Tally) -> None:
    """Write the sample as a table."""
    from classifier.evaluate.audit_table import write_table
    from classifier.output.lines import record

    rows = []
    for pile, verdict in drawn:
        one = record(verdict)
        told = {name: one[name] or "" for name in ("from", "subject", "date", "mailbox", "key")}
        rows.append({**told, "pile": pile})
    write_table(path, rows, tally.sizes, tally.shown)
    click.echo(
        f"{clean(str(path))}: {len(rows)} messages; fill in the column label: important, unimportant, spam"
    )


def _ask(drawn: Sequence[Drawn], tally: Tally) -> list[Answer]:
    """Ask on the terminal."""
    from classifier.cli.asking import ask

    answers = []
    for at, label in sorted(ask([verdict for _, verdict in drawn]).items() if drawn else ()):
        pile, verdict = drawn[at]
        tally.answer(pile, label)
        if verdict.stored is not None:
            answers.append((label, verdict.stored))
    return answers


def _read(path: Path, intake: Intake | None) -> tuple[Tally, list[Answer]]:
    """Read a table that was filled in; fetch the messages where they will be learned."""
    from classifier.evaluate.audit_table import read_table

    tally, asked = read_table(path)
    answers: list[Answer] = []
    labelled = [each for each in asked if each.label]
    if 0 < len(labelled) < len(asked):
        left = len(asked) - len(labelled)
        complain(
            f"{left} of {len(asked)} were left without an answer; what follows holds if chance chose them"
        )
    if intake is None:
        return tally, answers
    for name in dict.fromkeys(each.mailbox for each in labelled):
        with intake.open(name) as mailbox:
            answers += [(each.label, mailbox.get(each.key)) for each in labelled if each.mailbox == name]
    return tally, answers


def _learn(answers: Sequence[Answer], scoring: Scoring, personal: Personal) -> None:
    """Learn what was answered."""
    from classifier.engine.lessons import Lesson, teach

    classifier = scoring.load(personal.teach(make=True))
    tell(teach(classifier, [Lesson(stored, label, "audit") for label, stored in answers]), "learned")


def _report(audit: Audit, answers: Sequence[Answer], form: str) -> None:
    """Say what was found."""
    if form == "json":
        import orjson

        sys.stdout.buffer.write(orjson.dumps(audit.to_json(), option=orjson.OPT_APPEND_NEWLINE))
        return
    for line in _lines(audit):
        click.echo(line)
    from classifier.mail import Message

    for label, stored in answers:
        if label == "important":
            subject = bounded(Message(stored.raw).subject, 200)
            click.echo(f"  {clean(stored.mailbox)} {clean(stored.key)}: {subject}")


def _lines(audit: Audit) -> Iterator[str]:
    """Lay the report out."""
    for name, pile in audit.piles.items():
        found = pile.important or "none"
        yield f"{name}: {pile.size} put away, {pile.looked_at} looked at, {found} of them important"
    if not audit.looked_at:
        yield "nothing was looked at, so nothing is known"
        return
    estimate, low, high = audit.lost()
    away = sum(pile.size for pile in audit.piles.values())
    seen = sum(pile.important for pile in audit.piles.values())
    told = f"{seen or 'none'} found, {low} to {high}"
    if seen and not math.isnan(estimate):
        told = f"about {estimate:.0f}, {low} to {high}"
    yield f"important mail lost: {told} with {audit.confidence:.0%} confidence, of {away} put away"
    yield f"{audit.shown} were shown"

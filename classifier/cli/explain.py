"""``mailtriage explain``: one verdict, and every term of the sums that led to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.intake import find_message, mailbox_format
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring
from classifier.cli.screen import fit, heading, screen_width
from classifier.output.judged import clue_record
from classifier.output.lines import record

if TYPE_CHECKING:
    from classifier.verdict import Clue, Reasons, Verdict

QUESTIONS = {"spam": "Is it spam?", "importance": "If it is not spam, is it important?"}

FEW_CLUES = 5
"""Clues named one by one in the last sentence; of more, the number says enough."""

SPARED = (
    "Not spam, whatever the sum says: a program on one of your own hosts handed this in, and no other host "
    "touched it (see --allow-local-spam)."
)

EXAMPLES = [
    ("Explain the message that classify gave the key 20481", "mailtriage explain /var/mail/root 20481"),
    ("Explain one message from a program", "mailtriage explain - < message.eml"),
]


@click.command("explain", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@click.argument("mailbox", type=click.Path())
@click.argument("key", required=False)
@mailbox_format
@scoring
@personal
@click.option(
    "-n",
    "--clues",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="Clues shown for each question, the weightiest; the rest is summed up.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "jsonl")),
    default="text",
    show_default=True,
    help="text for people; jsonl for the object of classify, with every term of both sums.",
)
def command(
    *,
    mailbox: str,
    key: str | None,
    mailbox_format: str | None,
    scoring: Scoring,
    personal: Personal,
    clues: int,
    form: str,
) -> None:
    """Show why one message of MAILBOX is judged as it is.

    KEY is what classify prints for the message; where MAILBOX holds one message, it is not needed.

    Two questions are asked of every message: is it spam; and if not, is it important? Each answer is a sum,
    in nats of log-odds: the bias (what holds before anything is read) and a contribution of each clue. A
    clue is a signal ("mailtriage signals NAME" says what it means) or words of this message. Clues that
    speak for yes are positive.

    Last comes the smallest set of clues without which the label would be another: what they contributed is
    taken out of both sums, and the rest stands. In jsonl this is "counterfactual": question, label, log_odds
    and clues, or null where no set of clues would do.
    """
    classifier = scoring.load(personal.open())
    with Intake((mailbox,), mailbox_format).open(mailbox) as opened:
        stored = find_message(opened, key)
        scoring.settle(classifier, opened)
    verdict = next(iter(classifier.classify_many([stored], explain=clues)))
    if form == "jsonl":
        _print_object(verdict, clues)
        return
    for line, titled in explained(verdict, clues, screen_width()):
        click.echo(heading(line) if titled else line)


def _print_object(verdict: Verdict, clues: int) -> None:
    """Write the object of classify, with the terms of both questions."""
    import orjson

    one = record(verdict, clues)
    one["explanation"] = {
        question: {
            "bias": float(reasons.bias),
            "clues": [clue_record(clue) for clue in reasons.clues],
        }
        for question, reasons in zip(QUESTIONS, verdict.explanation, strict=True)
    }
    turn = verdict.counterfactual
    one["counterfactual"] = turn and {
        "question": turn.question,
        "label": turn.label,
        "log_odds": turn.log_odds._asdict(),
        "clues": [clue_record(clue) for clue in turn.clues],
    }
    sys.stdout.buffer.write(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE))


def explained(verdict: Verdict, clues: int, width: int) -> Iterator[tuple[str, bool]]:
    """Lay out message, label and both sums.

    Parameters
    ----------
    verdict : Verdict
    clues : int
        Shown of each question.
    width : int
        Columns.

    Yields
    ------
    (str, bool)
        A line without terminal control characters, and whether it is a heading.
    """
    one = record(verdict)
    for name in ("from", "subject", "date", "message_id", "key"):
        yield (
            f"{name.replace('_', '-').capitalize() + ':':12}{fit(one[name] or '-', width - 12)}".rstrip(),
            False,
        )
    yield "", False
    chances = "   ".join(f"{name} {chance:.1%}" for name, chance in one["p"].items())
    unsure = ", unsure" if verdict.unsure else ""
    yield f"{verdict.label}{unsure}", True
    yield chances, False
    if verdict.spared:
        yield from ((line, False) for line in wrap(SPARED, width))
    for (question, words), reasons in zip(QUESTIONS.items(), verdict.explanation, strict=True):
        total = getattr(verdict.log_odds, question)
        decided = "   (this decided)" if question == verdict.question else ""
        yield "", False
        yield f"{words}   log-odds {total:+.2f}{decided}", True
        yield from ((line.rstrip(), False) for line in _sum(reasons, clues, total, width))
    yield "", False
    yield from ((line, False) for line in wrap(_turned(verdict), width))


def _sum(reasons: Reasons, shown: int, total: float, width: int) -> Iterator[str]:
    """Write one sum, term by term, so that what is shown adds up to the log-odds."""
    yield f"{reasons.bias:+9.2f}  bias"
    name_width = min(34, width // 3)
    for clue in reasons.clues[:shown]:
        name, value = fit(clue.name, name_width), fit(str(clue.value), width - name_width - 14)
        yield f"{clue.contribution:+9.2f}  {name}  {value}"
    rest = reasons.clues[shown:]
    if rest:
        yield f"{sum(clue.contribution for clue in rest):+9.2f}  {len(rest)} more clues"
    yield f"{'-' * 7:>9}"
    yield f"{total:+9.2f}"


def _turned(verdict: Verdict) -> str:
    """Say without which clues the label would be another."""
    turn = verdict.counterfactual
    if turn is None:
        return f"This would be {verdict.label} without any of the clues for that, too."
    if len(turn.clues) > FEW_CLUES:
        return f"It takes the absence of {len(turn.clues)} clues at least to make this {turn.label}."
    named = [_named(clue) for clue in turn.clues]
    listed = " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    return f"Without {listed} this would be {turn.label}."


def _named(clue: Clue) -> str:
    """Name a clue and what it contributed."""
    value = fit(str(clue.value), 40).rstrip()
    return f"{fit(clue.name, 40).rstrip()}{f' {value!r}' if value else ''} ({clue.contribution:+.2f})"

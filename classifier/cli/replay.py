"""``mailtriage replay``: labelled mail judged and learned as it came, and how well that went."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from classifier.cli.asked import Scoring
from classifier.cli.labelled import Given, labelled_mail, name_problems
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.progress import shown
from classifier.cli.scoring import scoring_in_order
from classifier.cli.summary import Summary, summary

if TYPE_CHECKING:
    from classifier.evaluate.arrival import Turn
    from classifier.evaluate.feedback import Delay, Told
    from classifier.evaluate.replay import Step
    from classifier.evaluate.tally import Tally
    from classifier.labels import LabelledMail

REGIMES = ("teft", "toe", "tune")
ORDERS = ("stored", "arrived")

EXAMPLES = [
    (
        "See how a filter does that starts knowing nothing",
        "mailtriage replay --model none --spam junk.mbox --ham inbox.mbox > steps.jsonl",
    ),
    (
        "The same with a user who corrects errors only, a day late, and a report to look at",
        "mailtriage replay --model none --regime toe --delay 1d --report run.html \\\n"
        "      --labels labels.tsv archive.mbox -o steps.jsonl",
    ),
    (
        "Learn from what you did with a year of mail, sent mail included, and judge the last 40 %",
        "mailtriage replay --behaviour --me ann@example.org --model none --from 0.6 year.mbox > steps.jsonl",
    ),
    (
        "Judge the second half of a year, with three of ten messages labelled and 2 % of them wrong",
        "mailtriage replay --from 0.5 --partial 0.3 --noise 0.02 --labels labels.tsv year.mbox -o /dev/null",
    ),
]


class DelayType(click.ParamType[Any]):
    """``20`` messages, or a time such as ``3d`` or ``12h``."""

    name = "delay"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Delay:
        """Read a delay."""
        from classifier.evaluate.feedback import Delay

        try:
            return value if isinstance(value, Delay) else Delay.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("replay", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@labelled_mail
@scoring_in_order
@click.option(
    "--behaviour",
    is_flag=True,
    help="Take mailboxes without labels, your sent mail among them: each message is judged as it came, and "
    "learned by what you did: answered is important, left alone for three days is unimportant.",
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(ORDERS),
    help="The order in which mail comes: as it is stored, or by the time in its topmost Received field. "
    "Without it, as stored in one mailbox and by time from several.",
)
@click.option(
    "--delay",
    type=DelayType(),
    default="0",
    show_default=True,
    metavar="N|TIME",
    help="A message is learned so much later: after N other messages, or after a time such as 3d, 12h, 30m.",
)
@click.option(
    "--partial",
    type=click.FloatRange(0, 1),
    default=1.0,
    metavar="PART",
    help="Learn of this part of the mail only, chosen by --seed; of all if not said.",
)
@click.option(
    "--noise",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="PART",
    help="Learn the opposite label for this part, chosen by --seed; of none if not said.",
)
@click.option(
    "--regime",
    type=click.Choice(REGIMES),
    default="teft",
    show_default=True,
    help="Learn everything (teft), only where the verdict was wrong or unsure (toe), or also where it was "
    "right by less than --margin (tune).",
)
@click.option(
    "--margin",
    type=click.FloatRange(min=0),
    default=4.6,
    show_default=True,
    metavar="NATS",
    help="How far from even chances is right enough for tune; 4.6 is a probability of 99 %.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For everything drawn at random."
)
@click.option(
    "--from",
    "start",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    metavar="PART",
    help="Leave this part at the beginning out of the summary, such as 0.5 to judge the last half.",
)
@click.option("--explain", type=click.IntRange(min=0), default=0, metavar="K", help="Clues in each line.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the lines here instead of standard output.",
)
@summary
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    given: Given,
    scoring: Scoring,
    summary: Summary,
    output: Path | None,
    **options: Any,
) -> None:
    """Judge labelled mail in order of arrival, learning as a user would teach.

    Every message is judged first and learned afterwards, so each verdict is one of a filter that had not seen
    the message. How the user teaches is up to the options: at once or late, all or a part, with errors, or
    only where the verdict was wrong. The model on disk stays as it is; your profile is neither asked nor
    taught.

    A jsonl line a message has what classify prints, and: position (in order of arrival, from 0), gold (the
    label given) and learned (messages learned before). Lines go to standard output unless that is a
    terminal, where only the summary is shown. The summary goes to standard error. An interrupted replay
    keeps its lines and sums up what was judged until then.

    The model "none" is an empty one: it knows only what the replay taught it.
    """
    if not given and not options["behaviour"]:
        raise click.UsageError("no labelled mail: give --spam, --ham, --important, --unimportant or --labels")
    summary.check([output], [*given.paths(), scoring.model])
    if options["behaviour"]:
        ctx.exit(_follow(given, scoring, output, options))
    from classifier.evaluate.replay import replay
    from classifier.evaluate.tally import Tally
    from classifier.evaluate.worst import Worst

    classifier = scoring.load()
    with given.opened() as (mail, intake):
        classifier.site = scoring.who.site(mail.mailboxes)
        count, turns = _in_order(mail, options["order"])
        tally = Tally(Worst() if summary.report else None, skip=int(options["start"] * count))
        steps = shown(
            replay(classifier, turns, _feedback(options)), "judged", prints_later=output is not None
        )
        finished = _write(steps, tally, output, options["explain"])
        if finished:
            name_problems(mail, intake)
    counts = {"judged": len(tally), "learned": tally.learned, "interrupted": not finished}
    start = int(len(tally) * options["start"])
    summary.write(
        "Replay",
        _told(given, scoring, options) | counts,
        tally.judged(start),
        seed=options["seed"],
        mistakes=tally.worst.mistakes() if tally.worst else (),
        learned=tally.learned_before(start),
    )
    if not finished:
        raise KeyboardInterrupt
    ctx.exit(intake.code(len(tally), "judged"))


def _feedback(options: dict[str, Any]) -> Told:
    """Make what the options say of the user."""
    from classifier.evaluate.feedback import Regime, Told

    return Told(
        Regime(options["regime"], options["margin"]),
        options["delay"],
        part=options["partial"],
        noise=options["noise"],
        seed=options["seed"],
    )


def _in_order(mail: LabelledMail, order: str | None) -> tuple[int, Iterator[Turn]]:
    """Count the mail and put it in order."""
    from classifier.evaluate.arrival import as_stored, by_arrival

    if (order or ("stored" if len(mail.mailboxes) == 1 else "arrived")) == "arrived":
        return by_arrival(mail, mail.get)
    return mail.count(), as_stored(mail)


def _follow(given: Given, scoring: Scoring, output: Path | None, options: dict[str, Any]) -> int:
    """Replay unlabelled mail by what its reader did with it."""
    from classifier.cli.following import follow

    def write(steps: Iterable[Step]) -> bool:
        return _write(
            shown(steps, "judged", prints_later=output is not None), None, output, options["explain"]
        )

    return follow(given, scoring, options["order"], options["start"], write)


def _write(steps: Iterable[Step], tally: Tally | None, output: Path | None, explain: int) -> bool:
    """Write a line a step, as they come; tells whether it came to the end, or was interrupted."""
    import orjson

    from classifier.output.lines import record

    with _lines(output) as lines:
        try:
            for step in steps:
                turn = step.turn
                told: dict[str, Any] = {"position": turn.position, "learned": step.learned}
                if tally is not None:
                    tally.add(step)
                    told["gold"] = turn.gold
                if lines is not None:
                    one = record(step.verdict, explain) | told
                    lines.write(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE))
        except KeyboardInterrupt:
            return False
    return True


@contextmanager
def _lines(output: Path | None) -> Iterator[IO[bytes] | None]:
    """Open what the lines go to; nothing where they would only run over a terminal."""
    if output is not None:
        with output.open("wb") as lines:
            yield lines
    else:
        yield None if sys.stdout.isatty() else sys.stdout.buffer


def _told(given: Given, scoring: Scoring, options: dict[str, Any]) -> dict[str, Any]:
    """Write down what was replayed, and how."""
    delay = options["delay"]
    return {
        "model": scoring.model,
        "mail": given.paths(),
        "order": options["order"],
        "regime": options["regime"],
        "margin": options["margin"] if options["regime"] == "tune" else None,
        "delay": f"{delay.seconds:g} s" if delay.seconds else f"{delay.messages} messages",
        "partial": options["partial"],
        "noise": options["noise"],
        "seed": options["seed"],
        "from": options["start"],
    }

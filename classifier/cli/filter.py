"""``mailtriage filter``: one mail as it is delivered, from standard input to standard output."""

from __future__ import annotations

from typing import Any

import click

from classifier.cli.asked import Scoring
from classifier.cli.delivering import ON_ERROR, SECONDS, Judging, here, passed, there
from classifier.cli.exits import AWAY, CRASH, OK, USAGE
from classifier.cli.manual import EVERYWHERE, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.scoring import scoring_in_order
from classifier.serve.fields import CLUES

EXAMPLES = [
    ("See what is added to a mail", "mailtriage filter --me ada@example.org < message.eml | head -n 3"),
    ("Without start-up for each mail", "mailtriage filter --via /run/mailtriage/socket < message.eml"),
    (
        "Try a mail again later that could not be judged",
        "mailtriage filter --on-error tempfail < message.eml",
    ),
]
CODES = {
    OK: "The whole mail was written. With --on-error pass, whether there is a verdict or not.",
    CRASH: "A defect of mailtriage. What was written may not be the whole mail.",
    USAGE: "Wrong options. Nothing was written.",
    AWAY: "The mail could not be read or written whole; with --on-error tempfail also: it was written, "
    "without a verdict. Delivery agents keep the mail and try again later.",
}


class Filter(Manual):
    """A command of which nothing but wrong options keeps the mail from being written."""

    def invoke(self, ctx: click.Context) -> None:
        """Find out what judges, then pass the mail on, judged or not."""
        try:
            judge: Judging = super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as error:
            judge = _failing(error)
        ctx.exit(passed(judge, ON_ERROR[ctx.params["on_error"]]))


@click.command("filter", cls=Filter, examples=EXAMPLES, exits=(*EVERYWHERE, AWAY), codes=CODES)
@scoring_in_order
@personal
@click.option(
    "--via",
    type=click.Path(),
    metavar="SOCKET",
    help='Have "mailtriage serve" judge, which waits at this socket: no start-up, and its model, profile and '
    "you.",
)
@click.option(
    "--explain",
    type=click.IntRange(min=0),
    default=CLUES,
    show_default=True,
    metavar="K",
    help="Give the K weightiest clues that speak for the verdict in X-Mailtriage-Why.",
)
@click.option(
    "--on-error",
    type=click.Choice(list(ON_ERROR)),
    default="pass",
    show_default=True,
    help="The exit code where a mail could not be judged: 0, or 75, at which delivery agents try again "
    "later. The mail is written all the same.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long judging may take. Sieve ends a filter after 10 seconds.",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    scoring: Scoring,
    personal: Personal,
    via: str | None,
    explain: int,
    on_error: str,
    timeout: float,
) -> Judging:
    r"""Write a verdict on top of one mail, from standard input to standard output.

    \b
    X-Mailtriage: important; unsure=no; p=0.9312,0.0623,0.0065
    X-Mailtriage-Why: recipients.me to +1.42; body disk failed +0.80

    are added: label, whether it is unsure, the probabilities of important, unimportant and spam
    (and "spared=yes", see classify); and the clues with what they contribute to the log-odds, in nats. Every
    field of that name that the mail brings along, or that begins with X-Mailtriage-, is removed first. All
    other bytes are those that came, of whatever there is and however large it is; a From_ line of mbox stays
    on top.

    A mail is never lost: if judging fails (no model, no server, a crash, the time limit), it is written
    without a verdict and the reason said on standard error. Of a mail beyond 40 MiB the beginning is judged.

    In a recipe of procmail it stands as ":0 fw" and "| mailtriage filter", in maildrop as
    xfilter "mailtriage filter". These, Sieve and others: notebooks/06_delivery.md.
    """
    del on_error  # read from the context by Filter.invoke
    if via is None:
        return here(scoring, personal, explain, timeout)
    from classifier.cli.via import refuse_servers_options

    refuse_servers_options(ctx)
    return there(via, explain, timeout)


def _failing(error: Exception) -> Judging:
    """Stand for what could not even begin."""

    def judge(_: bytes) -> dict[str, Any]:
        raise error

    return judge

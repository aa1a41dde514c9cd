"""``mailtriage milter``: a filter that Postfix and Sendmail ask about each mail while they take it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from classifier.cli import started
from classifier.cli.asked import Scoring
from classifier.cli.exits import AWAY, complain, reporting
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import OFF, Personal
from classifier.cli.personal import personal
from classifier.cli.scoring import scoring
from classifier.cli.serve import gid_of
from classifier.serve.fields import CLUES

if TYPE_CHECKING:
    from classifier.serve.milter.place import Place

EXAMPLES = [
    ("Serve a Postfix on this machine", "mailtriage milter --me @example.org --socket inet:8895@127.0.0.1"),
    ("and tell it, once", "postconf -e smtpd_milters=inet:127.0.0.1:8895 milter_default_action=accept"),
    (
        "At a Unix socket where its smtpd looks, on two cores",
        "mailtriage milter --group postfix --jobs 2 --socket unix:/var/spool/postfix/mailtriage/socket",
    ),
    (
        "Let a server judge that is there already",
        "mailtriage milter --via /run/mailtriage/socket --socket inet:8895",
    ),
]


def _place(ctx: click.Context, param: click.Parameter, text: str | None) -> Place | None:  # noqa: ARG001
    """Read where to listen."""
    from classifier.serve.milter.place import place

    try:
        return place(text) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("milter", cls=Manual, examples=EXAMPLES, exits=(*JUDGES_MAIL, AWAY))
@click.option(
    "--socket",
    metavar="PLACE",
    callback=_place,
    help="Where mail servers ask: unix:PATH, its folder is made if there is none; inet:PORT@HOST, HOST is "
    "127.0.0.1 if not said. Without this, the Unix socket that systemd hands over.",
)
@click.option(
    "--group",
    metavar="NAME",
    help="Members of this group may ask at a Unix socket, too; else only you (and root) may.",
)
@click.option(
    "--via",
    type=click.Path(),
    metavar="SOCKET",
    help='Have "mailtriage serve" judge, which waits at this socket: its model, profile and you.',
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
    "--quarantine",
    type=click.Choice(["spam"]),
    help="Let the server hold back what is spam without a doubt (Postfix: its hold queue). Without this, "
    "every mail is delivered.",
)
@click.option(
    "--on-error",
    type=click.Choice(["accept", "tempfail"]),
    default="accept",
    show_default=True,
    help="What becomes of a mail that could not be judged: it goes on without a verdict, or its sender is to "
    "try again later.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a mail may wait for its verdict.",
)
@click.option(
    "--connections",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="How many connections each process serves at once; others wait.",
)
@scoring
@personal
@click.pass_context
def command(
    ctx: click.Context,
    *,
    socket: Place | None,
    group: str | None,
    via: str | None,
    explain: int,
    quarantine: str | None,
    on_error: str,
    timeout: float,
    connections: int,
    scoring: Scoring,
    personal: Personal,
) -> None:
    """Stay, and tell a mail server the verdict on each mail that it takes in.

    The server writes X-Mailtriage and X-Mailtriage-Why on top (see filter), and removes fields of these names
    that the mail brings along. Nothing else is changed; no mail is refused or thrown away.

    What the server knows itself - who handed the mail in, under what name, whether with a password, the
    envelope's sender and its only recipient - counts as if it stood in the header already, as in mail that
    was delivered. Say whose mail it is by --me @DOMAIN; where nobody says so, each mail's only recipient
    tells.

    If judging fails or takes too long, --on-error decides; a process that hangs or dies is replaced, and what
    it had in hand is for the server's own milter_default_action. At most 256 MiB of mail are kept by a
    process: of what comes then, and of a mail beyond 40 MiB, the beginning is judged. Whoever can connect to
    a port gets verdicts: leave it on the loopback.

    SIGTERM and the interrupt key end it when the mail in hand is judged, a second one at once; SIGHUP loads
    the model and recorded answers anew. Set-up of Postfix and Sendmail: notebooks/06_delivery.md.
    """
    from classifier.serve.milter.server import Milter
    from classifier.serve.milter.service import Bounds

    if via is not None:
        from classifier.cli.via import refuse_servers_options

        refuse_servers_options(ctx, but=("jobs",))

    started()
    milter = Milter(
        load=lambda: scoring.load(personal.open()),
        complain=complain,
        failed=reporting(debug=bool(ctx.find_root().params.get("debug"))),
        profile=None if personal.named == OFF else personal.path,
        via=via,
        explain=explain,
        jobs=scoring.jobs,
        gid=gid_of(group),
        bounds=Bounds(seconds=timeout, connections=connections),
        quarantine=quarantine is not None,
        tempfail=on_error == "tempfail",
    )
    ctx.exit(milter.serve(socket))

"""``mailtriage serve``: a classifier that stays loaded, for ``mailtriage classify --via`` and the library."""

from __future__ import annotations

import click

from classifier.cli import started
from classifier.cli.asked import Scoring
from classifier.cli.exits import complain, reporting
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import OFF, Personal
from classifier.cli.personal import personal
from classifier.cli.scoring import scoring

EXAMPLES = [
    ("Serve your own mail", "mailtriage serve --socket $XDG_RUNTIME_DIR/mailtriage/socket &"),
    (
        "Judge a message as it is delivered",
        "mailtriage classify --via $XDG_RUNTIME_DIR/mailtriage/socket - < message.eml",
    ),
    ("Take a new model or new recorded answers in", "kill -HUP $(pgrep -o -f 'mailtriage serve')"),
    ("On all cores, for a group", "mailtriage serve --jobs 4 --group mail --socket /run/mailtriage/socket"),
]


@click.command("serve", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@click.option(
    "--socket",
    type=click.Path(),
    metavar="PATH",
    help="The Unix socket to answer at; its folder is made if there is none. Without this, the one that "
    "systemd hands over.",
)
@click.option(
    "--group", metavar="NAME", help="Members of this group may ask, too; else only you (and root) may."
)
@click.option(
    "--queue",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    metavar="N",
    help="Mails that may wait for each process; the next one is answered that the server is busy.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one mail may take to arrive, or its answer to be taken.",
)
@click.option(
    "--within",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one mail may take to be judged; then it is answered that it could not be.",
)
@scoring
@personal
@click.pass_context
def command(
    ctx: click.Context,
    *,
    socket: str | None,
    group: str | None,
    queue: int,
    timeout: float,
    within: float,
    scoring: Scoring,
    personal: Personal,
) -> None:
    """Stay, and judge what is asked at a Unix socket.

    Model, lookups, profile and you are those of this command line and of the configuration. Who asks sends
    only mail and gets what "mailtriage classify" would print for it: "mailtriage classify --via PATH", or in
    Python classifier.serve.Client(PATH).classify(raw). Where nobody said who you are, each mail by itself
    tells. Whatever is learned meanwhile counts at once; mail that is judged here enters no history.

    Only you and root may ask. A peer that hangs, or sends what is no mail, loses its connection and
    nothing else.

    Whatever a mail holds, judging it ends in time: a process that does not end it is ended and replaced.

    SIGTERM and the interrupt key end the server when the mail in hand is judged, a second one at once;
    SIGHUP loads the model and recorded answers anew, and if they cannot be loaded the old ones stay. A
    process that dies is replaced. The socket of a server that was killed is replaced; that of a living one
    is not.

    Under systemd, a socket unit may open the socket (ListenStream=, SocketMode=0600), and the service may be
    of Type=notify.
    """
    from classifier.serve.loop import Limits
    from classifier.serve.server import Server

    started()
    server = Server(
        load=lambda: scoring.load(personal.open()),
        complain=complain,
        failed=reporting(debug=bool(ctx.find_root().params.get("debug"))),
        profile=None if personal.named == OFF else personal.path,
        jobs=scoring.jobs,
        gid=gid_of(group),
        limits=Limits(queue=queue, seconds=timeout, judging=within),
    )
    ctx.exit(server.serve(socket))


def gid_of(group: str | None) -> int | None:
    """Find the number of a group."""
    if group is None:
        return None
    import grp

    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise click.BadParameter(f"there is no group {group!r}", param_hint="--group") from None

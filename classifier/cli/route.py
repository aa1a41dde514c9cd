"""``mailtriage route``: the way one message took, hop by hop, and what is odd on it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.intake import find_message, mailbox_format
from classifier.cli.manual import READS_MAIL, Manual
from classifier.cli.reading import Intake
from classifier.cli.screen import coloured
from classifier.output.safe import bounded, clean

if TYPE_CHECKING:
    from classifier.mail import Timestamp
    from classifier.mail.hop import Hop
    from classifier.mail.route import Route
    from classifier.signals import Facts

EXAMPLES = [
    ("Draw the way of a message", "mailtriage route message.eml"),
    ("The same for one of many", "mailtriage route /var/mail/root 20481"),
    ("List the addresses on the way", "mailtriage route --json - < message.eml | jq -r .hops[].address"),
]

SHOWN = 200
"""Characters of a name or of a line that are shown: no honest one is longer."""


@click.command("route", cls=Manual, examples=EXAMPLES, exits=READS_MAIL)
@click.argument("mailbox", type=click.Path())
@click.argument("key", required=False)
@mailbox_format
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the drawing.")
@click.pass_context
def command(
    ctx: click.Context, *, mailbox: str, key: str | None, mailbox_format: str | None, as_json: bool
) -> None:
    """Draw the way of one message of MAILBOX from its sender to us, and mark what is odd.

    KEY is what classify prints for the message; where MAILBOX holds one message, it is not needed.

    Each server writes its own line, and anybody can write lines below those of our own servers: these are
    claims. Which servers are ours is configured (trusted_hosts) or inferred from the newest line. Nothing is
    asked of the network.
    """
    from classifier.config import read_settings
    from classifier.mail import Message
    from classifier.signals import Facts, Site

    settings = read_settings(ctx.find_root().obj)
    site = Site(
        trusted_hosts=settings.trusted_hosts,
        authserv_ids=frozenset(each.lower() for each in settings.authserv_ids),
    )
    with Intake((mailbox,), mailbox_format).open(mailbox) as opened:
        facts = Facts(Message(find_message(opened, key).raw), site)
    if as_json:
        import orjson

        sys.stdout.buffer.write(orjson.dumps(as_record(facts), option=orjson.OPT_APPEND_NEWLINE))
        return
    for line, style in as_lines(facts):
        click.secho(line, **style) if coloured() else click.echo(line)


def as_record(facts: Facts) -> dict[str, Any]:
    """Collect the way for programs.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    dict
        ``hops`` (nearest first), ``trusted`` (how many are believed), ``inferred``, ``relay`` (the address
        that connected to us), ``seconds`` (the whole way), ``checks`` (believed results).
    """
    from classifier.signals.oddities import oddities

    route = facts.route
    return {
        "hops": [_hop_record(route, at, oddities(route, at)) for at in range(len(route.hops))],
        "fields": route.fields,
        "trusted": route.trusted,
        "inferred": not facts.site.trusted_hosts,
        "relay": clean(route.relay),
        "seconds": _whole(route),
        "checks": [{"method": one.method, "word": one.word} for one in facts.authentication.results],
    }


def as_lines(facts: Facts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Lay the way out, oldest hop first.

    Parameters
    ----------
    facts : Facts

    Yields
    ------
    (str, dict)
        A line, and how click is to style it.
    """
    from classifier.signals.oddities import oddities

    route = facts.route
    if not route.hops:
        yield "No server says that it handled this message: it has no Received field.", {}
        return
    how = "configured" if facts.site.trusted_hosts else "inferred"
    yield f"{_count(route.fields, 'hop')}, {route.trusted} of them ours ({how}){_took(route)}", {"bold": True}
    for at in reversed(range(len(route.hops))):
        if at == route.trusted - 1 and at < len(route.hops) - 1:
            yield (
                "  ---- border: what stands above is claimed, what stands below is known ----",
                {"dim": True},
            )
        yield "", {}
        yield from _hop_lines(route, at)
        for words in oddities(route, at):
            yield f"     ! {bounded(words, SHOWN)}", {"fg": "yellow"}
    yield "", {}
    yield _checks(facts), {}


def _hop_lines(route: Route, at: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Draw one hop: where from, then where to, how and when."""
    hop = route.hops[at]
    yield f"     from {bounded(_client(hop), SHOWN)}", {}
    ways = [hop.protocol, hop.tls, "logged in" if hop.authenticated else "", "local" if hop.local else ""]
    how = " ".join(filter(None, ways))
    delay = route.delays[at] if at < len(route.delays) else None
    after = "" if delay is None else f"  {delay:+.0f} s"
    by = bounded(hop.by or "somebody", SHOWN)
    yield f"{at:>3}  {by}  {bounded(how, SHOWN)}  {_clock(hop.time)}{after}", {"bold": at < route.trusted}


def _client(hop: Hop) -> str:
    """Name the client by all that is told of it."""
    if not (hop.helo or hop.address):
        return "a program on that host" if hop.local else "somebody it does not name"
    names = [hop.helo or "somebody"]
    if hop.ptr and hop.ptr != hop.helo:
        names.append(f"called {hop.ptr}")
    elif hop.ptr == "":
        names.append("without a name")
    if hop.address and hop.address != hop.helo:
        names.append(f"at {hop.address}")
    return ", ".join(names)


def _hop_record(route: Route, at: int, odd: list[str]) -> dict[str, Any]:
    """Collect one hop for programs."""
    hop = route.hops[at]
    words = {
        "helo": hop.helo,
        "ptr": hop.ptr,
        "address": hop.address,
        "by": hop.by,
        "protocol": hop.protocol,
        "tls": hop.tls,
        "cipher": hop.cipher,
        "id": hop.id,
        "for": hop.recipient,
    }
    told = {name: None if value is None else clean(value) for name, value in words.items()}
    return told | {
        "trusted": at < route.trusted,
        "authenticated": hop.authenticated,
        "local": hop.local,
        "time": None if hop.time is None else hop.time.seconds,
        "zone": None if hop.time is None else hop.time.zone,
        "delay": route.delays[at] if at < len(route.delays) else None,
        "defects": list(hop.defects),
        "odd": [clean(each) for each in odd],
    }


def _whole(route: Route) -> float | None:
    """Return the seconds from the oldest to the newest time."""
    if not route.hops or (first := route.hops[-1].time) is None or (last := route.hops[0].time) is None:
        return None
    return last.seconds - first.seconds


def _took(route: Route) -> str:
    seconds = _whole(route)
    return "" if seconds is None or len(route.hops) < 2 else f", {seconds:.0f} s on the way"


def _checks(facts: Facts) -> str:
    """Sum up what our servers found."""
    found = [f"{one.method}={one.word}" for one in facts.authentication.results if one.word]
    if facts.authentication.received_spf and not any(each.startswith("spf=") for each in found):
        found.append(f"spf={facts.authentication.received_spf}")
    others = len(facts.authentication.sorted_fields[1])
    believed = "our servers found " + ", ".join(found) if found else "our servers wrote no results of checks"
    return believed + (f"; {_count(others, 'field')} of others not believed" if others else "")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _clock(time: Timestamp | None) -> str:
    """Write a time as the host's own clock showed it."""
    if time is None:
        return "at no time told"
    zone = UTC if time.zone is None else timezone(timedelta(minutes=time.zone))
    try:
        moment = datetime.fromtimestamp(time.seconds, zone)
    except (OverflowError, ValueError, OSError):
        return "at a time out of range"
    return moment.strftime("%Y-%m-%d %H:%M:%S ") + ("UTC" if time.zone is None else moment.strftime("%z"))

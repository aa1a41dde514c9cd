"""``mailtriage signals``: every observation that a verdict may rest on, and what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

import click

from classifier.cli.manual import Manual
from classifier.cli.screen import cells, fit, heading, screen_width

if TYPE_CHECKING:
    from classifier.signals import Signal

EXAMPLES = [
    ("List all", "mailtriage signals"),
    ("List one group", "mailtriage signals lists"),
    ("Read what a clue means, and what fools it", "mailtriage signals sender.reply_to_differs"),
]


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Offer groups first, then signals."""
    from classifier.signals import REGISTRY

    names = [*dict.fromkeys(one.group for one in REGISTRY.values()), *REGISTRY]
    return [name for name in names if name.startswith(incomplete)]


@click.command("signals", cls=Manual, examples=EXAMPLES)
@click.argument("name", required=False, shell_complete=_complete)
def command(name: str | None) -> None:
    """List the signals, those of the group NAME, or explain the signal NAME.

    A signal is a fact about a message, never an accusation. What weight it has is the model's to say:
    "mailtriage explain" shows it for one message. A signal that cannot be known counts for nothing.
    """
    from classifier.signals import REGISTRY

    if name is not None and name in REGISTRY:
        _print_one(REGISTRY[name])
        return
    wanted = [one for one in REGISTRY.values() if name in {None, one.group}]
    if not wanted:
        raise click.BadParameter(f"no signal and no group is called {name!r}", param_hint="NAME")
    _print_list(wanted)


def _print_list(signals: Iterable[Signal]) -> None:
    """Write each group with one line a signal."""
    signals = list(signals)
    longest = max(cells(one.name) for one in signals)
    width = screen_width()
    for number, (group, members) in enumerate(groupby(signals, key=lambda one: one.group)):
        click.echo(("\n" if number else "") + heading(group))
        for one in members:
            summary = fit(one.doc.summary, max(20, width - longest - 4)).rstrip()
            click.echo(f"  {one.name:{longest}}  {summary}")


def _print_one(one: Signal) -> None:
    """Write everything that is known of a signal."""
    formatter = click.HelpFormatter(width=min(100, screen_width()))
    rows = [
        ("Sees", one.doc.sees),
        ("Means", one.doc.means),
        ("Fooled by", one.doc.fooled_by),
        ("Source", one.doc.source),
        ("Kind", one.kind),
        ("Needs", ", ".join(sorted(one.needs)) or "nothing"),
    ]
    click.echo(heading(one.name))
    click.echo(one.doc.summary + "\n")
    formatter.write_dl(rows)
    click.echo(formatter.getvalue(), nl=False)

"""``mailtriage models``: which models there are, what is known of them, and whether they are whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from classifier.cli.exits import CRASH, INTERRUPTED, MODEL, OK, USAGE, complain
from classifier.cli.manual import Manual
from classifier.cli.scoring import complete_model
from classifier.cli.screen import clean
from classifier.errors import ModelError

EXAMPLES = [
    ("List the models that came with this version", "mailtriage models"),
    ("Read the card of one", "mailtriage models starter"),
    ("Check a file that somebody sent", "mailtriage models --verify ./theirs.mailtriage"),
]


@click.command("models", cls=Manual, examples=EXAMPLES, exits=(OK, CRASH, USAGE, MODEL, INTERRUPTED))
@click.argument("name", required=False, shell_complete=complete_model)
@click.option(
    "--verify", is_flag=True, help="Check every number against the fingerprint in the model's card."
)
@click.pass_context
def command(ctx: click.Context, *, name: str | None, verify: bool) -> None:
    """List the models, or print the card of the model NAME as JSON.

    NAME may also be the path of a model file. A model is numbers and a card, nothing that executes: it is
    safe to look at one from a stranger. With --verify and no NAME, every model that came with this version
    is checked.
    """
    from classifier.store import list_models

    if name is None:
        ctx.exit(max((_listed(known, path, verify) for known, path in list_models().items()), default=OK))
    card = _card(name, verify)
    click.echo(f"{clean(name)}: whole" if verify else json.dumps(card, indent=2, sort_keys=True))


def _card(name: str, verify: bool) -> dict[str, Any]:
    """Open a model, checking it on request."""
    from classifier.store import load_model, verify_model

    return (verify_model if verify else load_model)(name).card


def _listed(name: str, path: Path, verify: bool) -> int:
    """Write the line of one model, or what is wrong with it; return the exit code of that."""
    try:
        click.echo(_line(name, path, verify))
    except ModelError as error:
        complain(error)
        return MODEL
    return OK


def _line(name: str, path: Path, verify: bool) -> str:
    """Sum a model up in a line: name, size, date, what it is for."""
    card = _card(str(path), verify)
    facts = [
        f"{path.stat().st_size / (1 << 20):.1f} MiB",
        str(card.get("created", ""))[:10],
        "whole" if verify else str(card.get("summary", "")),
    ]
    return clean(f"{name:12}  " + "  ".join(fact for fact in facts if fact))

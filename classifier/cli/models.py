"""``mailtriage models``: which models there are, what is known of them, and whether they are whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classifier.cli.exits import CRASH, INTERRUPTED, MODEL, OK, USAGE, complain
from classifier.cli.manual import Manual
from classifier.cli.scoring import complete_model
from classifier.cli.screen import heading
from classifier.errors import ModelError
from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.store import Model

EXAMPLES = [
    ("List the models that came with this version", "mailtriage models"),
    ("What does one promise, and what does it lose?", "mailtriage models --format text starter"),
    ("Read its card", "mailtriage models starter --format json"),
    ("Check a file that somebody sent", "mailtriage models --verify ./theirs.mailtriage"),
]


@click.command("models", cls=Manual, examples=EXAMPLES, exits=(OK, CRASH, USAGE, MODEL, INTERRUPTED))
@click.argument("name", required=False, shell_complete=complete_model)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    help="Of one model: text says what it promises and what it loses; json is its card. Without it, text on "
    "a terminal and json into a pipe or file.",
)
@click.option(
    "--verify", is_flag=True, help="Check every number against the fingerprint in the model's card."
)
@click.pass_context
def command(ctx: click.Context, *, name: str | None, form: str | None, verify: bool) -> None:
    """List the models, or say what the model NAME promises and loses.

    The evidence is the scores of mail held out in training: it tells how much of the important mail the model
    loses at its own cuts, how much at most with 95 % confidence, and which budgets (classify --max-lost) it
    can promise. A model without evidence promises nothing.

    NAME may also be the path of a model file. A model is numbers and a card, nothing that executes: it is
    safe to look at one from a stranger. With --verify and no NAME, every model that came with this version
    is checked.
    """
    from classifier.store import list_models

    if name is None:
        ctx.exit(max((_listed(known, path, verify) for known, path in list_models().items()), default=OK))
    model = _opened(name, verify)
    if verify:
        click.echo(f"{clean(name)}: whole")
    elif (form or ("text" if sys.stdout.isatty() else "json")) == "json":
        click.echo(json.dumps(model.card, indent=2, sort_keys=True))
    else:
        for line, titled in _described(name, model):
            click.echo(heading(line) if titled else line)


def _opened(name: str, verify: bool) -> Model:
    """Open a model, checking it on request."""
    from classifier.store import load_model, verify_model

    return (verify_model if verify else load_model)(name)


def _described(name: str, model: Model) -> Iterator[tuple[str, bool]]:
    """Say what a model is, promises and loses; yields lines, and whether each is a heading."""
    from classifier.budget.words import describe

    training = model.card.get("training")
    labels = training.get("labels") if isinstance(training, dict) else None
    counts = ", ".join(f"{count} {label}" for label, count in (labels or {}).items())
    yield clean(str(model.card.get("name", name))), True
    yield f"  made {clean(str(model.card.get('created', 'at no known time')))[:10]}", False
    if counts:
        yield f"  learned {clean(counts)}", False
    yield "", False
    try:
        yield from describe(model.card, model.cuts)
    except ModelError as error:
        raise type(error)(f"{name}: {error}") from None


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
    card = _opened(str(path), verify).card
    facts = [
        f"{path.stat().st_size / (1 << 20):.1f} MiB",
        str(card.get("created", ""))[:10],
        "whole" if verify else str(card.get("summary", "")),
    ]
    return clean(f"{name:12}  " + "  ".join(fact for fact in facts if fact))

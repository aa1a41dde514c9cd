"""What learning did, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.engine.lessons import Move, Outcome


def tell(outcome: Outcome, did: str, where: str = "") -> None:
    """Print what became of some lessons.

    Parameters
    ----------
    outcome : Outcome
    did : str
        "learned", "would learn", "unlearned" ...
    where : str, default ''
        The profile, where something was written.
    """
    for line in lines(outcome, did, where):
        click.echo(line)


def lines(outcome: Outcome, did: str, where: str) -> Iterator[str]:
    """Lay out what became of some lessons.

    Parameters
    ----------
    outcome, did, where
        As in `tell`.

    Yields
    ------
    str
    """
    new = outcome.learned.total()
    labels = f": {_counts(outcome.learned)}" if new else ""
    yield f"{did} {new} of {_messages(outcome.messages)}{labels}{f'; {clean(where)}' if where else ''}"
    if outcome.known:
        yield f"  {outcome.known} learned already"
    if outcome.outweighed:
        yield f"  {outcome.outweighed} left as you said: what is inferred from flags does not outweigh that"
    if outcome.replaced:
        yield f"  {outcome.replaced.total()} learned otherwise before; the last word counts: " + _moves(
            outcome.replaced
        )
    moved = outcome.moved.total()
    detail = f": {_moves(outcome.moved)}" if moved else ""
    yield f"  {moved} of the {outcome.messages} verdicts changed{detail}"


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))


def _moves(moves: Counter[Move]) -> str:
    told = sorted(moves.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} from {old} to {new}" for (old, new), count in told)

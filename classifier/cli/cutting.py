"""How labelled mail is cut into parts: options of all commands that judge mail by what the rest teaches."""

from __future__ import annotations

from collections.abc import Sequence

import click

GROUPS = ("sender", "thread", "host", "time", "none")

GROUP = click.option(
    "--group",
    "groups",
    multiple=True,
    type=click.Choice(GROUPS),
    help="What belongs together: parts are never cut through it, and it counts as one piece of evidence in "
    "the intervals. May be repeated. By time, each of K stretches is judged by what came before it.",
)
NEAR = click.option(
    "--near",
    type=click.Choice(("apart", "ignore")),
    default="apart",
    show_default=True,
    help="Whether near-duplicates of a message (alike but for numbers) are kept from who judges it.",
)
BITS = click.option(
    "--bits",
    type=click.IntRange(12, 22),
    metavar="N",
    help="For --cv: columns for words, as a power of two; see train.",
)
HISTORY = click.option(
    "--history",
    is_flag=True,
    help="For --cv: look at mail in order of arrival and learn what each is to those before it; see train.",
)
SEED = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For everything drawn at random."
)


def check_groups(groups: Sequence[str], folds: int | None) -> None:
    """Refuse groups that cannot be meant.

    Parameters
    ----------
    groups : sequence of str
    folds : int or None
        None where nothing is cut.

    Raises
    ------
    click.UsageError
        If time comes with other groups, or without a cross-validation.
    """
    if "time" in groups and (len(set(groups)) > 1 or not folds):
        raise click.UsageError("--group time is for --cv, and goes with no other group")

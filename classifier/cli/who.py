"""Who and where you are: from options, else from the configuration, else guessed from the mail and said."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.asked import Who
from classifier.cli.manual import with_options
from classifier.config import DIRECTIONS, own_addresses, read_settings

if TYPE_CHECKING:
    pass


def who(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --me, --trusted and --direction, as its argument ``who``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_who(
        *args: Any, me: tuple[str, ...], trusted: tuple[str, ...], direction: str | None, **given: Any
    ) -> Any:
        settings = read_settings(click.get_current_context().find_root().obj)
        said = Who(
            me=_own(me) or settings.me,
            trusted=trusted or settings.trusted_hosts,
            direction=direction or settings.direction,
            settings=settings,
        )
        return command(*args, who=said, **given)

    return with_options(_OPTIONS, with_who)


def _own(me: tuple[str, ...]) -> tuple[str, ...]:
    """Check --me as the configuration checks ``me``."""
    try:
        return own_addresses(list(me))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--me") from None


_OPTIONS = (
    click.option(
        "--me",
        multiple=True,
        metavar="ADDR",
        help="An address of yours, or @DOMAIN for a whole domain; may be repeated. Where neither this nor "
        "the configuration says so, it is guessed from Delivered-To, and the guess is said.",
    ),
    click.option(
        "--trusted",
        multiple=True,
        metavar="HOST",
        help="A mail host of yours (name, address or network) whose Received lines are believed; "
        "may be repeated.",
    ),
    click.option(
        "--direction", type=click.Choice(DIRECTIONS), help="Whether the mail comes to you or leaves you."
    ),
)

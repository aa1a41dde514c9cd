"""What may be lost: the options --max-lost and --cost, for training as for judging."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.manual import with_options
from classifier.errors import ConfigError

if TYPE_CHECKING:
    from classifier.budget import Terms
    from classifier.config import Settings


def losing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --max-lost and --cost, as its arguments ``max_lost`` and ``cost``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """
    return with_options(_OPTIONS, command)


def terms_of(max_lost: str | None, cost: str | None, settings: Settings | None = None) -> Terms | None:
    """Read the options; where neither was given, the configuration.

    Parameters
    ----------
    max_lost, cost : str or None
    settings : Settings, optional

    Returns
    -------
    Terms or None
        None where nothing was said: nobody waits for numbers then.

    Raises
    ------
    click.UsageError
        If an option cannot be read, or both are given.
    ConfigError
        The same, of the configuration.
    """
    if max_lost is cost is None:
        if settings is None or not (settings.max_lost or settings.cost):
            return None
        try:
            return _parsed(settings.max_lost or None, settings.cost or None)
        except ValueError as error:
            raise ConfigError(f"{settings.source}: {error}") from None
    try:
        return _parsed(max_lost, cost)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _parsed(max_lost: str | None, cost: str | None) -> Terms:
    from classifier.budget import Terms  # only where a command runs, not for its help

    return Terms.parse(max_lost, cost)


_OPTIONS = (
    click.option(
        "--max-lost",
        metavar="SHARE",
        help="Lose at most this share of the important mail: 1/1000, 0.001 or 0.1%. The cuts are set so that "
        "mail held out in training promises it with 95 % confidence; where it cannot, this is said and "
        "nothing is put away.",
    ),
    click.option(
        "--cost",
        metavar="LOST:READ",
        help="Set the cuts by costs instead: 100:1 if losing an important message is as bad as reading a "
        "hundred needless ones.",
    ),
)

"""The profile as commands take it: --profile, else the configuration's, else the usual one if it is there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from classifier.cli.opening import Personal
from classifier.config import read_settings


def personal(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option --profile, as its argument ``personal``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_profile(*args: Any, profile: str | None, **given: Any) -> Any:
        settings = read_settings(click.get_current_context().find_root().obj)
        named = settings.profile if profile is None else profile
        return command(*args, personal=Personal(named, settings), **given)

    return _OPTION(with_profile)


_OPTION = click.option(
    "--profile",
    metavar="FILE|off",
    help="What you taught: a file, or off for none. Without this the configuration's, else "
    "~/.local/share/mailtriage/profile.sqlite3 if it exists.",
)

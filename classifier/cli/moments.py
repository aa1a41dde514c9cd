"""Moments as people type them: a date, a time, yesterday, or so long ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_AGO = re.compile(r"(\d{1,6})\s?([mhdw])(?:in|ours?|ays?|eeks?)?(?: ago)?\Z", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

FORMS = "a date or time (2026-03-02, 2026-03-02T06:00+01:00), today, yesterday, or so long ago (24h, 7d, 2w)"
"""For the help of an option."""


def read_moment(text: str, now: datetime) -> float:
    """Read a moment.

    Parameters
    ----------
    text : str
        ISO 8601, in the zone of this machine where none is given; ``now``, ``today`` or ``yesterday``, which
        begin at midnight; or a number with m, h, d or w: so long ago.
    now : datetime
        With its zone.

    Returns
    -------
    float
        Seconds since 1970.

    Raises
    ------
    ValueError
        If it is no moment.
    """
    word = text.strip().lower()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    known = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if word in known:
        return known[word].timestamp()
    ago = _AGO.match(word)
    try:
        if ago:
            return (now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).timestamp()
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is no moment; {FORMS}") from None


class Moment(click.ParamType[float]):
    """An option's value that is a moment, as seconds since 1970."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read what was typed."""
        if isinstance(value, float):
            return value
        try:
            return read_moment(str(value), datetime.now().astimezone())
        except ValueError as error:
            self.fail(str(error), param, ctx)


def moment_option(name: str, told: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an option that takes a moment.

    Parameters
    ----------
    name : str
        Such as ``--since``.
    told : str
        What it is for.

    Returns
    -------
    callable
    """
    return click.option(name, type=Moment(), metavar="T", help=f"{told}: {FORMS}.")

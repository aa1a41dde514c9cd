"""The short way of ``mailtriage classify MAILBOX...`` into a pipe or file, with the commonest options only.

To read a command line click takes twelve milliseconds, a tenth of what one message costs in all. A line that
has nothing but the options below is read here; whatever else it has takes the long way, which reads every
option, and does the same.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from classifier.cli.asked import Scoring, Who
from classifier.cli.exits import guard
from classifier.cli.judging import print_lines
from classifier.cli.opening import Personal
from classifier.cli.reading import Intake
from classifier.cli.words import read_count, read_words
from classifier.config import own_addresses, read_settings
from classifier.errors import MailtriageError

_ONE = {"-m": "model", "--model": "model", "--profile": "profile", "-f": "form", "--format": "form"}
_ONE["--explain"] = "explain"


class Line(NamedTuple):
    """A command line.

    Parameters
    ----------
    paths : tuple of str
        Mailboxes.
    me : tuple of str
        As given.
    model, profile : str or None
    explain : int
    """

    paths: tuple[str, ...]
    me: tuple[str, ...]
    model: str | None
    profile: str | None
    explain: int


def understood(arguments: list[str]) -> Line | None:
    """Read a command line.

    Parameters
    ----------
    arguments : list of str

    Returns
    -------
    Line or None
        None where there is anything that the short way does not do.
    """
    words = read_words(arguments, "classify", _ONE)
    if words is None or not (words.paths and all(words.paths)):
        return None
    given = words.given
    explain = read_count(given.get("explain", "0"))
    if explain is None:
        return None
    if given.get("form", "jsonl") != "jsonl" or (not given.get("form") and _on_terminal()):
        return None
    return Line(words.paths, words.me, given.get("model"), given.get("profile"), explain)


def _on_terminal() -> bool:
    return sys.stdout is None or sys.stdout.isatty()


def scoring_of(line: Line) -> tuple[Scoring, Personal] | None:
    """Say what is asked for, with what the configuration says.

    Parameters
    ----------
    line : Line

    Returns
    -------
    (Scoring, Personal) or None
        None where there is something to complain about, or to compute: the long way does.
    """
    try:
        settings = read_settings()
        me = own_addresses(list(line.me)) if line.me else settings.me
    except (MailtriageError, ValueError):
        return None
    if settings.max_lost or settings.cost or settings.jobs > 1:
        return None
    who = Who(me, settings.trusted_hosts, settings.direction, settings)
    scoring = Scoring(
        model=line.model or settings.model,
        view="full",
        dns="off",
        resolver=settings.resolver,
        jobs=1,
        terms=None,
        allow_local_spam=settings.allow_local_spam,
        who=who,
    )
    return scoring, Personal(settings.profile if line.profile is None else line.profile, settings)


def lightly(arguments: list[str]) -> int | None:
    """Judge the mail of a command line that is simple enough.

    Parameters
    ----------
    arguments : list of str
        Those of the program.

    Returns
    -------
    int or None
        The exit code; None where the long way must be taken: nothing was read or written then.
    """
    line = understood(arguments)
    asked = scoring_of(line) if line else None
    if line is None or asked is None:
        return None
    try:
        with guard():
            scoring, personal = asked
            profile = personal.open()
            try:
                classifier = scoring.load(profile)
                personal.remind(profile)
                intake = Intake(line.paths, again=not scoring.who.me)
                return intake.code(print_lines(intake, scoring, classifier, "jsonl", line.explain), "judged")
            finally:
                if profile is not None:  # the long way, click closes it
                    profile.close()
    except SystemExit:
        raise
    except BaseException as error:
        import click

        if isinstance(error, click.exceptions.Exit):
            return error.exit_code
        raise

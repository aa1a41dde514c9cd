"""Help that can stand for a manual page: examples, exit codes, files and environment under every command."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from classifier.cli.exits import CRASH, INTERRUPTED, MEANINGS, MODEL, OK, UNREADABLE, USAGE

Function = Callable[..., Any]
Option = Callable[[Function], Function]

FILES = (
    (
        "~/.config/mailtriage/config.toml",
        "Your settings: me, trusted_hosts, authserv_ids, direction, model, resolver, jobs, max_lost, cost, "
        "allow_local_spam, profile, audit_days, imap. Options on the command line go before them.",
    ),
    ("~/.local/share/mailtriage/profile.sqlite3", "What you taught; made by learn, review and audit."),
)
ENVIRONMENT = (
    ("MAILTRIAGE_CONFIG", "The configuration file to read instead."),
    ("MAILTRIAGE_DEBUG", "If 1, a crash shows its traceback, as --debug does."),
    (
        "MAILTRIAGE_IMAP_*",
        "For imaps:// mailboxes: _PASSWORD_COMMAND prints the password, _TOKEN_COMMAND an OAuth 2.0 token, "
        '_PASSWORD is it. Or [imap."USER@HOST"] in the configuration says password_command or token_command, '
        "or ~/.netrc has a line.",
    ),
    ("XDG_CONFIG_HOME", "Where configuration lives; ~/.config if unset."),
    ("XDG_DATA_HOME", "Where the profile lives; ~/.local/share if unset."),
    ("NO_COLOR", "If set, no colour is used."),
    ("COLUMNS", "The width of tables on a terminal, if it is not the terminal's own."),
)
EVERYWHERE = (OK, CRASH, USAGE, INTERRUPTED)
READS_MAIL = (OK, CRASH, USAGE, UNREADABLE, INTERRUPTED)
JUDGES_MAIL = (OK, CRASH, USAGE, UNREADABLE, MODEL, INTERRUPTED)


class Manual(click.Command):
    """A command whose help ends in examples, exit codes, files and environment.

    Parameters
    ----------
    examples : sequence of (str, str), default ()
        What it does, and the line to type.
    exits : sequence of int, default EVERYWHERE
        The exit codes that the command may end with.
    codes : dict of int to str, optional
        Exit codes of this command alone, with their meanings.
    **others
        For click.
    """

    def __init__(
        self,
        *args: Any,
        examples: Sequence[tuple[str, str]] = (),
        exits: Sequence[int] = EVERYWHERE,
        codes: dict[int, str] | None = None,
        **others: Any,
    ) -> None:
        super().__init__(*args, **others)
        self.examples, self.exits, self.codes = tuple(examples), tuple(exits), codes or {}

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections that follow the options."""
        super().format_epilog(ctx, formatter)
        write_examples(formatter, self.examples)
        meanings = {code: MEANINGS[code] for code in self.exits} | self.codes
        write_table(formatter, "Exit codes", [(str(code), meanings[code]) for code in sorted(meanings)])
        write_table(formatter, "Files", FILES)
        write_table(formatter, "Environment", ENVIRONMENT)


class Contents(click.Group):
    """A group whose help gives the whole first sentence of each command, in as many lines as it takes."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, each.get_short_help_str(limit=formatter.width * 3)) for name, each in found if each]
        write_table(formatter, "Commands", rows)


def with_options(options: Iterable[Option], command: Function) -> Function:
    """Give a command's function several options.

    Parameters
    ----------
    options : iterable of callable
        What ``click.option`` and ``click.argument`` return, in the order in which the help lists them.
    command : callable

    Returns
    -------
    callable
    """
    return functools.reduce(lambda done, option: option(done), reversed([*options]), command)


def write_examples(formatter: click.HelpFormatter, examples: Sequence[tuple[str, str]]) -> None:
    """Write each example as its purpose and, indented, the line to type.

    Parameters
    ----------
    formatter : click.HelpFormatter
    examples : sequence of (str, str)
        Purpose and line.
    """
    if not examples:
        return
    with formatter.section("Examples"):
        for purpose, line in examples:
            formatter.write_text(f"{purpose}:")
            formatter.write(f"{'':>{formatter.current_indent + 2}}$ {line}\n")  # never wrapped: to be copied


def write_table(formatter: click.HelpFormatter, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Write one titled list of names and meanings.

    Parameters
    ----------
    formatter : click.HelpFormatter
    title : str
    rows : sequence of (str, str)
        Name and meaning.
    """
    with formatter.section(title):
        formatter.write_dl(list(rows))

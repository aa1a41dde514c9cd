"""What every command that judges mail asks for besides who you are: the model, lookups, how much is read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.asked import Scoring, Who
from classifier.cli.losing import losing, terms_of
from classifier.cli.manual import with_options
from classifier.cli.who import who

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


VIEWS = ("full", "headers")


def complete_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Offer the names of the models that are there, else files.

    Parameters
    ----------
    ctx : click.Context
    param : click.Parameter
    incomplete : str
        What was typed so far.

    Returns
    -------
    list of CompletionItem
    """
    from click.shell_completion import CompletionItem

    from classifier.store import list_models

    matching = [CompletionItem(name) for name in list_models() if name.startswith(incomplete)]
    return matching or [CompletionItem(incomplete, type="file")]


def scoring(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of :class:`Scoring`, as its argument ``scoring``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """
    return _asking(command, (*_OPTIONS, _JOBS))


def scoring_in_order(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the same, but no --jobs: each message is judged by what the one before it left behind.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """
    return _asking(command, _OPTIONS)


def _asking(command: Callable[..., Any], options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    """Add options to a command, and what makes them one argument."""

    @functools.wraps(command)
    def with_scoring(*args: Any, who: Who, **given: Any) -> Any:
        settings = who.settings
        asked = Scoring(
            model=given.pop("model") or settings.model,
            view=given.pop("view"),
            dns=given.pop("dns"),
            resolver=given.pop("resolver") or settings.resolver,
            jobs=given.pop("jobs", 1) or settings.jobs,
            terms=terms_of(given.pop("max_lost"), given.pop("cost"), settings),
            allow_local_spam=given.pop("allow_local_spam") or settings.allow_local_spam,
            who=who,
        )
        return command(*args, scoring=asked, **given)

    return with_options(options, losing(_LOCAL(who(with_scoring))))


_LOCAL = click.option(
    "--allow-local-spam",
    is_flag=True,
    help="Mail that a program on one of your own hosts handed in, and that no other host touched, may be "
    "called spam, too. Without this it never is.",
)
_OPTIONS = (
    click.option(
        "-m",
        "--model",
        shell_complete=complete_model,
        metavar="MODEL",
        help='Name or file of the model; the configuration\'s, else "starter". Names: mailtriage models.',
    ),
    click.option(
        "--dns",
        default="off",
        show_default=True,
        metavar="off|live|recorded:FILE",
        help="Look the senders' domains up: not at all, on the network, or in the answers that "
        '"mailtriage lookup" recorded.',
    ),
    click.option(
        "--resolver", metavar="ADDR[:PORT]", help="The name server for --dns live; else the system's."
    ),
    click.option(
        "--view",
        type=click.Choice(VIEWS),
        default="full",
        show_default=True,
        help="Judge the whole message, or its header block only.",
    ),
)
_JOBS = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes to use; the result is the same.",
)

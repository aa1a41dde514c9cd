"""What every command that judges mail asks for (model, who you are, lookups), and the classifier it gets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.exits import complain
from classifier.config import DIRECTIONS, Settings, own_addresses, read_settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from classifier.engine import Classifier
    from classifier.mailboxes import Mailbox
    from classifier.signals import Site

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


@dataclass(frozen=True, slots=True)
class Scoring:
    """The options of a command that judges mail; what is None is left to the configuration.

    Parameters
    ----------
    model : str or None
    view : str
        One of :data:`VIEWS`.
    dns : str
        ``off``, ``live`` or ``recorded:FILE``.
    resolver, direction : str or None
    jobs : int
        Processes.
    me : tuple of str
        Own addresses and @domains.
    trusted : tuple of str
        Own mail hosts.
    settings : Settings
        The configuration.
    """

    model: str | None
    view: str
    dns: str
    resolver: str | None
    direction: str | None
    jobs: int
    me: tuple[str, ...]
    trusted: tuple[str, ...]
    settings: Settings

    def load(self) -> Classifier:
        """Load the classifier.

        Returns
        -------
        Classifier

        Raises
        ------
        ModelError
            The model is missing or cannot be used.
        ConfigError, AnswersError
            The lookups cannot be opened.
        """
        from classifier.engine import Classifier

        return Classifier.load(
            self.model or self.settings.model,
            site=self.site(),
            dns=self.dns,
            view=self.view,
            resolver=self.resolver or self.settings.resolver,
        )

    def site(self) -> Site:
        """Put together who and where we are from options and configuration, options first."""
        from classifier.signals import Site

        own = self.me or self.settings.me
        return Site(
            me=frozenset(one for one in own if not one.startswith("@")),
            my_domains=frozenset(one[1:] for one in own if one.startswith("@")),
            trusted_hosts=self.trusted or self.settings.trusted_hosts,
            authserv_ids=frozenset(self.settings.authserv_ids),
            direction=self.direction or self.settings.direction,
        )

    def settle(self, classifier: Classifier, mailbox: Mailbox) -> None:
        """Guess from a mailbox whose it is, where nobody said so, and say the guess.

        Parameters
        ----------
        classifier : Classifier
            Its site is completed.
        mailbox : Mailbox
            One that can be read more than once.
        """
        from dataclasses import replace

        from classifier.mail import Message
        from classifier.signals import guess_site

        if self.me or self.settings.me:
            return
        guess = guess_site(Message(stored.raw) for stored in mailbox)
        classifier.site = replace(self.site(), me=guess.me, guessed=True)
        if guess.me:
            who = ", ".join(sorted(guess.me))
            complain(
                f"{mailbox.path}: taken for the mail of {who}, a guess (--me and config.toml go before it)"
            )


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

    @functools.wraps(command)
    def with_scoring(*args: Any, **given: Any) -> Any:
        asked = {name: given.pop(name) for name in ("model", "view", "dns", "resolver", "direction")}
        settings = read_settings(click.get_current_context().find_root().obj)
        jobs = given.pop("jobs") or settings.jobs
        me, trusted = _own(given.pop("me")), tuple(given.pop("trusted"))
        return command(
            *args, scoring=Scoring(**asked, jobs=jobs, me=me, trusted=trusted, settings=settings), **given
        )

    return functools.reduce(lambda done, option: option(done), reversed(_OPTIONS), with_scoring)


def _own(me: Iterable[str]) -> tuple[str, ...]:
    """Check --me as the configuration checks ``me``."""
    try:
        return own_addresses(list(me))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--me") from None


_OPTIONS = (
    click.option(
        "-m",
        "--model",
        shell_complete=complete_model,
        metavar="MODEL",
        help='Name or file of the model; the configuration\'s, else "starter". Names: mailtriage models.',
    ),
    click.option(
        "--me",
        multiple=True,
        metavar="ADDR",
        help="An address of yours, or @DOMAIN for a whole domain; may be repeated. Where neither it nor the "
        "configuration says so, it is guessed from Delivered-To, and the guess is said.",
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
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        help="Processes to use; the result is the same.",
    ),
)

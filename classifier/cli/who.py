"""Who and where you are: from options, else from the configuration, else guessed from the mail and said."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from classifier.cli.exits import complain
from classifier.config import DIRECTIONS, Settings, own_addresses, read_settings

if TYPE_CHECKING:
    from classifier.mail import Message
    from classifier.mailboxes import Mailbox
    from classifier.signals import Site


class Who(NamedTuple):
    """What was said about the reader.

    Parameters
    ----------
    me : tuple of str
        Own addresses and @domains, lower case.
    trusted : tuple of str
        Own mail hosts.
    direction : str
        ``inbound`` or ``outbound``.
    settings : Settings
        The configuration.
    """

    me: tuple[str, ...]
    trusted: tuple[str, ...]
    direction: str
    settings: Settings

    def site(self, mailboxes: Sequence[Mailbox] = ()) -> Site:
        """Put the site together; where nobody said who you are, guess it and say the guess.

        Parameters
        ----------
        mailboxes : sequence of Mailbox
            To guess from; the first messages of each are read.

        Returns
        -------
        Site
        """
        from classifier.signals import Site, guess_site

        said = Site(
            me=frozenset(one for one in self.me if not one.startswith("@")),
            my_domains=frozenset(one[1:] for one in self.me if one.startswith("@")),
            trusted_hosts=self.trusted,
            authserv_ids=frozenset(self.settings.authserv_ids),
            direction=self.direction,
        )
        if self.me or not mailboxes:
            return said
        guess = guess_site(_sample(mailboxes))
        if guess.me:
            mine = ", ".join(sorted(guess.me))
            where = " and others" if len(mailboxes) > 1 else ""
            complain(f"{mailboxes[0].path}{where}: taken for the mail of {mine}, a guess (see --me)")
        return said._replace(me=guess.me, guessed=True)


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

    return functools.reduce(lambda done, option: option(done), reversed(_OPTIONS), with_who)


def _own(me: tuple[str, ...]) -> tuple[str, ...]:
    """Check --me as the configuration checks ``me``."""
    try:
        return own_addresses(list(me))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--me") from None


def _sample(mailboxes: Sequence[Mailbox]) -> Iterator[Message]:
    """Take the first messages of each mailbox, as many of one as of another."""
    from classifier.mail import Message
    from classifier.signals.site import SAMPLE

    for mailbox in mailboxes:
        yield from (Message(stored.raw) for stored in islice(mailbox, SAMPLE // len(mailboxes) + 1))


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

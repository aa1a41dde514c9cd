"""What every command that judges mail asks for besides who you are: the model, lookups, how much is read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from classifier.cli.exits import complain
from classifier.cli.losing import losing, terms_of
from classifier.cli.who import Who, who

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from classifier.budget import Terms
    from classifier.engine import Classifier
    from classifier.features import Schema
    from classifier.mailboxes import Mailbox
    from classifier.profile import Profile

VIEWS = ("full", "headers")

NO_MODEL = "none"
"""Stands for an empty model, for those who teach it as they go."""


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


class Scoring(NamedTuple):
    """The options of a command that judges mail.

    Parameters
    ----------
    model : str
        Name or path.
    view : {'full', 'headers'}
        How much of a message is read.
    dns : str
        ``off``, ``live`` or ``recorded:FILE``.
    resolver : str
        Empty for the system's.
    jobs : int
        Processes.
    terms : Terms or None
        What may be lost.
    allow_local_spam : bool
    who : Who
    """

    model: str
    view: Literal["full", "headers"]
    dns: str
    resolver: str
    jobs: int
    terms: Terms | None
    allow_local_spam: bool
    who: Who

    def load(self, profile: Profile | None = None) -> Classifier:
        """Load the classifier, its cuts set by what may be lost; say what cannot be promised.

        Parameters
        ----------
        profile : Profile, optional
            What the user taught.

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
        from classifier.engine.heap import keep_freed_memory

        keep_freed_memory()
        if self.model == NO_MODEL:
            classifier = self.empty(profile=profile)
        else:
            classifier = Classifier.load(
                self.model,
                profile=profile,
                site=self._owner(profile).site(),
                dns=self.dns,
                resolver=self.resolver,
                view=self.view,
                allow_local_spam=self.allow_local_spam,
            )
        classifier.notice = complain
        if self.terms:
            from classifier.budget.words import broken

            for said in broken(classifier.decide_by(self.terms)):
                complain(f"{self.model}: {said}")
        if profile is not None:
            _say_what_does_not_count(profile, classifier)
        return classifier

    def _owner(self, profile: Profile | None) -> Who:
        """Take the profile's word for who it is, where nobody else says it."""
        if self.who.me or profile is None:
            return self.who
        return self.who._replace(me=profile.mine)

    def empty(
        self, bits: int | None = None, profile: Profile | None = None, *, history: bool = False
    ) -> Classifier:
        """Make a classifier that knows nothing.

        Parameters
        ----------
        bits : int, optional
            Columns for words, log2.
        profile : Profile, optional
            What the user taught.
        history : bool, default False
            Whether its columns ask for history.

        Returns
        -------
        Classifier

        Raises
        ------
        ConfigError, AnswersError
            The lookups cannot be opened.
        """
        from classifier.engine import Classifier
        from classifier.lookup import open_lookup

        lookup = open_lookup(self.dns, resolver=self.resolver)
        return Classifier(
            site=self._owner(profile).site(),
            lookup=lookup,
            view=self.view,
            schema=columns(bits, history=history),
            allow_local_spam=self.allow_local_spam,
            profile=profile,
        )

    def settle(self, classifier: Classifier, *mailboxes: Mailbox) -> None:
        """Tell a classifier whose mailboxes it will see.

        Parameters
        ----------
        classifier : Classifier
        *mailboxes : Mailbox
            Such as can be read more than once.
        """
        classifier.site = self._owner(classifier.profile).site(mailboxes)


def columns(bits: int | None, *, history: bool) -> Schema | None:
    """Choose the columns of a model to be trained.

    Parameters
    ----------
    bits : int or None
        Columns for words, log2; None for the usual number.
    history : bool
        Whether what came before a message is looked at, too.

    Returns
    -------
    Schema or None
        None for those of this version.
    """
    if not bits and not history:
        return None
    from classifier.features import Schema
    from classifier.features.schema import ALONE, VIEWS

    views = VIEWS if history else ALONE
    return Schema(bits=bits, views=views) if bits else Schema(views=views)


def _say_what_does_not_count(profile: Profile, classifier: Classifier) -> None:
    """Name corrections that were made to a model with other columns: they are kept, but do nothing here."""
    count = profile.elsewhere(classifier.model.tables.schema)
    if count:
        complain(
            f"{profile.path}: {count} messages were learned for a model with other columns than "
            f'"{classifier.name}" and do not count; they will when "mailtriage learn" gets them again'
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

    return functools.reduce(
        lambda done, option: option(done), reversed(options), losing(_LOCAL(who(with_scoring)))
    )


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

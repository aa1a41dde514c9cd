"""What a command line asked for: who reads the mail, and what judges it. Here is no click.

A command line of one line of options is read without it (see `light`), and ends in these as any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from classifier.cli.exits import complain
from classifier.config import Settings

if TYPE_CHECKING:
    from classifier.budget import Terms
    from classifier.engine import Classifier
    from classifier.features import Schema
    from classifier.mail import Message
    from classifier.mailboxes import Mailbox
    from classifier.profile import Profile
    from classifier.signals import Site

NO_MODEL = "none"
"""Stands for an empty model, for those who teach it as they go."""


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


def _sample(mailboxes: Sequence[Mailbox]) -> Iterator[Message]:
    """Take the first messages of each mailbox, as many of one as of another."""
    from classifier.mail import Message
    from classifier.signals.site import SAMPLE

    for mailbox in mailboxes:
        yield from (Message(stored.raw) for stored in islice(mailbox, SAMPLE // len(mailboxes) + 1))


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
        if self.dns == "live":
            from classifier.lookup import Live

            assert isinstance(classifier.lookup, Live)  # noqa: S101  # that is what "live" opens
            classifier.lookup.notice = complain
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

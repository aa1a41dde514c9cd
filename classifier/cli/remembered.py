"""What is remembered of jobs: in the profile, and in mailboxes that are read for it."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from classifier.cli.exits import complain
from classifier.cli.progress import counted
from classifier.cli.reading import Intake
from classifier.errors import MailboxError, ProfileNotWritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.cli.asked import Who
    from classifier.cli.opening import Personal
    from classifier.engine import Classifier
    from classifier.history import Memory
    from classifier.mailboxes import Mailbox
    from classifier.rootmail.record import Record

T = TypeVar("T")

FORMATS = ("text", "jsonl")


class Remembered(NamedTuple):
    """What was found.

    Parameters
    ----------
    records : list of Record
        Of the jobs of our own hosts.
    latest : float
        When the last mail came, in seconds since 1970; 0 where there is none.
    mails : int
        Read in mailboxes.
    """

    records: list[Record]
    latest: float
    mails: int


def remembered(intake: Intake, who: Who, personal: Personal, until: float | None) -> Remembered:
    """Read what is remembered.

    Parameters
    ----------
    intake : Intake
        The mailboxes of the command line; none is enough where there is a profile.
    who : Who
    personal : Personal
    until : float or None
        Seconds since 1970; mail that came later is left out.

    Returns
    -------
    Remembered

    Raises
    ------
    click.UsageError
        If there is neither a mailbox nor a profile.
    """
    from classifier.digest.moments import Span
    from classifier.digest.run import job_records, observe_mail
    from classifier.engine import Classifier

    profile = personal.open()
    if profile is None and not intake.paths:
        raise click.UsageError("name a MAILBOX: there is no profile that remembers any job")
    with ExitStack() as stack:
        opened = [box for box in (open_or_refuse(intake, path, stack) for path in intake.paths) if box]
        classifier = Classifier(site=who.site(opened), profile=profile)

        def read(memory: Memory) -> tuple[int, list[Record]]:
            with counted("mails read") as progress, classifier.together():
                mails = observe_mail(classifier, opened, until=until, progress=progress)
            return mails, list(job_records(memory))

        mails, records = remembering(classifier, read)
        for mailbox in opened:
            intake.name_problems(mailbox)
    span = Span()
    for record in records:
        for time in record.arrivals:
            span.add(time)
    return Remembered(records, span.last if math.isfinite(span.last) else 0.0, mails)


def remembering(classifier: Classifier, read: Callable[[Memory], T]) -> T:
    """Read mail that is to be remembered; where the profile cannot be written, it is read all the same.

    A full disk, of all things, must not keep its mail from who should see it.

    Parameters
    ----------
    classifier : Classifier
    read : callable
        Called with the memory, once more if the first time did not go well.

    Returns
    -------
    object
        What `read` returns.
    """
    from classifier.history import Ram

    profile = classifier.profile
    if profile is None:
        memory = Ram()
        classifier.remember(memory)
        return read(memory)
    if not profile.readonly:
        try:
            return read(profile.memory)
        except ProfileNotWritten as error:
            complain(f"{error}; going on without remembering this mail")
    else:
        complain(f"{profile.path} is read-only: going on without remembering this mail")
    classifier.rehearse()
    assert classifier.memory is not None  # noqa: S101  # a rehearsal has one
    return read(classifier.memory)


def open_or_refuse(intake: Intake, path: str, stack: ExitStack) -> Mailbox | None:
    """Open a mailbox until the stack ends; name one that cannot be.

    Parameters
    ----------
    intake : Intake
    path : str
    stack : ExitStack

    Returns
    -------
    Mailbox or None
    """
    try:
        return stack.enter_context(intake.open(path))
    except MailboxError as error:
        intake.refuse(error)
        return None

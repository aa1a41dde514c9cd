"""Mailboxes as commands read them: one after another, each problem named once, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from classifier.cli import started
from classifier.cli.exits import OK, UNREADABLE, complain
from classifier.errors import MailboxError
from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.mailboxes import Mailbox

T = TypeVar("T")

REMEMBERED = 10_000
"""Refusals kept in words; beyond, they are only counted and named at once."""


class Intake:
    """The mailboxes of one command line.

    Parameters
    ----------
    paths : sequence of str
        As the user named them, patterns too; ``-`` is standard input.
    form : str, optional
        One of :data:`FORMATS`, instead of looking at the content.
    again : bool, default True
        Whether mailboxes are read more than once, so that standard input has to be kept in a file.

    Attributes
    ----------
    unreadable : int
        How many problems were named.
    refused : list of str
        The first `REMEMBERED` of them.
    """

    def __init__(self, paths: Sequence[str], form: str | None = None, again: bool = True) -> None:
        self.paths, self.form, self.again = _expanded(paths), form, again
        self.unreadable = 0
        self.refused: list[str] = []

    def read(self, take: Callable[[Mailbox], Iterable[T]]) -> Iterator[T]:
        """Open each mailbox in turn and yield what is taken from it.

        Parameters
        ----------
        take : callable
            From a mailbox to what is wanted of it. If it fails for want of readable mail, that is named and
            the next mailbox follows.

        Yields
        ------
        whatever `take` gives
        """
        for path in self.paths:
            try:
                with self.open(path) as mailbox:
                    try:
                        yield from take(mailbox)
                    finally:
                        self.name_problems(mailbox)
            except MailboxError as error:
                self.refuse(error)
            except BrokenPipeError:
                raise  # of our reader, not of the mailbox
            except OSError as error:
                self.refuse(MailboxError(path, error.strerror or str(error)))

    def open(self, path: str) -> Mailbox:
        """Open one mailbox.

        Parameters
        ----------
        path : str

        Returns
        -------
        Mailbox

        Raises
        ------
        MailboxError
            It cannot be opened.
        """
        from classifier.mailboxes import open_mailbox

        started()
        return open_mailbox(path, self.form, spool=self.again)

    def refuse(self, what: object) -> None:
        """Name something that cannot be read, and count it.

        Parameters
        ----------
        what : object
            An error or a problem: path, place and reason.
        """
        self.unreadable += 1
        if len(self.refused) < REMEMBERED:
            self.refused.append(clean(str(what)))
        complain(what)

    def name_problems(self, mailbox: Mailbox) -> None:
        """Name and count each problem that a mailbox met while it was read last.

        Parameters
        ----------
        mailbox : Mailbox
        """
        for problem in mailbox.problems:
            self.refuse(problem)

    def code(self, done: int, did: str) -> int:
        """Say how much could not be read, if anything, and give the exit code.

        Parameters
        ----------
        done : int
            Messages that were.
        did : str
            What was done to them, for the sentence.

        Returns
        -------
        int
            OK or UNREADABLE.
        """
        if not self.unreadable:
            return OK
        complain(f"{self.unreadable} not readable, {done} {did}")
        return UNREADABLE


def _expanded(paths: Sequence[str]) -> tuple[str, ...]:
    """Replace patterns that no shell has replaced, such as those in URLs."""
    if not any(sign in path for path in paths for sign in "*?["):
        return tuple(paths)
    from classifier.mailboxes.remote import expanded  # only for who has one

    return tuple(expanded(paths))

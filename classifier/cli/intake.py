"""Mailboxes as commands take them: one after another, each problem named once, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from classifier.cli.exits import OK, UNREADABLE, complain
from classifier.errors import MailboxError

if TYPE_CHECKING:
    from classifier.mailboxes import Mailbox

T = TypeVar("T")

FORMATS = ("mbox", "maildir", "mh", "message", "tree")


class Intake:
    """The mailboxes of one command line.

    Parameters
    ----------
    paths : sequence of str
        As the user named them; ``-`` is standard input.
    form : str, optional
        One of :data:`FORMATS`, instead of looking at the content.
    """

    def __init__(self, paths: Sequence[str], form: str | None = None) -> None:
        self.paths, self.form = tuple(paths), form
        self.unreadable = 0

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
        """Open one mailbox so that it can be read more than once.

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

        return open_mailbox(path, self.form, spool=True)

    def refuse(self, what: object) -> None:
        """Name something that cannot be read, and count it.

        Parameters
        ----------
        what : object
            An error or a problem: path, place and reason.
        """
        self.unreadable += 1
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


mailboxes = click.argument("mailboxes", nargs=-1, required=True, metavar="MAILBOX...", type=click.Path())
mailbox_format = click.option(
    "--mailbox-format",
    type=click.Choice(FORMATS),
    help="What every MAILBOX is, instead of looking at the content.",
)

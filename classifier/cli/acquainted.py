"""The options of ``mailtriage learn`` that teach no label: sent mail, received mail, an address book."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.exits import complain
from classifier.cli.manual import with_options
from classifier.cli.reading import Intake

if TYPE_CHECKING:
    from classifier.engine import Classifier
    from classifier.mailboxes import Mailbox, Stored


@dataclass(frozen=True, slots=True)
class Acquainted:
    """What a command line says of the reader's people.

    Parameters
    ----------
    sent, received : tuple of str
        Mailboxes.
    books : tuple of Path
        vCard files.
    """

    sent: tuple[str, ...]
    received: tuple[str, ...]
    books: tuple[Path, ...]

    def __bool__(self) -> bool:
        return bool(self.sent or self.received or self.books)

    def observe(self, classifier: Classifier, did: str) -> int:
        """Let all that enter the history; say what it was.

        Parameters
        ----------
        classifier : Classifier
        did : str
            "observed" or "would observe".

        Returns
        -------
        int
            Exit code.

        Raises
        ------
        click.UsageError
            If nobody knows whose mail it is, or none of what is called sent was sent by him.
        """
        from classifier.engine.acquaintance import acquaint, introduce
        from classifier.labels.vcard import read_addresses

        for book in self.books:
            click.echo(f"{introduce(classifier, read_addresses(book))} new addresses; {book}")
        if not (self.sent or self.received):
            return 0
        if not classifier.site.me:
            raise click.UsageError("nobody knows whose mail this is: say so with --me ADDRESS")
        intake = Intake((*self.sent, *self.received))
        boxes = [intake.open(path) for path in (*self.sent, *self.received)]
        try:
            self._check(classifier, boxes)
            done = acquaint(classifier, _in_order(boxes))
            for box in boxes:
                intake.name_problems(box)
        finally:
            for box in boxes:
                box.close()
        click.echo(f"{did} {done.sent} messages that you sent and {done.received} that you received")
        return intake.code(done.sent + done.received, "observed")

    def _check(self, classifier: Classifier, boxes: list[Mailbox]) -> None:
        """Look whether sent mail is the reader's, and received mail is not, before anything is observed."""
        for number, box in enumerate(boxes):
            seen, mine = _count(classifier, box)
            if number < len(self.sent) and seen and not mine:
                me = ", ".join(sorted(classifier.site.me))
                raise click.UsageError(
                    f"{box.path}: none of its {seen} messages is from you ({me}): give all your addresses "
                    "(--me), or --received if it is not your sent mail"
                )
            if number >= len(self.sent) and mine > seen / 2:
                complain(f"{box.path}: {mine} of its {seen} messages are your own, and count as sent")


def _count(classifier: Classifier, box: Mailbox) -> tuple[int, int]:
    from classifier.mail import Message

    seen = mine = 0
    for stored in box:
        seen += 1
        mine += classifier.arrival(Message(stored.raw), None).is_mine
    return seen, mine


def _in_order(boxes: list[Mailbox]) -> Iterator[tuple[Stored, float | None]]:
    from classifier.evaluate.arrival import by_arrival

    names = {box.path: box for box in boxes}
    mail = ((stored, "") for box in boxes for stored in box)
    _, turns = by_arrival(mail, lambda mailbox, key: names[mailbox].get(key))
    for turn in turns:
        yield turn.stored, turn.when


def acquainted(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options, as its argument ``acquainted``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_people(
        *args: Any,
        sent: tuple[str, ...],
        received: tuple[str, ...],
        addresses: tuple[Path, ...],
        **given: Any,
    ) -> Any:
        return command(*args, acquainted=Acquainted(sent, received, addresses), **given)

    return with_options(_OPTIONS, with_people)


_OPTIONS = (
    click.option(
        "--sent",
        multiple=True,
        metavar="MAILBOX",
        type=click.Path(),
        help="Mail that you sent: teaches whom you know, your threads and what you answered. Give the mail "
        "that it answers with --received.",
    ),
    click.option(
        "--received",
        "--history",
        multiple=True,
        metavar="MAILBOX",
        type=click.Path(),
        help="Mail that you received, to be remembered without a label: with --sent, in order of arrival.",
    ),
    click.option(
        "--addresses",
        multiple=True,
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Your address book (vCard): people you know.",
    ),
)

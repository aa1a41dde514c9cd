"""Mailboxes as command lines name them, and one message of one."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import click

from classifier.errors import MailboxError

if TYPE_CHECKING:
    from classifier.mailboxes import Mailbox, Stored

T = TypeVar("T")

FORMATS = ("mbox", "maildir", "mh", "message", "tree")


def find_message(mailbox: Mailbox, key: str | None) -> Stored:
    """Fetch the message of a key, or the only one.

    Parameters
    ----------
    mailbox : Mailbox
    key : str or None
        As classify prints it.

    Returns
    -------
    Stored

    Raises
    ------
    MailboxError
        There is no such message, or none at all.
    click.UsageError
        There are several, and no key chooses one.
    """
    if key is not None:
        return mailbox.get(key)
    found = list(islice(mailbox, 2))
    if not found:
        raise MailboxError(mailbox.path, "no message in it")
    if len(found) > 1:
        raise click.UsageError(
            f"{mailbox.path} holds several messages: add a KEY as classify prints it, such as {found[0].key}"
        )
    return found[0]


mailboxes = click.argument("mailboxes", nargs=-1, required=True, metavar="MAILBOX...", type=click.Path())
mailbox_format = click.option(
    "--mailbox-format",
    type=click.Choice(FORMATS),
    help="What every MAILBOX is, instead of looking at the content.",
)

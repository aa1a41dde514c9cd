"""Messages inside messages: the originals that reports and forwarded corrections carry."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.labels.marks.marked import Marked
from classifier.mail import Message
from classifier.mail.text import undo_transfer
from classifier.mailboxes import Stored

CARRIERS = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"})
"""Parts that hold a message, or its header alone."""

MOST = 100
"""Originals that are taken out of one message."""

ROLES = {
    "spam": "spam",
    "junk": "spam",
    "abuse": "spam",
    "phishing": "spam",
    "ham": "ham",
    "notspam": "ham",
    "not-spam": "ham",
    "nojunk": "ham",
    "notjunk": "ham",
    "important": "important",
    "unimportant": "unimportant",
}
"""To whom a correction is forwarded (the local part, or what follows its ``+``), and what that says."""


def originals(stored: Stored) -> Iterator[Stored]:
    """Take out the messages that a message carries whole, or whose header it carries.

    Parameters
    ----------
    stored : Stored

    Yields
    ------
    Stored
        Of the same mailbox; its key is that of `stored`, ``#``, and a number. A message inside a message
        inside a message belongs to the latter, and is not taken out.
    """
    message = Message(stored.raw)
    inside = -1
    found = 0
    for part in message.parts[1:]:
        if part.content_type not in CARRIERS or part.start < inside:
            continue
        inside = part.end
        raw = undo_transfer(message.data[part.start : part.end], part.encoding, set()).lstrip(b"\r\n")
        if Message(raw).headers.names and found < MOST:  # some reporters send a word in place of the message
            found += 1
            yield Stored(stored.mailbox, f"{stored.key}#{found}", raw, frozenset())


def read_forwarded(stored: Stored, now: float) -> Iterator[Marked]:  # noqa: ARG001  # like every reader
    """Read a correction that was forwarded as an attachment, to ``spam@`` or ``me+important@``.

    Parameters
    ----------
    stored : Stored
        Out of a mailbox that only one's own users can write to: who may send a correction is for the mail
        server to decide.
    now : float
        Not asked.

    Yields
    ------
    Marked
        Each attached original, with what the recipient's name says. None where two recipients say
        different things, or none does.
    """
    message = Message(stored.raw)
    said = set()
    for address in (*message.to, *message.cc, *message.addresses(b"delivered-to")):
        local = address.local.lower()
        role = ROLES.get(local) or ROLES.get(local.rpartition("+")[2])
        if role:
            said.add(role)
    if len(said) == 1:
        label = said.pop()
        yield from (Marked(original, label) for original in originals(stored))

"""Gmail Takeout: labels in the header of each message, in the language of its owner's Gmail."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unicodedata import normalize

from classifier.labels.marks.marked import Marked
from classifier.mail import Message
from classifier.mailboxes import Stored

_FORMS = Path(__file__).with_name("gmail_labels.tsv")
"""What Gmail's own labels are called in the languages of its interface, as far as known: meaning, and the
label in lower case. A label that is not there is one of its owner's own, and says nothing."""

THREAD = b"x-gm-thrid"


def read_takeout(stored: Stored, now: float) -> Iterator[Marked]:  # noqa: ARG001  # like every reader
    """Tell what one message of a Takeout was to its owner, and to Gmail.

    Spam is spam. Of the rest what has Gmail's label "important" or a star was important, and what has
    neither was not: Gmail decides for every message it receives, corrected by its owner. What was sent, chats
    and drafts say nothing; nor does what was thrown away after it was opened, nor a message of whose labels
    none is known: they are in a language of which nothing can be said.

    Parameters
    ----------
    stored : Stored
    now : float
        Not asked.

    Yields
    ------
    Marked
        One or none.

    Source
    ------
    Google Takeout's mbox, ``X-Gmail-Labels`` (comma-separated, in quotes where a label holds a comma, as
    encoded words where it is not ASCII).
    """
    labels = gmail_labels(Message(stored.raw))
    if not labels or labels & {"sent", "draft", "chat"}:
        return
    if "spam" in labels:
        yield Marked(stored, "spam")
    elif labels & {"important", "starred"}:
        yield Marked(stored, "important")
    elif "trash" not in labels or "unread" in labels:
        yield Marked(stored, "unimportant")


def gmail_labels(message: Message) -> frozenset[str] | None:
    """Name what Gmail's own labels on a message are, in whatever language.

    Parameters
    ----------
    message : Message

    Returns
    -------
    frozenset of str or None
        Of "inbox", "archived", "spam", "important", "starred", "trash", "sent", "draft", "unread", "opened"
        and "chat"; None
        where the message has no such field and so does not come from a Takeout.
    """
    if b"x-gmail-labels" not in message.headers:
        return None
    text = message.headers.get(b"x-gmail-labels").replace("\n", " ")
    row = next(csv.reader([text], skipinitialspace=True), [])
    found = (_meanings().get(_form(each)) for each in row)
    return frozenset(each for each in found if each)


def _form(label: str) -> str:
    """Write a label as the table does; the dot that a Turkish capital leaves in lower case goes."""
    return " ".join(normalize("NFC", label).lower().replace("i\u0307", "i").split())


@cache
def _meanings() -> dict[str, str]:
    """Read what the labels mean, once."""
    with _FORMS.open(encoding="utf-8", newline="") as lines:
        return {row["label"]: row["meaning"] for row in csv.DictReader(lines, delimiter="\t")}


def gmail_thread(message: Message) -> str:
    """Return the thread that Gmail put a message in; '' where it does not say.

    Parameters
    ----------
    message : Message

    Returns
    -------
    str
        Decimal digits.
    """
    value = (message.headers.unfolded(THREAD) or "").strip()
    return value if value.isascii() and value.isdecimal() and len(value) <= 20 else ""

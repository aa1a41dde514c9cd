"""What readers did with their mail, as their mail programs noted it."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.labels.marks.marked import Marked
from classifier.labels.marks.own import by_the_reader
from classifier.mail import Message
from classifier.mail.route import read_route
from classifier.mailboxes import Stored

LIMIT_DAYS = 7
"""Mail that was not opened in so many days is unimportant: what Priority Inbox calls a time limit."""

KEYWORDS = {
    "$junk": "spam",
    "junk": "spam",
    "$spam": "spam",
    "$mdnjunk": "spam",
    "$phishing": "spam",
    "$notjunk": "ham",
    "$nonjunk": "ham",
    "notjunk": "ham",
    "nonjunk": "ham",
    "$important": "important",
    "$label1": "important",
    "$labelimportant": "important",
}
"""IMAP keyword, in lower case, to label: the IANA registry's, those of Dovecot, Apple Mail, Thunderbird and
Nextcloud. ``$label1`` is Thunderbird's first tag, "Important" unless its owner renamed it."""

ACTED = frozenset({"answered", "flagged", "passed"})


def read_flags(stored: Stored, now: float) -> Iterator[Marked]:
    """Tell what one message was to its reader.

    Junk and not-junk keywords say spam and ham; what was answered, flagged, forwarded or tagged as important
    was important; what was deleted unread, or not opened in `LIMIT_DAYS`, was not. What was read and left
    alone says nothing, and what `mailtriage mark` said says nothing either. Drafts are nobody's mail yet.

    Parameters
    ----------
    stored : Stored
        Its `flags` hold the Maildir flags and keywords, or those of Status, X-Status, X-Keywords,
        X-Mozilla-Status and X-Mozilla-Keys. Senders can write these fields too: they can be believed only in
        a mailbox whose delivery removes them, as usual ones do.
    now : float
        Seconds since 1970.

    Yields
    ------
    Marked
        One or none.

    Source
    ------
    RFC 9051 section 2.3.2 (flags); RFC 5788 and the IANA registry of IMAP and JMAP keywords; Aberdeen,
    Pacovsky and Slater 2010, "The learning behind Gmail Priority Inbox" (the time limit).
    """
    flags = stored.flags
    if "draft" in flags:
        return
    said = by_the_reader({label for keyword, label in KEYWORDS.items() if keyword in flags}, flags)
    if len(said & {"spam", "ham", "important"}) > 1 and "spam" in said:
        return  # junk and not junk at once: nobody knows what was meant last
    if said:
        yield Marked(stored, "important" if "important" in said else said.pop())
    elif flags & ACTED:
        yield Marked(stored, "important")
    elif "seen" not in flags and ("trashed" in flags or _is_old(stored, now)):
        yield Marked(stored, "unimportant")


def may_speak(flags: frozenset[str]) -> bool:
    """Tell by its flags alone whether `read_flags` may find a label on a message.

    Parameters
    ----------
    flags : frozenset of str

    Returns
    -------
    bool
        False for what was read and left alone: most mail of a full folder, which so need not be fetched.
    """
    return "draft" not in flags and ("seen" not in flags or bool(flags & ACTED or flags & KEYWORDS.keys()))


def _is_old(stored: Stored, now: float) -> bool:
    """Tell whether a message came so long ago that it would have been opened."""
    message = Message(stored.raw)
    stamp = read_route(message.headers, ()).arrived or message.date
    return stamp is not None and now - stamp.seconds > LIMIT_DAYS * 86400

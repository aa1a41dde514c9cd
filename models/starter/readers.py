"""The readers of the mailing list, and what each of them answered.

Everybody who wrote to the list reads it as well, and what he answered can be seen on it. So one list gives as
many readers as it has people who answer: what they have in common is what a starter should know.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from classifier.mail import Message

FEW = 15
"""Who answered fewer mails teaches nothing about answering."""

MOST = 20
"""Readers that are taken, who answered most first."""

ADDRESSES = 8
"""A display name with more addresses is not one person's."""

_PROGRAM = re.compile(r"bot@|lkp@|bugzilla|no-?reply")


class Reader(NamedTuple):
    """One reader of the list.

    Parameters
    ----------
    me : frozenset of str
        His addresses.
    answered : frozenset of int
        Places of the messages that he answered.
    """

    me: frozenset[str]
    answered: frozenset[int]


def more_readers(messages: Sequence[Message], taken: frozenset[str]) -> list[Reader]:
    """Find readers among those who write to a list.

    Parameters
    ----------
    messages : sequence of Message
        Of the list.
    taken : frozenset of str
        Addresses of readers that are known already.

    Returns
    -------
    list of Reader
        Who answered most first.
    """
    authors = [each.author.addr.lower() if each.author else "" for each in messages]
    home = {address: me for me in _people(messages, authors, taken) for address in me}
    place = {each.message_id.strip("<>"): at for at, each in enumerate(messages) if each.message_id}
    answered: dict[frozenset[str], set[int]] = defaultdict(set)
    for message, author in zip(messages, authors, strict=True):
        asked = place.get(message.in_reply_to[0].strip("<>")) if message.in_reply_to else None
        if asked is not None and author in home and authors[asked] not in home[author]:
            answered[home[author]].add(asked)
    often = Counter({me: len(places) for me, places in answered.items() if len(places) >= FEW})
    return [Reader(me, frozenset(answered[me])) for me, _ in often.most_common(MOST)]


def _people(messages: Sequence[Message], authors: list[str], taken: frozenset[str]) -> list[frozenset[str]]:
    """Tell people by their display names, or by their only address where they write none."""
    named: dict[str, set[str]] = defaultdict(set)
    for message, author in zip(messages, authors, strict=True):
        if message.author and author and not _PROGRAM.search(author):
            named[message.author.name.lower().strip("\"' ") or author].add(author)
    return [frozenset(each) for each in named.values() if len(each) <= ADDRESSES and not each & taken]

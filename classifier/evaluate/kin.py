"""Which messages belong together: of one sender, thread or host; and what must never stand on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.evaluate.arrival import time_of_arrival
from classifier.evaluate.near import Groups, digest_text, linked, near_duplicates, signatures

if TYPE_CHECKING:
    from classifier.mail import Message

KINDS = ("sender", "thread", "host", "time", "none")
"""How mail may be grouped."""


class Kin(NamedTuple):
    """What tells whom a message belongs to.

    Parameters
    ----------
    sender : str
        Address of the author, lower case; empty where there is none.
    thread : tuple of str
        Its own Message-ID and those it answers.
    host : str
        Where it was made.
    when : float
        Time of arrival in seconds since 1970; nan where unknown.
    text : bytes
        See `near.digest_text`.
    """

    sender: str
    thread: tuple[str, ...]
    host: str
    when: float
    text: bytes


def kin_of(message: Message) -> Kin:
    """Find out whom a message belongs to.

    Parameters
    ----------
    message : Message

    Returns
    -------
    Kin
    """
    author = message.author or message.mail_from
    sender = author.addr.lower() if author else ""
    ids = dict.fromkeys((message.message_id, *message.references, *message.in_reply_to))
    when = time_of_arrival(message.raw)
    return Kin(
        sender,
        tuple(each for each in ids if each),
        _host(message.message_id, sender),
        np.nan if when is None else when,
        digest_text(message),
    )


def _host(message_id: str, sender: str) -> str:
    """Name the host that made the identifier, in full where the sender's domain is its full name."""
    made = message_id.strip("<>").rpartition("@")[2].lower()
    domain = sender.rpartition("@")[2]
    return domain if not made or domain.partition(".")[0] == made else made


def near_groups(kin: Sequence[Kin]) -> Groups:
    """Group near-duplicates.

    Parameters
    ----------
    kin : sequence of Kin

    Returns
    -------
    ndarray of shape (n_messages,), intp
    """
    return near_duplicates(signatures([each.text for each in kin]))


def grouped(kin: Sequence[Kin], kinds: Iterable[str], near: Groups | None = None) -> Groups:
    """Group messages.

    Parameters
    ----------
    kin : sequence of Kin
    kinds : iterable of str
        Some of `KINDS`; what one of them puts together is together. ``time`` and ``none`` put nothing
        together of themselves.
    near : ndarray of shape (n_messages,), intp, optional
        Groups of near-duplicates; used where nothing else groups.

    Returns
    -------
    ndarray of shape (n_messages,), intp
        Equal numbers for messages of one group.

    Raises
    ------
    ValueError
        For an unknown kind.
    """
    wanted = set(kinds)
    if not wanted <= set(KINDS):
        raise ValueError(f"mail is grouped by {', '.join(KINDS)}, not by {', '.join(wanted - set(KINDS))}")
    names: dict[tuple[str, str], int] = {}
    pairs: list[tuple[int, int]] = []
    for at, each in enumerate(kin):
        keys: list[tuple[str, str]] = []
        keys += [("sender", each.sender)] if "sender" in wanted else []
        keys += [("host", each.host)] if "host" in wanted else []
        keys += [("thread", one) for one in each.thread] if "thread" in wanted else []
        pairs += [(at, len(kin) + names.setdefault(key, len(names))) for key in keys]
    if not pairs:
        return near if near is not None else np.arange(len(kin))
    groups = linked(len(kin) + len(names), np.array(pairs, np.intp))[: len(kin)]
    return np.unique(groups, return_inverse=True)[1].astype(np.intp)

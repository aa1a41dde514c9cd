"""Getting to know the reader's people: his sent mail, what he received, his address book."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.errors import LabelError
from classifier.mail import Message

if TYPE_CHECKING:
    from classifier.engine.triage import Classifier
    from classifier.mailboxes import Stored


@dataclass(slots=True)
class Acquaintance:
    """What was observed.

    Parameters
    ----------
    sent, received : int
        Messages of the reader, and of others.
    known : int
        Addresses that were not in his book before.
    """

    sent: int = 0
    received: int = 0
    known: int = 0


def acquaint(classifier: Classifier, mail: Iterable[tuple[Stored, float | None]]) -> Acquaintance:
    """Observe mail that came and went, in order of arrival; nothing of it is learned as a label.

    Parameters
    ----------
    classifier : Classifier
        With a memory or a profile.
    mail : iterable of (Stored, float or None)
        With the moment at which each came, in seconds since 1970.

    Returns
    -------
    Acquaintance
    """
    done = Acquaintance()
    with classifier.together():
        for stored, now in mail:
            mine = classifier.arrival(Message(stored.raw), now).is_mine
            done.sent, done.received = done.sent + mine, done.received + (not mine)
            classifier.observe(stored, now=now)
    return done


def introduce(classifier: Classifier, addresses: Iterable[str]) -> int:
    """Take in an address book.

    Parameters
    ----------
    classifier : Classifier
        With a memory or a profile.
    addresses : iterable of str

    Returns
    -------
    int
        How many were not in it before.

    Raises
    ------
    LabelError
        If nobody remembers.
    """
    parts: tuple[Any, ...] = classifier.history.recallers if classifier.history is not None else ()
    for part in parts:
        if part.part == "people":
            with classifier.together():
                known: int = part.know(addresses)
            return known
    raise LabelError("nobody remembers: an address book needs a memory or a profile")

"""Labelled mail brought into the order in which it came, whatever mailboxes it lies in."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from classifier.history import Arrival
from classifier.mail import Message

if TYPE_CHECKING:
    from classifier.signals import Site

Told = TypeVar("Told")
"""What goes with a message: its label, its number."""


def in_order_of_arrival(pairs: Iterable[tuple[Message, Told]], site: Site) -> Iterator[tuple[Message, Told]]:
    """Sort messages by the moment at which they came; those of one moment stay as they were.

    Read once and kept, compressed, in a temporary file: mailboxes may be streams, and too large for memory.

    Parameters
    ----------
    pairs : iterable of (Message, object)
    site : Site
        Whose hosts' time stamps are believed.

    Yields
    ------
    (Message, object)
    """
    with tempfile.TemporaryFile(prefix="mailtriage-") as spool:
        places: list[tuple[float, int, int, Told]] = []
        for message, label in pairs:
            packed = zlib.compress(message.raw, 1)
            places.append((Arrival(message, site).now, spool.tell(), len(packed), label))
            spool.write(packed)
        for _, start, size, label in sorted(places, key=lambda place: place[:2]):
            spool.seek(start)
            yield Message(zlib.decompress(spool.read(size))), label

"""When messages came, and mail put in that order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from statistics import median_low
from typing import NamedTuple

from classifier.mail import Message
from classifier.mail.received import parse_received
from classifier.mailboxes import Stored

REACH = 3
"""A time of arrival is looked at beside those of so many neighbours before and behind it."""


class Turn(NamedTuple):
    """A message whose turn it is to be judged.

    Parameters
    ----------
    position : int
        In order of arrival, from 0.
    stored : Stored
    gold : str
        What a human says of it: ``spam``, ``ham``, ``important`` or ``unimportant``.
    when : float or None
        When it came, in seconds since 1970; None where no message around it tells.
    """

    position: int
    stored: Stored
    gold: str
    when: float | None


def time_of_arrival(raw: bytes) -> float | None:
    """Tell when a message came.

    Parameters
    ----------
    raw : bytes

    Returns
    -------
    float or None
        In seconds since 1970, from the topmost Received field, written by the host that took the message in
        last; without one from Date, which may lie.

    Source
    ------
    RFC 5321 section 4.4 (each host writes its trace on top), RFC 5322 section 3.6.1 (Date).
    """
    message = Message(raw)
    trace = message.headers.raw(b"received")
    stamp = parse_received(trace).time if trace is not None else None
    stamp = stamp or message.date
    return stamp.seconds if stamp else None


def as_stored(mail: Iterable[tuple[Stored, str]]) -> Iterator[Turn]:
    """Take labelled mail in the order in which it is stored, as it streams.

    Parameters
    ----------
    mail : iterable of (Stored, str)

    Yields
    ------
    Turn
        Its time is the median of those around it, so that clocks which lie do not move it.
    """
    window: deque[tuple[Stored, str, float | None]] = deque()
    arriving = ((stored, gold, time_of_arrival(stored.raw)) for stored, gold in mail)
    position = 0
    for one in arriving:
        window.append(one)
        if len(window) > 2 * REACH + 1:
            window.popleft()
        if len(window) > REACH:
            at = len(window) - 1 - REACH
            yield _turn(position, window, at)
            position += 1
    for at in range(max(0, len(window) - REACH), len(window)):
        yield _turn(position, window, at)
        position += 1


def _turn(position: int, window: deque[tuple[Stored, str, float | None]], at: int) -> Turn:
    """Give the message in the middle of a window its turn."""
    reach = min(at, len(window) - 1 - at) or 1
    near = [window[each][2] for each in range(max(0, at - reach), min(len(window), at + reach + 1))]
    known = [time for time in near if time is not None]
    stored, gold, _ = window[at]
    return Turn(position, stored, gold, median_low(known) if known else None)


def by_arrival(
    mail: Iterable[tuple[Stored, str]], get: Callable[[str, str], Stored]
) -> tuple[int, Iterator[Turn]]:
    """Take labelled mail in order of arrival: read once for the times, then once more message by message.

    Parameters
    ----------
    mail : iterable of (Stored, str)
    get : callable
        Fetches a message again by mailbox and key.

    Returns
    -------
    count : int
        Messages in all.
    turns : iterator of Turn
        A message that does not tell its time stays behind the one it is stored behind.
    """
    entries: list[tuple[float, int, str, str, str]] = []
    last = float("-inf")
    for number, (stored, gold) in enumerate(mail):
        when = time_of_arrival(stored.raw)
        last = last if when is None else when
        entries.append((last, number, stored.mailbox, stored.key, gold))
    entries.sort()
    return len(entries), (
        Turn(position, get(mailbox, key), gold, when if when > float("-inf") else None)
        for position, (when, _, mailbox, key, gold) in enumerate(entries)
    )

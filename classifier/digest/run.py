"""Mailboxes to a digest: read side by side in order of arrival, judged and remembered one by one."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING

from classifier.digest.collect import Collector
from classifier.digest.moments import is_believed
from classifier.engine.batches import BATCH
from classifier.mail import Message
from classifier.rootmail.record import Record, read_job

if TYPE_CHECKING:
    from classifier.digest.parts import Digest
    from classifier.engine import Classifier
    from classifier.history import Memory
    from classifier.mailboxes import Mailbox, Stored

    Dated = tuple[float, Stored]


def make_digest(
    classifier: Classifier,
    memory: Memory,
    mailboxes: Sequence[Mailbox],
    *,
    since: float = -math.inf,
    now: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Digest:
    """Read mailboxes and make a digest of what came since a moment.

    Mail from before that moment is read for what is usual, and not shown.

    Parameters
    ----------
    classifier : Classifier
        With a history on `memory`.
    memory : Memory
    mailboxes : sequence of Mailbox
        Each more or less in order of arrival.
    since : float, default minus infinity
        Seconds since 1970.
    now : float, optional
        Until when, in seconds since 1970: what came later is left out. By default when the last mail came.
    progress : callable, optional
        Called with the number of mails read so far.

    Returns
    -------
    Digest
    """
    collector = Collector(since)
    read = 0
    until = math.inf if now is None else now
    for batch in _batches(each for each in _in_order(classifier, mailboxes) if each[0] <= until):
        for shown, dated in groupby(batch, key=lambda each: each[0] >= since):
            _take(classifier, collector, list(dated), shown)
        read += len(batch)
        if progress:
            progress(read)
    return collector.digest(job_records(memory), now)


def _take(classifier: Classifier, collector: Collector, dated: list[Dated], shown: bool) -> None:
    """Judge and remember mail; what is not shown is only remembered, which is much faster."""
    if not shown:
        for when, stored in dated:
            classifier.observe(stored, now=when)
            collector.pass_over(when)
        return
    nows = [when for when, _ in dated]
    verdicts = classifier.judge([stored for _, stored in dated], nows, observe=True)
    for verdict, when in zip(verdicts, nows, strict=True):
        collector.add(verdict, when)


def observe_mail(
    classifier: Classifier,
    mailboxes: Sequence[Mailbox],
    *,
    until: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Let all mail of some mailboxes enter the history, in order of arrival, without judging it.

    Parameters
    ----------
    classifier : Classifier
        With a history.
    mailboxes : sequence of Mailbox
    until : float, optional
        Seconds since 1970; mail that came later is left out.
    progress : callable, optional
        Called with the number of mails read so far.

    Returns
    -------
    int
        How many mails were read.
    """
    read = 0
    for when, stored in _in_order(classifier, mailboxes):
        if until is None or when <= until:
            classifier.observe(stored, now=when)
            read += 1
            if progress:
                progress(read)
    return read


def job_records(memory: Memory) -> Iterator[Record]:
    """Read what is remembered of all jobs of our own hosts.

    Parameters
    ----------
    memory : Memory

    Yields
    ------
    Record
    """
    for _, value in memory.items("job"):
        record = read_job(value)
        if " via " not in record.host:  # what a stranger handed in is no job of ours
            yield record


def _in_order(classifier: Classifier, mailboxes: Sequence[Mailbox]) -> Iterator[Dated]:
    """Read mailboxes side by side, each mail with when it came."""
    side_by_side = (_dated(classifier, mailbox) for mailbox in mailboxes)
    for _, dated in heapq.merge(*side_by_side, key=lambda each: each[0]):
        yield dated


def _dated(classifier: Classifier, mailbox: Mailbox) -> Iterator[tuple[float, Dated]]:
    """Read when each message came, and by which moment it is merged with other mailboxes' mail.

    A mail from the future, where a clock was wrong, is merged as if it had come with the one before it: else
    all behind it would wait for the other mailboxes to end.
    """
    merged = 0.0
    for stored in mailbox:
        when = classifier.arrival(Message(stored.raw), None).now
        merged = when if is_believed(when) else merged
        yield merged, (when, stored)


def _batches(stream: Iterable[Dated]) -> Iterator[list[Dated]]:
    """Cut a stream into lists."""
    whole = iter(stream)
    while batch := list(islice(whole, BATCH)):
        yield batch

"""Labelled mailboxes to rows: pieces of all sources in turn, hashed here or in several processes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classifier.engine.triage import Classifier
from classifier.errors import MailtriageError, TrainingError
from classifier.features import BlockRows, Extractor, Rows, Schema
from classifier.features.schema import OBSERVED
from classifier.mail import Message
from classifier.mailboxes import Mailbox, Problem, Stored, read_span
from classifier.signals import Facts, Site

if TYPE_CHECKING:
    from classifier.mailboxes.base import Part

Source = tuple[str, Iterable[Stored]]
"""A label, and the mail that has it."""

PIECE = 256
"""Messages of a piece, where the mailbox does not say itself how to cut it."""

WAITING = 4
"""Pieces handed to each worker ahead of the one whose rows are being taken."""

PIECE_BYTES = 1 << 20
"""Of a piece, where a mailbox is cut by bytes."""

_MAIL_BYTES = 6000
"""Of an ordinary mail, where sources of which only the bytes are known are mixed with counted ones."""


class Lesson(NamedTuple):
    """A piece of mail, hashed.

    Parameters
    ----------
    label : str
    mailboxes : tuple of str
        Where each message lies.
    digests : tuple of bytes
        SHA-256 of each message.
    size : int
        Bytes of all.
    rows : Rows, optional
        None of a piece that was only looked at.
    """

    label: str
    mailboxes: tuple[str, ...]
    digests: tuple[bytes, ...]
    size: int
    rows: Rows | None


def harvest(
    sources: Sequence[Source],
    schema: Schema,
    site: Site | None,
    *,
    jobs: int = 1,
    known: int = 0,
    every: int = 1,
) -> Iterator[Lesson]:
    """Hash labelled mail.

    Blocks that are learned one after the other should each look like all of the mail. So the sources take
    turns, each in proportion to its size; the order is the same whatever the number of jobs.

    Parameters
    ----------
    sources : sequence of (label, iterable of Stored)
    schema : Schema
    site : Site, optional
    jobs : int, default 1
        Processes.
    known : int, default 0
        Pieces that were hashed before: they are only looked at, so that a change shows in their digests.
    every : int, default 1
        Signals are computed for one message in so many; for the others they are left empty.

    Yields
    ------
    Lesson

    Raises
    ------
    TrainingError
        If a source holds no message.
    MailtriageError
        If a worker dies.
    """
    work = ((*piece, at < known) for at, piece in enumerate(_pieces(sources)))
    setting = (schema, site, every)
    found = [0] * len(sources)
    for number, (lesson, problems) in _hashed(setting, work, jobs):
        source = sources[number][1]
        if isinstance(source, Mailbox):
            source.problems.extend(problems)
        found[number] += len(lesson.digests)
        yield lesson
    for (label, source), messages in zip(sources, found, strict=True):
        if not messages:
            raise TrainingError(f"{getattr(source, 'path', 'a source')}: no message to learn as {label}")


def total_bytes(sources: Sequence[Source]) -> int:
    """Say how many bytes of mail there are, about; 0 where that is not known of all.

    Parameters
    ----------
    sources : sequence of (label, iterable of Stored)

    Returns
    -------
    int
    """
    sizes = [_bytes(source) for _, source in sources]
    return sum(sizes) if all(sizes) else 0


def _pieces(sources: Sequence[Source]) -> Iterator[tuple[int, str, Part | list[Stored]]]:
    """Cut all sources into pieces, the sources taking turns."""
    shares = [max(1.0, _bytes(source) / _MAIL_BYTES or _count(source)) for _, source in sources]
    streams = [_cut(source) for _, source in sources]
    taken = [0.0] * len(sources)
    running = set(range(len(sources)))
    while running:
        at = min(running, key=lambda each: (taken[each] / shares[each], each))
        piece = next(streams[at], None)
        if piece is None:
            running.remove(at)
            continue
        taken[at] += len(piece) if hasattr(piece, "__len__") else PIECE_BYTES / _MAIL_BYTES
        yield at, sources[at][0], piece


def _cut(source: Iterable[Stored]) -> Iterator[Any]:
    if isinstance(source, Mailbox):
        source.problems.clear()
        yield from source.parts(PIECE_BYTES)
        return
    stream = iter(source)
    while piece := list(islice(stream, PIECE)):
        yield piece


def _bytes(source: Iterable[Stored]) -> int:
    """Say how large the files of a mailbox are; 0 where there are none."""
    path = getattr(source, "path", "")
    try:
        if os.path.isdir(path):
            return sum(
                os.path.getsize(os.path.join(folder, name))
                for folder, _, names in os.walk(path)
                for name in names
            )
        return os.path.getsize(path) if path else 0
    except OSError:
        return 0


def _count(source: Iterable[Stored]) -> int:
    try:
        return len(source)  # type: ignore[arg-type]
    except TypeError:
        return PIECE


Setting = tuple[Schema, Site | None, int]
Result = tuple[int, tuple[Lesson, list[Problem]]]


def _hashed(setting: Setting, work: Iterable[tuple[int, str, Any, bool]], jobs: int) -> Iterator[Result]:
    """Hash pieces, here or in workers, and give them in order."""
    pool = _pool(jobs) if jobs > 1 else None
    if pool is None:
        for number, *piece in work:
            yield number, _hash(setting, *piece)
        return
    under_way: deque[tuple[int, Any]] = deque()
    try:
        for number, *piece in work:
            under_way.append((number, pool.submit(_hash, setting, *piece)))
            if len(under_way) > WAITING * jobs:
                first, future = under_way.popleft()
                yield first, future.result()
        while under_way:
            first, future = under_way.popleft()
            yield first, future.result()
    except BrokenProcessPool:
        raise MailtriageError(
            "a worker process died (killed, or out of memory) while mail was hashed"
        ) from None
    finally:
        for _, future in under_way:
            future.cancel()
        pool.shutdown()


def _pool(jobs: int) -> Any:
    """Start workers; None where the system has no semaphores (no /dev/shm), of which joblib warns."""
    from joblib.externals.loky import ProcessPoolExecutor

    try:
        return ProcessPoolExecutor(max_workers=jobs, initializer=_end_with, initargs=(os.getpid(),))
    except OSError:
        return None


def _end_with(parent: int) -> None:
    """Let a worker end soon after a parent that was killed; the pool's own would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@lru_cache(maxsize=1)
def _reader(setting: Setting) -> Classifier:
    """Open what hashes once in a process."""
    schema, site, every = setting
    if every > 1:
        schema = schema.only(set(schema.views) - set(OBSERVED))
    return Classifier(schema=schema, site=site)


@lru_cache(maxsize=1)
def _observing(schema: Schema) -> Extractor:
    """Open what computes signals alone."""
    return Extractor(schema.only(("signals",)))


def _sampled(setting: Setting, rows: Rows, facts: list[Facts]) -> Rows:
    """Add the signals of some of the messages."""
    schema, _, every = setting
    some = _observing(schema).rows(facts[::every]).blocks[0]
    counts = np.zeros(len(rows), np.int64)
    counts[::every] = some.counts
    return Rows(schema, (BlockRows(some.columns, counts), *rows.blocks[1:]))


def _hash(setting: Setting, label: str, piece: Any, known: bool) -> tuple[Lesson, list[Problem]]:
    """Hash one piece; of one that is known, only find out what is in it."""
    problems: list[Problem] = []
    mails: list[Stored] = list(piece if isinstance(piece, list) else read_span(piece, problems))
    rows = None
    if not known:
        reader = _reader(setting)
        facts = reader.facts([Message(stored.raw) for stored in mails])
        rows = reader.extractor.rows(facts)
        if setting[2] > 1:
            rows = _sampled(setting, rows, facts)
    names = tuple(stored.mailbox.rpartition("/")[2] for stored in mails)
    digests = tuple(sha256(stored.raw).digest() for stored in mails)
    return Lesson(label, names, digests, sum(len(stored.raw) for stored in mails), rows), problems

"""One part of a mailbox judged by whoever got it: what is asked, and what comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from classifier import __version__
from classifier.engine.copies import Setting, unpacked
from classifier.mailboxes import Part, Problem, read_span
from classifier.output.folder import Folder


@dataclass(frozen=True, slots=True)
class Task:
    """One part, and what is wanted of it.

    Parameters
    ----------
    number : int
        In the order of the mailboxes.
    part : Part
    setting : Setting
        What the classifier is opened with.
    explain : int
        Clues a message.
    folder : Folder, optional
        Where its Parquet file goes; without, jsonl comes home.
    """

    number: int
    part: Part
    setting: Setting
    explain: int = 0
    folder: Folder | None = None

    @property
    def mark(self) -> str:
        """What the answer depends on, as a hash."""
        site = self.setting.site
        who = [
            sorted(site.me),
            sorted(site.my_domains),
            site.trusted_hosts,
            sorted(site.authserv_ids),
            site.direction,
            site.guessed,
        ]
        setting = self.setting
        how = [setting.model, setting.dns, setting.view, setting.allow_local_spam, self.explain, __version__]
        return hashlib.sha256(repr([self.part.mark(), who, how]).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a part.

    Parameters
    ----------
    count : int
        Messages judged.
    problems : list of Problem
        What could not be read.
    lines : bytes
        jsonl, compressed by zstd; b"" where a file was written.
    lost : bool
        Whether nothing of the part could be judged.
    """

    count: int
    problems: list[Problem] = field(default_factory=list)
    lines: bytes = b""
    lost: bool = False


def judge_part(model: bytes, task: Task) -> Answer:
    """Judge a part, in a worker.

    Parameters
    ----------
    model : bytes
    task : Task

    Returns
    -------
    Answer
    """
    classifier = unpacked(model, task.setting)
    problems: list[Problem] = []
    batches = classifier.judged_many(read_span(task.part, problems), explain=task.explain)
    if task.folder is not None:
        return Answer(task.folder.write(task.number, task.mark, batches, problems), problems)
    import zstandard

    from classifier.output.lines import jsonl

    packer, pieces, count = zstandard.ZstdCompressor(level=1).compressobj(), [], 0
    for judged in batches:
        pieces.append(packer.compress(jsonl(judged)))
        count += len(judged)
    return Answer(count, problems, b"".join([*pieces, packer.flush()]))


def unpacked_lines(lines: bytes) -> Iterator[bytes]:
    """Unpack the lines of an answer, some at a time.

    Parameters
    ----------
    lines : bytes

    Yields
    ------
    bytes
    """
    import zstandard

    yield from zstandard.ZstdDecompressor().read_to_iter(lines)

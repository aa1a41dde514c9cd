"""Mail read to be learned: in memory while it fits, then into a folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classifier.engine.harvest import Lesson, Source, harvest, total_bytes
from classifier.features.extractor import joined_rows

if TYPE_CHECKING:
    from classifier.engine.ledger import Ledger
    from classifier.features import Rows, Schema
    from classifier.signals import Site
    from classifier.store import Model
    from classifier.training.spill import Spill

IN_MEMORY = 24_000_000
"""Set columns that are learned in memory, some 12,000 messages: at 40 bytes each, less than a gigabyte."""


class Spilling(NamedTuple):
    """Where hashed mail is kept while it is learned, if it is to outlive the process.

    Parameters
    ----------
    folder : Path
        Made if it is not there; its content is removed when the model is whole.
    inputs : dict
        JSON that changes with the mail and the options that decide the model.
    resume : bool, default False
        Whether to go on with what is in it.
    """

    folder: Path
    inputs: Mapping[str, Any]
    resume: bool = False


class Lessons:
    """Reads all sources once and learns.

    Parameters
    ----------
    sources : sequence of (label, iterable of Stored)
    schema : Schema
    site : Site
    ledger : Ledger
        Takes note.
    jobs : int
    watch : callable
        Told how far it is.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        schema: Schema,
        site: Site,
        ledger: Ledger,
        *,
        jobs: int,
        watch: Callable[[str, int, int], None],
    ) -> None:
        self._sources, self._schema, self._site, self._jobs = sources, schema, site, jobs
        self._ledger, self._watch = ledger, watch
        self._pieces = self._bytes = 0
        self._waiting: list[Lesson] = []
        self._total = total_bytes(sources)

    def learn(self, seed: int, place: Spilling | None) -> Model:
        """Read and learn.

        Parameters
        ----------
        seed : int
        place : Spilling, optional

        Returns
        -------
        Model
        """
        from classifier.training import train_rows  # only who trains waits for it
        from classifier.training.streaming import train_spilled

        with ExitStack() as stack:
            spill = self._spill(place.folder, place.inputs, resume=place.resume) if place else None
            set_columns = 0
            for lesson in harvest(
                self._sources, self._schema, self._site, jobs=self._jobs, skip=self._pieces
            ):
                self._take(lesson)
                set_columns += sum(len(block.columns) for block in lesson.rows.blocks)
                if spill is None and set_columns > IN_MEMORY:
                    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mailtriage-train-"))
                    spill = self._spill(Path(folder), {}, resume=False)
                if spill is not None:
                    self._empty(spill, all_of_it=False)
            if spill is None:
                rows, labels = self._gathered()
                self._watch("learning", 0, 0)
                return train_rows(rows, labels, seed=seed, jobs=self._jobs)
            self._empty(spill, all_of_it=True)
            model = train_spilled(spill, seed=seed, watch=self._watch)
        if place:
            shutil.rmtree(place.folder)
        return model

    def _spill(self, folder: Path, inputs: Mapping[str, Any], *, resume: bool) -> Spill:
        """Open a folder, and go on behind what is in it."""
        from classifier.training.spill import Spill

        spill = Spill(folder, self._schema, inputs, resume=resume)
        if spill.last:
            self._ledger.take_up(spill.last["read"])
            self._pieces, self._bytes = spill.last["pieces"], spill.last["bytes"]
        return spill

    def _take(self, lesson: Lesson) -> None:
        self._ledger.note(lesson.label, lesson.mailboxes, lesson.digests)
        self._waiting.append(lesson)
        self._pieces += 1
        self._bytes += lesson.size
        done = self._ledger.read_so_far
        self._watch(
            "reading", done, round(done * max(1, self._total / max(1, self._bytes))) if self._total else 0
        )

    def _empty(self, spill: Spill, *, all_of_it: bool) -> None:
        """Write what waits, where it is enough for a block."""
        from classifier.training.spill import BLOCK_ROWS, LABELS, Block

        if not self._waiting or (
            sum(len(each.rows) for each in self._waiting) < BLOCK_ROWS and not all_of_it
        ):
            return
        rows, labels = self._gathered()
        codes = np.array([LABELS.index(label) for label in labels], np.uint8)
        read = self._ledger.entries()
        starts = range(0, len(labels), BLOCK_ROWS)
        note = {"pieces": self._pieces, "bytes": self._bytes, "read": read}
        for at in starts:
            some = np.arange(at, min(at + BLOCK_ROWS, len(labels)))
            spill.add(Block(rows.take(some), codes[some]), note if at == starts[-1] else None)

    def _gathered(self) -> tuple[Rows, list[str]]:
        """Lay end to end what waits."""
        rows = joined_rows(self._schema, [each.rows for each in self._waiting])
        labels = [each.label for each in self._waiting for _ in each.digests]
        self._waiting = []
        return rows, labels

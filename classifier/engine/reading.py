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
from classifier.errors import TrainingError
from classifier.features.extractor import joined_rows
from classifier.mailboxes import Mailbox

if TYPE_CHECKING:
    from classifier.engine.ledger import Ledger
    from classifier.features import Rows, Schema
    from classifier.signals import Site
    from classifier.store import Model
    from classifier.training.spill import Spill

IN_MEMORY = 24_000_000
"""Set columns that are learned in memory, some 12,000 messages: at 40 bytes each, less than a gigabyte."""


EVERY = 8
"""Signals are tried on one message in so many."""

TRIAL_BYTES = 8_000_000
"""Mail of less than so many bytes has its signals computed at once: a sample of it would say too little."""


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
    thorough : bool, default False
        Whether signals are kept however much longer judging takes by them.
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
        thorough: bool = False,
    ) -> None:
        self._sources, self._schema, self._site, self._jobs = sources, schema, site, jobs
        self._ledger, self._watch = ledger, watch
        self._pieces = self._bytes = 0
        self._waiting: list[Lesson] = []
        self._left_out: dict[str, str] = {}
        self._total = total_bytes(sources)
        self._thorough = thorough

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
        model = self._tried(seed) if place is None and self._can_try() else None
        return model or self._read(seed, place)

    def _can_try(self) -> bool:
        """Tell whether mail can be read twice, is more than a little, and nobody asks for signals anyway."""
        labels = {label for label, _ in self._sources}
        return (
            not self._thorough
            and labels <= {"spam", "ham"}
            and "signals" in self._schema.views
            and not {"header", "body"}.isdisjoint(self._schema.views)
            and all(isinstance(source, Mailbox) for _, source in self._sources)
            and self._total >= TRIAL_BYTES
        )

    def _tried(self, seed: int) -> Model | None:
        """Learn without signals where a sample says that they would not pay; else forget what was read."""
        from classifier.training.trial import train_on_trial, without_signals

        set_columns, fits = 0, True
        for lesson in harvest(self._sources, self._schema, self._site, jobs=self._jobs, every=EVERY):
            set_columns += self._take(lesson)
            if not (fits := set_columns <= IN_MEMORY):
                break
        rows, labels = self._gathered()
        self._watch("learning", 0, 0)
        if len(set(labels)) < 2:
            self._forget()
            return None
        model, trial = train_on_trial(rows, labels, seed=seed, jobs=self._jobs)
        if model is not None and fits:
            return model
        self._forget()
        if model is not None and trial is not None:
            self._schema, self._left_out = without_signals(rows).schema, {"signals": trial.told}
        return None

    def _forget(self) -> None:
        self._ledger.forget()
        self._pieces = self._bytes = 0

    def _read(self, seed: int, place: Spilling | None) -> Model:
        """Read everything and learn."""
        from classifier.training.spill import Spill  # only who trains waits for it

        with ExitStack() as stack:
            spill = None
            if place:
                spill = Spill(place.folder, self._schema, place.inputs, resume=place.resume)
            known = spill.last["pieces"] if spill and spill.last else 0
            set_columns = 0
            for lesson in harvest(self._sources, self._schema, self._site, jobs=self._jobs, known=known):
                set_columns += self._take(lesson)
                if spill is None and set_columns > IN_MEMORY:
                    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mailtriage-train-"))
                    spill = Spill(Path(folder), self._schema, {}, resume=False)
                if spill is not None and self._pieces == known:
                    self._compare(spill)
                elif spill is not None:
                    self._empty(spill, all_of_it=False)
            if spill is not None:
                if self._pieces < known:
                    self._compare(spill)
                self._empty(spill, all_of_it=True)
                spill.close()
            model = self._learned(spill, seed)
        if place:
            shutil.rmtree(place.folder)
        model.card["training"]["left_out"].update(self._left_out)
        return model

    def _learned(self, spill: Spill | None, seed: int) -> Model:
        """Learn from blocks; in memory where there is room, as if they had never been written."""
        from classifier.training import train_rows
        from classifier.training.streaming import train_spilled

        if spill is not None and spill.set_columns > IN_MEMORY:
            return train_spilled(spill, seed=seed, watch=self._watch, thorough=self._thorough)
        rows, labels = self._gathered() if spill is None else spill.everything()
        self._watch("learning", 0, 0)
        return train_rows(rows, labels, seed=seed, jobs=self._jobs, thorough=self._thorough)

    def _compare(self, spill: Spill) -> None:
        """Refuse to go on where mail is not what was hashed."""
        before = spill.last["read"] if spill.last else []
        if before == (now := self._ledger.entries()):
            return
        changed = sorted({each["mailbox"] for each in before if each not in now} or {"the order of mail"})
        raise TrainingError(
            f"{spill.folder}: {', '.join(changed)} changed since it was hashed: begin anew elsewhere"
        )

    def _take(self, lesson: Lesson) -> int:
        """Take a piece; returns how many columns it sets."""
        self._ledger.note(lesson.label, lesson.mailboxes, lesson.digests)
        self._pieces += 1
        self._bytes += lesson.size
        done = self._ledger.read_so_far
        phase = "reading" if lesson.rows else "comparing with what was hashed"
        self._watch(
            phase, done, round(done * max(1, self._total / max(1, self._bytes))) if self._total else 0
        )
        if lesson.rows is None:
            return 0
        self._waiting.append(lesson)
        return sum(len(block.columns) for block in lesson.rows.blocks)

    def _empty(self, spill: Spill, *, all_of_it: bool) -> None:
        """Write what waits, where it is enough for a block."""
        from classifier.training.spill import BLOCK_ROWS, LABELS, Block

        waiting = sum(len(each.digests) for each in self._waiting)
        if not waiting or (waiting < BLOCK_ROWS and not all_of_it):
            return
        rows, labels = self._gathered()
        codes = np.array([LABELS.index(label) for label in labels], np.uint8)
        read = self._ledger.entries()
        starts = range(0, len(labels), BLOCK_ROWS)
        note = {"pieces": self._pieces, "read": read}
        for at in starts:
            some = np.arange(at, min(at + BLOCK_ROWS, len(labels)))
            spill.add(Block(rows.take(some), codes[some]), note if at == starts[-1] else None)

    def _gathered(self) -> tuple[Rows, list[str]]:
        """Lay end to end what waits."""
        rows = joined_rows(self._schema, [each.rows for each in self._waiting if each.rows is not None])
        labels = [each.label for each in self._waiting for _ in each.digests]
        self._waiting = []
        return rows, labels

"""What the user taught, applied to one model: in memory as in the profile, whoever wrote there last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from classifier.features import Rows, Schema
from classifier.learners import Tables
from classifier.learners.online import Corrections
from classifier.learners.online.sums import Sums
from classifier.profile.file import ProfileFile
from classifier.profile.journal import BEHAVIOUR, Change, Journal, Origin
from classifier.profile.kept import Kept

SELDOM = 64
"""Changes after which the sums are kept anew, at least: reading one correction takes half a millisecond,
keeping the sums of a thousand some fifty."""


class Taught:
    """Corrections of one schema, kept in step with a profile that other programs write to as well.

    Parameters
    ----------
    file : ProfileFile
    key : bytes
    schema : Schema
    learned : mapping of str to ndarray
        What the model file itself has learned, see `Corrections.to_arrays`; the profile goes before it.
    """

    def __init__(
        self, file: ProfileFile, key: bytes, schema: Schema, learned: Mapping[str, NDArray[Any]]
    ) -> None:
        self.journal = Journal(file, key, schema)
        self._file, self._learned = file, learned
        self._base = Corrections.from_arrays(schema, learned).learned
        self._corrections: Corrections | None = None
        self._looked = (-1, -1, -1)  # the version of the data that was read last
        self._epoch = (-1, -1)
        self._stamp = self._summed = 0

    def current(self) -> Corrections:
        """Return what counts now.

        Returns
        -------
        Corrections
            Always the same object until something has been undone; not to be changed by others.

        Raises
        ------
        ProfileError
            If the file is damaged.
        """
        looked = self._file.version_of_data()
        if self._corrections is not None and looked == self._looked:
            return self._corrections
        self._file.check_key()
        epoch, stamp = self.journal.marks()
        after: int | None = self._stamp
        if self._corrections is None or self._epoch != (epoch, self._file.voids):
            self._corrections, after = self._begin(epoch)
        for change in self.journal.changes(after) if after != stamp else ():
            self._apply(self._corrections, change)
        self._looked, self._epoch, self._stamp = looked, (epoch, self._file.voids), stamp
        return self._corrections

    def _begin(self, epoch: int) -> tuple[Corrections, int | None]:
        """Begin with what was added up last, if it is there; return up to which stamp that goes."""
        if not self._base:
            found = self.journal.sums(epoch)
            if found is not None:
                self._summed, kept, sums = found
                return Corrections.resumed(self.journal.schema, kept, kept.labels(), sums), self._summed
            self._summed = 0
            schema = self.journal.schema
            return Corrections.resumed(schema, self.journal.kept(), (), Sums(schema)), None
        self._summed = 0
        return Corrections.from_arrays(self.journal.schema, self._learned), None

    def _add_up(self, corrections: Corrections) -> None:
        """Keep the sums now and then, the seldomer the more there is, for those who start later."""
        if not self._base and self._stamp - self._summed >= max(SELDOM, len(corrections) // 8):
            self.journal.keep_sums(corrections.sums, self._epoch[0], self._stamp)
            self._summed = self._stamp

    def label_of(self, fingerprint: bytes) -> str | None:
        """Say as what a message was learned, without reading what it taught.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        str or None
            None for a message that was not.
        """
        learned = self.current().learned
        if isinstance(learned, Kept):
            return learned.label_of(fingerprint)
        correction = learned.get(fingerprint)
        return None if correction is None else correction.label

    def learn(self, fingerprint: bytes, label: str, rows: Rows, tables: Tables, *, origin: Origin) -> bool:
        """Learn one message in one transaction.

        Parameters
        ----------
        fingerprint : bytes
        label : str
            Key of `TEACHES`.
        rows : Rows
            One row.
        tables : Tables
            What is corrected.
        origin : Origin

        Returns
        -------
        bool
            Whether it was new; the same label again changes nothing, another replaces the first.

        Raises
        ------
        LabelError
            For a label that is none.
        ProfileNotWritten
            If it cannot be kept; then it is not learned.
        """
        with self._file.writing():
            corrections = self.current()
            before = corrections.learned.get(fingerprint)
            if before is not None and (before.label == label or self._outweighed(fingerprint, origin)):
                return False
            correction = corrections.weigh(label, rows, tables, instead=before)
            self._stamp = self.journal.add(fingerprint, correction, origin)
            self._apply(corrections, Change(fingerprint, False, correction, self.journal.row_of(fingerprint)))
            self._add_up(corrections)
        return True

    def _outweighed(self, fingerprint: bytes, origin: Origin) -> bool:
        """Whether behaviour suggests something where the user has spoken."""
        return origin.source == BEHAVIOUR and self.journal.source_of(fingerprint) != BEHAVIOUR

    def unlearn(self, fingerprint: bytes, *, origin: Origin) -> bool:
        """Take back what a message taught, in one transaction.

        Parameters
        ----------
        fingerprint : bytes
        origin : Origin

        Returns
        -------
        bool
            Whether it had been learned, for this model or another.

        Raises
        ------
        ProfileNotWritten
            If that cannot be kept; then it stays learned.
        """
        with self._file.writing():
            corrections = self.current()
            known = fingerprint in corrections.learned
            ended, self._stamp = self.journal.end(fingerprint, origin.said)
            if fingerprint in self._base:
                self._stamp = self.journal.add(fingerprint, self.journal.nothing(), origin)
            corrections.unlearn(fingerprint)
            self._add_up(corrections)
        return known or ended > 0

    def _apply(self, corrections: Corrections, change: Change) -> None:
        """Let one change count in memory."""
        corrections.unlearn(change.fingerprint)
        if change.ended:
            if change.fingerprint in self._base:
                corrections.keep(change.fingerprint, self._base[change.fingerprint])
        elif change.correction is not None:
            corrections.keep(change.fingerprint, change.correction)
            if isinstance(corrections.learned, Kept):
                corrections.learned.settle(change.fingerprint, change.number)

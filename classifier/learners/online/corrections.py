"""All corrections of a classifier: learned, unlearned, joined with the trained model, kept in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.errors import LabelError
from classifier.features import Rows, Schema
from classifier.learners.online.arrays import corrections_of, to_arrays
from classifier.learners.online.correction import TEACHES, UNIT, Correction, Lesson
from classifier.learners.online.pace import PACES, Pace
from classifier.learners.online.reading import BAYES, LINEAR, Reader, squash
from classifier.learners.online.sums import SPREAD, Sums
from classifier.learners.online.teaching import Case, rarer, teach
from classifier.learners.tables import Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Corrections:
    """All corrections of a classifier, by fingerprint of the message.

    Each question has a linear learner over all blocks, whose columns each have a rate of their own, and
    Bayes counts of each block. Their scores and the trained model's are joined by weights that are learned
    too, from scores made before a message is learned. For one message all of it is linear in the columns,
    so explanations stay exact; see `weights_in`.

    Parameters
    ----------
    schema : Schema
    paces : tuple of Pace, default `PACES`
        Settings of each question.

    Attributes
    ----------
    learned : mutable mapping of bytes to Correction
        In the order of learning.
    labels : Counter of str
        How many were learned with each label.

    Source
    ------
    Adaptive rates: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and
    stochastic optimization", JMLR 12. Learning until a margin holds: Sculley and Wachman 2007, "Relaxed
    online SVMs for spam filtering". Joining filters by logistic regression: Lynam, Cormack and Cheriton
    2006, "On-line spam filter fusion".
    """

    def __init__(self, schema: Schema, paces: tuple[Pace, Pace] = PACES) -> None:
        self.schema = schema
        self.paces = paces
        self.learned: MutableMapping[bytes, Correction] = {}
        self.labels = Counter[str]()
        self.sums = Sums(schema)
        self._reader = Reader(schema, self.sums, paces)

    @classmethod
    def resumed(
        cls, schema: Schema, learned: MutableMapping[bytes, Correction], labels: Iterable[str], sums: Sums
    ) -> Corrections:
        """Go on with corrections that were added up before.

        Parameters
        ----------
        schema : Schema
        learned : mutable mapping of bytes to Correction
        labels : iterable of str
            Of each of them.
        sums : Sums
            Over exactly these.

        Returns
        -------
        Corrections
        """
        corrections = cls(schema)
        corrections.learned, corrections.labels, corrections.sums = learned, Counter(labels), sums
        corrections._reader = Reader(schema, sums, corrections.paces)
        return corrections

    def __len__(self) -> int:
        return len(self.learned)

    def score(self, rows: Rows, tables: Tables) -> NDArray[np.float64]:
        """Score messages by the trained model and all that was learned since.

        Parameters
        ----------
        rows : Rows
        tables : Tables
            The trained model.

        Returns
        -------
        ndarray of shape (n_rows, 2), float64
            Natural-log odds of both questions.
        """
        given = tables.score(rows)
        return self._joined(self._parts(rows, given)) if self.learned else given

    def _parts(self, rows: Rows, given: NDArray[np.float64]) -> NDArray[np.float64]:
        """Put side by side what trained model, linear learner and each block's Bayes counts say."""
        return np.concatenate([given[:, :, None], self._reader.parts(rows)], axis=2)

    def _joined(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        shares = self.shares()
        joined = np.tile(self.sums.bias * UNIT, (len(parts), 1))
        for at in range(parts.shape[2]):  # one after the other, so that the batch makes no difference
            joined += shares[:, at] * parts[:, :, at]
        return joined

    def shares(self) -> NDArray[np.float64]:
        """Return the weights with which scores are joined.

        Returns
        -------
        ndarray of shape (2, 2 + n_blocks), float64
            By question: of the trained model (never negative), the linear learner, and each block's
            Bayes score.
        """
        blocks = len(self.schema.blocks)
        start = [[p.share_given, p.share_linear, *[p.share_bayes] * blocks] for p in self.paces]
        shares: NDArray[np.float64] = np.array(start) + self.sums.shares * UNIT
        shares[:, 0] = np.maximum(shares[:, 0], 0)
        return shares

    def weights_in(
        self, columns: NDArray[np.intp], tables: Tables
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Say what each column weighs in one message.

        Parameters
        ----------
        columns : ndarray of shape (n_set,), int
            All that the message sets, counted over all blocks.
        tables : Tables
            The trained model.

        Returns
        -------
        weights : ndarray of shape (n_set, 2), float64
            In nats, for a block of one: over the root of the number of set columns of its block it is
            what the column contributes.
        bias : ndarray of shape (2,), float64
            In nats; contributions and bias add up to the score.
        """
        weights = tables.weights[columns].astype(np.float64)
        if not self.learned:
            return weights, tables.bias
        known, shares = self._reader.of_columns(columns) * UNIT, self.shares()
        blocks = np.searchsorted([place.start for place in self.schema.blocks], columns, side="right") - 1
        weights = shares[:, 0] * weights + shares[:, 1] * known[:, :, LINEAR]
        for question, pace in enumerate(self.paces):
            odds = known[:, question, BAYES]
            counts = np.bincount(blocks, minlength=len(self.schema.blocks))
            sums = np.bincount(blocks, odds, minlength=len(counts)) / np.sqrt(np.maximum(counts, 1))
            shrunk = np.divide(squash(sums, pace), sums, out=np.zeros(len(sums)), where=sums != 0)
            weights[:, question] += (shares[question, 2:] * shrunk)[blocks] * odds
        return weights, shares[:, 0] * tables.bias + self.sums.bias * UNIT

    def learn(self, fingerprint: bytes, label: str, rows: Rows, tables: Tables) -> bool:
        """Learn one message.

        Parameters
        ----------
        fingerprint : bytes
            Of the message; learning it again with the same label changes nothing, with another label
            replaces what it taught.
        label : str
            Key of `TEACHES`.
        rows : Rows
            One row.
        tables : Tables
            What is corrected.

        Returns
        -------
        bool
            Whether it was new.

        Raises
        ------
        LabelError
            For a label that is none.
        """
        before = self.learned.get(fingerprint)
        if before is not None and before.label == label:
            return False
        correction = self.weigh(label, rows, tables, instead=before)
        self.unlearn(fingerprint)
        self.keep(fingerprint, correction)
        return True

    def weigh(
        self, label: str, rows: Rows, tables: Tables, *, instead: Correction | None = None
    ) -> Correction:
        """Find out what a message would teach, learning nothing.

        Parameters
        ----------
        label, rows, tables
            As in `learn`.
        instead : Correction, optional
            One of `learned`, reckoned as if it were not.

        Returns
        -------
        Correction

        Raises
        ------
        LabelError
            For a label that is none.
        """
        if label not in TEACHES:
            raise LabelError(f"{label!r} is no label; labels are {', '.join(TEACHES)}")
        if instead is not None:
            self._move(instead, -1)
        try:
            return self._weighed(label, rows, tables)
        finally:
            if instead is not None:
                self._move(instead, 1)

    def _weighed(self, label: str, rows: Rows, tables: Tables) -> Correction:
        starts = [np.uint32(place.start) for place in self.schema.blocks]
        columns = np.concatenate([b.columns + start for start, b in zip(starts, rows.blocks, strict=True)])
        counts = np.array([block.counts[0] for block in rows.blocks], np.int64)
        parts = self._parts(rows, tables.score(rows))
        joined = self._joined(parts)[0]
        spreads = np.take(self.sums.table[:, :, SPREAD], self.sums.places(columns), axis=0)
        lengths = np.repeat(1 / np.maximum(counts, 1), counts)
        lessons, rates = [], []
        for at, answer in enumerate(TEACHES[label]):
            lesson, codes = Lesson.nothing(len(counts)), np.zeros(0, np.uint8)
            if answer is not None:
                known = rarer(self.labels, at)
                case = Case(
                    answer, parts[0, at], float(joined[at]), lengths, spreads[:, at], counts > 0, known
                )
                lesson, codes = teach(case, self.paces[at])
            lessons.append(lesson)
            rates.append(codes)
        correction = Correction(label, columns, counts, (lessons[0], lessons[1]), (rates[0], rates[1]))
        return correction.without_idle_blocks()

    def unlearn(self, fingerprint: bytes) -> bool:
        """Take back what a message taught.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        bool
            Whether it had been learned.
        """
        correction = self.learned.pop(fingerprint, None)
        if correction is not None:
            self._move(correction, -1)
        return correction is not None

    def keep(self, fingerprint: bytes, correction: Correction) -> None:
        """Take over a correction that was weighed before, here or elsewhere.

        Parameters
        ----------
        fingerprint : bytes
            Of a message that is not among those learned.
        correction : Correction
            Of the same schema.
        """
        self.learned[fingerprint] = correction
        self._move(correction, 1)

    def _move(self, correction: Correction, way: int) -> None:
        self.sums.move(correction, way)
        self.labels[correction.label] += way
        self._reader.forget()

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all corrections as arrays, for a model file; empty where there are none.

        Returns
        -------
        dict of str to ndarray
        """
        return to_arrays(self.learned)

    @classmethod
    def from_arrays(cls, schema: Schema, arrays: Mapping[str, NDArray[Any]]) -> Corrections:
        """Read what `to_arrays` wrote.

        Parameters
        ----------
        schema : Schema
        arrays : mapping of str to ndarray

        Returns
        -------
        Corrections

        Raises
        ------
        ModelFormatError
            If the arrays do not belong together.
        """
        corrections = cls(schema)
        for fingerprint, correction in corrections_of(schema, arrays):
            corrections.keep(fingerprint, correction)
        return corrections

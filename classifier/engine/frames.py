"""Judging inside other engines: a frame with a column of raw mail goes in, a frame of verdicts comes out.

Spark's ``mapInPandas`` and ``mapInArrow``, Ray Data's ``map_batches``, Dask's maps over frames: all hand a
function some rows at a time and want rows back. `notebooks/05_many_machines.md` shows them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from classifier.engine.batches import batches
from classifier.engine.copies import packed, unpacked
from classifier.engine.triage import Classifier
from classifier.output.parquet import arrow, batch, columns

if TYPE_CHECKING:
    import pyarrow as pa

_PLACES = ("mailbox", "key")
_SQL = {"string": "string", "bool": "boolean", "double": "double", "timestamp[us, tz=UTC]": "timestamp"}
_CLUES = "array<struct<name: string, value: string, weight: double, contribution: double>>"

_here = threading.local()


class Frames:
    """A function from frames of mail to frames of verdicts, which travels to other processes.

    Parameters
    ----------
    model : str, path or Classifier, default 'starter'
        A name or a file that every process finds, opened there; or a classifier, whose model travels along
        (5 MB for the shipped one).
    raw : str, default 'raw'
        The column with the messages, as bytes; where it is null, the verdict is.
    keep : sequence of str
        Columns to hand on, in front of the verdict's.
    explain : int, default 0
        How many clues of each message to find.
    **options
        Of `Classifier.load`, where `model` names one.

    Raises
    ------
    ConfigError
        If a classifier cannot travel: it asks a history or a lookup of this process.

    Examples
    --------
    >>> judge = Frames("starter", me=["ada@example.org"], keep=["path"])        # doctest: +SKIP
    >>> mail.mapInPandas(judge.map, "path string, " + judge.ddl())              # doctest: +SKIP
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Classifier = "starter",
        *,
        raw: str = "raw",
        keep: Sequence[str] = (),
        explain: int = 0,
        **options: Any,
    ) -> None:
        self.raw, self.keep, self.explain = raw, tuple(keep), explain
        self._options = options
        self._name, self._packed = "", None
        if isinstance(model, Classifier):
            data, setting = packed(model)
            self._packed = (data, setting())
        else:
            self._name = os.fspath(model)

    def __call__(self, frame: Any) -> Any:
        """Judge a frame.

        Parameters
        ----------
        frame : pyarrow.Table, pyarrow.RecordBatch or pandas.DataFrame
            With the column `raw` of bytes, and those to keep.

        Returns
        -------
        of the same kind
            A row for each, in order: what was kept, and the columns of `schema`.

        Raises
        ------
        KeyError
            If a column is missing.
        TypeError
            If it is another kind of frame, or `raw` is not bytes.
        """
        pa = arrow()
        if isinstance(frame, pa.RecordBatch):
            return self._table(pa.Table.from_batches([frame])).combine_chunks().to_batches()[0]
        if isinstance(frame, pa.Table):
            return self._table(frame)
        if type(frame).__module__.split(".")[0] != "pandas":
            raise TypeError(f"a {type(frame).__name__} is no frame of pandas or pyarrow")
        found = self._verdicts(frame[self.raw].tolist())
        verdicts = found.combine_chunks().to_pandas()  # Spark takes no text in several pieces
        verdicts.index = frame.index
        for number, name in enumerate(self.keep):
            verdicts.insert(number, name, frame[name])
        return verdicts

    def map(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Judge frame after frame, as Spark hands them out.

        Parameters
        ----------
        frames : iterable of frames

        Yields
        ------
        frame
            See `__call__`.
        """
        yield from map(self, frames)

    def schema(self) -> pa.Schema:
        """Give the columns of a verdict, without those that are kept.

        Returns
        -------
        pyarrow.Schema
            Those of a Parquet file but for mailbox and key, and labels as plain text.
        """
        pa = arrow()
        fields = [each for each in columns() if each.name not in _PLACES]
        return pa.schema(
            [
                pa.field(each.name, pa.string() if pa.types.is_dictionary(each.type) else each.type)
                for each in fields
            ]
        )

    def ddl(self) -> str:
        """Write the schema as Spark wants it.

        Returns
        -------
        str
        """
        return ", ".join(f"`{each.name}` {_SQL.get(str(each.type), _CLUES)}" for each in self.schema())

    def _table(self, table: pa.Table) -> pa.Table:
        kept = [(name, table.column(name)) for name in self.keep]
        verdicts = self._verdicts(table.column(self.raw).to_pylist())
        for number, (name, values) in enumerate(kept):
            verdicts = verdicts.add_column(number, name, values)
        return verdicts

    def _verdicts(self, values: list[Any]) -> pa.Table:
        pa = arrow()
        mails = [bytes(each) if isinstance(each, bytearray | memoryview) else each for each in values]
        known = [each for each in mails if each is not None]
        wrong = next((each for each in known if not isinstance(each, bytes)), None)
        if wrong is not None:
            raise TypeError(f"the column {self.raw!r} holds {type(wrong).__name__}, not bytes")
        classifier = self._classifier()
        found = [batch(classifier.judged(some, explain=self.explain)) for some in batches(known)]
        table = pa.Table.from_batches(found, columns()).drop_columns(list(_PLACES)).cast(self.schema())
        if len(known) == len(mails):
            return table
        count = iter(range(len(known)))
        return table.take(pa.array([None if each is None else next(count) for each in mails], pa.int64()))

    def _classifier(self) -> Classifier:
        """Open the classifier, once a thread: threads of an engine must not share one."""
        if self._packed is not None:
            return unpacked(*self._packed)
        wanted = (self._name, repr(sorted(self._options.items())))
        if getattr(_here, "wanted", None) != wanted:
            _here.classifier, _here.wanted = Classifier.load(self._name, **self._options), wanted
        classifier: Classifier = _here.classifier
        return classifier

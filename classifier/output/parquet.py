"""Columns with types: Arrow batches, and Parquet files written in row groups, so that memory stays flat."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from classifier.errors import MissingPackage
from classifier.output.judged import Judged
from classifier.verdict import LABELS

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 16_384
"""Messages in a row group: about 3 MB of columns, enough for a reader to skip by."""

METADATA = "mailtriage"
"""Name of what a file says about itself in its footer, as JSON."""


def arrow() -> Any:
    """Import pyarrow.

    Returns
    -------
    module

    Raises
    ------
    MissingPackage
        If it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingPackage("Parquet needs pyarrow: pip install 'mailtriage[arrow]'") from None
    return pyarrow


def columns() -> pa.Schema:
    """Give the columns and their types; the names are those of the CSV file.

    Returns
    -------
    pyarrow.Schema
        Dates in UTC, null where the mail has none; log-odds in nats. The value of a clue is text, whatever it
        was.
    """
    pa = arrow()
    text, number = pa.string(), pa.float64()
    clue = pa.struct([("name", text), ("value", text), ("weight", number), ("contribution", number)])
    return pa.schema(
        [
            ("mailbox", text),
            ("key", text),
            ("message_id", text),
            ("date", pa.timestamp("us", tz="UTC")),
            ("from", text),
            ("subject", text),
            pa.field("label", pa.dictionary(pa.int8(), text), nullable=False),
            pa.field("unsure", pa.bool_(), nullable=False),
            pa.field("spared", pa.bool_(), nullable=False),
            *(pa.field(f"p_{name}", number, nullable=False) for name in LABELS),
            pa.field("log_odds_spam", number, nullable=False),
            pa.field("log_odds_importance", number, nullable=False),
            ("clues", pa.list_(clue)),
        ]
    )


def batch(judged: Judged) -> pa.RecordBatch:
    """Lay verdicts out as an Arrow batch.

    Parameters
    ----------
    judged : Judged

    Returns
    -------
    pyarrow.RecordBatch
        Of :func:`columns`, a row a message.
    """
    pa = arrow()
    schema = columns()
    places = {name: number for number, name in enumerate(LABELS)}
    label = pa.DictionaryArray.from_arrays(
        pa.array([places[each] for each in judged.label], pa.int8()), pa.array(LABELS)
    )
    clues = None if judged.clues is None else [[_clue(one) for one in each] for each in judged.clues]
    arrays = [
        *(pa.array(each, pa.string()) for each in (judged.mailbox, judged.key, judged.message_id)),
        pa.array(judged.date, pa.string()).cast(schema.field("date").type),
        *(pa.array(each, pa.string()) for each in (judged.sender, judged.subject)),
        label,
        *(pa.array(each, pa.bool_()) for each in (judged.unsure, judged.spared)),
        *(pa.array(judged.p[:, at]) for at in range(len(LABELS))),
        *(pa.array(judged.log_odds[:, at]) for at in range(2)),
        pa.array(clues or [[]] * len(judged), schema.field("clues").type),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _clue(one: dict[str, Any]) -> dict[str, Any]:
    value = one["value"]
    return one if value is None or isinstance(value, str) else {**one, "value": json.dumps(value)}


class ParquetFile:
    """A Parquet file that grows by row groups; used as a context manager.

    Parameters
    ----------
    sink : str, path or BinaryIO
        A path, or a stream that need not be able to seek (a pipe).

    Raises
    ------
    MissingPackage
        If pyarrow is not installed.
    """

    def __init__(self, sink: str | os.PathLike[str] | BinaryIO) -> None:
        pa = arrow()
        to = (
            os.fspath(sink)
            if isinstance(sink, str | os.PathLike)
            else pa.PythonFile(_Counted(sink), mode="w")
        )
        self._sink = to
        self._file = pa.parquet.ParquetWriter(to, columns(), compression="zstd")
        self._waiting: list[Any] = []
        self.rows = 0
        self._waiting_rows = 0

    def write(self, judged: Judged) -> None:
        """Add verdicts.

        Parameters
        ----------
        judged : Judged
        """
        self.write_batch(batch(judged))

    def write_batch(self, rows: pa.RecordBatch) -> None:
        """Add an Arrow batch.

        Parameters
        ----------
        rows : pyarrow.RecordBatch
            Of :func:`columns`.
        """
        self._waiting.append(rows)
        self.rows += rows.num_rows
        self._waiting_rows += rows.num_rows
        if self._waiting_rows >= ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting_rows:
            table = arrow().Table.from_batches(self._waiting)
            self._file.write_table(table, row_group_size=self._waiting_rows)
        self._waiting, self._waiting_rows = [], 0

    def describe(self, about: Mapping[str, Any]) -> None:
        """Say something in the footer.

        Parameters
        ----------
        about : mapping
            What JSON can hold.
        """
        self._file.add_key_value_metadata({METADATA: json.dumps(about)})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits and the footer; after an interrupt too, so that what was judged can be read."""
        if kind is None or issubclass(kind, KeyboardInterrupt):
            self._flush()
        self._file.close()


class _Counted:
    """A stream that can tell how much was written, which a pipe cannot, and is not closed with the file."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._at = stream, 0

    def write(self, data: Any) -> int:
        self._stream.write(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self._stream.flush()


def write(batches: Iterable[Judged], sink: str | os.PathLike[str] | BinaryIO) -> int:
    """Write verdicts as a Parquet file as they come.

    Parameters
    ----------
    batches : iterable of Judged
    sink : str, path or BinaryIO

    Returns
    -------
    int
        How many.

    Raises
    ------
    MissingPackage
        If pyarrow is not installed.
    """
    with ParquetFile(sink) as file:
        for judged in batches:
            file.write(judged)
    return file.rows


def said_of(path: str, opened: Callable[[str], Any] | None = None) -> dict[str, Any] | None:
    """Read what a file says about itself.

    Parameters
    ----------
    path : str
    opened : callable, optional
        Opens a path for reading, where it does not lie here.

    Returns
    -------
    dict or None
        None where there is no such file, or it is none of ours.
    """
    pa = arrow()
    try:
        found = pa.parquet.read_metadata(opened(path) if opened else path).metadata or {}
        said = json.loads(found[METADATA.encode()])
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None
    return said if isinstance(said, dict) else None

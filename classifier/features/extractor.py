"""Messages to rows: stateless, a batch at a time, without scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from classifier.digests import blake2b
from classifier.features.fields import Names
from classifier.features.grams import gram_columns
from classifier.features.kernels import (
    find_words,
    mix,
    unique_columns,
    word_columns,
    words_between,
)
from classifier.features.rows import BlockRows, Rows
from classifier.features.schema import HISTORY_BITS, SIGNAL_BITS, Schema
from classifier.features.sheet import Sheet
from classifier.features.wording import BODY_TAG, Reader, tag_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.signals import Facts, Observer

BATCH_ROWS = 256
"""Messages hashed together: numpy's overhead is spread thin, and the buffers stay in the cache.
Microseconds a message, P1 / headers of P3 alone: 96 rows 118 / 51, 128 117 / 49, 192 118 / 48, 256 115 / 46,
384 and 512 as 256. A 32-bit key has room for 1,024 rows of 22-bit columns."""

_CACHED_NAMES = 65536


class Extractor:
    r"""Makes rows of one schema.

    Parameters
    ----------
    schema : Schema, optional
        By default the schema of this version.

    Attributes
    ----------
    reader : Reader
        Says what is read of a message.
    read : callable
        Message to `Wording`.

    Examples
    --------
    >>> from classifier.mail import Message
    >>> from classifier.signals import Facts
    >>> rows = Extractor().rows([Facts(Message(b"Subject: Lunch?\n\nAt noon."))])
    >>> len(rows), [int(block.counts[0]) > 0 for block in rows.blocks]
    (1, [True, True, True, True, False])
    """

    def __init__(self, schema: Schema | None = None) -> None:
        self.schema = schema or Schema()
        self.reader = Reader(
            self.schema.gram_header_bytes,
            self.schema.gram_body_bytes,
            self.schema.text_bytes if "body" in self.schema.views else 0,
            self.schema.portable,
        )
        self.read = self.reader.read
        self._names = Names(self.reader.describe)
        self._signal_hashes: dict[str, int] = {}

    @cached_property
    def observe(self) -> Observer:
        """Facts to the names of the columns that signals set."""
        return self._observer("signals")

    @cached_property
    def observe_history(self) -> Observer:
        """Facts to the names of the columns that signals of history set."""
        return self._observer("history")

    def _observer(self, view: str) -> Observer:
        from classifier.signals import Observer  # a model without signals does not wait

        return Observer(self.schema.signals_of(view))

    def rows(self, batch: Sequence[Facts]) -> Rows:
        """Turn facts about messages into rows.

        A row depends on its message alone: batches of any size give the same rows.

        Parameters
        ----------
        batch : sequence of Facts
            Any number.

        Returns
        -------
        Rows
        """
        some = [batch[at : at + BATCH_ROWS] for at in range(0, len(batch), BATCH_ROWS)]
        parts = [self.rows_of(each, self.sheet(each)) for each in some]
        return parts[0] if len(parts) == 1 else joined_rows(self.schema, parts)

    def sheet(self, batch: Sequence[Facts]) -> Sheet:
        """Lay messages out for reading.

        Parameters
        ----------
        batch : sequence of Facts
            At most `BATCH_ROWS`.

        Returns
        -------
        Sheet
        """
        return Sheet([facts.message for facts in batch], self.reader, self._names)

    def rows_of(self, batch: Sequence[Facts], sheet: Sheet) -> Rows:
        """Turn facts about messages that are laid out into rows.

        Parameters
        ----------
        batch : sequence of Facts
            At most `BATCH_ROWS`.
        sheet : Sheet
            Of their messages.

        Returns
        -------
        Rows
        """
        views = self.schema.views
        recalled = "history" in views and any(facts.history is not None for facts in batch)
        nothing = _nothing(len(batch))
        return Rows(
            self.schema,
            (
                self._signals(batch, self.observe, SIGNAL_BITS) if "signals" in views else nothing,
                self._header(sheet) if "header" in views else nothing,
                self._body(sheet) if "body" in views else nothing,
                self._grams(sheet) if "grams" in views else nothing,
                self._signals(batch, self.observe_history, HISTORY_BITS) if recalled else nothing,
            ),
        )

    def _signals(self, batch: Sequence[Facts], observe: Observer, bits: int) -> BlockRows:
        known = self._signal_hashes
        hashes: list[int] = []
        counts: list[int] = []
        for facts in batch:
            names = observe(facts)
            counts.append(len(names))
            for name in names:
                value = known.get(name)
                hashes.append(self._learn_signal(name) if value is None else value)
        return _block(np.array(hashes, np.uint64), counts, bits)

    def _learn_signal(self, name: str) -> int:
        if len(self._signal_hashes) >= _CACHED_NAMES:  # categories come from strangers
            self._signal_hashes.clear()
        value = self._signal_hashes[name] = hash_signal(name)
        return value

    def _header(self, sheet: Sheet) -> BlockRows:
        header = sheet.header
        words = words_between(header.raw, header.start, header.end)
        bits = self.schema.blocks[1].bits
        return BlockRows(*word_columns(words, header.tag, header.row, len(sheet), bits))

    def _body(self, sheet: Sheet) -> BlockRows:
        bodies = sheet.bodies()
        if not any(bodies):  # headers alone are judged
            return _nothing(len(sheet))
        tags = np.full(len(sheet), tag_of(BODY_TAG), np.uint64)
        words = find_words(bodies)[1]
        rows = np.arange(len(sheet), dtype=np.uint32)
        return BlockRows(*word_columns(words, tags, rows, len(sheet), self.schema.blocks[2].bits))

    def _grams(self, sheet: Sheet) -> BlockRows:
        return BlockRows(*gram_columns(sheet.starts(), self.schema.blocks[3].bits))


def _nothing(n_rows: int) -> BlockRows:
    """Make rows in which no column is set."""
    return BlockRows(np.zeros(0, np.uint32), np.zeros(n_rows, np.int64))


def joined_rows(schema: Schema, parts: Sequence[Rows]) -> Rows:
    """Lay batches end to end.

    Parameters
    ----------
    schema : Schema
    parts : sequence of Rows
        Any number, of this schema.

    Returns
    -------
    Rows
    """
    blocks = zip(*(part.blocks for part in parts), strict=True) if parts else ((),) * len(schema.blocks)
    return Rows(schema, tuple(_joined(each) for each in blocks))


def hash_signal(name: str) -> int:
    """Return the number of a signal's column name: 64 bits, mixed like everything else.

    Parameters
    ----------
    name : str
        Such as ``machine.cron=yes``.

    Returns
    -------
    int
    """
    digest = int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "little")
    return int(mix(np.array([digest], np.uint64))[0])


def _block(
    hashes: NDArray[np.uint64] | NDArray[np.uint32], counts: list[int] | NDArray[np.int64], bits: int
) -> BlockRows:
    rows = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    return BlockRows(*unique_columns(hashes, rows, len(counts), bits))


def _joined(parts: Sequence[BlockRows]) -> BlockRows:
    """Lay the same block of successive batches end to end."""
    if not parts:
        return BlockRows(np.zeros(0, np.uint32), np.zeros(0, np.int64))
    return BlockRows(
        np.concatenate([part.columns for part in parts]), np.concatenate([part.counts for part in parts])
    )

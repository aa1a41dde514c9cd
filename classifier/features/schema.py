"""Which columns there are: everything that changes the meaning of a column is in here, and in one hash.

A row has five blocks of columns side by side::

    signals | header words and pairs | body words and pairs | byte 4-grams of the start of the mail | history

History is signals too, those that need it: a block of their own, because where nobody remembers it is
empty, and the rest of the row must not change with that.

Each block is normalised on its own: a set column of a block that has n set columns holds 1/sqrt(n).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

from classifier.digests import sha256
from classifier.errors import ModelFormatError, SchemaMismatch

KERNEL = 4
"""Version of tokenising and hashing; raised whenever the same mail would set other columns."""

SIGNAL_BITS = 16
"""Columns for signals, log2: some 700 are known beforehand, categories add what they see."""

HISTORY_BITS = 14
"""Columns for signals of history, log2; there are fewer, and few categories among them."""

GRAM_BITS = 18
"""Columns for byte 4-grams by default, log2. By cross-validation inside P1's training part (4 x 5 folds,
log-loss in thousandths of a nat): 2**20 17.5, 2**18 17.4, and the table fits the second-level cache. Words
need what they have: body 2**18 19.2, header 2**16 18.2."""

VIEWS = ("signals", "header", "body", "grams", "history")
"""What a message is looked at as; one block of columns each."""

ALONE = VIEWS[:4]
"""The views of a message that need nothing but the message."""

OBSERVED = ("signals", "history")
"""The views whose columns are signals."""

MIN_BITS, MAX_BITS = 12, 22
"""Below, everything collides; above, nothing was gained (measured on P1: 2**22 equals 2**20)."""


class Block(NamedTuple):
    """A range of columns filled from one view of the message.

    Parameters
    ----------
    name : str
    start : int
        First column.
    bits : int
        The block has ``2 ** bits`` columns.
    """

    name: str
    start: int
    bits: int

    @property
    def stop(self) -> int:
        """First column behind the block."""
        return self.start + (1 << self.bits)


class _Choice(NamedTuple):
    """The fields of a schema."""

    bits: int
    gram_bits: int
    gram_header_bytes: int
    gram_body_bytes: int
    text_bytes: int
    portable: bool
    views: tuple[str, ...]
    signals: tuple[str, ...]
    digest_of_signals: str


class Schema(_Choice):
    """The choice of columns.

    Parameters
    ----------
    bits : int, default 20
        log2 of the columns for body words; header words have a quarter of it, byte 4-grams as many, up to
        ``2 ** gram_bits``.
    gram_bits : int, default 18
        log2 of the columns for byte 4-grams at most; more of them want more (see `GRAM_BITS`).
    gram_header_bytes, gram_body_bytes : int
        Bytes of the header, and of the raw body, from whose beginnings 4-grams are taken. By cross-validation
        inside P1's training part, 1-ROCA%: header first up to 3,500 bytes in all 0.024, 2,000 0.021, 1,500
        0.018; header and body apart 1,500 + 0 0.020, 1,500 + 500, + 1,000 and 1,000 + 1,000 all 0.021. Apart
        was chosen because the headers of today fill 1,500 bytes alone.
    text_bytes : int, default 6000
        UTF-8 bytes of text from which body words are taken.
    portable : bool, default False
        For models given to strangers: leave out what names the collector (see `wording`).
    views : tuple of str, default all but history
        The blocks that are filled, members of `VIEWS`. Training leaves out what got no weight, and
        nothing is computed for it.
    signals : tuple of str, optional
        Names of the signals observed, sorted; by default all that are on by default and belong to a view.
    digest_of_signals : str, optional
        Hash of these signals' kinds and edges; computed where empty.

    Raises
    ------
    SchemaMismatch
        If a signal is unknown, or its kind or edges have changed since the digest was taken.
    ValueError
        If a size is out of range.
    """

    __slots__ = ()

    def __new__(
        cls,
        *,
        bits: int = 20,
        gram_bits: int = GRAM_BITS,
        gram_header_bytes: int = 1500,
        gram_body_bytes: int = 500,
        text_bytes: int = 6000,
        portable: bool = False,
        views: tuple[str, ...] = ALONE,
        signals: tuple[str, ...] = (),
        digest_of_signals: str = "",
    ) -> Self:
        """Check what was chosen, and complete it."""
        for each in (bits, gram_bits):
            if not MIN_BITS <= each <= MAX_BITS:
                raise ValueError(f"bits must lie between {MIN_BITS} and {MAX_BITS}, not {each}")
        sizes = (gram_header_bytes, gram_body_bytes, text_bytes)
        if min(sizes) < 0:
            raise ValueError("bytes are counted: they cannot be negative")
        if not set(views) <= set(VIEWS):
            raise ValueError(f"views are some of {', '.join(VIEWS)}, not {', '.join(views)}")
        views = tuple(view for view in VIEWS if view in views)
        names = (signals or _default_signals(views)) if set(OBSERVED) & set(views) else ()
        signals = tuple(sorted(names))
        digest = _digest_of_signals(signals)
        if digest_of_signals not in ("", digest):
            raise SchemaMismatch("its signals are defined differently in this version: train it again")
        return super().__new__(cls, bits, gram_bits, *sizes, portable, views, signals, digest)

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        return (), self._asdict()

    def _replace(self, **changed: Any) -> Self:
        """Make a schema with some other fields, checked like any."""
        return type(self)(**{**self._asdict(), **changed})

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The five blocks, in the order of their columns."""
        blocks: list[Block] = []
        start = 0
        sizes = (SIGNAL_BITS, self.bits - 2, self.bits, min(self.bits, self.gram_bits), HISTORY_BITS)
        for name, bits in zip(VIEWS, sizes, strict=True):
            blocks.append(Block(name, start, bits))
            start = blocks[-1].stop
        return tuple(blocks)

    @property
    def n_columns(self) -> int:
        """Columns in all."""
        return self.blocks[-1].stop

    @property
    def hash(self) -> str:
        """Sixteen hex digits that change with anything that changes a column."""
        text = json.dumps({"kernel": KERNEL, **self._asdict()}, sort_keys=True)
        return str(sha256(text.encode()).hexdigest()[:16])

    def signals_of(self, view: str) -> tuple[str, ...]:
        """Name the signals of a view.

        Parameters
        ----------
        view : {'signals', 'history'}

        Returns
        -------
        tuple of str
        """
        if view not in self.views:
            return ()
        return tuple(name for name in self.signals if view_of(name) == view)

    def only(self, views: Iterable[str]) -> Schema:
        """Return this schema with fewer views filled; the columns of the others stay where they are.

        Parameters
        ----------
        views : iterable of str
            Members of `views`.

        Returns
        -------
        Schema
        """
        kept = tuple(view for view in self.views if view in set(views))
        signals = tuple(name for name in self.signals if view_of(name) in kept)
        return self._replace(views=kept, signals=signals, digest_of_signals="")

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads, for the card of a model.

        Returns
        -------
        dict
        """
        return {"kernel": KERNEL, "hash": self.hash, **self._asdict()}

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Schema:
        """Read a schema from a model's card.

        Parameters
        ----------
        card : mapping
            What `to_json` wrote.

        Returns
        -------
        Schema

        Raises
        ------
        SchemaMismatch
            If this version would make other columns.
        ModelFormatError
            If it is no schema at all.
        """
        if card.get("kernel") != KERNEL:
            raise SchemaMismatch(
                f"its columns are of kind {card.get('kernel')}, this version makes {KERNEL}: train it again"
            )
        try:
            schema = cls(
                bits=int(card["bits"]),
                gram_bits=int(card["gram_bits"]),
                gram_header_bytes=int(card["gram_header_bytes"]),
                gram_body_bytes=int(card["gram_body_bytes"]),
                text_bytes=int(card["text_bytes"]),
                portable=bool(card["portable"]),
                views=tuple(str(name) for name in card["views"]),
                signals=tuple(str(name) for name in card["signals"]),
                digest_of_signals=str(card["digest_of_signals"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelFormatError(f"its schema is damaged: {error}") from None
        if schema.hash != card.get("hash"):
            raise SchemaMismatch("its schema and the schema's hash disagree: train it again")
        return schema


def view_of(signal: str) -> str:
    """Name the view that a signal belongs to.

    Parameters
    ----------
    signal : str
        One of the registry.

    Returns
    -------
    str
        Member of `OBSERVED`.
    """
    from classifier.signals import REGISTRY  # who uses none does not wait for them

    return "history" if "history" in REGISTRY[signal].needs else "signals"


def _default_signals(views: tuple[str, ...]) -> tuple[str, ...]:
    from classifier.signals import REGISTRY

    return tuple(name for name, each in REGISTRY.items() if each.default and view_of(name) in views)


def _digest_of_signals(names: tuple[str, ...]) -> str:
    """Hash what a signal's columns depend on, beside its code."""
    if not names:
        return "none"
    from classifier.signals import REGISTRY

    unknown = [name for name in names if name not in REGISTRY]
    if unknown:
        raise SchemaMismatch(f"this version does not know the signal {unknown[0]}: train it again")
    told = [[name, REGISTRY[name].kind, *REGISTRY[name].edges] for name in names]
    return str(sha256(json.dumps(told).encode()).hexdigest()[:16])

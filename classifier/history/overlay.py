"""What would be remembered, without remembering it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.history.memory import Memory


class Overlay:
    """A memory whose changes end with the process; what lies below is only read.

    Parameters
    ----------
    below : Memory
    """

    def __init__(self, below: Memory) -> None:
        self._below = below
        self._changed: dict[tuple[str, bytes], bytes | None] = {}

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None where there is none; see `Memory`."""
        if (kind, key) in self._changed:
            return self._changed[kind, key]
        return self._below.get(kind, key)

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Write a record on top; see `Memory`."""
        self._changed[kind, key] = value

    def delete(self, kind: str, key: bytes) -> None:
        """Hide a record; see `Memory`."""
        self._changed[kind, key] = None

    def items(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Walk through the records below: keys may be hashes there, so that what is on top cannot be told.

        Parameters
        ----------
        kind : str

        Yields
        ------
        (bytes, bytes)
        """
        yield from self._below.items(kind)

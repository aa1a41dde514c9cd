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
        """Walk through all records of a kind; see `Memory`.

        Parameters
        ----------
        kind : str

        Yields
        ------
        (bytes, bytes)
        """
        found: dict[bytes, bytes | None] = dict(self._below.items(kind))
        kept_as = getattr(self._below, "kept_as", lambda _, key: key)
        found.update(
            {kept_as(kind, key): value for (its, key), value in self._changed.items() if its == kind}
        )
        for key in sorted(found):
            value = found[key]
            if value is not None:
                yield key, value

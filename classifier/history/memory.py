"""Where history is kept: small records by kind and key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Memory(Protocol):
    """A place for small records; the profile's lasts, `Ram` ends with the process.

    Who writes a record bounds its size and how many of its kind there are: mail comes from strangers.
    """

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None where there is none.

        Parameters
        ----------
        kind : str
            Such as ``"person"``; keys of different kinds never meet.
        key : bytes

        Returns
        -------
        bytes or None
        """
        ...

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Write a record, in the place of the one that was there.

        Parameters
        ----------
        kind : str
        key : bytes
        value : bytes
            Compact; without a person's address in the clear.
        """
        ...

    def delete(self, kind: str, key: bytes) -> None:
        """Forget a record, if there is one.

        Parameters
        ----------
        kind : str
        key : bytes
        """
        ...

    def items(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Walk through all records of a kind, in the order of their keys.

        Parameters
        ----------
        kind : str

        Yields
        ------
        (bytes, bytes)
            Key as the memory keeps it, which may be a hash of the one given to `put`; and value.
        """
        ...


class Ram:
    """Memory that ends with the process.

    Examples
    --------
    >>> memory = Ram()
    >>> memory.put("person", b"ada", b"1")
    >>> memory.get("person", b"ada"), memory.get("person", b"eve")
    (b'1', None)
    """

    def __init__(self) -> None:
        self._kinds: dict[str, dict[bytes, bytes]] = {}

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None where there is none; see `Memory`."""
        records = self._kinds.get(kind)
        return records.get(key) if records else None

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Write a record; see `Memory`."""
        self._kinds.setdefault(kind, {})[key] = value

    def delete(self, kind: str, key: bytes) -> None:
        """Forget a record; see `Memory`."""
        self._kinds.get(kind, {}).pop(key, None)

    def items(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Walk through all records of a kind; see `Memory`."""
        yield from sorted(self._kinds.get(kind, {}).items())

"""The corrections of a profile as a mapping that reads each one only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping

from classifier.learners.online import Correction


class Kept(MutableMapping[bytes, Correction]):
    """Corrections by fingerprint: those of the file by the number of their row, newer ones as they are.

    Parameters
    ----------
    rows : iterable of (bytes, int, str)
        Fingerprint, number of the row, and label of what lies in the file.
    read : callable
        Reads a row by its number and label; what a row taught never changes.
    """

    def __init__(
        self, rows: Iterable[tuple[bytes, int, str]], read: Callable[[int, str], Correction]
    ) -> None:
        self._rows = {bytes(fingerprint): (number, label) for fingerprint, number, label in rows}
        self._read = read
        self._new: dict[bytes, Correction] = {}

    def labels(self) -> Iterator[str]:
        """Name the label of each, reading none."""
        yield from (label for _, label in self._rows.values())
        yield from (correction.label for correction in self._new.values())

    def __getitem__(self, fingerprint: bytes) -> Correction:
        """Return a correction."""
        if fingerprint in self._rows:
            return self._read(*self._rows[fingerprint])
        return self._new[fingerprint]

    def __setitem__(self, fingerprint: bytes, correction: Correction) -> None:
        """Keep a correction in memory."""
        self._rows.pop(fingerprint, None)
        self._new[fingerprint] = correction

    def __delitem__(self, fingerprint: bytes) -> None:
        """Drop a correction."""
        if self._rows.pop(fingerprint, None) is None:
            del self._new[fingerprint]

    def label_of(self, fingerprint: bytes) -> str | None:
        """Return the label of one, reading nothing.

        Parameters
        ----------
        fingerprint : bytes

        Returns
        -------
        str or None
            None where it is not here.
        """
        if fingerprint in self._rows:
            return self._rows[fingerprint][1]
        correction = self._new.get(fingerprint)
        return None if correction is None else correction.label

    def settle(self, fingerprint: bytes, number: int) -> None:
        """Leave a newer one to the file, which has it by now: memory must not grow with what is learned.

        Parameters
        ----------
        fingerprint : bytes
        number : int
            Of its row.
        """
        correction = self._new.pop(fingerprint, None)
        if correction is not None:
            self._rows[fingerprint] = (number, correction.label)

    def __contains__(self, fingerprint: object) -> bool:
        return fingerprint in self._rows or fingerprint in self._new

    def __iter__(self) -> Iterator[bytes]:
        yield from tuple(self._rows)
        yield from tuple(self._new)

    def __len__(self) -> int:
        return len(self._rows) + len(self._new)

"""What is kept of a stream of mail while looking for messages worth a label: one of each kind, boundedly."""

from __future__ import annotations

import heapq
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.near import ALIKE, BAND, HASHES

KEPT = 2048
"""Kinds of mail kept: their similarities take 16 MiB, and a mailbox with more is sampled."""

LEAST = 0.05
"""Part of the doubtful's chance to be kept that the certain have."""

_LOOKS = 4
"""Kinds looked at for each band that agrees: wicked mail must not make the search long."""


class Seen(NamedTuple):
    """A message as it is offered.

    Parameters
    ----------
    mailbox, key : str
        What finds it again.
    signature : ndarray of shape (HASHES,), uint32
        Of `near.signatures`.
    columns : ndarray of uint32
        What it says, ascending and distinct.
    doubt : float
        Of the model about it, 0 to 1.
    known : bool
        Whether its label is known.
    """

    mailbox: str
    key: str
    signature: NDArray[np.uint32]
    columns: NDArray[np.uint32]
    doubt: float
    known: bool


class Kind:
    """Messages that say the same, whatever their numbers, and the first of them that was seen.

    Parameters
    ----------
    first : Seen

    Attributes
    ----------
    first : Seen
    messages : int
        How many there are.
    known : bool
        Whether the label of one of them is known.
    """

    __slots__ = ("first", "known", "messages")

    def __init__(self, first: Seen) -> None:
        self.first, self.messages, self.known = first, 1, first.known

    def add(self, one: Seen) -> None:
        """Count one more.

        Parameters
        ----------
        one : Seen
        """
        self.messages += 1
        self.known = self.known or one.known


class Candidates:
    """Kinds of mail, found in one pass and bounded memory.

    Parameters
    ----------
    kept : int, default `KEPT`
        Where there are more kinds, a sample is kept, the doubtful more likely.
    seed : int, default 0
        Decides the sample, together with what the mail says: kinds that were let go do not come back.
    """

    def __init__(self, kept: int = KEPT, seed: int = 0) -> None:
        self.kept = kept
        self._salt = seed.to_bytes(8, "big", signed=False)
        self._heap: list[tuple[float, int]] = []
        self._kinds: dict[int, Kind] = {}
        self._bands: dict[bytes, list[int]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._kinds)

    def kinds(self) -> list[Kind]:
        """Return what is kept, in the order in which it came.

        Returns
        -------
        list of Kind
        """
        return [self._kinds[number] for number in sorted(self._kinds)]

    def offer(self, one: Seen) -> None:
        """Take a message: as one more of a kind, as the first of its kind, or not.

        Parameters
        ----------
        one : Seen
        """
        bands = _bands_of(one.signature)
        alike = self._alike(one, bands)
        if alike is not None:
            alike.add(one)
            return
        number, self._next = self._next, self._next + 1
        self._kinds[number] = Kind(one)
        for band in bands:
            self._bands.setdefault(band, []).append(number)
        heapq.heappush(self._heap, (self._chance(one), number))
        if len(self._heap) > self.kept:
            self._forget(heapq.heappop(self._heap)[1])

    def _alike(self, one: Seen, bands: list[bytes]) -> Kind | None:
        """Find the kind of a message."""
        for band in bands:
            for number in self._bands.get(band, ())[:_LOOKS]:
                kind = self._kinds[number]
                if (kind.first.signature == one.signature).mean() >= ALIKE:
                    return kind
        return None

    def _chance(self, one: Seen) -> float:
        """Draw the lot of a kind: u^(1/weight) keeps a weighted sample (Efraimidis and Spirakis 2006)."""
        digest = blake2b(
            one.signature.tobytes() + one.columns.tobytes(), digest_size=8, salt=self._salt
        ).digest()
        lot = (int.from_bytes(digest, "big") + 1) / 2.0**64
        return float(lot ** (1 / max(one.doubt, LEAST)))

    def _forget(self, number: int) -> None:
        for band in _bands_of(self._kinds.pop(number).first.signature):
            self._bands[band].remove(number)
            if not self._bands[band]:
                del self._bands[band]


def _bands_of(signature: NDArray[np.uint32]) -> list[bytes]:
    """Cut a signature into keys; a message without words has none, for silence is no likeness."""
    if (signature == 0xFFFFFFFF).all():
        return []
    return [bytes([begin]) + signature[begin : begin + BAND].tobytes() for begin in range(0, HASHES, BAND)]

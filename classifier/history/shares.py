"""Which share of what came under some key the reader answered: of an author's mail, of a word's, of all."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

from classifier.history.clock import DAY, faded
from classifier.history.places import Places

if TYPE_CHECKING:
    from classifier.history.memory import Memory

HALF_LIFE = 120 * DAY
"""Chosen on the first part of P4 from 60 to 180 days for different keys: it hardly matters."""

BITS = 16
"""Places: a subject's words are many, and come from strangers; what is held in mind is what recurs."""

_COUNTS = struct.Struct("<ffd")


class Shares:
    """Fading counts of what came and what of it was answered, by key.

    Parameters
    ----------
    memory : Memory
    """

    def __init__(self, memory: Memory) -> None:
        self.places = Places(memory, "share", BITS)

    def _counts(self, key: int, now: float) -> tuple[float, float]:
        record = self.places.get(key)
        if record is None or len(record) != _COUNTS.size:
            return 0.0, 0.0
        came, answered, at = _COUNTS.unpack(record)
        return faded(came, at, now, HALF_LIFE), faded(answered, at, now, HALF_LIFE)

    def _add(self, keys: Iterable[int], came: float, answered: float, now: float) -> None:
        for key in keys:
            before = self._counts(key, now)
            record = _COUNTS.pack(before[0] + came, before[1] + answered, now)
            self.places.put(key, record, now, hold=7 * DAY if before[1] + answered > 0.5 else 0.0)

    def came(self, keys: Iterable[int], now: float) -> None:
        """Count a message under its keys.

        Parameters
        ----------
        keys : iterable of int
        now : float
            In seconds since 1970.
        """
        self._add(keys, 1.0, 0.0, now)

    def answered(self, keys: Iterable[int], now: float) -> None:
        """Count an answer to a message under the keys of that message; parameters as of `came`."""
        self._add(keys, 0.0, 1.0, now)

    def log_share(self, key: int, usual: float, weight: float, now: float) -> float:
        """Return the natural logarithm of the share that was answered, drawn towards what is usual.

        Parameters
        ----------
        key : int
        usual : float
            Share of all mail that is answered, above 0.
        weight : float
            How many messages the usual share counts for.
        now : float
            In seconds since 1970.

        Returns
        -------
        float
        """
        came, answered = self._counts(key, now)
        return math.log((answered + weight * usual) / (came + weight))

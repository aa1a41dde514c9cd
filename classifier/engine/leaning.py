"""The reader's own threshold of importance: corrections that all say the same move it at once.

The weights learn slowly what a single correction means for other mail; that everything is called important
which he does not find so shows after two or three corrections, whatever the mail. Aberdeen et al. (2010)
found the same: the threshold is raised in real time by consistent marks, and takes a fifth of the errors.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from classifier.verdict import Cuts

if TYPE_CHECKING:
    from classifier.history import Memory

CONSISTENT = 2
"""So many corrections in one direction, and none in the other between them, move the threshold."""

FIRST, LARGEST, MOST = 250, 1000, 3000
"""The first step, the largest (each doubles the one before) and the way in all, in thousandths of a nat."""

_STATE, _STEP = struct.Struct("<ii"), struct.Struct("<i")


class Leaning:
    """Where the reader's threshold stands, beside the model's.

    Parameters
    ----------
    memory : Memory
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def _state(self) -> tuple[int, int]:
        record = self._memory.get("leaning", b"")
        if record is None or len(record) != _STATE.size:
            return 0, 0
        way, run = _STATE.unpack(record)
        return max(-MOST, min(MOST, way)), run

    def lean(self, cuts: Cuts) -> Cuts:
        """Move the cuts of importance to where the reader wants them.

        Parameters
        ----------
        cuts : Cuts

        Returns
        -------
        Cuts
        """
        way = self._state()[0] / 1000
        if not way:
            return cuts
        return cuts._replace(
            important=cuts.important + way,
            importance=cuts.importance + way,
            unimportant=cuts.unimportant + way,
        )

    def corrected(self, name: bytes, label: str, log_odds: float, cut: float) -> None:
        """Take note of a correction, before it is learned.

        Parameters
        ----------
        name : bytes
            Fingerprint of the message.
        label : str
            What the reader says; only ``important`` and ``unimportant`` count.
        log_odds : float
            Of its importance, in nats.
        cut : float
            From where on it would have been called important, in nats.
        """
        if label not in ("important", "unimportant"):
            return
        self.took_back(name)
        way, run = self._state()
        wrong = (label == "important") != (log_odds >= cut)
        direction = (-1 if label == "important" else 1) if wrong else 0
        run = run + direction if run * direction > 0 else direction
        step = 0
        if abs(run) >= CONSISTENT:
            step = direction * min(LARGEST, FIRST << (abs(run) - CONSISTENT))
            step = max(-MOST, min(MOST, way + step)) - way
        self._memory.put("leaning", b"", _STATE.pack(way + step, max(-10, min(10, run))))
        if step:
            self._memory.put("leaned", name, _STEP.pack(step))

    def took_back(self, name: bytes) -> None:
        """Take back what a correction did to the threshold.

        Parameters
        ----------
        name : bytes
            Fingerprint of the message.
        """
        record = self._memory.get("leaned", name)
        if record is None or len(record) != _STEP.size:
            return
        way, run = self._state()
        self._memory.put("leaning", b"", _STATE.pack(way - _STEP.unpack(record)[0], run))
        self._memory.delete("leaned", name)

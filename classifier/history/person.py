"""What is remembered of one correspondent, or of all at one domain."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from classifier.history.clock import DAY, faded

LONG, SHORT = 180 * DAY, 3 * DAY
"""Half-lives of what is remembered of a person, and of what is going on right now."""

_RECORD = struct.Struct("<dddddffffffffHHBI")
_HOMELESS = struct.Struct("<dddddffffffffHHB")
"""Records of before somebody's domain was noted."""


@dataclass(slots=True)
class Person:
    """Mail exchanged with somebody.

    Parameters
    ----------
    at : float
        When the counts were these; all times are in seconds since 1970, 0 where it never was.
    first, last : float
        First and last mail received.
    written_at, answered_at : float
        Last mail written to them, last answer to a mail of theirs.
    received, answered, written, answers_me : float
        Mail received, answered by the reader, written to them (a copy counts less), and their answers to
        the reader's mail; half of it is forgotten in `LONG`.
    lately, lately_answered : float
        Received and answered, fading in `SHORT`.
    waited, waits : float
        Sum of ln(1 + seconds until the reader answered), and how many.
    important, unimportant : int
        Their mail that the reader called so.
    in_book : int
        1 where they are in the reader's address book.
    home : int
        Number of their domain; 0 for a domain itself, or where it is not known.
    """

    at: float = 0.0
    first: float = 0.0
    last: float = 0.0
    written_at: float = 0.0
    answered_at: float = 0.0
    received: float = 0.0
    answered: float = 0.0
    written: float = 0.0
    answers_me: float = 0.0
    lately: float = 0.0
    lately_answered: float = 0.0
    waited: float = 0.0
    waits: float = 0.0
    important: int = 0
    unimportant: int = 0
    in_book: int = 0
    home: int = 0

    def fade(self, now: float) -> Person:
        """Let the counts fade until now; returns itself."""
        if self.at and now > self.at:
            left, left_lately = faded(1.0, self.at, now, LONG), faded(1.0, self.at, now, SHORT)
            self.received *= left
            self.answered *= left
            self.written *= left
            self.answers_me *= left
            self.waited *= left
            self.waits *= left
            self.lately *= left_lately
            self.lately_answered *= left_lately
        self.at = max(self.at, now)
        return self

    @property
    def known(self) -> bool:
        """Whether the reader ever wrote to them, answered them or put them into the address book."""
        return bool(self.written_at or self.answered_at or self.in_book)

    def pack(self) -> bytes:
        """Return what `unpack` reads."""
        return _RECORD.pack(*[getattr(self, name) for name in self.__slots__])

    @classmethod
    def unpack(cls, record: bytes | None) -> Person:
        """Read a record; where there is none, or a damaged one, nothing is known.

        Parameters
        ----------
        record : bytes or None

        Returns
        -------
        Person
        """
        if record is not None and len(record) == _HOMELESS.size:
            return cls(*_HOMELESS.unpack(record))
        if record is None or len(record) != _RECORD.size:
            return cls()
        return cls(*_RECORD.unpack(record))

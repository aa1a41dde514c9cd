"""What is remembered of the reader: how much mail comes, how much he writes and answers, and when."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from classifier.history.clock import DAY, faded
from classifier.patterns import pattern

SENT = (DAY / 24, DAY / 4, DAY, 7 * DAY, 30 * DAY)
"""Half-lives of the counts of mail that he sent."""

ANSWERED = (DAY, 7 * DAY, 30 * DAY)
"""Half-lives of the counts of mail that he answered."""

CAME = (DAY, 7 * DAY, 30 * DAY)
"""Half-lives of the counts of mail that came."""

NAMES = 8
"""Words of his own display names that are remembered."""

_HOURS = 24
_FORGET = 0.995
_COUNTS = struct.Struct(f"<dd{len(SENT) + len(ANSWERED) + len(CAME) + _HOURS}f")
_WORD = pattern(r"[^\W\d_]{2,30}")


def _zeros(count: int) -> list[float]:
    return [0.0] * count


@dataclass(slots=True)
class Reader:
    """The reader's habits.

    Parameters
    ----------
    at : float
        When the counts were these, in seconds since 1970.
    sent_at : float
        His last mail; 0 where there was none.
    sent, answered, came : list of float
        Fading counts, by the half-lives `SENT`, `ANSWERED` and `CAME`.
    hours : list of float
        How much he wrote in each hour of the day, UTC, the later mails counting more.
    names : list of str
        Words of the names that he writes under, lower case.
    """

    at: float = 0.0
    sent_at: float = 0.0
    sent: list[float] = field(default_factory=lambda: _zeros(len(SENT)))
    answered: list[float] = field(default_factory=lambda: _zeros(len(ANSWERED)))
    came: list[float] = field(default_factory=lambda: _zeros(len(CAME)))
    hours: list[float] = field(default_factory=lambda: _zeros(_HOURS))
    names: list[str] = field(default_factory=list)

    def fade(self, now: float) -> Reader:
        """Let the counts fade until now; returns itself."""
        for counts, half_lives in ((self.sent, SENT), (self.answered, ANSWERED), (self.came, CAME)):
            counts[:] = [
                faded(count, self.at, now, half) for count, half in zip(counts, half_lives, strict=True)
            ]
        self.at = max(self.at, now)
        return self

    @property
    def usual(self) -> float:
        """Share of all mail that he answers, by the last months; never 0."""
        return (self.answered[-1] + 0.5) / (self.came[-1] + 20.0)

    def hour_share(self, seconds: float) -> float:
        """Return which share of his mail he wrote in this hour of the day, drawn towards a 24th."""
        written = self.hours[int(seconds // 3600) % _HOURS]
        return (written + 0.5) / (sum(self.hours) + 0.5 * _HOURS)

    def wrote(self, now: float, name: str) -> None:
        """Count a mail that he sent.

        Parameters
        ----------
        now : float
            In seconds since 1970; the counts have faded until then.
        name : str
            Display name it was sent under.
        """
        self.sent = [count + 1 for count in self.sent]
        self.sent_at = now
        self.hours = [count * _FORGET for count in self.hours]
        self.hours[int(now // 3600) % _HOURS] += 1
        for word in _WORD.findall(name.lower())[:4]:
            if word in self.names:
                self.names.remove(word)
            self.names.append(word)
        del self.names[:-NAMES]

    def pack(self) -> bytes:
        """Return what `unpack` reads."""
        counts = (*self.sent, *self.answered, *self.came, *self.hours)
        return _COUNTS.pack(self.at, self.sent_at, *counts) + " ".join(self.names).encode()

    @classmethod
    def unpack(cls, record: bytes | None) -> Reader:
        """Read a record; where there is none, or a damaged one, nothing is known."""
        if record is None or len(record) < _COUNTS.size:
            return cls()
        at, sent_at, *counts = _COUNTS.unpack_from(record)
        first, second, third = len(SENT), len(SENT) + len(ANSWERED), len(SENT) + len(ANSWERED) + len(CAME)
        names = record[_COUNTS.size :].decode("utf-8", "replace").split()
        return cls(
            at, sent_at, counts[:first], counts[first:second], counts[second:third], counts[third:], names
        )

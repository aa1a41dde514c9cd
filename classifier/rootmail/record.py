"""What is remembered of one job: bounded, decaying, a few kilobytes, and the same in every process."""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from classifier.rootmail.alarms import alarm_of
from classifier.rootmail.masks import Line, reading_key, template_key
from classifier.rootmail.traces import Seen, Slot

USUAL = 0.5
"""Share of a job's mails from which on a line is missed where it is not."""

LINES_KEPT, SLOTS_KEPT, ARRIVALS_KEPT = 384, 128, 96
"""Templates, numbers and arrival times of a job that are kept; the least usual are forgotten first."""

AUTHORS_KEPT = 8
"""Addresses and domains."""

VERSION = 2
"""Of a record. The first, still read, knew neither places nor repetitions of lines."""

_HEAD = struct.Struct("<BIH")
_SEEN = struct.Struct("<QfIII?Hf")
_SEEN_1 = struct.Struct("<QfIII?")
_SLOT = struct.Struct("<QHfffffff")


@dataclass(slots=True)
class Record:
    """All that is remembered of one job.

    Parameters
    ----------
    host, tool, job, user : str
        For people.
    mails : int
    first, last : float
        Arrival of the first and the last mail, in unix seconds.
    arrivals : list of int
        The last arrivals, in unix seconds, ascending as they came.
    lines : dict of int to Seen
        By `template_key`.
    slots : dict of int to Slot
    unrest : float
        Share of the mails that brought a new line, the later ones counting more.
    scare, swing : float
        Share of the mails that brought a new line of trouble, and a number far out of its range.
    length : float
        Mean ln(1 + lines).
    important, unimportant : int
        Mails that somebody taught us to be so.
    zone : int or None
        Minutes east of Greenwich of the last mail's Date:.
    shuffled : float
        Mean share of the usual lines that stood in another order than in the mail before.
    authors : list of int
        Numbers of the addresses that wrote its mail and of their domains, the last ones.
    """

    host: str
    tool: str
    job: str
    user: str
    mails: int = 0
    first: float = 0.0
    last: float = 0.0
    arrivals: list[int] = field(default_factory=list)
    lines: dict[int, Seen] = field(default_factory=dict)
    slots: dict[int, Slot] = field(default_factory=dict)
    unrest: float = 0.0
    scare: float = 0.0
    swing: float = 0.0
    length: float = 0.0
    important: int = 0
    unimportant: int = 0
    zone: int | None = None
    shuffled: float = 0.0
    authors: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name for people."""
        return name_of(self.host, self.tool, self.job, self.user)

    def add(
        self,
        lines: Iterable[Line],
        now: float,
        zone: int | None = None,
        *,
        scared: bool = False,
        swung: bool = False,
        disorder: float = 0.0,
    ) -> None:
        """Remember one mail.

        Parameters
        ----------
        lines : iterable of Line
            The subject's first.
        now : float
            Its arrival, in unix seconds; clocks may jump, so the next one may be earlier.
        zone : int, optional
            Minutes east of Greenwich of its Date:.
        scared, swung : bool, default False
            Whether it brought a new line of trouble, or a number far out of its range.
        disorder : float, default 0.0
            Share of its usual lines that stood in another order than in the mail before.
        """
        if not self.mails:
            self.first = now
        fresh = False
        keys: dict[int, bool] = {}
        times: Counter[int] = Counter()
        slots: dict[int, float] = {}
        count = 0
        for line in lines:
            count += 1
            key = template_key(line.template)
            themes = alarm_of(line.reading).themes
            keys[key] = "success" in themes or "recovery" in themes
            times[key] += 1
            fresh = fresh or key not in self.lines
            if line.values:
                keys[reading_key(line)] = False
                times[reading_key(line)] += 1
            for at, value in enumerate(line.values):
                slots.setdefault(slot_key(key, at), value)
        moment = min(max(int(now), 0), _LATEST)
        for place, (key, good) in enumerate(keys.items()):
            self._see(key, moment, good, place, times[key])
        for key, value in slots.items():
            self._measure(key, value)
        step = max(1 / (self.mails + 1), 0.05)
        self.unrest += step * (fresh - self.unrest)
        self.scare += step * (scared - self.scare)
        self.swing += step * (swung - self.swing)
        self.shuffled += step * (disorder - self.shuffled)
        self.length += step * (math.log1p(count) - self.length)
        self.mails += 1
        self.last = now
        self.zone = self.zone if zone is None else zone
        self.arrivals = [*self.arrivals, moment][-ARRIVALS_KEPT:]
        self._forget()

    def written_by(self, numbers: Iterable[int]) -> None:
        """Take note of who wrote a mail, so that he can be forgotten.

        Parameters
        ----------
        numbers : iterable of int
        """
        for number in numbers:
            if number in self.authors:
                self.authors.remove(number)
            self.authors.append(number)
        del self.authors[:-AUTHORS_KEPT]

    def _see(self, key: int, now: int, good: bool, place: int, times: int) -> None:
        seen = self.lines.get(key)
        if seen is None:
            self.lines[key] = Seen(1.0, self.mails, self.mails, now, good, place, math.log1p(times))
        else:
            seen.again(self.mails, place, times)

    def _measure(self, key: int, value: float) -> None:
        slot = self.slots.pop(key, None)  # put back at the end: the order tells the age
        if slot is None:
            x = math.log1p(abs(value))
            slot = Slot(0, x, 0.0, x, x, float(value == 0), value, 0.0)
        slot.add(value)
        self.slots[key] = slot

    def _forget(self) -> None:
        """Keep the bounds: what came least often and longest ago goes first."""
        if len(self.lines) > LINES_KEPT:
            ranked = sorted(self.lines, key=lambda key: (self.lines[key].rate(self.mails), key))
            for key in ranked[: len(self.lines) - LINES_KEPT]:
                del self.lines[key]
        while len(self.slots) > SLOTS_KEPT:
            del self.slots[next(iter(self.slots))]

    def pack(self) -> bytes:
        """Return what `unpack` reads.

        Returns
        -------
        bytes
        """
        told = orjson.dumps(
            [
                self.host, self.tool, self.job, self.user, self.mails, self.first, self.last, self.arrivals,
                self.unrest, self.scare, self.swing, self.length, self.important, self.unimportant, self.zone,
                len(self.lines), self.shuffled, self.authors,
            ]
        )  # fmt: skip
        lines = b"".join(
            _SEEN.pack(key, each.weight, each.first, each.last, each.since, each.good, each.place, each.often)
            for key, each in self.lines.items()
        )
        slots = b"".join(
            _SLOT.pack(
                key,
                min(each.count, 65535),
                each.mean,
                each.variance,
                each.low,
                each.high,
                each.zeros,
                each.last,
                each.trend,
            )
            for key, each in self.slots.items()
        )
        return _HEAD.pack(VERSION, len(told), 0) + told + lines + slots

    @classmethod
    def unpack(cls, raw: bytes) -> Record:
        """Read a record.

        Parameters
        ----------
        raw : bytes

        Returns
        -------
        Record

        Raises
        ------
        ValueError
            If it is none.
        """
        try:
            return cls._unpack(raw)
        except (struct.error, orjson.JSONDecodeError, TypeError, IndexError) as error:
            raise ValueError(f"a job's record is damaged: {error}") from None

    @classmethod
    def _unpack(cls, raw: bytes) -> Record:
        version, size, _ = _HEAD.unpack_from(raw)
        if version not in (1, VERSION):
            raise ValueError(f"a job's record is of version {version}, this program reads 1 and {VERSION}")
        lines = _SEEN if version == VERSION else _SEEN_1
        at = _HEAD.size + size
        told = orjson.loads(raw[_HEAD.size : at])
        middle = at + told[15] * lines.size
        record = cls(*told[:8])
        record.unrest, record.scare, record.swing, record.length = told[8:12]
        record.important, record.unimportant, record.zone = told[12:15]
        record.shuffled = told[16] if version == VERSION else 0.0
        record.authors = told[17] if len(told) > 17 else []
        record.lines = {key: Seen(*rest) for key, *rest in lines.iter_unpack(raw[at:middle])}
        record.slots = {key: Slot(*rest) for key, *rest in _SLOT.iter_unpack(raw[middle:])}
        return record


def name_of(host: str, tool: str, job: str, user: str) -> str:
    """Name a job for people.

    Parameters
    ----------
    host, tool, job, user : str
        Of its identity.

    Returns
    -------
    str
    """
    who = f"{user}@{host}" if user else host or "?"
    return f"{who} {tool}" + (f": {job}" if job and job != tool else "")


def read_job(value: bytes) -> Record:
    """Read what is remembered of a job, as ``memory.items("job")`` yields it.

    Parameters
    ----------
    value : bytes

    Returns
    -------
    Record

    Raises
    ------
    ValueError
        If it is none.
    """
    return Record.unpack(value)


def slot_key(template: int, at: int) -> int:
    """Return what a number of a template is kept under: `at` counts the numbers of the line."""
    return (template + at + 1) & ((1 << 64) - 1)


_LATEST = (1 << 32) - 1

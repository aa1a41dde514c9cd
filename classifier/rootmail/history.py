"""The part of history that is about jobs: what a mail is to the job that sent it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, Protocol

from classifier.rootmail.alarms import FAILURE
from classifier.rootmail.flow import disorder_of, swelling_of
from classifier.rootmail.forgetting import forget_jobs, writers_of
from classifier.rootmail.identity import Identity, identify
from classifier.rootmail.job_past import JobPast
from classifier.rootmail.masks import Line, read_lines
from classifier.rootmail.past import Change, Told, record_about, tell_gone, tell_lines, tell_values
from classifier.rootmail.places import host_place, job_place, names_in_record
from classifier.rootmail.precedents import NOTHING, SAID, Precedents
from classifier.rootmail.record import Record
from classifier.rootmail.sketch import Sketch, sketch_of
from classifier.rootmail.sums import NEWS, add_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classifier.mail import Message
    from classifier.mail.route import Route

LATE = 3 * 86400.0
"""A job that began so many seconds after its host was first heard of was news itself."""

FAR = 4.0
"""Standard deviations from which a number is far out of its range."""

_HOST = struct.Struct("<dI")


class Memory(Protocol):
    """Where records are kept; `classifier.history.Memory` is one."""

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None."""
        ...

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Write a record."""
        ...

    def delete(self, kind: str, key: bytes) -> None:
        """Forget a record."""
        ...

    def items(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Walk through all records of a kind."""
        ...


class Arrival(Protocol):
    """A message as it came; `classifier.history.Arrival` is one."""

    @property
    def message(self) -> Message:
        """The message."""
        ...

    @property
    def route(self) -> Route:
        """The way it took, as trusted as the site says."""
        ...

    @property
    def now(self) -> float:
        """When it came, in unix seconds."""
        ...


class _Reading(NamedTuple):
    """One message as a job's output."""

    identity: Identity
    lines: list[Line]


class _Compared(NamedTuple):
    """One message against the record of its job, and the bytes that the record was read from."""

    message: Message
    raw: bytes | None
    record: Record
    told: list[Told]
    changes: list[Change]
    disorder: float


class JobRecaller:
    """Remembers jobs; a `classifier.history.Recaller`.

    Parameters
    ----------
    memory : Memory
    """

    part = "job"
    live = frozenset((SAID,))
    """What the reader says of mail counts for mail that came before he said it."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._precedents = Precedents(memory)
        self._read: tuple[Message | None, _Reading | None] = (None, None)
        self._compared: _Compared | None = None

    def recall(self, arrival: Arrival) -> JobPast | None:
        """Say what a mail is to its job's past; changes nothing.

        Parameters
        ----------
        arrival : Arrival

        Returns
        -------
        JobPast or None
            None for mail that no program of a host wrote.
        """
        reading = self._reading(arrival)
        if reading is None:
            return None
        now, lines = arrival.now, reading.lines
        _, _, record, told, changes, disorder = self._compare(arrival, reading)
        since, host_mails = self._host(reading.identity, now)
        heard = NOTHING
        if self._precedents.knows(reading.identity):
            heard = self._precedents.heard(reading.identity, sketch_of(told, changes))
        return JobPast(
            identity=reading.identity,
            mails=record.mails,
            first=record.first,
            last=record.last,
            arrivals=tuple(record.arrivals),
            now=now,
            host_since=since,
            host_mails=host_mails,
            unrest=record.unrest,
            scare=record.scare,
            swing=record.swing,
            usual_length=record.length,
            length=len(lines),
            told=tuple(told),
            gone=tuple(tell_gone(lines, record)),
            changes=tuple(changes),
            sums=add_up(told, changes),
            important=record.important,
            unimportant=record.unimportant,
            disorder=disorder,
            shuffled=record.shuffled,
            swelling=swelling_of(lines, record),
            heard=heard,
        )

    def lean(self, arrival: Arrival, read: dict[tuple[str, bytes], bytes | None]) -> None:
        """Cut a job's record in what was read down to what a mail asks of it.

        Parameters
        ----------
        arrival : Arrival
        read : dict
            Records by kind and key; changed.
        """
        reading = self._reading(arrival)
        name = ("job", job_place(reading.identity)) if reading else None
        if reading and name in read and read[name] is not None:
            read[name] = record_about(reading.lines, self._open(reading.identity, read[name])).pack()

    def observe(self, arrival: Arrival) -> None:
        """Remember a mail.

        Parameters
        ----------
        arrival : Arrival
        """
        reading = self._reading(arrival)
        if reading is None:
            return
        _, _, record, told, changes, disorder = self._compare(arrival, reading)
        self._compared = None  # the record changes now
        self._precedents.note(reading.identity, arrival.message, sketch_of(told, changes))
        date = arrival.message.date
        record.add(
            reading.lines,
            arrival.now,
            date.zone if date else None,
            scared=any(each.alarm.grade >= FAILURE and each.state in NEWS for each in told),
            swung=any(each.kind and abs(each.z) >= FAR for each in changes),
            disorder=disorder,
        )
        record.written_by(writers_of(arrival.message))
        self._memory.put("job", job_place(reading.identity), record.pack())
        since, mails = self._host(reading.identity, arrival.now)
        host = _HOST.pack(since, min(mails + 1, 0xFFFFFFFF))
        self._memory.put("job-host", host_place(reading.identity), host)

    def relabel(self, arrival: Arrival, before: str | None, after: str | None) -> None:
        """Take note of what the reader says a mail is.

        Parameters
        ----------
        arrival : Arrival
        before, after : str or None
            Labels; None where it had, or has, none.
        """
        reading = self._reading(arrival)
        if reading is None:
            return
        self._precedents.relabel(reading.identity, self._sketch(arrival, reading), before, after)
        record = self._open(reading.identity, self._memory.get("job", job_place(reading.identity)))
        for label, step in ((before, -1), (after, 1)):
            if label == "important":
                record.important = max(0, record.important + step)
            elif label == "unimportant":
                record.unimportant = max(0, record.unimportant + step)
        if record.mails or record.important or record.unimportant:
            self._memory.put("job", job_place(reading.identity), record.pack())
        else:
            self._memory.delete("job", job_place(reading.identity))

    def forget(self, address: str) -> frozenset[int]:
        """Forget the jobs of somebody; parameters and result as of `forget_jobs`."""
        return forget_jobs(self._memory, address)

    def _sketch(self, arrival: Arrival, reading: _Reading) -> Sketch:
        """Sketch a mail as it stood to the past when it came: as noted then, else as it stands now.

        What was observed and not noted was usual, whatever has become of its lines since.
        """
        noted = self._precedents.noted(reading.identity, arrival.message)
        if noted is not None:
            return noted
        _, _, record, told, changes, _ = self._compare(arrival, reading)
        sketch = sketch_of(told, changes)
        return sketch._replace(news=frozenset()) if record.mails and arrival.now <= record.last else sketch

    def _reading(self, arrival: Arrival) -> _Reading | None:
        """Read a message once for all that is asked about it in a row."""
        message = arrival.message
        if self._read[0] is not message:
            self._read = (message, _read(message, arrival.route))
        return self._read[1]

    def _compare(self, arrival: Arrival, reading: _Reading) -> _Compared:
        """Compare a message with its job's record, once while the record stays what it is."""
        raw = self._memory.get("job", job_place(reading.identity))
        kept = self._compared
        if kept is None or kept.message is not arrival.message or kept.raw != raw:
            record = self._open(reading.identity, raw)
            late = record.first - self._host(reading.identity, arrival.now)[0] > LATE
            told = tell_lines(reading.lines, record, arrival.now, late=late)
            changes = tell_values(reading.lines, record)
            disorder = disorder_of(reading.lines, record)
            kept = _Compared(arrival.message, raw, record, told, changes, disorder)
            self._compared = kept
        return kept

    @staticmethod
    def _open(identity: Identity, raw: bytes | None) -> Record:
        """Read a job's record; a new one where there is none, a damaged one, or another job's."""
        try:
            record = Record.unpack(raw) if raw is not None else None
        except ValueError:
            record = None
        if record and (record.host, record.tool, record.job, record.user) == names_in_record(identity):
            return record
        return Record(*names_in_record(identity))

    def _host(self, identity: Identity, now: float) -> tuple[float, int]:
        """Say when a host was first heard of, and how often."""
        raw = self._memory.get("job-host", host_place(identity))
        if raw is None or len(raw) != _HOST.size:
            return now, 0
        since, mails = _HOST.unpack(raw)
        return since, mails


def _read(message: Message, route: Route) -> _Reading | None:
    identity = identify(message, route)
    if identity is None:
        return None
    subject = [
        line._replace(template="subject: " + line.template, reading="subject: " + line.reading)
        for line in read_lines(message.subject[:400], identity.host)[:1]
    ]
    return _Reading(identity, subject + read_lines(message.text, identity.host))

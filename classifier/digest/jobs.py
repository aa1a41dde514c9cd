"""The jobs that are remembered: their rhythm, when they last wrote, what their mail was worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.markup import clean
from classifier.rootmail.cadence import find_rhythm, next_due

if TYPE_CHECKING:
    from classifier.rootmail.record import Record


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Parameters
    ----------
    host, tool, job, user : str
        Who it is.
    name : str
        The same for people.
    rhythm : str
        Such as ``daily``; ``irregular`` where there is none.
    mails : int
        That were observed.
    first, last : float
        When it first and last wrote, in seconds since 1970.
    due : float or None
        When its next mail is due; None without a rhythm.
    important, unimportant : int
        Mails of it that the reader called so.
    """

    host: str
    tool: str
    job: str
    user: str
    name: str
    rhythm: str
    mails: int
    first: float
    last: float
    due: float | None
    important: int
    unimportant: int

    @property
    def rate(self) -> float | None:
        """Share of the mails with a label that were important; None where nobody said."""
        said = self.important + self.unimportant
        return self.important / said if said else None

    def to_json(self) -> dict[str, Any]:
        """Return what a line of jsonl holds.

        Returns
        -------
        dict
        """
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**told, "importance_rate": self.rate}


def list_jobs(records: Iterable[Record], now: float) -> Iterator[Job]:
    """Describe jobs.

    Parameters
    ----------
    records : iterable of Record
    now : float
        Seconds since 1970.

    Yields
    ------
    Job
        By host, then by name.
    """
    for record in sorted(records, key=lambda each: (each.host, each.name)):
        arrivals = [time for time in record.arrivals if time <= now]
        if record.first > now and not arrivals:
            continue
        later = len(record.arrivals) - len(arrivals)
        rhythm = find_rhythm(arrivals, record.zone or 0)
        yield Job(
            clean(record.host),
            clean(record.tool),
            clean(record.job),
            clean(record.user),
            clean(record.name),
            rhythm.name,
            record.mails - later,
            record.first,
            max(arrivals, default=record.first) if later else record.last,
            next_due(rhythm, now),
            record.important,
            record.unimportant,
        )

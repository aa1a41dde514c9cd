"""What the DNS said: one status word, the records, and when it said so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.lookup.topology import Topology

Question = tuple[str, str]
"""A domain name (lower case, A-labels, no final dot) and a record type: ``('example.org', 'MX')``."""

RRTYPES = ("MX", "CNAME", "NS", "A", "AAAA")
"""The record types that are ever asked for."""


class Status(StrEnum):
    """How a question ended; unknown is a value of its own and never counts as bad.

    ``found``: records. ``absent``: the name exists, such records do not (RFC 2308 section 2.2).
    ``nxdomain``: the name does not exist (RFC 2308 section 2.1). ``temperror``: nobody could say. ``off``:
    nobody was asked.
    """

    FOUND = "found"
    ABSENT = "absent"
    NXDOMAIN = "nxdomain"
    TEMPERROR = "temperror"
    OFF = "off"

    @property
    def known(self) -> bool:
        """Whether the DNS gave a definite answer, be it a negative one."""
        return self in _KNOWN


_KNOWN = frozenset({Status.FOUND, Status.ABSENT, Status.NXDOMAIN})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Parameters
    ----------
    name, rrtype : str
        The question.
    status : Status
        How it ended.
    records : tuple of str
        The records' data as text: ``'10 mx.example.org'``, ``'192.0.2.1'``; names in lower case without the
        final dot, the root as ``'.'``. Empty unless found.
    aliases : tuple of str
        The names that CNAME records led to on the way, in order; empty where the name was no alias.
    ttl : int
        Seconds for which it may be kept; the negative TTL of RFC 2308 section 5 for absent and nxdomain.
    taken : float
        When it was given, in seconds since 1970.
    """

    name: str
    rrtype: str
    status: Status
    records: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int = 0
    taken: float = 0.0

    @property
    def exchanges(self) -> tuple[tuple[int, str], ...]:
        """The MX records as (preference, host), best first; equal preferences in the order of their names."""
        pairs = []
        for record in self.records:
            preference, _, host = record.partition(" ")
            pairs.append((int(preference), host))
        return tuple(sorted(pairs))


UNASKED = Answer("", "", Status.OFF)
"""What is known about a question that nobody asked."""


class Answers:
    """The answers at hand, by question; asking them never waits and never sends a packet.

    Parameters
    ----------
    answers : iterable of Answer, default ()
        A later answer to the same question replaces an earlier one.
    otherwise : Status, default Status.OFF
        How every question not among them reads; ``temperror`` plays a DNS that is down.

    Examples
    --------
    >>> answers = Answers([Answer("example.org", "MX", Status.FOUND, ("0 .",))])
    >>> str(answers.get("example.org", "MX").status), str(answers.get("example.net", "MX").status)
    ('found', 'off')
    """

    __slots__ = ("_known", "_otherwise", "_topologies")

    def __init__(self, answers: Iterable[Answer] = (), otherwise: Status = Status.OFF) -> None:
        self._known: dict[Question, Answer] = {(each.name, each.rrtype): each for each in answers}
        self._otherwise = UNASKED if otherwise is Status.OFF else Answer("", "", otherwise)
        self._topologies: dict[str, Topology] = {}

    def get(self, name: str, rrtype: str) -> Answer:
        """Return what is known about one question.

        Parameters
        ----------
        name : str
            As in `Question`.
        rrtype : str
            One of `RRTYPES`.

        Returns
        -------
        Answer
            With status ``off`` (or the one given as `otherwise`) where the question is not among the answers.
        """
        return self._known.get((name, rrtype), self._otherwise)

    def add(self, answers: Iterable[Answer]) -> None:
        """Take answers in, replacing older ones to the same questions.

        Parameters
        ----------
        answers : iterable of Answer
        """
        self._known.update(((each.name, each.rrtype), each) for each in answers)
        self._topologies.clear()

    def topology(self, domain: str) -> Topology:
        """Return the mail topology of a domain, computed once.

        Parameters
        ----------
        domain : str
            As it stands in an address, of any case or script.

        Returns
        -------
        Topology
        """
        found = self._topologies.get(domain)
        if found is None:
            from classifier.lookup.topology import topology_of

            found = self._topologies[domain] = topology_of(domain, self)
        return found

    def __contains__(self, question: object) -> bool:
        return question in self._known

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._known.values())

    def __len__(self) -> int:
        return len(self._known)

    def __bool__(self) -> bool:
        """Be true even when empty: having asked in vain is not the same as not having asked."""
        return True

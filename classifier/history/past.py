"""History as one thing: what each part of it remembers about a message, and what it learns from one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from classifier.history.came import AsRead, Noting, Read, pack_read, unpack_read

if TYPE_CHECKING:
    from classifier.history.arrival import Arrival
    from classifier.mail import Message


@dataclass(frozen=True, slots=True)
class Past:
    """What was known about a message's people and job when it came; None where nothing could be.

    Parameters
    ----------
    people, job : object, optional
        What the recaller of that name returned.
    """

    people: Any = None
    job: Any = None


class Recaller(Protocol):
    """One part of history: keeps records in a `Memory`, bounded in number and size.

    The order of calls for each message is `recall`, then `observe`; a message recalls what the messages
    before it left behind, never itself, so batches of any size remember the same. It is made of a memory
    alone and recalls by nothing but that memory's records and the message. A method ``lean(arrival, read)``,
    if there is one, replaces records in what was read by smaller ones that make the same answer; an attribute
    ``live``, if there is one, names kinds of records that count as they are now for mail that came before.
    """

    @property
    def part(self) -> str:
        """Which attribute of `Past` it fills."""
        ...

    def recall(self, arrival: Arrival) -> Any:
        """Say what is known now; changes nothing.

        Parameters
        ----------
        arrival : Arrival

        Returns
        -------
        object
            Immutable; None where this part has nothing to say on such a message.
        """
        ...

    def observe(self, arrival: Arrival) -> None:
        """Remember a message.

        Parameters
        ----------
        arrival : Arrival
        """
        ...

    def relabel(self, arrival: Arrival, before: str | None, after: str | None) -> None:
        """Take note of what the reader says a message is; called whenever that changes.

        Parameters
        ----------
        arrival : Arrival
        before, after : str or None
            Labels; None where it had, or has, none. ``relabel(x, None, a)`` and then ``relabel(x, a, None)``
            leave everything as it was.
        """
        ...


class History:
    """All parts of history.

    Parameters
    ----------
    recallers : sequence of Recaller
        Of different parts.
    noting : Noting, optional
        The memory of all of them, where `as_it_came` is to be asked.

    Raises
    ------
    ValueError
        If two fill the same part, or one fills none that there is.
    """

    def __init__(self, recallers: Sequence[Recaller], noting: Noting | None = None) -> None:
        parts = [each.part for each in recallers]
        if len(set(parts)) < len(parts) or not set(parts) <= set(Past.__dataclass_fields__):
            raise ValueError(f"parts of history are some of people and job, each once, not {parts}")
        self.recallers = tuple(recallers)
        self._noting = noting
        self._last: tuple[Message | None, Read] = (None, {})

    def recall(self, arrival: Arrival) -> Past:
        """Say what is known about a message when it comes; changes nothing.

        Parameters
        ----------
        arrival : Arrival

        Returns
        -------
        Past
        """
        if self._noting is not None:
            self._noting.read = {}
        past = Past(**{each.part: each.recall(arrival) for each in self.recallers})
        if self._noting is not None:
            self._last = arrival.message, self._noting.read
        return past

    def as_it_came(self, arrival: Arrival) -> bytes:
        """Write down what `recall` says now, for a message that is about to be observed.

        Parameters
        ----------
        arrival : Arrival

        Returns
        -------
        bytes
            Some hundred, for `recall_as_it_came`; empty where nobody notes what is read.
        """
        if self._noting is None:
            return b""
        if self._last[0] is not arrival.message:
            self.recall(arrival)
        live = self._live()
        read = {name: value for name, value in self._last[1].items() if name[0] not in live}
        self._last = (None, {})  # once observed, it is past
        for each in self.recallers:
            if hasattr(each, "lean"):
                each.lean(arrival, read)
        return pack_read(read, arrival.now)

    def recall_as_it_came(self, arrival: Arrival, came: bytes) -> Past | None:
        """Say what was known about a message when it came, whatever has come since.

        Parameters
        ----------
        arrival : Arrival
        came : bytes
            From `as_it_came`.

        Returns
        -------
        Past or None
            None where that cannot be told: written by another version, or damaged.
        """
        found = unpack_read(came)
        if found is None:
            return None
        memory, then = AsRead(found[0], self._noting, self._live()), arrival.at(found[1])
        makers: tuple[Any, ...] = tuple(map(type, self.recallers))
        try:
            return Past(**{make.part: make(memory).recall(then) for make in makers})
        except KeyError:
            return None

    def _live(self) -> frozenset[str]:
        """Name the kinds of records that are read as they are now, whenever a message came."""
        return frozenset().union(*(getattr(each, "live", ()) for each in self.recallers))

    def observe(self, arrival: Arrival) -> None:
        """Remember a message.

        Parameters
        ----------
        arrival : Arrival
        """
        for each in self.recallers:
            each.observe(arrival)

    def relabel(self, arrival: Arrival, before: str | None, after: str | None) -> None:
        """Take note of what the reader says a message is.

        Parameters
        ----------
        arrival : Arrival
        before, after : str or None
            Labels; None where it had, or has, none.
        """
        for each in self.recallers:
            each.relabel(arrival, before, after)

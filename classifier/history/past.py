"""History as one thing: what each part of it remembers about a message, and what it learns from one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from classifier.history.arrival import Arrival


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
    before it left behind, never itself, so batches of any size remember the same.
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

    Raises
    ------
    ValueError
        If two fill the same part, or one fills none that there is.
    """

    def __init__(self, recallers: Sequence[Recaller]) -> None:
        parts = [each.part for each in recallers]
        if len(set(parts)) < len(parts) or not set(parts) <= set(Past.__dataclass_fields__):
            raise ValueError(f"parts of history are some of people and job, each once, not {parts}")
        self.recallers = tuple(recallers)

    def recall(self, arrival: Arrival) -> Past:
        """Say what is known about a message when it comes; changes nothing.

        Parameters
        ----------
        arrival : Arrival

        Returns
        -------
        Past
        """
        return Past(**{each.part: each.recall(arrival) for each in self.recallers})

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

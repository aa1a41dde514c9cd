"""What signals are computed from: one message, and what was known when it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from classifier.signals.site import Site

if TYPE_CHECKING:
    from classifier.mail import Message

T = TypeVar("T")

NOBODY = Site()


class fact(Generic[T]):  # noqa: N801  # reads like property, which it is
    """A property computed at first use and kept: ``functools.cached_property`` without its lock.

    Parameters
    ----------
    compute : callable
        The method it decorates.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, facts: None, owner: type) -> fact[T]: ...
    @overload
    def __get__(self, facts: object, owner: type) -> T: ...
    def __get__(self, facts: object | None, owner: type) -> T | fact[T]:
        """Compute, and lay the result where Python looks before it asks this descriptor again."""
        if facts is None:
            return self
        value = facts.__dict__[self._name] = self._compute(facts)
        return value


class Facts:
    """One message with all that a signal may know about it; what several signals share is computed once.

    Parameters
    ----------
    message : Message
    site : Site, optional
        Who and where we are; by default nothing is known.
    answers : object, optional
        Recorded or live answers of the DNS; None means that lookups are off.
    history : object, optional
        What was seen from this sender before; None means that nobody remembers.
    now : float, optional
        Seconds since 1970 at which the message is judged; None where that must not matter.
    """

    def __init__(
        self,
        message: Message,
        site: Site | None = None,
        answers: Any = None,
        history: Any = None,
        now: float | None = None,
    ) -> None:
        self.message = message
        self.site = site or NOBODY
        self.answers = answers
        self.history = history
        self.now = now

    @fact
    def counts(self) -> dict[bytes, int]:
        """How often each header field occurs, by lower-case name."""
        counts: dict[bytes, int] = {}
        for name in self.message.headers.names:
            counts[name] = counts.get(name, 0) + 1
        return counts

"""One message as it came: when, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from classifier.mail.fact import fact
from classifier.mail.route import Route, read_route

if TYPE_CHECKING:
    from classifier.mail import Message


class Whose(Protocol):
    """Whose mail it is; `classifier.signals.Site` is one."""

    @property
    def me(self) -> frozenset[str]:
        """Own addresses, lower case."""
        ...

    @property
    def my_domains(self) -> frozenset[str]:
        """Own domains, lower case."""
        ...

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """Hosts whose Received fields are believed."""
        ...

    def owns(self, domain: str) -> bool:
        """Tell whether a domain is ours or lies below one of ours."""
        ...


class Arrival:
    """A message, whose mail it is, and the moment at which it came.

    Parameters
    ----------
    message : Message
    whose : Whose
    now : float, optional
        Seconds since 1970. Without it the message tells: the time stamp of our own nearest host, else its
        Date:, which may lie, else 0.

    Source
    ------
    RFC 5321 section 4.4 (time stamps of hosts), RFC 5322 section 3.6.1 (Date:).
    """

    def __init__(self, message: Message, whose: Whose, now: float | None = None) -> None:
        self.message = message
        self.whose = whose
        self._now = now

    @fact
    def route(self) -> Route:
        """The way the message took."""
        return read_route(self.message.headers, self.whose.trusted_hosts)

    @fact
    def now(self) -> float:
        """When it came, in seconds since 1970."""
        if self._now is not None:
            return self._now
        stamp = self.route.arrived or self.message.date
        return stamp.seconds if stamp else 0.0

    def at(self, now: float) -> Arrival:
        """Return the same message as having come at another moment, in seconds since 1970."""
        return Arrival(self.message, self.whose, now)

    @property
    def is_mine(self) -> bool:
        """Whether the author is the reader: mail sent, not received."""
        author = self.message.author
        return author is not None and author.addr.lower() in self.whose.me

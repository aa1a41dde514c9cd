"""The way of one message: its hops, and how far their description can be believed.

Anybody can write Received: fields under his own. Believed are those that our own hosts wrote, and only in one
unbroken row from the top: a field further down is believed when the host that wrote the one above it, itself
believed, took the message from one of our hosts. So a forged field that names our hosts gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from classifier.patterns import pattern

from .domains import organisational_domain
from .fact import fact
from .received import parse_received, who_handed_in
from .trust import count_trusted, inside

if TYPE_CHECKING:
    from .date import Timestamp
    from .headers import Headers
    from .hop import Hop

_BY_PROGRAM: Final = frozenset({"", "LOCAL", "LOCAL-SMTP", "LOCAL-ESMTP"})
_GAP = rb"[ \t\n]{1,9}+"
_WORD, _REMARK = rb"[!-'*-:<-~]{1,255}+" + _GAP, rb"(\([\t\n -'*-:<-~]{0,500}+\)" + _GAP + rb")?+"
_BY_NETWORK = pattern(  # as most relays write it, to be read with less care
    rb"[ \t\n]{0,9}+from" + _GAP + _WORD + _REMARK + rb"by" + _GAP + _WORD + _REMARK
    + rb"with" + _GAP + rb"[eE]?[sS][mM][tT][pP][ \t\n;]"
)  # fmt: skip

MAX_HOPS: Final = 64
"""Hops that are read: RFC 5321 section 6.3 lets a server call 100 a loop, most stop at 25 to 50."""


class Route:
    """The hops of one message, nearest first.

    Parameters
    ----------
    hops : tuple of Hop
        Hop 0 is the nearest to us.
    trusted : int
        How many of them, from hop 0 on, were written by our own hosts.
    fields : int
        Received: fields in the message, more than ``len(hops)`` where there were over `MAX_HOPS`.

    Attributes
    ----------
    border : Hop or None
        What our outermost host wrote: its client is the outside world. None where no hop is trusted.
    """

    def __init__(self, hops: tuple[Hop, ...], trusted: int, fields: int) -> None:
        self.hops = hops
        self.trusted = trusted
        self.fields = fields
        self.border = hops[trusted - 1] if trusted else None

    def __repr__(self) -> str:
        return f"<Route of {self.fields} hops, {self.trusted} trusted>"

    @property
    def outside(self) -> tuple[Hop, ...]:
        """The hops that others wrote; claims, nearest first."""
        return self.hops[self.trusted :]

    @property
    def all_trusted(self) -> bool:
        """Whether our own hosts wrote every hop; False where there is none."""
        return bool(self.hops) and self.trusted == len(self.hops)

    @fact
    def stranger(self) -> Hop | None:
        """The border, if its client came from outside, with an address and without a login."""
        border = self.border
        if border is None or not border.address or border.authenticated or inside(border.address):
            return None
        return border

    @property
    def relay(self) -> str:
        """The address of the machine that connected to our outermost host; '' where it is unknown."""
        return self.border.address if self.border else ""

    @property
    def arrived(self) -> Timestamp | None:
        """When our nearest host took the message in, if that one is trusted."""
        return self.hops[0].time if self.trusted else None

    @fact
    def delays(self) -> tuple[float | None, ...]:
        """Seconds from each hop's farther neighbour to it, nearest first: one less than there are hops.

        None where one of the two does not tell its time; negative where their clocks disagree.
        """
        times = [hop.time for hop in self.hops]
        return tuple(near.seconds - far.seconds if near and far else None for near, far in pairwise(times))

    @fact
    def known_delays(self) -> tuple[float, ...]:
        """The delays that are known."""
        return tuple([delay for delay in self.delays if delay is not None])

    @fact
    def defects(self) -> frozenset[str]:
        """What is wrong with any hop, and ``too_many_hops``."""
        found = {defect for hop in self.hops if hop.defects for defect in hop.defects}
        if self.fields > len(self.hops):
            found.add("too_many_hops")
        return frozenset(found)

    @fact
    def gaps(self) -> tuple[int, ...]:
        """Places i where hop i came from a host that hop i + 1 does not say it is."""
        return tuple(
            at for at in range(len(self.hops) - 1) if not connected(self.hops[at], self.hops[at + 1])
        )


def read_route(
    headers: Headers,
    trusted_hosts: tuple[str, ...] = (),
    organisation: Callable[[str], str] = organisational_domain,
) -> Route:
    """Read all Received: fields of a message.

    Parameters
    ----------
    headers : Headers
    trusted_hosts : tuple of str, default ()
        Host names (their subdomains included) and networks that are ours. Without them ours are inferred; see
        :func:`classifier.mail.trust.count_trusted`.
    organisation : callable, optional
        Host name to registrable domain.

    Returns
    -------
    Route

    Notes
    -----
    Source: RFC 5321 section 4.4: each server adds its field on top.
    """
    raws = headers.raw_all(b"received")
    hops = tuple(map(parse_received, raws[:MAX_HOPS]))
    return Route(hops, count_trusted(hops, trusted_hosts, organisation), len(raws))


def submitted_here(headers: Headers, trusted_hosts: tuple[str, ...] = ()) -> bool:
    """Tell whether a program on one of our hosts handed a message in, and no host of others touched it.

    Parameters
    ----------
    headers : Headers
    trusted_hosts : tuple of str, default ()
        As for :func:`read_route`.

    Returns
    -------
    bool

    Notes
    -----
    The words of the oldest field must say that no network was in between; "with SMTP" says the contrary,
    whatever else stands there, and UUCP brings the mail of others. That field is read first: most mail
    ends there, and the route costs five times as much.
    """
    raws = headers.raw_all(b"received")
    if not raws:
        return False
    if not from_program(raws[-1]):
        return False
    route = read_route(headers, trusted_hosts)
    return route.all_trusted and len(route.hops) == route.fields


def from_program(received: bytes) -> bool:
    """Tell whether a relay says that a program on its own host handed it the message.

    Parameters
    ----------
    received : bytes
        Its field.

    Returns
    -------
    bool
    """
    usual = _BY_NETWORK.match(received)
    if usual is not None and not any(b"id " in each or b"id\n" in each for each in usual.groups(b"")):
        return False
    local, protocol = who_handed_in(received)
    return local and protocol in _BY_PROGRAM


def connected(near: Hop, far: Hop) -> bool:
    """Tell whether one hop can be the next after another by the names and addresses they give.

    Parameters
    ----------
    near, far : Hop
        Neighbours; `far` is the older.

    Returns
    -------
    bool
        True as well where either does not say.
    """
    by = far.by.lower()
    if not by or not (near.helo or near.address) or near.local:
        return True
    by_org = organisational_domain(by)
    for name in (near.ptr, near.helo):
        if name and (name := name.lower()) and (name == by or organisational_domain(name) == by_org):
            return True
    if near.address and (near.address == by or inside(near.address)):
        return True
    return "." not in by or by.endswith((".local", ".localdomain", ".lan", ".internal"))

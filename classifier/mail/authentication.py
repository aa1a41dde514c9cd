"""What was found about who sent a message, as far as the finder can be believed.

Anybody can write Authentication-Results: into his mail. Believed are only fields that stand above the first
Received: field of a stranger and name one of our own servers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from classifier.patterns import pattern

from .auth_results import Result, authserv_id, parse_auth_results, result_word
from .dkim_signature import DkimSignature, parse_dkim_signature
from .domains import organisational_domain
from .fact import fact

if TYPE_CHECKING:
    from .headers import Headers
    from .route import Route

MAX_FIELDS: Final = 16
"""Authentication-Results: fields that are read; one check after another adds its own, eight were seen."""

MAX_SIGNATURES: Final = 8
"""DKIM signatures that are read; RFC 6376 section 6.1 lets verifiers stop anywhere, many do at five."""

MAX_ARC_SETS: Final = 50
"""RFC 8617 section 4.2.1: no chain is longer."""

_SPF = pattern(rb"\s*+([A-Za-z]{1,20})")
_SEAL_INSTANCE = pattern(rb"(?:\A|;)\s*+i\s*+=\s*+(\d{1,3})\b")
_SEAL_CV = pattern(rb"(?:\A|;)\s*+cv\s*+=\s*+([A-Za-z]{1,10})")


class Authentication:
    """Who vouched for a message, and who claims to.

    Parameters
    ----------
    headers : Headers
    route : Route
    authserv_ids : frozenset of str, default frozenset()
        Names under which our servers write. Empty: the names of the hosts that wrote the trusted
        hops, and other hosts of their registrable domains.
    organisation : callable, optional
        Host name to registrable domain.

    Attributes
    ----------
    results : tuple of Result
        Believed, in the order of the fields.
    """

    def __init__(
        self,
        headers: Headers,
        route: Route,
        authserv_ids: frozenset[str] = frozenset(),
        organisation: Callable[[str], str] = organisational_domain,
    ) -> None:
        self._headers = headers
        self._route = route
        self._ids = frozenset(map(str.lower, authserv_ids)) if authserv_ids else authserv_ids
        self._organisation = organisation

    @fact
    def border(self) -> int:
        """How many header fields stand above the first Received: field of a stranger."""
        names = self._headers.names
        at = -1
        for _ in range(self._route.trusted + 1):
            try:
                at = names.index(b"received", at + 1)
            except ValueError:
                return len(names)
        return at

    @fact
    def sorted_fields(self) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """The Authentication-Results: fields: the believed, and the others."""
        if b"authentication-results" not in self._headers:
            return (), ()
        believed: list[bytes] = []
        others: list[bytes] = []
        for at, (name, raw) in enumerate(self._headers.fields):
            if name == b"authentication-results" and len(believed) + len(others) < MAX_FIELDS:
                ours = at < self.border and self.is_ours(authserv_id(raw))
                (believed if ours else others).append(raw)
        return tuple(believed), tuple(others)

    @fact
    def forged(self) -> bool:
        """Whether a field in the name of a server of ours stands below the border."""
        below = self._headers.fields[self.border :]
        raws = [raw for name, raw in below if name == b"authentication-results"]
        return any(self.is_ours(name) for name in map(authserv_id, raws[:MAX_FIELDS]) if name)

    def is_ours(self, name: str) -> bool:
        """Tell whether an authserv-id is that of a server of ours.

        Parameters
        ----------
        name : str
            Lower case; '' where a field has none: Microsoft's servers leave it out.

        Returns
        -------
        bool
            Source: RFC 8601 sections 2.5 (authserv-id) and 7.1 (forged fields).
        """
        if self._ids:
            return name in self._ids
        hosts = [hop.by.lower() for hop in self._route.hops[: self._route.trusted] if hop.by]
        if not name:
            return any(host.endswith((".outlook.com", ".office365.com")) for host in hosts)
        return name in hosts or self._organisation(name) in {self._organisation(host) for host in hosts}

    @fact
    def results(self) -> tuple[Result, ...]:
        """What our servers found."""
        believed = self.sorted_fields[0]
        return tuple(each for raw in believed for each in parse_auth_results(raw).results)

    def word(self, method: str) -> str:
        """Return the result of a method; a pass beats all, as where one of several signatures is good.

        Parameters
        ----------
        method : str
            ``spf``, ``dkim``, ``dmarc``, ``arc``, ``iprev``, ``auth``.

        Returns
        -------
        str
            One of RFC 8601's words; '' where our servers said nothing about it.
        """
        words = [each.word for each in self.results if each.method == method and each.word]
        if "pass" in words:
            return "pass"
        return words[0] if words else ""

    @fact
    def spf(self) -> str:
        """The word of our servers for SPF, in either of the two fields; '' where there is none."""
        return self.word("spf") or self.received_spf

    @fact
    def received_spf(self) -> str:
        """The word of the topmost Received-SPF: field above the border; '' where there is none.

        Source: RFC 7208 section 9.1.
        """
        if b"received-spf" not in self._headers:
            return ""
        at = self._headers.names.index(b"received-spf")
        found = _SPF.match(self._headers.fields[at][1]) if at < self.border else None
        return result_word(found[1].decode("ascii")) if found else ""

    @fact
    def signatures(self) -> tuple[DkimSignature, ...]:
        """The DKIM signatures, unverified."""
        raws = self._headers.raw_all(b"dkim-signature")
        return tuple(map(parse_dkim_signature, raws[:MAX_SIGNATURES])) if raws else ()

    @fact
    def passed_domains(self) -> frozenset[str]:
        """The domains whose DKIM signatures our servers found good."""
        good = (each for each in self.results if each.method == "dkim" and each.word == "pass")
        return frozenset(each.domain("header.d", "header.i") for each in good) - {""}

    @fact
    def arc(self) -> tuple[int, str]:
        """How many ARC sets there are, and what the newest seal says of the older ones; unverified.

        Source: RFC 8617 sections 4.1.3 (cv=) and 4.2.1 (instances).
        """
        sets, newest = 0, ""
        if b"arc-seal" in self._headers:
            for raw in self._headers.raw_all(b"arc-seal")[:MAX_ARC_SETS]:
                instance, cv = _SEAL_INSTANCE.search(raw), _SEAL_CV.search(raw)
                if instance and cv and int(instance[1]) > sets:
                    sets, newest = min(int(instance[1]), MAX_ARC_SETS), cv[1].decode("ascii").lower()
        return sets, newest

"""What signals are computed from: one message, and what was known when it came."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from classifier.mail.authentication import Authentication
from classifier.mail.date import parse_date
from classifier.mail.fact import fact
from classifier.mail.route import Route, read_route
from classifier.signals.domains import organisational_domain
from classifier.signals.site import Site

if TYPE_CHECKING:
    from classifier.mail import Address, HtmlFacts, Message, Timestamp

NOBODY = Site()

LONG = 255
"""Characters of a name, local part or domain that are looked at: a domain has no more (RFC 1035 2.3.4)."""

SUBJECT_CHARS = 500
"""Characters of a subject that are looked at."""

TEXT_CHARS = 16384
"""Characters of text that are looked at: five printed pages, and a tenth of a millisecond."""

LINKS = 200
"""Links that are looked at."""

TRACE_BYTES = 4096
"""Bytes of one Received: that are looked at."""

LINES = 24
"""Lines whose layout is looked at: one screen."""

LINK_HOST = re.compile(
    r"(?:https?:|ftp:)?//(?:[^/?#@\s]{0,200}@)?(\[[0-9a-f:.]{2,60}\]|[^/:?#@\s\\]{1,255})", re.IGNORECASE
)


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

    def field(self, name: bytes) -> str | None:
        """Return the unfolded text of a field, encoded words left alone, or None where it is absent.

        Parameters
        ----------
        name : bytes
            Lower case.

        Returns
        -------
        str or None
        """
        return self.message.headers.unfolded(name) if name in self.counts else None

    def word(self, name: bytes) -> str | None:
        """Return the first word of a field in lower case, '' where it is empty, None where it is absent.

        Parameters
        ----------
        name : bytes
            Lower case.

        Returns
        -------
        str or None
        """
        if name not in self.counts:
            return None
        text = (self.message.headers.unfolded(name) or "")[:200].replace(";", " ").split(None, 1)
        return text[0].lower() if text else ""

    @fact
    def route(self) -> Route:
        """The way the message took, trusted as the site says."""
        return read_route(self.message.headers, self.site.trusted_hosts)

    @fact
    def authentication(self) -> Authentication:
        """What servers found about the sender, believed as the site says."""
        return Authentication(self.message.headers, self.route, self.site.authserv_ids)

    @fact
    def author(self) -> Address | None:
        """The first mailbox of From:."""
        return self.message.author

    @fact
    def author_addr(self) -> str:
        """The author's address in lower case; '' where there is none."""
        author = self.author
        return author.addr.lower() if author else ""

    @fact
    def author_local(self) -> str:
        """What stands before the @ of the author's address, in lower case."""
        author = self.author
        return author.local.lower()[:LONG] if author else ""

    @fact
    def author_domain(self) -> str:
        """The author's domain; '' where there is none."""
        author = self.author
        return author.domain[:LONG] if author else ""

    @fact
    def author_org(self) -> str:
        """The registrable part of the author's domain."""
        return organisational_domain(self.author_domain)

    @fact
    def author_name(self) -> str:
        """The author's display name; '' where there is none."""
        author = self.author
        return author.name[:LONG] if author else ""

    @fact
    def recipients(self) -> tuple[Address, ...]:
        """The mailboxes of To: and Cc:, without the null and the nameless."""
        message = self.message
        return tuple(each for each in message.to + message.cc if each.local and each.domain)

    @fact
    def recipient_addrs(self) -> tuple[str, ...]:
        """The addresses of To: and Cc: in lower case."""
        return tuple(f"{each.local}@{each.domain}".lower() for each in self.recipients)

    @fact
    def subject(self) -> str:
        """The decoded subject, cut to what anybody reads of it."""
        return self.message.subject[:SUBJECT_CHARS]

    @fact
    def message_id_host(self) -> str:
        """What stands behind the @ of the Message-ID, in lower case; '' where there is nothing."""
        return self.message.message_id[:1000].rpartition("@")[2].rstrip(">").strip().lower()[:LONG]

    @fact
    def received_newest(self) -> Timestamp | None:
        """When the host nearest to us says it took the message in; None where it does not say."""
        value = self.field(b"received")
        stamp = value.rpartition(";")[2].strip() if value and ";" in value else ""
        return parse_date(stamp, set()) if stamp else None

    @fact
    def oldest_received(self) -> str:
        """The last Received:, the first that was written."""
        raws = self.message.headers.raw_all(b"received")
        return raws[-1][:TRACE_BYTES].decode("latin-1") if raws else ""

    @fact
    def html(self) -> HtmlFacts | None:
        """The facts of all HTML parts together; None where there are none."""
        return self.message.html

    @fact
    def first_lines(self) -> list[str]:
        """The first lines of the text that are not blank."""
        lines = self.text[: LINES * 200].split("\n", 2 * LINES)
        return [line for line in lines if line and not line.isspace()][:LINES]

    @fact
    def text(self) -> str:
        """The beginning of the visible text."""
        return self.message.text[:TEXT_CHARS]

    @fact
    def ascii_text(self) -> bytes:
        """The ASCII characters of that text: bytes are counted ten times as fast as characters."""
        return self.text.encode("ascii", "ignore")

    @fact
    def lower_text(self) -> bytes:
        """The same in lower case."""
        return self.ascii_text.lower()

    @fact
    def visible_chars(self) -> int:
        """How many characters of that text are not blank."""
        text = self.text
        if text.isascii():
            return len(self.ascii_text.translate(None, b" \t\r\n\x0b\x0c"))
        return len("".join(text.split()))

    @fact
    def link_hosts(self) -> tuple[str, ...]:
        """The host of each web link, in lower case, in the order of the links."""
        found = [LINK_HOST.match(link.href) for link in self.message.links[:LINKS]]
        return tuple(match[1].lower().rstrip(".") for match in found if match)

    @fact
    def link_orgs(self) -> frozenset[str]:
        """The registrable domains that web links lead to."""
        return frozenset(map(organisational_domain, self.link_hosts))

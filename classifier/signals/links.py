"""Where the links of a message lead, against what they show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.author_domain import top_level
from classifier.signals.domains import organisational_domain
from classifier.signals.facts import LINK_HOST, LINKS
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

BODY = frozenset({"headers", "body"})

_SHOWN = pattern(
    r"\s{0,20}(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:[/:?#\s]|\Z)", re.IGNORECASE
)
_ADDRESS = pattern(r"\[|\d{1,3}(?:\.\d{1,3}){3}\Z|0x[0-9a-f]{1,8}\Z|\d{8,10}\Z")
_PORT = pattern(r"https?://[^/?#]{1,255}:(?!80(?:/|\Z)|443(?:/|\Z))\d{1,5}(?:[/?#]|\Z)", re.IGNORECASE)
_USER = pattern(r"https?://[^/?#\s]{0,200}@", re.IGNORECASE)


@signal("links.count", kind="number", needs=BODY, edges=(1, 2, 3, 5, 10, 20, 50))
def count(facts: Facts) -> float:
    """How many links there are.

    Sees: links of the HTML and bare addresses in plain text, the first `LINKS`.
    Means: newsletters have dozens, letters none to three.
    Fooled by: footers and signatures.
    Source: RFC 3986 section 1.1; HTML Living Standard section 4.6.
    """
    return len(facts.message.links[:LINKS])


@signal("links.hosts", kind="number", needs=BODY, edges=(1, 2, 3, 5, 10))
def hosts(facts: Facts) -> float:
    """How many organisations the links lead to.

    Sees: the registrable domains of all web links.
    Means: one: a shop or a trap; many: a newsletter or a discussion.
    Fooled by: redirectors, which make all links look alike.
    Source: RFC 3986 section 3.2.2.
    """
    return len(facts.link_orgs)


@signal("links.to_author", kind="category", needs=BODY)
def to_author(facts: Facts) -> str | None:
    """Whether the links lead to the author's organisation.

    Sees: the registrable domains of web links against the author's: all, some, none.
    Means: houses link to themselves; borrowed authors do not.
    Fooled by: newsletters sent through services.
    Source: RFC 3986 section 3.2.2.
    """
    orgs = facts.link_orgs
    if not orgs or not facts.author_org:
        return None
    if facts.author_org not in orgs:
        return "none"
    return "all" if len(orgs) == 1 else "some"


@signal("links.text_names_other", needs=BODY)
def text_names_other(facts: Facts) -> bool | None:
    """Whether a link shows one host and leads to another.

    Sees: link texts that are themselves a host or address, against the organisation they lead to.
    Means: redirectors that count clicks, or a trap.
    Fooled by: newsletters that count clicks.
    Source: RFC 3986 section 7.6.
    """
    links = facts.message.links[:LINKS]
    if not links:
        return None
    for href, text in links:
        if "." not in text or text is href:
            continue
        shown = _SHOWN.match(text[:300])
        leads = LINK_HOST.match(href) if shown else None
        if shown and leads and _differ(shown[1].lower(), leads[1].lower()):
            return True
    return False


def _differ(shown: str, leads: str) -> bool:
    return organisational_domain(shown) != organisational_domain(leads)


@signal("links.to_address", needs=BODY)
def to_address(facts: Facts) -> bool | None:
    """Whether a link leads to a bare IP address.

    Sees: hosts in dotted, hexadecimal, integer or bracketed form; unknown without web links.
    Means: somebody has no name for his server.
    Fooled by: mail of administrators and home networks.
    Source: RFC 3986 sections 3.2.2 and 7.4.
    """
    hosts = facts.link_hosts
    return any(_ADDRESS.match(host) for host in hosts) if hosts else None


@signal("links.odd_port", needs=BODY)
def odd_port(facts: Facts) -> bool | None:
    """Whether a link names a port of its own.

    Sees: ports other than 80 and 443; unknown without web links.
    Means: a service beside the main one, or one hidden on another's host.
    Fooled by: mail of administrators and developers.
    Source: RFC 3986 section 3.2.3.
    """
    if not facts.link_hosts:
        return None
    links = facts.message.links[:LINKS]
    return any(link.href.count(":") > 1 and _PORT.match(link.href) is not None for link in links)


@signal("links.user_part", needs=BODY)
def user_part(facts: Facts) -> bool | None:
    """Whether a link has something before an @ in its host.

    Sees: http://shown@host/; unknown without web links.
    Means: what stands before the @ looks like the host and is none.
    Fooled by: links with a password in them.
    Source: RFC 3986 sections 3.2.1 and 7.6.
    """
    if not facts.link_hosts:
        return None
    return any(
        "@" in link.href and _USER.match(link.href) is not None for link in facts.message.links[:LINKS]
    )


@signal("links.longest", kind="number", needs=BODY, edges=(30, 60, 100, 200, 400))
def longest(facts: Facts) -> float | None:
    """How long the longest link is, in characters.

    Sees: all links; unknown without any.
    Means: long ones carry a tag that names the reader.
    Fooled by: maps and searches.
    Source: RFC 3986 section 3.4.
    """
    return max((len(link.href) for link in facts.message.links[:LINKS]), default=None)


@signal("links.scheme", kind="category", needs=BODY)
def scheme(facts: Facts) -> str | None:
    """Which schemes the links have.

    Sees: http, https, mailto, mixed (several) or other; unknown without links.
    Means: the age and care of the sender; mailto alone asks for an answer.
    Fooled by: the age of the mail itself.
    Source: RFC 3986 section 3.1; RFC 6068 section 2.
    """
    links = facts.message.links[:LINKS]
    if not links:
        return None
    found = {link.href[:12].partition(":")[0].lower() for link in links}
    if len(found) > 1:
        return "mixed"
    name = found.pop()
    return name if name in {"http", "https", "mailto"} else "other"


@signal("links.tld", kind="category", needs=BODY)
def tld(facts: Facts) -> str | None:
    """Tell what the last label of the first linked host is.

    Sees: the host of the first web link; unknown without any.
    Means: country and trade of the site; cheap domains are used up fast.
    Fooled by: redirectors and services.
    Source: RFC 1591 section 2.
    """
    hosts = facts.link_hosts
    return top_level(hosts[0]) if hosts else None

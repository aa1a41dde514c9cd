"""The shape of the author's domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.registry import signal
from classifier.signals.shapes import digits_in

if TYPE_CHECKING:
    from classifier.signals.facts import Facts


def top_level(host: str) -> str:
    """Return the last label of a host, or what it is instead: none, literal, address or odd.

    Parameters
    ----------
    host : str
        Lower case.

    Returns
    -------
    str
    """
    if host.startswith("["):
        return "literal"
    label = host.rpartition(".")[2]
    if label == host:
        return "none"
    if label.isalpha() and len(label) < 25:
        return label
    if label.isdigit():
        return "address"
    return label[:25] if label.startswith("xn--") else "odd"


@signal("author_domain.tld", kind="category")
def tld(facts: Facts) -> str | None:
    """Tell what the last label of the author's domain is.

    Sees: the domain of From:; none for a bare host name, literal and address for an IP address.
    Means: country and trade of the sender; bare host names write from inside.
    Fooled by: forgery: this field is not authenticated.
    Source: RFC 1591 section 2; RFC 5321 section 4.1.3.
    """
    return top_level(facts.author_domain) if facts.author_domain else None


@signal("author_domain.labels", kind="number", edges=(2, 3, 4, 5))
def labels(facts: Facts) -> float | None:
    """How many labels the author's domain has.

    Sees: the domain of From:.
    Means: people write from the organisation's name, machines from their own.
    Fooled by: countries with second-level registries.
    Source: RFC 1034 section 3.1.
    """
    return facts.author_domain.count(".") + 1 if facts.author_domain else None


@signal("author_domain.digits", kind="number", edges=(1, 2, 4))
def digits(facts: Facts) -> float | None:
    """How many digits the registered part of the author's domain has.

    Sees: the organisational domain of From:.
    Means: disposable names are told apart by numbers.
    Fooled by: companies with numbers in their names; East Asian providers.
    Source: RFC 1035 section 2.3.1.
    """
    org = facts.author_org
    return digits_in(org) if org else None


@signal("author_domain.hyphens", kind="number", edges=(1, 2, 3))
def hyphens(facts: Facts) -> float | None:
    """How many hyphens the registered part of the author's domain has.

    Sees: the organisational domain of From:.
    Means: names like "secure-login-account" are glued from words.
    Fooled by: German companies.
    Source: RFC 1035 section 2.3.1.
    """
    org = facts.author_org
    return org.count("-") if org else None


@signal("author_domain.length", kind="number", edges=(7, 10, 13, 17, 22, 30))
def length(facts: Facts) -> float | None:
    """How long the registered part of the author's domain is, in characters.

    Sees: the organisational domain of From:.
    Means: short names are old and dear.
    Fooled by: shared names of large providers.
    Source: RFC 1035 section 2.3.4.
    """
    return len(facts.author_org) if facts.author_org else None


@signal("author_domain.international")
def international(facts: Facts) -> bool | None:
    """Whether the author's domain has letters beyond ASCII.

    Sees: a label that begins with xn-- or is not ASCII.
    Means: a sender of another script, or look-alike letters.
    Fooled by: nothing; it is a description.
    Source: RFC 5890 section 2.3.2.1.
    """
    domain = facts.author_domain
    return "xn--" in domain or not domain.isascii() if domain else None

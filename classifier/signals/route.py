"""The way a message took: how many hops, how fast, under which protection, and whether the story holds.

What hosts outside of ours wrote is a claim; each signal says which part of the way it reads. No host is
named:
who learns the names of the collector's hosts learns where a corpus came from and nothing about mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.mail.hop import Hop
    from classifier.signals.facts import Facts

ROUTE = frozenset({"headers", "route"})

_PROTOCOLS = frozenset(
    (  # noqa: SIM905  # a table of words reads best as words
        "SMTP ESMTP ESMTPS ESMTPA ESMTPSA SMTPS ASMTP LMTP LMTPS LMTPA UTF8SMTP UTF8SMTPS UTF8SMTPSA"
        " LOCAL HTTP HTTPS MAPI IMAP POP3 QMQP NNFMP UUCP MICROSOFT"
    ).split()
)
_SOFTWARE = (
    ("(Postfix", "postfix"),
    (".google.com with", "google"),
    ("smtp.gmail.com with", "google"),
    ("(Exim", "exim"),
    ("Microsoft", "microsoft"),
    ("(8.", "sendmail"),
    ("(PPS)", "proofpoint"),
    ("qmail", "qmail"),
    ("(Coremail", "coremail"),
    ("(Haraka", "haraka"),
    ("(OpenSMTPD", "opensmtpd"),
    ("PowerMTA", "powermta"),
    ("(CommuniGate", "communigate"),
    ("(MDaemon", "mdaemon"),
    ("(Cyrus", "cyrus"),
    ("Lotus Domino", "domino"),
    ("(DragonFly", "dma"),
    ("fetchmail", "fetchmail"),
)
"""What servers write beside their names; looked for in this order, the most frequent first."""


def _oldest(facts: Facts) -> Hop | None:
    """Return the hop farthest from us."""
    hops = facts.route.hops
    return hops[-1] if hops else None


@signal("route.hops", kind="number", needs=ROUTE, edges=(1, 2, 3, 4, 5, 6, 8, 11, 16))
def hops(facts: Facts) -> int:
    """How many servers say that they handled the message.

    Sees: the number of Received: fields, ours included.
    Means: lists and large providers add hops; mail straight from a program to us has few.
    Fooled by: fields forged below the true ones. Counts our own hosts, so it tells one site from another.
    Source: RFC 5321 section 4.4.
    """
    return facts.route.fields


@signal("route.outside_hops", kind="number", needs=ROUTE, edges=(1, 2, 3, 4, 5, 6, 8, 11))
def outside_hops(facts: Facts) -> int | None:
    """How many hops there were before our own hosts.

    Sees: the Received: fields that our hosts did not write; unknown where none is ours.
    Means: the sender's side of the way: none from a program that speaks to us itself, many through lists.
    Fooled by: fields forged below the true ones.
    Source: RFC 5321 section 4.4; SpamAssassin's __DOS_SINGLE_EXT_RELAY looks at the same.
    """
    route = facts.route
    return len(route.hops) - route.trusted if route.trusted else None


@signal("route.none", needs=ROUTE)
def none(facts: Facts) -> bool:
    """Whether no server says that it handled the message.

    Sees: that there is no Received: field.
    Means: mail laid into the mailbox by a program, a draft, a copy of sent mail; or a corpus stripped of
    them.
    Fooled by: nothing from outside: any delivery by SMTP adds the field.
    Source: RFC 5321 section 4.4 (MUST insert); SpamAssassin's NO_RELAYS.
    """
    return not facts.route.fields


@signal("route.all_trusted", needs=ROUTE)
def all_trusted(facts: Facts) -> bool | None:
    """Whether no host but our own handled the message.

    Sees: that every Received: field was written by a trusted host.
    Means: mail of this host or this network; or a client that spoke to us without any server between.
    Fooled by: inferred trust where a gateway hides the sender's address behind a private one.
    Source: SpamAssassin's ALL_TRUSTED; RFC 5321 section 4.4.
    """
    return facts.route.all_trusted if facts.route.fields else None


@signal("route.direct", needs=ROUTE)
def direct(facts: Facts) -> bool | None:
    """Whether a machine from outside spoke to us without a server behind it.

    Sees: that our outermost host took the message from an outside address without login, and no field lies
    below.
    Means: programs and infected machines speak to us themselves; people's mail passes a submission server
    first.
    Fooled by: senders that strip their own fields, as privacy-minded and bulk services do; a forged field
    below.
    Source: RFC 6409 section 3.1 (submission is a service of its own); rspamd's DIRECT_TO_MX.
    """
    route = facts.route
    return route.all_trusted if route.stranger else None


@signal("route.local", needs=ROUTE)
def local(facts: Facts) -> bool | None:
    """Whether the way began with a program on some host.

    Sees: in the oldest field, words for a submission without network: "from userid", "with local", "(from
    root@host)".
    Means: cron, daemons, web applications, and people who write on a shell.
    Fooled by: a forged oldest field.
    Source: RFC 5321 section 4.4 leaves the words to each server; Postfix, Exim, Sendmail and qmail were read.
    """
    oldest = _oldest(facts)
    return oldest.local if oldest else None


@signal("route.local_here", needs=ROUTE)
def local_here(facts: Facts) -> bool | None:
    """Whether a program on one of our own hosts handed the message in.

    Sees: the border field, written by our host, saying that it took the message from a program.
    Means: machine mail of our own, which no stranger can imitate.
    Fooled by: programs of ours that pass strangers' words on, such as a web form; re-injected list mail.
    Source: RFC 5321 section 4.4.
    """
    border = facts.route.border
    return border.local if border else None


@signal("route.login", needs=ROUTE)
def login(facts: Facts) -> bool | None:
    """Whether the oldest hop took the message from somebody who had logged in.

    Sees: a protocol that ends in A (ESMTPA, ESMTPSA) or a comment such as "Authenticated sender".
    Means: a person or program with a password at that provider; true also of stolen passwords.
    Fooled by: a forged oldest field.
    Source: RFC 3848 (ESMTPA), RFC 4954 section 7; rspamd's RCVD_VIA_SMTP_AUTH.
    """
    oldest = _oldest(facts)
    return oldest.authenticated if oldest else None


@signal("route.login_here", needs=ROUTE)
def login_here(facts: Facts) -> bool | None:
    """Whether the sender had logged in at our own host.

    Sees: the same as route.login, in the field that our outermost host wrote.
    Means: mail of our own users, on its way out or to each other.
    Fooled by: a stolen password of a user of ours, and nothing else.
    Source: RFC 3848, RFC 4954 section 7.
    """
    border = facts.route.border
    return border.authenticated if border else None


@signal("route.tls_here", kind="category", needs=ROUTE)
def tls_here(facts: Facts) -> str | None:
    """Name the version of TLS under which the message reached our outermost host.

    Sees: the version as our host writes it: TLS1.3, TLS1.2, TLS for one not told, none for clear text.
    Means: servers that are kept up to date speak TLS 1.2 or 1.3; old programs and old times speak none.
    Fooled by: servers that do not write it (then none); it also tells the year, which in a corpus tells the
    class.
    Source: RFC 3848 (ESMTPS), RFC 8314 section 4.3; rspamd's RCVD_NO_TLS_LAST.
    """
    border = facts.route.border
    if border is None or not border.address:
        return None
    return border.tls or "none"


@signal("route.tls_all", needs=ROUTE)
def tls_all(facts: Facts) -> bool | None:
    """Whether every hop over the open network was under TLS.

    Sees: all fields with a client address that is neither loopback nor private.
    Means: the sender's side and ours are both kept up to date.
    Fooled by: forged fields; servers that do not write it; the year, see route.tls_here.
    Source: RFC 3848; rspamd's RCVD_TLS_ALL.
    """
    told = None
    for kind, hop in zip(facts.hop_kinds, facts.route.hops, strict=True):
        if kind == "public":
            told = True
            if not hop.tls:
                return False
    return told


@signal("route.protocol_here", kind="category", needs=ROUTE)
def protocol_here(facts: Facts) -> str | None:
    """Name the protocol by which our outermost host took the message.

    Sees: the word behind "with" in the border field, if it is one of twenty known ones, else other or none.
    Means: SMTP without E comes from simple programs; LMTP, LOCAL, IMAP from our own side.
    Fooled by: nothing from outside. It differs from site to site: a corpus of many sites leaks through it.
    Source: RFC 3848 (registry of the words), RFC 5321 section 4.4.
    """
    border = facts.route.border
    return _known(border) if border else None


@signal("route.protocol_first", kind="category", needs=ROUTE)
def protocol_first(facts: Facts) -> str | None:
    """Name the protocol of the oldest hop.

    Sees: the word behind "with" in the oldest field, if known, else other or none.
    Means: how the author's program handed it in: HTTP is webmail, ESMTPSA a mail program, LOCAL a script.
    Fooled by: a forged oldest field; words no server writes show as other.
    Source: RFC 3848 (registry of the words).
    """
    oldest = _oldest(facts)
    return _known(oldest) if oldest else None


@signal("route.software_first", kind="category", needs=ROUTE)
def software_first(facts: Facts) -> str | None:
    """Name the family of the server that wrote the oldest field outside of ours.

    Sees: the name that Postfix, Exim, Sendmail, Microsoft and others write beside their host's; else other.
    Means: who runs the sender's side: an office, a web host, a large provider, a machine of its own.
    Fooled by: a forged oldest field. Where ham and spam of a corpus came through different relays, it leaks
    that.
    Source: RFC 5321 section 4.4 (additional information in comments); the servers' own fields.
    """
    outside = facts.route.outside
    if not outside:
        return None
    text = outside[-1].text
    for words, family in _SOFTWARE:
        if words in text:
            return family
    return "other"


def _known(hop: Hop) -> str:
    """Name the protocol in lower case, if it is a known one."""
    if not hop.protocol:
        return "none"
    return hop.protocol.lower() if hop.protocol in _PROTOCOLS else "other"

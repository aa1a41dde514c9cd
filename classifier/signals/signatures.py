"""DKIM signatures and ARC seals as they stand: claims, verified by nobody. The group is ``signature``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.domains import organisational_domain
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.mail.dkim_signature import DkimSignature
    from classifier.signals.facts import Facts

ROUTE = frozenset({"headers", "route"})

_DKIM = b"dkim-signature"
_ALGORITHMS = frozenset({"rsa-sha256", "rsa-sha1", "ed25519-sha256"})


def _signatures(facts: Facts) -> tuple[DkimSignature, ...]:
    """Return the signatures, parsed only where there are any."""
    return facts.authentication.signatures if _DKIM in facts.counts else ()


@signal("signature.count", kind="number", edges=(1, 2, 3, 4))
def count(facts: Facts) -> int:
    """How many DKIM signatures there are.

    Sees: the number of DKIM-Signature: fields.
    Means: none from old or small senders; one from most; more from mailing services and through lists.
    Fooled by: anybody can sign, or add a field that only looks like it. It also tells the year.
    Source: RFC 6376 section 3.5; section 4 (multiple signatures).
    """
    return facts.counts.get(_DKIM, 0)


@signal("signature.author", needs=ROUTE)
def author(facts: Facts) -> bool | None:
    """Whether a signature claims to be of the author's organisation.

    Sees: d= of each signature against From:, by registrable domain; unverified.
    Means: the sender signs with the author's domain; without it, a service or a list signed.
    Fooled by: a broken or invented signature: see auth.dkim_aligned for a verified one.
    Source: RFC 6376 section 3.5 (d=), RFC 7489 section 3.1.1.
    """
    signatures = _signatures(facts)
    if not signatures or not facts.author_org:
        return None
    return any(organisational_domain(each.domain) == facts.author_org for each in signatures)


@signal("signature.bounces", needs=ROUTE)
def bounces(facts: Facts) -> bool | None:
    """Whether a signature claims to be of the organisation that takes the bounces.

    Sees: d= of each signature against Return-Path:, by registrable domain; unverified.
    Means: the one who sent it signed it, a mailing service or list included.
    Fooled by: a broken or invented signature.
    Source: RFC 6376 section 3.5 (d=), RFC 5321 section 4.4 (Return-Path).
    """
    signatures = _signatures(facts)
    mail_from = facts.message.mail_from if signatures else None
    if mail_from is None or not mail_from.domain:
        return None
    org = organisational_domain(mail_from.domain)
    return any(organisational_domain(each.domain) == org for each in signatures)


@signal("signature.age", kind="number", needs=ROUTE, edges=(-60, 5, 60, 600, 3600, 86400, 604800))
def age(facts: Facts) -> float | None:
    """How old the newest signature was when the message came.

    Sees: seconds from the latest t= to the time our nearest host took it in.
    Means: seconds are usual; days are a signed message sent out again and again: a replay.
    Fooled by: signatures without t=; slow lists and queues.
    Source: RFC 6376 section 3.5 (t=), section 8.6 (replay).
    """
    times = [each.signed for each in _signatures(facts) if each.signed is not None]
    arrived = facts.route.arrived if times else None
    return arrived.seconds - max(times) if times and arrived else None


@signal("signature.expired", needs=ROUTE)
def expired(facts: Facts) -> bool | None:
    """Whether every signature with an end had ended when the message came.

    Sees: x= against the time our nearest host took it in.
    Means: a replay of an old message, or a queue that took too long.
    Fooled by: wrong clocks; most signatures have no end.
    Source: RFC 6376 section 3.5 (x=).
    """
    ends = [each.expires for each in _signatures(facts) if each.expires is not None]
    arrived = facts.route.arrived if ends else None
    return arrived.seconds > max(ends) if ends and arrived else None


@signal("signature.days", kind="number", needs=ROUTE, edges=(1, 4, 8, 31, 365))
def days(facts: Facts) -> float | None:
    """How many days the newest signature is good for.

    Sees: x= less t= of the first signature that has both, in days.
    Means: mailing services give a week, careful senders days; most give no end at all.
    Fooled by: whoever copies another's habits.
    Source: RFC 6376 section 3.5 (t= and x=).
    """
    for each in _signatures(facts):
        if each.signed is not None and each.expires is not None:
            return (each.expires - each.signed) / 86400
    return None


@signal("signature.algorithm", kind="category", needs=ROUTE)
def algorithm(facts: Facts) -> str | None:
    """Name the algorithm of the first signature.

    Sees: a=, if it is rsa-sha256, rsa-sha1 or ed25519-sha256, else other.
    Means: rsa-sha1 is a sender that nobody has looked after since 2018.
    Fooled by: anybody can write it.
    Source: RFC 6376 section 3.3, RFC 8301 section 3.1 (rsa-sha1 must not be used), RFC 8463 section 3.
    """
    signatures = _signatures(facts)
    if not signatures:
        return None
    return signatures[0].algorithm if signatures[0].algorithm in _ALGORITHMS else "other"


@signal("signature.partial", needs=ROUTE)
def partial(facts: Facts) -> bool | None:
    """Whether a signature leaves room for text below what it covers.

    Sees: the tag l= in some signature.
    Means: a list-friendly signer of old; or a good signature under which somebody put his own text.
    Fooled by: signers who use it without thought.
    Source: RFC 6376 section 3.5 (l=), section 8.2 (attacks on it).
    """
    signatures = _signatures(facts)
    return any(each.partial for each in signatures) if signatures else None


@signal("signature.oversigned", needs=ROUTE)
def oversigned(facts: Facts) -> bool | None:
    """Whether the first signature forbids a second From: field.

    Sees: "from" named more than once in h=.
    Means: a signer set up with care; large mailing services and modern defaults do it.
    Fooled by: anybody can write it.
    Source: RFC 6376 section 5.4.2 and section 8.15 (added fields).
    """
    signatures = _signatures(facts)
    return signatures[0].names.count("from") > 1 if signatures else None


@signal("signature.arc_sets", kind="number", needs=ROUTE, edges=(1, 2, 3, 4))
def arc_sets(facts: Facts) -> int:
    """How many servers sealed what they had found before them.

    Sees: the highest instance of ARC-Seal:; unverified.
    Means: lists and forwarders of large providers seal; each adds one.
    Fooled by: anybody can write seals; auth.arc has the verdict of our own servers.
    Source: RFC 8617 section 4.2.1 (instances).
    """
    return facts.authentication.arc[0] if b"arc-seal" in facts.counts else 0


@signal("signature.arc_claim", kind="category", needs=ROUTE)
def arc_claim(facts: Facts) -> str | None:
    """Name what the newest seal says of the older ones.

    Sees: cv= of the ARC-Seal: with the highest instance: none, pass, fail; unverified.
    Means: fail is a chain that broke on the way, as lists break it that change the text.
    Fooled by: anybody can write seals.
    Source: RFC 8617 section 4.1.3 (cv=), section 4.4.
    """
    if b"arc-seal" not in facts.counts:
        return None
    claim = facts.authentication.arc[1]
    return claim if claim in {"none", "pass", "fail"} else None

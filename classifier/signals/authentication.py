"""What our own servers found when they checked the sender, and what the message claims by itself.

The group is ``auth``. A temperror of a check is no knowledge: it gives None, never a column. Words are those
of
RFC 8601; believed is only what our servers wrote, see :mod:`classifier.mail.authentication`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.domains import organisational_domain
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

AUTH = frozenset({"headers", "route", "site"})

_FIELDS = (b"authentication-results", b"received-spf")
_POLICY = pattern(r"\bp=(none|quarantine|reject)\b", re.IGNORECASE)
_MICROSOFT_ACTION = pattern(r"\baction=(none|quarantine|oreject|reject)\b", re.IGNORECASE)


def _told(word: str) -> str | None:
    """Turn a word into a value: a check that failed for the moment says nothing."""
    return None if word in {"", "temperror"} else word


def _checked(facts: Facts) -> bool:
    """Tell cheaply whether any server may have written what it found."""
    counts = facts.counts
    return _FIELDS[0] in counts or _FIELDS[1] in counts


@signal("auth.spf", kind="category", needs=AUTH)
def spf(facts: Facts) -> str | None:
    """Name what our servers found for SPF.

    Sees: the word in a believed Authentication-Results: or Received-SPF: field.
    Means: pass is an address that the bounce domain's owner named; fail one that he excluded.
    Fooled by: spammers with domains of their own pass; forwarding makes honest mail fail.
    Source: RFC 7208 section 2.6 (results) and section 9.1 (Received-SPF), RFC 8601 section 2.7.2.
    """
    return _told(facts.authentication.spf) if _checked(facts) else None


@signal("auth.dkim", kind="category", needs=AUTH)
def dkim(facts: Facts) -> str | None:
    """Name what our servers found for the DKIM signatures; one good signature is a pass.

    Sees: the words for dkim in believed Authentication-Results: fields.
    Means: pass is a message that came as the signing domain sent it, whoever that is.
    Fooled by: spammers sign too; lists that change the text break honest signatures.
    Source: RFC 8601 section 2.7.1, RFC 6376 section 6.3.
    """
    return _told(facts.authentication.word("dkim")) if _FIELDS[0] in facts.counts else None


@signal("auth.dmarc", kind="category", needs=AUTH)
def dmarc(facts: Facts) -> str | None:
    """Name what our servers found for DMARC.

    Sees: the word for dmarc in believed Authentication-Results: fields.
    Means: pass is an author's domain that vouches for the message.
    Fooled by: spammers with domains of their own pass; lists make honest mail fail.
    Source: RFC 7489 section 11.2 (results in Authentication-Results).
    """
    return _told(facts.authentication.word("dmarc")) if _FIELDS[0] in facts.counts else None


@signal("auth.arc", kind="category", needs=AUTH)
def arc(facts: Facts) -> str | None:
    """Name what our servers found for the chain of ARC seals.

    Sees: the word for arc in believed Authentication-Results: fields.
    Means: pass is an unbroken chain, through lists and forwarders that tell what they had found.
    Fooled by: a chain sealed by a liar is unbroken as well.
    Source: RFC 8617 section 4.4 (chain validation status), section 10.1.
    """
    return _told(facts.authentication.word("arc")) if _FIELDS[0] in facts.counts else None


@signal("auth.iprev", kind="category", needs=AUTH)
def iprev(facts: Facts) -> str | None:
    """Name what our servers found for the reverse name of the sending address.

    Sees: the word for iprev in believed Authentication-Results: fields.
    Means: pass is an address whose name leads back to it.
    Fooled by: whoever runs his reverse DNS with care, spammers included.
    Source: RFC 8601 section 3.
    """
    return _told(facts.authentication.word("iprev")) if _FIELDS[0] in facts.counts else None


@signal("auth.dmarc_policy", kind="category", needs=AUTH)
def dmarc_policy(facts: Facts) -> str | None:
    """Tell what the author's domain asks to be done with mail that fails.

    Sees: p= in the comment, or policy.published-domain-policy, or action= of a believed dmarc result.
    Means: reject and quarantine are domains that somebody looks after.
    Fooled by: spammers publish policies too; servers that do not write it.
    Source: RFC 7489 section 6.3 (p=); the comment is custom, RFC 8601 section 2.3 allows it.
    """
    if _FIELDS[0] not in facts.counts:
        return None
    for each in facts.authentication.results:
        if each.method == "dmarc":
            found = _POLICY.search(each.text) or _MICROSOFT_ACTION.search(each.text)
            told = found[1].lower() if found else each.property("policy.published-domain-policy")
            return told or None
    return None


@signal("auth.checked", needs=AUTH)
def checked(facts: Facts) -> bool:
    """Whether one of our servers wrote what it found.

    Sees: a believed Authentication-Results: field.
    Means: the other signals of this group can speak. By itself it tells sites and years apart.
    Fooled by: a server of ours under a name that trust does not reach.
    Source: RFC 8601 section 5 (removing forged fields), section 2.5 (authserv-id).
    """
    return _FIELDS[0] in facts.counts and bool(facts.authentication.sorted_fields[0])


@signal("auth.foreign_results", needs=AUTH)
def foreign_results(facts: Facts) -> bool:
    """Whether somebody else wrote what he found.

    Sees: an Authentication-Results: field that is not believed.
    Means: the message passed another organisation's border before ours: forwarding, lists; or a forgery.
    Fooled by: nothing: it only says that the field is there.
    Source: RFC 8601 section 7.1.
    """
    return _FIELDS[0] in facts.counts and bool(facts.authentication.sorted_fields[1])


@signal("auth.forged_results", needs=AUTH)
def forged_results(facts: Facts) -> bool | None:
    """Whether a field in our servers' name stands where only strangers write.

    Sees: an Authentication-Results: field with an authserv-id of ours below the first field of a stranger.
    Means: somebody wants to pass for checked; or the message left us and came back.
    Fooled by: mail that our own users get back through a list, which keeps our fields.
    Source: RFC 8601 section 7.1 (forged header fields), section 5.
    """
    if _FIELDS[0] not in facts.counts:
        return None
    return facts.authentication.forged


@signal("auth.dkim_aligned", needs=AUTH)
def dkim_aligned(facts: Facts) -> bool | None:
    """Whether a signature that our servers found good is of the author's organisation.

    Sees: header.d or header.i of a believed dkim=pass, against From:, by registrable domain.
    Means: the author's organisation vouches for the message: DMARC's relaxed alignment.
    Fooled by: look-alike domains, which are aligned with themselves.
    Source: RFC 7489 section 3.1.1 (DKIM alignment), section 3.2 (organizational domain).
    """
    if _FIELDS[0] not in facts.counts or not facts.author_org:
        return None
    word = facts.authentication.word("dkim")
    if _told(word) is None:
        return None
    return facts.author_org in map(organisational_domain, facts.authentication.passed_domains)


@signal("auth.spf_aligned", needs=AUTH)
def spf_aligned(facts: Facts) -> bool | None:
    """Whether SPF passed for the author's organisation.

    Sees: a believed spf=pass, and smtp.mailfrom or Return-Path: against From:, by registrable domain.
    Means: the author's organisation named the sending address: DMARC's relaxed alignment.
    Fooled by: look-alike domains; forwarding and bulk services make it no for honest mail.
    Source: RFC 7489 section 3.1.2 (SPF alignment).
    """
    if not _checked(facts) or not facts.author_org:
        return None
    found = facts.authentication
    if _told(found.spf) is None:
        return None
    told = next((each.domain("smtp.mailfrom") for each in found.results if each.method == "spf"), "")
    if not told and (bounces := facts.message.mail_from):
        told = bounces.domain
    return found.spf == "pass" and organisational_domain(told) == facts.author_org if told else None

"""What other filters thought. All of them are off unless somebody asks for them by name.

They hold another filter's verdict: learning from them measures how well that filter is copied, and where the
same
verdict made the labels, the labels leak. On a site whose own gateway writes them they may be worth having.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.mail.other_filters import forefront, rspamd_score, score, spam_confidence, verdict
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

_CATEGORIES = frozenset(
    "NONE BULK DIMP GIMP UIMP HPHSH HPHISH HSPM MALW PHSH SPM SPOOF INTOS OSPM FTBP AMP SAP".split()  # noqa: SIM905
)


@signal("other_filters.spamassassin", kind="category", default=False)
def spamassassin(facts: Facts) -> str | None:
    """Name SpamAssassin's verdict.

    Sees: the first word of X-Spam-Status:, yes or no.
    Means: a SpamAssassin somewhere on the way thought so; whose, nobody knows.
    Fooled by: anybody can write the field.
    Source: Mail::SpamAssassin::Conf, "add_header"; no RFC.
    """
    word = verdict(facts.message.headers, b"x-spam-status") if b"x-spam-status" in facts.counts else ""
    return word if word in {"yes", "no"} else None


@signal(
    "other_filters.spamassassin_score", kind="number", edges=(-5, -2, 0, 1, 2, 3, 5, 8, 15), default=False
)
def spamassassin_score(facts: Facts) -> float | None:
    """Return SpamAssassin's points.

    Sees: score= (or hits=, before 2004) in X-Spam-Status:.
    Means: as SpamAssassin's verdict, in finer steps.
    Fooled by: anybody can write the field.
    Source: Mail::SpamAssassin::Conf, "add_header"; no RFC.
    """
    return score(facts.message.headers) if b"x-spam-status" in facts.counts else None


@signal("other_filters.spam_flag", default=False)
def spam_flag(facts: Facts) -> bool | None:
    """Whether a filter set the simplest of marks.

    Sees: X-Spam-Flag: with YES or NO.
    Means: several filters write it.
    Fooled by: anybody can write the field.
    Source: Mail::SpamAssassin::Conf, "add_header"; no RFC.
    """
    word = verdict(facts.message.headers, b"x-spam-flag") if b"x-spam-flag" in facts.counts else ""
    return {"yes": True, "no": False}.get(word)


@signal("other_filters.rspamd_score", kind="number", edges=(-5, -2, 0, 2, 4, 6, 10, 15), default=False)
def rspamd_points(facts: Facts) -> float | None:
    """Return rspamd's points.

    Sees: the first number in the brackets of X-Spamd-Result:.
    Means: an rspamd somewhere on the way thought so.
    Fooled by: anybody can write the field.
    Source: rspamd's module milter_headers, "x-spamd-result"; no RFC.
    """
    return rspamd_score(facts.message.headers) if b"x-spamd-result" in facts.counts else None


@signal("other_filters.bogofilter", kind="category", default=False)
def bogofilter(facts: Facts) -> str | None:
    """Name bogofilter's verdict.

    Sees: the first word of X-Bogosity:, spam, ham or unsure.
    Means: a bogofilter somewhere on the way thought so.
    Fooled by: anybody can write the field.
    Source: bogofilter(1), "spam_header_name"; no RFC.
    """
    word = verdict(facts.message.headers, b"x-bogosity") if b"x-bogosity" in facts.counts else ""
    word = {"yes": "spam", "no": "ham"}.get(word, word)
    return word if word in {"spam", "ham", "unsure"} else None


@signal("other_filters.exchange_level", kind="number", edges=(0, 1, 2, 5, 6, 9), default=False)
def exchange_level(facts: Facts) -> float | None:
    """Return Exchange's spam confidence level.

    Sees: X-MS-Exchange-Organization-SCL:, else SCL in X-Forefront-Antispam-Report:.
    Means: -1 was let through by rule, 0 and 1 are thought good, 5 and 6 spam, 9 spam for sure.
    Fooled by: anybody can write the field outside of Exchange.
    Source: Microsoft's "Spam confidence level in EOP"; no RFC.
    """
    return spam_confidence(facts.message.headers)


@signal("other_filters.exchange_category", kind="category", default=False)
def exchange_category(facts: Facts) -> str | None:
    """Name the category that Exchange Online's filter chose.

    Sees: CAT in X-Forefront-Antispam-Report:, if it is a known one.
    Means: bulk, spam, phishing, spoofing, malware or none, in Microsoft's eyes.
    Fooled by: anybody can write the field outside of Exchange.
    Source: Microsoft's "Anti-spam message headers"; no RFC.
    """
    told = forefront(facts.message.headers, "CAT")
    return told.lower() if told in _CATEGORIES else None

"""Verdicts to a digest: each mail is shown with its reason, or folded with its like; none is dropped."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from classifier.digest.excerpts import excerpt_of
from classifier.digest.late import find_late
from classifier.digest.moments import Span
from classifier.digest.parts import Digest, Entry, Fold, Urgent
from classifier.digest.reasons import about_of, reasons_of
from classifier.markup import clean
from classifier.rootmail.record import name_of

if TYPE_CHECKING:
    from classifier.rootmail.record import Record
    from classifier.verdict import Verdict

SUBJECT_CHARS, NAME_CHARS = 150, 100


class Collector:
    """Takes verdicts one by one, and makes the digest of them.

    Parameters
    ----------
    since : float, default minus infinity
        Mail that came before, in seconds since 1970, is left out: it was in an earlier digest.
    """

    def __init__(self, since: float = -math.inf) -> None:
        self.since = since
        self.mails = 0
        self._shown, self._all = Span(), Span()
        self._urgent: list[Urgent] = []
        self._folds: dict[tuple[str, str], Fold] = {}

    def add(self, verdict: Verdict, when: float) -> None:
        """Take a verdict.

        Parameters
        ----------
        verdict : Verdict
            Its `past` says which job wrote the mail and what in it is new; without one, its author must do.
        when : float
            When the mail came, in seconds since 1970.
        """
        self.pass_over(when)
        if when < self.since:
            return
        self._shown.add(when)
        self.mails += 1
        who, entry = _who(verdict), _entry(verdict, when)
        if verdict.label == "important":
            excerpt = excerpt_of(verdict.message, verdict.past.job if verdict.past is not None else None)
            chance, reasons = verdict.p["important"], reasons_of(verdict)
            self._urgent.append(Urgent(entry, who, chance, reasons, excerpt, about_of(verdict)))
        else:
            self._folds.setdefault((who, verdict.label), Fold(who, verdict.label)).entries.append(entry)

    def pass_over(self, when: float) -> None:
        """Take note that a mail came which was in an earlier digest.

        Parameters
        ----------
        when : float
            Seconds since 1970.
        """
        self._all.add(when)

    def digest(self, records: Iterable[Record] = (), now: float | None = None) -> Digest:
        """Make the digest of what was taken.

        Parameters
        ----------
        records : iterable of Record
            Of all jobs, to tell which did not write.
        now : float, optional
            Until when, in seconds since 1970; by default when the last mail came.

        Returns
        -------
        Digest
        """
        until = now if now is not None else self._all.last
        since = self.since if math.isfinite(self.since) else self._shown.first
        folds = sorted(
            self._folds.values(),
            key=lambda fold: (fold.label == "spam", not fold.unsure, -len(fold.entries), fold.who),
        )
        return Digest(
            since,
            until,
            self.mails,
            sorted(self._urgent, key=lambda one: (-one.chance, -one.entry.when)),
            find_late(records, until),
            folds,
        )


def _entry(verdict: Verdict, when: float) -> Entry:
    stored = verdict.stored
    subject = clean(verdict.message.subject[:SUBJECT_CHARS]).strip() or "(no subject)"
    return Entry(
        stored.mailbox if stored else "",
        stored.key if stored else "",
        when,
        subject,
        verdict.label,
        verdict.unsure,
    )


def _who(verdict: Verdict) -> str:
    """Name the job that wrote a mail, or its author."""
    job = verdict.past.job if verdict.past is not None else None
    if job is not None:
        told = job.identity
        return clean(name_of(told.host, told.tool, told.job, told.user))[:NAME_CHARS]
    author = verdict.message.author
    return clean(author.addr)[:NAME_CHARS] if author and author.addr else "(no author)"

"""Being corrected: what is learned one message at a time, for this process or, with a profile, for good."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from classifier.engine.batches import Mail
from classifier.engine.judge import Judge
from classifier.learners.online import Corrections
from classifier.mail import Message
from classifier.mail.fingerprint import fingerprint
from classifier.mailboxes import Stored

if TYPE_CHECKING:
    from classifier.profile import Origin


class Teachable(Judge):
    """A judge that can be corrected; parameters as those of `Judge`."""

    def learn(self, raw: Mail, label: str, *, now: float | None = None, source: str = "library") -> bool:
        """Learn one message, in milliseconds; with a profile, for good.

        Parameters
        ----------
        raw : bytes, Message or Stored
        label : str
            ``spam``, ``ham``, ``important`` or ``unimportant``.
        now : float, optional
            When that is said, in seconds since 1970. By default the clock tells, and history is asked as of
            when the message came.
        source : str, default 'library'
            Who says so; stands in the profile. What ``behaviour`` suggests never replaces what was said.

        Returns
        -------
        bool
            Whether it was new; learning it again changes nothing, another label replaces the first.

        Raises
        ------
        LabelError
            For a label that is none.
        ProfileNotWritten
            If the profile cannot keep it; then it is not learned.
        """
        message, name = self.open_message(raw), _name(raw)
        facts = self.facts([message], [now])
        rows = self.extractor.rows(facts)
        with self._changing():
            before = self._label_of(name)
            importance, cut = float(self._scores(rows, facts)[0, 1]), self.cuts.importance
            if self._taught is None:
                changed = self._corrections.learn(name, label, rows, self.model.tables)
            else:
                origin = self._origin(message, source, now)
                changed = self._taught.learn(name, label, rows, self.model.tables, origin=origin)
            if changed and self.history is not None:
                self.history.relabel(self.arrival(message, now), before, label)
            if changed and self.leaning is not None and source != "behaviour":
                self.leaning.corrected(name, label, importance, cut)
            past = facts[0].history
            if changed and self.behaviour is not None and past is not None:
                self.behaviour.said(past.people.reading.number)
        return changed

    def unlearn(self, raw: Mail, *, now: float | None = None, source: str = "library") -> bool:
        """Take back exactly what a message taught.

        Parameters
        ----------
        raw : bytes, Message or Stored
        now : float, optional
            When that is said, in seconds since 1970; by default the clock tells.
        source : str, default 'library'
            Who says so.

        Returns
        -------
        bool
            Whether it had been learned.

        Raises
        ------
        ProfileNotWritten
            If the profile cannot keep that; then it stays learned.
        """
        message, name = self.open_message(raw), _name(raw)
        with self._changing():
            before = self._label_of(name)
            if self._taught is None:
                changed = self._corrections.unlearn(name)
            else:
                changed = self._taught.unlearn(name, origin=self._origin(message, source, now))
            if before is not None and self.history is not None:
                self.history.relabel(self.arrival(message, now), before, None)
            if changed and self.leaning is not None:
                self.leaning.took_back(name)
        return changed

    def learned_as(self, raw: Mail) -> str | None:
        """Say as what a message was learned.

        Parameters
        ----------
        raw : bytes, Message or Stored

        Returns
        -------
        str or None
            None where it was not, or for other columns than this model's.
        """
        return self._label_of(_name(raw))

    def rehearse(self) -> None:
        """Go on with what was taught so far, but keep nothing of what follows in the profile.

        The history that goes on in memory is `Remembering.memory`.
        """
        corrections = self.corrections
        if self.profile is not None and self.history is not None:
            from classifier.history.overlay import Overlay

            self.remember(Overlay(self.profile.memory))
        self._corrections = Corrections.from_arrays(corrections.schema, corrections.to_arrays())
        self._taught = self.profile = None

    def together(self) -> AbstractContextManager[None]:
        """Let a profile write what follows in few transactions: for many messages that are at hand.

        Returns
        -------
        context manager
            Without a profile it does nothing.

        Examples
        --------
        >>> from classifier import Classifier
        >>> triage = Classifier()
        >>> with triage.together():
        ...     for number in range(3):
        ...         triage.observe(b"Subject: %d" % number)
        """
        return nullcontext() if self.profile is None else self.profile.batch()

    def _label_of(self, name: bytes) -> str | None:
        if self._taught is not None:
            return self._taught.label_of(name)
        correction = self._corrections.learned.get(name)
        return None if correction is None else correction.label

    def _changing(self) -> AbstractContextManager[None]:
        """One transaction, where there is a profile."""
        return nullcontext() if self.profile is None else self.profile.writing()

    def _origin(self, message: Message, source: str, now: float | None) -> Origin:
        """Say where a correction comes from, so that it can be dated and forgotten."""
        from classifier.profile import Origin

        assert self.profile is not None  # noqa: S101  # only a profile asks
        said = time.time() if now is None else now
        author = message.author
        if author is None or not author.domain:
            return Origin(said, source)
        address, domain = self.profile.hash_of(author.addr), self.profile.hash_of(f"@{author.domain}")
        return Origin(said, source, address, domain)


def _name(mail: Mail) -> bytes:
    """Fingerprint of the whole message, whatever of it is looked at."""
    raw = mail.raw if isinstance(mail, Stored) else mail
    return fingerprint(raw if isinstance(raw, Message) else Message(raw))

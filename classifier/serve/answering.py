"""From requests to replies, by a classifier that is loaded anew when it must be."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import MailtriageError
from classifier.mail import Message
from classifier.mailboxes import Stored
from classifier.output.judged import Judged
from classifier.output.lines import csv_rows, jsonl, told
from classifier.serve.connection import Request
from classifier.serve.protocol import CSV, FAILED, JSONL, JUDGED, pack_reply
from classifier.signals import Site, guess_site

if TYPE_CHECKING:
    from classifier.engine import Classifier
    from classifier.verdict import Verdict

WARM = b"From: a@example.org\nSubject: warm\nContent-Type: text/html\n\n<p>warm"
"""A mail judged before anybody asks: what is imported or compiled at first use is then there."""


class Answering:
    """Judges what is asked.

    Parameters
    ----------
    load : callable
        Loads the classifier.
    complain : callable
        Is told, in a sentence, what went wrong.
    within : callable
        Calls what it is given, and raises if that takes too long: `Hourglass.within`.
    profile : path, optional
        The file of the profile, whether it is there yet or not; what appears there, or takes its place,
        is loaded.
    """

    def __init__(
        self,
        load: Callable[[], Classifier],
        complain: Callable[[str], None],
        within: Callable[[Callable[[], list[bytes]]], list[bytes]],
        profile: Path | None = None,
    ) -> None:
        self._load, self._complain, self._within, self._profile = load, complain, within, profile
        self._found = self._seen()
        self._take(load())

    def _take(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._said = classifier.site
        self._verdicts([Request(WARM, explain=1)])

    def _seen(self) -> tuple[int, int] | None:
        """Which file the profile is; None where there is none."""
        if self._profile is None:
            return None
        try:
            found = os.stat(self._profile)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def reload(self) -> bool:
        """Load everything anew; what cannot be loaded is said, and the old stays.

        Returns
        -------
        bool
            Whether it was.
        """
        before, found = self._classifier, self._seen()
        try:
            self._take(self._load())
        except (MailtriageError, OSError, MemoryError) as error:
            self._classifier, self._said = before, self._said
            self._complain(f"not loaded anew, the old stays in use: {error}")
            return False
        finally:
            self._found = found
        if before.profile is not None:
            before.profile.close()
        return True

    def __call__(self, requests: Sequence[Request]) -> list[bytes]:
        """Judge some requests.

        Parameters
        ----------
        requests : sequence of Request

        Returns
        -------
        list of bytes
            One reply each, in order.
        """
        if self._profile is not None and self._seen() != self._found:
            self.reload()
        try:
            return self._within(lambda: self._replies(requests))
        except Exception as error:  # whatever it is, it costs the mail that did it and no other
            if len(requests) > 1:
                return [reply for each in requests for reply in self([each])]
            said = str(error) if isinstance(error, MailtriageError) else f"{type(error).__name__}: {error}"
            self._complain(f"a mail could not be judged: {said}")
            return [pack_reply(FAILED, said.encode("utf-8", "replace"))]

    def _replies(self, requests: Sequence[Request]) -> list[bytes]:
        verdicts = self._verdicts(requests)
        told = [_told(each, request) for each, request in zip(verdicts, requests, strict=True)]
        return [pack_reply(JUDGED, text) for text in told]

    def _verdicts(self, requests: Sequence[Request]) -> list[Verdict]:
        return _judged(self._classifier, self._said, requests)


def answered(classifier: Classifier, request: Request) -> bytes:
    """Judge what is asked once, by a classifier that is not needed again.

    Parameters
    ----------
    classifier : Classifier
    request : Request

    Returns
    -------
    bytes
        The text of the reply.
    """
    return _told(_judged(classifier, classifier.site, [request])[0], request)


def _judged(classifier: Classifier, said: Site, requests: Sequence[Request]) -> list[Verdict]:
    """Judge; where nobody said whose mail it is, each message by itself tells."""
    mails = [Stored(*each.name, each.raw) if each.name else each.raw for each in requests]
    if said.me or said.my_domains:
        return classifier.judge(mails)
    found = []
    for mail, request in zip(mails, requests, strict=True):
        guess = guess_site([Message(request.raw)])
        classifier.site = said._replace(me=guess.me, guessed=True)
        found += classifier.judge([mail])
    return found


def _told(verdict: Verdict, request: Request) -> bytes:
    """Say a verdict in the form that was asked for."""
    if request.form == JSONL:
        return jsonl(Judged.of([verdict], request.explain))
    if request.form == CSV:
        return csv_rows(Judged.of([verdict], request.explain)).encode()
    import orjson

    return orjson.dumps(told(verdict, request.explain))

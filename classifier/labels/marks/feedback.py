"""Abuse reports: what somebody's users complained about, sent back by their provider (ARF)."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.labels.marks.attached import originals
from classifier.labels.marks.marked import Marked
from classifier.mail import Message
from classifier.mail.content import parse_content
from classifier.mail.headers import Headers
from classifier.mail.text import undo_transfer
from classifier.mailboxes import Stored

TYPES = {"abuse": "spam", "fraud": "spam", "virus": "spam", "not-spam": "ham"}
"""What was reported, and what that makes of it. An opt-out (``opt-out``, ``opt-out-list``) is about a list,
``auth-failure`` and ``dmarc`` are about a server's set-up, ``other`` says nothing."""

MICROSOFT = b"x-hmxmroriginalrecipient"
"""Microsoft's reports (JMRP) have no machine-readable part; it adds this field to the reported message, and
sends nothing but complaints of abuse."""


def feedback_type(message: Message) -> str:
    """Return what a feedback report reports.

    Parameters
    ----------
    message : Message

    Returns
    -------
    str
        Feedback-Type in lower case; '' where the message is no feedback report.

    Source
    ------
    RFC 5965 sections 2 and 3.1; RFC 6591 (``auth-failure``), RFC 6430 (``not-spam``).
    """
    top = parse_content(message.headers.raw(b"content-type") or b"")
    if message.content_type != "multipart/report":
        return ""
    if top.parameters.get("report-type", "feedback-report").lower() != "feedback-report":
        return ""
    for part in message.parts[1:]:
        if part.content_type == "message/feedback-report":
            fields = undo_transfer(message.data[part.start : part.end], part.encoding, set())
            told = Headers(fields.lstrip(b"\r\n"), set()).unfolded(b"feedback-type") or ""
            return told.strip().lower()
    return ""


def read_arf(stored: Stored, now: float) -> Iterator[Marked]:  # noqa: ARG001  # like every reader
    """Take the reported message out of an abuse report.

    Parameters
    ----------
    stored : Stored
    now : float
        Not asked.

    Yields
    ------
    Marked
        The reported message, or its header where no more was sent back, as spam; as ham where the report
        says that it is none. None where the report is about something else, or is none.
    """
    label = TYPES.get(feedback_type(Message(stored.raw)))
    for original in originals(stored):
        if label is not None:
            yield Marked(original, label)
        elif MICROSOFT in Message(original.raw).headers:
            yield Marked(original, "spam")

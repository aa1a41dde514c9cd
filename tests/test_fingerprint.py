"""A message is the same message in every store, and no other."""

from __future__ import annotations

import time

import pytest

from classifier import Classifier, Message
from classifier.features import Schema
from classifier.mail.fingerprint import SIZE, fingerprint

MAIL = b"From: a@example.org\nSubject: Hi\n\nHello\nworld\n"


def of(raw: bytes) -> bytes:
    return fingerprint(Message(raw))


@pytest.mark.parametrize(
    "same",
    [
        MAIL.replace(b"\n", b"\r\n"),
        MAIL + b"\n\n",
        MAIL.replace(b"Subject", b"Status: RO\nX-Status: A\nSubject"),
        MAIL.replace(b"\n\n", b"\nX-Keywords: one\n two\nX-UID: 12\nContent-Length: 12\n\n"),
        b"X-Mozilla-Status: 0001\r\nX-Mozilla-Status2: 00000000\r\n" + MAIL.replace(b"\n", b"\r\n"),
    ],
)
def test_what_mail_programs_note_makes_no_difference(same: bytes) -> None:
    assert of(same) == of(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"Hello", b"Hallo"),
        MAIL.replace(b"a@", b"b@"),
        MAIL + b"Status: RO\n",  # in the body it is the author's
        MAIL.replace(b"Subject", b"X-Statusquo: 1\nSubject"),
        b"",
    ],
)
def test_any_other_difference_does(other: bytes) -> None:
    assert of(other) != of(MAIL)
    assert len(of(other)) == SIZE


def test_a_hostile_header_takes_no_time() -> None:
    raw = b"Status:" + b"\n " * 100_000 + b"Status" * 10_000 + b"\n\n" + b"\r\n" * 200_000
    started = time.perf_counter()
    of(raw)
    assert time.perf_counter() - started < 2


def test_a_message_learned_is_unlearned_after_it_was_read() -> None:
    triage = Classifier(schema=Schema(bits=12))
    assert triage.learn(MAIL, "important")
    assert not triage.learn(MAIL.replace(b"\n\n", b"\nStatus: RO\n\n"), "important")
    triage.view = "headers"
    assert triage.unlearn(MAIL.replace(b"\n", b"\r\n"))

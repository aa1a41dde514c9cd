"""Mails made to break mail parsers, and feedback reports: all pass, and their twins agree."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mail_facts import facts, with_crlf, with_lf

from classifier.mail import DEFECTS, Message

CUT = {"text_too_long", "too_many_links"}


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name, file.read()


def is_wide(message: Message) -> bool:
    """Text of 16 bits that no transfer encoding protects: changing its line ends destroys it."""
    return any(
        (part.charset or "").startswith("utf-16") and part.encoding != "base64" for part in message.parts
    )


@pytest.mark.parametrize(("archive", "count"), [("torture.tar.xz", 1444), ("feedback.tar.xz", 904)])
def test_everything_passes_and_twins_agree(corpora: Path, archive: str, count: int) -> None:
    passed = 0
    for name, raw in members(corpora / archive):
        message, twin, mixed = Message(with_lf(raw)), Message(with_crlf(raw)), Message(raw)
        if raw not in (message.raw, twin.raw):
            facts(mixed)
        ours, theirs = facts(message), facts(twin)
        assert set(mixed.defects) | set(message.defects) <= set(DEFECTS), name
        if CUT.intersection(ours["defects"]):  # the bound on bytes falls elsewhere in the twin
            for key in ("text", "links"):
                shorter = min(len(ours[key]), len(theirs[key])) - 1
                assert ours.pop(key)[:shorter] == theirs.pop(key)[:shorter], name
            assert bool(ours.pop("html")) == bool(theirs.pop("html")), name
        if not is_wide(message):
            assert ours == theirs, name
        passed += 1
    assert passed == count


HEAD = b"From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"
HOSTILE = {
    "nested multiparts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000)
    ),
    "nested, one boundary": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 10_000,
    "nested messages": b"Content-Type: message/rfc822\n\n" * 10_000,
    "header of 10 MB": b"Subject: " + b"x" * 10_000_000 + b"\n\nbody",
    "header of 10 MB, folded": b"Subject: " + b"x\n " * 3_000_000 + b"\n\nbody",
    "a million headers": b"a: b\n" * 1_000_000 + b"\nbody",
    "a million divs": b"Content-Type: text/html\n\n" + b"<div>" * 1_000_000,
    "boundary lines": HEAD + b"--b\n" * 100_000,
    "parts without blank line": HEAD + b"--b\nA: b\n" * 100_000,
    "other boundary lines": HEAD + b"--c\n" * 1_000_000,
    "deep html in many parts": HEAD + (b"--b\nContent-Type: text/html\n\n" + b"<div>" * 1400 + b"\n") * 500,
    "parentheses": b"To: " + b"(" * 60_000 + b"\n\n",
    "quotes": b"To: " + b'"\\' * 30_000 + b"\n\n",
    "angle brackets": b"From: " + b"<" * 60_000 + b"\n\n",
    "unended words": b"Subject: " + b"=?utf-8?q?" * 6000 + b"\n\n",
    "half-ended words": b"Subject: " + b"=?utf-8?q?a?= =" * 4000 + b"\n\n",
    "parameters": b"Content-Type: text/plain" + b'; a="' * 15_000 + b"\n\n",
    "references": b"References: " + b"<" * 60_000 + b"\n\n",
    "equal signs": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 5_000_000,
    "www": b"a: b\n\n" + b"www. " * 1_000_000,
    "punycode": b"Content-Type: text/plain; charset=punycode\n\n" + b"\xe4-a" * 100_000,
    "CR": b"\r" * 5_000_000,
    "From_ lines": b"From x\n" * 1_000_000,
    "NUL": b"\0" * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_takes_no_time(name: str) -> None:
    message = Message(HOSTILE[name])
    start = time.process_time()
    facts(message)
    # Each takes under 0.2 s on a slow machine; before its bound stood, some took minutes.
    assert time.process_time() - start < 1.5

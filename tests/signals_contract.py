"""What every signal has to keep; each check raises AssertionError, and each has a villain that proves it."""

from __future__ import annotations

import math
import random
from functools import lru_cache

from signals_golden import Golden

from classifier.mail import Message
from classifier.mail.headers import Headers
from classifier.signals import REGISTRY, Facts, Observer, Signal, Site

SITE = Site(me=frozenset({"ann@example.org"}), my_domains=frozenset({"example.org"}))

GARBAGE = (
    b"",
    b"\n",
    b"\0",
    b"\xff\xfe\x00" * 40,
    b"From: \nTo: ,,,;\nSubject:\nDate: 99\nMessage-ID: >@<\nReply-To: <>\nReturn-Path: >\n\n%%%",
    b"From: @@@@\nTo: \xff@\xfe\nReceived: ;;;;\nReceived: from\nContent-Type: ;;;\n\n<a href=//>",
    b"Content-Type: multipart/mixed\n\n--\n--",
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\n",
    b"List-Id: <\nList-Unsubscribe: <mailto:>\nList-Post: <mailto:\nPrecedence:\nX-Priority: \xff\n\n",
    b"From: a@[\nMessage-ID: <@[>\nSender: \nDate: Thu, 1 Jan 9999 00:00:00 +9999\n\nexit status 9999%",
    b"Content-Type: text/html\n\n<a href='http://[/'>http://</a><a href='http://a..b/'>.</a><img width=><!--",
    b"no header at all, only text with a colon: here\n",
)
"""Bytes that look like mail just enough to reach every corner."""

TRACE = frozenset({b"received", b"return-path", b"delivered-to", b"received-spf", b"authentication-results"})


def value(signal: Signal, raw: bytes, site: Site = SITE) -> object:
    return signal.func(Facts(Message(raw), site))


@lru_cache(maxsize=200)
def _used(raw: bytes) -> Facts:
    """Return facts that everybody has looked at already."""
    used = Facts(Message(raw), SITE)
    Observer(REGISTRY)(used)
    used.message.all_defects()
    return used


def check_doc(signal: Signal) -> None:
    """All sections are there; the summary is one sentence and a line."""
    doc = signal.doc
    assert all((doc.summary, doc.sees, doc.means, doc.fooled_by, doc.source))
    assert doc.summary.endswith(".")
    assert len(doc.summary) < 110


def check_kind(signal: Signal, raw: bytes) -> None:
    """Nothing but the declared kind, or None, comes back: whatever the mail."""
    found = value(signal, raw)
    if found is None:
        return
    if signal.kind == "flag":
        assert found is True or found is False
    elif signal.kind == "number":
        assert isinstance(found, int | float)
        assert not isinstance(found, bool)
        assert not math.isnan(found)
    elif signal.kind == "set":
        assert isinstance(found, frozenset)
        assert all(isinstance(word, str) and word for word in found), "an empty word"
    else:
        assert isinstance(found, str)
        assert found, "an empty category"


def check_pure(signal: Signal, raw: bytes) -> None:
    """The same mail gives the same value: again, and after everybody has looked at it; nothing changes."""
    facts = Facts(Message(raw), SITE)
    first = signal.func(facts)
    assert signal.func(facts) == first
    assert signal.func(_used(raw)) == first
    assert facts.message.raw == raw
    assert facts.message.headers.names == Message(raw).headers.names
    assert facts.site == SITE


def check_needs(signal: Signal, raw: bytes) -> None:
    """Who does not declare that it needs the body, the site or the DNS gives the same value without."""
    found = value(signal, raw)
    if "body" not in signal.needs:
        header = raw[: Message(raw).body_start]
        assert value(signal, header) == found, "it looks at the body"
    if not signal.needs & {"site", "route"}:
        assert value(signal, raw, Site()) == found, "it looks at the site"
    if signal.needs & {"dns", "history"}:
        assert found is None, "it knows what nobody told"


def check_order(signal: Signal, raw: bytes) -> None:
    """The order of the header fields says nothing, but for the trace and for fields of one name."""
    found = value(signal, raw)
    shuffled = shuffle(raw)
    assert value(signal, shuffled) == found


def check_folding(signal: Signal, raw: bytes) -> None:
    """Where a field is folded says nothing, nor which line ends the mail has."""
    found = signal.column(value(signal, raw))
    assert signal.column(value(signal, fold(raw))) == found
    assert signal.column(value(signal, raw.replace(b"\n", b"\r\n"))) == found


def check_golden(signal: Signal, mails: list[Golden]) -> None:
    """There is a mail where it fires and one where it does not, and it says of both what is expected."""
    seen = set()
    for mail in mails:
        if signal.name in mail.expected:
            found = signal.column(signal.func(mail.facts()))
            assert found == mail.expected[signal.name], mail.place
            seen.add(found)
    silent = {None, f"{signal.name}=no", f"{signal.name}=none", f"{signal.name}=absent"}
    if signal.kind == "number":
        silent.add(signal.bins[0])
    assert seen - silent, "no golden mail where it fires"
    assert len(seen) > 1, "no golden mail where it is silent"


def split(raw: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Take a well-formed header apart: fields as written, and what follows."""
    headers = Headers(raw)
    fields = [(header.name.encode(), header.raw) for header in headers]
    return fields, raw[headers.body_start :]


def join(fields: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    return b"".join(name + b":" + text + b"\n" for name, text in fields) + b"\n" + body


def shuffle(raw: bytes) -> bytes:
    """Give the fields another order; the trace and fields of one name keep theirs among themselves."""
    fields, body = split(raw)
    names = [b"trace" if name.lower() in TRACE else name.lower() for name, _ in fields]
    rows = {
        name: [field for each, field in zip(names, fields, strict=True) if each == name] for name in names
    }
    random.Random(7).shuffle(names)
    return join([rows[name].pop(0) for name in names], body)


def fold(raw: bytes) -> bytes:
    """Fold each field at its first blank behind the fourth character of its text."""
    fields, body = split(raw)
    folded = []
    for name, text in fields:
        at = text.find(b" ", 5)
        folded.append((name, text[:at] + b"\n" + text[at:] if at > 0 and text[at:].strip() else text))
    return join(folded, body)

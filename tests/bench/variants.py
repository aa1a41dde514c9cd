"""As much mail as is asked for, made of real mail: copies in which words and identifiers are exchanged.

P1's training part (ham, spam), the mailing list (ham) and root mail (important, unimportant), each so many
times over. In every copy but the first 15 % of the words of subject and text stand where others stood, each
as likely as it is in that corpus, and all numbers of Message-ID and Received are others. So copies differ
as mail of one mould does; they are no substitute for as many different messages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpora import Corpora
from root_corpus import read_root_mail

from classifier.mailboxes import open_mailbox

EXCHANGED = 0.15

SHARES = {"p1": 0.55, "list": 0.25, "root": 0.2}
"""Of all messages."""

_WORD = re.compile(rb"(?<=[\s>(\"'])[A-Za-z]{3,14}(?=[\s.,;:!?)<\"'])")  # not inside of tags, links or base64
_SUBJECT = re.compile(rb"^subject:[^\n]*", re.I | re.M)
_TRACE = re.compile(rb"^(?:message-id|received):[^\n]*(?:\n[ \t][^\n]*)*", re.I | re.M)
_NUMBER = re.compile(rb"\d{4,}")
_POOL = 1_000_000
"""Words to draw from, at most."""


class Mould:
    """A message, and where it may differ in its copies."""

    def __init__(self, label: str, raw: bytes) -> None:
        self.label, self.raw = label, raw
        head = raw.partition(b"\n\n")[0]
        text = len(head)
        subject = _SUBJECT.search(head)
        self.words = [found.span() for found in _WORD.finditer(raw, text)]
        if subject:
            self.words += [found.span() for found in _WORD.finditer(raw, *subject.span())]
        self.numbers = [
            found.span() for field in _TRACE.finditer(head) for found in _NUMBER.finditer(raw, *field.span())
        ]

    def copy(self, pool: Sequence[bytes], draw: random.Random) -> bytes:
        """Make a message of the same mould."""
        n = len(self.words)
        chosen = draw.sample(self.words, draw.randint(int(n * EXCHANGED), int(n * EXCHANGED + 0.999)))
        changes = list(zip(chosen, draw.choices(pool, k=len(chosen)), strict=True))
        changes += [
            ((start, stop), b"%0*d" % (stop - start, draw.randrange(10 ** (stop - start))))
            for start, stop in self.numbers
        ]
        pieces, at = [], 0
        for (start, stop), other in sorted(changes):
            pieces += [self.raw[at:start], other]
            at = stop
        return b"".join([*pieces, self.raw[at:]])


def write_mail(corpora: Corpora, folder: Path, messages: int) -> dict[str, Path]:
    """Write at least so many messages; returns the mailbox of each label."""
    draw = random.Random(0)
    paths = {label: folder / f"{label}.mbox" for label in ("ham", "spam", "important", "unimportant")}
    files = {label: path.open("wb") for label, path in paths.items()}
    for name, moulds in _moulds(corpora):
        pool = _pool(moulds, draw)
        for turn in range(-(-int(messages * SHARES[name]) // len(moulds))):
            for mould in moulds:
                raw = mould.copy(pool, draw) if turn else mould.raw
                files[mould.label].write(_record(raw))
    for file in files.values():
        file.close()
    return paths


def _moulds(corpora: Corpora) -> Iterator[tuple[str, list[Mould]]]:
    """Read one corpus after the other."""
    yield (
        "p1",
        [
            Mould(label, stored.raw)
            for label in ("ham", "spam")
            for stored in open_mailbox(corpora.mailbox("p1", f"train-{label}"))
        ],
    )
    mailing_list = open_mailbox(corpora.corpora / "linux-raid" / "list.mbox.xz")
    yield "list", [Mould("ham", stored.raw) for stored in mailing_list]
    yield "root", [Mould(mail.label, mail.stored.raw) for mail in read_root_mail()]


def _pool(moulds: Sequence[Mould], draw: random.Random) -> list[bytes]:
    """Draw words of a corpus, each as often as it occurs."""
    every = max(1, sum(len(mould.words) for mould in moulds) // _POOL)
    return [
        mould.raw[start:stop]
        for mould in moulds
        for start, stop in draw.sample(mould.words, len(mould.words) // every)
    ]


def _record(raw: bytes) -> bytes:
    """Make a message a record of an mbox (mboxrd)."""
    quoted = re.sub(rb"^(>*From )", rb">\1", raw, flags=re.M)
    return b"From someone@example.org Thu Jan  1 00:00:00 2004\n" + quoted.rstrip(b"\n") + b"\n\n"

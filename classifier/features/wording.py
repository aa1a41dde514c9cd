"""Which bytes of a message the words and 4-grams are taken from, and which are left out, and why.

Left out always, because they are written by the mailbox that keeps the mail, not by who sent it:

* delivery and storage marks (`STORAGE`): they name the collector, or say what the reader did with the mail;
* the verdicts of other filters (`VERDICTS`), ours included: a copy of the label, and anybody can forge it;
* dates, in Date: and at the end of Received:. Spam and ham of a collection come from different months, so
  a year or a weekday separates them well and predicts nothing. The time zone stays; skew is a signal.

Left out of a *portable* schema too, because a model for strangers must not know whose mail it learned from:

* what a relay says of itself in Received: (by, id, for): only from-clause and protocol stay;
* list headers and the envelope (`ENVELOPE`): the names of the lists and addresses its owner had;
* digits in message identifiers: most hosts write the date there.

On P1 by cross-validation inside the training part, fused, 1-ROCA%: without the first group 0.024, portable
0.031; three linear learners added up: everything kept 0.029, then 0.031 and 0.050. On its test part the
portable schema came out no worse: what it leaves out is what a corpus gives away about itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from classifier.digests import blake2b

if TYPE_CHECKING:
    from classifier.mail import Message

STORAGE = frozenset(
    b"""delivered-to x-delivered-to x-original-to envelope-to x-envelope-to x-rcpt-to apparently-to
    status x-status x-keywords x-uid x-uidl x-imap x-imapbase content-length lines replied forwarded unseen
    x-gmail-labels x-gm-thrid x-gm-msgid x-account-key x-pmflags x-evolution x-evolution-source x-folder
    x-label x-mozilla-status x-mozilla-status2 x-mozilla-keys x-getmail-retrieved-from-mailbox""".split()
)
"""Written by delivery, storage or the reader's own program."""

VERDICTS = tuple(
    b"""x-spam x-bogosity x-rspamd x-mailtriage x-crm114 x-dspam x-popfile x-text-class x-hammie x-virus
    x-amavis x-mailscanner x-barracuda x-ironport-a x-pyzor x-razor x-forefront x-microsoft-antispam
    x-ms-exchange-organization x-proofpoint x-mimecast-spam""".split()
)
"""Beginnings of the names under which filters write what they think."""

ENVELOPE = frozenset(
    b"""return-path sender errors-to x-beenthere x-loop mailing-list x-mailing-list resent-from resent-to
    x-sender x-mailman-version x-authentication-warning""".split()
)
"""Names of lists and of the mailbox's owner; `List-*` goes with them."""

IDENTIFIERS = frozenset((b"message-id", b"references", b"in-reply-to"))

BODY_TAG = b"body"

KEEP, DROP, ZONE, HOP, ID = range(5)
"""What becomes of a field: it is read as it stands, not at all, or only the zone of a date, what a relay says
before the date (portable: of others, and its protocol), an identifier with its digits made alike."""

_NAMES = 4096
_ZONES = re.compile(rb"(?:[+-]\d{4}|[A-Z]{3,4})[^0-9]{0,40}\Z")
_HOP_FROM = re.compile(rb"(?s)\s*+(from\s.*?)(?:\sby\s|\Z)")
_HOP_WITH = re.compile(rb"\swith\s+[^\s;]{1,20}")
_DIGITS = bytes.maketrans(b"123456789", b"000000000")


class Wording(NamedTuple):
    """What one message is read as.

    Parameters
    ----------
    names : list of bytes
        Lower-case names of the headers kept.
    tags : list of int
        The same as numbers.
    header : list of bytes
        Values of the headers kept, as they stood.
    body : bytes
        The beginning of the text that is shown, its markup cut out; UTF-8.
    start : bytes
        The beginning of header and raw body, for 4-grams.
    """

    names: list[bytes]
    tags: list[int]
    header: list[bytes]
    body: bytes
    start: bytes


def tag_of(name: bytes) -> int:
    """Return the number of a place where words stand: 64 bits, the same everywhere and for ever.

    Parameters
    ----------
    name : bytes
        Lower-case name of a header, or `BODY_TAG`.

    Returns
    -------
    int
    """
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "little")


class Reader:
    """Turns messages into wordings under one schema; remembers header names, nothing else.

    Parameters
    ----------
    gram_header_bytes, gram_body_bytes : int
        How much of header and raw body `Wording.start` takes, in bytes.
    text_bytes : int
        Bound of `Wording.body`, in bytes.
    portable : bool
        Leave out what names the collector's owner, lists and hosts.
    """

    __slots__ = ("_known", "gram_body_bytes", "gram_header_bytes", "portable", "text_bytes")

    def __init__(self, gram_header_bytes: int, gram_body_bytes: int, text_bytes: int, portable: bool) -> None:
        self.gram_header_bytes, self.gram_body_bytes = gram_header_bytes, gram_body_bytes
        self.text_bytes, self.portable = text_bytes, portable
        self._known: dict[bytes, tuple[int, int]] = {}

    def read(self, message: Message) -> Wording:
        """Take out of one message what words and 4-grams are made of.

        Parameters
        ----------
        message : Message

        Returns
        -------
        Wording
        """
        headers = message.headers
        known, room = self._known, self.gram_header_bytes
        names: list[bytes] = []
        tags: list[int] = []
        values: list[bytes] = []
        start = b""
        for name, (written, value) in zip(headers.names, headers.written, strict=True):
            action, tag = known.get(name) or self._learn_name(name)
            if action == DROP:
                continue
            value = self.shorten(action, value)  # noqa: PLW2901  # the field as it will be read
            names.append(name)
            tags.append(tag)
            values.append(value)
            if len(start) < room:
                start += b"%b:%b\n" % (written, value.replace(b"\r\n", b"\n"))
        start = self.joined(start, message.data, message.body_start)
        text = message.skimmed[: self.text_bytes].encode("utf-8", "surrogatepass") if self.text_bytes else b""
        return Wording(names, tags, values, text[: self.text_bytes], start)

    def joined(self, header: bytes, data: bytes, body_start: int) -> bytes:
        """Put the beginnings of header and raw body together.

        Parameters
        ----------
        header : bytes
            The beginning of the header as it is read, with plain line ends.
        data : bytes
            The message.
        body_start : int
            Where in it the body begins.

        Returns
        -------
        bytes
            See `Wording.start`.
        """
        if body_start == len(data):
            return header[: self.gram_header_bytes] + b"\n"
        size = self.gram_body_bytes
        start = data[body_start : body_start + size]
        if b"\r" in start:  # twice as many hold enough, whatever the number of line ends
            start = data[body_start : body_start + 2 * size].replace(b"\r\n", b"\n")[:size]
        return header[: self.gram_header_bytes] + b"\n" + start

    def _learn_name(self, name: bytes) -> tuple[int, int]:
        """Decide once what becomes of a header of this name."""
        if len(self._known) >= _NAMES:  # a flood of made-up names must not own the memory
            self._known.clear()
        known = self._known[name] = self.describe(name)
        return known

    def describe(self, name: bytes) -> tuple[int, int]:
        """Say what becomes of headers of a name, and the number of the place that they are.

        Parameters
        ----------
        name : bytes
            Lower case.

        Returns
        -------
        action : int
            `KEEP`, `DROP`, `ZONE`, `HOP` or `ID`.
        tag : int
            See `tag_of`.
        """
        return self._action(name), tag_of(name)

    def _action(self, name: bytes) -> int:
        if name in STORAGE or name.startswith(VERDICTS):
            return DROP
        if self.portable and (name in ENVELOPE or name.startswith(b"list-")):
            return DROP
        if name == b"date":
            return ZONE
        if name == b"received":
            return HOP
        return ID if self.portable and name in IDENTIFIERS else KEEP

    def shorten(self, action: int, value: bytes) -> bytes:
        """Return what is read of a field.

        Parameters
        ----------
        action : int
            What becomes of it; not `DROP`.
        value : bytes
            As it stood.

        Returns
        -------
        bytes
        """
        if action == KEEP:
            return value
        if action == HOP:
            if not self.portable:
                return value.rpartition(b";")[0] or value
            origin, protocol = _HOP_FROM.match(value), _HOP_WITH.search(value)
            return (origin[1] if origin else b"") + (protocol[0] if protocol else b"")
        if action == ZONE:
            zone = _ZONES.search(value)
            return zone[0] if zone else b""
        return value.translate(_DIGITS)

"""One connection of a mail server: packets taken in, mail collected, answers made. Nothing waits here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from classifier.serve.cleansing import NAME, Cleanser
from classifier.serve.fields import fields
from classifier.serve.milter import packets
from classifier.serve.milter.envelope import RECIPIENTS, Envelope, bare
from classifier.serve.milter.packets import Action, Malformed, Offer, Peer, Step
from classifier.serve.protocol import LARGEST

_MACROS = 100
"""Macros kept: Sendmail has some thirty that it can send."""

_NAME, _NAMES = 200, 10_000
"""Bytes of the name of a field by which fields are counted, and how many names are."""

_FORGED = 1000
"""Forged fields removed from one mail; servers bound the header of a mail at some hundred kilobytes."""

_STEPS = Step(sum(Step)) & ~Step.SILENT_BODY
_STEPS_WITHOUT_SKIP = Step(sum(Step)) & ~Step.SKIP


@dataclass
class Room:
    """How many more bytes of mail may be kept, by all connections together."""

    left: int

    def take(self, wanted: int) -> int:
        """Take as much as there is; return how much that was."""
        taken = min(wanted, self.left)
        self.left -= taken
        return taken


@dataclass
class _Mail:
    """A mail on its way in: as servers send it, LF ends lines in the header and CRLF in the body."""

    header: bytearray = field(default_factory=bytearray)
    body: bytearray = field(default_factory=bytearray)
    counts: dict[bytes, int] = field(default_factory=dict)
    changes: list[bytes] = field(default_factory=list)
    full: bool = False


class Session:
    """A connection, and how far it has got.

    Parameters
    ----------
    room : Room
        For the mail that is collected.
    quarantine : bool, default False
        Whether spam, where that is sure, is to be held back by the server.

    Attributes
    ----------
    envelope : Envelope
        What is known of the mail under way.
    under_way : bool
        Whether there is one.
    """

    def __init__(self, room: Room, *, quarantine: bool = False) -> None:
        self._room, self._quarantine = room, quarantine
        self._agreed: Offer | None = None
        self._kept = 0
        self._leave()

    def _leave(self) -> None:
        """Forget the peer."""
        self._peer: Peer | None = None
        self._helo = b""
        self._macros: dict[bytes, dict[bytes, bytes]] = {}
        self.forget()

    def forget(self) -> None:
        """Forget the mail, and give its room back."""
        self._room.left += self._kept
        self._kept = 0
        self._mail = _Mail()
        self.envelope = Envelope(self._peer, self._helo, macros=self._known())

    @property
    def under_way(self) -> bool:
        """Whether there is a mail."""
        return self.envelope.mail_from is not None

    def take(self, letter: bytes, text: bytes) -> bytes:
        """Take a packet in.

        Parameters
        ----------
        letter, text : bytes

        Returns
        -------
        bytes
            What to answer at once; nothing to `packets.END`, which `conclude` answers.

        Raises
        ------
        Malformed
            If a mail server would not send this.
        EOFError
            If the server is done with this connection.
        """
        if letter == packets.NEGOTIATE:
            return self._negotiate(text)
        if self._agreed is None:
            raise Malformed("a packet before any offer")
        if letter == packets.QUIT:
            raise EOFError
        if letter == packets.QUIT_NEW:
            self._leave()
        elif letter == packets.ABORT:
            self.forget()
        elif letter == packets.MACROS:
            self._learn(text)
        elif letter in packets.SILENT:
            self._dispatch(letter, text)
            return self._go_on(letter)
        elif letter != packets.END:
            raise Malformed(f"a packet {letter!r}")
        elif text:
            self._collect(self._mail.body, text)
        return b""

    def _negotiate(self, text: bytes) -> bytes:
        """Agree on what the server will send, and on what it will do."""
        found = packets.offer(text)
        wanted = Action.ADD_HEADERS | Action.CHANGE_HEADERS
        if self._quarantine:
            wanted |= Action.QUARANTINE
        steps = _STEPS if found.steps & Step.SKIP else _STEPS_WITHOUT_SKIP
        self._agreed = Offer(min(found.version, packets.VERSION), found.actions & wanted, found.steps & steps)
        return packets.answer(self._agreed)

    def _learn(self, text: bytes) -> None:
        """Keep what the macros of a step say, in the place of what they said before."""
        found = list(packets.macros(text).items())[:_MACROS]
        self._macros[text[:1]] = {name[:100]: value[:1000] for name, value in found}
        self.envelope.macros = self._known()

    def _known(self) -> dict[bytes, bytes]:
        """Put the macros of all steps together."""
        return {name: value for said in self._macros.values() for name, value in said.items()}

    def _dispatch(self, letter: bytes, text: bytes) -> None:
        """Note what a packet says."""
        if letter == packets.CONNECT:
            self._peer = packets.peer(text)
            self.forget()
        elif letter == packets.HELO:
            self._helo = packets.strings(text)[0]
            self.forget()
        elif letter == packets.MAIL:
            self.forget()
            self.envelope.mail_from = bare(packets.strings(text)[0])
        elif letter == packets.RCPT:
            if len(self.envelope.rcpt_to) < RECIPIENTS:
                self.envelope.rcpt_to.append(bare(packets.strings(text)[0]))
        elif letter == packets.HEADER:
            name, value = packets.strings(text, 2)[:2]
            self._header(name, value)
        elif letter == packets.BODY:
            self._collect(self._mail.body, text)

    def _header(self, name: bytes, value: bytes) -> None:
        """Keep a header field, unless it is forged: then note that it is to go."""
        mail, key = self._mail, name.strip().lower()[:_NAME]
        before = name + (b":" if self._leading_blank else b": ")
        line = before + value + b"\n"
        if key in mail.counts or len(mail.counts) < _NAMES:
            mail.counts[key] = mail.counts.get(key, 0) + 1
        if NAME.lower() in line.lower():
            cleanser = Cleanser()
            clean = cleanser.feed(line) + cleanser.finish()
            if not clean.startswith(before):
                clean = b""
            if clean != line and len(mail.changes) < _FORGED:
                changed = clean[len(before) :].rstrip(b"\r\n")
                mail.changes.append(packets.change(mail.counts.get(key, 1), name, changed))
            line = clean
        self._collect(mail.header, line)

    @property
    def _leading_blank(self) -> bool:
        return self._agreed is not None and bool(self._agreed.steps & Step.LEADING_BLANK)

    def _collect(self, into: bytearray, text: bytes) -> None:
        """Keep as much as there is room for."""
        room = self._room.take(min(len(text), LARGEST - self._kept))
        into += text[:room]
        self._kept += room
        self._mail.full = self._mail.full or room < len(text)

    def _go_on(self, letter: bytes) -> bytes:
        """Answer that the mail may go on, where an answer is due."""
        assert self._agreed is not None  # noqa: S101 - `take` asks
        if self._agreed.steps & packets.SILENT[letter]:
            return b""
        if letter == packets.BODY and self._mail.full and self._agreed.steps & Step.SKIP:
            return packets.packet(packets.SKIP)
        return packets.packet(packets.CONTINUE)

    def mail(self) -> bytes:
        """Return the mail as it would lie in a mailbox: its lines end with LF, the trace is on top."""
        body = bytes(self._mail.body).replace(b"\r\n", b"\n")
        header = bytes(self._mail.header).replace(b"\r\n", b"\n")
        return b"".join([self.envelope.trace(), header, b"\n", body])[:LARGEST]

    def conclude(self, told: dict[str, Any] | None) -> bytes:
        """Answer to the end of a mail, and forget it.

        Parameters
        ----------
        told : dict or None
            What `fields` takes; None adds nothing. Forged fields go all the same.

        Returns
        -------
        bytes
        """
        assert self._agreed is not None  # noqa: S101 - a mail has an end only behind an offer
        actions = self._agreed.actions
        said: list[bytes] = []
        if actions & Action.CHANGE_HEADERS:
            said += reversed(self._mail.changes)  # so that the numbers of those before stay what they are
        if told is not None and actions & Action.ADD_HEADERS:
            blank = " " if self._leading_blank else ""
            said += [packets.insertion(0, name, blank + value) for name, value in reversed(fields(told))]
        sure_spam = told is not None and told["label"] == "spam" and not told["unsure"]
        if sure_spam and self._quarantine and actions & Action.QUARANTINE:
            said.append(packets.packet(packets.QUARANTINE, b"mailtriage: spam\0"))
        self.forget()
        return b"".join([*said, packets.packet(packets.CONTINUE)])

    def put_off(self) -> bytes:
        """Answer to the end of a mail that it is to be sent again later, and forget it.

        Returns
        -------
        bytes
        """
        self.forget()
        return packets.packet(packets.TEMPFAIL)

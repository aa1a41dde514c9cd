"""What the reader said of mail of one kind: remembered a job of all hosts, a few kilobytes each."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from classifier.digests import blake2b
from classifier.mail.fingerprint import fingerprint
from classifier.rootmail.sketch import Sketch, likeness

if TYPE_CHECKING:
    from classifier.mail import Message
    from classifier.rootmail.identity import Identity

KINDS_KEPT = 48
"""Kinds of mail of a job of which something was said; those with fewest labels are forgotten first."""

JOBS, MAILS, STRANGERS = 1 << 14, 1 << 14, 1 << 10
"""Places for jobs, for unusual mail that may still be labelled, and for what comes from outside. The later of
two at one place wins, so no flood of made-up names can fill the memory."""

ALIKE = 0.4
"""Likeness up to which a precedent says nothing. Of two mails of one job below it, the one is important in 15
to 37 of 100 cases where the other is; above it in 42 to 100, and in at most 1 where the other is not."""

SAID, UNUSUAL = "job-said", "job-mail"
"""Kinds of records: what was said of a job's mail, and how an unusual mail stood to the past."""

QUIET = 0.2
"""What an important label of a mail without anything unusual counts: what made it important did not show, and
every mail of the job says the same. (Other halvings of the hosts than those reported, 120 labels by
`suggest`, no words learned: average precision 0.920 instead of 0.907.)"""

VERSION = 1
_HEAD = struct.Struct("<B16s")
_KIND = struct.Struct("<HHH")
_CHECK = struct.Struct("<I")
_MOST = 65535

Labelled = tuple[int, int]
"""How many mails of a kind were called unimportant, and how many important."""

_SIDES = {"unimportant": 0, "important": 1}


class Heard(NamedTuple):
    """Precedents of one mail.

    Parameters
    ----------
    important, unimportant : float
        Labels of like mail, each counting by how alike that is.
    """

    important: float
    unimportant: float


NOTHING = Heard(0.0, 0.0)


class Memory(Protocol):
    """Where records are kept; `classifier.history.Memory` is one."""

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Return a record, or None."""
        ...

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Write a record."""
        ...

    def delete(self, kind: str, key: bytes) -> None:
        """Forget a record."""
        ...


class Precedents:
    """What was said of the mail of one job, whichever host it ran on.

    Parameters
    ----------
    memory : Memory
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def heard(self, identity: Identity, sketch: Sketch) -> Heard:
        """Weigh what was said of mail like this one.

        Parameters
        ----------
        identity : Identity
        sketch : Sketch

        Returns
        -------
        Heard
        """
        kinds = self._kinds(identity)
        if not kinds:
            return NOTHING
        unimportant = important = 0.0
        for other, (no, yes) in kinds.items():
            weight = max(0.0, (likeness(sketch, other) - ALIKE) / (1 - ALIKE)) ** 2
            unimportant += weight * no
            important += weight * yes * (1.0 if other.news else QUIET)
        return Heard(important, unimportant)

    def knows(self, identity: Identity) -> bool:
        """Tell whether anything was said of this job's mail.

        Parameters
        ----------
        identity : Identity

        Returns
        -------
        bool
        """
        return self._memory.get(SAID, _place(identity)) is not None

    def note(self, identity: Identity, message: Message, sketch: Sketch) -> None:
        """Remember of an unusual mail how it stood to the past when it came: later that cannot be told.

        Parameters
        ----------
        identity : Identity
        message : Message
        sketch : Sketch
        """
        if sketch.news:
            number = _number(identity, message)
            self._memory.put(UNUSUAL, _mail_place(identity, number), number[:4] + sketch.pack())

    def noted(self, identity: Identity, message: Message) -> Sketch | None:
        """Return what was noted of a mail.

        Parameters
        ----------
        identity : Identity
        message : Message

        Returns
        -------
        Sketch or None
            None for usual mail, and for what came too long ago.
        """
        number = _number(identity, message)
        raw = self._memory.get(UNUSUAL, _mail_place(identity, number))
        if raw is None or raw[:4] != number[:4]:
            return None
        try:
            return Sketch.unpack(raw[_CHECK.size :])
        except ValueError:
            return None

    def relabel(self, identity: Identity, sketch: Sketch, before: str | None, after: str | None) -> None:
        """Take note of what the reader says of a mail.

        Parameters
        ----------
        identity : Identity
        sketch : Sketch
        before, after : str or None
            Labels; None where it had, or has, none.
        """
        kinds = self._kinds(identity)
        for label, step in ((before, -1), (after, 1)):
            side = _SIDES.get(label or "")
            if side is not None:
                _count(kinds, sketch, side, step)
        if kinds:
            self._memory.put(SAID, _place(identity), _pack(identity, kinds))
        else:
            self._memory.delete(SAID, _place(identity))

    def forget(self, identity: Identity) -> None:
        """Forget all that was said of a job's mail, on all hosts: whose mail it was is not kept.

        Parameters
        ----------
        identity : Identity
        """
        self._memory.delete(SAID, _place(identity))

    def _kinds(self, identity: Identity) -> dict[Sketch, Labelled]:
        raw = self._memory.get(SAID, _place(identity))
        try:
            return dict(_unpack(identity, raw)) if raw is not None else {}
        except (struct.error, ValueError):
            return {}  # damaged: what was said is lost, mail is judged all the same


def _count(kinds: dict[Sketch, Labelled], sketch: Sketch, side: int, step: int) -> None:
    """Add a label to a kind, or take one back: from its own kind or, if that was forgotten, from none."""
    counts = list(kinds.get(sketch, (0, 0)))
    counts[side] = min(max(0, counts[side] + step), _MOST)
    if any(counts):
        kinds[sketch] = counts[0], counts[1]
    else:
        kinds.pop(sketch, None)
    if len(kinds) > KINDS_KEPT:
        del kinds[min((each for each in kinds if each != sketch), key=lambda each: sum(kinds[each]))]


def _pack(identity: Identity, kinds: dict[Sketch, Labelled]) -> bytes:
    told = [_HEAD.pack(VERSION, _digest(identity))]
    for sketch, (no, yes) in kinds.items():
        packed = sketch.pack()
        told += [_KIND.pack(no, yes, len(packed)), packed]
    return b"".join(told)


def _unpack(identity: Identity, raw: bytes) -> Iterator[tuple[Sketch, Labelled]]:
    version, digest = _HEAD.unpack_from(raw)
    if version != VERSION or digest != _digest(identity):
        return  # of another job, which had this place
    at = _HEAD.size
    while at < len(raw):
        no, yes, size = _KIND.unpack_from(raw, at)
        at += _KIND.size
        yield Sketch.unpack(raw[at : at + size]), (no, yes)
        at += size


def _digest(identity: Identity) -> bytes:
    """Stand for a job on whatever host, under whatever user; a stranger's is never taken for ours."""
    told = "\0".join((identity.tool, identity.job, identity.witness))
    return blake2b(told.encode("utf-8", "replace"), digest_size=16).digest()


def _place(identity: Identity) -> bytes:
    number = int.from_bytes(_digest(identity)[:8], "little")
    return b"s%d" % (number % STRANGERS) if identity.witness else b"j%d" % (number % JOBS)


def _number(identity: Identity, message: Message) -> bytes:
    """Stand for one mail: nobody outside can take the number of one of ours."""
    digest = blake2b(identity.key, digest_size=8)
    digest.update(message.message_id[:1000].encode("utf-8", "replace") or fingerprint(message))
    return digest.digest()


def _mail_place(identity: Identity, number: bytes) -> bytes:
    place = int.from_bytes(number, "little")
    return b"s%d" % (place % STRANGERS) if identity.witness else b"j%d" % (place % MAILS)

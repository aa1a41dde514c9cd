"""The wire between a mail server and its filter: a length, a letter, and what belongs to the letter.

Source: the protocol of libmilter 8.14 (version 6) as Sendmail and Postfix speak it; there is no standard.

Written here, for no library was fit when this was: pymilter needs libmilter and a compiler; purepythonmilter
(2023) carries nothing from one step of a mail to the next; kilter.protocol (2024, "planning") reads names as
ASCII and asserts on what strangers send; python-libmilter (2022) has no types.
"""

from __future__ import annotations

from enum import IntFlag
from typing import NamedTuple

LARGEST = (1 << 20) + 64
"""Bytes of a packet: no server sends more than 1 MiB of text in one."""

VERSION, OLDEST = 6, 2

NEGOTIATE, MACROS, CONNECT, HELO, MAIL, RCPT, DATA = b"O", b"D", b"C", b"H", b"M", b"R", b"T"
HEADER, END_OF_HEADER, BODY, END, ABORT, QUIT, QUIT_NEW, UNKNOWN = (
    b"L",
    b"N",
    b"B",
    b"E",
    b"A",
    b"Q",
    b"K",
    b"U",
)
"""Letters that a server sends."""

CONTINUE, TEMPFAIL, SKIP, INSERT, CHANGE, QUARANTINE = b"c", b"t", b"s", b"i", b"m", b"q"
"""Letters that a filter answers with."""


class Action(IntFlag):
    """What a filter may ask for at the end of a mail (SMFIF_*)."""

    ADD_HEADERS = 0x01
    CHANGE_HEADERS = 0x10
    QUARANTINE = 0x20


class Step(IntFlag):
    """What a server need not send, and where it need not wait for an answer (SMFIP_*)."""

    SILENT_HEADER = 0x80
    NO_UNKNOWN = 0x100
    SKIP = 0x400
    SILENT_CONNECT = 0x1000
    SILENT_HELO = 0x2000
    SILENT_MAIL = 0x4000
    SILENT_RCPT = 0x8000
    SILENT_DATA = 0x10000
    SILENT_UNKNOWN = 0x20000
    SILENT_END_OF_HEADER = 0x40000
    SILENT_BODY = 0x80000
    LEADING_BLANK = 0x100000


SILENT = {
    CONNECT: Step.SILENT_CONNECT,
    HELO: Step.SILENT_HELO,
    MAIL: Step.SILENT_MAIL,
    RCPT: Step.SILENT_RCPT,
    DATA: Step.SILENT_DATA,
    HEADER: Step.SILENT_HEADER,
    END_OF_HEADER: Step.SILENT_END_OF_HEADER,
    BODY: Step.SILENT_BODY,
    UNKNOWN: Step.SILENT_UNKNOWN,
}
"""Letters that are answered unless it was agreed that they are not."""


class Malformed(Exception):
    """What was sent is no packet that a mail server sends; nothing that follows can be understood."""


class Offer(NamedTuple):
    """What a server can do, or what was agreed.

    Parameters
    ----------
    version : int
    actions : Action
    steps : Step
    """

    version: int
    actions: Action
    steps: Step


class Peer(NamedTuple):
    """Who handed a mail to the server.

    Parameters
    ----------
    name : bytes
        By the DNS; in brackets, or ``unknown``, where it has none.
    address : bytes
        IPv4 or IPv6; empty where it did not come over a network.
    port : int, default 0
        0 where nobody is connected: Postfix asks so about mail that its sendmail command took.
    """

    name: bytes
    address: bytes
    port: int = 0


def packet(letter: bytes, text: bytes = b"") -> bytes:
    """Write a packet.

    Parameters
    ----------
    letter : bytes
    text : bytes, default b""

    Returns
    -------
    bytes
    """
    return (len(text) + 1).to_bytes(4, "big") + letter + text


def length(head: bytes) -> int:
    """Read how long a packet is.

    Parameters
    ----------
    head : bytes
        Its first four.

    Returns
    -------
    int
        Bytes that follow, its letter included.

    Raises
    ------
    Malformed
        If there is no letter, or it is larger than `LARGEST`.
    """
    found = int.from_bytes(head, "big")
    if not 0 < found <= LARGEST:
        raise Malformed(f"a packet of {found} bytes")
    return found


def offer(text: bytes) -> Offer:
    """Read what a server offers.

    Parameters
    ----------
    text : bytes

    Returns
    -------
    Offer

    Raises
    ------
    Malformed
        If it is too short, or of a version that nobody speaks any more.
    """
    if len(text) < 12:
        raise Malformed("an offer that is cut")
    version, actions, steps = (int.from_bytes(text[at : at + 4], "big") for at in (0, 4, 8))
    if version < OLDEST:
        raise Malformed(f"version {version} of the protocol")
    return Offer(version, Action(actions & sum(Action)), Step(steps & sum(Step)))


def answer(agreed: Offer) -> bytes:
    """Write what was agreed.

    Parameters
    ----------
    agreed : Offer

    Returns
    -------
    bytes
        A packet.
    """
    return packet(NEGOTIATE, b"".join(int(each).to_bytes(4, "big") for each in agreed))


def strings(text: bytes, at_least: int = 1) -> list[bytes]:
    """Read texts that end with a zero each.

    Parameters
    ----------
    text : bytes
    at_least : int, default 1

    Returns
    -------
    list of bytes

    Raises
    ------
    Malformed
        If one does not end, or there are fewer.
    """
    found = text.split(b"\0")
    if found.pop() or len(found) < at_least:
        raise Malformed("texts that do not end")
    return found


def macros(text: bytes) -> dict[bytes, bytes]:
    """Read the values of macros.

    Parameters
    ----------
    text : bytes
        The letter of the step that they belong to, and names and values.

    Returns
    -------
    dict of bytes to bytes
        Names without braces.

    Raises
    ------
    Malformed
    """
    found = strings(text[1:], 0)
    return {name.strip(b"{}"): value for name, value in zip(found[::2], found[1::2], strict=False)}


def peer(text: bytes) -> Peer:
    """Read who connected.

    Parameters
    ----------
    text : bytes
        Name, zero, family (U, L, 4, 6), and but for U port and address.

    Returns
    -------
    Peer

    Raises
    ------
    Malformed
    """
    name, end, rest = text.partition(b"\0")
    if not end or not rest:
        raise Malformed("a connection from nowhere")
    if rest[:1] not in {b"4", b"6"}:
        return Peer(name, b"")
    if len(rest) < 4:
        raise Malformed("a connection without an address")
    address = strings(rest[3:])[0]
    return Peer(name, address.removeprefix(b"IPv6:"), int.from_bytes(rest[1:3], "big"))


def insertion(place: int, name: str, value: str) -> bytes:
    """Write that a header field is to be put in.

    Parameters
    ----------
    place : int
        Before which field, from 0.
    name, value : str
        ASCII; folds are LF and a blank.

    Returns
    -------
    bytes
        A packet.
    """
    return packet(INSERT, place.to_bytes(4, "big") + f"{name}\0{value}\0".encode("ascii"))


def change(number: int, name: bytes, value: bytes = b"") -> bytes:
    """Write that a header field is to have another value, or to go.

    Parameters
    ----------
    number : int
        Which of those of this name, from 1.
    name : bytes
    value : bytes, default b""
        Empty to remove it.

    Returns
    -------
    bytes
        A packet.
    """
    return packet(CHANGE, number.to_bytes(4, "big") + name + b"\0" + value + b"\0")

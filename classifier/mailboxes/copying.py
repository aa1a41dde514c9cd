"""The bytes of a message as another mailbox wants them: the same, but for From_ lines and their quoting."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator

from classifier.patterns import pattern

from .base import WINDOW, Original
from .from_lines import has_git_date, looks_like_from_line
from .quoting import quote, unquote

_RETURN_PATH = pattern(rb"^Return-Path:[ \t]{0,80}<?([^<>\s]{1,320})>?", re.IGNORECASE | re.MULTILINE)
# A Return-Path stands at the top; no more than this is searched for it.
_TOP = 64 << 10
# What is enough to see a From_ line and what follows it.
_HEAD = 4096


def by_lines(chunks: Iterable[bytes], change: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Apply a change that looks at the beginnings of lines to a stream, in bounded memory.

    Parameters
    ----------
    chunks : iterable of bytes
        The stream, cut anywhere.
    change : callable
        Of a block that begins at the beginning of a line.

    Yields
    ------
    bytes
        The changed stream.
    """
    rest, inside = b"", False  # inside: of a line that was too long to keep
    for chunk in chunks:
        rest += chunk
        if inside:
            end = rest.find(b"\n") + 1
            yield rest[:end] if end else rest
            inside, rest = not end, rest[end:] if end else b""
        end = rest.rfind(b"\n") + 1
        if end:
            yield change(rest[:end])
            rest = rest[end:]
        if len(rest) > WINDOW:
            yield change(rest)
            inside, rest = True, b""
    if rest:
        yield rest if inside else change(rest)


def made_from_line(head: bytes, received: float | None) -> bytes:
    """Make the From_ line of a message that has none.

    Parameters
    ----------
    head : bytes
        The beginning of the message.
    received : float or None
        Unix seconds; unknown is the beginning of 1970, so that the same message always gets the same line.

    Returns
    -------
    bytes
        With its line end; the date is UTC, as RFC 4155 asks.
    """
    top = head[: min(at for at in (head.find(b"\n\n"), head.find(b"\n\r\n"), _TOP) if at >= 0)]
    path = _RETURN_PATH.search(top)
    sender = path[1] if path else b"MAILER-DAEMON"
    try:
        date = time.asctime(time.gmtime(received or 0.0))
    except (OverflowError, OSError, ValueError):
        date = time.asctime(time.gmtime(0))
    return b"From " + sender + b" " + date.encode("ascii") + b"\n"


def _first(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Look at the beginning of a stream, a few kilobytes of it if there are as many."""
    pieces, have = [], 0
    while have < _HEAD and (piece := next(chunks, b"")):
        pieces.append(piece)
        have += len(piece)
    first = b"".join(pieces)

    def again() -> Iterator[bytes]:
        yield first
        yield from chunks

    return first, again()


def _separated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """End a record with the empty line that separates it from the next."""
    tail = b""
    for chunk in chunks:
        yield chunk
        tail = (tail + chunk)[-3:]
    if not tail.endswith(b"\n"):
        yield b"\n\n"
    elif tail[-2:] != b"\n\n" and tail != b"\n\r\n":
        yield b"\n"


def _terminated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """End a message with a line end, and the record with an empty line whatever the message ends with."""
    last = b"\n"
    for chunk in chunks:
        yield chunk
        last = chunk[-1:] or last
    yield b"\n" if last == b"\n" else b"\n\n"


def as_record(original: Original) -> Iterator[bytes]:
    """Yield a message as an mbox keeps it.

    Parameters
    ----------
    original : Original
        A record of an mbox is copied as it is. Anything else gets a From_ line and mboxrd quoting; also a
        record whose From_ line is none anywhere but at the top of a file, or carries git's constant date.
    """
    head, chunks = _first(original.chunks())
    line, _, rest = head.partition(b"\n")
    usual = line.startswith(b"From ") and looks_like_from_line(line[:1024].rstrip(b"\r"), rest[:256])
    if original.is_record:
        if usual and not has_git_date(line, 0):
            return _separated(chunks)
        head, chunks = _first(as_message(original))
    elif usual:
        own = line + b"\n"
        return _terminated(_joined(own, by_lines(_without(chunks, len(own)), quote)))
    return _terminated(_joined(made_from_line(head, original.received), by_lines(chunks, quote)))


def as_message(original: Original) -> Iterator[bytes]:
    """Yield a message as a file of its own keeps it: an mbox record is unwrapped, a file copied as it is."""
    if not original.is_record:
        return original.chunks()
    if not original.is_cut:
        return iter((original.stored.raw,))
    head, chunks = _first(original.chunks())
    start = head.find(b"\n") + 1 if head.startswith(b"From ") else 0
    return _unseparated(by_lines(_without(chunks, start), unquote))


def _joined(first: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


def _without(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Drop bytes from the front."""
    for chunk in chunks:
        if count < len(chunk):
            yield chunk[count:]
        count = max(0, count - len(chunk))


def _unseparated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Drop the empty line at the end of a record."""
    held = b""
    for chunk in chunks:
        held += chunk
        if len(held) > 3:
            yield held[:-3]
            held = held[-3:]
    if held.endswith(b"\n\n"):
        yield held[:-1]
    else:
        yield held[:-2] if held.endswith(b"\n\r\n") else held

"""One mail from here to there, with a verdict on top: what stands between a mail and its mailbox.

Nothing that goes wrong with judging costs a byte of the mail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from classifier.serve.cleansing import Cleanser
from classifier.serve.fields import fields, laid_out
from classifier.serve.protocol import LARGEST

_PIECE = 1 << 18
"""Bytes read at once."""


def pass_on(
    source: BinaryIO,
    sink: BinaryIO,
    judge: Callable[[bytes], dict[str, Any]],
    complain: Callable[[str], None],
) -> bool:
    """Pass a mail on, our header fields exchanged for new ones and every other byte as it came.

    Parameters
    ----------
    source : binary file
        Read to its end.
    sink : binary file
        Is flushed.
    judge : callable
        Is given the mail without our fields and without what stands before the first field, or the first
        `LARGEST` bytes of it; returns the object that `fields` takes. May raise whatever it likes.
    complain : callable
        Is told, in a sentence, why the mail has no verdict.

    Returns
    -------
    bool
        Whether it has one.

    Raises
    ------
    OSError
        If the mail could not be read or written: then it has not been passed on.
    """
    cleanser, head = Cleanser(), bytearray()
    piece = source.read(_PIECE)
    while piece and len(head) < LARGEST:
        head += cleanser.feed(piece)
        piece = source.read(_PIECE)
    if not piece:
        head += cleanser.finish()
    whole = bytes(head)
    del head
    written = _judged(whole, cleanser, judge, complain)
    at = cleanser.top or 0
    sink.write(whole[:at])
    sink.write(written)
    sink.write(memoryview(whole)[at:])
    while piece:
        sink.write(cleanser.feed(piece))
        piece = source.read(_PIECE)
        if not piece:
            sink.write(cleanser.finish())
    sink.flush()
    return bool(written)


def _judged(
    head: bytes,
    cleanser: Cleanser,
    judge: Callable[[bytes], dict[str, Any]],
    complain: Callable[[str], None],
) -> bytes:
    """Have a mail judged and lay the verdict out; nothing, with a word about it, where that fails."""
    try:
        if cleanser.top is None:
            raise ValueError("it has no line for a header to stand on")
        return laid_out(fields(judge(head[cleanser.top :][:LARGEST])), cleanser.newline)
    except Exception as error:  # whatever it is: the mail goes on
        complain(f"passed on without a verdict: {error or type(error).__name__}")
        return b""

"""Where the header of a sound message ends; what is odd is left to `classifier.mail.headers`."""

from __future__ import annotations

import re

from classifier.mail.bounds import HEADER_BLOCK_BYTES

_BLANK_LINE = re.compile(rb"\n\n")  # half as long again takes bytes.find


def header_of(mail: bytes) -> tuple[bytes, int]:
    """Cut the header off a message.

    Parameters
    ----------
    mail : bytes

    Returns
    -------
    header : bytes
        With plain line ends; nothing where the message is odd.
    body_start : int
        Where in `mail` the body begins; -1 where the message is odd.
    """
    found = _BLANK_LINE.search(mail, 0, HEADER_BLOCK_BYTES)
    begin = 1 if found is None else found.end()
    block = mail[: begin - 1] if begin > 1 else mail[:HEADER_BLOCK_BYTES]
    if b"\r" in block:
        begin = mail.find(b"\n\r\n", 0, HEADER_BLOCK_BYTES) + 3
        block = mail[: begin - 2] if begin > 2 else mail[:HEADER_BLOCK_BYTES]
        block = block.replace(b"\r\n", b"\n")
        if b"\r" in block or b"\n\n" in block:
            return b"", -1
    if begin <= 2:  # nothing but a header
        if len(mail) >= HEADER_BLOCK_BYTES:
            return b"", -1
        block, begin = block if block.endswith(b"\n") else block + b"\n", len(mail)
    return (b"", -1) if block[0] in b" \t\n" else (block, begin)


def header_end(mail: bytes) -> int:
    """Find where a message's body begins, copying nothing where its header is sound.

    Parameters
    ----------
    mail : bytes

    Returns
    -------
    int
        -1 where the message is odd, as `header_of` says.
    """
    found = _BLANK_LINE.search(mail, 0, HEADER_BLOCK_BYTES)
    begin = len(mail) if found is None else found.end()
    sound = mail[:1] > b" " and mail.find(b"\r", 0, begin) < 0
    if sound and (found is not None or begin < HEADER_BLOCK_BYTES):
        return begin
    return header_of(mail)[1]


def whole_header(mail: bytes) -> tuple[bytes, int]:
    """Return what `header_of` does for a message that `header_end` has found to end there.

    Parameters
    ----------
    mail : bytes

    Returns
    -------
    header : bytes
    body_start : int
    """
    if b"\r" in mail:
        return header_of(mail)
    if mail.endswith(b"\n\n"):
        return mail[:-1], len(mail)
    return mail if mail.endswith(b"\n") else mail + b"\n", len(mail)

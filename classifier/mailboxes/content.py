"""Is it mail? Judged by the first bytes, and kindly: damaged mail is still to be classified."""

from __future__ import annotations

import re

from classifier.patterns import pattern

from .from_lines import is_header, leading_blanks

# How much is looked at.
_LOOK = 8192

_KNOWN = pattern(
    rb"^(?:Return-Path|Received|Delivered-To|X-Original-To|From|To|Cc|Subject|Date|Message-ID|Reply-To|Sender"
    rb"|MIME-Version|Content-Type|X-Envelope-To|X-Mailer|List-Id)[ \t]{0,8}:",
    re.IGNORECASE | re.MULTILINE,
)
# Control characters that no text has; ESC, BS, BEL and FF occur in mail.
_CONTROL = pattern(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_PICTURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or office document",
    b"\x7fELF": "a program",
    b"SQLite format 3": "an SQLite database",
}


def why_no_mail(head: bytes, by_place: bool = False) -> str:
    """Say why bytes are no mail.

    Parameters
    ----------
    head : bytes
        The beginning of a file, at best `_LOOK` bytes or more.
    by_place : bool
        Whether the place says that it is mail (a Maildir, an MH folder): then text without a header will do.

    Returns
    -------
    str
        The reason, '' where it may be mail: its first line looks like a header or a From_ line, or it is
        text with a well-known header field near the top.
    """
    if not head:
        return "is empty"
    for magic, name in _PICTURES.items():
        if head.startswith(magic):
            return f"is {name}, not mail"
    start = leading_blanks(head[:_LOOK])
    if is_header(head[start : start + 256]):
        return ""
    look = head[start : start + _LOOK]
    if not look:
        return "" if by_place else "is blank"
    controls = len(_CONTROL.findall(look))
    if controls * 20 > len(look):
        return "is binary data, not mail"
    if by_place or _KNOWN.search(look):
        return ""
    return "is no mail: it does not begin with a header and has none near the top"

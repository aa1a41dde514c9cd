"""Addresses out of an address book: vCard files, as every program exports them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from classifier.errors import LabelError

LARGEST = 64 << 20
"""Bytes of an address book that are read: more is something else."""

_EMAIL = re.compile(
    r"(?:[\w-]{1,60}\.)?EMAIL(?:;[^:\n]{0,500})?:\s{0,5}(?:mailto:)?([^\s,;<>]{1,320})", re.IGNORECASE
)


def read_addresses(path: str | os.PathLike[str]) -> Iterator[str]:
    """Read the mail addresses of a vCard file.

    Parameters
    ----------
    path : str or path
        Any number of cards, of any version.

    Yields
    ------
    str
        As written, in the order of the file.

    Raises
    ------
    LabelError
        If it cannot be read, is too large, or holds no card.

    Source
    ------
    RFC 6350 sections 3.2 (folding) and 6.4.2 (EMAIL); RFC 2426 section 3.3.2.
    """
    try:
        with Path(path).open("rb") as book:
            raw = book.read(LARGEST + 1)
    except OSError as error:
        raise LabelError(f"{os.fspath(path)}: {error.strerror or error}") from None
    if len(raw) > LARGEST or b"BEGIN:VCARD" not in raw.upper():
        raise LabelError(f"{os.fspath(path)}: no address book (a vCard file)")
    text = re.sub(r"\r?\n[ \t]", "", raw.decode("utf-8", "replace"))
    for line in text.splitlines():
        found = _EMAIL.match(line)
        if found and "@" in found[1].strip("@"):
            yield found[1]

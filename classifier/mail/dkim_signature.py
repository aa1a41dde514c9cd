"""DKIM-Signature: fields as they claim to be; nothing is verified here."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

FIELD_BYTES: Final = 8192
"""Bytes of one field that are read: the longest with 4096-bit keys and all names signed has 3 KiB."""

LATEST: Final = 253402300800
"""Unix time of the year 10000: a later t= or x= is no time."""

_TAG = re.compile(rb";\s*+([adistxl])\s*+=\s*+([^;\s]*+)")
_NAMES = re.compile(rb";\s*+h\s*+=([^;]*+)")


class DkimSignature(NamedTuple):
    """One signature, unverified.

    Attributes
    ----------
    domain : str
        d=, lower case: who takes responsibility.
    selector : str
        s=.
    algorithm : str
        a=, lower case.
    identity : str
        i=, lower case; '' where absent.
    signed : int or None
        t=, Unix seconds.
    expires : int or None
        x=, Unix seconds.
    partial : bool
        Whether l= lets text be added below what is signed.
    raw : bytes
        The field.
    """

    domain: str
    selector: str
    algorithm: str
    identity: str
    signed: int | None
    expires: int | None
    partial: bool
    raw: bytes

    @property
    def names(self) -> tuple[str, ...]:
        """The header fields signed, lower case, as often as listed."""
        found = _NAMES.search(b";" + self.raw[:FIELD_BYTES])
        if found is None:
            return ()
        return tuple(name.strip().lower() for name in found[1].decode("ascii", "replace").split(":"))


def parse_dkim_signature(raw: bytes) -> DkimSignature:
    """Read the tags of a DKIM-Signature: field.

    Parameters
    ----------
    raw : bytes
        What stands behind the colon, folded or not.

    Returns
    -------
    DkimSignature
        Tags that are missing or wrong are '' or None.

    Notes
    -----
    Source: RFC 6376 sections 3.2 (tag=value) and 3.5 (the tags).

    Examples
    --------
    >>> parse_dkim_signature(b"v=1; a=rsa-sha256; d=Example.com; s=k1; t=1770000000; b=AA==")[:5]
    ('example.com', 'k1', 'rsa-sha256', '', 1770000000)
    """
    tags = dict(_TAG.findall(b";" + raw[:FIELD_BYTES]))
    get = tags.get
    return DkimSignature(
        get(b"d", b"").decode("utf-8", "replace").lower().strip(".")[:255],
        get(b"s", b"").decode("utf-8", "replace")[:255],
        get(b"a", b"").decode("ascii", "replace").lower()[:20],
        get(b"i", b"").decode("utf-8", "replace").lower()[:320],
        _seconds(get(b"t")),
        _seconds(get(b"x")),
        b"l" in tags,
        raw,
    )


def _seconds(digits: bytes | None) -> int | None:
    """Read a time; None for what is none."""
    if not digits or not digits.isdigit() or len(digits) > 12:
        return None
    seconds = int(digits)
    return seconds if seconds < LATEST else None

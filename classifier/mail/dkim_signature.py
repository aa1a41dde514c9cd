"""DKIM-Signature: fields as they claim to be; nothing is verified here."""

from __future__ import annotations

from typing import Final, NamedTuple

from classifier.patterns import pattern

FIELD_BYTES: Final = 8192
"""Bytes of one field that are read: the longest with 4096-bit keys and all names signed has 3 KiB."""

LATEST: Final = 253402300800
"""Unix time of the year 10000: a later t= or x= is no time."""

_TAG = pattern(r";\s*+([adistxl])\s*+=\s*+([^;\s]*+)")
_NAMES = pattern(r";\s*+h\s*+=([^;]*+)")


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
    text : str
        The field.
    """

    domain: str
    selector: str
    algorithm: str
    identity: str
    signed: int | None
    expires: int | None
    partial: bool
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """The header fields signed, lower case, as often as listed."""
        found = _NAMES.search(self.text)
        return tuple(map(str.strip, found[1].lower().split(":"))) if found else ()


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
    text = ";" + raw[:FIELD_BYTES].decode("utf-8", "replace")
    tags = dict(_TAG.findall(text))
    get = tags.get
    return DkimSignature(
        get("d", "").lower().strip(".")[:255],
        get("s", "")[:255],
        get("a", "").lower()[:20],
        get("i", "").lower()[:320],
        _seconds(get("t")),
        _seconds(get("x")),
        "l" in tags,
        text,
    )


def _seconds(digits: str | None) -> int | None:
    """Read a time; None for what is none."""
    if not digits or len(digits) > 12 or not (digits.isascii() and digits.isdigit()):
        return None
    seconds = int(digits)
    return seconds if seconds < LATEST else None

"""The secret of one profile: with it, all that is kept of mail is hashed or sealed.

Addresses and Message-IDs go through a keyed hash; what a message taught (hashed words) and what is remembered
of people and threads are sealed under a key stream.
The key lies in the profile itself: parts of the file, or two profiles side by side, tell nothing; who has the
whole file can try a guess ("was this word in it?"). This is no encryption against them.

It was weighed to keep the key in a file of its own or in the system's key ring. Whoever reads the profile
(mode 0600, one user) reads a file beside it as well; a key ring is not there for cron, mail filters and
servers, where most mail is judged; and a profile restored from a backup without its key is lost. So one file.
"""

from __future__ import annotations

import os
from hashlib import blake2b, shake_256

HASH_BYTES = 16
NONCE_BYTES = 12
"""Half of it is drawn, half made of the content, so that whoever unseals sees whether a byte has changed."""

_HALF = NONCE_BYTES // 2


def hashed(key: bytes, kind: str, value: bytes) -> bytes:
    """Hash something that a stranger must not read.

    Parameters
    ----------
    key : bytes
    kind : str
        What it is: the same bytes of two kinds have nothing in common.
    value : bytes

    Returns
    -------
    bytes
        `HASH_BYTES` of them. Source: RFC 7693 (BLAKE2), section 2.9, keyed.
    """
    return blake2b(kind.encode() + b"\0" + value, key=key, digest_size=HASH_BYTES).digest()


def seal(key: bytes, data: bytes) -> bytes:
    """Hide bytes under a stream drawn from the key, another one each time.

    Parameters
    ----------
    key : bytes
    data : bytes

    Returns
    -------
    bytes
        `NONCE_BYTES` longer. Source: FIPS 202 (SHAKE256), used as a stream cipher; that the nonce depends on
        the content is the idea of RFC 5297.
    """
    drawn = os.urandom(_HALF)
    nonce = drawn + _made(key, drawn, data)
    return nonce + _streamed(key, nonce, data)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """Undo `seal`.

    Parameters
    ----------
    key : bytes
    sealed : bytes

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If a byte has changed, or it was sealed with another key.
    """
    nonce = sealed[:NONCE_BYTES]
    data = _streamed(key, nonce, sealed[NONCE_BYTES:])
    if _made(key, nonce[:_HALF], data) != nonce[_HALF:]:
        raise ValueError("bytes have changed since they were sealed")
    return data


def sealed_anew(key: bytes, sealed: bytes) -> bytes:
    """Seal what a version before 27 November 2026 has sealed with a nonce that was drawn alone.

    Parameters
    ----------
    key : bytes
    sealed : bytes

    Returns
    -------
    bytes
        What was damaged by then is not found out.
    """
    return seal(key, _streamed(key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]))


def _made(key: bytes, drawn: bytes, data: bytes) -> bytes:
    """Make the half of a nonce that depends on the content."""
    return blake2b(b"nonce\0" + drawn + data, key=key, digest_size=_HALF).digest()


def _streamed(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = shake_256(b"sealed\0" + key + nonce).digest(len(data))
    hidden = int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")
    return hidden.to_bytes(len(data), "little")

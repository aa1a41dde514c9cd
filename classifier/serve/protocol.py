"""The wire: one request, one reply, both with their lengths in front, any number of pairs a connection.

Numbers are unsigned and big-endian. A request is 16 bytes, then mailbox, key and mail::

    0  4  b"mtq1"
    4  1  form of the answer, see `FORMS`
    5  1  1 if mailbox and key are given, else 0
    6  2  how many clues to give
    8  2  length of the name of the mailbox, UTF-8 or whatever the file system has
    10 2  length of the key
    12 4  length of the mail, at most `LARGEST`

A reply is 12 bytes, then its text::

    0  4  b"mta1"
    4  1  status, see `Status`
    5  3  0
    8  4  length of the text, at most `LONGEST`

The text of a verdict is in the form that was asked for; of everything else a sentence for people. After all
but `JUDGED`, `BUSY` and `FAILED` the server closes the connection; after `BUSY`, too, if there are too many.
A client sends the next request when it has the reply. Nothing here imports anything: clients start fast.
"""

from __future__ import annotations

REQUEST, REPLY = b"mtq1", b"mta1"
REQUEST_BYTES, REPLY_BYTES = 16, 12

LARGEST = 40 << 20
"""Bytes of a mail: what mailboxes give to be judged, see `mailboxes.base.MAX_RAW`."""

LONGEST = 16 << 20
"""Bytes of a reply."""

FORMS = JSONL, CSV, TOLD = range(3)
"""Forms of an answer: a line of jsonl, or rows of CSV without a head, as ``mailtriage classify`` prints them;
the object that a table for people is made from, see `output.lines.told`."""

JUDGED, BUSY, REFUSED, TOO_LARGE, MALFORMED, LATE, FAILED = range(7)
"""Status of a reply: the verdict; ask again later; this user may not ask; the mail is larger than `LARGEST`;
no request of this protocol; it did not arrive in time; it could not be judged."""


def pack_request(
    raw: bytes, name: tuple[bytes, bytes] | None = None, clues: int = 0, form: int = JSONL
) -> bytes:
    """Write a request, but for the mail itself.

    Parameters
    ----------
    raw : bytes
        The mail, to be sent behind what is returned.
    name : (bytes, bytes), optional
        Mailbox and key.
    clues : int, default 0
    form : int, default JSONL

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If something is larger than its length can say.
    """
    mailbox, key = name or (b"", b"")
    if len(raw) > LARGEST:
        raise ValueError(f"a mail of more than {LARGEST >> 20} MiB")
    if max(len(mailbox), len(key), clues) > 0xFFFF:
        raise ValueError("a name or a number of clues beyond 65,535")
    lengths = (clues, len(mailbox), len(key))
    return b"".join(
        [
            REQUEST,
            bytes((form, name is not None)),
            *(number.to_bytes(2, "big") for number in lengths),
            len(raw).to_bytes(4, "big"),
            mailbox,
            key,
        ]
    )


def request_lengths(head: bytes | bytearray) -> tuple[int, int, int] | None:
    """Read the lengths of mailbox, key and mail.

    Parameters
    ----------
    head : bytes
        The first `REQUEST_BYTES` of a request.

    Returns
    -------
    (int, int, int) or None
        None for what is no request of this protocol. The mail's may be larger than `LARGEST`.
    """
    if head[:4] != REQUEST or head[4] not in FORMS or head[5] > 1:
        return None
    return (
        int.from_bytes(head[8:10], "big"),
        int.from_bytes(head[10:12], "big"),
        int.from_bytes(head[12:16], "big"),
    )


def pack_reply(status: int, text: bytes) -> bytes:
    """Write a reply.

    Parameters
    ----------
    status : int
    text : bytes

    Returns
    -------
    bytes
    """
    if len(text) > LONGEST:
        status, text = FAILED, b"the answer is too long"
    return b"".join([REPLY, bytes((status, 0, 0, 0)), len(text).to_bytes(4, "big"), text])


def reply_head(head: bytes) -> tuple[int, int] | None:
    """Read status and length of a reply.

    Parameters
    ----------
    head : bytes
        The first `REPLY_BYTES`.

    Returns
    -------
    (int, int) or None
        None for what is no reply of this protocol, or is too long.
    """
    status, length = head[4], int.from_bytes(head[8:12], "big")
    if head[:4] != REPLY or status > FAILED or length > LONGEST:
        return None
    return status, length

"""How many messages are judged together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier.mail import Message
from classifier.mailboxes import Stored

BATCH = 256
"""Messages scored together; as many as the features hash at once."""

BATCH_BYTES = 16 << 20
"""A batch ends with the message that takes it over this: huge messages must not fill the memory."""

Mail = bytes | Message | Stored


def batches(mails: Iterable[Mail]) -> Iterator[list[Mail]]:
    """Cut a stream into lists of at most `BATCH` messages, taking nothing ahead of them.

    The first has half as many: who waits at a pipe sees sooner that something is done.

    Parameters
    ----------
    mails : iterable of bytes, Message or Stored

    Yields
    ------
    list of bytes, Message or Stored
    """
    batch: list[Mail] = []
    size, most = 0, BATCH // 2
    for mail in mails:
        batch.append(mail)
        size += len(mail if isinstance(mail, bytes) else mail.raw)
        if len(batch) >= most or size > BATCH_BYTES:
            yield batch
            batch, size, most = [], 0, BATCH
    if batch:
        yield batch

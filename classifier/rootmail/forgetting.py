"""Forgetting jobs: those that somebody wrote for, or that name him."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.digests import blake2b
from classifier.rootmail.places import host_place, identity_of, job_place
from classifier.rootmail.precedents import Precedents
from classifier.rootmail.record import Record

if TYPE_CHECKING:
    from classifier.mail import Message
    from classifier.rootmail.history import Memory


def forget_jobs(memory: Memory, address: str) -> frozenset[int]:
    """Forget the jobs that an address, or an @domain, wrote for or is named in.

    What one mail of several added to a record cannot be taken out again, so the whole record goes.

    Parameters
    ----------
    memory : Memory
    address : str

    Returns
    -------
    frozenset of int
        Empty: jobs know no letters.
    """
    asked = address.strip().lower()
    number = _number(asked)
    named = _pattern(asked)
    gone, hosts, kept = [], set(), set()
    for _, value in memory.items("job"):
        try:
            record = Record.unpack(value)
        except ValueError:
            continue
        identity = identity_of(record)
        texts = (f"{identity.user}@{identity.host}", identity.job, identity.user)
        if number in record.authors or any(named.search(each.lower()) for each in texts):
            gone.append(identity)
            hosts.add(host_place(identity))
        else:
            kept.add(host_place(identity))
    for identity in gone:
        memory.delete("job", job_place(identity))
        Precedents(memory).forget(identity)
    for place in hosts - kept:
        memory.delete("job-host", place)
    return frozenset()


def writers_of(message: Message) -> list[int]:
    """Return what stands for a mail's author and his domain in a job's record.

    Parameters
    ----------
    message : Message

    Returns
    -------
    list of int
    """
    author = message.author
    if author is None or not author.domain:
        return []
    return [_number(author.addr.lower()), _number("@" + author.domain.lower())]


def _pattern(address: str) -> re.Pattern[str]:
    """Make a pattern for an address, or an @domain, that is no part of a longer one."""
    begin = "" if address.startswith("@") else r"(?<![\w.+-])"
    return re.compile(begin + re.escape(address) + r"(?![\w-]|\.\w)")


def _number(address: str) -> int:
    return int.from_bytes(blake2b(address.encode("utf-8", "replace"), digest_size=4).digest(), "little")

"""One message read as a letter: who writes to whom, in answer to what, about what. Nothing of its past."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.history.places import number_of
from classifier.history.wording import Wording, read_wording
from classifier.mail.fingerprint import fingerprint
from classifier.patterns import pattern

if TYPE_CHECKING:
    from classifier.history.arrival import Arrival
    from classifier.mail import Address, Message

RECIPIENTS, ANCESTORS, WORDS, FILES = 30, 20, 12, 12
"""Recipients, ancestors, words of the subject and file names that are looked at."""

SUBJECT_CHARS = 300

_REPLY = pattern(r"\s{0,5}(?:(?:re|fwd?|aw|wg|sv|vs|antw|tr|rif|odp)\s{0,2}(?:\[\d{1,3}\])?:\s{0,5})+", re.I)
_TAG = pattern(r"\[([^\]]{0,60})\]")
_SERIES = pattern(r"\b0{0,3}(\d{1,3})/0{0,3}(\d{1,3})\b")
_VERSION = pattern(r"\bv(\d{1,2})\b")
_WORD = pattern(r"[^\W\d_]\w{1,30}")
_LIST_HOSTS = frozenset({"lists", "list", "groups", "googlegroups", "listserv", "mailman"})
KINDS = ("reply", "mail", "patch", "cover", "first", "part")
WHOM = ("to", "cc", "none")
"""What a message may be, and how it may be addressed to the reader: answers are counted under these."""

_LIST_ID = pattern(r"<([^<>\s]{1,255})>\s*\Z")


@dataclass(frozen=True, slots=True)
class Addressed:
    """How a message is addressed to the reader.

    Parameters
    ----------
    how : {'alone', 'only', 'to', 'cc', 'none'}
        alone: the only person; only: the only one in To:, others in Cc:; none: list, Bcc: or bulk.
    people : int
        Addresses in To: and Cc:, lists included.
    others : tuple of int
        Numbers of those who are neither the reader nor the author.
    first : int
        Number of the first address in To:; 0 where the reader is in To: or nobody is.
    """

    how: str
    people: int
    others: tuple[int, ...]
    first: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What the subject line says about the message's place in a conversation.

    Parameters
    ----------
    number : int
        Of the text without marks of replies and tags in brackets.
    kind : {'reply', 'mail', 'patch', 'cover', 'first', 'part'}
        patch: one that stands alone; cover, first, part: 0/n, 1/n and later of a series.
    part, parts, version : int
        Place in a series and its length, 0 without one; version, 1 where none is told.
    words : tuple of int
    """

    number: int
    kind: str
    part: int
    parts: int
    version: int
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as a letter.

    Parameters
    ----------
    number : int
        Of its identifier, or of its bytes where it has none.
    mine : bool
        Whether the reader wrote it.
    parent : int
        Number of the message it answers, 0 where it answers none.
    ancestors : tuple of int
        Numbers of the messages above it, the oldest first.
    author, domain : int
        Numbers of address and domain, 0 where there is none.
    name : str
        Display name of the author.
    dated : float
        What Date: says, in seconds since 1970; 0 where it says nothing.
    addressed : Addressed
    subject : Subject
    wording : Wording
    files : tuple of int
        Numbers of the files that a patch in it, or quoted in it, changes, and of their folders.
    to, cc : tuple of int
        Numbers of all addresses.
    homes : dict of int to int
        Number of the domain of each address in them.
    """

    number: int
    mine: bool
    parent: int
    ancestors: tuple[int, ...]
    author: int
    domain: int
    name: str
    dated: float
    addressed: Addressed
    subject: Subject
    wording: Wording
    files: tuple[int, ...]
    to: tuple[int, ...]
    cc: tuple[int, ...]
    homes: dict[int, int]


def read_letter(arrival: Arrival) -> Reading:
    """Read a message as a letter.

    Parameters
    ----------
    arrival : Arrival

    Returns
    -------
    Reading
    """
    message = arrival.message
    author = message.author
    above = tuple(dict.fromkeys(message.references[-ANCESTORS:] + message.in_reply_to[:1]))
    answers = message.in_reply_to[:1] or message.references[-1:]
    wording = read_wording(message.text, arrival.whose.me)
    named = (wording.files or wording.quoted_files)[:FILES]
    return Reading(
        number=_identity(message),
        mine=arrival.is_mine,
        parent=number_of("id:" + answers[0].strip("<>")) if answers else 0,
        ancestors=tuple(number_of("id:" + each.strip("<>")) for each in above),
        author=_person(author),
        domain=_home(author),
        name=author.name if author else "",
        dated=message.date.seconds if message.date else 0.0,
        addressed=_addressed(message, arrival.whose.me),
        subject=read_subject(message.subject),
        wording=wording,
        files=tuple(number_of("file:" + each) for name in named for each in (name, name.rpartition("/")[0])),
        to=tuple(map(_person, message.to[:RECIPIENTS])),
        cc=tuple(map(_person, message.cc[:RECIPIENTS])),
        homes={_person(each): _home(each) for each in (*message.to[:RECIPIENTS], *message.cc[:RECIPIENTS])},
    )


def address_number(address: str) -> int:
    """Return the number of an address, as people are remembered by.

    Parameters
    ----------
    address : str
        In any case; ``@domain`` stands for all of a domain.

    Returns
    -------
    int
    """
    return number_of(address.strip().lower())


def _identity(message: Message) -> int:
    told = message.message_id.strip("<> ")
    return number_of("id:" + told) if told else number_of("raw:" + fingerprint(message).hex())


def _person(address: Address | None) -> int:
    if address is None or not address.local or not address.domain:
        return 0
    return address_number(address.addr)


def _home(address: Address | None) -> int:
    return number_of("@" + address.domain.lower()) if address and address.domain else 0


def _addressed(message: Message, me: frozenset[str]) -> Addressed:
    to = [each.addr.lower() for each in message.to[:RECIPIENTS] if each.local and each.domain]
    cc = [each.addr.lower() for each in message.cc[:RECIPIENTS] if each.local and each.domain]
    author = message.author.addr.lower() if message.author else ""
    lists = _list_host(message)
    persons = [each for each in to + cc if not _is_list(each, lists)]
    in_to = any(each in me for each in to)
    if in_to and len(persons) == 1:
        how = "alone"
    elif in_to:
        how = "only" if sum(not _is_list(each, lists) for each in to) == 1 else "to"
    else:
        how = "cc" if any(each in me for each in cc) else "none"
    others = [address_number(each) for each in to + cc if each not in me and each != author]
    return Addressed(how, len(to) + len(cc), tuple(others), address_number(to[0]) if to and not in_to else 0)


def _list_host(message: Message) -> str:
    """Return the host of the list that the message came by; '' without one (RFC 2919)."""
    found = _LIST_ID.search(message.headers.get("list-id")[-300:])
    return found[1].lower().partition(".")[2] if found else ""


def _is_list(address: str, list_host: str) -> bool:
    domain = address.rpartition("@")[2]
    return domain == list_host or not _LIST_HOSTS.isdisjoint(domain.split(".")[:2])


def read_subject(text: str) -> Subject:
    """Read a subject line.

    Parameters
    ----------
    text : str

    Returns
    -------
    Subject
    """
    text = text[:SUBJECT_CHARS]
    marked = _REPLY.match(text)
    bare = text[marked.end() :] if marked else text
    tags = " ".join(_TAG.findall(bare)).lower()
    plain = _REPLY.sub("", _TAG.sub(" ", bare).strip(), count=1).lower()
    words = list(dict.fromkeys(_WORD.findall(plain)))[:WORDS]
    series, version = _SERIES.search(tags), _VERSION.search(tags)
    part, parts = (int(series[1]), int(series[2])) if series else (0, 0)
    return Subject(
        number=number_of("subject:" + " ".join(plain.split())),
        kind=_kind(bool(marked), "patch" in tags or bool(series), part, parts),
        part=part,
        parts=parts,
        version=int(version[1]) if version else 1,
        words=tuple(number_of("word:" + each) for each in words),
    )


def _kind(reply: bool, patch: bool, part: int, parts: int) -> str:
    if reply:
        return "reply"
    if not patch:
        return "mail"
    if not parts:
        return "patch"
    return "cover" if part == 0 else "first" if part == 1 else "part"

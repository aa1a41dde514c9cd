"""A folder of an IMAP store as a mailbox: read only, fetched in batches, going on where a connection broke.

A message is known by UIDVALIDITY and UID, which together name it for ever. What an EXAMINE and a SEARCH found
at the beginning is what is read: mail that comes meanwhile is left for the next time.
"""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from classifier.patterns import pattern

from ..errors import MailboxError
from .base import MAX_RAW, SPAN_MESSAGES, Mailbox, Original, Stored, grouped
from .content import why_no_mail
from .imap_session import Session, made_anew
from .imap_url import parse
from .imap_wire import Broken, Refused, TooMuch
from .message import CUT
from .stream import StoredSpan

if TYPE_CHECKING:
    from .imap_client import Client

# Numbers that one answer to SEARCH may hold: a line of a megabyte is the longest that is taken.
_AT_ONCE = 50_000
# A message that is said to be no larger is asked for whole, which every server can; else its beginning.
_SMALL = 1 << 20
# What a copy asks for at a time.
_PIECE = 4 << 20
_KEY = pattern(r"([0-9]{1,10})\.([0-9]{1,10})")
_FLAGS = {
    "\\seen": "seen",
    "\\answered": "answered",
    "\\flagged": "flagged",
    "\\draft": "draft",
    "\\deleted": "trashed",
    "$forwarded": "passed",
}
_VANISHED = "the message vanished after it was listed"


class Fetched(NamedTuple):
    """A message as the server sent it.

    Parameters
    ----------
    uid : int
    raw : bytes
        At most `MAX_RAW`.
    flags : frozenset of str
        As `Stored` has them.
    received : float or None
        INTERNALDATE, unix seconds.
    is_cut : bool
    """

    uid: int
    raw: bytes
    flags: frozenset[str]
    received: float | None
    is_cut: bool


class FarStored(Stored):
    """A message that was fetched, with what a copy of it needs, so that it is not fetched again.

    Parameters
    ----------
    mailbox, key : str
    found : Fetched
    """

    __slots__ = ("found",)

    def __init__(self, mailbox: str, key: str, found: Fetched) -> None:
        super().__init__(mailbox, key, found.raw, found.flags)
        self.found = found


def flags_of(words: Any) -> frozenset[str]:
    """Translate flags and keywords of IMAP: RFC 9051 section 2.3.2."""
    lower = [word.decode("utf-8", "replace").lower() for word in words or () if isinstance(word, bytes)]
    return frozenset(_FLAGS.get(word, word) for word in lower if word != "\\recent")


class ImapFolder(Mailbox):
    """A folder behind an IMAP URL.

    Parameters
    ----------
    url : str
        See `imap_url`.

    Raises
    ------
    MailboxError
        If the URL is wrong, the server cannot be reached or refuses, or there is no such folder.
    """

    format = "imap"
    wanted: Callable[[frozenset[str]], bool] | None = None
    """From the flags of a message to whether it is to be fetched at all; all are."""
    passed: int = 0
    """How many were not, when it was read last."""
    narrow: str = ""
    """Criteria of SEARCH beside those of the URL."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.session = Session(parse(url))
        self._is_fresh = True  # nothing can have come since
        self._ask(lambda client: client.noop())

    def __iter__(self) -> Iterator[Stored]:
        self.problems.clear()
        for found in self._read():
            yield self._stored(found)

    def spans(self) -> Iterator[StoredSpan]:
        """Yield messages themselves: workers have no password."""
        for group in grouped((len(stored.raw), stored) for stored in self):
            yield StoredSpan(tuple(cast("list[Stored]", group)))

    def originals(self) -> Iterator[ImapOriginal]:
        """Yield the originals of all messages, in order."""
        self.problems.clear()
        for found in self._read():
            yield self.original_of(self._stored(found))

    def keys(self) -> Iterator[str]:
        """Yield the key of every message, in order; none is fetched."""
        return (self.key(uid) for uid in self.uids())

    def get(self, key: str) -> Stored:
        """Fetch a message by UIDVALIDITY.UID."""
        return self._stored(self._find(key))

    def original(self, key: str) -> ImapOriginal:
        """Fetch a message for copying."""
        return self.original_of(self._stored(self._find(key)))

    def original_of(self, stored: Stored) -> ImapOriginal:
        """Take the original of a message that was read from here: nothing more is asked of the server."""
        if not isinstance(stored, FarStored):
            return self.original(stored.key)
        return ImapOriginal(self, stored, stored.found)

    def key(self, uid: int) -> str:
        """Write the key of a message."""
        return f"{self.session.validity}.{uid}"

    def uids(self) -> array[int]:
        """List the messages that the URL asks for, ascending.

        Numbers of messages shift when one is removed by somebody else, so they are gone through from the
        last to the first: what shifts then comes again, and is known by its UID; nothing is passed over.
        """
        found = array("I")
        high = self.session.exists
        while high > 0:
            low = max(1, high - _AT_ONCE + 1)
            some = self._ask(lambda client, span=f"{low}:{high}": client.search(self._criteria(span)))
            least = found[-1] if found else 1 << 32
            found.extend(sorted((uid for uid in set(some) if uid < least), reverse=True))
            high = low - 1
        found.reverse()
        return found

    def _criteria(self, span: str) -> str:
        return " ".join(filter(None, (span, self.session.url.search, self.narrow)))

    def _read(self) -> Iterator[Fetched]:
        if not self._is_fresh:
            self.session.renew()
        self._is_fresh, self.passed = False, 0
        uids = self.uids()
        for at in range(0, len(uids), SPAN_MESSAGES):
            some = uids[at : at + SPAN_MESSAGES].tolist()
            sizes, flags = self._sizes(some)
            for uid in some:
                if uid not in sizes:
                    self.report(self.key(uid), _VANISHED)
            if self.wanted:
                known = len(sizes)
                sizes = {uid: size for uid, size in sizes.items() if self.wanted(flags[uid])}
                self.passed += known - len(sizes)
            for group in grouped((size, uid) for uid, size in sizes.items()):
                yield from self._fetch({uid: sizes[uid] for uid in cast("list[int]", group)})

    def _sizes(self, uids: list[int]) -> tuple[dict[int, int], dict[int, frozenset[str]]]:
        """Ask how large messages are, and which flags they have, where that is wanted.

        Some servers guess at sizes: what they say only decides how the messages are asked for.
        """
        items = ["RFC822.SIZE", "FLAGS"] if self.wanted else ["RFC822.SIZE"]
        got = self._ask(lambda client: client.fetch(uids, items))
        sizes = {uid: got[uid].get(b"RFC822.SIZE") for uid in uids if uid in got}
        known = {uid: size if isinstance(size, int) else 0 for uid, size in sizes.items()}
        return known, {uid: flags_of(got[uid].get(b"FLAGS")) for uid in known} if self.wanted else {}

    def _fetch(self, sizes: dict[int, int], whole: bool = True) -> Iterator[Fetched]:
        """Fetch messages; where an answer breaks off, those before and behind it apart from where it did."""
        uids = list(sizes)
        whole = whole and max(sizes.values()) <= _SMALL
        part = "" if whole else f"<0.{MAX_RAW + 1}>"
        items = ["FLAGS", "INTERNALDATE", f"BODY.PEEK[]{part}"]
        came = 0

        def ask(client: Client) -> dict[int, dict[bytes, Any]]:
            nonlocal came
            try:
                found: dict[int, dict[bytes, Any]] = client.fetch(uids, items)
            except BaseException:
                came = client.came()
                raise
            return found

        try:
            got = self.session.ask(ask, 3 if len(uids) == 1 else 1)
        except (Broken, Refused, TooMuch) as error:
            if len(uids) > 1:
                at = came if came < len(uids) else len(uids) // 2
                for some in filter(None, (uids[:at], uids[at : at + 1], uids[at + 1 :])):
                    yield from self._fetch({uid: sizes[uid] for uid in some})
            elif isinstance(error, TooMuch) and whole:
                yield from self._fetch(sizes, whole=False)
            else:
                self.report(self.key(uids[0]), f"the server does not give it: {error}")
            return
        for uid in uids:
            yield from self._taken(uid, got.get(uid, {}))

    def _taken(self, uid: int, answer: dict[bytes, Any]) -> Iterator[Fetched]:
        """Take a message out of an answer; what is none becomes a problem."""
        raw = answer.get(b"BODY[]", answer.get(b"BODY[]<0>"))
        if raw is None:
            self.report(self.key(uid), _VANISHED)
            return
        raw = raw if isinstance(raw, bytes) else str(raw).encode()
        if reason := why_no_mail(raw, by_place=True):
            self.report(self.key(uid), reason)
            return
        if is_cut := len(raw) > MAX_RAW:
            self.report(self.key(uid), CUT)
        date = answer.get(b"INTERNALDATE")
        received = date.timestamp() if isinstance(date, datetime.datetime) else None
        yield Fetched(uid, raw[:MAX_RAW], flags_of(answer.get(b"FLAGS")), received, is_cut)

    def _stored(self, found: Fetched) -> FarStored:
        return FarStored(self.path, self.key(found.uid), found)

    def _find(self, key: str) -> Fetched:
        match = _KEY.fullmatch(key)
        if match is None:
            raise MailboxError(self.path, "a key is UIDVALIDITY.UID, as classify prints it", key)
        if int(match[1]) != self.session.validity:
            raise MailboxError(self.path, made_anew(int(match[1]), self.session.validity), key)
        uid = int(match[2])
        before = len(self.problems)
        sizes, _ = self._sizes([uid])
        found = next(self._fetch(sizes), None) if sizes else None
        said = self.problems[before:]
        del self.problems[before:]
        if found is None:
            raise MailboxError(self.path, said[0].reason if said else "there is no such message", key)
        return found

    def _ask(self, question: Any) -> Any:
        """Ask something that concerns the whole folder: if it cannot be had, nothing can."""
        try:
            return self.session.ask(question)
        except (Broken, Refused, TooMuch) as error:
            raise MailboxError(self.path, str(error)) from error

    def piece(self, uid: int, start: int, size: int) -> bytes:
        """Fetch some bytes of a message.

        Raises
        ------
        MailboxError
            If they cannot be had.
        """
        items = [f"BODY.PEEK[]<{start}.{size}>"]
        answer = self._ask(lambda client: client.fetch([uid], items)).get(uid, {})
        data = answer.get(f"BODY[]<{start}>".encode())
        if data is None:
            raise MailboxError(self.path, _VANISHED, self.key(uid))
        return data if isinstance(data, bytes) else str(data).encode()

    def close(self) -> None:
        """Take leave of the server; whoever iterates again comes again."""
        self.session.close()


class ImapOriginal(Original):
    """A message of a store to be copied, whole whatever its size."""

    def __init__(self, folder: ImapFolder, stored: Stored, found: Fetched) -> None:
        self.stored, self._folder, self._uid = stored, folder, found.uid
        self.received, self.is_cut = found.received, found.is_cut

    def chunks(self) -> Iterator[bytes]:
        """Yield the message as the server sends it: its lines end in CRLF."""
        if not self.is_cut:
            yield self.stored.raw
            return
        at = 0
        while piece := self._folder.piece(self._uid, at, _PIECE):
            at += len(piece)
            yield piece

"""What every mailbox has in common: stored messages, problems, spans of work, and the way to the bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple, Self

from classifier.patterns import pattern

# The largest mail of the large providers has 34.3 MB. A bigger one is judged by its first 40 MiB (a problem
# says so) and copied whole by `sort`.
MAX_RAW = 40 << 20
# One read: large enough to make system calls cheap, small enough to stay in the second-level cache.
WINDOW = 512 << 10
# A span is what one worker gets at a time: short enough to balance, long enough to pay for the trip.
SPAN_MESSAGES, SPAN_BYTES = 256, 8 << 20

# Status flags are looked for in no more than this much of the header block.
_HEADER_LOOK = 64 << 10

_STATUS = pattern(
    rb"(?im)^(X-Status|Status|X-Mozilla-Status|X-Mozilla-Keys|X-Keywords)[ \t]*:[ \t]*([^\r\n]{0,400})"
)
_BITS = pattern(r"[0-9A-Fa-f]{1,8}")
_LETTERS = {
    b"status": {"R": "seen"},
    b"x-status": {"A": "answered", "F": "flagged", "D": "trashed", "T": "draft"},
}
_KEYWORDS = frozenset((b"x-keywords", b"x-mozilla-keys"))
_MOZILLA = {0x0001: "seen", 0x0002: "answered", 0x0004: "flagged", 0x0008: "trashed", 0x1000: "passed"}


class Problem(NamedTuple):
    """Something in a mailbox that is no mail, or that could not be read; the run goes on.

    Parameters
    ----------
    path : str
        The mailbox or file.
    place : str
        Where in it: a key, a byte offset, a file name; '' for the whole.
    reason : str
        What is wrong, in words for people.
    """

    path: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}{f' at {self.place}' if self.place else ''}: {self.reason}"


class Stored:
    """One message as its mailbox keeps it.

    Parameters
    ----------
    mailbox : str
        The path of the mailbox, as the user named it.
    key : str
        What finds the message again in it: a byte offset, a file name, a number.
    raw : bytes
        The message itself: no From_ line, quoting undone, at most `MAX_RAW` bytes.
    flags : frozenset of str, optional
        Of "seen", "answered", "flagged", "draft", "trashed", "passed", and IMAP keywords in lower case, such
        as "$junk". When None they are read from the Status headers of `raw`, at first use: classification
        never asks.
    """

    __slots__ = ("_flags", "key", "mailbox", "raw")

    def __init__(self, mailbox: str, key: str, raw: bytes, flags: frozenset[str] | None = None) -> None:
        self.mailbox = mailbox
        self.key = key
        self.raw = raw
        self._flags = flags

    @property
    def flags(self) -> frozenset[str]:
        """What the reader's mail program noted about the message."""
        if self._flags is None:
            self._flags = status_flags(self.raw)
        return self._flags

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stored):
            return NotImplemented
        mine = (self.mailbox, self.key, self.raw, self.flags)
        return mine == (other.mailbox, other.key, other.raw, other.flags)

    def __hash__(self) -> int:
        return hash((self.mailbox, self.key, self.raw))

    def __repr__(self) -> str:
        return f"Stored({self.mailbox!r}, {self.key!r}, {len(self.raw)} bytes, {sorted(self.flags)})"


def status_flags(raw: bytes) -> frozenset[str]:
    """Read the flags that mbox mail programs keep in headers.

    Parameters
    ----------
    raw : bytes
        A message.

    Returns
    -------
    frozenset of str
        From Status and X-Status (letters) and X-Mozilla-Status (hexadecimal); and IMAP keywords, in lower
        case, from X-Keywords and X-Mozilla-Keys.
    """
    ends = [
        at for at in (raw.find(b"\n\n", 0, _HEADER_LOOK), raw.find(b"\n\r\n", 0, _HEADER_LOOK)) if at >= 0
    ]
    found: set[str] = set()
    for match in _STATUS.finditer(raw, 0, min(ends, default=_HEADER_LOOK)):
        name, value = match[1].lower(), match[2].decode("ascii", "replace")
        if name in _KEYWORDS:
            found.update(word.lower() for word in value.split())
        elif name in _LETTERS:
            found.update(word for letter, word in _LETTERS[name].items() if letter in value)
        else:
            bits = _BITS.match(value)
            found.update(word for bit, word in _MOZILLA.items() if bits and int(bits[0], 16) & bit)
    return frozenset(found)


class Original(ABC):
    """The bytes of one message as the mailbox keeps them, whole whatever their size.

    Attributes
    ----------
    stored : Stored
        The message that is judged; its `raw` may be cut at `MAX_RAW`.
    received : float or None
        When the mailbox got it, unix seconds, where the mailbox knows.
    is_record : bool
        Whether the bytes are a record of an mbox.
    is_cut : bool
        Whether there is more than `stored.raw` shows.
    """

    stored: Stored
    received: float | None = None
    is_record: bool = False
    is_cut: bool = False

    @abstractmethod
    def chunks(self) -> Iterator[bytes]:
        """Yield the stored bytes in pieces.

        Of an mbox (`is_record`) this is the record: with its From_ line, quoting and separating blank line.
        """


class Part(ABC):
    """Some messages of a mailbox for whoever reads them, here or on another machine: picklable."""

    __slots__ = ()

    @abstractmethod
    def about(self) -> tuple[str, str]:
        """Name the mailbox, as shown, and say in words which of its messages; '' for all."""

    def mark(self) -> str:
        """Spell what the messages depend on, for who continues a run; the same in every process."""
        return repr(self.about())

    def weight(self) -> int:
        """Tell how many bytes of a file it is, to show progress; 0 where it is no range of one."""
        return 0

    @abstractmethod
    def read(self, problems: list[Problem]) -> Iterator[Stored]:
        """Yield the messages in the order of the mailbox; what cannot be read is added to `problems`.

        Raises
        ------
        MailboxError
            If none of it can be read.
        """


class Span(Part):
    """A part of so many messages for one worker: small where the worker reads them itself."""

    __slots__ = ()

    @abstractmethod
    def __len__(self) -> int:
        """Count the messages that the span was made for."""


def read_span(span: Part, problems: list[Problem] | None = None) -> Iterator[Stored]:
    """Read the messages of a span, in this process or in another.

    Parameters
    ----------
    span : Part
        From `Mailbox.spans` or `Mailbox.parts`.
    problems : list of Problem, optional
        Where to say what could not be read; a worker sends it home.

    Yields
    ------
    Stored
        Exactly what iterating over the mailbox yields at this place.
    """
    return span.read([] if problems is None else problems)


class Mailbox(ABC):
    """A place that messages come from, read as a stream.

    Attributes
    ----------
    path : str
        As the user named it.
    format : str
        "mbox", "maildir", "mh", "message" or "tree".
    problems : list of Problem
        What was no mail or could not be read; filled while iterating, begun anew by each iteration.
    """

    format: str = ""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    @abstractmethod
    def __iter__(self) -> Iterator[Stored]:
        """Yield every message in the stable order of the mailbox."""

    @abstractmethod
    def spans(self) -> Iterator[Part]:
        """Yield the mailbox cut into spans; reading them in turn equals iterating."""

    def parts(self, size: int) -> Iterator[Part]:  # noqa: ARG002 - most mailboxes are cut by messages
        """Yield the mailbox cut without reading it, for readers that see the same files.

        Parameters
        ----------
        size : int
            About how many bytes a part should have, where that can be chosen.

        Yields
        ------
        Part
            Reading them in turn equals iterating.
        """
        yield from self.spans()

    @abstractmethod
    def get(self, key: str) -> Stored:
        """Fetch one message.

        Parameters
        ----------
        key : str
            From `Stored.key`.

        Raises
        ------
        MailboxError
            If there is no such message; `place` is the key.
        """

    @abstractmethod
    def original(self, key: str) -> Original:
        """Fetch the whole stored bytes of one message, for copying.

        Raises
        ------
        MailboxError
            If there is no such message, or the mailbox can be read only once.
        """

    def originals(self) -> Iterator[Original]:
        """Yield the originals of all messages, in order; each is valid until the next is asked for."""
        for stored in self:
            yield self.original(stored.key)

    def keys(self) -> Iterator[str]:
        """Yield the key of every message, in order."""
        return (stored.key for stored in self)

    def report(self, place: str, reason: str, path: str | None = None) -> None:
        """Note a problem and go on."""
        self.problems.append(Problem(self.path if path is None else path, place, reason))

    def close(self) -> None:  # noqa: B027 - most mailboxes hold nothing open
        """Release files; a closed mailbox may be iterated again where its bytes can be read again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def grouped(items: Iterable[tuple[int, object]]) -> Iterator[list[object]]:
    """Cut a stream of (size, item) into lists of at most `SPAN_MESSAGES` items or about `SPAN_BYTES`."""
    group: list[object] = []
    room = SPAN_BYTES
    for size, item in items:
        group.append(item)
        room -= size
        if room <= 0 or len(group) >= SPAN_MESSAGES:
            yield group
            group, room = [], SPAN_BYTES
    if group:
        yield group

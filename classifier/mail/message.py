"""One message: a lazy view over its bytes."""

from __future__ import annotations

from classifier.patterns import pattern

from .address import Address, parse_addresses
from .bounds import HEADER_BLOCK_BYTES, HEADER_FIELD_BYTES, MESSAGE_IDS_PER_HEADER
from .content import media_type, parse_content
from .date import Timestamp, parse_date
from .fact import fact
from .headers import Headers
from .html_facts import HtmlFacts, Link
from .mime import Part, walk
from .readable import Attachment, Readable

_MESSAGE_ID = pattern(r"<[^<>\s]{1,998}>")
_FROM_LINES = pattern(rb"(?:>?From [^\n]*+(?:\n|\Z)){1,9}+")
_BLANK_LINES = pattern(rb"(?:[ \t\r]*+\n)++(?=[!-9;-~]{1,80}:)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ONCE = (
    b"from", b"sender", b"reply-to", b"to", b"cc", b"date", b"message-id", b"in-reply-to", b"references",
    b"subject", b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip
_TWO_LINES = 2000  # bytes: RFC 5322 section 2.1.1 ends a line after 998


def find_message_id(text: str, defects: set[str]) -> str:
    """Read the identifier that a field holds.

    Parameters
    ----------
    text : str
        The field, unfolded.
    defects : set of str
        Gets ``bad_message_id`` where there is none.

    Returns
    -------
    str
        With its angle brackets; the whole text where there are none.
    """
    found = _MESSAGE_ID.search(text)
    if found is None:
        defects.add("bad_message_id")
        return text[:HEADER_FIELD_BYTES]
    return found[0]


class Message:
    r"""A lazy view over the bytes of one message; made by any bytes whatever, without an exception.

    Every attribute is found out when it is first asked for and kept. What is damaged, or over one of
    the bounds, is never an error but a name in `defects`.

    Parameters
    ----------
    raw : bytes
        The message as it lies in the mailbox. LF, CRLF and lone CR line ends are all right.

    Examples
    --------
    >>> m = Message(b"From: =?utf-8?q?J=C3=B6?= <jo@example.org>\nSubject: Hi\n\nHello\n")
    >>> m.author, m.subject, m.text
    (Address(name='Jö', local='jo', domain='example.org'), 'Hi', 'Hello\n')
    """

    is_header = False
    """Whether it is known to be a header that ends soundly, and nothing else: told by who cut it."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw if type(raw) is bytes else bytes(raw)
        self._defects: set[str] = set()

    def __reduce__(self) -> tuple[type[Message], tuple[bytes]]:
        """Travel between processes as bytes; facts are found out again where they are needed."""
        return type(self), (self.raw,)

    def __repr__(self) -> str:
        return f"<Message of {len(self.raw)} bytes: {self.subject[:60]!r}>"

    @property
    def defects(self) -> tuple[str, ...]:
        """Names of what was found wrong so far, sorted; the meanings are in ``classifier.mail.DEFECTS``."""
        return tuple(sorted(self._defects))

    def all_defects(self) -> tuple[str, ...]:
        """Look at every part of the message, then return its defects.

        Returns
        -------
        tuple of str
        """
        for header in self.headers:
            _ = header.value
        if any(self.headers.count(name) > 1 for name in _ONCE):
            self._defects.add("duplicate_header")
        for name, once in vars(type(self)).items():
            if isinstance(once, fact):
                getattr(self, name)
        return self.defects

    # The header

    @fact
    def data(self) -> bytes:
        """The bytes as they are read: `raw`, lone CR line ends made LF. Offsets are those of `raw`."""
        raw = self.raw
        first = raw.find(b"\r", 0, _TWO_LINES)
        if first < 0 or raw.find(b"\n", 0, first + _TWO_LINES) >= 0:
            return raw
        self._defects.add("lone_cr")
        return raw.replace(b"\r", b"\n")

    @fact
    def headers(self) -> Headers:
        """The header fields."""
        data = self.data
        headers = Headers(data, self._defects, self._header_start(data))
        if not headers.names:
            self._defects.add("no_header")
        if headers.body_start >= len(data):
            self._defects.add("no_body")
        return headers

    def _header_start(self, data: bytes) -> int:
        """Behind what does not belong to a header but is found before it."""
        start = 0
        if data.startswith(_BYTE_ORDER_MARK):
            self._defects.add("byte_order_mark")
            start = len(_BYTE_ORDER_MARK)
        from_lines = _FROM_LINES.match(data, start)
        if from_lines is not None:
            self._defects.add("from_line_inside")
            start = from_lines.end()
        if data[start : start + 1] in b" \t\r\n":
            blank = _BLANK_LINES.match(data, start, start + HEADER_BLOCK_BYTES)
            if blank is not None:
                self._defects.add("blank_lines_before_header")
                start = blank.end()
        return start

    @fact
    def header_block(self) -> bytes:
        """The header as it stands, without the blank line; at most HEADER_BLOCK_BYTES."""
        return self.raw[self.headers.start : self.headers.end]

    @property
    def body_start(self) -> int:
        """Where in `raw` the body begins."""
        return self.headers.body_start

    @fact
    def body(self) -> bytes:
        """Everything behind the blank line."""
        return self.raw[self.headers.body_start :]

    def addresses(self, name: str | bytes) -> tuple[Address, ...]:
        """All mailboxes of all fields of a name.

        Parameters
        ----------
        name : str or bytes
            Of an address field.

        Returns
        -------
        tuple of Address
        """
        raws = self.headers.raw_all(name)
        if not raws:
            return ()
        if len(raws) == 1:
            return parse_addresses(raws[0], self._defects)
        return tuple(one for raw in raws for one in parse_addresses(raw, self._defects))

    @fact
    def authors(self) -> tuple[Address, ...]:
        """The mailboxes of From:."""
        return self.addresses(b"from")

    @fact
    def author(self) -> Address | None:
        """The first mailbox of From: that has a domain, else the first; None where there is none."""
        authors = self.authors
        return next((one for one in authors if one.domain), authors[0] if authors else None)

    @fact
    def sender(self) -> Address | None:
        """The mailbox of Sender:."""
        return next(iter(self.addresses(b"sender")), None)

    @fact
    def reply_to(self) -> tuple[Address, ...]:
        """The mailboxes of Reply-To:."""
        return self.addresses(b"reply-to")

    @fact
    def to(self) -> tuple[Address, ...]:
        """The mailboxes of To:."""
        return self.addresses(b"to")

    @fact
    def cc(self) -> tuple[Address, ...]:
        """The mailboxes of Cc:."""
        return self.addresses(b"cc")

    @fact
    def mail_from(self) -> Address | None:
        """The envelope sender, from the first Return-Path:; its `is_null` is True for ``<>``."""
        raw = self.headers.raw(b"return-path")
        return None if raw is None else next(iter(parse_addresses(raw, self._defects)), None)

    @fact
    def subject(self) -> str:
        """Unfolded and decoded; '' where absent."""
        return self.headers.get(b"subject")

    @fact
    def date(self) -> Timestamp | None:
        """What Date: says; None where it says nothing that is a date."""
        text = self.headers.unfolded(b"date")
        return None if text is None else parse_date(text, self._defects)

    @fact
    def message_id(self) -> str:
        """With its angle brackets (without where the sender gave none); '' where absent."""
        text = self.headers.unfolded(b"message-id")
        if not text:
            return ""
        return find_message_id(text, self._defects)

    @fact
    def in_reply_to(self) -> tuple[str, ...]:
        """The Message-IDs of In-Reply-To:."""
        return self._message_ids(b"in-reply-to")

    @fact
    def references(self) -> tuple[str, ...]:
        """The Message-IDs of References:, oldest first."""
        return self._message_ids(b"references")

    def _message_ids(self, name: bytes) -> tuple[str, ...]:
        text = self.headers.unfolded(name)
        found = _MESSAGE_ID.findall(text) if text else []
        if len(found) > MESSAGE_IDS_PER_HEADER:
            self._defects.add("too_many_message_ids")
        return tuple(found[:MESSAGE_IDS_PER_HEADER])

    @fact
    def content_type(self) -> str:
        """Of the whole message, in lower case; text/plain where absent."""
        raw = self.headers.raw(b"content-type")
        return "text/plain" if raw is None else media_type(parse_content(raw), self._defects)

    @fact
    def charset(self) -> str | None:
        """As the whole message declares it, in lower case."""
        raw = self.headers.raw(b"content-type")
        charset = None if raw is None else parse_content(raw).parameters.get("charset")
        return charset.lower() if charset else None

    # The body

    @fact
    def parts(self) -> tuple[Part, ...]:
        """The MIME tree flattened in the order of the text; the message itself first."""
        return walk(self.data, self.headers, self._defects)

    @fact
    def _readable(self) -> Readable:
        return Readable(self.data, self.parts, self._defects)

    @fact
    def text(self) -> str:
        """What a reader sees: all text shown inline, HTML rendered; of alternatives the plain one."""
        return self._readable.text()

    @fact
    def skimmed(self) -> str:
        """The words of `text`, for counting: HTML with its tags cut out, hidden text included."""
        return self._readable.skimmed()

    @fact
    def html(self) -> HtmlFacts | None:
        """The facts of all HTML parts together; None where there are none."""
        return self._readable.html()

    @fact
    def hidden_text(self) -> str:
        """Text in the HTML that no reader sees."""
        return self.html.hidden_text if self.html is not None else ""

    @fact
    def links(self) -> tuple[Link, ...]:
        """Of the HTML, then the bare ones of the plain text (whose text is their address)."""
        return self._readable.links()

    @fact
    def attachments(self) -> tuple[Attachment, ...]:
        """The parts that are not shown as text."""
        return self._readable.attachments()

"""What names a message to a person: identifier, date, author, subject; each on one line, safe to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from classifier.features.fields import LOOKED_UP
from classifier.mail.date import parse_date
from classifier.mail.headers import decode_field, unfold
from classifier.mail.message import find_message_id
from classifier.output.safe import TEXT_LIMIT, bounded
from classifier.patterns import pattern

if TYPE_CHECKING:
    from classifier.features.sheet import Sheet
    from classifier.mail import Message


_TOLD = (b"message-id", b"date", b"from", b"subject")
_IDENTIFIER = pattern(r"[ \t]*+(<[!-;=?-~]{1,996}>)")  # what `find_message_id` finds, where it comes first


class Envelope(NamedTuple):
    """The headers that a message is known by.

    Parameters
    ----------
    message_id : str
    date : str or None
        ISO 8601, UTC.
    sender, subject : str
    """

    message_id: str
    date: str | None
    sender: str
    subject: str


class Envelopes(NamedTuple):
    """The same of many messages, one list a field.

    Parameters
    ----------
    message_id : list of str
    date : list of (str or None)
    sender, subject : list of str
    """

    message_id: list[str]
    date: list[str | None]
    sender: list[str]
    subject: list[str]

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Envelopes:
        """Lay out what names each message.

        Parameters
        ----------
        messages : iterable of Message

        Returns
        -------
        Envelopes
        """
        columns = [list(column) for column in zip(*map(envelope, messages), strict=True)]
        return cls(*(columns or [[], [], [], []]))


def envelope(message: Message) -> Envelope:
    """Say what names one message.

    Parameters
    ----------
    message : Message

    Returns
    -------
    Envelope
    """
    return _read(*map(message.headers.raw, _TOLD))


def envelopes(sheet: Sheet) -> Envelopes:
    """Say what names each message of a batch, without reading headers anew.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    Envelopes
    """
    from classifier.output.moments import usual_moments  # numpy, for many at once

    fields = sheet.fields
    raw, text = fields.raw, fields.raw.decode("latin-1")  # places are the same in both
    places = {name: fields.spans[LOOKED_UP.index(name)].tolist() for name in _TOLD}
    dates = fields.first(b"date")
    told = Envelopes(
        _identifiers(raw, text, *places[b"message-id"]),
        usual_moments(dates),
        _texts(raw, text, *places[b"from"]),
        _texts(raw, text, *places[b"subject"]),
    )
    defects: set[str] = set()
    for row, (moment, date_field) in enumerate(zip(told.date, dates, strict=True)):
        if moment is None and date_field is not None:
            told.date[row] = _moment(date_field, defects)
    columns: Sequence[list[Any]] = told
    for row in (row for row, begin in enumerate(fields.body_start) if begin < 0):
        for column, value in zip(columns, envelope(sheet.messages[row]), strict=True):
            column[row] = value
    return told


def _identifiers(raw: bytes, text: str, begins: list[int], ends: list[int]) -> list[str]:
    """Read identifiers; nearly all stand alone behind their colon, in ASCII."""
    defects: set[str] = set()
    match = _IDENTIFIER.match
    return [
        found[1]
        if (found := match(text, begin, end))
        else _identifier(raw[begin:end], defects)
        if end
        else ""
        for begin, end in zip(begins, ends, strict=True)
    ]


def _texts(raw: bytes, text: str, begins: list[int], ends: list[int]) -> list[str]:
    """Read fields of text; nearly all are short, on one line and of printable ASCII."""
    defects: set[str] = set()
    return [
        short
        if (short := text[begin:end].strip(" \t")).isascii()
        and short.isprintable()
        and "=?" not in short
        and end - begin <= TEXT_LIMIT
        else _text(raw[begin:end], defects)
        for begin, end in zip(begins, ends, strict=True)
    ]


def _read(
    message_id: bytes | None, date: bytes | None, sender: bytes | None, subject: bytes | None
) -> Envelope:
    defects: set[str] = set()  # what is wrong with the message is told by who asks the message
    return Envelope(
        _identifier(message_id, defects) if message_id else "",
        None if date is None else _moment(date, defects),
        _text(sender, defects) if sender else "",
        _text(subject, defects) if subject else "",
    )


def _identifier(raw: bytes, defects: set[str]) -> str:
    text = _simple(raw)
    name = unfold(raw, defects) if text is None else text
    return bounded(find_message_id(name, defects), TEXT_LIMIT) if name else ""


def _moment(raw: bytes, defects: set[str]) -> str | None:
    text = _simple(raw)
    stamp = parse_date(unfold(raw, defects) if text is None else text, defects)
    return None if stamp is None else utc(stamp.seconds)


def _text(raw: bytes, defects: set[str]) -> str:
    text = _simple(raw)
    return bounded(decode_field(raw, defects), TEXT_LIMIT) if text is None or "=?" in text else text


def _simple(raw: bytes) -> str | None:
    """Return the text of a short field on one line of printable ASCII, as most are; None of any other."""
    if len(raw) > TEXT_LIMIT or not raw.isascii():
        return None
    text = raw.strip(b" \t").decode("ascii")
    return text if text.isprintable() else None


def utc(seconds: float) -> str | None:
    """Write a moment as ISO 8601 in UTC.

    Parameters
    ----------
    seconds : float
        Since 1970.

    Returns
    -------
    str or None
        None for a time that no calendar here has.
    """
    day, second = divmod(int(seconds), 86400)
    written = day_text(day)
    return written and f"{written}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


@lru_cache(maxsize=1024)
def day_text(number: int) -> str | None:
    """Write a day; mail of one day comes together.

    Parameters
    ----------
    number : int
        Counted from the first of 1970.

    Returns
    -------
    str or None
        As in ISO 8601; None for a day that no calendar here has.
    """
    try:
        return date.fromordinal(number + _EPOCH).isoformat()
    except (ValueError, OverflowError):
        return None


_EPOCH = date(1970, 1, 1).toordinal()

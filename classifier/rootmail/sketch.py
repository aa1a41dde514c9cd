"""A mail in a few numbers that tell whether another one says the same: its kind."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from classifier.digests import blake2b
from classifier.rootmail.masks import outline
from classifier.rootmail.sums import days_left_of, fullest_of

if TYPE_CHECKING:
    from classifier.rootmail.past import Change, Told

NEWS_KEPT, LINES_KEPT = 12, 8
"""Numbers that are kept of what is unusual in a mail, and of all its lines: the smallest, which is a fair
draw from each (Broder 1997), so that what two draws share estimates what the mails share."""

FRESH = frozenset(("new", "turned", "young", "back"))
"""States of a line that is not usual; see `classifier.rootmail.past.STATES`."""

FAR = 4.0
"""Standard deviations from which a number is far out of its range."""

DAYS_LEFT, FULL = (8, 15), (90, 95)
"""Days left below which, and percentages from which on, a mail is of another kind than the same text with
others: a certificate that ends this week, a disk that is nearly full."""

_WORDS = 2
"""Plain words from which on a line is known by them alone, whatever names stand between."""

_HEAD = struct.Struct("<IB")


class Sketch(NamedTuple):
    """What a mail says, in numbers of 32 bits.

    Parameters
    ----------
    subject : int
    news : frozenset of int
        Of lines that are not usual, numbers far out of their range and ends that are near; at most
        `NEWS_KEPT`.
    lines : frozenset of int
        Of all lines, at most `LINES_KEPT`.
    """

    subject: int
    news: frozenset[int]
    lines: frozenset[int]

    def pack(self) -> bytes:
        """Return what `unpack` reads.

        Returns
        -------
        bytes
        """
        numbers = (*sorted(self.news), *sorted(self.lines))
        return _HEAD.pack(self.subject, len(self.news)) + struct.pack(f"<{len(numbers)}I", *numbers)

    @classmethod
    def unpack(cls, raw: bytes) -> Sketch:
        """Read a sketch.

        Parameters
        ----------
        raw : bytes

        Returns
        -------
        Sketch

        Raises
        ------
        ValueError
            If it is none.
        """
        if len(raw) < _HEAD.size or (len(raw) - _HEAD.size) % 4:
            raise ValueError("a mail's sketch is damaged")
        subject, news = _HEAD.unpack_from(raw)
        numbers = struct.unpack(f"<{(len(raw) - _HEAD.size) // 4}I", raw[_HEAD.size :])
        return cls(subject, frozenset(numbers[:news]), frozenset(numbers[news:]))


def sketch_of(told: Sequence[Told], changes: Iterable[Change]) -> Sketch:
    """Sketch a mail as it stands to its job's past.

    Parameters
    ----------
    told : sequence of Told
        The subject first.
    changes : iterable of Change

    Returns
    -------
    Sketch
    """
    lines = {number_of(each.line.template) for each in told}
    news = {number_of(each.line.template) for each in told if each.state in FRESH}
    news |= {
        number_of(f"{each.kind}: {each.line.template}")
        for each in changes
        if each.kind and abs(each.z) >= FAR
    }
    news |= _pressing(days_left_of(told), fullest_of(told))
    subject = number_of(told[0].line.template) if told else 0
    return Sketch(subject, frozenset(sorted(news)[:NEWS_KEPT]), frozenset(sorted(lines)[:LINES_KEPT]))


def _pressing(days_left: float, fullest: float) -> set[int]:
    """Tell how near to its end something is, in steps."""
    days, full = sum(days_left < edge for edge in DAYS_LEFT), sum(fullest >= edge for edge in FULL)
    told = [f"days left {days}"] * bool(days) + [f"full {full}"] * bool(full)
    return {number_of(each) for each in told}


@lru_cache(maxsize=16384)
def number_of(template: str) -> int:
    """Return the number of what a line says: its plain words, or all of it where it has hardly any.

    Parameters
    ----------
    template : str

    Returns
    -------
    int
        32 bits, the same everywhere.
    """
    words = outline(template)
    text = words if words.count(" ") >= _WORDS - 1 else template
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "little")


def likeness(one: Sketch, other: Sketch) -> float:
    """Say how much two mails of one job say the same.

    Where either brings something unusual, that counts, and a usual rest makes no two mails alike.

    Parameters
    ----------
    one, other : Sketch

    Returns
    -------
    float
        From 0 to 1, which is the same for all that is known; symmetric.
    """
    rest = _shared(one.lines, other.lines, LINES_KEPT)
    if one.subject != other.subject:
        rest *= 0.7
    if one.news or other.news:
        return _shared(one.news, other.news, NEWS_KEPT) * (1 + rest) / 2
    return rest


def _shared(one: frozenset[int], other: frozenset[int], kept: int) -> float:
    """Estimate the Jaccard index of two sets from the smallest numbers of each."""
    if not one and not other:
        return 1.0
    union = one | other
    if len(union) > kept:
        union = frozenset(sorted(union)[:kept])
    return len(union & one & other) / len(union)

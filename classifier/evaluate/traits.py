"""What names a message's origin: hosts, addresses, lists, fields, dates, signals; each with its columns.

A column is a number; to tell whether mail gives its label away by where it was collected, columns are put
together under names that people know: all words, pairs of words and 4-grams of one host are one trait.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from classifier.features.wording import ENVELOPE
from classifier.mail.domains import organisational_domain

if TYPE_CHECKING:
    from classifier.features import Extractor
    from classifier.signals import Facts

KINDS = ("host", "address", "list", "field", "date", "signal", "word")
"""Kinds of traits. Words are found among the columns themselves, see `leaks`."""

VALUE_BYTES = 2000
"""Of a header field that are looked at."""

EXAMPLE_CHARS = 60

_DOMAIN = re.compile(r"(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,20}(?![\w.-])")
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@(?:[a-z0-9-]{1,63}\.){0,6}[a-z0-9-]{2,63}")
_IP = re.compile(r"(?<![\w.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?![\w.])")
_TAG = re.compile(r"\[[^\[\]]{1,30}\]")
_YEAR = re.compile(r"(?<![\w.])(?:19[89]\d|20[0-4]\d)(?![\w.])")
_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b(?=,? *\d)")

_IDENTIFIERS = frozenset(("message-id", "references", "in-reply-to"))
_OLD_LIST_FIELDS = frozenset(name.decode() for name in ENVELOPE) - {"return-path", "sender"}


class Trait(NamedTuple):
    """One thing that may be seen in many messages.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    key : str
        A domain or the beginning of an IP address, an address, a header field or a subject tag, a year or
        month, or a signal with its value; lower case.
    """

    kind: str
    key: str


class Sighting(NamedTuple):
    """A trait in one message.

    Parameters
    ----------
    trait : Trait
    where : str
        The header field, ``body``, or the group of the signal.
    example : str
        As it stands there; from a stranger.
    """

    trait: Trait
    where: str
    example: str


def sightings(extractor: Extractor, facts: Facts) -> Iterator[Sighting]:
    """Find the traits of what a model reads of a message.

    Parameters
    ----------
    extractor : Extractor
        What it leaves out (delivery marks, dates of the trace) is not looked at.
    facts : Facts

    Yields
    ------
    Sighting
        Any number a trait.
    """
    wording = extractor.read(facts.message)
    for raw_name, raw in zip(wording.names, wording.header, strict=True):
        name, value = raw_name.decode("latin-1"), raw[:VALUE_BYTES].decode("latin-1").strip()
        yield from _in_field(name, value)
    yield from _dates("body", wording.body[:VALUE_BYTES].decode("utf-8", "replace").lower())
    if "signals" in extractor.schema.views:
        for name in extractor.observe(facts):
            yield Sighting(Trait("signal", name), name.partition(".")[0], name)


def _in_field(name: str, value: str) -> Iterator[Sighting]:
    """Traits of one header field."""
    lower = value.lower()
    is_list = name.startswith("list-") or name in _OLD_LIST_FIELDS
    yield Sighting(Trait("list" if is_list else "field", name), name, value[:EXAMPLE_CHARS])
    for found in _DOMAIN.finditer(lower):
        yield Sighting(Trait("host", organisational_domain(found[0])), name, _around(value, found))
    for found in _IP.finditer(lower):
        yield Sighting(Trait("host", found[1]), name, _around(value, found))
    if name not in _IDENTIFIERS:  # what stands before their @ is made anew for every message
        for found in _ADDRESS.finditer(lower):
            yield Sighting(Trait("address", found[0]), name, _around(value, found))
    if name == "subject":
        for found in _TAG.finditer(lower):
            yield Sighting(Trait("list", found[0]), name, _around(value, found))
    yield from _dates(name, lower)


def _dates(where: str, lower: str) -> Iterator[Sighting]:
    """Years and months in text."""
    for pattern in (_YEAR, _MONTH):
        for found in pattern.finditer(lower):
            yield Sighting(Trait("date", found[0]), where, _around(lower, found))


def _around(value: str, found: re.Match[str]) -> str:
    """Cut out what was found with what stands before and behind it."""
    begin = max(0, found.start() - 10)
    return value[begin : begin + EXAMPLE_CHARS]


_WORD = re.compile(r"[^\s.@<>\[\]()\"=;:,/]+")


def words_of(trait: Trait) -> frozenset[str]:
    """Return the words that stand for a trait in columns.

    Parameters
    ----------
    trait : Trait

    Returns
    -------
    frozenset of str
        Lower case. Of a domain its registered label alone: ``org`` is everybody's.
    """
    if trait.kind == "host" and not trait.key[0].isdigit():
        return frozenset((trait.key.partition(".")[0],))
    return frozenset(_WORD.findall(trait.key))


def stands_for(trait: Trait, name: str, value: str) -> bool:
    """Tell whether a named column is one of a trait's.

    Parameters
    ----------
    trait : Trait
    name, value : str
        As `features.naming` names columns.

    Returns
    -------
    bool
        Whether it may be: a column of other mail as well is told by counting, see `leaks`.
    """
    if trait.kind == "signal":
        return f"{name}={value}" == trait.key or name + value == trait.key
    if name.startswith(("header.", "body")):
        if trait.kind in {"list", "field"} and not trait.key.startswith("["):
            return name == f"header.{trait.key}"
        words = value.lower().split()
        mine = words_of(trait)
        return all(word in mine for word in words) if len(mine) > 1 else not mine.isdisjoint(words)
    return name == "text" and trait.key in value.lower()


class Places:
    """Counts where a trait was seen, and keeps one example."""

    __slots__ = ("counts", "example")

    def __init__(self, example: str) -> None:
        self.counts: Counter[str] = Counter()
        self.example = example

    def often(self, shown: int = 3) -> list[str]:
        """Return the places where it was seen most often.

        Parameters
        ----------
        shown : int, default 3

        Returns
        -------
        list of str
        """
        return [name for name, _ in self.counts.most_common(shown)]

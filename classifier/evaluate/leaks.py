"""Leaks: what separates the classes suspiciously well alone, because it says where mail was collected.

A corpus of spam from one mailbox and ham from another teaches a model the mailboxes. Such a model shines on
its corpus and fails elsewhere. What it may have learned instead of mail is named here by name, measured
alone, and its columns are found so that they can be taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate.trait_columns import TOGETHER, ColumnFinder, phi
from classifier.evaluate.traits import KINDS, Places, Trait, sightings

if TYPE_CHECKING:
    from classifier.features import Extractor, Rows
    from classifier.signals import Facts

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Columns = NDArray[np.int64]

FEWEST = 10
"""Messages in which a trait has to stand to be counted: less proves nothing."""

INFORMATION, OBVIOUS = 0.01, 0.4
"""Bits about the label from which on a trait of the origin is suspicious, and anything at all is."""

ORIGINS = frozenset(("host", "address", "list", "date"))
"""Kinds of traits that tell where and when mail was collected rather than what it is."""

ORIGIN_SIGNALS = ("lists.", "date.hour", "date.weekend", "date.zone")
"""Beginnings of the names of signals that see the same."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A trait that tells the label.

    Parameters
    ----------
    trait : Trait
    places : tuple of str
        Where it was seen, most often first.
    example : str
        From a stranger.
    yes, no : float
        Fractions of positives and negatives that have it.
    area : float
        Under the ROC curve of this trait alone; 0.5 says nothing, 1 everything.
    bits : float
        Mutual information with the label, in bits.
    columns : ndarray of shape (n_columns,), int64
        Those of all blocks that go with it.
    alike : tuple of Trait
        Weaker ones that stand, or fail, in nearly the same messages; their columns are among these.
    """

    trait: Trait
    places: tuple[str, ...]
    example: str
    yes: float
    no: float
    area: float
    bits: float
    columns: Columns
    alike: tuple[Trait, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
        """
        return {
            "kind": self.trait.kind,
            "name": self.trait.key,
            "where": list(self.places),
            "example": self.example,
            "positives": self.yes,
            "negatives": self.no,
            "area": self.area,
            "bits": self.bits,
            "columns": len(self.columns),
            "alike": [f"{each.kind} {each.key}" for each in self.alike],
        }


@dataclass(slots=True)
class Sightings:
    """All traits of a body of mail, and which messages have them."""

    extractor: Extractor
    messages: dict[Trait, list[int]] = field(default_factory=dict)
    places: dict[Trait, Places] = field(default_factory=dict)
    count: int = 0

    def add(self, facts: Facts) -> None:
        """Look at one more message.

        Parameters
        ----------
        facts : Facts
        """
        for each in sightings(self.extractor, facts):
            had = self.messages.setdefault(each.trait, [])
            if not had or had[-1] != self.count:
                had.append(self.count)
            place = self.places.get(each.trait)
            if place is None:
                place = self.places[each.trait] = Places(each.example)
            place.counts[each.where] += 1
        self.count += 1


def information(yes: Floats, no: Floats, n_yes: int, n_no: int) -> Floats:
    """Return what knowing a trait tells about the label.

    Parameters
    ----------
    yes, no : ndarray of shape (n_traits,)
        Positives and negatives that have it.
    n_yes, n_no : int
        All of them.

    Returns
    -------
    ndarray of shape (n_traits,)
        Mutual information in bits.

    Source
    ------
    Shannon 1948; for choosing words in mail: Yang and Pedersen 1997.
    """
    cells = np.stack([yes, no, n_yes - yes, n_no - no]) / (n_yes + n_no)
    rows, columns = cells[:2].sum(axis=0), cells[::2].sum(axis=0)
    whole = -_entropy(cells).sum(axis=0)
    told: Floats = np.maximum(0, whole + _both(rows) + _both(columns))
    return told


def _entropy(p: Floats) -> Floats:
    return -p * np.log2(np.where(p > 0, p, 1))


def _both(p: Floats) -> Floats:
    return _entropy(p) + _entropy(1 - p)


def find_leaks(
    seen: Sightings,
    rows: Rows,
    positive: Bools,
    known: Bools,
    facts_of: Callable[[int], Facts],
    *,
    least: float = INFORMATION,
    obvious: float = OBVIOUS,
) -> list[Leak]:
    """Name what separates the classes suspiciously well alone.

    Parameters
    ----------
    seen : Sightings
    rows : Rows
        Of the same messages.
    positive : ndarray of shape (n_messages,), bool
    known : ndarray of shape (n_messages,), bool
        Messages whose answer is known.
    facts_of : callable
        Facts of a message by its number, to name its columns.
    least : float, default `INFORMATION`
        Bits from which on a trait of the origin counts.
    obvious : float, default `OBVIOUS`
        Bits from which on anything counts.

    Returns
    -------
    list of Leak
        The most telling first.
    """
    index = ColumnFinder(rows, seen.extractor, facts_of)
    leaks = []
    for trait, has, bits in _suspects(seen, positive, known, least, obvious):
        place = seen.places[trait]
        yes, no = (float((has & known & kind).sum() / (known & kind).sum()) for kind in (positive, ~positive))
        area = 0.5 + abs(yes - no) / 2
        columns = index.columns_of(trait, np.flatnonzero(has))
        leaks.append((Leak(trait, tuple(place.often()), place.example, yes, no, area, bits, columns), has))
    return _joined(leaks)


def _suspects(
    seen: Sightings, positive: Bools, known: Bools, least: float, obvious: float
) -> list[tuple[Trait, Bools, float]]:
    """Find the traits that tell too much, and the messages that have them; the most telling first."""
    n_yes, n_no = int((positive & known).sum()), int((~positive & known).sum())
    found = []
    for trait, numbers in seen.messages.items():
        has = np.zeros(len(positive), bool)
        has[numbers] = True
        yes, no = (np.array([float((has & known & kind).sum())]) for kind in (positive, ~positive))
        if yes + no < FEWEST:
            continue
        bits = float(information(yes, no, n_yes, n_no)[0])
        if bits >= (least if _of_origin(trait) else obvious):
            found.append((trait, has, bits))
    return sorted(found, key=lambda each: (-each[2], KINDS.index(each[0].kind), each[0].key))


def _joined(leaks: list[tuple[Leak, Bools]]) -> list[Leak]:
    """Put weaker leaks that say the same, or the opposite, under the strongest."""
    heads: list[tuple[Leak, Bools, list[Leak]]] = []
    for leak, has in leaks:
        for _, other, members in heads:
            if abs(phi(len(has), has.sum(), other.sum(), (has & other).sum())) >= TOGETHER:
                members.append(leak)
                break
        else:
            heads.append((leak, has, []))
    return [
        replace(head, alike=tuple(each.trait for each in members), columns=all_columns([head, *members]))
        for head, _, members in heads
    ]


def _of_origin(trait: Trait) -> bool:
    return trait.kind in ORIGINS or (trait.kind == "signal" and trait.key.startswith(ORIGIN_SIGNALS))


def all_columns(leaks: Iterable[Leak]) -> Columns:
    """Join the columns of leaks.

    Parameters
    ----------
    leaks : iterable of Leak

    Returns
    -------
    ndarray of int64
        Ascending, each once.
    """
    each = [leak.columns for leak in leaks]
    return np.unique(np.concatenate(each)) if each else np.zeros(0, np.int64)

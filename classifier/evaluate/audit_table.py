"""The sample of an audit as a table, to be filled in with any program and read again."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from classifier.errors import LabelError
from classifier.evaluate.audit import LABELS, PILES, Tally

COLUMNS = ("label", "from", "subject", "date", "mailbox", "key", "pile", "pile_size", "shown")
"""What is to be filled in, what helps to do so, and what the report needs."""


class Asked(NamedTuple):
    """One row: a message that was drawn, and what its reader says.

    Parameters
    ----------
    label : str
        '' where nothing was filled in.
    mailbox, key : str
    """

    label: str
    mailbox: str
    key: str


def write_table(
    path: str | os.PathLike[str], rows: Iterable[Mapping[str, str]], sizes: Mapping[str, int], shown: int
) -> None:
    """Write a sample, its labels left open.

    Parameters
    ----------
    path : path
        Must not exist: it may hold somebody's answers.
    rows : iterable of mapping
        Of each message what `COLUMNS` name, the last three but ``pile`` excepted.
    sizes : mapping of str to int
        Messages in each pile.
    shown : int

    Raises
    ------
    LabelError
        If it exists, or cannot be written.
    """
    lines = ["\t".join(COLUMNS)]
    for row in rows:
        told = {**row, "label": "", "pile_size": str(sizes[row["pile"]]), "shown": str(shown)}
        lines.append("\t".join(_cell(told[name]) for name in COLUMNS))
    try:
        with open(path, "x", encoding="utf-8", errors="surrogateescape") as out:
            out.write("\n".join(lines) + "\n")
    except FileExistsError:
        raise LabelError(f"{path}: exists; it may hold answers") from None
    except OSError as error:
        raise LabelError(f"{path}: cannot be written: {error.strerror}") from None


def read_table(path: str | os.PathLike[str]) -> tuple[Tally, list[Asked]]:
    """Read a table that was filled in.

    Parameters
    ----------
    path : path

    Returns
    -------
    tally : Tally
        Of the rows with a label.
    asked : list of Asked
        All rows.

    Raises
    ------
    LabelError
        If it is no such table, or a row is wrong; names the line.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig", errors="surrogateescape").split("\n")
    except OSError as error:
        raise LabelError(f"{path}: cannot be read: {error.strerror}") from None
    columns = [name.strip().lower() for name in lines[0].split("\t")]
    if not set(COLUMNS) <= set(columns):
        missing = ", ".join(name for name in COLUMNS if name not in columns)
        raise LabelError(f"{path} line 1: no table of an audit; it lacks {missing}")
    tally, asked = Tally({}, 0), []
    sizes: dict[str, int] = {}
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            row = dict(zip(columns, (cell.strip() for cell in line.split("\t")), strict=False))
            try:
                asked.append(_take(row, tally, sizes))
                first = seen.setdefault(asked[-1][1:], number)
                if first != number:
                    raise ValueError(f"the same message as line {first}")
            except (KeyError, ValueError) as error:
                raise LabelError(f"{path} line {number}: {error}") from None
    tally.sizes = sizes
    _check_counts(path, tally, sizes)
    return tally, asked


def _take(row: dict[str, str], tally: Tally, sizes: dict[str, int]) -> Asked:
    """Count one row."""
    label, pile = row["label"].lower(), row["pile"]
    if pile not in PILES:
        raise ValueError(f"unknown pile {pile!r}")
    if label not in ("", *LABELS):
        raise ValueError(f"unknown label {label!r} (known: {', '.join(LABELS)})")
    size, tally.shown = int(row["pile_size"]), int(row["shown"])
    if sizes.setdefault(pile, size) != size:
        raise ValueError(f"two sizes for the pile {pile}: {sizes[pile]} and {size}")
    if label:
        tally.answer(pile, label)
    return Asked(label, row["mailbox"], row["key"])


def _check_counts(path: str | os.PathLike[str], tally: Tally, sizes: Mapping[str, int]) -> None:
    """Refuse more answers than messages."""
    counts = Counter[str]()
    for (pile, _), count in tally.answers.items():
        counts[pile] += count
    for pile, count in counts.items():
        if count > sizes[pile]:
            raise LabelError(f"{path}: {count} answers for {sizes[pile]} messages of the pile {pile}")


def _cell(text: str) -> str:
    return " ".join(text.split()) if any(each in text for each in "\t\n\r") else text

"""Columns as text: one JSON object or one CSV row a message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from classifier.output.safe import clean, no_formula

if TYPE_CHECKING:
    from classifier.output.judged import Judged
    from classifier.verdict import Verdict

SCHEMA = 1
"""Version of the jsonl object; it grows when a field changes its meaning or goes, not when one is added."""

COLUMNS = (
    "mailbox",
    "key",
    "message_id",
    "date",
    "from",
    "subject",
    "label",
    "unsure",
    "p_important",
    "p_unimportant",
    "p_spam",
    "log_odds_spam",
    "log_odds_importance",
    "clues",
)


def records(judged: Judged) -> Iterator[dict[str, Any]]:
    """Lay each verdict out as the object that jsonl prints.

    Parameters
    ----------
    judged : Judged

    Yields
    ------
    dict
        Log-odds in full, to rank by; probabilities to 6 digits after the point, contributions to 4.
    """
    told = zip(
        judged.mailbox,
        judged.key,
        judged.message_id,
        judged.date,
        judged.sender,
        judged.subject,
        judged.label,
        judged.unsure,
        judged.spared,
        judged.p.tolist(),
        judged.log_odds.tolist(),
        repeat([]) if judged.clues is None else judged.clues,
        strict=False,  # the empty clues never end
    )
    for mailbox, key, message_id, date, sender, subject, label, unsure, spared, p, log_odds, clues in told:
        yield {
            "schema": SCHEMA,
            "mailbox": mailbox,
            "key": key,
            "message_id": message_id,
            "date": date,
            "from": sender,
            "subject": subject,
            "label": label,
            "unsure": unsure,
            "spared": spared,
            "p": {"important": round(p[0], 6), "unimportant": round(p[1], 6), "spam": round(p[2], 6)},
            "log_odds": {"spam": log_odds[0], "importance": log_odds[1]},
            "clues": clues,
        }


def record(verdict: Verdict, explain: int = 0) -> dict[str, Any]:
    """Lay one verdict out as the object that jsonl prints.

    Parameters
    ----------
    verdict : Verdict
    explain : int, default 0
        How many clues to give, the weightiest first.

    Returns
    -------
    dict
        See `records`.
    """
    from classifier.output.judged import Judged  # brings numpy

    return next(records(Judged.of([verdict], explain)))


def told(verdict: Verdict, explain: int = 0) -> dict[str, Any]:
    """Lay one verdict out as the object that a table for people is made from.

    Parameters
    ----------
    verdict : Verdict
    explain : int, default 0
        How many of the clues that speak for the label to give, those first that say most to people.

    Returns
    -------
    dict
        See `records`; and ``author``, the address in From, '' where there is none.
    """
    from classifier.output.judged import clue_record  # brings numpy
    from classifier.verdict.telling import telling

    author = verdict.message.author
    address = author.addr if author and author.addr != "@" else ""
    clues = telling(verdict.supporting, explain) if explain else []
    return record(verdict) | {"author": clean(address), "clues": [clue_record(clue) for clue in clues]}


def jsonl(judged: Judged) -> bytes:
    """Write one JSON object a line.

    Parameters
    ----------
    judged : Judged

    Returns
    -------
    bytes
        UTF-8; a line end behind each.
    """
    import orjson  # only for who prints

    return b"".join([orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in records(judged)])


def csv_rows(judged: Judged) -> str:
    """Write one row a message (RFC 4180), without the line of `COLUMNS`.

    Parameters
    ----------
    judged : Judged

    Returns
    -------
    str
        A cell from a stranger that a spreadsheet would take for a formula begins with an apostrophe.
    """
    return _csv(map(_row, records(judged)))


def csv_header() -> str:
    """Write the line of `COLUMNS`.

    Returns
    -------
    str
    """
    return _csv([COLUMNS])


def _csv(rows: Iterable[Sequence[str]]) -> str:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _row(one: dict[str, Any]) -> list[str]:
    """Lay an object out as one cell for each of `COLUMNS`."""
    clues = "; ".join(f"{clue['name']} {clue['contribution']:+.2f}" for clue in one["clues"])
    cells = [one["mailbox"], one["key"], one["message_id"], one["date"], one["from"], one["subject"]]
    texts = [no_formula(cell or "") for cell in cells]
    numbers = [*one["p"].values(), *one["log_odds"].values()]
    unsure = "yes" if one["unsure"] else "no"
    return [*texts, one["label"], unsure, *(repr(number) for number in numbers), no_formula(clues)]

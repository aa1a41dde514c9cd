"""A verdict as data: one JSON object or one CSV row a message, safe to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from classifier.cli.screen import bounded

if TYPE_CHECKING:
    from classifier.verdict import Clue, Verdict

SCHEMA = 1
"""Version of the jsonl object; it grows when a field changes its meaning or goes, not when one is added."""

TEXT_LIMIT = 998
"""Characters kept of a header: what one line of mail may hold (RFC 5322, section 2.1.1), as some are huge."""

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


def record(verdict: Verdict, explain: int = 0) -> dict[str, Any]:
    """Lay a verdict out as the object that jsonl prints.

    Parameters
    ----------
    verdict : Verdict
    explain : int, default 0
        How many clues to give, the weightiest first.

    Returns
    -------
    dict
        Log-odds in full, to rank by; probabilities to 6 digits after the point, contributions to 4.
    """
    message, stored, p = verdict.message, verdict.stored, verdict.p
    return {
        "schema": SCHEMA,
        "mailbox": _encodable(stored.mailbox) if stored else None,
        "key": _encodable(stored.key) if stored else None,
        "message_id": bounded(message.message_id, TEXT_LIMIT),
        "date": _utc(message.date.seconds) if message.date else None,
        "from": bounded(message.headers.get("from"), TEXT_LIMIT),
        "subject": bounded(message.subject, TEXT_LIMIT),
        "label": verdict.label,
        "unsure": bool(verdict.unsure),
        "spared": bool(verdict.spared),
        "p": {name: round(p[name], 6) for name in ("important", "unimportant", "spam")},
        "log_odds": {
            "spam": float(verdict.log_odds.spam),
            "importance": float(verdict.log_odds.importance),
        },
        "clues": [clue_record(clue) for clue in verdict.clues[:explain]] if explain else [],
    }


def clue_record(clue: Clue) -> dict[str, Any]:
    """Lay a clue out as an object.

    Parameters
    ----------
    clue : Clue

    Returns
    -------
    dict
        name, value, weight and contribution (nats).
    """
    value = clue.value
    return {
        "name": bounded(clue.name, TEXT_LIMIT),
        "value": bounded(value, TEXT_LIMIT) if isinstance(value, str) else value,
        "weight": round(float(clue.weight), 6),
        "contribution": round(float(clue.contribution), 6),
    }


def row(verdict: Verdict, explain: int = 0) -> list[str]:
    """Lay a verdict out as the row that CSV prints.

    Parameters
    ----------
    verdict : Verdict
    explain : int, default 0
        How many clues to give, in one cell.

    Returns
    -------
    list of str
        One cell for each of :data:`COLUMNS`. A cell from a stranger that a spreadsheet would take
        for a formula begins with an apostrophe.
    """
    one = record(verdict, explain)
    clues = "; ".join(f"{clue['name']} {clue['contribution']:+.2f}" for clue in one["clues"])
    cells = [one["mailbox"], one["key"], one["message_id"], one["date"], one["from"], one["subject"]]
    texts = [_no_formula(cell or "") for cell in cells]
    numbers = [*one["p"].values(), *one["log_odds"].values()]
    unsure = "yes" if one["unsure"] else "no"
    return [*texts, one["label"], unsure, *(repr(number) for number in numbers), _no_formula(clues)]


def _utc(seconds: float) -> str | None:
    """ISO 8601 in UTC; None for a time that no calendar here has."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()[:19] + "Z"
    except (ValueError, OverflowError, OSError):
        return None


def _encodable(name: str) -> str:
    """Spell a file name that is no UTF-8; any other stays exactly what finds the message again."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _no_formula(cell: str) -> str:
    """Disarm what a spreadsheet would execute (CWE-1236)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell

"""A verdict as header fields: 7-bit, folded, and with nothing in them that could begin another field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from classifier.output.safe import bounded
from classifier.serve.cleansing import NAME

VERDICT, WHY = NAME.decode(), f"{NAME.decode()}-Why"

CLUES = 3
"""How many clues are given where nobody says how many."""

_WIDTH = 76
"""Characters of a line (RFC 5322 section 2.1.1 recommends 78, RFC 2047 section 2 commands 76)."""

_LONGEST = 40
"""Characters kept of a name or value: two of them with a number fit in a line."""


def fields(told: dict[str, Any]) -> list[tuple[str, str]]:
    r"""Write a verdict as header fields.

    Parameters
    ----------
    told : dict
        The object that ``mailtriage classify`` prints for a mail, or makes its table from.

    Returns
    -------
    list of (str, str)
        Name, and value with its folds (LF and a blank); the verdict, then the clues if there are any.

    Examples
    --------
    >>> fields({"label": "spam", "unsure": False, "spared": False, "clues": [],
    ...         "p": {"important": 0.0124, "unimportant": 0.03, "spam": 0.9576}})
    [('X-Mailtriage', 'spam; unsure=no; p=0.0124,0.0300,0.9576')]
    """
    p = ",".join(f"{told['p'][label]:.4f}" for label in ("important", "unimportant", "spam"))
    verdict = f"{told['label']}; unsure={'yes' if told['unsure'] else 'no'}; p={p}"
    if told["spared"]:
        verdict += "; spared=yes"
    found = [(VERDICT, verdict)]
    if told["clues"]:
        found.append((WHY, _reasons(told["clues"])))
    return found


def _reasons(clues: list[dict[str, Any]]) -> str:
    """Write clues one after another, each with what it contributes in nats."""
    texts: list[str] = []
    for clue in clues:
        texts += [shown for shown in map(_shown, (clue["name"], clue["value"])) if shown]
        texts.append(f"{clue['contribution']:+.2f};")
    texts[-1] = texts[-1].removesuffix(";")
    if all(text.isascii() and "=?" not in text for text in texts):
        return _folded(word for text in texts for word in text.split())
    from email.header import Header  # brings half of the package

    header = Header(header_name=WHY, maxlinelen=_WIDTH)
    for text in texts:
        header.append(text, "us-ascii" if text.isascii() and "=?" not in text else "utf-8")
    return header.encode(splitchars="; ", linesep="\n")


def _shown(text: str) -> str:
    """Cut what came from a mail to one short line, without the sign that parts clues."""
    return " ".join(bounded(text.replace(";", ","), _LONGEST).split())


def _folded(words: Iterable[str]) -> str:
    """Fold plain words into lines."""
    lines, room = [""], _WIDTH - len(WHY) - 1
    for word in words:
        if len(word) + 1 > room and lines[-1]:
            lines.append("")
            room = _WIDTH
        lines[-1] += f" {word}"
        room -= len(word) + 1
    return "\n".join(lines)[1:]


def laid_out(found: list[tuple[str, str]], newline: bytes) -> bytes:
    """Lay header fields out as they stand in a mail.

    Parameters
    ----------
    found : list of (str, str)
        From `fields`.
    newline : bytes

    Returns
    -------
    bytes
    """
    return b"".join(f"{name}: {value}\n".encode("ascii").replace(b"\n", newline) for name, value in found)

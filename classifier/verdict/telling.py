"""Which few of a verdict's clues to name to somebody who does not know the signals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.verdict.clues import Clue

SIGNAL = 0.5
"""What a signal's contribution counts beside that of words: most signals are in nearly all mail."""

_WORD = re.compile(r"\w+")
_SPEAKS = re.compile(r"[^\W\d_]{3}|[^\x00-\x7f]")
"""A word that can say something: three letters, or one of a script that needs no more."""

_SYNTAX = re.compile(
    r"mime-|content-t|ersion:|received|esmtp|charset|boundary|multipart|:(?:from|to|date|subject):"
    r"|^(?:from|to|cc|subject|date|message-id|return-path|x-[\w-]{1,40}):$",
    re.IGNORECASE,
)
"""How headers are written: 4-grams see it, and it tells a person nothing."""

_IDLE = frozenset(
    """
    all also and any are been but can did does for from had has have her here his how into its just may more
    our out over own some such than that the them then there these they this too upon very was were what when
    where which while who why will with you your
    auch auf aus beim bei das dass dein dem den der des die diese durch ein eine einen einer für hat ihr ist
    mit nach nicht oder sich sie sind und über uns vom von war wenn wie wird wurde zum zur
    """.split()  # noqa: SIM905 - a hundred quoted words cannot be read
)
"""Words that say nothing by themselves, in the languages that most machines write."""


def telling(clues: Iterable[Clue], most: int) -> list[Clue]:
    """Choose clues to name.

    Parameters
    ----------
    clues : iterable of Clue
        Those that speak for one answer.
    most : int
        How many to name at most.

    Returns
    -------
    list of Clue
        The weightiest first, signals weighing `SIGNAL` of what words weigh; no signal and no word twice,
        whether large or small, no words that say nothing by themselves, and nothing of how headers are
        written.
    """
    chosen: list[Clue] = []
    named: set[str] = set()
    for clue in sorted(clues, key=_worth, reverse=True):
        parts = set(_WORD.findall(clue.value.casefold())) if _is_words(clue) else {clue.name}
        if parts & named or (_is_words(clue) and not _speaks(parts)) or _is_syntax(clue):
            continue
        chosen.append(clue)
        named |= parts
        if len(chosen) == most:
            break
    return chosen


def _is_words(clue: Clue) -> bool:
    return clue.name in {"body", "text"} or clue.name.startswith("header.")


def _is_syntax(clue: Clue) -> bool:
    return clue.name == "text" and _SYNTAX.search(clue.value) is not None


def _worth(clue: Clue) -> float:
    return abs(clue.contribution) * (1.0 if _is_words(clue) else SIGNAL)


def _speaks(parts: set[str]) -> bool:
    return any(_SPEAKS.search(part) for part in parts - _IDLE)

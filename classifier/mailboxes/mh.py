"""The MH folder: messages in files with numbers for names, flags in .mh_sequences.

Source: the nmh manual, mh-sequence(5).
"""

from __future__ import annotations

import os

from ..errors import MailboxError
from .files import read_head
from .from_lines import starts_mbox

SEQUENCES = ".mh_sequences"
# A folder of a million messages has lines of some megabytes; more is not a list of sequences.
_MAX_SEQUENCES = 16 << 20
_WORDS = {
    "replied": "answered",
    "flagged": "flagged",
    "trashed": "trashed",
    "draft": "draft",
    "passed": "passed",
}


def is_number(name: str) -> bool:
    """Tell whether a file name is that of an MH message."""
    return name.isascii() and name.isdigit() and len(name) <= 18


def is_mh(path: str, files: list[str]) -> bool:
    """Tell whether a directory is an MH folder.

    Parameters
    ----------
    path : str
        The directory.
    files : list of str
        The names of its files that do not begin with a dot.

    Returns
    -------
    bool
        Nothing but files with numbers for names (",12" is a deleted one), and either .mh_sequences or a first
        file that is no mbox: archives named after years are not MH.
    """
    numbers = [name for name in files if is_number(name)]
    if len(numbers) < sum(not name.startswith(",") for name in files):
        return False
    if os.path.isfile(os.path.join(path, SEQUENCES)):
        return True
    try:
        return bool(numbers) and not starts_mbox(read_head(os.path.join(path, min(numbers, key=int))))
    except MailboxError:
        return True


def _span_of(word: str) -> range:
    first, dash, last = word.partition("-")
    if not is_number(first) or (dash and not is_number(last)):
        return range(0)
    return range(int(first), int(last if dash else first) + 1)


def sequences(path: str) -> dict[str, list[range]]:
    """Read the sequences of an MH folder.

    Parameters
    ----------
    path : str
        The folder.

    Returns
    -------
    dict of str to list of range
        The message numbers of each sequence; {} where there is no readable file.
    """
    try:
        with open(os.path.join(path, SEQUENCES), encoding="utf-8", errors="replace") as file:
            text = file.read(_MAX_SEQUENCES)
    except OSError:
        return {}
    lines = (line.partition(":") for line in text.splitlines())
    return {
        name.strip(): [_span_of(word) for word in numbers.split()] for name, colon, numbers in lines if colon
    }


def flags_of(number: int, marks: dict[str, list[range]]) -> frozenset[str]:
    """Name the flags of a message.

    Parameters
    ----------
    number : int
        Of the message.
    marks : dict
        From `sequences`.

    Returns
    -------
    frozenset of str
        "seen" only where the folder keeps the sequence "unseen" and the message is not in it.
    """
    held = {name for name, spans in marks.items() if any(number in span for span in spans)}
    flags = {_WORDS[name] for name in held if name in _WORDS}
    if "unseen" in marks and "unseen" not in held:
        flags.add("seen")
    return frozenset(flags)

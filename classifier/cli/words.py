"""The words of a simple command line, for the short ways: no parser is loaded, which takes the rest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

_ASKED_BY_OTHERS = ("MAILTRIAGE_DEBUG", "_MAILTRIAGE_COMPLETE")


class Words(NamedTuple):
    """What a command line says.

    Parameters
    ----------
    given : dict of str to str
        The value of each option, by the name that the caller has for it.
    me : tuple of str
        The values of ``--me``.
    paths : tuple of str
        What is no option.
    """

    given: dict[str, str]
    me: tuple[str, ...]
    paths: tuple[str, ...]


def read_words(arguments: list[str], command: str, once: Mapping[str, str]) -> Words | None:
    """Sort out the words of a command line.

    Parameters
    ----------
    arguments : list of str
        Those of the program.
    command : str
        What the first of them has to be.
    once : mapping of str to str
        Options that take a value and may be given once, to the caller's names for them.

    Returns
    -------
    Words or None
        None where the environment asks for more than the command, and where an option is unknown, repeated,
        without a value, or has one that begins like an option.
    """
    if arguments[:1] != [command] or any(os.environ.get(name) for name in _ASKED_BY_OTHERS):
        return None
    given: dict[str, str] = {}
    me: list[str] = []
    paths: list[str] = []
    words = iter(arguments[1:])
    for word in words:
        if word == "-" or not word.startswith("-"):
            paths.append(word)
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        value = value if equals else next(words, "")
        if not value or value.startswith("-"):
            return None
        if name == "--me":
            me.append(value)
        elif name in once and once[name] not in given:
            given[once[name]] = value
        else:
            return None
    return Words(given, tuple(me), tuple(paths))


def read_count(text: str) -> int | None:
    """Read a small number.

    Parameters
    ----------
    text : str

    Returns
    -------
    int or None
        None for anything but one to four digits.
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else None

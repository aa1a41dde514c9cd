"""The Maildir: one file a message, flags in its name; Maildir++ subfolders come after it.

The key is the unique part of the file name, because the rest changes with the flags and with new -> cur; in
a subfolder its name comes first: ".Lists.Debian/1700000000.M1P2.host". Messages come in the order of the time
that their names begin with. The names are held in memory while a folder is read, the mail is not.
Source: D. J. Bernstein, "Using maildir format"; Courier's Maildir++ description.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from string import ascii_lowercase
from typing import cast

from classifier.patterns import pattern

from ..errors import MailboxError
from .base import Mailbox, Problem, Stored, grouped
from .message import Entry, FileOriginal, FilesSpan, load_entry

_FLAGS = {"S": "seen", "R": "answered", "F": "flagged", "D": "draft", "T": "trashed", "P": "passed"}
_NO_KEYWORDS: Mapping[str, str] = {}
LETTERS = {word: letter for letter, word in _FLAGS.items()}
_TIME = pattern(r"\d{1,18}")


def is_maildir(path: str) -> bool:
    """Tell whether a directory is a Maildir: it has cur/ and new/ (tmp/ may be lost)."""
    return os.path.isdir(os.path.join(path, "cur")) and os.path.isdir(os.path.join(path, "new"))


def flags_of(name: str, keywords: Mapping[str, str] = _NO_KEYWORDS) -> frozenset[str]:
    """Read the flags, and the keywords that small letters stand for, from a Maildir file name."""
    info = name.rpartition(":2,")
    if not info[1]:
        return frozenset()
    words = (_FLAGS.get(letter) or keywords.get(letter) for letter in info[2])
    return frozenset(word for word in words if word)


def read_keywords(folder: str) -> dict[str, str]:
    """Read which keyword each small letter in a folder's file names stands for.

    Source: Dovecot, "Maildir: keywords": the file ``dovecot-keywords`` has lines of a number and a name, and
    0 is the letter a. Without the file, or where it is damaged, letters stand for nothing.
    """
    found: dict[str, str] = {}
    try:
        with open(os.path.join(folder, "dovecot-keywords"), encoding="utf-8", errors="replace") as lines:
            for line in islice(lines, len(ascii_lowercase)):
                number, _, word = line.strip().partition(" ")
                if number.isdecimal() and int(number[:3]) < len(ascii_lowercase) and word:
                    found[ascii_lowercase[int(number[:3])]] = word.lower()[:100]
    except OSError:
        pass
    return found


def unique_part(name: str) -> str:
    """Return what stays the same of a file name."""
    return name.partition(":")[0]


def arrival_order(name: str) -> tuple[int, str]:
    """Order file names by the time that they begin with."""
    time = _TIME.match(name)
    return (int(time[0]) if time else 0), name


def find_again(entry: Entry) -> Entry | None:
    """Look for a message that has been moved or renamed since it was listed."""
    folder = os.path.dirname(os.path.dirname(entry.file))
    wanted = unique_part(os.path.basename(entry.file))
    for part in ("cur", "new"):
        try:
            names = os.listdir(os.path.join(folder, part))
        except OSError:
            continue
        for name in names:
            if unique_part(name) == wanted:
                flags = flags_of(name, read_keywords(folder))
                return Entry(entry.mailbox, entry.key, os.path.join(folder, part, name), flags)
    return None


class Maildir(Mailbox):
    """A Maildir with its subfolders.

    Parameters
    ----------
    path : str
        As the user named it.

    Raises
    ------
    MailboxError
        If it is no Maildir or cannot be read.
    """

    format = "maildir"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        if not is_maildir(path):
            raise MailboxError(path, "is no Maildir: cur/ or new/ is missing")
        try:
            os.listdir(os.path.join(path, "cur"))
            os.listdir(os.path.join(path, "new"))
        except OSError as error:
            raise MailboxError(path, error.strerror or str(error)) from error

    def __iter__(self) -> Iterator[Stored]:
        for span in self.spans():
            yield from span.read(self.problems)

    def _folders(self) -> Iterator[str]:
        yield ""
        for name in sorted(os.listdir(self.path)):
            if name.startswith(".") and is_maildir(os.path.join(self.path, name)):
                yield name

    def _entries(self) -> Iterator[tuple[int, Entry]]:
        self.problems.clear()
        for folder in self._folders():
            keywords = read_keywords(os.path.join(self.path, folder))
            names: list[tuple[tuple[int, str], str]] = []
            # new/ before cur/: a message that moves in between is then listed twice, not lost
            for part in ("new", "cur"):
                try:
                    found = os.listdir(os.path.join(self.path, folder, part))
                except OSError as error:
                    self.report(os.path.join(folder, part), error.strerror or str(error))
                    continue
                names += [(arrival_order(name), part) for name in found if not name.startswith(".")]
            names.sort()
            for at, ((_, name), part) in enumerate(names):
                file = os.path.join(self.path, folder, part, name)
                unique = unique_part(name)
                double = at + 1 < len(names) and unique_part(names[at + 1][0][1]) == unique
                if double and not os.path.lexists(file):
                    continue  # it has moved: the other name is the message
                key = os.path.join(folder, os.path.join(part, name) if double else unique)
                yield 8192, Entry(self.path, key, file, flags_of(name, keywords))

    def spans(self) -> Iterator[FilesSpan]:
        """Yield spans of file names."""
        for group in grouped(self._entries()):
            yield FilesSpan(tuple(cast(list[Entry], group)), find_again)

    def _entry(self, key: str) -> Entry:
        folder, name = os.path.split(key)
        if os.path.basename(folder) in ("new", "cur"):  # a file name will do as well
            folder = os.path.dirname(folder)
        inside = not folder or (folder.startswith(".") and os.sep not in folder and folder not in (".", ".."))
        if name and inside:
            found = find_again(Entry(self.path, key, os.path.join(self.path, folder, "cur", name)))
            if found:
                return found
        raise MailboxError(self.path, "there is no such message", key)

    def get(self, key: str) -> Stored:
        """Fetch a message by the unique part of its name, after "folder/" in a subfolder."""
        problems: list[Problem] = []
        stored = load_entry(self._entry(key), find_again, problems)
        if stored is None:
            raise MailboxError(self.path, problems[0].reason, key)
        return stored

    def original(self, key: str) -> FileOriginal:
        """Fetch a message file for copying."""
        return FileOriginal(self.get(key), self._entry(key).file)

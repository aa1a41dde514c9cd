"""Golden mails of the signals: ``tests/signals/*.golden``, a file a group, read into expectations.

A mail begins behind a line such as ::

    == sender.is_me=yes recipients.me=? @me=ann@example.org @domain=example.org

which lists columns that the mail must set (``=?``: unknown, sets none) and, behind ``@``, the site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from classifier.mail import Message
from classifier.signals import Facts, Site

FOLDER = Path(__file__).parent / "signals"

_NAME = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


@dataclass(frozen=True)
class Golden:
    """One mail, what it must show, and where that stands."""

    place: str
    raw: bytes
    site: Site
    columns: tuple[str, ...]

    @property
    def expected(self) -> dict[str, str | None]:
        """Column by signal; None where the signal must not know."""
        found = {}
        for column in self.columns:
            name = _NAME.match(column)
            assert name, f"{self.place}: {column!r} names no signal"
            found[name[0]] = None if column.endswith("=?") else column
        return found

    def facts(self) -> Facts:
        return Facts(Message(self.raw), self.site)


def read(path: Path) -> list[Golden]:
    """Read one file of golden mails."""
    mails = []
    for number, block in enumerate(re.split(rb"(?m)^== ", path.read_bytes())[1:], start=1):
        line, _, raw = block.partition(b"\n")
        words = line.decode().split()
        known = [word[1:].split("=", 1) for word in words if word.startswith("@")]
        site = Site(
            me=frozenset(value for key, value in known if key == "me"),
            my_domains=frozenset(value for key, value in known if key == "domain"),
            trusted_hosts=tuple(value for key, value in known if key == "host"),
            authserv_ids=frozenset(value for key, value in known if key == "authserv"),
        )
        columns = tuple(word for word in words if not word.startswith("@"))
        mails.append(Golden(f"{path.name} mail {number}", raw, site, columns))
    return mails


GOLDEN = [mail for path in sorted(FOLDER.glob("*.golden")) for mail in read(path)]

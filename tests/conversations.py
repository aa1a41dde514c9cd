"""Golden conversations: mail in order of arrival, and what history must say of each message when it comes.

A message begins behind a line such as ::

    == +3h addressed.how=cc thread.lag=?

which tells how long after the one before it came (s, m, h, d), and columns that its signals must set
(``=?``: unknown, sets none). ``me`` marks mail of the reader, which is only observed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classifier.history import Arrival, Correspondent, Past, Ram
from classifier.mail import Message
from classifier.signals import Facts, Site

FOLDER = Path(__file__).parent / "conversations"
ANN = Site(me=frozenset({"ann@example.org"}), my_domains=frozenset({"example.org"}))
START = 1_767_603_600.0  # Mon, 05 Jan 2026 09:00:00 UTC

_NAME = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    place: str
    now: float
    raw: bytes
    columns: tuple[str, ...]

    @property
    def expected(self) -> dict[str, str | None]:
        found = {}
        for column in self.columns:
            name = _NAME.match(column)
            assert name, f"{self.place}: {column!r} names no signal"
            found[name[0]] = None if column.endswith("=?") else column
        return found


def read(path: Path) -> list[Turn]:
    turns, now = [], START
    for number, block in enumerate(re.split(rb"(?m)^== ", path.read_bytes())[1:], start=1):
        line, _, raw = block.partition(b"\n")
        later, *columns = line.decode().split()
        now += float(later[1:-1]) * _SECONDS[later[-1]]
        columns = [each for each in columns if each != "me"]
        turns.append(Turn(f"{path.name} message {number}", now, raw, tuple(columns)))
    return turns


def told(turns: list[Turn]) -> Iterator[tuple[Turn, Facts]]:
    """Let the messages come one after the other; yield the facts of those received."""
    correspondent = Correspondent(Ram())
    for turn in turns:
        arrival = Arrival(Message(turn.raw), ANN, turn.now)
        if not arrival.is_mine:
            past = Past(people=correspondent.recall(arrival))
            yield turn, Facts(arrival.message, ANN, history=past, now=turn.now)
        correspondent.observe(arrival)


CONVERSATIONS = [read(path) for path in sorted(FOLDER.glob("*.golden"))]

"""The table that a person reads: what is important on top with its reasons, then what is not, folded."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from classifier.cli.screen import cells, fit, heading
from classifier.output.safe import bounded

if TYPE_CHECKING:
    from classifier.verdict import Verdict

UNSURE_SHOWN = 20
"""Unsure messages shown one by one; beyond, their number says enough."""

FOLDED_SHOWN = 4
"""Senders named under each folded label."""

SENDERS_COUNTED = 10_000
"""Distinct senders counted apart: a mailbox of a million spams has a million, and memory must stay flat."""

LONGEST_KEY = 12
"""A byte offset fits in the line; the file names of a Maildir do not, and stand in --format jsonl."""

ROOMY = 100
"""From so many columns on the reasons stand on the message's own line, else below it."""


Fold = dict[str, tuple[int, str]]
"""Of each sender, how many messages, and the last subject."""


class Line(NamedTuple):
    """What is kept of a message that is shown by itself."""

    mailbox: str
    key: str
    chance: float
    spam: float
    date: str
    sender: str
    subject: str
    why: str
    label: str


class Table:
    """Collects verdicts, then lays them out.

    Parameters
    ----------
    width : int
        Columns.
    explain : int, default 3
        Reasons a message.
    """

    def __init__(self, width: int, explain: int = 3) -> None:
        self.width, self.explain = width, explain
        self.counts: Counter[str] = Counter()
        self.unsure = 0
        self._shown: list[Line] = []
        self._doubtful: list[Line] = []
        self._folds: dict[str, Fold] = {"unimportant": {}, "spam": {}}

    def add(self, verdict: Verdict) -> None:
        """Take one more verdict; its clues are found only if it will be shown by itself.

        Parameters
        ----------
        verdict : Verdict
        """
        from classifier.output.lines import told  # brings numpy, which what a server said does not need

        self.take(told(verdict, self.explain if self._wants(verdict.label, bool(verdict.unsure)) else 0))

    def take(self, one: dict[str, Any]) -> None:
        """Take one more verdict as an object.

        Parameters
        ----------
        one : dict
            From `classifier.output.lines.told`.
        """
        label, unsure = one["label"], one["unsure"]
        self.counts[label] += 1
        self.unsure += unsure
        if self._wants(label, unsure):
            (self._doubtful if unsure else self._shown).append(_line(one))
        if label in self._folds:
            _fold(self._folds[label], one)

    def _wants(self, label: str, unsure: bool) -> bool:
        """Tell whether a message will be shown by itself, so that its reasons are needed."""
        return label == "important" or (unsure and len(self._doubtful) < UNSURE_SHOWN)

    def lines(self) -> Iterator[tuple[str, bool]]:
        """Lay out everything.

        Yields
        ------
        (str, bool)
            A line, and whether it is a heading.
        """
        yield self._summary(), True
        yield from self._section("Important", self._shown)
        yield from self._section("Unsure: look at these, too", self._doubtful, label=True)
        hidden = self.unsure - len(self._doubtful)
        if hidden > 0:
            yield f"  … and {hidden} more", False
        for label, fold in self._folds.items():
            yield from self._folded(label, fold)

    def _summary(self) -> str:
        """All counts in one sentence."""
        counts = ", ".join(f"{self.counts[name]} {name}" for name in ("important", "unimportant", "spam"))
        unsure = f" ({self.unsure} unsure)" if self.unsure else ""
        total = self.counts.total()
        return f"{total} message{'' if total == 1 else 's'}: {counts}{unsure}"

    def _section(self, title: str, lines: list[Line], label: bool = False) -> Iterator[tuple[str, bool]]:
        """One heading and its messages, the likeliest important first."""
        if not lines:
            return
        yield "", False
        yield title, True
        several = len({line.mailbox for line in lines}) > 1
        longest = max(len(line.key) for line in lines)
        key = max(3, longest) if longest <= LONGEST_KEY else 0
        yield self._titles(key, several, label).rstrip(), False
        for line in sorted(lines, key=lambda line: -line.chance):
            for text in self._laid_out(line, key, several, label):
                yield text.rstrip(), False

    def _titles(self, key: int, several: bool, label: bool) -> str:
        """Name the columns."""
        texts = Line("mailbox", "key", 0.0, 0.0, "date", "from", "subject", "why", "label")
        head, sender, subject, why = self._cells(texts, " imp  spam", key, several, label)
        return f"{head}{sender}  {subject}  {why}" if self.width >= ROOMY else f"{head}{subject}"

    def _laid_out(self, line: Line, key: int, several: bool, label: bool) -> Iterator[str]:
        """One message in one line, or in three on a narrow screen."""
        chances = f"{line.chance:4.0%}  {line.spam:4.0%}"
        head, sender, subject, why = self._cells(line, chances, key, several, label)
        if self.width >= ROOMY:
            yield f"{head}{sender}  {subject}  {why}"
            return
        yield head + subject
        for text in (line.sender, line.why):
            yield " " * 8 + fit(text, self.width - 8)

    def _cells(self, line: Line, chances: str, key: int, several: bool, label: bool) -> tuple[str, ...]:
        """Cut every cell to its width: the head of the line, sender, subject, reasons."""
        head = f"  {line.key:>{key}}" if key else ""
        head += f"  {fit(os.path.basename(line.mailbox.rstrip('/')), 12)}" if several else ""
        head += f"  {fit(line.label, 11)}" if label else ""
        head += f"  {chances}  "
        if self.width < ROOMY:
            head += f"{line.date[-5:]:5}  "
            return head, "", fit(line.subject, max(8, self.width - cells(head))), ""
        head += f"{line.date:10}  "
        rest = self.width - cells(head) - 28
        return head, fit(line.sender, 24), fit(line.subject, rest // 2), fit(line.why, rest - rest // 2)

    def _folded(self, label: str, fold: Fold) -> Iterator[tuple[str, bool]]:
        """Fold what need not be read into counts, the busiest senders and their last subjects named."""
        if not self.counts[label]:
            return
        yield "", False
        yield f"{label.capitalize()}: {self.counts[label]}", True
        busiest = sorted(fold.items(), key=lambda item: (-item[1][0], item[0]))[:FOLDED_SHOWN]
        who = min(32, self.width // 3)
        for sender, (count, subject) in busiest:
            yield f"  {count:>6}  {fit(sender, who)}  {fit(subject, self.width - who - 12)}".rstrip(), False
        rest = self.counts[label] - sum(count for _, (count, _) in busiest)
        if rest:
            yield f"  {rest:>6}  from others", False


def write_table(table: Table, taken: Iterable[None]) -> int:
    """Fill a table, then write it; interrupted, it holds what was taken until then.

    Parameters
    ----------
    table : Table
    taken : iterable
        Takes one message into the table with each step.

    Returns
    -------
    int
        How many.
    """
    try:
        for _ in taken:
            pass
    finally:
        for line, titled in table.lines():
            click.echo(heading(line) if titled else line)
    return table.counts.total()


def _line(one: dict[str, Any]) -> Line:
    """Keep the little that will be printed."""
    why = "; ".join(reason(clue["name"], clue["value"]) for clue in one["clues"])
    date = (one["date"] or "")[:10]
    chances = one["p"]["important"], one["p"]["spam"]
    where = bounded(one["mailbox"] or "", 200), bounded(one["key"] or "", 200)
    return Line(*where, *chances, date, _sender(one), bounded(one["subject"], 400), why, one["label"])


def _fold(fold: Fold, one: dict[str, Any]) -> None:
    """Count one more from a sender, while there is room for senders."""
    sender = _sender(one)
    if sender in fold or len(fold) < SENDERS_COUNTED:
        fold[sender] = (fold.get(sender, (0, ""))[0] + 1, bounded(one["subject"], 120))


def reason(name: str, value: object) -> str:
    """Say a clue in a few characters.

    Parameters
    ----------
    name : str
    value : object

    Returns
    -------
    str
        The name alone where it says all; words of the text alone, quoted.
    """
    words = str(value)
    if words in {"", "yes"}:
        return bounded(name, 80)
    if name in {"body", "text"}:
        return f"“{bounded(words, 80)}”"
    return bounded(name + ("" if words[0] in "<>" else " ") + words, 80)


def _sender(one: dict[str, Any]) -> str:
    """Name the author's address: the display name is the sender's own fancy."""
    return bounded(one["author"] or one["from"], 120) or "(no sender)"

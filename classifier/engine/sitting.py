"""Going through the mail that needs a human: chosen, grouped by sender, labelled one by one, undone."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from classifier.engine.teaching import Teachable
from classifier.verdict import Verdict


@dataclass(slots=True, eq=False)
class Item:
    """One message to look at.

    Parameters
    ----------
    verdict : Verdict
        As judged last.
    sender : str
        The author's address, lower case; '' where there is none.
    label : str or None
        What the reader said in this sitting.
    known : str or None
        What it had been learned as before.
    """

    verdict: Verdict
    sender: str
    label: str | None = None
    known: str | None = None


class Step(NamedTuple):
    """One thing that the reader did: messages, and what each had been said to be before.

    Parameters
    ----------
    items : tuple of Item
    before : tuple of (str or None)
    """

    items: tuple[Item, ...]
    before: tuple[str | None, ...]


def urgency(verdict: Verdict) -> float:
    """Say how soon a message should be looked at.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    float
        From 0 to 1 for what is called important, by its probability; from 1 to 2 for what is unsure, by how
        even the chances of its two likeliest labels are.
    """
    if not verdict.unsure:
        return verdict.p["important"]
    first, second = sorted(verdict.p.values(), reverse=True)[:2]
    return 2 - (first - second)


def choose(verdicts: Iterable[Verdict], most: int) -> list[Verdict]:
    """Choose the uncertain and the important, the most urgent where there are too many.

    Parameters
    ----------
    verdicts : iterable of Verdict
    most : int

    Returns
    -------
    list of Verdict
        In the order in which they came.
    """
    heap: list[tuple[float, int, Verdict]] = []
    for place, verdict in enumerate(verdicts):
        if verdict.unsure or verdict.label == "important":
            entry = (urgency(verdict), -place, verdict)
            if len(heap) < most:
                heapq.heappush(heap, entry)
            else:
                heapq.heappushpop(heap, entry)
    return [verdict for _, _, verdict in sorted(heap, key=lambda entry: -entry[1])]


class Sitting:
    """A reader going through chosen messages; what is said is learned at once.

    Parameters
    ----------
    classifier : Classifier
        With a profile, what is said lasts.
    verdicts : iterable of Verdict
        From `choose`.

    Attributes
    ----------
    items : list of Item
        Sender by sender, the sender with the most urgent message first.
    """

    def __init__(self, classifier: Teachable, verdicts: Iterable[Verdict]) -> None:
        self.classifier = classifier
        groups: dict[str, list[Item]] = {}
        for verdict in verdicts:
            known = classifier.learned_as(verdict.stored or verdict.message)
            item = Item(verdict, _sender(verdict), known=known)
            groups.setdefault(item.sender, []).append(item)
        ranked = sorted(groups.values(), key=lambda group: -max(urgency(item.verdict) for item in group))
        self.items = [item for group in ranked for item in group]
        self._steps: list[Step] = []
        self._outdated: deque[Item] = deque()

    def said(self) -> int:
        """Count the messages that were labelled in this sitting."""
        return sum(item.label is not None for item in self.items)

    def group(self, item: Item) -> list[Item]:
        """Return all messages of the same sender.

        Parameters
        ----------
        item : Item

        Returns
        -------
        list of Item
        """
        return [each for each in self.items if each.sender == item.sender]

    def say(self, items: Iterable[Item], label: str) -> None:
        """Label messages and learn them; what has no label yet is then to be judged anew, see `freshen`.

        Parameters
        ----------
        items : iterable of Item
        label : str
            Key of `TEACHES`.

        Raises
        ------
        ProfileNotWritten
            If it cannot be kept; then none of these is learned.
        """
        chosen = tuple(items)
        before = tuple(item.label or item.known for item in chosen)
        with self._at_once():
            for item in chosen:
                self._learn(item, label)
        for item in chosen:
            item.label = label
        self._steps.append(Step(chosen, before))
        self._outdate(chosen[0])

    def undo(self) -> tuple[Item, ...]:
        """Take the last step back: what had been said before counts again.

        Returns
        -------
        tuple of Item
            Whose labels were taken back; none where there was no step.

        Raises
        ------
        ProfileNotWritten
            If that cannot be kept; then nothing is undone.
        """
        if not self._steps:
            return ()
        items, before = self._steps[-1]
        with self._at_once():
            for item, label in zip(items, before, strict=True):
                self._learn(item, label)
        self._steps.pop()
        for item, label in zip(items, before, strict=True):
            again = any(item in step.items for step in self._steps)
            item.label = label if again else None
        self._outdate(items[0])
        return items

    def freshen(self, most: int) -> tuple[Item, ...]:
        """Judge anew some messages that were judged before the last thing was said, those at hand first.

        Parameters
        ----------
        most : int
            Messages.

        Returns
        -------
        tuple of Item
            Those that were judged anew; none where no verdict is of before.
        """
        batch = [self._outdated.popleft() for _ in range(min(most, len(self._outdated)))]
        if not batch:
            return ()
        verdicts = self.classifier.judge([item.verdict.stored or item.verdict.message for item in batch])
        for item, verdict in zip(batch, verdicts, strict=True):
            item.verdict = verdict
        return tuple(batch)

    def _outdate(self, at: Item) -> None:
        """Note that all open verdicts are of yesterday: from one message on, then those before it."""
        place = self.items.index(at)
        self._outdated = deque(
            item for item in (*self.items[place:], *self.items[:place]) if item.label is None
        )

    def _learn(self, item: Item, label: str | None) -> None:
        raw = item.verdict.stored or item.verdict.message
        if label is None:
            self.classifier.unlearn(raw, source="review")
        else:
            self.classifier.learn(raw, label, source="review")

    def _at_once(self) -> AbstractContextManager[None]:
        profile = self.classifier.profile
        return nullcontext() if profile is None else profile.writing()


def _sender(verdict: Verdict) -> str:
    author = verdict.message.author
    return author.addr.lower() if author is not None and author.addr != "@" else ""

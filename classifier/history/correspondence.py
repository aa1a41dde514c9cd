"""What a message is to what was written before: to its people, its thread and its subject."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from classifier.history.places import number_of

if TYPE_CHECKING:
    from classifier.history.letter import Letter, Thread, Topic
    from classifier.history.person import Person
    from classifier.history.reader import Reader
    from classifier.history.reading import Reading


@dataclass(frozen=True, slots=True)
class Keyed:
    """What an answer to a message is counted under.

    Parameters
    ----------
    state : int
        How it is addressed, what it answers and whether the reader writes in its thread.
    kind : int
        How it is addressed and what kind of message it is.
    author_addressed, author_kind : int
        The same for this author alone.
    words, files : tuple of int
        Each word of the subject; each file of a patch, and its folder.
    """

    state: int
    kind: int
    author_addressed: int
    author_kind: int
    words: tuple[int, ...]
    files: tuple[int, ...]

    @property
    def every(self) -> tuple[int, ...]:
        """All of them."""
        four = (self.state, self.kind, self.author_addressed, self.author_kind)
        return tuple(dict.fromkeys((*four, *self.words, *self.files)))


@dataclass(frozen=True, slots=True)
class LogShares:
    """Natural logarithms of the shares of mail that the reader answered, each drawn towards his usual one.

    Parameters
    ----------
    state, kind, author, domain, author_addressed, author_kind, author_lately : float
        Of mail in this state, of this kind, by this author, from his domain, by him and addressed like this,
        by him and of this kind, by him in the last days.
    parent_author : float or None
        Of mail by the author of the message that this one answers; None where the reader wrote that, or
        it is unknown.
    words, files : tuple of float
        For each word of the subject, and each file and folder of a patch.
    """

    state: float
    kind: float
    author: float
    domain: float
    author_addressed: float
    author_kind: float
    author_lately: float
    parent_author: float | None
    words: tuple[float, ...]
    files: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Correspondence:
    """One message against what was known of its people and its thread when it came; not to be changed.

    Parameters
    ----------
    reading : Reading
        The message itself.
    now : float
        When it came, in seconds since 1970, by the `Clock` of history.
    reader : Reader
    usual : float
        Share of all mail that the reader answers.
    author, domain : Person
        What is known of the author, and of all at his domain.
    parent : Letter or None
        The message that it answers, where that was seen.
    depth : int
        How many messages stand above it.
    mine_above, answered_above : int
        Messages above it that the reader wrote, and that he answered.
    thread : Thread
    topic : Topic
        Its subject.
    written : tuple of float
        How much the reader wrote to each other recipient.
    written_first : float
        How much he wrote to the first address of To:, where that is not his own.
    known_authors : int
        Authors of the thread that he ever wrote to.
    shares : LogShares
    """

    reading: Reading
    now: float
    reader: Reader
    usual: float
    author: Person
    domain: Person
    parent: Letter | None
    depth: int
    mine_above: int
    answered_above: int
    thread: Thread
    topic: Topic
    written: tuple[float, ...]
    written_first: float
    known_authors: int
    shares: LogShares


def drawn(came: float, answered: float, usual: float, weight: float) -> float:
    """Return ln of the share that was answered, drawn towards the usual one as by so many messages."""
    return log((answered + weight * usual) / (came + weight))


def keys_of(reading: Reading, parent: Letter | None, thread: Thread) -> Keyed:
    """Return what an answer to a message is counted under.

    Parameters
    ----------
    reading : Reading
    parent : Letter or None
        What it answers.
    thread : Thread
        As it was before the message.

    Returns
    -------
    Keyed
    """
    how, kind = reading.addressed.how, reading.subject.kind
    whom = how if how in ("cc", "none") else "to"
    author = reading.author
    return Keyed(
        state=number_of(f"state:{how}:{parent_state(reading, parent)}:{min(2, thread.mine)}"),
        kind=number_of(f"kind:{how}:{kind}"),
        author_addressed=number_of(f"author:{author}:{whom}"),
        author_kind=number_of(f"author:{author}:{kind}"),
        words=reading.subject.words,
        files=reading.files,
    )


def parent_state(reading: Reading, parent: Letter | None) -> str:
    """Say what a message answers.

    Parameters
    ----------
    reading : Reading
    parent : Letter or None

    Returns
    -------
    {'mine', 'answered', 'other', 'unseen', 'none'}
        A message of the reader's, one that he answered, another, one that was never seen, nothing.
    """
    if parent is None:
        return "unseen" if reading.parent else "none"
    if parent.mine:
        return "mine"
    return "answered" if parent.answered_at else "other"

"""What a digest is made of, whatever it is written as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail, as a line of the digest; never its text.

    Parameters
    ----------
    mailbox, key : str
        Where it lies: ``mailtriage show MAILBOX KEY`` opens it.
    when : float
        Seconds since 1970.
    subject : str
        Cleaned and cut.
    label : str
    unsure : bool
    """

    mailbox: str
    key: str
    when: float
    subject: str
    label: str
    unsure: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line of a mail.

    Parameters
    ----------
    text : str
    marked : bool
        Whether this is what the mail is here for; the others are its surroundings.
    """

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Urgent:
    """A mail that needs somebody.

    Parameters
    ----------
    entry : Entry
    who : str
        The job that wrote it, or its author.
    chance : float
        Probability that it is important.
    reasons : tuple of str
        Why, in words.
    excerpt : tuple of Excerpt
        The lines that matter, in the order of the mail; an empty text stands for what was left out.
    """

    entry: Entry
    who: str
    chance: float
    reasons: tuple[str, ...]
    excerpt: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """A job that did not write when it should have.

    Parameters
    ----------
    host, who : str
    rhythm : str
        Such as ``daily``.
    expected, last : float
        When it was due, and when it last wrote, in seconds since 1970.
    missed : int
        How many of its mails are missing.
    confidence : float
        That this is not its habit.
    """

    host: str
    who: str
    rhythm: str
    expected: float
    last: float
    missed: int
    confidence: float


@dataclass(slots=True)
class Fold:
    """All mails of one job, or of one author, that need nobody.

    Parameters
    ----------
    who : str
    label : str
        ``unimportant`` or ``spam``.
    entries : list of Entry
        In the order in which they were read.
    """

    who: str
    label: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def unsure(self) -> int:
        """How many of them somebody should look at."""
        return sum(entry.unsure for entry in self.entries)

    @property
    def last(self) -> Entry:
        """The mail that came last."""
        return max(self.entries, key=lambda entry: entry.when)


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything between two moments; each mail is in it once.

    Parameters
    ----------
    since, until : float
        Seconds since 1970.
    mails : int
        How many it is made of.
    urgent : sequence of Urgent
        The likeliest first.
    late : sequence of Late
        By host, the surest first.
    folds : sequence of Fold
        Those somebody should look at first, then by number of mails; spam last.
    """

    since: float
    until: float
    mails: int
    urgent: Sequence[Urgent]
    late: Sequence[Late]
    folds: Sequence[Fold]

"""What a digest is made of, whatever it is written as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

DAY = 86400.0


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
    about : str
        What it is about besides who wrote it: mails of one writer about one thing are one matter.
    """

    entry: Entry
    who: str
    chance: float
    reasons: tuple[str, ...]
    excerpt: tuple[Excerpt, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """Mails that need somebody for the same thing.

    Parameters
    ----------
    mails : tuple of Urgent
        The latest first.
    usual_since : int
        Mails of the same job that came after the latest and need nobody: it may be over, which the mail does
        not tell.
    """

    mails: tuple[Urgent, ...]
    usual_since: int

    @property
    def last(self) -> Urgent:
        """The latest mail."""
        return self.mails[0]

    @property
    def chance(self) -> float:
        """Probability that the likeliest of them is important."""
        return max(one.chance for one in self.mails)


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
    unread : sequence of str, default ()
        What could not be read, with its place and the reason: mail may be in it.
    """

    since: float
    until: float
    mails: int
    urgent: Sequence[Urgent]
    late: Sequence[Late]
    folds: Sequence[Fold]
    unread: Sequence[str] = ()

    def matters(self) -> list[Matter]:
        """Gather the urgent mails by what they are about.

        Returns
        -------
        list of Matter
            Those first whose job has not written as usual since; then by day, the latest first; then the
            likeliest.
        """
        groups: dict[tuple[str, str], list[Urgent]] = {}
        for one in self.urgent:
            groups.setdefault((one.who, one.about), []).append(one)
        calm: dict[str, list[float]] = {}
        for fold in self.folds:
            if fold.label == "unimportant":
                calm.setdefault(fold.who, []).extend(entry.when for entry in fold.entries if not entry.unsure)
        found = []
        for (who, _), mails in groups.items():
            mails.sort(key=lambda one: -one.entry.when)
            later = sum(when > mails[0].entry.when for when in calm.get(who, ()))
            found.append(Matter(tuple(mails), later))
        return sorted(found, key=self._urgency)

    def _urgency(self, matter: Matter) -> tuple[bool, int, float, float]:
        age = max(0.0, self.until - matter.last.entry.when)
        return bool(matter.usual_since), int(age // DAY), -matter.chance, -matter.last.entry.when

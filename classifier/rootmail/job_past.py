"""What signals and the digest read: one mail of a job against what was known of the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.rootmail.precedents import NOTHING, Heard

if TYPE_CHECKING:
    from classifier.rootmail.identity import Identity
    from classifier.rootmail.past import Change, Gone, Told
    from classifier.rootmail.sums import Sums


@dataclass(frozen=True, slots=True)
class JobPast:
    """One mail of a job against what was known of it when the mail came.

    Parameters
    ----------
    identity : Identity
    mails : int
        Of the job, before this one.
    first, last : float
        Arrival of the job's first and last mail, in unix seconds; 0 where there was none.
    arrivals : tuple of int
        The job's last arrivals, in unix seconds.
    now : float
        Arrival of this mail.
    host_since : float
        When its host was first heard of; `now` where never before.
    host_mails : int
        Of the host, before this one.
    unrest : float
        Share of the job's mails that brought new lines.
    scare, swing : float
        Share of the job's mails that brought a new line of trouble, and a number far out of its range.
    usual_length : float
        Mean ln(1 + lines) of its mails.
    length : int
        Lines of this one.
    told : tuple of Told
        Its lines, the subject first, each template once.
    gone : tuple of Gone
        The usual lines that are missing, the most usual first.
    changes : tuple of Change
        Its numbers against their past.
    sums : Sums
        All that in a few numbers.
    important, unimportant : int
        Mails of the job that the reader called so.
    disorder, shuffled : float
        Share of its usual lines that stand in another order than in the last mail, and the mean of that share
        over the job's mails.
    swelling : float
        Largest ln of how much oftener a line is repeated than it used to be; 0 where none is.
    heard : Heard
        What the reader said of like mail of the same job, on whatever host.
    """

    identity: Identity
    mails: int
    first: float
    last: float
    arrivals: tuple[int, ...]
    now: float
    host_since: float
    host_mails: int
    unrest: float
    scare: float
    swing: float
    usual_length: float
    length: int
    told: tuple[Told, ...]
    gone: tuple[Gone, ...]
    changes: tuple[Change, ...]
    sums: Sums
    important: int
    unimportant: int
    disorder: float = 0.0
    shuffled: float = 0.0
    swelling: float = 0.0
    heard: Heard = NOTHING

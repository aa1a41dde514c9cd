"""Going back and forgetting: what the user may want undone."""

from __future__ import annotations

from typing import NamedTuple

from classifier.errors import ProfileError
from classifier.profile.journal import next_epoch, next_stamp
from classifier.profile.past import forget_past, go_back, reaches_back
from classifier.profile.profile import Profile

_TAKEN_BACK = "UPDATE corrections SET until=?, stamp=? WHERE until IS NULL AND since>?"
_BROUGHT_BACK = """
INSERT INTO corrections (schema, fingerprint, label, source, said, since, author, domain, features, stamp)
SELECT schema, fingerprint, label, source, said, ?, author, domain, features, ? FROM corrections
WHERE id IN (
    SELECT max(id) FROM corrections WHERE since<=? AND until>? AND NOT EXISTS (
        SELECT 1 FROM corrections AS now
        WHERE now.fingerprint=corrections.fingerprint AND now.schema=corrections.schema AND now.until IS NULL
    ) GROUP BY fingerprint, schema
)
"""


class RolledBack(NamedTuple):
    """What `roll_back` did.

    Parameters
    ----------
    ended : int
        Corrections made since, which count no more.
    revived : int
        Corrections taken back since, which count again.
    records : int
        Records of history that changed since, and are again what they were.
    only_to : float or None
        The earliest moment, unix seconds, to which history could go back, where that is later than was asked.
    """

    ended: int
    revived: int
    records: int
    only_to: float | None


class Forgotten(NamedTuple):
    """What `forget` removed.

    Parameters
    ----------
    corrections : int
        Learned messages, those that counted no more included.
    records : int
        Records of history.
    """

    corrections: int
    records: int


def roll_back(profile: Profile, to: float, now: float) -> RolledBack:
    """Make the profile what it was at some time; going back can itself be undone in the same way.

    Corrections, history, habits, threshold, what was observed and own addresses; audits stay.

    Parameters
    ----------
    profile : Profile
    to : float
        Unix seconds.
    now : float
        Unix seconds.

    Returns
    -------
    RolledBack

    Raises
    ------
    ProfileNotWritten
        If it cannot be written.
    """
    with profile.writing():
        stamp = next_stamp(profile.file)
        ended = profile.file.write(_TAKEN_BACK, (now, stamp, to))
        revived = profile.file.write(_BROUGHT_BACK, (now, stamp, to, to))
        records = go_back(profile.file, to, now)
        reach = reaches_back(profile.file)
    return RolledBack(ended, revived, records, None if reach <= max(to, profile.created) else reach)


def forget(profile: Profile, address: str) -> Forgotten:
    """Remove all that is known of an address, and rewrite the file so that nothing of it is left in there.

    Parameters
    ----------
    profile : Profile
    address : str
        An address: its history and the features of messages from it. Or ``@example.org``: the history of the
        domain as such, and the features of messages from all its addresses.

    Returns
    -------
    Forgotten

    Raises
    ------
    ProfileError
        If it is no address.
    ProfileNotWritten
        If it cannot be written, or another program keeps the old bytes alive.
    """
    address = address.strip().lower()
    if "@" not in address or address.endswith("@"):
        raise ProfileError(f"{address!r} is neither an address nor an @domain")
    column = "domain" if address.startswith("@") else "author"
    with profile.writing():
        said = profile.hash_of(address)
        gone = profile.file.write(f"DELETE FROM corrections WHERE {column}=?", (said,))  # noqa: S608
        names = list(profile.hashes_in_memory(address))
        records = sum(profile.file.write("DELETE FROM memory WHERE kind=? AND key=?", name) for name in names)
        profile.file.write("DELETE FROM mine WHERE address=?", (address,))
        profile.file.write("DELETE FROM sums")
        forget_past(profile.file)
        next_epoch(profile.file)
    profile.file.scrub()
    return Forgotten(gone, records)

"""What a profile holds, in numbers."""

from __future__ import annotations

import time
from typing import Any

from classifier.profile.profile import Profile

_COUNTED = {
    "corrections": "SELECT label, count(DISTINCT fingerprint) FROM corrections WHERE until IS NULL"
    " GROUP BY label ORDER BY label",
    "said_by": "SELECT source, count(DISTINCT fingerprint) FROM corrections WHERE until IS NULL"
    " GROUP BY source ORDER BY source",
    "for_columns": "SELECT hash, count(*) FROM corrections JOIN schemas ON schemas.id=corrections.schema"
    " WHERE until IS NULL GROUP BY hash ORDER BY max(corrections.id) DESC",
    "history": "SELECT kind, count(*) FROM memory GROUP BY kind ORDER BY kind",
}


def summary(profile: Profile, now: float | None = None) -> dict[str, Any]:
    """Count what a profile holds.

    Parameters
    ----------
    profile : Profile
    now : float, optional
        Unix seconds; by default the clock's.

    Returns
    -------
    dict
        What JSON can hold: path, version, bytes, created, own addresses; corrections that count, by label, by
        who said so, and by the columns of the model they were made to; corrections taken back; those dated in
        the future, where a clock was wrong; history by kind; messages observed; the last audit. Times are
        unix seconds.
    """
    moment = time.time() if now is None else now
    read = profile.file.read
    audit = profile.last_audit()
    first, last = read("SELECT min(said), max(said) FROM corrections WHERE until IS NULL")[0]
    return {
        "path": str(profile.path),
        "version": read("PRAGMA user_version")[0][0],
        "bytes": read("PRAGMA page_count")[0][0] * read("PRAGMA page_size")[0][0],
        "created": profile.created,
        "own_addresses": list(profile.mine),
        **{name: dict(read(statement)) for name, statement in _COUNTED.items()},
        "first_said_at": first,
        "last_said_at": last,
        "taken_back": read("SELECT count(*) FROM corrections WHERE until IS NOT NULL")[0][0],
        "dated_in_the_future": read("SELECT count(*) FROM corrections WHERE since>?", (moment,))[0][0],
        "observed": read("SELECT count(*) FROM observed")[0][0],
        "last_audit": None if audit is None else audit.taken,
    }

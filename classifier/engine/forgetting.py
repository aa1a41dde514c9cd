"""Forgetting somebody for good: in history, in what waits to be learned, and in the profile's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.engine.behaviour import learn_anew
from classifier.engine.followed import is_of
from classifier.engine.remembering import open_history
from classifier.history.reading import address_number
from classifier.profile.undo import Forgotten, forget
from classifier.rootmail.precedents import UNUSUAL

if TYPE_CHECKING:
    from classifier.profile import Profile


def forget_address(profile: Profile, address: str) -> Forgotten:
    """Remove all that a profile knows of an address, or of all addresses of a domain.

    Parameters
    ----------
    profile : Profile
    address : str
        ``ada@example.org``, or ``@example.org``.

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
    before = _records(profile)
    with profile.writing():
        written: set[int] = set()
        for part in open_history(profile.memory).recallers:
            if hasattr(part, "forget"):
                written |= part.forget(address)
        _forget_followed(profile, address, written)
        profile.file.write("DELETE FROM memory WHERE kind=?", (UNUSUAL,))  # whose mail each was is not kept
    gone = forget(profile, address)
    return Forgotten(gone.corrections, before - _records(profile))


def _forget_followed(profile: Profile, address: str, written: set[int]) -> None:
    """Drop what was learned, or waits to be, from their messages; records lie under keys of every model."""
    author = address_number(address)
    for kind in ("await", "awaited"):
        for key, record in list(profile.memory.items(kind)):
            if is_of(kind, record, author, written):
                profile.file.write("DELETE FROM memory WHERE kind=? AND key=?", (kind, key))
    learn_anew(profile.memory)


def _records(profile: Profile) -> int:
    return int(profile.file.read("SELECT count(*) FROM memory")[0][0])

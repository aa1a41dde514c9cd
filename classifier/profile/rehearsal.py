"""A profile's double, on which one sees what would happen: what it is taught is gone with it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from classifier.errors import ProfileError
from classifier.profile.opening import BUSY_SECONDS, how_to_open, in_words, is_readonly, version_of
from classifier.profile.profile import Profile


def double(path: str | os.PathLike[str] | None, folder: str | os.PathLike[str]) -> Profile:
    """Open a copy of a profile as it is at one moment; no byte of the profile changes, whatever its version.

    Parameters
    ----------
    path : path or None
        The profile, whether others write to it or not; errors call its double by this name, too. None for an
        empty one.
    folder : path
        Where there is nothing yet; it holds as much as the profile, and what is learned.

    Returns
    -------
    Profile

    Raises
    ------
    ProfileError
        If there is none, or it is no profile, damaged, or of a newer version.
    """
    place = Path(folder) / "profile.sqlite3"
    if path is None:
        return Profile(place, create=True)
    _copy(Path(path), place)
    try:
        copied = Profile(place)
    except ProfileError as error:
        raise type(error)(str(error).replace(str(place), str(path))) from None
    copied.file.path = Path(path)
    return copied


def _copy(path: Path, to: Path) -> None:
    if not path.exists():
        raise ProfileError(f"{path}: no such profile")
    with in_words(path):
        uri = f"{path.absolute().as_uri()}?{how_to_open(path, is_readonly(path))}"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as base:
            version_of(base, path)
            to.touch(mode=0o600)
            with closing(sqlite3.connect(to)) as copied:
                base.backup(copied)

"""The profile that a command line asks for, opened. Here is no click."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from classifier.cli.exits import complain
from classifier.config import Settings, profile_file

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.profile import Profile

OFF = "off"
DAY = 86_400


class Personal(NamedTuple):
    """What a command line says of the profile.

    Parameters
    ----------
    named : str
        A path, `OFF`, or '' for the usual one.
    settings : Settings
    """

    named: str
    settings: Settings

    @property
    def path(self) -> Path:
        """Where it is, or would be."""
        from pathlib import Path  # only for who has a profile

        return Path(self._file)

    @property
    def _file(self) -> str:
        return os.path.expanduser(self.named) if self.named else profile_file()

    def open(self) -> Profile | None:
        """Open the profile to judge with.

        Returns
        -------
        Profile or None
            None where it is off, or where none was named and there is none.

        Raises
        ------
        ProfileError
            If the one named is missing, or it cannot be used.
        """
        if self.named == OFF or not (self.named or os.path.exists(self._file)):
            return None
        from classifier.profile import Profile  # brings SQLite

        return _until_the_end(Profile(self.path))

    def teach(self, *, make: bool = False) -> Profile:
        """Open the profile to change it.

        Parameters
        ----------
        make : bool, default False
            Make it where it is not.

        Returns
        -------
        Profile

        Raises
        ------
        click.UsageError
            If it is off.
        ProfileError
            If it is missing, or cannot be used.
        """
        if self.named == OFF:
            import click

            raise click.UsageError("this command needs a profile: --profile FILE")
        from classifier.profile import Profile

        return _until_the_end(Profile(self.path, create=make))

    def rehearse(self, *, make: bool = False) -> Profile:
        """Open a copy of the profile, to see what changing it would do; it is gone when the command ends.

        Parameters
        ----------
        make : bool, default False
            Make an empty one where there is none.

        Returns
        -------
        Profile

        Raises
        ------
        ProfileError
            If it is missing, or cannot be used.
        """
        from tempfile import TemporaryDirectory

        from classifier.profile.rehearsal import double

        folder = TemporaryDirectory(prefix="mailtriage-")
        _at_the_end(folder.cleanup)
        there = self.named != OFF and not (make and not os.path.exists(self._file))
        return _until_the_end(double(self.path if there else None, folder.name))

    def remind(self, profile: Profile | None, now: float | None = None) -> None:
        """Say on a terminal that nobody has looked for a long time for important mail among the rest.

        Parameters
        ----------
        profile : Profile or None
        now : float, optional
            Seconds since 1970; by default the clock's.
        """
        if profile is None or not sys.stderr.isatty():
            return
        audit = profile.last_audit()
        since = profile.created if audit is None else audit.taken
        days = int(((time.time() if now is None else now) - since) // DAY)
        if days >= self.settings.audit_days:
            said = f"no audit in {days} days" if audit is None else f"the last audit was {days} days ago"
            complain(f"{said}; how much important mail is lost? mailtriage audit MAILBOX tells")


def _until_the_end(profile: Profile) -> Profile:
    """Let a profile be closed when the command ends: then its log is emptied, and it is one file again."""
    _at_the_end(profile.close)
    return profile


def _at_the_end(do: Callable[[], None]) -> None:
    """Do something when the command ends, the last first; outside of a command the interpreter does it."""
    if "click" in sys.modules:
        import click

        ctx = click.get_current_context(silent=True)
        if ctx is not None:
            ctx.call_on_close(do)

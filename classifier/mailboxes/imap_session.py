"""A folder of a mail store, looked at through a connection that is made anew when it breaks.

Nothing here can change the store: the folder is opened by EXAMINE, and nothing is asked but SEARCH, FETCH of
BODY.PEEK and LIST. Source: RFC 9051 sections 6.3.3, 6.4.4, 6.4.5; RFC 3501, the same, for older servers.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import MailboxError
from .imap_url import ImapUrl
from .imap_wire import Broken, Refused, TooMuch, connect, reach_reason, said_by, shut

if TYPE_CHECKING:
    from .imap_client import Client

T = TypeVar("T")

# Seconds between attempts to get a lost connection back: a server that is started anew is waited for.
WAITS = (0.2, 1.0, 2.0, 4.0, 8.0)
_NEAR = 5
# Seconds to wait for a server's goodbye.
_FAREWELL = 5.0


class Session:
    """A user's connection to his store, with one folder open.

    Parameters
    ----------
    url : ImapUrl
    writes : bool
        Open the folder by SELECT; only `imap_store` does.

    Attributes
    ----------
    validity : int
        UIDVALIDITY of the folder; 0 before it was opened first.
    exists : int
        Messages in it when it was opened last.
    state : dict
        What the server said of it then.
    """

    def __init__(self, url: ImapUrl, writes: bool = False) -> None:
        self.url, self._writes = url, writes
        self.validity = url.validity or 0
        self.exists = 0
        self.state: dict[bytes, Any] = {}
        self._client: Client | None = None
        self._was_there = False

    def ask(self, question: Callable[[Client], T], tries: int = 3) -> T:
        """Ask the server something, again where the connection breaks.

        Parameters
        ----------
        question : callable
            From the client, with the folder open.
        tries : int
            How often to ask before giving up.

        Returns
        -------
        whatever the question gives

        Raises
        ------
        Broken
            If the server can be reached, but hangs up whenever it is asked.
        Refused
            If it says no.
        TooMuch
            If its answer is too large.
        MailboxError
            If it cannot be reached, or the folder is not what it was.
        """
        why = ""
        for _ in range(tries):
            client = self._opened()
            try:
                client.begin()
                return question(client)
            except TooMuch:
                self.drop()
                raise
            except ValueError as error:
                self.drop()
                raise Refused(f"its answer is no IMAP ({said_by(error)})") from error
            except (OSError, client.AbortError) as error:
                self.drop()
                why = reach_reason(self.url, error)
            except client.Error as error:
                raise Refused(said_by(error)) from error
            except BaseException:  # interrupted in an answer: the rest of it would be taken for the next
                self.drop()
                raise
        raise Broken(why)

    def at(self) -> ImapUrl:
        """Return the URL of the very folder that is open, whatever was searched in it."""
        return replace(self.url, validity=self.validity, search="")

    def renew(self) -> None:
        """Open the folder again, to see what has come since."""
        self.ask(self._select)

    def _opened(self) -> Client:
        """Return the client; connect, and open the folder, where that has not been done."""
        if self._client is not None:
            return self._client
        for wait in (*(WAITS if self.validity else ()), None):
            try:
                self._client = connect(self.url)
                self._select(self._client)
                return self._client
            except OSError as error:
                self.drop()
                if wait is None:
                    raise MailboxError(self.url.text, reach_reason(self.url, error)) from error
                time.sleep(wait)
        raise AssertionError  # the last wait is None

    def _select(self, client: Client) -> None:
        client.begin()
        try:
            state = client.select_folder(self.url.folder, readonly=not self._writes)
        except client.ReadOnlyError as error:
            self.drop()
            raise MailboxError(self.url.text, "the folder can only be read") from error
        except client.AbortError as error:
            raise ConnectionAbortedError(said_by(error)) from error
        except (client.Error, ValueError) as error:
            reason = self._not_there(client, said_by(error))
            self.drop()
            raise MailboxError(self.url.text, reason) from error
        validity = int(state.get(b"UIDVALIDITY", 0))
        if self.validity and validity != self.validity:
            self.drop()
            raise MailboxError(self.url.text, made_anew(self.validity, validity))
        self.validity, self.exists, self.state = validity, int(state.get(b"EXISTS", 0)), state

    def _not_there(self, client: Client, said: str) -> str:
        """Say why a folder cannot be opened, and which folders have names like it."""
        try:
            names = folders(client, "*")
        except (OSError, client.Error, ValueError):
            names = []
        folder = self.url.folder
        if folder in names:
            return f"the folder {folder} cannot be opened: {said}"
        whose = self.url.user or "the user"
        return f"{whose} has no folder {folder} at {self.url.host} ({said}){near_names(folder, names)}"

    def drop(self) -> None:
        """Let go of a connection that is of no use any more."""
        client, self._client = self._client, None
        if client is not None:
            shut(client)

    def close(self) -> None:
        """Take leave."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.socket().settimeout(_FAREWELL)
            client.logout()
        except (OSError, client.Error):
            shut(client)


def made_anew(before: int, now: int) -> str:
    """Say that a folder is another one than it was."""
    return f"the folder was made anew: its messages have other numbers (UIDVALIDITY is {now}, was {before})"


def near_names(folder: str, names: list[str]) -> str:
    """Name those of the folders that may have been meant."""
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(folder.lower(), lower, n=_NEAR, cutoff=0.5)
    near += [name for name in lower if folder.lower() in name and name not in near]
    found = ", ".join(lower[name] for name in near[:_NEAR])
    return f"; like it are {found}" if found else ""


def folders(client: Client, name: str) -> list[str]:
    """List the folders that can be opened, by name.

    Parameters
    ----------
    client : Client
    name : str
        "*" stands for anything.

    Returns
    -------
    list of str
    """
    closed = {b"\\noselect", b"\\nonexistent"}
    found = client.list_folders(pattern=name)
    return sorted(each for flags, _, each in found if not closed & {flag.lower() for flag in flags})


def folders_like(url: ImapUrl) -> list[str]:
    """Find the URLs of the folders that a pattern matches, by name; the pattern itself where there is none.

    Raises
    ------
    MailboxError
        If the server cannot be asked.
    """
    try:
        client = connect(url)
    except OSError as error:
        raise MailboxError(url.text, reach_reason(url, error)) from error
    try:
        client.begin()
        return [url.of(name).text for name in folders(client, url.folder)] or [url.text]
    except (OSError, client.Error, ValueError) as error:
        raise MailboxError(url.text, said_by(error)) from error
    finally:
        shut(client)

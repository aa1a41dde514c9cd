r"""Keywords set on messages of a mail store, and messages moved there by the server. Nothing is ever deleted.

Of the commands that change a store this sends two: UID STORE of keywords (never of a system flag), and UID
MOVE, by which a message is at any moment in one of both folders. There is no EXPUNGE here and no \Deleted; a
server that cannot MOVE is not asked to move.
Source: RFC 9051 sections 2.3.2 and 6.4.6; RFC 6851 section 3.3 (a move is one step for each message).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from classifier.patterns import pattern

from ..errors import MailboxError
from .imap import flags_of
from .imap_session import Session, folders, near_names
from .imap_url import ImapUrl
from .imap_wire import Broken, Refused, TooMuch

_KEYWORD = pattern(r"[!#$&'+\-./0-9:;<=>?@A-Z^_`a-z|}~]{1,100}")


class Mark(NamedTuple):
    """What is to become of one message.

    Parameters
    ----------
    uid : int
    add, remove : tuple of str
        Keywords.
    to : str
        The folder to move it to; '' to leave it.
    """

    uid: int
    add: tuple[str, ...]
    remove: tuple[str, ...] = ()
    to: str = ""


class Marked(NamedTuple):
    """What became of messages.

    Parameters
    ----------
    done : set of int
        Marked, and moved where that was wanted.
    left : set of int
        Not touched: gone, or flagged since they were judged.
    failed : dict of int to str
        The server did not do it, and why.
    """

    done: set[int]
    left: set[int]
    failed: dict[int, str]


def is_keyword(text: str) -> bool:
    """Tell whether a text may be a keyword: a flag that is none of the system's."""
    return _KEYWORD.fullmatch(text) is not None


class Store:
    """A folder of a mail store, to leave marks in.

    Parameters
    ----------
    url : ImapUrl
        With the UIDVALIDITY that UIDs belong to.
    keywords : iterable of str
        All that will be set.
    targets : iterable of str
        All folders that will be moved to.

    Raises
    ------
    MailboxError
        If it can only be read, does not keep these keywords, or there is no such target.
    """

    def __init__(self, url: ImapUrl, keywords: Iterable[str], targets: Iterable[str] = ()) -> None:
        self.url = url
        self._session = Session(url, writes=True)
        try:
            self._check_keywords(set(keywords))
            self._check_targets(set(targets))
        except BaseException:
            self.close()
            raise

    def _check_keywords(self, keywords: set[str]) -> None:
        if wrong := sorted(word for word in keywords if not is_keyword(word)):
            raise MailboxError(self.url.text, f"{wrong[0]!r} is no keyword")
        self._ask(lambda client: client.noop())
        kept = flags_of(self._session.state.get(b"PERMANENTFLAGS"))
        lacking = sorted(word for word in keywords if word.lower() not in kept)
        if lacking and "\\*" not in kept:
            reason = (
                f"the folder {self.url.folder} keeps no new keywords, such as {lacking[0]} (see --no-marks)"
            )
            raise MailboxError(self.url.text, reason)

    def _check_targets(self, targets: set[str]) -> None:
        if not targets:
            return
        if not self._ask(lambda client: client.has_capability("MOVE")):
            raise MailboxError(self.url.text, f"{self.url.host} cannot move messages in one step (RFC 6851)")
        there = self._ask(lambda client: folders(client, "*"))
        for name in sorted(targets):
            if name not in there:
                raise MailboxError(self.url.text, f"there is no folder {name}{near_names(name, there)}")
            if name == self.url.folder:
                raise MailboxError(self.url.text, f"messages cannot be moved from {name} to itself")

    def apply(self, marks: list[Mark], is_free: Callable[[frozenset[str]], bool]) -> Marked:
        """Set keywords and move messages; done again, it changes nothing.

        Parameters
        ----------
        marks : list of Mark
            At most some hundred.
        is_free : callable
            From the flags that a message has now to whether it may be touched.

        Returns
        -------
        Marked

        Raises
        ------
        MailboxError
            If the server cannot be reached, or the folder was made anew; what was done stays done.
        """
        now = self._flags([mark.uid for mark in marks])
        free = [mark for mark in marks if mark.uid in now and is_free(now[mark.uid])]
        failed: dict[int, str] = {}
        for words, group in _grouped((mark.remove, mark) for mark in free if mark.remove):
            self._store([mark.uid for mark in group], words, failed, adds=False)
        for words, group in _grouped((mark.add, mark) for mark in free if mark.add):
            self._store([mark.uid for mark in group], words, failed, adds=True)
        for target, group in _grouped((mark.to, mark) for mark in free if mark.to):
            self._move([mark.uid for mark in group if mark.uid not in failed], target, failed)
        done = {mark.uid for mark in free} - set(failed)
        return Marked(done, {mark.uid for mark in marks} - done - set(failed), failed)

    def _flags(self, uids: list[int]) -> dict[int, frozenset[str]]:
        got = self._ask(lambda client: client.fetch(uids, ["FLAGS"]))
        return {uid: flags_of(answer.get(b"FLAGS")) for uid, answer in got.items()}

    def _store(self, uids: list[int], words: tuple[str, ...], failed: dict[int, str], adds: bool) -> None:
        """Change keywords, and look whether the server kept them."""
        wanted = {word.lower() for word in words}

        def change(client: Any) -> None:
            ask = client.add_flags if adds else client.remove_flags
            ask(uids, [word.encode("ascii") for word in words], silent=True)

        if reason := self._refusal(change):
            failed.update(dict.fromkeys(uids, reason))
            return
        for uid, flags in self._flags(uids).items():
            if (wanted - flags) if adds else (wanted & flags):
                failed[uid] = f"the server did not keep {'' if adds else 'off '}{', '.join(sorted(words))}"

    def _move(self, uids: list[int], target: str, failed: dict[int, str]) -> None:
        if not uids:
            return
        reason = self._refusal(lambda client: client.move(uids, target))
        for uid in self._flags(uids):
            failed[uid] = reason or f"the server did not move it to {target}"

    def _refusal(self, question: Callable[[Any], Any]) -> str:
        """Ask for a change; returns why the server does not make it, '' where it does."""
        try:
            self._session.ask(question)
        except (Broken, Refused, TooMuch) as error:
            return str(error)
        return ""

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        try:
            return self._session.ask(question)
        except (Broken, Refused, TooMuch) as error:
            raise MailboxError(self.url.text, str(error)) from error

    def close(self) -> None:
        """Take leave; nothing is expunged by it."""
        self._session.close()


def _grouped(pairs: Iterable[tuple[Any, Mark]]) -> list[tuple[Any, list[Mark]]]:
    """Bring together what is treated alike."""
    groups: dict[Any, list[Mark]] = {}
    for key, mark in pairs:
        groups.setdefault(key, []).append(mark)
    return list(groups.items())

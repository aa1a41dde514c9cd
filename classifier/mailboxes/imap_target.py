"""Folders of a mail store that mail is sorted into, and the journal of what was put there.

A message is appended, the server says as which one (UIDPLUS), and is asked how large that is; only then it is
delivered. It is written down before: when a connection or the run ends in between, the folder is searched
for it, byte for byte, before it is appended again. Nothing in the store is changed or removed.
Source: RFC 9051 section 6.3.12; RFC 4315 section 3 (APPENDUID).
"""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from classifier.config import profile_file
from classifier.patterns import pattern

from ..errors import MailboxError
from .base import Original
from .copying import as_message
from .imap_session import Session, made_anew
from .imap_store import is_keyword
from .imap_url import is_imap, parse
from .imap_wire import Broken, Refused, TooMuch, connect, reach_reason, said_by, shut
from .journal import Delivery, Journal

if TYPE_CHECKING:
    from .imap_client import Client

# Deliveries are settled in the journal after so many: those since are looked for after a crash.
_SETTLE_AFTER = 64
_TRIES = 3
_APPENDED = pattern(rb"\[APPENDUID ([0-9]{1,10}) ([0-9]{1,10})\]")
_LINE_END = pattern(rb"\r\n|\r|\n")
_FLAGS = {"seen": "\\Seen", "answered": "\\Answered", "flagged": "\\Flagged", "draft": "\\Draft"}
_FLAGS["passed"] = "$Forwarded"


class ImapTarget:
    """Where `sort` puts messages in a store: the folders FOLDER/important and so on.

    Parameters
    ----------
    url : str
        Of FOLDER, which need not exist.
    sources : iterable of str
        The mailboxes that will be read.

    Raises
    ------
    MailboxError
        If the store cannot be used, FOLDER is a source, or another sort into it is at work.
    """

    def __init__(self, url: str, sources: Iterable[str] = ()) -> None:
        self.url = parse(url)
        self._sources = [parse(source) for source in sources if is_imap(source)]
        self._folders: dict[str, _Folder] = {}
        self._separator = self._asked(_separator)
        self._since = 0
        self._journal = Journal(self._journal_path(), "imap")
        try:
            for label in self._journal.labels():
                self._recover(label)
            self._journal.settle()
        except BaseException:
            self.close()
            raise

    def _journal_path(self) -> str:
        """Find a place for the journal: beside the profile, for a store has none."""
        where = f"{self.url.user}\n{self.url.host}\n{self.url.port}\n{self.url.folder}"
        folder = os.path.join(os.path.dirname(profile_file()), "sorted")
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise MailboxError(folder, error.strerror or str(error)) from error
        return os.path.join(folder, hashlib.sha256(where.encode()).hexdigest()[:24] + ".sqlite")

    def _asked(self, question: Any) -> Any:
        """Ask the server something that concerns no folder that is there."""
        try:
            client = connect(self.url)
        except OSError as error:
            raise MailboxError(self.url.text, reach_reason(self.url, error)) from error
        try:
            client.begin()
            return question(client)
        except (OSError, client.Error, ValueError) as error:
            raise MailboxError(self.url.text, said_by(error)) from error
        finally:
            shut(client)

    def path(self, label: str) -> str:
        """Return the URL of the folder of a label."""
        return self.url.of(self._name(label)).text

    def owns(self, path: str) -> bool:
        """Tell whether an error is about this target, and not about what is copied."""
        return path in (self.url.text, self._journal.path) or path in map(self.path, self._folders)

    def _name(self, label: str) -> str:
        return f"{self.url.folder}{self._separator}{label}"

    def _folder(self, label: str) -> _Folder:
        if label not in self._folders:
            name = self._name(label)
            for source in self._sources:
                if (source.host, source.user, source.folder) == (self.url.host, self.url.user, name):
                    raise MailboxError(self.path(label), "is itself mail that is to be sorted")
            self._asked(lambda client: _make(client, name))
            self._folders[label] = _Folder(Session(self.url.of(name)))
        return self._folders[label]

    def _recover(self, label: str) -> None:
        """Find which deliveries an interrupted sort did not make."""
        left = self._journal.unsettled(label)
        if left:
            folder = self._folder(label)
            self._journal.forget([delivery for delivery in left if not folder.holds(delivery)])

    def put(self, label: str, original: Original) -> bool:
        """Append a message, and see that it is there.

        Parameters
        ----------
        label : str
            Which folder.
        original : Original
            What a store cannot keep (NUL bytes, more than 40 MiB) is refused.

        Returns
        -------
        bool
            False if it had been delivered before.

        Raises
        ------
        MailboxError
            If the message cannot be read or is not taken; or, if the target `owns` the path, nothing can be.
        """
        stored = original.stored
        if original.is_cut:
            raise MailboxError(stored.mailbox, "too large for a mail store: not copied", stored.key)
        raw = _LINE_END.sub(b"\r\n", b"".join(as_message(original)))
        if b"\0" in raw:
            raise MailboxError(
                stored.mailbox, "holds NUL bytes, which IMAP cannot carry: not copied", stored.key
            )
        digest = hashlib.blake2b(stored.raw, digest_size=16).digest()
        nth = self._journal.meet(digest)
        if self._journal.has(digest, nth):
            return False
        folder = self._folder(label)
        checksum = hashlib.blake2b(raw, digest_size=16).digest()
        name = str(folder.validity)
        delivery = Delivery(digest, nth, label, name, folder.next_uid, len(raw), checksum)
        self._journal.intend([delivery])
        try:
            folder.deliver(delivery, raw, original)
        except Refused as error:
            self._journal.forget([delivery])
            if "OVERQUOTA" in str(error):
                raise MailboxError(self.path(label), str(error)) from error
            raise MailboxError(stored.mailbox, f"the server does not take it: {error}", stored.key) from error
        self._since += 1
        if self._since % _SETTLE_AFTER == 0:
            self._journal.settle()
        return True

    def close(self) -> None:
        """Take leave, and let go of the journal; what is not settled is looked for next time."""
        for folder in self._folders.values():
            folder.close()
        self._folders = {}
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._journal.settle()
        self.close()


class _Folder:
    """One folder that is appended to."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ask(lambda client: client.noop())
        self.validity = session.validity
        self.next_uid = int(session.state.get(b"UIDNEXT", 1))
        self._ours: set[int] = set()

    def deliver(self, delivery: Delivery, raw: bytes, original: Original) -> None:
        """Append a message; where the connection breaks, look first whether it is there.

        Raises
        ------
        Refused
            If the server does not want it.
        MailboxError
            If the server cannot be reached, or keeps something else than it was given.
        """
        for _ in range(_TRIES):
            try:
                answer = self._session.ask(lambda client: self._append(client, raw, original), tries=1)
                break
            except (Broken, TooMuch):
                if self.holds(delivery):
                    return
        else:
            raise MailboxError(self._session.url.text, "the connection breaks whenever a message is appended")
        appended = _APPENDED.search(answer if isinstance(answer, bytes) else b"")
        if appended:
            self._verify(int(appended[1]), int(appended[2]), delivery, original)

    def _append(self, client: Client, raw: bytes, original: Original) -> Any:
        flags = [_FLAGS.get(flag, flag) for flag in sorted(original.stored.flags) if flag != "trashed"]
        when = None
        if original.received and 0 < original.received < 1 << 32:
            when = datetime.datetime.fromtimestamp(original.received, datetime.UTC)
        kept = [flag for flag in flags if flag.startswith("\\") or is_keyword(flag)]
        return client.append(self._session.url.folder, raw, kept, when)

    def _verify(self, validity: int, uid: int, delivery: Delivery, original: Original) -> None:
        if validity != self.validity:
            raise MailboxError(self._session.url.text, made_anew(self.validity, validity))
        self._ours.add(uid)
        self.next_uid = max(self.next_uid, uid + 1)
        size = self._sizes(f"{uid}").get(uid)
        if size != delivery.size:
            stored = original.stored
            reason = f"the store keeps {size} bytes of the {delivery.size} that it was given"
            raise MailboxError(stored.mailbox, reason, stored.key)

    def _sizes(self, span: str) -> dict[int, int]:
        def ask(client: Client) -> dict[int, int]:
            client.noop()  # lets the server tell of what has come
            uids = client.search(f"UID {span}")
            got: dict[int, Any] = {}
            for at in range(0, len(uids), 500):
                got.update(client.fetch(uids[at : at + 500], ["RFC822.SIZE"]))
            return {uid: answer.get(b"RFC822.SIZE", 0) for uid, answer in got.items()}

        sizes: dict[int, int] = self._ask(ask)
        return sizes

    def holds(self, delivery: Delivery) -> bool:
        """Look for a message that may have been appended, and take it for this delivery if it is there."""
        begin = delivery.start if delivery.name == str(self.validity) else 1
        for uid, size in self._sizes(f"{begin}:*").items():
            if uid < begin or size != delivery.size or uid in self._ours:
                continue
            got = self._ask(lambda client, uid=uid: client.fetch([uid], ["BODY.PEEK[]"]))
            raw = got.get(uid, {}).get(b"BODY[]") or b""
            if hashlib.blake2b(raw, digest_size=16).digest() == delivery.checksum:
                self._ours.add(uid)
                return True
        return False

    def _ask(self, question: Any) -> Any:
        try:
            return self._session.ask(question)
        except (Broken, Refused, TooMuch) as error:
            raise MailboxError(self._session.url.text, str(error)) from error

    def close(self) -> None:
        """Take leave."""
        self._session.close()


def _separator(client: Client) -> str:
    """Ask which sign stands between a folder and those in it: RFC 9051 section 6.3.9.2."""
    found = client.list_folders("", "")
    sign = found[0][1] if found else None
    return sign.decode("ascii") if sign else "/"


def _make(client: Client, name: str) -> None:
    """Make a folder where there is none, and let mail programs show it."""
    if not client.folder_exists(name):
        client.create_folder(name)
        client.subscribe_folder(name)

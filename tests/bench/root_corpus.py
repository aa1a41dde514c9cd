"""Root mail with its labels, for the scripts that measure on it."""

from __future__ import annotations

from typing import NamedTuple

from corpora import Corpora, table

from classifier.mail import Message
from classifier.mailboxes import Stored, open_mailbox


class RootMail(NamedTuple):
    """One message, the host that sent it, and whether an administrator would want to know today."""

    stored: Stored
    host: str
    important: bool

    @property
    def label(self) -> str:
        """The label it is learned with."""
        return "important" if self.important else "unimportant"


def read_root_mail(corpora: Corpora) -> list[RootMail]:
    """Read all hosts, each in the order in which its mail came."""
    folder = corpora.corpora / "rootmail"
    labels = {row["message-id"]: row for row in table(folder / "labels.tsv")}
    mails = []
    for path in sorted(folder.glob("*.mbox")):
        for stored in open_mailbox(path):
            row = labels[Message(stored.raw).message_id]
            mails.append(RootMail(stored, row["host"], row["label"] == "important"))
    return mails

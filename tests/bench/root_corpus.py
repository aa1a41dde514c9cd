"""Root mail with its labels, for the scripts that measure on it: `data/rootmail`, published with the code."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from corpora import REPO, Corpora, table

from classifier.mail import Message
from classifier.mailboxes import Stored, open_mailbox


class RootMail(NamedTuple):
    """One message, who sent it and when, and whether an administrator would want to know today.

    `kind` is ``tool:case``; `arrived` is in unix seconds.
    """

    stored: Stored
    host: str
    important: bool
    kind: str
    arrived: float

    @property
    def label(self) -> str:
        """The label it is learned with."""
        return "important" if self.important else "unimportant"

    @property
    def tool(self) -> str:
        """The tool that wrote it."""
        return self.kind.partition(":")[0]


def read_root_mail(_: Corpora | None = None) -> list[RootMail]:
    """Read all hosts, each in the order in which its mail came."""
    folder = REPO / "data" / "rootmail"
    labels = {row["message-id"]: row for row in table(folder / "labels.tsv")}
    mails = []
    for path in sorted(folder.glob("*.mbox.xz")):
        for stored in open_mailbox(path):
            row = labels[Message(stored.raw).message_id]
            arrived = datetime.fromisoformat(row["date"]).timestamp()
            mails.append(RootMail(stored, row["host"], row["label"] == "important", row["kind"], arrived))
    return mails

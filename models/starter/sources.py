"""The mail that the starter model learns from, and which source each message stands for.

A *source* is what is left out as a whole when a setting is chosen or a score is calibrated: a folder of the
SpamAssassin corpus, a host of the root-mail corpus, the mailing list as ham, the mailing list as one
reader's mail.
"""

from __future__ import annotations

import csv
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from readers import Reader, more_readers

from classifier.engine.remembering import open_history
from classifier.history import Arrival, Past, Ram
from classifier.mail import Message
from classifier.mailboxes import Stored, open_mailbox
from classifier.signals import Site

LIST_HAM = 1200
"""Messages of the list that are taken as ham: as many as of root mail, far fewer than of old ham."""

ANSWERED, UNANSWERED = 100, 4
"""Messages that a reader of the list answered within its archive, at most; how many he did not for each.
About one in five is important to a reader of mail from people; half and half would call most of it so."""


class Sample(NamedTuple):
    """One message to learn.

    Parameters
    ----------
    source : str
        ``corpus/part``.
    label : str
        ``spam``, ``ham``, ``important`` or ``unimportant``.
    stored : Stored
    site : Site
        Whose mail it is.
    past : Past, optional
        What its host's administrator, or its reader, had seen before it came.
    """

    source: str
    label: str
    stored: Stored
    site: Site
    past: Past | None = None


def read_samples(corpora: Path, without: Container[str] = ()) -> Iterator[Sample]:
    """Read everything that is learned, always in the same order.

    Parameters
    ----------
    corpora : path
        The folder with ``spamassassin``, ``rootmail`` and ``linux-raid``.
    without : container of str, default ()
        Folders that are left out.

    Yields
    ------
    Sample
    """
    read = {"spamassassin": _spamassassin, "rootmail": _root_mail, "linux-raid": _mailing_list}
    for name, samples_of in read.items():
        if name not in without:
            yield from samples_of(corpora / name)


def _spamassassin(folder: Path) -> Iterator[Sample]:
    with open_mailbox(folder / "all.mbox") as mailbox:
        for row, stored in zip(_table(folder / "index.tsv"), mailbox, strict=True):
            yield Sample("spamassassin/" + row["id"].split("/")[0], row["label"], stored, Site())


def _root_mail(folder: Path) -> Iterator[Sample]:
    gold = {row["message-id"]: row for row in _table(folder / "labels.tsv")}
    for path in sorted(folder.glob("*.mbox")):
        with open_mailbox(path) as mailbox:
            history = open_history(Ram())
            for stored in mailbox:
                arrival = Arrival(Message(stored.raw), Site())
                row = gold[arrival.message.message_id]
                past = history.recall(arrival)
                history.observe(arrival)
                yield Sample("rootmail/" + row["host"], row["label"], stored, Site(), past)


def _mailing_list(folder: Path) -> Iterator[Sample]:
    """Take some as ham, and some as each reader got them; readers go by number, they are people."""
    rows = list(_table(folder / "index.tsv"))
    with open_mailbox(folder / "list.mbox.xz") as mailbox:
        stored = list(mailbox)
    for at in _some(range(len(rows)), LIST_HAM):
        yield Sample("linux-raid/list", "ham", stored[at], Site())
    messages = [Message(each.raw) for each in stored]
    named = [name.removeprefix("from_") for name in rows[0] if name.startswith("from_")]
    readers = [_named_reader(name, rows, messages) for name in named]
    readers += more_readers(messages, frozenset().union(*(reader.me for reader in readers)))
    arrived = [float(row["arrived"]) for row in rows]
    for number, reader in enumerate(readers, start=1):
        yield from _as_read_by(reader, f"linux-raid/reader-{number}", stored, messages, arrived)


def _named_reader(name: str, rows: list[dict[str, str]], messages: list[Message]) -> Reader:
    """Look up a reader of whom the index of the list tells what he answered."""
    me = {
        author.addr.lower()
        for row, message in zip(rows, messages, strict=True)
        if row[f"from_{name}"] == "1"
        for author in message.authors
    }
    return Reader(frozenset(me), frozenset(at for at, row in enumerate(rows) if row[f"replied_{name}"]))


def _as_read_by(
    reader: Reader, source: str, stored: list[Stored], messages: list[Message], arrived: list[float]
) -> Iterator[Sample]:
    """Go through the list as one reader got it; take some of it, with what he had seen before."""
    history = open_history(Ram())
    site = Site(me=reader.me)
    asked = _asked_of(reader, messages)
    for at, message in enumerate(messages):
        arrival = Arrival(message, site, arrived[at])
        if at in asked:
            label = "important" if at in reader.answered else "unimportant"
            yield Sample(source, label, stored[at], site, history.recall(arrival))
        history.observe(arrival)


def _asked_of(reader: Reader, messages: list[Message]) -> set[int]:
    """Choose mail to learn from: as many answered for each unanswered one of every reader."""
    others = [
        at
        for at, message in enumerate(messages)
        if not any(author.addr.lower() in reader.me for author in message.authors)
    ]
    answered = _some((at for at in others if at in reader.answered), ANSWERED)
    unanswered = _some((at for at in others if at not in reader.answered), round(len(answered) * UNANSWERED))
    return {*answered, *unanswered}


def _some(places: Iterable[int], count: int) -> list[int]:
    """Choose as many, spread by chance over the years; always the same ones."""
    places = list(places)
    chosen = np.random.default_rng(0).choice(len(places), min(count, len(places)), replace=False)
    return [places[at] for at in sorted(chosen.tolist())]


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")

"""The mail that the starter model learns from, and which source each message stands for.

A *source* is what is left out as a whole when a setting is chosen or a score is calibrated: a folder of the
SpamAssassin corpus, a host of the root-mail corpus, the mailing list as ham, the mailing list as one
reader's mail.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classifier.engine.remembering import open_history
from classifier.history import Arrival, Past, Ram
from classifier.mail import Message
from classifier.mailboxes import Stored, open_mailbox
from classifier.signals import Site

LIST_HAM = 1200
"""Messages of the list that are taken as ham: as many as of root mail, far fewer than of old ham."""

ANSWERED, UNANSWERED = 300, 400
"""Messages that a reader of the list answered within its archive, and did not: for each reader."""


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


def read_samples(corpora: Path) -> Iterator[Sample]:
    """Read everything that is learned, always in the same order.

    Parameters
    ----------
    corpora : path
        The folder with ``spamassassin``, ``rootmail`` and ``linux-raid``.

    Yields
    ------
    Sample
    """
    yield from _spamassassin(corpora / "spamassassin")
    yield from _root_mail(corpora / "rootmail")
    yield from _mailing_list(corpora / "linux-raid")


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
    ham = set(_some(range(len(rows)), LIST_HAM))
    readers = [name.removeprefix("from_") for name in rows[0] if name.startswith("from_")]
    asked: dict[int, list[tuple[str, str]]] = {}
    for reader in readers:
        others = [at for at, row in enumerate(rows) if row[f"from_{reader}"] == "0"]
        for label, answered, count in (("important", True, ANSWERED), ("unimportant", False, UNANSWERED)):
            these = [at for at in others if bool(rows[at][f"replied_{reader}"]) is answered]
            for at in _some(these, count):
                asked.setdefault(at, []).append((reader, label))
    own: dict[str, set[str]] = {reader: set() for reader in readers}
    with open_mailbox(folder / "list.mbox.xz") as mailbox:
        for at, (row, stored) in enumerate(zip(rows, mailbox, strict=True)):
            if at in ham:
                yield Sample("linux-raid/list", "ham", stored, Site())
            for reader in (reader for reader in readers if row[f"from_{reader}"] == "1"):
                own[reader].update(author.addr.lower() for author in Message(stored.raw).authors)
    for number, reader in enumerate(readers, start=1):
        asked_of = {at: label for at, several in asked.items() for name, label in several if name == reader}
        site = Site(me=frozenset(own[reader]))
        yield from _as_read_by(folder / "list.mbox.xz", rows, asked_of, f"linux-raid/reader-{number}", site)


def _as_read_by(
    path: Path, rows: list[dict[str, str]], asked: dict[int, str], source: str, site: Site
) -> Iterator[Sample]:
    """Go through the list as one reader got it, and take what is asked for, with what he had seen before."""
    history = open_history(Ram())
    with open_mailbox(path) as mailbox:
        for at, (row, stored) in enumerate(zip(rows, mailbox, strict=True)):
            arrival = Arrival(Message(stored.raw), site, float(row["arrived"]))
            if at in asked:
                yield Sample(source, asked[at], stored, site, history.recall(arrival))
            history.observe(arrival)


def _some(places: Iterable[int], count: int) -> list[int]:
    """Choose as many, spread by chance over the years; always the same ones."""
    places = list(places)
    chosen = np.random.default_rng(0).choice(len(places), min(count, len(places)), replace=False)
    return [places[at] for at in sorted(chosen.tolist())]


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")

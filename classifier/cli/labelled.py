"""Labelled mail as commands take it: folders of one kind each, or a table and where its messages are."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.exits import complain
from classifier.cli.intake import mailbox_format
from classifier.cli.manual import with_options
from classifier.cli.reading import Intake

if TYPE_CHECKING:
    from classifier.labels import Labelled, LabelledMail
    from classifier.labels.marks import MarkedMail
    from classifier.mailboxes import Mailbox

LABELS = {
    "important": "Mail that you want to see at once; may be repeated.",
    "unimportant": "Mail that is no spam, but can wait; may be repeated.",
    "spam": "Mail that you never want to see; may be repeated.",
    "ham": "Mail that is no spam, its importance unknown; may be repeated.",
}

MARKED = {
    "from-flags": "Mail that its reader answered, flagged, tagged, called junk, or deleted unread.",
    "takeout": "Gmail's export (mbox): its labels spam, important and starred, in some 45 languages.",
    "arf": "Abuse reports (RFC 5965): the reported message is spam.",
    "forwarded": "Corrections, forwarded as attachments to spam@, ham@, important@ or me+spam@...",
    "exchange": "Mail of an Exchange server: spam from a confidence level of 5 on, ham up to 1.",
}
"""Mail that says itself what it is; the help of each option, all of which may be repeated."""

TABLE = (
    "The table (--labels) has tab-separated columns, named in its first line: label, and message-id (or "
    "message_id) or mailbox and key. Other columns are ignored, so are rows without a label. A label is "
    "important, unimportant, spam or ham. Copies that share a Message-ID all get its label; a row whose "
    "message is nowhere, and two labels for one message, are errors."
)
"""A paragraph of the help of every command that takes labelled mail."""


@dataclass(frozen=True, slots=True)
class Given:
    """Where a command line says that labelled mail is.

    Parameters
    ----------
    folders : tuple of (str, str)
        Label and path.
    table : Path or None
    tabled : tuple of str
        Paths of the mailboxes that the table speaks of.
    marked : tuple of (str, str)
        Key of `MARKED` and path.
    form : str or None
        What every mailbox is.
    """

    folders: tuple[tuple[str, str], ...]
    table: Path | None
    tabled: tuple[str, ...]
    marked: tuple[tuple[str, str], ...]
    form: str | None

    @contextmanager
    def opened(self) -> Iterator[tuple[LabelledMail, Intake]]:
        """Open all mailboxes and find the messages of the table; at the end name what was unreadable.

        Yields
        ------
        (LabelledMail, Intake)
            The mail; and what counts unreadable places, whose `code` is the command's exit code.

        Raises
        ------
        MailboxError
            If a mailbox cannot be opened: no figure or model from half of what was meant.
        LabelError
            If the table is wrong, or speaks of messages that are nowhere.
        """
        from classifier.labels import LabelledMail

        intake = Intake(self.tabled, self.form)
        folders = [(label, intake.open(path)) for label, path in self.folders]
        boxes = [intake.open(path) for path in self.tabled]
        marked = [(kind, intake.open(path)) for kind, path in self.marked]
        mail = LabelledMail(folders, _found(self.table, boxes), _marked(marked))
        try:
            yield mail, intake
        finally:
            for mailbox in mail.mailboxes:
                mailbox.close()

    def paths(self) -> list[str]:
        """Name everything that is read.

        Returns
        -------
        list of str
        """
        named = [path for _, path in (*self.folders, *self.marked)]
        return [*named, *self.tabled, *([str(self.table)] if self.table else [])]

    def __bool__(self) -> bool:
        return bool(self.folders or self.table or self.marked)


def name_problems(mail: LabelledMail, intake: Intake) -> None:
    """Name what was unreadable in mail that was read to its end.

    Parameters
    ----------
    mail : LabelledMail
    intake : Intake
        Counts them.
    """
    for mailbox in mail.mailboxes:
        intake.name_problems(mailbox)


def labelled_mail(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what names labelled mail, as its argument ``given``, and explain the table in its help.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_labelled(
        *args: Any,
        mailboxes: tuple[str, ...],
        labels: Path | None,
        mailbox_format: str | None,
        **options: Any,
    ) -> Any:
        folders = tuple((label, path) for label in LABELS for path in options.pop(label))
        if mailboxes and not labels and len({label for label, _ in folders}) == 1:
            folders += tuple((folders[0][0], path) for path in mailboxes)  # --spam a b c, as shells expand it
            mailboxes = ()
        alone = bool(mailboxes) and bool(options.get("behaviour"))  # what was done is the label
        if bool(labels) != bool(mailboxes) and not alone:
            raise click.UsageError("--labels and MAILBOX go together: the table, and where its messages are")
        marked = tuple((kind, path) for kind in MARKED for path in options.pop(kind.replace("-", "_")))
        return command(*args, given=Given(folders, labels, mailboxes, marked, mailbox_format), **options)

    with_labelled.__doc__ = f"{inspect.cleandoc(command.__doc__ or '')}\n\n{TABLE}"
    folders = [
        click.option(f"--{label}", multiple=True, metavar="MAILBOX", type=click.Path(), help=words)
        for label, words in LABELS.items()
    ]
    marked = [
        click.option(f"--{kind}", multiple=True, metavar="MAILBOX", type=click.Path(), help=words)
        for kind, words in MARKED.items()
    ]
    options = (_MAILBOXES, *folders, _TABLE, *marked, mailbox_format)
    return with_options(options, with_labelled)


_MAILBOXES = click.argument("mailboxes", nargs=-1, metavar="[MAILBOX]...", type=click.Path())
_TABLE = click.option(
    "--labels",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TSV",
    help="A table that labels the messages of each MAILBOX.",
)


def _found(table: Path | None, mailboxes: list[Mailbox]) -> Labelled | None:
    """Find the messages that the table speaks of."""
    if table is None:
        return None
    from classifier.labels import read_labels

    found = read_labels(table).find(mailboxes)
    if found.unlabelled:
        complain(f"{table}: says nothing of {found.unlabelled} messages, which are left out")
    return found


def _marked(mailboxes: list[tuple[str, Mailbox]]) -> list[MarkedMail]:
    """Read the marks on mail that says itself what it is, and say what was found."""
    if not mailboxes:
        return []
    from classifier.labels.marks import open_marks

    marked = open_marks(mailboxes)
    for each in marked:
        found = ", ".join(f"{count} {label}" for label, count in sorted(each.counts.items())) or "nothing"
        silent = f"; {each.silent} messages say nothing" if each.silent else ""
        complain(f"{each.mailbox.path}: {found}{silent}")
    return marked

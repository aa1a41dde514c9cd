"""``mailtriage mark``: verdicts left on messages in a mail store, as keywords, or by moving them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import Scoring
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.opening import Personal
from classifier.cli.personal import personal
from classifier.cli.progress import shown
from classifier.cli.reading import Intake
from classifier.cli.scoring import scoring
from classifier.errors import MailboxError
from classifier.output.safe import bounded, clean

if TYPE_CHECKING:
    from classifier.engine import Classifier
    from classifier.mailboxes.imap import ImapFolder
    from classifier.mailboxes.imap_store import Mark, Store
    from classifier.output.marking import Marking
    from classifier.verdict import Verdict

LABELS = ("important", "unimportant", "spam")
INBOX = "imaps://ann@imap.example.org/INBOX"

EXAMPLES = [
    ("See what would be done", f"mailtriage mark --dry-run {INBOX}"),
    ("Mark what has come and was not marked yet", f"mailtriage mark {INBOX}"),
    ("And have spam moved to a folder", f"mailtriage mark --move spam=Junk {INBOX}"),
    (
        "Show importance in Thunderbird, by its first tag",
        f"mailtriage mark --set 'important=$label1' {INBOX}",
    ),
    (
        "Learn the spam that you moved there yourself",
        'mailtriage learn --spam "imaps://ann@imap.example.org/Junk?UNKEYWORD mailtriage-spam"',
    ),
    (
        "Learn what you fetched back",
        f'mailtriage learn --ham "{INBOX}?KEYWORD mailtriage-spam"',
    ),
]

# Messages whose marks are set together: few enough that who looks sees them soon.
_BATCH = 64


@click.command("mark", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@click.argument("mailboxes", nargs=-1, required=True, metavar="IMAP-URL...")
@scoring
@personal
@click.option(
    "--set",
    "keywords",
    multiple=True,
    metavar="LABEL=KEYWORD[,...]",
    help="The keywords for a label; may be repeated. By default important=$Important and spam=$Junk.",
)
@click.option(
    "--move",
    "targets",
    multiple=True,
    metavar="LABEL=FOLDER",
    help="Have the messages of a label moved to a folder of the same store; may be repeated.",
)
@click.option(
    "--no-marks",
    is_flag=True,
    help="Set no keywords, only move: for stores that keep none (Exchange). What stays is judged by every "
    "run, and what you fetch back is moved again unless you flag it.",
)
@click.option("--again", is_flag=True, help="Judge again what was marked before and is as it was marked.")
@click.option(
    "--dry-run", is_flag=True, help="Change nothing, only say what would be done with which message."
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    mailboxes: tuple[str, ...],
    scoring: Scoring,
    personal: Personal,
    keywords: tuple[str, ...],
    targets: tuple[str, ...],
    no_marks: bool,
    again: bool,
    dry_run: bool,
) -> None:
    """Leave verdicts on the messages of each IMAP-URL, where mail programs see them.

    An IMAP-URL is imaps://USER@HOST/FOLDER, perhaps with a search (?SINCE 1-Nov-2026). What is important or
    spam gets the keyword that mail programs know; and every judged message gets mailtriage-LABEL, which says
    who it was. The next run passes over it, so an interrupted run goes on, and a cron job marks what is new;
    and "learn --from-flags" does not take it for your word. What is unsure gets mailtriage-unsure alone.

    Nothing is ever deleted, no system flag is set, and mail stays unread. What you flagged, answered,
    forwarded, deleted or labelled yourself is left alone. Messages are moved by the server, each in one step
    (RFC 6851), or not at all. Passwords, cron, learning: notebooks/07_mail_stores.md.
    """
    if no_marks and (keywords or again or not targets):
        raise click.UsageError("--no-marks goes with --move alone: without marks nothing else is left to do")
    marking = _marking(keywords, targets, again, not no_marks)
    classifier = scoring.load(personal.open())
    intake = Intake(mailboxes)
    run = _Run(marking, classifier, scoring, intake, dry_run)
    for url in intake.paths:
        run.folder(url)
    for line in run.told():
        click.echo(line)
    ctx.exit(intake.code(run.judged, "judged"))


def _marking(keywords: tuple[str, ...], targets: tuple[str, ...], again: bool, signs: bool) -> Marking:
    """Read --set and --move."""
    from classifier.mailboxes.imap_store import is_keyword
    from classifier.output.marking import USUAL, Marking

    said: dict[str, tuple[str, ...]] = {}
    for label, text in map(_split, keywords):
        words = tuple(word for word in text.split(",") if word)
        for word in words:
            if not is_keyword(word):
                raise click.UsageError(
                    f"--set {label}: {word!r} is no keyword; flags such as \\Seen are yours"
                )
        said[label] = (*said.get(label, ()), *words)
    moved = dict(map(_split, targets))
    if empty := [label for label, folder in moved.items() if not folder]:
        raise click.UsageError(f"--move {empty[0]}: which folder?")
    usual: dict[str, tuple[str, ...]] = USUAL if signs else dict.fromkeys(LABELS, ())
    return Marking({**usual, **said}, moved, again, signs)


def _split(text: str) -> tuple[str, str]:
    label, equals, value = text.partition("=")
    if not equals or label not in LABELS:
        raise click.UsageError(f"{text!r} is not LABEL=...; labels are {', '.join(LABELS)}")
    return label, value.strip()


class _Run:
    """Folders judged one after another, and what became of their messages."""

    def __init__(
        self, marking: Marking, classifier: Classifier, scoring: Scoring, intake: Intake, dry_run: bool
    ) -> None:
        self._marking, self._classifier, self._scoring = marking, classifier, scoring
        self._intake, self._dry_run = intake, dry_run
        self.counts: Counter[str] = Counter()
        self.before = self.alone = self.judged = 0

    def folder(self, url: str) -> None:
        """Judge and mark a folder; one that cannot be read or marked is named."""
        from classifier.mailboxes.imap import ImapFolder

        try:
            with self._intake.open(url) as mailbox:
                if not isinstance(mailbox, ImapFolder):
                    raise click.UsageError(f"{url} is no folder of a mail store: imaps://USER@HOST/FOLDER")
                try:
                    self._opened(mailbox)
                finally:
                    self._intake.name_problems(mailbox)
        except MailboxError as error:
            self._intake.refuse(error)

    def _opened(self, mailbox: ImapFolder) -> None:
        from classifier.mailboxes.imap_store import Store

        self._scoring.settle(self._classifier, mailbox)
        everything = len(mailbox.uids())
        mailbox.narrow = self._marking.search()
        self.before += everything - len(mailbox.uids())
        mailbox.wanted = self._wants
        store = None
        if not self._dry_run:
            url = mailbox.session.at()
            store = Store(url, self._marking.all_keywords(), self._marking.targets.values())
        try:
            batch: list[tuple[str, Mark]] = []
            for each in self._judged(mailbox):
                batch.append(each)
                if len(batch) >= _BATCH:
                    self._apply(mailbox, store, batch)
                    batch = []
            self._apply(mailbox, store, batch)
        finally:
            if store:
                store.close()

    def _wants(self, flags: frozenset[str]) -> bool:
        """Tell whether to judge a message; what is left alone is not even fetched."""
        free = self._marking.is_free(flags)
        self.alone += not free
        return free

    def _judged(self, mailbox: ImapFolder) -> Iterator[tuple[str, Mark]]:
        verdicts = self._classifier.classify_many(mailbox, jobs=self._scoring.jobs)
        for verdict in shown(verdicts, "judged", prints_later=not self._dry_run):
            stored = verdict.stored
            if stored is None:
                continue
            label = "unsure" if verdict.unsure else verdict.label
            mark = self._marking.mark(int(stored.key.rpartition(".")[2]), label, stored.flags)
            self.judged += 1
            if self._dry_run and label != "unsure":
                click.echo(f"{stored.key:>16}  {self._what(label):<30}  {_who(verdict)}")
            yield label, mark

    def _apply(self, mailbox: ImapFolder, store: Store | None, batch: list[tuple[str, Mark]]) -> None:
        labels = {mark.uid: label for label, mark in batch}
        if store is None:
            self.counts.update(labels.values())
            return
        if not batch:
            return
        outcome = store.apply([mark for _, mark in batch], self._marking.is_free)
        self.counts.update(labels[uid] for uid in outcome.done)
        self.alone += len(outcome.left)
        for uid, reason in outcome.failed.items():
            self._intake.refuse(f"{mailbox.path} at {mailbox.key(uid)}: {reason}")

    def _what(self, label: str) -> str:
        """Say what is done with the messages of a label."""
        words = self._marking.keywords.get(label, ())
        said = [f"marked {' '.join(words)}"] if words else []
        if folder := self._marking.targets.get(label):
            said.append(f"moved to {folder}")
        return f"{label}{', ' if said else ''}{', '.join(said)}"

    def told(self) -> Iterator[str]:
        """Sum up."""
        would = "would be " if self._dry_run else ""
        for label in LABELS:
            what = self._what(label).partition(", ")[2]
            yield clean(f"{self.counts[label]:>8} {label}{f', {would}{what}' if what else ''}")
        yield f"{self.counts['unsure']:>8} unsure, left as they are"
        if self.alone:
            yield f"{self.alone:>8} left alone: flagged, answered, deleted or labelled by you"
        if self.before:
            yield f"{self.before:>8} marked before"


def _who(verdict: Verdict) -> str:
    """Name a message in a line."""
    message = verdict.message
    return f"{bounded(message.headers.get('from') or '', 40):<40}  {bounded(message.subject or '', 60)}"

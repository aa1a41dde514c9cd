"""The digest as plain text, for terminals and for the first half of a letter."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from classifier.digest.parts import Digest, Excerpt, Fold, Matter, Urgent
from classifier.digest.words import (
    BUCKETS,
    aftermath,
    before,
    count,
    headline,
    heights,
    lateness,
    moment,
    sparkline,
    unread,
    writers,
)

WIDTH = 100
"""Columns; a terminal may have more or fewer, a letter has these."""


def write_text(digest: Digest, width: int = WIDTH) -> str:
    """Write a digest as text.

    Parameters
    ----------
    digest : Digest
    width : int, default `WIDTH`
        Columns, where a line can be cut.

    Returns
    -------
    str
        Ends in a newline.
    """
    return "\n".join(line.rstrip() for line in _lines(digest, max(width, 60))) + "\n"


def _lines(digest: Digest, width: int) -> Iterator[str]:
    if not digest.mails and not digest.late:
        yield "No mail could be read." if digest.unread else "No mail."
        yield from _unread(digest, width)
        return
    period = f"{moment(digest.since)} to {moment(digest.until)}" if digest.mails else moment(digest.until)
    yield f"{period}: {headline(digest)}"
    yield from _unread(digest, width)
    if digest.urgent:
        matters = digest.matters()
        yield from ("", f"Needs you ({len(matters)})")
        for matter in matters:
            yield from _matter(matter, width)
    if digest.late:
        yield from ("", f"Overdue ({len(digest.late)})")
        for late in digest.late:
            yield f"  {late.who}"
            yield f"      {lateness(late, digest.until)}"
    yield from _folded("Look at these when you can", [f for f in digest.folds if f.unsure], digest, width)
    calm = [fold for fold in digest.folds if not fold.unsure]
    yield from _folded("Needs nobody", [fold for fold in calm if fold.label != "spam"], digest, width)
    yield from _folded("Spam", [fold for fold in calm if fold.label == "spam"], digest, width)
    yield from ("", "Open a mail: mailtriage show MAILBOX KEY")


def _unread(digest: Digest, width: int) -> Iterator[str]:
    """Name what could not be read, before anything that might look like all there was."""
    if digest.unread:
        yield from ("", f"Not readable ({len(digest.unread):,}): mail in it is missing here")
        for each in unread(digest):
            yield from wrap(each, width, initial_indent="  ", subsequent_indent=" " * 6)


def _matter(matter: Matter, width: int) -> Iterator[str]:
    """Show the latest mail of a matter, what came since, and where the earlier ones are."""
    yield from _urgent(matter.last, width)
    if matter.usual_since:
        yield f"        {aftermath(matter)}"
    if len(matter.mails) > 1:
        places = "; ".join(f"{moment(one.entry.when)[5:]} {one.entry.key}" for one in matter.mails[1:])
        yield from wrap(
            f"{before(matter)}: {places}", width, initial_indent=" " * 8, subsequent_indent=" " * 10
        )


def _urgent(one: Urgent, width: int) -> Iterator[str]:
    entry = one.entry
    yield ""
    yield f"  {one.chance:4.0%}{'?' if entry.unsure else ' '} {entry.subject}"[:width]
    yield f"        {moment(entry.when)}  {one.who}"[:width]
    yield f"        {entry.mailbox} {entry.key}"
    for excerpt in one.excerpt:
        yield from _shown(excerpt, width)
    if one.reasons:
        yield f"        why: {'; '.join(one.reasons)}"[: 2 * width]


def _shown(excerpt: Excerpt, width: int) -> list[str]:
    """One line of a mail: one that is marked is never cut, for what counts may stand at its end."""
    line = f"      {'>>' if excerpt.marked else '  '} {excerpt.text or '…'}"
    if not excerpt.marked or len(line) <= width:
        return [line[:width]]
    return wrap(line, width, subsequent_indent=" " * 13, drop_whitespace=False, break_on_hyphens=False)


def _folded(title: str, folds: list[Fold], digest: Digest, width: int) -> Iterator[str]:
    if not folds:
        return
    mails = sum(len(fold.entries) for fold in folds)
    yield from ("", f"{title} ({count(mails, 'mail')} from {writers(len(folds))})")
    for fold in folds:
        last = fold.last
        bars = sparkline(heights(fold, digest.since, digest.until))
        unsure = f" ({fold.unsure} unsure)" if fold.unsure and fold.unsure < len(fold.entries) else ""
        head = f"  {len(fold.entries):5}  {bars:{BUCKETS}}  {moment(last.when)[5:]}  {last.key:>10}  "
        yield f"{head}{fold.who}{unsure}"[: max(width, len(head) + 30)]

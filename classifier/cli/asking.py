"""Asking a person about messages, one after another: a key an answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from classifier.cli.screen import fit, heading, screen_width
from classifier.output.safe import bounded, clean

if TYPE_CHECKING:
    from classifier.verdict import Verdict

KEYS = {"i": "important", "u": "unimportant", "s": "spam"}
HELP = "i important  u unimportant  s spam  v view  b back  n next, cannot say  q stop here"
VIEWED = 24
"""Lines of a message's text that are shown when asked for."""

Answer = tuple[int, str]
"""Number of the message, and its label; '' where the reader cannot say."""


def ask(verdicts: Sequence[Verdict]) -> dict[int, str]:
    """Ask what messages are, without telling what they were taken for.

    Parameters
    ----------
    verdicts : sequence of Verdict

    Returns
    -------
    dict of int to str
        The label of each message that got one, by its place.
    """
    answers: dict[int, str] = {}
    at = 0
    click.echo(HELP)
    while at < len(verdicts):
        for line, titled in _shown(verdicts[at], f"{at + 1} of {len(verdicts)}"):
            click.echo(heading(line) if titled else line)
        key = _key(answers.get(at, ""))
        if key == "q":
            break
        if key == "b":
            at = max(0, at - 1)
        elif key == "v":
            for line in _text(verdicts[at]):
                click.echo(f"    {line}")
        elif key == "n":
            answers.pop(at, None)
            at += 1
        elif key in KEYS:
            answers[at] = KEYS[key]
            at += 1
        else:
            click.echo(HELP)
    return answers


def _shown(verdict: Verdict, place: str) -> Iterator[tuple[str, bool]]:
    """Lay out what a mailbox would show of a message."""
    message, width = verdict.message, screen_width()
    date = message.headers.get("date")
    yield "", False
    yield (
        f"{place}  {fit(bounded(message.subject, 400) or '(no subject)', width - len(place) - 2)}".rstrip(),
        True,
    )
    yield f"    {fit(bounded(message.headers.get('from'), 400), width - 4)}".rstrip(), False
    yield f"    {fit(bounded(date, 80), width - 4)}".rstrip(), False


def _text(verdict: Verdict) -> list[str]:
    """Return the beginning of what a reader would see."""
    width = screen_width() - 4
    lines = [clean(line).rstrip() for line in verdict.message.text[:20_000].split("\n")]
    shown = [fit(line, width).rstrip() for line in lines if line][:VIEWED]
    return shown or ["(no text)"]


def _key(before: str) -> str:
    """Wait for a key, or where there is no terminal for a line; the end of input stops."""
    click.echo(f"    {f'({before}) ' if before else ''}? ", nl=False)
    if sys.stdin.isatty():
        try:
            key = click.getchar()
        except (KeyboardInterrupt, EOFError):  # Ctrl-C and Ctrl-D stop here, too: what was answered counts
            key = "q"
        click.echo(key if key.isprintable() else "")
        return key.lower()
    line = sys.stdin.readline()
    click.echo(line.strip())
    return line.strip()[:1].lower() if line else "q"

"""The short way of ``mailtriage classify --via SOCKET -``: one message, one line, a few milliseconds.

Whatever is not exactly that takes the long way, which reads every option and prints the same. Here nothing
is imported but what asking takes: the parser of the command line alone costs ten times as much.
"""

from __future__ import annotations

import sys

OK, UNREADABLE = 0, 3
"""The same as in `cli.exits`, which is not imported here."""

PATIENCE = 5.0
"""Seconds to keep asking a busy server."""

_OPTIONS = ("--via", "--format", "-f", "--explain")
_PEEK = 4096
_NAME = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def quickly(arguments: list[str]) -> int | None:
    """Have one message judged by a server.

    Parameters
    ----------
    arguments : list of str
        Those of the program.

    Returns
    -------
    int or None
        The exit code; None where the long way must be taken: nothing was read or written then.
    """
    asked = understood(arguments)
    if asked is None or sys.stdin is None or not is_message(_peeked()):
        return None
    try:
        return _ask(*asked)
    except Exception as error:
        import click

        from classifier.cli.exits import guard

        try:
            with guard():
                raise error
        except click.exceptions.Exit as end:
            return end.exit_code


def _peeked() -> bytes:
    """Look at what will be read."""
    head: bytes = sys.stdin.buffer.peek(_PEEK)  # type: ignore[union-attr]
    return head


def _ask(via: str, explain: int) -> int:
    from classifier.serve.client import Client
    from classifier.serve.protocol import LARGEST

    raw = sys.stdin.buffer.read(LARGEST)
    with Client(via, patience=PATIENCE) as client:
        line = client.ask(raw, ("-", "0"), explain=explain)
    sys.stdout.buffer.write(line)
    sys.stdout.flush()
    if len(raw) < LARGEST or not sys.stdin.buffer.read(1):
        return OK
    from classifier.cli.exits import complain

    complain(f"- at 0: larger than {LARGEST >> 20} MiB: only its beginning is judged")
    complain("1 not readable, 1 judged")
    return UNREADABLE


def understood(arguments: list[str]) -> tuple[str, int] | None:
    """Read a command line.

    Parameters
    ----------
    arguments : list of str

    Returns
    -------
    (str, int) or None
        The server's socket, and how many clues to give; None if there is anything that the short way does
        not do.
    """
    if arguments[:1] != ["classify"]:
        return None
    given: dict[str, str] = {}
    words = iter(arguments[1:])
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in given or name not in (*_OPTIONS, "-"):
            return None
        given[name] = value if equals or name == "-" else next(words, "")
    form = given.get("--format", given.get("-f"))
    explain = given.get("--explain", "0")
    if not given.get("--via") or "-" not in given or not explain.isdecimal() or len(explain) > 4:
        return None
    if form != "jsonl" and (form is not None or sys.stdout.isatty()):
        return None
    return given["--via"], int(explain)


def is_message(head: bytes) -> bool:
    """Tell whether standard input is a single message beyond doubt: it begins with a header field.

    Parameters
    ----------
    head : bytes
        Its first bytes.

    Returns
    -------
    bool
        False, too, for what may be one: an mbox, compressed data and what is no mail have the long way to go.
    """
    name, colon, rest = head[:77].partition(b":")
    begins = bool(name and colon) and not name.translate(None, _NAME)
    return begins and not rest.startswith(b"//") and not name.startswith(b"GIF8")

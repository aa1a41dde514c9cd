"""One mail passed on with a verdict on top, and the short way to it. Here is no click.

What a delivery agent starts for each mail should start fast: a line with only the options below is read here,
and whatever else it has takes the long way, which reads every option and does the same.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from classifier.cli.exits import AWAY, OK, complain, stop_writing
from classifier.cli.quick import PATIENCE
from classifier.cli.words import read_count, read_words
from classifier.serve.fields import CLUES
from classifier.serve.passing import pass_on

if TYPE_CHECKING:
    from classifier.cli.asked import Scoring
    from classifier.cli.opening import Personal

Judging = Callable[[bytes], dict[str, Any]]

ON_ERROR = {"pass": OK, "tempfail": AWAY}
"""What the exit code is where a mail has no verdict."""

SECONDS = 8.0
"""How long judging may take: Sieve ends a filter after ten."""

_ONE = {"-m": "model", "--model": "model", "--profile": "profile", "--via": "via"}
_ONE |= {"--explain": "explain", "--on-error": "on_error", "--timeout": "timeout"}


class Line(NamedTuple):
    """A command line.

    Parameters
    ----------
    via : str or None
    me : tuple of str
        As given.
    model, profile : str or None
    explain : int
    failed : int
        The exit code where the mail has no verdict.
    seconds : float
    """

    via: str | None
    me: tuple[str, ...]
    model: str | None
    profile: str | None
    explain: int
    failed: int
    seconds: float


def understood(arguments: list[str]) -> Line | None:
    """Read a command line.

    Parameters
    ----------
    arguments : list of str
        Those of the program.

    Returns
    -------
    Line or None
        None where there is anything that the short way does not do.
    """
    words = read_words(arguments, "filter", _ONE)
    if words is None or words.paths:
        return None
    given, me = words.given, words.me
    explain, on_error = read_count(given.get("explain", str(CLUES))), given.get("on_error", "pass")
    seconds = _seconds(given.get("timeout"))
    if explain is None or not seconds or on_error not in ON_ERROR:
        return None
    if given.get("via") and (me or given.get("model") or given.get("profile")):
        return None
    named = given.get("via"), me, given.get("model"), given.get("profile")
    return Line(*named, explain, ON_ERROR[on_error], seconds)


def _seconds(text: str | None) -> float:
    """Read a time; 0 for what is none."""
    try:
        found = SECONDS if text is None else float(text)
    except ValueError:
        return 0.0
    return found if 0 < found < math.inf else 0.0


def delivered(arguments: list[str]) -> int | None:
    """Pass a mail on by a command line that is simple enough.

    Parameters
    ----------
    arguments : list of str
        Those of the program.

    Returns
    -------
    int or None
        The exit code; None where the long way must be taken: nothing was read or written then.
    """
    line = understood(arguments)
    if line is None or sys.stdin is None or sys.stdout is None:
        return None
    if line.via:
        return passed(there(line.via, line.explain, line.seconds), line.failed)
    from classifier.cli import light

    asked = light.scoring_of(light.Line((), line.me, line.model, line.profile, line.explain))
    if asked is None:
        return None
    return passed(here(*asked, line.explain, line.seconds), line.failed)


def passed(judge: Judging, failed: int) -> int:
    """Pass the mail on from standard input to standard output.

    Parameters
    ----------
    judge : callable
    failed : int
        The exit code where there is no verdict.

    Returns
    -------
    int
        The exit code.
    """
    try:
        done = pass_on(sys.stdin.buffer, sys.stdout.buffer, judge, complain)
    except (OSError, MemoryError) as error:
        complain(f"the mail was not passed on: {getattr(error, 'strerror', None) or error}")
        stop_writing()
        return AWAY
    return OK if done else failed


def there(via: str, explain: int, seconds: float) -> Judging:
    """Let a server judge.

    Parameters
    ----------
    via : str
        Its socket.
    explain : int
        Clues.
    seconds : float
        How long it may take.

    Returns
    -------
    callable
    """
    import json

    from classifier.serve.client import Client
    from classifier.serve.protocol import TOLD

    def judge(raw: bytes) -> dict[str, Any]:
        with Client(via, timeout=seconds, patience=min(PATIENCE, seconds)) as client:
            found: dict[str, Any] = json.loads(client.ask(raw, explain=explain, form=TOLD))
            return found

    return judge


def here(scoring: Scoring, personal: Personal, explain: int, seconds: float) -> Judging:
    """Judge in a process of its own: whatever happens there, the mail is here.

    Parameters
    ----------
    scoring : Scoring
    personal : Personal
    explain : int
        Clues.
    seconds : float
        How long it may take.

    Returns
    -------
    callable
    """
    import json

    from classifier.serve.apart import apart

    def judge(raw: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(apart(lambda: told(raw), seconds))
        return found

    def told(raw: bytes) -> bytes:
        from classifier.serve.answering import answered
        from classifier.serve.connection import Request
        from classifier.serve.protocol import TOLD

        return answered(scoring.load(personal.open()), Request(raw, explain=explain, form=TOLD))

    return judge

"""The exit codes, and which error ends in which: the only place that knows.

A crash (1) is never a verdict: no command uses 1 to say anything about mail.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from classifier.errors import (
    AnswersError,
    ConfigError,
    LabelError,
    MailboxError,
    MailtriageError,
    MissingPackage,
    ModelError,
    ModelNotWritten,
    ProfileError,
    ProfileNotWritten,
    ServeError,
    ServerAway,
    TrainingError,
)
from classifier.output.safe import clean

OK, CRASH, USAGE, UNREADABLE, MODEL, AWAY, INTERRUPTED = 0, 1, 2, 3, 4, 75, 130

MEANINGS: dict[int, str] = {
    OK: "All was done. A reader that closes the pipe early is no error.",
    CRASH: "A defect of mailtriage or a failure of the system (a full disk). Never a statement about mail.",
    USAGE: "Wrong options, configuration, label file or recorded answers; or examples that cannot teach.",
    UNREADABLE: "Some input could not be read, and is named on standard error. All the rest was done.",
    MODEL: "The model or the profile is missing, damaged, or not made for this version.",
    AWAY: "The server that was to judge is away, busy or failed. Delivery agents try again later.",
    INTERRUPTED: "Interrupted from the keyboard. What was done until then has been written.",
}

# The first class that fits decides, so children stand before their parents.
_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (BrokenPipeError, OK),
    (KeyboardInterrupt, INTERRUPTED),
    (MailboxError, UNREADABLE),
    (ModelNotWritten, CRASH),
    (ModelError, MODEL),
    (ProfileNotWritten, CRASH),
    (ProfileError, MODEL),
    (LabelError, USAGE),
    (TrainingError, USAGE),
    (ConfigError, USAGE),
    (AnswersError, USAGE),
    (MissingPackage, USAGE),
    (ServerAway, AWAY),
    (ServeError, USAGE),
)


def code_for(error: BaseException) -> int:
    """Find the exit code in which an error ends.

    Parameters
    ----------
    error : BaseException
        What went wrong.

    Returns
    -------
    int
        One of :data:`MEANINGS`; whatever is not listed is a crash.
    """
    return next((code for kind, code in _CODES if isinstance(error, kind)), CRASH)


def complain(text: object) -> None:
    """Say something on standard error, in one line without control characters.

    Parameters
    ----------
    text : object
        What to say; ``mailtriage:`` is put before it.
    """
    tell(f"mailtriage: {clean(str(text))}\n")


def tell(text: str) -> None:
    """Write to standard error, if there is one, and at once."""
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()


@contextmanager
def guard(debug: bool = False) -> Iterator[None]:
    """End the block in an exit code and at most one line on standard error.

    Parameters
    ----------
    debug : bool, default False
        Show the traceback of a crash.

    Raises
    ------
    click.exceptions.Exit
        With the code, wherever the block failed. click's own errors pass, cleaned.
    """
    try:
        try:
            yield
        finally:
            with printing():
                sys.stdout.flush()  # here, where a closed pipe is still ours to answer for
    except SystemExit:
        raise
    except BaseException as error:
        import click  # here: who judges one message and meets no error does without

        if isinstance(error, click.exceptions.NoArgsIsHelpError | click.exceptions.Exit | click.Abort):
            raise  # help, which nothing asked for and which keeps its lines, and ends that are meant
        if isinstance(error, click.ClickException):
            context = error.ctx if isinstance(error, click.UsageError) else None
            raise click.UsageError(clean(error.format_message()), context) from None
        if isinstance(error, BrokenPipeError):
            stop_writing()
        else:
            report(error, debug)
            _give_up_unwritten()
        raise click.exceptions.Exit(code_for(error)) from None


@contextmanager
def printing() -> Iterator[None]:
    """Have errors of the system name standard output, to which the block writes."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = "standard output"
        raise


def report(error: BaseException, debug: bool) -> None:
    """One line for people; the traceback only for those who ask."""
    if debug and not isinstance(error, KeyboardInterrupt):
        import traceback

        tell("".join(traceback.format_exception(error)))
    if isinstance(error, KeyboardInterrupt):
        complain("interrupted")
    elif isinstance(error, MailtriageError):
        complain(error)
    elif isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        complain(f"{where}{error.strerror or error}")
    else:
        complain(f"internal error, {type(error).__name__}: {error} (--debug shows where)")


def reporting(debug: bool) -> Callable[[BaseException], int]:
    """Make what a server's worker does with the error that ends it: say it, and return the exit code."""

    def failed(error: BaseException) -> int:
        report(error, debug)
        return code_for(error)

    return failed


def _give_up_unwritten() -> None:
    """Let what cannot be written go, where that was the error: the interpreter would try it again."""
    try:
        sys.stdout.flush()
    except OSError:
        stop_writing()
    except (AttributeError, ValueError):  # there is none, or none any more
        return


def stop_writing() -> None:
    """Let the interpreter's last flush go nowhere: the reader has left."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is no file, as under a test runner
        return

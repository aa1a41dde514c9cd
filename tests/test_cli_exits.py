"""Exit codes: every error of the tree has one, and only defects and the system's failures end in 1."""

from __future__ import annotations

import errno
import sys

import click
import pytest

from classifier import errors
from classifier.cli import exits
from classifier.cli.exits import code_for, guard


def all_errors() -> list[type[errors.MailtriageError]]:
    found, waiting = [], [errors.MailtriageError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == "classifier.errors"]


def made(kind: type[BaseException]) -> BaseException:
    return kind("path", "reason") if issubclass(kind, errors.MailboxError) else kind("reason")


@pytest.mark.parametrize("kind", all_errors())
def test_every_refusal_has_a_code_that_is_no_crash(kind: type[BaseException]) -> None:
    if kind in (
        errors.ModelNotWritten,
        errors.OutputError,
        errors.ProfileNotWritten,
        errors.ClusterError,
        errors.OutputError,
    ):  # of the system (a full disk): no refusals
        assert code_for(made(kind)) == exits.CRASH
    elif issubclass(kind, errors.ServerAway):  # sysexits.h: EX_TEMPFAIL
        assert code_for(made(kind)) == exits.AWAY == 75
    elif kind is not errors.MailtriageError:
        assert code_for(made(kind)) in {exits.USAGE, exits.UNREADABLE, exits.MODEL}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotMail("a.mbox", "no mail"), 3),
        (errors.SchemaMismatch("other columns"), 4),
        (errors.LabelError("line 3"), 2),
        (errors.ConfigError("unknown key"), 2),
        (BrokenPipeError(), 0),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError(), 1),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
        (MemoryError(), 1),
    ],
)
def test_codes(error: BaseException, code: int) -> None:
    assert code_for(error) == code
    with pytest.raises(click.exceptions.Exit) as caught, guard():
        raise error
    assert caught.value.exit_code == code


def test_every_code_is_explained() -> None:
    assert {code for _, code in exits._CODES} | {exits.CRASH} <= set(exits.MEANINGS)


def complaint(capsys: pytest.CaptureFixture[str], error: BaseException, debug: bool = False) -> str:
    with pytest.raises(click.exceptions.Exit), guard(debug):
        raise error
    return capsys.readouterr().err


def test_a_refusal_is_one_clean_line(capsys: pytest.CaptureFixture[str]) -> None:
    said = complaint(capsys, errors.MailboxError("a\x1b[31m.mbox", "no\nmail", "12"))
    assert said == "mailtriage: a[31m.mbox at 12: no mail\n"


def test_a_crash_is_one_line_and_a_traceback_only_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    said = complaint(capsys, ZeroDivisionError("by zero"))
    assert said == "mailtriage: internal error, ZeroDivisionError: by zero (--debug shows where)\n"
    said = complaint(capsys, ZeroDivisionError("by zero"), debug=True)
    assert "Traceback" in said
    assert "test_cli_exits.py" in said


def test_a_full_disk_is_said_as_the_system_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    said = complaint(capsys, OSError(errno.ENOSPC, "No space left on device", "out.mbox"))
    assert said == "mailtriage: out.mbox: No space left on device\n"


def test_a_closed_pipe_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(capsys, BrokenPipeError(errno.EPIPE, "Broken pipe")) == ""


def test_what_was_written_is_flushed_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    monkeypatch.setattr(sys.stdout, "flush", lambda: flushed.append(True))
    with pytest.raises(click.exceptions.Exit), guard():
        raise KeyboardInterrupt
    assert flushed


def test_usage_errors_stay_clicks_own_but_clean() -> None:
    with pytest.raises(click.UsageError) as caught, guard():
        raise click.UsageError("no such file: a\x1b[2J")
    assert caught.value.message == "no such file: a[2J"
    assert caught.value.exit_code == exits.USAGE

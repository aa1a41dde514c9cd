"""The command line: parse, call, print, exit. One file a command; what they do is done in the other rooms.

Nothing is imported here: ``mailtriage --version`` must not wait for what only ``classify`` needs.
"""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper

STARTING = 100_000
"""Objects until the collector of cycles looks at the new ones, while all that is made is there to stay."""

_RUNNING = gc.get_threshold()


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # numpy's linear algebra starts a thread a core when it is imported; nothing here uses it
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(STARTING)
    _stand_in()
    try:
        _run()
    except KeyboardInterrupt:  # so early, or so late, that the command itself does not see it
        raise SystemExit(130) from None
    except SystemExit as end:
        if isinstance(end.code, int):
            _leave(end.code)
        raise


def started() -> None:
    """Collect cycles as usual from now on, for mail is about to be read; what is loaded is left alone."""
    if gc.get_threshold()[0] == STARTING:
        gc.freeze()
        gc.set_threshold(*_RUNNING)


def _stand_in() -> None:
    """Put something that fails in the place of closed streams, and let no letter be one too many.

    A closed standard stream leaves its number to the next file that is opened, and None to who writes; what
    stands in cannot be read or written, as the shell that closed it says. A terminal of few letters gets
    question marks for the others.
    """
    for name, mode, way in (
        ("stdin", "r", os.O_WRONLY),
        ("stdout", "w", os.O_RDONLY),
        ("stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, way), mode, encoding="utf-8"))  # noqa: SIM115
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("_", "-")
    if encoding not in {"utf-8", "utf8"} and isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _run() -> None:
    """Take the short way if it is open, else the long one; either ends in SystemExit."""
    if any(word.startswith("--via") for word in sys.argv):
        from classifier.cli.quick import quickly

        code = quickly(sys.argv[1:])
        if code is not None:
            raise SystemExit(code)
    if sys.argv[1:2] == ["classify"]:
        from classifier.cli.light import lightly

        code = lightly(sys.argv[1:])
        if code is not None:
            raise SystemExit(code)
    if sys.argv[1:2] == ["filter"]:
        from classifier.cli.delivering import delivered

        code = delivered(sys.argv[1:])
        if code is not None:
            raise SystemExit(code)
    from classifier.cli.group import cli

    cli(prog_name="mailtriage")


def _leave(code: int) -> None:
    """End the process at once: taking hundreds of modules apart takes longer than judging ten messages.

    Whatever asked to be called at the end is called. With threads, or under a debugger or profiler, the
    process ends the long way.
    """
    threading = sys.modules.get("threading")
    if (threading and threading.active_count() > 1) or sys.getprofile() or sys.gettrace():
        return
    import atexit

    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # closed, or full: the interpreter knows what to say
        return
    os._exit(code)

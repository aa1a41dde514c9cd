"""The command line: parse, call, print, exit. One file a command; what they do is done in the other rooms.

Nothing is imported here: ``mailtriage --version`` must not wait for what only ``classify`` needs.
"""

from __future__ import annotations

import os


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # numpy's linear algebra starts a thread a core when it is imported; nothing here uses it
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from classifier.cli.group import cli

        cli(prog_name="mailtriage")
    except KeyboardInterrupt:  # so early, or so late, that the command itself does not see it
        raise SystemExit(130) from None

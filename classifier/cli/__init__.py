"""The command line: parse, call, print, exit. One file a command; what they do is done in the other rooms.

Nothing is imported here: ``mailtriage --version`` must not wait for what only ``classify`` needs.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # numpy's linear algebra starts a thread a core when it is imported; nothing here uses it
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        if any(word.startswith("--via") for word in sys.argv):
            from classifier.cli.quick import quickly

            code = quickly(sys.argv[1:])
            if code is not None:
                raise SystemExit(code)
        from classifier.cli.group import cli

        cli(prog_name="mailtriage")
    except KeyboardInterrupt:  # so early, or so late, that the command itself does not see it
        raise SystemExit(130) from None

"""Run benchmarks and write what they print into RESULTS.md, each between its two marks.

    python tests/bench/write.py speed scaling ...

A benchmark NAME is NAME.py beside this file. What it prints replaces the lines between ``<!-- NAME -->``
and ``<!-- /NAME -->``, under the date and the command; everything else in the file is written by hand and
stays. A benchmark that fails leaves its figures as they were.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"


def figures(name: str) -> str:
    """Run one benchmark and return what it prints."""
    command = [sys.executable, str(HERE / f"{name}.py")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}.py ended with {done.returncode}: its figures stay as they were")
    return done.stdout.strip()


def written(results: str, name: str, printed: str, day: str) -> str:
    """Put figures between their marks."""
    block = f"<!-- {name} -->\n`python tests/bench/{name}.py` ({day})\n\n{printed}\n<!-- /{name} -->"
    marked = re.compile(rf"<!-- {name} -->\n.*?<!-- /{name} -->", re.DOTALL)
    if not marked.search(results):
        return f"{results.rstrip()}\n\n## {name.capitalize()}\n\n{block}\n"
    return marked.sub(lambda _: block, results, count=1)


def main(names: list[str]) -> None:
    """Write one after the other, so that nothing disturbs anything."""
    for name in names:
        printed = figures(name)
        day = f"{datetime.now(UTC):%d %B %Y}".lstrip("0")
        RESULTS.write_text(written(RESULTS.read_text("utf-8"), name, printed, day), "utf-8")
        print(printed)


if __name__ == "__main__":
    main(sys.argv[1:] or sys.exit(__doc__))

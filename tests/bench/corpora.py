"""Where the measuring scripts find real mail; importing it lets them import `classifier` from the clone.

The mail belongs to people and lies outside of the repository, in $MAILTRIAGE_CORPORA or ../shared/corpora.
Beside it, in bench/, lie what lays the protocols out as mailboxes and the referee that judges scores.
"""

from __future__ import annotations

import argparse
import csv
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path.insert(0, str(REPO))


class Corpora(NamedTuple):
    """The folders that a script works on."""

    corpora: Path
    protocols: Path

    def mailbox(self, protocol: str, name: str) -> Path:
        """Find a mailbox: ``train-ham``, ``train-spam`` or ``test`` of ``p1`` or ``p3``."""
        return self.protocols / protocol / f"{name}.mbox"

    def gold(self, protocol: str) -> list[bool]:
        """Tell which messages of the test mailbox are spam."""
        rows = table(self.protocols / protocol / "test.gold.tsv")
        return [row["label"] == "spam" for row in rows]

    def referee(self) -> Callable[[Any, Any], dict[str, float]]:
        """Load the function that judges scores against gold."""
        judge: Callable[[Any, Any], dict[str, float]] = runpy.run_path(str(self._tool("referee.py")))["judge"]
        return judge

    def lay_out(self) -> None:
        """Write the mailboxes of the protocols, once."""
        if not (self.protocols / "p3" / "test.gold.tsv").exists():
            self.protocols.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, self._tool("protocols.py"), self.protocols]
            subprocess.run(command, check=True, stdout=sys.stderr)

    def _tool(self, name: str) -> Path:
        return self.corpora.parent / "bench" / name


def argument_parser(told: str | None) -> argparse.ArgumentParser:
    """Make the parser of a script, with the options that all share."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("MAILTRIAGE_CORPORA", REPO.parent / "shared" / "corpora")
    parser.add_argument("--corpora", type=Path, default=Path(default), help="the folder of real mail")
    parser.add_argument(
        "--protocols",
        type=Path,
        default=REPO / "build" / "protocols",
        help="the mailboxes of the protocols; made where absent",
    )
    return parser


def open_corpora(asked: argparse.Namespace) -> Corpora:
    """Return the folders, ready; ends the script where there is no real mail, which is no failure."""
    if not asked.corpora.is_dir():
        print(f"skipped: there is no real mail in {asked.corpora} (set MAILTRIAGE_CORPORA)")
        raise SystemExit(0)
    corpora = Corpora(asked.corpora.resolve(), asked.protocols.resolve())
    corpora.lay_out()
    return corpora


def table(path: Path) -> list[dict[str, str]]:
    """Read a table of tab-separated values, where a quote is a character like any other."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def print_row(*cells: object) -> None:
    """Print one row of a Markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def print_head(*cells: str) -> None:
    """Print the head of a Markdown table."""
    print_row(*cells)
    print("|" + "---|" * len(cells), flush=True)

"""Training on mail that does not fit in memory: P1's training part, so many times over, in two processes.

    python tests/bench/training.py [--times 8] [--jobs 2]

Prints time, messages a second and the greatest memory of a process. Copies are exact: this measures speed
and memory; near-duplicates are held out together, so the figures of the card stand beside those of one copy.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from corpora import argument_parser, open_corpora, print_head, print_row
from speed import clean_environment, count_mails, mailtriage


def main(asked: argparse.Namespace) -> None:
    """Train and print."""
    corpora = open_corpora(asked)
    with tempfile.TemporaryDirectory() as place:
        folder, given, messages = Path(place), [], 0
        for label in ("ham", "spam"):
            mailbox, longer = corpora.mailbox("p1", f"train-{label}"), folder / f"{label}.mbox"
            with longer.open("wb") as file:
                for _ in range(asked.times):
                    file.write(mailbox.read_bytes())
            messages += count_mails(longer)
            given += [f"--{label}", str(longer)]
        command = [*mailtriage(), "train", "-o", str(folder / "m"), "--jobs", str(asked.jobs), *given]
        start = perf_counter()
        subprocess.run([*command, "--me", "ada@example.org"], check=True, env=clean_environment(folder))
        wall = perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print_head("messages", "wall s", "CPU s", "messages/s", "peak MiB of a process")
        cpu = used.ru_utime + used.ru_stime
        print_row(
            messages, f"{wall:.1f}", f"{cpu:.1f}", f"{messages / wall:,.0f}", f"{used.ru_maxrss / 1024:.0f}"
        )


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--times", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2)
    main(parser.parse_args())

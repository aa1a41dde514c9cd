"""The same mail judged from a folder of a mail store and from a Maildir beside it.

Run ``python tests/bench/imap.py MBOX``; it needs Dovecot. It prints a Markdown table row for each way:
seconds, processor seconds and peak memory of the command (the server's are not in it), and of how many
messages the probabilities differ from those of the Maildir. The last row says how often the server was asked:
each time costs a way there and back.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from imap_server import PASSWORD, USER, Store, running, way  # noqa: E402

from classifier.mailboxes import open_mailbox  # noqa: E402
from classifier.mailboxes.sort_target import SortTarget  # noqa: E402


def classified(name: str, mailbox: str, store: Store) -> list[str]:
    """Judge a mailbox in a process of its own; print a row, return its lines."""
    environment = os.environ | {
        "SSL_CERT_FILE": str(store.certificate),
        "MAILTRIAGE_IMAP_PASSWORD": PASSWORD,
        "PYTHONPATH": str(HERE.parent.parent),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "classifier", "classify", "--profile", "off", "--me", USER, mailbox]
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as lines:
        process = subprocess.Popen(command, env=environment, stdout=lines)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        lines.seek(0)
        found = lines.read().splitlines()
    wall, processor = time.perf_counter() - begun, used.ru_utime + used.ru_stime
    print(
        f"| {name} | {len(found):,} | {wall:.1f} | {processor:.1f} | {used.ru_maxrss / 1024:.0f} MiB |",
        end=" ",
    )
    return found


def differing(lines: list[str], others: list[str]) -> int:
    """Count the messages that got other probabilities, in whatever order they came."""

    def judged(line: str) -> str:
        verdict = json.loads(line)
        return json.dumps([verdict["message_id"], verdict["subject"], verdict["p"]])

    return (Counter(map(judged, lines)) - Counter(map(judged, others))).total()


def main() -> None:
    """Measure all ways."""
    print("| from | messages | s | CPU s | peak | other p |\n|---|---|---|---|---|---|")
    with running() as store:
        folder = store.home / "mail" / USER
        with SortTarget(folder, "maildir") as target:
            for original in open_mailbox(sys.argv[1]).originals():
                target.put("Bench", original)
        local = classified("the Maildir itself", str(folder / "Bench"), store)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, store.home.owner(), store.home.group())
        print("|")
        print(differing(classified("imaps:// on loopback", store.url("Bench"), store), local), "|")
        with way(store) as seen:
            classified("imap:// looked into", store.url("Bench", seen.port), store)
        print(f"{len(seen.commands())} commands |")


if __name__ == "__main__":
    main()

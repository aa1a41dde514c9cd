"""Build demo.mbox and demo.labels.tsv: chosen root mail and the written mail, in order of arrival.

    python3 data/build_demo.py CORPUS [OUT]

CORPUS is the root-mail corpus (an mbox for each host, and labels.tsv); OUT is where to write (default: here).
The result hangs on nothing but rootmail.ids, written/ and the corpus: the same input gives the same bytes.
"""

from __future__ import annotations

import csv
import re
import sys
import time
from collections.abc import Iterator
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
FIELD = re.compile(rb"^([!-9;-~]+):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
FROM_LINE = re.compile(rb"^From ", re.MULTILINE)
QUOTED_FROM = re.compile(rb"^(>*From )", re.MULTILINE)


class Entry(NamedTuple):
    """One message of the demo: when it came, its Message-ID, label and kind, and its record in the mbox."""

    arrived: int
    message_id: str
    label: str
    kind: str
    record: bytes


def fields(message: bytes) -> dict[str, str]:
    """Header fields by lower-case name, unfolded; of repeated ones the topmost, which is the newest."""
    found: dict[str, str] = {}
    for name, value in FIELD.findall(message.split(b"\n\n", 1)[0]):
        found.setdefault(name.decode("ascii").lower(), " ".join(value.decode("latin-1").split()))
    return found


def arrival(head: dict[str, str]) -> int:
    """Unix seconds at which our own server took the message; a spammer's Date is not believed."""
    stamp = head["received"].rsplit(";", 1)[1] if "received" in head else head["date"]
    parsed = parsedate_tz(stamp)
    if parsed is None:
        raise ValueError(f"no date in {stamp!r}")
    return int(mktime_tz(parsed))


def root_mail(corpus: Path) -> Iterator[Entry]:
    """Find the records named in rootmail.ids, byte for byte as the corpus has them."""
    lines = (HERE / "rootmail.ids").read_text("ascii").splitlines()
    wanted = {line for line in lines if not line.startswith("#")}
    with (corpus / "labels.tsv").open(encoding="utf-8", newline="") as file:
        gold = {row["message-id"]: row for row in csv.DictReader(file, delimiter="\t")}
    for path in sorted(corpus.glob("*.mbox")):
        content = path.read_bytes()
        starts = [match.start() for match in FROM_LINE.finditer(content)]
        for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
            record = content[start:end]
            head = fields(record.split(b"\n", 1)[1])
            if head["message-id"] in wanted:
                row = gold[head["message-id"]]
                yield Entry(arrival(head), head["message-id"], row["label"], row["kind"], record)


def written_mail() -> Iterator[Entry]:
    """Messages under written/LABEL/NN-name.eml, as mboxrd records."""
    for path in sorted(HERE.glob("written/*/*.eml")):
        message = path.read_bytes()
        head = fields(message)
        arrived = arrival(head)
        sender = head["return-path"].strip("<>") or "MAILER-DAEMON"
        from_line = f"From {sender} {time.asctime(time.gmtime(arrived))}\n".encode("ascii")
        body = QUOTED_FROM.sub(rb">\1", message if message.endswith(b"\n") else message + b"\n")
        kind = "written:" + path.stem.split("-", 1)[1]
        yield Entry(arrived, head["message-id"], path.parent.name, kind, from_line + body + b"\n")


def build(corpus: Path, out: Path) -> None:
    """Write demo.mbox and demo.labels.tsv into `out`."""
    entries = sorted([*root_mail(corpus), *written_mail()])
    (out / "demo.mbox").write_bytes(b"".join(entry.record for entry in entries))
    rows = [f"{entry.label}\t{entry.message_id}\t{entry.kind}\n" for entry in entries]
    (out / "demo.labels.tsv").write_bytes("".join(["label\tmessage-id\tkind\n", *rows]).encode("ascii"))


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(f"usage: {sys.argv[0]} CORPUS [OUT]")
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else HERE)

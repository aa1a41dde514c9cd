"""Where the time goes between a compressed archive and verdicts, and what a terabyte costs by that.

    python tests/bench/stages.py [--runs 5] [--model starter]

CPU seconds of each stage on its own, on one core, on P1's test mailbox: as it is (5.5 kB a message, the mail
of 2002), and with an attachment of 70 kB in each (the size of today's mail). The stages take turns; medians
are shown, as rates and as ratios to what bogofilter takes to classify the same mailbox. The second table is
arithmetic: rates times bytes, no measurement.
"""

from __future__ import annotations

import argparse
import base64
import bz2
import gzip
import lzma
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from time import process_time

from corpora import argument_parser, open_corpora, print_head, print_row
from speed import ME, clean_environment

ATTACHED = 70_000
EVERY = 4
"""One message of so many gets an attachment; the others are left out of that mailbox."""

TB = 1e12

Stage = Callable[[], object]


def with_attachment(raw: bytes, noise: random.Random) -> bytes:
    """Wrap a message and an attachment of random bytes into a multipart message."""
    head, _, body = raw.partition(b"\n\n")
    fields = re.split(rb"\n(?![ \t])", head)
    content = [one for one in fields if one.lower().startswith((b"content-", b"mime-version"))]
    others = [one for one in fields if one not in content]
    inner = [one for one in content if one.lower().startswith(b"content-")] or [b"Content-Type: text/plain"]
    coded = base64.encodebytes(noise.randbytes(ATTACHED * 3 // 4))
    return b"\n".join(
        [
            *others,
            b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_b"\n\n--=_b',
            *inner,
            b"\n" + body + b"\n--=_b\nContent-Type: application/pdf; name=a.pdf",
            b"Content-Transfer-Encoding: base64\n\n" + coded + b"--=_b--\n",
        ]
    )


def mailboxes(test: Path, folder: Path) -> dict[str, Path]:
    """Lay the two mailboxes out."""
    from classifier.mailboxes import open_mailbox
    from classifier.mailboxes.quoting import quote

    noise = random.Random(7)
    plain, attached = folder / "plain.mbox", folder / "attached.mbox"
    plain.write_bytes(test.read_bytes())
    with attached.open("wb") as file:
        for stored in list(open_mailbox(test))[::EVERY]:
            file.write(b"From a@example.org Mon Jan  5 10:11:12 2026\n")
            file.write(quote(with_attachment(stored.raw, noise)) + b"\n")
    return {"5.5 kB a message": plain, "75 kB a message": attached}


def unpacking(path: Path) -> dict[str, Stage]:
    """Compress the mailbox in every way; each stage unpacks one as the mailbox does."""
    import zstandard

    from classifier.mailboxes.files import open_stream

    def stage(name: str, data: bytes) -> Stage:
        packed = path.with_suffix(f".{name.replace(' ', '')}")
        packed.write_bytes(data)

        def unpack() -> None:
            with open_stream(str(packed)) as stream:
                while stream.read(512 << 10):
                    pass

        return unpack

    data = path.read_bytes()
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gzip -6": lambda data: gzip.compress(data, 6),
        "bzip2 -9": lambda data: bz2.compress(data, 9),
        "xz -6": lambda data: lzma.compress(data, preset=6),
        "zstd -3": zstandard.ZstdCompressor(level=3).compress,
    }
    return {f"unpack {name}": stage(name, pack(data)) for name, pack in packers.items()}


def judging(path: Path, model: str) -> dict[str, Stage]:
    """Scan, judge and write, each alone."""
    from classifier import Classifier, open_mailbox
    from classifier.engine.batches import batches
    from classifier.mailboxes.mbox import Mbox
    from classifier.output import parquet
    from classifier.output.lines import csv_rows, jsonl

    classifier = Classifier.load(model, me=[ME[1]])
    stored = list(open_mailbox(path))
    judged = list(classifier.judged_many(stored))

    some = [[classifier.open_message(one) for one in batch] for batch in batches(stored)]
    rows = [classifier.rows(batch) for batch in some]

    def features() -> None:
        for batch in batches(stored):
            classifier.rows([classifier.open_message(one) for one in batch])

    def score() -> None:
        for each in rows:
            classifier.corrections.score(each, classifier.model.tables)

    def write(sink: str) -> None:
        parquet.write(judged, sink)

    return {
        "scan for borders": lambda: sum(1 for _ in Mbox(str(path)).records()),
        "judge": lambda: sum(map(len, classifier.judged_many(stored))),
        "of that: parse and find features": features,
        "of that: add up weights": score,
        "write jsonl": lambda: list(map(jsonl, judged)),
        "write CSV": lambda: list(map(csv_rows, judged)),
        "write Parquet": lambda: write(os.devnull),
    }


def bogofilter(path: Path, base: Path, environment: dict[str, str]) -> Stage:
    """Classify the same mailbox by bogofilter, in its best batch mode."""
    command = ["bogofilter", "-d", str(base), "-M", "-T", "-I", str(path)]
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=False)


def cpu() -> float:
    """CPU seconds of this process and of its children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def taken(stages: dict[str, Stage], runs: int) -> dict[str, float]:
    """Let stages take turns; medians of their CPU seconds, without a first run."""
    found: dict[str, list[float]] = {name: [] for name in stages}
    for turn in range(runs + 1):
        for name, stage in stages.items():
            start = cpu()
            stage()
            if turn:
                found[name].append(cpu() - start)
    return {name: statistics.median(each) for name, each in found.items()}


def print_rates(title: str, path: Path, count: int, seconds: dict[str, float]) -> None:
    """Print one mailbox's stages."""
    size, theirs = path.stat().st_size, seconds["bogofilter -T"]
    print(f"\n{title}: {count:,} messages, {size / 1e6:,.0f} MB\n")
    print_head("stage", "messages/s", "MB/s", "CPU against bogofilter", "core hours a TB")
    for name, each in seconds.items():
        hours = each * TB / size / 3600
        print_row(
            name, f"{count / each:,.0f}", f"{size / 1e6 / each:,.0f}", f"{each / theirs:.3f}", f"{hours:,.1f}"
        )


def print_costs(title: str, size: int, seconds: dict[str, float]) -> None:
    """Print what archives cost: unpacking, scanning, judging and writing lines."""
    each = {name: value * TB / size / 3600 for name, value in seconds.items()}
    base = each["scan for borders"] + each["judge"] + each["write Parquet"]
    print(f"\n{title}: core hours for 1 TB as unpacked, and the time of 1 TB and 1 PB\n")
    print_head(
        "archive",
        "core hours",
        "unpacking",
        "judging",
        "1 TB, 8 cores",
        "1 PB, 6,400 cores",
        "bytes/s a core",
    )
    for name in ("plain", *(one for one in each if one.startswith("unpack"))):
        unpack = each.get(name, 0.0)
        hours = base + unpack
        print_row(
            name.removeprefix("unpack "),
            f"{hours:,.0f}",
            f"{unpack / hours:.0%}",
            f"{each['judge'] / hours:.0%}",
            f"{hours / 8:,.1f} h",
            f"{hours * 1000 / 6400:,.1f} h",
            f"{TB / hours / 3600 / 1e6:,.0f} MB",
        )


def main(asked: argparse.Namespace) -> None:
    """Print all tables."""
    corpora = open_corpora(asked)
    if shutil.which("bogofilter") is None:
        raise SystemExit("bogofilter is missing: on Debian, apt install bogofilter")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    from classifier.mailboxes import open_mailbox

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        environment = clean_environment(folder)
        base = folder / "bogofilter"
        base.mkdir()
        for flag, label in (("-n", "ham"), ("-s", "spam")):
            learn = [
                "bogofilter",
                "-d",
                str(base),
                flag,
                "-M",
                "-I",
                str(corpora.mailbox("p1", f"train-{label}")),
            ]
            subprocess.run(learn, check=True, env=environment)
        for title, path in mailboxes(corpora.mailbox("p1", "test"), folder).items():
            stages = {"bogofilter -T": bogofilter(path, base, environment)}
            stages |= unpacking(path) | judging(path, asked.model)
            seconds = taken(stages, asked.runs)
            print_rates(title, path, count(open_mailbox(path)), seconds)
            print_costs(title, path.stat().st_size, seconds)


def count(messages: Iterable[object]) -> int:
    """Count what comes."""
    return sum(1 for _ in messages)


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each stage")
    parser.add_argument("--model", default="starter", help="name or file of the model")
    main(parser.parse_args())

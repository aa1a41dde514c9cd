"""One poisonous message among many: bounded memory, bounded work, all else judged."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_mail import mail

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

FROM = b"From root@example.org Thu Jan  1 00:00:00 2026\n"
HEAD = b"From: a@example.org\nTo: ada@example.org\nSubject: poison\nMIME-Version: 1.0\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
BASE64 = HEAD + b"Content-Type: %s\nContent-Transfer-Encoding: base64\n\n"
MB = 1_000_000

MEASURED = """
import atexit, re, sys, time
def tell():
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
    open(told, "w").write(f"{peak} {time.process_time()}")
told = sys.argv.pop(1)
atexit.register(tell)
from classifier.cli import main
main()
"""


def nested() -> bytes:
    """A million multiparts, each in the one before, each with a boundary of its own."""
    return HEAD + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1_000_000)
    )


POISON: dict[str, Callable[[], bytes]] = {
    "header of 200 MB": lambda: b"Subject: " + b"x" * 200 * MB + b"\n\nbody\n",
    "header of 200 MB, folded": lambda: (
        HEAD + b"X-A: a\n" + b" folded again and again\n" * 8 * MB + b"\nbody\n"
    ),
    "three million headers": lambda: b"X-Spam: yes\n" * 3 * MB + HEAD + b"\nbody\n",
    "half a million hops": lambda: (
        b"Received: from a (b [10.0.0.1]) by c; Thu, 1 Jan 2026 00:00:00 +0000\n" * 500_000
        + HEAD
        + b"\nbody\n"
    ),
    "a million parts in each other": nested,
    "a million messages in each other": lambda: HEAD + b"Content-Type: message/rfc822\n\n" * MB + b"\nx\n",
    "one boundary a million times": lambda: (
        MULTIPART + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 800_000
    ),
    "five million parts": lambda: MULTIPART + b"--b\n\nx\n" * 5 * MB,
    "line of 100 MB": lambda: HEAD + b"\n" + b"word " * 20 * MB + b"\n",
    "base64 of 30 MB of html": lambda: (
        BASE64 % b"text/html" + base64.encodebytes(b"<div><a href='http://x.example/y'>word</a>" * 700_000)
    ),
    "base64 of an archive": lambda: (
        BASE64 % b"application/zip; name=a.zip" + base64.encodebytes(gzip.compress(b"x" * 30 * MB, 0))
    ),
    "a million links": lambda: HEAD + b"\n" + b"http://a.example/b http://c.example/d\n" * MB,
}
LARGE = HEAD + b"\n" + b"just text, and much of it\n" * (40 * MB // 26)
"""What nobody made to harm: its cost is the measure."""


def judged(model: str, box: Path, *options: object) -> tuple[int, list[str], list[str], int, float]:
    """Run the command; exit code, message ids, what it said, peak of its memory in MB, seconds of CPU."""
    told = box.with_name("told")
    words = [told, "classify", "-m", model, "--me", "ada@example.org", "--profile", "off", *options, box]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, words)], capture_output=True, check=False, timeout=120
    )
    peak, seconds = told.read_text().split()
    ids = [json.loads(line)["message_id"] for line in done.stdout.splitlines()]
    return done.returncode, ids, done.stderr.decode().splitlines(), int(peak) // 1000, float(seconds)


def write(path: Path, poison: bytes) -> Path:
    with path.open("wb") as file:
        for n in range(60):
            file.write(FROM + mail("spam", n) + b"\n")
            if n == 30:
                file.write(FROM + poison + b"\n")
    return path


ORDINARY = [f"<spam.{n}@example.org>" for n in range(60)]


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, float]:
    """Peak of memory and CPU, where the large message is just large."""
    code, ids, _, peak, seconds = judged("starter", write(tmp_path_factory.mktemp("large") / "box", LARGE))
    assert (code, len(ids)) == (0, 61)
    return peak, seconds


@pytest.mark.parametrize("name", POISON)
def test_it_costs_no_more_than_any_large_mail(name: str, tmp_path: Path, measure: tuple[int, float]) -> None:
    poison = POISON[name]()
    box = write(tmp_path / "box", poison)
    code, ids, said, peak, seconds = judged("starter", box)
    box.unlink()
    assert [each for each in ids if each] == ORDINARY
    assert len(ids) == 61  # the poison is judged, too
    if len(poison) > 40 << 20:
        (place,) = (line for line in said if " at " in line)
        assert f"{box} at " in place
        assert place.endswith("bytes: only its first 40 MiB are judged")
        assert code == 3
    else:
        assert (code, said) == (0, [])
    assert peak < min(250, measure[0] + 60)
    assert seconds < 3 * measure[1] + 0.5


def test_two_workers_say_what_one_says(tmp_path: Path) -> None:
    box = write(tmp_path / "box", POISON["one boundary a million times"]())
    with box.open("ab") as file:
        file.write(FROM + POISON["three million headers"]() + b"\n")
    assert judged("starter", box)[:3] == judged("starter", box, "-j", 2)[:3]


def test_what_unpacks_to_hundreds_of_megabytes_takes_the_memory_of_any_large_mail(
    tmp_path: Path, measure: tuple[int, float]
) -> None:
    with gzip.open(tmp_path / "box", "wb", 1) as file:
        file.write(FROM + mail("spam", 0) + b"\n" + FROM + b"Subject: bomb\n\n")
        for _ in range(40):
            file.write(b"x" * 10 * MB)
        file.write(b"\n\n" + FROM + mail("spam", 1) + b"\n")
    assert (tmp_path / "box").stat().st_size < 4 * MB
    code, ids, said, peak, _ = judged("starter", tmp_path / "box")
    assert code == 3
    assert [each for each in ids if each] == ORDINARY[:2]
    assert "a message of 4000000" in said[0]
    assert peak < min(250, measure[0] + 60)

"""The profile measured: processor time a message, size after many, start-up, and what a kill leaves.

    python tests/bench/profile.py [messages] [kills]

Reads the linux-raid corpus where it is; else made mail alone.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(REPO), str(REPO / "tests")]

from classifier import Classifier, open_mailbox  # noqa: E402
from classifier.profile import Profile  # noqa: E402

CORPORA = Path(os.environ.get("MAILTRIAGE_CORPORA", REPO.parent / "shared" / "corpora"))
ME = ["song@kernel.org"]
SENDERS = 2000


def made(count: int) -> Iterator[bytes]:
    """Write mail of many senders, a few of whom write most of it, as in real mailboxes."""
    lot = random.Random(1)
    words = [f"word{number}" for number in range(5000)]
    for number in range(count):
        sender = int(SENDERS * lot.random() ** 3)
        text = " ".join(lot.choices(words, k=120))
        answers = (
            f"References: <{number - lot.randrange(1, 50)}@made.example>\n" if lot.random() < 0.5 else ""
        )
        yield (
            f"Message-ID: <{number}@made.example>\nFrom: P{sender} <p{sender}@d{sender % 300}.example>\n"
            f"To: song@kernel.org, q{lot.randrange(500)}@example.org\n{answers}"
            f"Date: Thu, {1 + number % 28} Jan 2026 {number // 60 % 24:02}:{number % 60:02}:00 +0000\n"
            f"Subject: {' '.join(lot.choices(words, k=5))}\n\n{text}\n"
        ).encode()


def real(count: int) -> list[bytes]:
    path = CORPORA / "linux-raid" / "list.mbox.xz"
    return [stored.raw for stored in islice(open_mailbox(str(path)), count)] if path.exists() else []


def size_of(path: Path) -> int:
    return sum(each.stat().st_size for each in path.parent.glob(path.name + "*"))


def observed(name: str, mails: Iterable[bytes], folder: Path) -> None:
    """Observe mail one by one and together."""
    for how in ("together", "one by one"):
        path = folder / f"{name}-{how}.sqlite".replace(" ", "-")
        triage = Classifier.load("starter", profile=path, me=ME)
        started, count = time.process_time(), 0
        if how == "together":
            with triage.together():
                for count, raw in enumerate(mails, start=1):  # noqa: B007
                    triage.observe(raw)
        else:
            for count, raw in enumerate(islice(iter(mails), 2000), start=1):  # noqa: B007
                triage.observe(raw)
        spent = time.process_time() - started
        assert triage.profile is not None
        records = dict(triage.profile.file.read("SELECT kind, count(*) FROM memory GROUP BY kind"))
        triage.profile.close()
        print(f"observe {name} {how}: {count} messages, {1e3 * spent / count:.3f} ms each, "
              f"{size_of(path) / 1e6:.2f} MB, records {records}")  # fmt: skip


def learned(name: str, mails: list[bytes], folder: Path) -> Path:
    """Learn mail, each in its own transaction, with and without a profile."""
    labels = ["important", "unimportant", "spam", "unimportant"]
    plain = Classifier.load("starter", me=ME)
    started = time.process_time()
    for number, raw in enumerate(mails):
        plain.learn(raw, labels[number % 4])
    without = time.process_time() - started
    path = folder / f"{name}-learned.sqlite"
    triage = Classifier.load("starter", profile=path, me=ME)
    started = time.process_time()
    for number, raw in enumerate(mails):
        triage.learn(raw, labels[number % 4])
    spent = time.process_time() - started
    assert triage.profile is not None
    triage.profile.close()
    print(
        f"learn {name}: {len(mails)} messages, {1e3 * without / len(mails):.2f} ms each in memory, "
        f"{1e3 * spent / len(mails):.2f} ms with a profile, {size_of(path) / len(mails) / 1e3:.2f} kB each"
    )
    return path


def opened(path: Path | None, raw: bytes) -> None:
    """Start up: open model and profile, judge one message; the best of five."""
    best = 9e9
    for _ in range(5):
        started = time.process_time()
        triage = Classifier.load("starter", profile=path, me=ME)
        triage.classify(raw)
        best = min(best, time.process_time() - started)
        if triage.profile:
            triage.profile.close()
    count = len(triage.corrections) if path is None else Profile(path).file.read(
        "SELECT count(*) FROM corrections WHERE until IS NULL")[0][0]  # fmt: skip
    print(f"start with {count} corrections: {1e3 * best:.1f} ms to the first verdict")


def killed(rounds: int, folder: Path) -> None:
    """Kill a program that learns and remembers, at random moments; look what it leaves."""
    from test_profile import FOREVER, labels, taught

    path, lot, lost = folder / "killed.sqlite", random.Random(3), 0
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(REPO), str(REPO / "tests")]))
    for _ in range(rounds):
        running = subprocess.Popen(
            [sys.executable, "-c", FOREVER, str(path)], stdout=subprocess.PIPE, env=environment
        )
        assert running.stdout is not None
        first = running.stdout.readline()
        time.sleep(lot.random() * 0.2)
        running.send_signal(signal.SIGKILL)
        rest = running.stdout.read()
        running.wait()
        told = int((first + rest).rpartition(b"\n")[0].split(b"\n")[-1])
        profile = Profile(path)
        kept = int(profile.memory.get("count", b"n") or b"-1")
        whole = profile.file.read("PRAGMA integrity_check") == [("ok",)]
        agree = labels(taught(profile))[kept % 8] == ["spam", "ham"][kept // 8 % 2]
        lost += not (whole and agree and kept in (told, told + 1))
        profile.close()
    print(f"killed {rounds} times: {lost} times something was lost, torn or damaged")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    with tempfile.TemporaryDirectory(prefix="profile-") as name:
        folder = Path(name)
        mails = real(count)
        for kind, given in (("linux-raid", mails), ("made", list(made(count)))):
            if given:
                observed(kind, given, folder)
        some = (mails or list(made(1000)))[:1000]
        opened(None, some[0])
        opened(learned("100", some[:100], folder), some[0])
        opened(learned("1000", some, folder), some[0])
        if kills:
            killed(kills, folder)


if __name__ == "__main__":
    main()

"""What a mail waits for while it is delivered: whole processes, and a milter asked by a server that we play.

    python tests/bench/delivery.py [--model MODEL] [--runs 21] [--turns 10]

The mails are those of data/demo.mbox. All run on one core, at a high priority where that is allowed: a
server and who asks it, too, so that mails a second are those of one core.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from classifier.mailboxes import open_mailbox
from classifier.serve import Client
from classifier.serve.milter.packets import packet

REPO = Path(__file__).resolve().parents[2]
MAILS = [stored.raw for stored in open_mailbox(str(REPO / "data" / "demo.mbox"))]
COMMAND = [sys.executable, "-m", "classifier"]
ME = ("--me", "ada@example.org", "--profile", "off")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="starter")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--turns", type=int, default=10)
    return parser.parse_args()


@contextmanager
def running(*command: str) -> Iterator[None]:
    """A server of ours that can be asked."""
    process = subprocess.Popen([*COMMAND, *command], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith(("mailtriage: answering", "mailtriage: filtering")), said
        yield
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def milliseconds(command: list[str]) -> float:
    began = perf_counter()
    subprocess.run(command, input=MAILS[77], stdout=subprocess.DEVNULL, check=True)
    return 1e3 * (perf_counter() - began)


def time_processes(args: argparse.Namespace, via: str) -> None:
    """One mail a process."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "classify -": [*COMMAND, "classify", "-m", args.model, *ME, "-"],
        "filter": [*COMMAND, "filter", "-m", args.model, *ME],
        "classify --via -": [*COMMAND, "classify", "--via", via, "-"],
        "filter --via": [*COMMAND, "filter", "--via", via],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(args.runs + 1):
        for name, command in commands.items():
            taken[name].append(milliseconds(command))
    for name, found in taken.items():
        print(f"| `{name}` | {statistics.median(found[1:]):.0f} ms |")


def time_milter(where: str, turns: int) -> float:
    """All mails over one connection, as Postfix sends them; mails a second."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(where)
        steps = 0xFF580  # nothing is answered but the end of a mail
        peer.sendall(packet(b"O", b"".join(number.to_bytes(4, "big") for number in (6, 0x11, steps))))
        hear(peer)
        began = perf_counter()
        for raw in MAILS * turns:
            header, _, body = raw.partition(b"\n\n")
            said = [
                packet(b"C", b"mx.example.net\0" + b"4\x09\xc4192.0.2.7\0"),
                packet(b"H", b"mx.example.net\0"),
            ]
            said += [packet(b"M", b"<eve@example.net>\0"), packet(b"R", b"<ada@example.org>\0")]
            for field in header.replace(b"\n ", b"\v ").replace(b"\n\t", b"\v\t").split(b"\n"):
                name, _, value = field.replace(b"\v", b"\n").partition(b":")
                said.append(packet(b"L", name + b"\0" + value.lstrip() + b"\0"))
            said += [packet(b"N"), packet(b"B", body.replace(b"\n", b"\r\n")[:65535]), packet(b"E")]
            peer.sendall(b"".join(said))
            while hear(peer) != b"c":
                pass
        return len(MAILS) * turns / (perf_counter() - began)


def hear(peer: socket.socket) -> bytes:
    """Take one answer; return its letter."""
    size = int.from_bytes(peer.recv(4, socket.MSG_WAITALL), "big")
    return peer.recv(size, socket.MSG_WAITALL)[:1]


def weigh_large(args: argparse.Namespace, folder: Path) -> None:
    """A mail of 200 MB through the filter: seconds, and the memory of the largest process."""
    large = folder / "large.eml"
    with large.open("wb") as file:
        file.write(MAILS[77])
        file.truncate(200 << 20)
    began = perf_counter()
    with large.open("rb") as given:
        command = [*COMMAND, "filter", "-m", args.model, *ME, "--timeout", "60"]
        subprocess.run(command, stdin=given, stdout=subprocess.DEVNULL, check=True)
    seconds = perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"| a mail of 200 MB through `filter` | {seconds:.1f} s, {peak} MiB at most |")


def quiet_core() -> None:
    """Stay on one core, before others, where the system lets us."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    except PermissionError:
        print("(no high priority: only on a quiet machine do these figures hold)")


def main() -> None:
    args = parse()
    quiet_core()
    with tempfile.TemporaryDirectory(prefix="mt-") as name:
        folder = Path(name)
        weigh_large(args, folder)
        via, where = str(folder / "serve"), str(folder / "milter")
        given = ("-m", args.model, *ME, "--socket")
        with running("serve", *given, via):
            time_processes(args, via)
            with Client(via) as client:
                began = perf_counter()
                for raw in MAILS * args.turns:
                    client.ask(raw, explain=3)
                rate = len(MAILS) * args.turns / (perf_counter() - began)
            print(f"| one `Client` of `serve`, 3 clues | {rate:.0f} mails/s |")
        with running("milter", *given, f"unix:{where}"):
            print(f"| `milter`, one connection | {time_milter(where, args.turns):.0f} mails/s |")


if __name__ == "__main__":
    main()

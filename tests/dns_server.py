"""DNS servers on loopback for the tests: NSD for all that is legal, scripted ones for the rest."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset
import pytest

ZONES = Path(__file__).parent / "dns"


@dataclass(frozen=True)
class Server:
    """A name server that listens on loopback."""

    port: int
    pid: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


def nsd_or_skip() -> str:
    """Find NSD; where it is missing the tests skip, and in CI they fail, for there it is installed."""
    program = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin:/usr/local/sbin")
    if program is None and os.environ.get("CI"):
        pytest.fail("nsd is not installed, and CI must not skip these tests")
    if program is None:
        pytest.skip("nsd is not installed (Debian: apt-get install nsd)")
    return program


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_nsd(
    program: str, folder: Path, zones: Path = ZONES, extra: str = ""
) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start NSD as the current user and wait until it answers."""
    for _ in range(3):  # somebody else may take the port between our look and NSD's
        port = free_port()
        config = folder / "nsd.conf"
        template = (ZONES / "nsd.conf.template").read_text()
        config.write_text(template.format(port=port, zones=zones, folder=folder) + extra)
        process = subprocess.Popen(
            [program, "-d", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        if _answers(port, process):
            return Server(port, process.pid), process
        stop(process)
    log = folder / "nsd.log"
    raise RuntimeError(f"nsd does not answer: {log.read_text() if log.exists() else 'it wrote no log'}")


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    question = dns.message.make_query("test.", "SOA")
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        try:
            if dns.query.udp(question, "127.0.0.1", timeout=0.2, port=port).rcode() == dns.rcode.NOERROR:
                return True
        except (dns.exception.Timeout, OSError):
            time.sleep(0.02)
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End one server by its own process."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def name_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """NSD with the zones in ``tests/dns``."""
    server, process = start_nsd(nsd_or_skip(), tmp_path_factory.mktemp("nsd"))
    yield server
    stop(process)


@pytest.fixture
def silent_server() -> Iterator[Server]:
    """A server that takes every question and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        yield Server(ear.getsockname()[1])


Script = Callable[[dns.message.Message], dns.message.Message | bytes | None]


@pytest.fixture
def scripted_server() -> Iterator[Callable[[Script], Server]]:
    """Start servers that say what a function says: a message, raw bytes, or None for silence. UDP only."""
    ears: list[socket.socket] = []

    def start(script: Script) -> Server:
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind(("127.0.0.1", 0))
        ears.append(ear)
        threading.Thread(target=_serve, args=(ear, script), daemon=True).start()
        return Server(ear.getsockname()[1])

    yield start
    for ear in ears:
        ear.close()


def _serve(ear: socket.socket, script: Script) -> None:
    while True:
        try:
            wire, sender = ear.recvfrom(4096)
            reply = script(dns.message.from_wire(wire))
            if reply is not None:
                ear.sendto(reply if isinstance(reply, bytes) else reply.to_wire(), sender)
        except OSError:  # the fixture closed it
            return


def reply_with(question: dns.message.Message, *records: str) -> dns.message.Message:
    """Answer a question with records written as in a zone file."""
    reply = dns.message.make_response(question)
    reply.flags |= dns.flags.RA
    reply.answer = [dns.rrset.from_text(*each.split(None, 4)) for each in records]
    return reply

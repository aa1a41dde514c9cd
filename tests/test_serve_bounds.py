"""What a server takes on is bounded: time to judge one mail, idle peers, peers at once, mail in memory."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cli_mail import mail

from classifier.errors import NotJudged, ServerAway
from classifier.serve import Client
from classifier.serve.connection import Request
from classifier.serve.hourglass import Hourglass
from classifier.serve.loop import Limits, Loop
from classifier.serve.peers import Admission
from classifier.serve.protocol import BUSY, JUDGED, REPLY_BYTES, pack_reply, pack_request, reply_head

ENDLESS = """
import signal, sys, time
from classifier.engine import Classifier
from classifier.serve import hourglass
judge = Classifier.judge
hourglass.GRACE = 0.5

def slowly(self, mails):
    for each in mails:
        if b"endless" in each:
            if b"deaf" in each:  # as code in C that never comes back
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
            while True:
                time.sleep(0.01)
    return judge(self, mails)

Classifier.judge = slowly
from classifier.cli import main
main()
"""
"""A server to which some mail is endless: nothing known is, so judging has to be made so."""

ONE = mail("spam", 501)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name."""
    with TemporaryDirectory(prefix="mt-") as name:
        yield Path(name)


@contextmanager
def serving(path: Path, model: Path, *options: object) -> Iterator[subprocess.Popen[str]]:
    words = ["serve", "--socket", path, "-m", model, "--me", "ada@example.org", *options]
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *map(str, words)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        assert "answering at" in process.stderr.readline()
        yield process
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


def test_mail_that_takes_too_long_is_answered_so_and_costs_no_other(folder: Path, tiny_model: Path) -> None:
    path, found = folder / "socket", []
    with serving(path, tiny_model, "--within", 0.3) as process:

        def ask() -> None:
            with Client(path, timeout=20) as client:
                found.append(client.classify(ONE)["label"])

        asking = [threading.Thread(target=ask) for _ in range(5)]
        with Client(path, timeout=20) as client:
            for each in asking:
                each.start()
            with pytest.raises(ServerAway, match=r"it took longer than 0\.3 seconds"):
                client.classify(b"Subject: endless\n\nx\n")
            for each in asking:
                each.join(20)
            assert client.classify(ONE)["label"] == "spam"  # the same worker, the same connection
        assert found == ["spam"] * 5
        process.terminate()
        assert process.wait(20) == 0
        assert process.stderr is not None
        said = process.stderr.read().splitlines()
    assert said == ["mailtriage: a mail could not be judged: it took longer than 0.3 seconds"]


def test_a_worker_that_hears_no_alarm_is_ended_and_replaced(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    with serving(path, tiny_model, "--within", 0.2) as process:
        with pytest.raises(ServerAway, match="without an answer"), Client(path, timeout=20) as client:
            client.classify(b"Subject: endless, deaf\n\nx\n")
        with Client(path, timeout=20) as client:
            assert client.classify(ONE)["label"] == "spam"
        assert process.stderr is not None
        assert "has judged one mail for more than 0.2 seconds" in process.stderr.readline()
        assert "was killed by signal 9; another takes its place" in process.stderr.readline()
        began = time.monotonic()
        process.terminate()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 10


def test_stopping_waits_no_longer_than_judging_may_take(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    with serving(path, tiny_model, "--within", 1) as process, socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(path))
        peer.sendall(pack_request(raw := b"Subject: endless\n\nx\n") + raw)
        time.sleep(0.2)
        process.terminate()
        assert process.wait(20) == 0
        head = reply_head(peer.recv(REPLY_BYTES, socket.MSG_WAITALL))
        assert head is not None  # an answer, before it ended
        assert b"took longer" in peer.recv(head[1], socket.MSG_WAITALL)


def test_an_alarm_that_comes_when_all_is_done_does_nothing() -> None:
    glass = Hourglass(0.05)
    before = signal.getsignal(signal.SIGALRM)
    try:
        assert glass.within(lambda: 7) == 7
        time.sleep(0.1)
        with pytest.raises(NotJudged, match=r"longer than 0\.05"):
            glass.within(lambda: time.sleep(5))
        assert glass.ends(100.0) == pytest.approx(105.05)
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
        glass.close()


@contextmanager
def looping(folder: Path, limits: Limits, hold: threading.Event | None = None) -> Iterator[Path]:
    """A loop in a thread: what it answers is not looked at here."""

    def answer(requests: Sequence[Request]) -> list[bytes]:
        if hold is not None:
            hold.wait(20)
        return [pack_reply(JUDGED, b"{}") for _ in requests]

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socket"))
    listener.listen(64)
    loop = Loop(listener, answer, Admission(os.geteuid()), limits)
    hear, tell = os.pipe()

    def stop() -> None:
        loop.unwatch(hear)
        loop.stop()

    loop.watch(hear, stop)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield folder / "socket"
    finally:
        os.write(tell, b"x")
        thread.join(20)
        assert not thread.is_alive()
        os.close(hear)
        os.close(tell)


def connected(path: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(20)
    peer.connect(str(path))
    return peer


def status(peer: socket.socket) -> int | None:
    """The status of the next reply; None where the connection has ended."""
    head = peer.recv(REPLY_BYTES, socket.MSG_WAITALL)
    if not head:
        return None
    found = reply_head(head)
    assert found is not None
    peer.recv(found[1], socket.MSG_WAITALL)
    return found[0]


def ask(peer: socket.socket) -> int | None:
    peer.sendall(pack_request(ONE) + ONE)
    return status(peer)


def test_who_asks_nothing_for_too_long_is_let_go(folder: Path) -> None:
    with looping(folder, Limits(idle=0.3, seconds=20)) as path, connected(path) as peer:
        assert ask(peer) == JUDGED
        began = time.monotonic()
        assert status(peer) is None
        assert 0.2 < time.monotonic() - began < 10
        with Client(path) as client:  # which connects again by itself
            assert client.ask(ONE) == b"{}"
            time.sleep(0.8)
            assert client.ask(ONE) == b"{}"


def test_one_peer_more_takes_the_place_of_the_longest_idle_or_is_told(folder: Path) -> None:
    with looping(folder, Limits(connections=3)) as path:
        peers = [connected(path) for _ in range(3)]
        assert [ask(peer) for peer in peers] == [JUDGED] * 3
        with connected(path) as more:
            assert ask(more) == JUDGED
            assert status(peers[0]) is None
            for peer in (*peers[1:], more):  # all are in the middle of something
                peer.sendall(pack_request(ONE) + ONE[:5])
            time.sleep(0.1)
            with connected(path) as late:
                assert status(late) == BUSY
            for peer in (*peers[1:], more):
                peer.sendall(ONE[5:])
                assert status(peer) == JUDGED
        for peer in peers:
            peer.close()


def test_no_more_mail_is_kept_than_there_is_memory_for(folder: Path) -> None:
    large = b"Subject: large\n\n" + b"x" * 3_000_000
    with looping(folder, Limits(memory=8_000_000)) as path:
        peers = [connected(path) for _ in range(4)]
        for peer in peers[:2]:
            peer.sendall(pack_request(large) + large[:-1])
        time.sleep(0.2)
        with suppress(BrokenPipeError):  # it may be told before all was sent
            peers[2].sendall(pack_request(large) + large[:-1])
        assert status(peers[2]) == BUSY
        assert ask(peers[3]) == JUDGED  # there is room for a small one
        for peer in peers[:2]:
            peer.sendall(large[-1:])
            assert status(peer) == JUDGED
        for peer in peers:
            peer.close()


def test_nobody_else_finds_the_socket_at_any_moment(folder: Path, tiny_model: Path) -> None:
    path = folder / "new" / "socket"
    before = os.umask(0)  # of a careless service
    try:
        with serving(path, tiny_model):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            assert path.stat().st_uid == os.geteuid()
    finally:
        os.umask(before)

"""A milter between a real Postfix and a real classifier; and whoever else may be connected."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_mail import mail, run
from hypothesis import given, settings
from hypothesis import strategies as st
from postfix_server import MAIN, Postfix, postfix
from test_serve import folder, started  # noqa: F401 - a fixture and what starts a server

from classifier.errors import ServeError
from classifier.mail import Message
from classifier.mail.route import read_route
from classifier.serve.fields import fields
from classifier.serve.milter import packets
from classifier.serve.milter.envelope import Envelope
from classifier.serve.milter.packets import Action, Malformed, Offer, Peer, Step, packet
from classifier.serve.milter.place import Place, listening, place
from classifier.serve.milter.service import Bounds, Service
from classifier.serve.milter.session import Room, Session

ME = ("--me", "@example.org", "--profile", "off")
ALL = Step(sum(Step))
ACTIONS = Action(sum(Action))
OURS = re.compile(rb"^X-Mailtriage(?:-Why)?: [^\n]*\n(?:[ \t][^\n]*\n)*", re.MULTILINE)
VERDICT: dict[str, Any] = {
    "label": "spam",
    "unsure": False,
    "spared": False,
    "p": {"important": 0.01, "unimportant": 0.02, "spam": 0.97},
    "clues": [{"name": "body", "value": "pills now", "contribution": 1.5}],
}


@contextmanager
def milter(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A milter that can be asked, and what it says; ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "classifier", "milter", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("mailtriage: filtering at "), line + process.stderr.read()
        reading = threading.Thread(target=lambda: said.extend(process.stderr or ()))
        reading.start()
        yield process, said
    finally:
        process.terminate()
        assert process.wait(30) in {0, -signal.SIGKILL}
        reading.join()
        process.stderr.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# With a real Postfix


@pytest.fixture(scope="module")
def mta() -> Iterator[tuple[Postfix, int]]:
    """A Postfix, and the port where it looks for its milter, for one test after another."""
    port = free_port()
    with postfix(f"inet:127.0.0.1:{port}") as server:
        yield server, port


@pytest.fixture
def served(mta: tuple[Postfix, int], tiny_model: Path) -> Iterator[Postfix]:
    """The same with a milter."""
    place = f"inet:{mta[1]}@127.0.0.1"
    with milter("-m", tiny_model, *ME, "--socket", place, "--quarantine", "spam"):
        yield mta[0]


def test_postfix_delivers_with_the_verdict_on_top(served: Postfix) -> None:
    raw = mail("important", 501)
    forged = (
        b"X-Mailtriage: spam; 1\nX-MAILTRIAGE: spam; 2\n folded\nTo: x@example.org\n"
        b"X-Mailtriage-Why : spam; 3\nX-Mailtriage : spam; 4\nX-Mailtriage: spam; 5\n"
    )
    served.send(forged + raw)
    [found] = served.delivered()
    assert re.search(rb"\nX-Mailtriage: important; [^\n]+\nX-Mailtriage-Why: ", found)
    assert b"spam; " not in found
    assert found.count(b"X-Mailtriage: ") == found.count(b"X-Mailtriage-Why: ") == 1
    assert found.endswith(b"\nTo: x@example.org\n" + raw)
    assert found.index(b"X-Mailtriage: ") < found.index(b"\nReceived: ")


def test_the_verdict_is_that_on_the_mail_as_it_is_delivered(mta: tuple[Postfix, int]) -> None:
    """The envelope, the client and the login are in what is judged, as they are in what is delivered."""
    seen: list[bytes] = []

    def judge(raw: bytes) -> dict[str, Any]:
        seen.append(raw)
        return VERDICT

    server, port = mta
    with serving(listening(place(f"inet:{port}")), judge):
        server.send(mail("spam", 1) + b"caf\xe9\n", xclient="NAME=bad.example.net ADDR=192.0.2.7 LOGIN=bob")
        server.send(mail("spam", 2), "ada@example.org", "bob@example.org", mail_from="")
        server.submit(mail("important", 3))
        delivered = server.delivered(4)
    by_id = {
        Message(raw).message_id: OURS.sub(b"", raw).replace(b"X-Original-To: ada@example.org\n", b"")
        for raw in delivered
    }
    first, many, local = (by_id[Message(raw).message_id] for raw in seen)
    assert re.sub(rb"\d\d:\d\d:\d\d", b"", seen[0]) == re.sub(rb"\d\d:\d\d:\d\d", b"", first)
    assert Message(seen[0]).raw.endswith(b"caf\xe9\n")
    assert [Message(raw).mail_from for raw in seen] == [
        Message(raw).mail_from for raw in (first, many, local)
    ]
    for ours, theirs in zip(seen, (first, many, local), strict=True):
        hop, other = read_route(Message(ours).headers).hops[0], read_route(Message(theirs).headers).hops[0]
        assert (hop.helo, hop.ptr, hop.address, hop.by, hop.protocol, hop.local, hop.authenticated) == (
            *(
                other.helo,
                other.ptr,
                other.address,
                other.by,
                other.protocol,
                other.local,
                other.authenticated,
            ),
        )
    assert read_route(Message(seen[0]).headers).hops[0].authenticated
    assert read_route(Message(seen[2]).headers).hops[0].local
    assert b"Delivered-To: ada@example.org\nReceived:" in seen[0]
    assert b"Delivered-To: ada@example.org\nReceived:" not in seen[1]


def test_postfix_holds_sure_spam_where_it_is_told_to(served: Postfix) -> None:
    served.send(mail("spam", 777))
    until = time.monotonic() + 30
    while not (held := list((served.home / "queue" / "hold").glob("*"))) and time.monotonic() < until:
        time.sleep(0.05)
    assert b"X-Mailtriage: spam; unsure=no" in held[0].read_bytes()
    assert "milter triggers HOLD action" in served.log


def test_many_mails_at_once_all_arrive(served: Postfix) -> None:
    def send(number: int) -> None:
        for turn in range(5):
            label = ("important", "unimportant")[turn % 2]
            served.send(mail(label, 100 * number + turn))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = served.delivered(40)
    assert len({Message(raw).message_id for raw in found}) == 40
    for raw in found:
        label = re.search(rb"Message-ID: <(\w+)\.", raw)
        assert label
        assert b"\nX-Mailtriage: " + label[1] + b"; " in raw


@pytest.mark.parametrize("on_error", ["accept", "tempfail"])
def test_a_milter_that_cannot_judge_loses_no_mail(
    on_error: str,
    folder: Path,  # noqa: F811
    mta: tuple[Postfix, int],
) -> None:
    """Here the server that should judge is away."""
    server, port = mta
    options = ("--via", folder / "none", "--socket", f"inet:{port}", "--on-error", on_error)
    with milter(*options) as (_, said):
        raw = b"X-Mailtriage: important\n" + mail("important", 1)
        if on_error == "accept":
            server.send(raw)
            [found] = server.delivered()
            assert b"X-Mailtriage" not in found
        else:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                server.send(raw)
            assert refused.value.smtp_code == 451
    assert any(": no server answers" in line and re.match(r"mailtriage: [0-9A-F]+: p", line) for line in said)


def test_postfix_is_let_in_at_a_unix_socket_by_its_group(mta: tuple[Postfix, int], tiny_model: Path) -> None:
    server, _ = mta
    where = server.home / "milter" / "socket"
    server.configure(f"smtpd_milters = unix:{where}")
    try:
        with milter("-m", tiny_model, *ME, "--socket", f"unix:{where}", "--group", "postfix"):
            server.send(mail("important", 1))
            assert b"\nX-Mailtriage: important" in server.delivered()[0]
        with milter("-m", tiny_model, *ME, "--socket", f"unix:{where}"):
            server.send(mail("important", 2))
            assert b"X-Mailtriage" not in server.delivered()[0]
    finally:
        server.configure(f"smtpd_milters = inet:127.0.0.1:{mta[1]}")


def test_postfix_is_set_up_as_the_page_says() -> None:
    page = Path(__file__).resolve().parent.parent / "notebooks" / "06_delivery.md"
    lines = re.search(r"```text\n(smtpd_milters.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert lines
    assert lines[1].replace("inet:127.0.0.1:8895", "{milter}") in MAIN


def test_a_milter_that_dies_loses_no_mail(mta: tuple[Postfix, int], tiny_model: Path) -> None:
    server, port = mta
    server.send(mail("important", 1))
    with milter("-m", tiny_model, *ME, "--socket", f"inet:{port}") as (process, said):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        worker = int(children.read_text(encoding="ascii").split()[0])
        server.send(mail("important", 2))
        os.kill(worker, signal.SIGKILL)
        until = time.monotonic() + 30
        while not (found := children.read_text(encoding="ascii").split()) or int(found[0]) == worker:
            assert time.monotonic() < until
            time.sleep(0.05)
        server.send(mail("important", 3))
    mails = {Message(raw).message_id: raw for raw in server.delivered(3)}
    assert b"X-Mailtriage" not in mails["<important.1@example.org>"]
    assert b"X-Mailtriage: important" in mails["<important.2@example.org>"]
    assert b"X-Mailtriage: important" in mails["<important.3@example.org>"]
    assert any("was killed by signal 9; another takes its place" in line for line in said)


# With a server that this test plays


@contextmanager
def serving(
    listener: socket.socket, judge: Any, bounds: Bounds | None = None, **options: bool
) -> Iterator[list[str]]:
    """A service in a thread of this process, and what it complains of."""
    said: list[str] = []
    begun: list[tuple[asyncio.AbstractEventLoop, Service]] = []
    ready = threading.Event()

    async def serve() -> None:
        service = Service(listener, judge, said.append, lambda _: "", bounds or Bounds(), **options)
        begun.append((asyncio.get_running_loop(), service))
        ready.set()
        await service.run()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield said
    finally:
        loop, service = begun[0]
        if thread.is_alive():
            loop.call_soon_threadsafe(service.stop)
        thread.join(30)
        assert not thread.is_alive()
        listener.close()


OPENED: list[socket.socket] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close what a test has opened."""
    yield
    while OPENED:
        OPENED.pop().close()


class Server:
    """The other end: what a mail server does."""

    def __init__(self, port: int, steps: int = 0, actions: int = ACTIONS, version: int = 6) -> None:
        self.peer = socket.create_connection(("127.0.0.1", port), timeout=20)
        OPENED.append(self.peer)
        numbers = (version, actions, steps)
        self.say(b"O", b"".join(int(number).to_bytes(4, "big") for number in numbers))
        letter, text = self.hear()
        assert letter == b"O"
        self.agreed = packets.offer(text)

    def say(self, letter: bytes, text: bytes = b"") -> None:
        self.peer.sendall(packet(letter, text))

    def hear(self) -> tuple[bytes, bytes]:
        head = self.peer.recv(4, socket.MSG_WAITALL)
        if len(head) < 4:
            raise EOFError
        text = self.peer.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
        return text[:1], text[1:]

    def step(self, letter: bytes, text: bytes = b"") -> bytes:
        """Say something, and hear the answer if one is due."""
        self.say(letter, text)
        if self.agreed.steps & packets.SILENT[letter]:
            return b"c"
        return self.hear()[0]

    def mail(
        self, headers: Sequence[tuple[bytes, bytes]], body: Sequence[bytes] = ()
    ) -> list[tuple[bytes, bytes]]:
        """Hand a mail in; return what is to be done with it."""
        assert self.step(b"C", b"mx.example.net\0" + b"4\x09\xc4192.0.2.7\0") == b"c"
        assert self.step(b"H", b"mx.example.net\0") == b"c"
        assert self.step(b"M", b"<eve@example.net>\0SIZE=1\0") == b"c"
        assert self.step(b"R", b"<ada@example.org>\0") == b"c"
        for name, value in headers:
            assert self.step(b"L", name + b"\0" + value + b"\0") == b"c"
        assert self.step(b"N") == b"c"
        for piece in body:
            if self.step(b"B", piece) == b"s":
                break
        self.say(b"E")
        return self.end()

    def end(self) -> list[tuple[bytes, bytes]]:
        found = [self.hear()]
        while found[-1][0] not in b"catrd":
            found.append(self.hear())
        return found


@pytest.fixture
def seen() -> list[bytes]:
    return []


@pytest.fixture
def port(seen: list[bytes]) -> Iterator[int]:
    def judge(raw: bytes) -> dict[str, Any]:
        seen.append(raw)
        return VERDICT

    listener = listening(Place(socket.AF_INET, host="127.0.0.1", port=0))
    with serving(listener, judge, Bounds(seconds=1)):
        yield int(listener.getsockname()[1])


def added(blank: str = "") -> list[tuple[bytes, bytes]]:
    return [
        (b"i", b"\0\0\0\0" + f"{name}\0{blank}{value}\0".encode())
        for name, value in reversed(fields(VERDICT))
    ]


@pytest.mark.parametrize("steps", [0, ALL, ALL & ~Step.SKIP, Step.LEADING_BLANK])
@pytest.mark.parametrize("version", [2, 4, 6, 7])
def test_servers_of_all_ages_are_answered(port: int, seen: list[bytes], steps: Step, version: int) -> None:
    server = Server(port, steps, version=version)
    blank = b" " if steps & Step.LEADING_BLANK else b""
    answers = server.mail([(b"Subject", blank + b"hi\n\tyou")], [b"one\r\n", b"two\r\n"])
    assert answers == [*added(blank.decode()), (b"c", b"")]
    assert seen[-1].endswith(b"Subject: hi\n\tyou\n\none\ntwo\n")
    assert server.agreed.version == min(version, 6)
    server.say(b"K")
    assert server.mail([], [])[-1] == (b"c", b"")
    server.say(b"Q")
    assert server.peer.recv(1) == b""


def test_forged_fields_go_from_the_last_to_the_first(port: int, seen: list[bytes]) -> None:
    forged = [
        (b"X-Mailtriage", b"a"),
        (b"Subject", b"x\rX-Mailtriage: b"),
        (b"x-MAILTRIAGE-why", b"c"),
        (b"X-Mailtriage", b"d\rSubject: e"),
        (b"subject", b"X-Mailtriage: is only named here"),
    ]
    assert Server(port).mail(forged)[:4] == [
        (b"m", b"\0\0\0\2X-Mailtriage\0\0"),
        (b"m", b"\0\0\0\1x-MAILTRIAGE-why\0\0"),
        (b"m", b"\0\0\0\1Subject\0x\0"),
        (b"m", b"\0\0\0\1X-Mailtriage\0\0"),
    ]
    assert seen[-1].endswith(b"Subject: x\nsubject: X-Mailtriage: is only named here\n\n")


def test_only_what_the_server_can_do_is_asked_of_it(port: int) -> None:
    assert Server(port, actions=0).mail([(b"X-Mailtriage", b"a")]) == [(b"c", b"")]
    assert Server(port, actions=Action.ADD_HEADERS).mail([(b"X-Mailtriage", b"a")]) == [*added(), (b"c", b"")]


def test_a_mail_that_is_broken_off_leaves_nothing_behind(port: int, seen: list[bytes]) -> None:
    server = Server(port)
    server.step(b"M", b"<a@example.net>\0")
    server.step(b"R", b"<first@example.org>\0")
    server.step(b"L", b"X-Mailtriage\0a\0")
    server.step(b"B", b"first")
    server.say(b"A")
    assert server.mail([(b"Subject", b"second")])[0][0] == b"i"
    assert b"first" not in seen[-1]


@pytest.mark.parametrize(
    "villain",
    [
        b"\0\0\0\0",
        b"\xff\xff\xff\xffO",
        packet(b"C", b"x\x004\0\x00192.0.2.7\0"),  # before any offer
        packet(b"O", b"short"),
        packet(b"O", b"\0\0\0\1" + bytes(8)),
        packet(b"O", b"\0\0\0\6" + bytes(8)) + packet(b"Z"),
        packet(b"O", b"\0\0\0\6" + bytes(8)) + packet(b"L", b"no end"),
        packet(b"O", b"\0\0\0\6" + bytes(8)) + packet(b"L", b"one\0"),
        packet(b"O", b"\0\0\0\6" + bytes(8)) + packet(b"C", b"name"),
        packet(b"O", b"\0\0\0\6" + bytes(8)) + packet(b"C", b"name\x004\0"),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_whoever_is_no_mail_server_is_left_alone(port: int, villain: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
        peer.sendall(villain)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(1000):
            pass
    assert Server(port).mail([])[-1] == (b"c", b"")  # and others are served


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*sorted(packets.SILENT), b"D", b"A", b"K", b"E", b"O"]), st.binary(max_size=60)
        ),
        max_size=30,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_a_server_says_is_taken_or_refused(said: list[tuple[bytes, bytes]]) -> None:
    room = Room(1000)
    session = Session(room)
    session.take(b"O", b"\0\0\0\6" + int(ACTIONS).to_bytes(4, "big") + bytes(4))
    for letter, text in said:
        try:
            answer = session.take(letter, text)
        except Malformed:
            break
        if letter == b"E":
            Message(session.mail()).all_defects()
            answer = session.conclude(VERDICT)
        while answer:
            answer = answer[4 + packets.length(answer[:4]) :]
        assert 0 <= room.left <= 1000
    session.forget()
    assert room.left == 1000


hostile = st.binary(max_size=400) | st.sampled_from(
    [b"x\r\nSubject: y", b"a) by evil (", b"\0", b"]", b"x; y"]
)


@given(
    hostile,
    hostile,
    hostile,
    st.lists(hostile, max_size=2),
    st.dictionaries(st.sampled_from([b"i", b"j", b"v"]), hostile),
)
@settings(max_examples=300, deadline=None)
def test_no_stranger_writes_the_trace(
    name: bytes, helo: bytes, mail_from: bytes, rcpt_to: list[bytes], macros: dict[bytes, bytes]
) -> None:
    macros[b"j"] = b"mx.example.org"
    trace = Envelope(Peer(name, b"192.0.2.7", 25), helo, mail_from, rcpt_to, macros).trace(0)
    parsed = Message(trace + b"Subject: x\n\n")
    known = [
        "Return-Path",
        *(["Delivered-To"] if len(rcpt_to) == 1 and rcpt_to[0] else []),
        "Received",
        "Subject",
    ]
    assert [header.name for header in parsed.headers] == known
    [hop] = read_route(parsed.headers).hops
    assert (hop.by, hop.address, hop.authenticated) == ("mx.example.org", "192.0.2.7", False)
    assert trace.endswith(b"; Thu, 01 Jan 1970 00:00:00 +0000 (UTC)\n")


def test_mail_beyond_the_room_is_judged_by_its_beginning(seen: list[bytes]) -> None:
    listener = listening(Place(socket.AF_INET, host="127.0.0.1", port=0))
    with serving(listener, lambda raw: seen.append(raw) or VERDICT, Bounds(memory=100_000)):
        for steps in (0, Step.SKIP, ALL):
            server = Server(listener.getsockname()[1], steps)
            assert server.mail([(b"Subject", b"x")], [b"y" * 60_000] * 4)[-1] == (b"c", b"")
            assert 99_000 < len(seen[-1]) < 101_000
            assert server.mail([(b"Subject", b"again")], [b"y"])[-1] == (b"c", b"")
            assert b"again" in seen[-1]


@pytest.mark.parametrize("tempfail", [False, True])
def test_a_mail_does_not_wait_for_ever(tempfail: bool) -> None:
    def hang(raw: bytes) -> dict[str, Any]:
        time.sleep(1)
        return VERDICT

    listener = listening(Place(socket.AF_INET, host="127.0.0.1", port=0))
    with serving(listener, hang, Bounds(seconds=0.2), tempfail=tempfail) as said:
        began = time.monotonic()
        answers = Server(listener.getsockname()[1]).mail([(b"X-Mailtriage", b"a")])
        assert time.monotonic() - began < 0.9
    assert answers == ([(b"t", b"")] if tempfail else [(b"m", b"\0\0\0\1X-Mailtriage\0\0"), (b"c", b"")])
    assert said[0].endswith(": it took longer than 0.2 seconds")


def test_an_error_of_judging_is_said_and_costs_the_verdict_only() -> None:
    def fail(raw: bytes) -> dict[str, Any]:
        raise KeyError("x")

    listener = listening(Place(socket.AF_INET, host="127.0.0.1", port=0))
    with serving(listener, fail) as said:
        server = Server(listener.getsockname()[1])
        server.say(b"D", b"M" + b"i\0ABC123\0")
        assert server.mail([]) == [(b"c", b"")]
        assert server.mail([]) == [(b"c", b"")]
    assert said == ["ABC123: passed on without a verdict: 'x'"] * 2


def test_those_beyond_the_connections_wait(seen: list[bytes]) -> None:
    listener = listening(Place(socket.AF_INET, host="127.0.0.1", port=0))
    where = listener.getsockname()[1]
    with serving(listener, lambda raw: VERDICT, Bounds(connections=2)):
        first, second = Server(where), Server(where)
        answers: list[object] = []
        third = threading.Thread(target=lambda: answers.append(Server(where).mail([])[-1]))
        third.start()
        time.sleep(0.3)
        assert not answers
        assert second.mail([])[-1] == (b"c", b"")
        first.peer.close()
        third.join(20)
        assert answers == [(b"c", b"")]


def test_a_stop_lets_the_mail_in_hand_end(tiny_model: Path) -> None:
    where = free_port()
    with milter("-m", tiny_model, *ME, "--socket", f"inet:{where}") as (process, _):
        idle, busy = Server(where), Server(where)
        process.send_signal(signal.SIGHUP)
        assert busy.mail([])[-1] == (b"c", b"")
        busy.step(b"M", b"<a@example.net>\0")
        process.terminate()
        assert idle.peer.recv(1) == b""
        busy.step(b"L", b"Subject\0x\0")
        busy.say(b"E")
        assert [letter for letter, _ in busy.end()] == [b"i", b"i", b"c"]
        assert process.wait(20) == 0


def test_a_unix_socket_and_a_server_that_judges(folder: Path, tiny_model: Path) -> None:  # noqa: F811
    answers = []
    judging, asked = folder / "serve", folder / "milter"
    with started(judging, "-m", tiny_model, *ME):
        for options in (("-m", tiny_model, *ME), ("--via", judging)):
            with milter(*options, "--jobs", 2, "--socket", f"unix:{asked}"):
                assert asked.stat().st_mode & 0o777 == 0o600
                peer = socket.socket(socket.AF_UNIX)
                peer.connect(str(asked))
                server = Server.__new__(Server)
                server.peer, server.agreed = peer, Offer(6, ACTIONS, Step(0))
                server.say(b"O", b"\0\0\0\6" + int(ACTIONS).to_bytes(4, "big") + bytes(4))
                server.hear()
                answers.append(server.mail([(b"Subject", b"cheap pills")], [b"buy now, winner\r\n"]))
                peer.close()
    assert answers[0] == answers[1]
    assert answers[0][-2][1].startswith(b"\0\0\0\0X-Mailtriage\0")


def test_places_are_read_as_mail_servers_write_them() -> None:
    assert place("unix:/run/x") == place("local:/run/x") == Place(socket.AF_UNIX, path="/run/x")
    assert place("inet:25@mx") == place("inet:mx:25") == Place(socket.AF_INET, host="mx", port=25)
    assert place("inet:25") == Place(socket.AF_INET, host="127.0.0.1", port=25)
    assert place("inet6:25@[::1]") == Place(socket.AF_INET6, host="::1", port=25)
    for wrong in ("", "unix:", "inet:", "inet:x", "inet:70000", "/run/x", "tcp:25"):
        with pytest.raises(ValueError, match="is no unix:PATH"):
            place(wrong)
        assert run("milter", "--socket", wrong).exit_code == 2
    with pytest.raises(ServeError):
        listening(Place(socket.AF_INET, host="192.0.2.1", port=25))


def test_options_of_the_server_are_not_for_the_milter(folder: Path) -> None:  # noqa: F811
    result = run("milter", "--via", folder / "x", "-m", "starter", "--socket", "inet:25")
    assert (result.exit_code, "for the server to heed" in result.stderr) == (2, True)

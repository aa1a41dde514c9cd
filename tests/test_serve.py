"""A real server: asked by many at once, by the slow and the rude, killed, stopped, started anew."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cli_mail import mail, mixed, run, write_mbox

from classifier.errors import ServerAway, ServerBusy
from classifier.mailboxes.base import MAX_RAW
from classifier.serve import Client
from classifier.serve.connection import Connection, Refused
from classifier.serve.peers import Admission
from classifier.serve.protocol import (
    JUDGED,
    LARGEST,
    MALFORMED,
    REFUSED,
    REPLY_BYTES,
    TOO_LARGE,
    pack_reply,
    pack_request,
    reply_head,
)
from classifier.serve.systemd import notify

COMMAND = [sys.executable, "-m", "classifier"]
ME = ("--me", "ada@example.org")
ONE = mail("spam", 501)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a socket may have 107 bytes."""
    with TemporaryDirectory(prefix="mt-") as name:
        yield Path(name)


@contextmanager
def started(path: Path, *arguments: object, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A server that can be asked; killed at the end with all that belongs to it."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--socket", path, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,  # type: ignore[call-overload]
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith(f"mailtriage: answering at {path}"), said + process.stderr.read()
        yield process
    finally:
        for end in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, end)
                process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        process.stderr.close()


@pytest.fixture
def path(folder: Path, tiny_model: Path) -> Iterator[Path]:
    """The socket of a server with short patience."""
    with started(folder / "s" / "socket", "-m", tiny_model, *ME, "--timeout", 1):
        yield folder / "s" / "socket"


def asked(path: Path, raw: bytes = ONE, patience: float = 0.0) -> str:
    with Client(path, timeout=10, patience=patience) as client:
        return str(client.classify(raw)["label"])


def connected(path: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(str(path))
    return peer


def status_of(peer: socket.socket) -> int:
    head = peer.recv(REPLY_BYTES, socket.MSG_WAITALL)
    found = reply_head(head)
    assert found is not None
    peer.recv(found[1], socket.MSG_WAITALL)
    return found[0]


def ended(peer: socket.socket) -> bool:
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def test_a_client_gets_what_classify_prints(path: Path, tiny_model: Path) -> None:
    with Client(path) as client:
        for raw in mixed(2):
            printed = json.loads(
                run("classify", "-m", tiny_model, *ME, "--explain", 3, "-", input=raw).stdout
            )
            found = client.classify(raw, explain=3)
            assert found == printed | {"mailbox": None, "key": None}
        assert [client.classify(raw)["label"] for raw in mixed(1)] == ["important", "unimportant", "spam"]
        assert client.classify(b"")["unsure"] is not None


@pytest.mark.parametrize("form", ["jsonl", "csv", "text"])
@pytest.mark.parametrize("explain", [None, 2])
def test_via_prints_the_same(
    form: str, explain: int | None, path: Path, tiny_model: Path, tmp_path: Path
) -> None:
    mbox = write_mbox(tmp_path / "in.mbox", mixed(2))
    more = () if explain is None else ("--explain", explain)
    for given, box in ((ONE, "-"), (None, mbox), (mbox.read_bytes(), "-"), (b"\x00\x01 no mail", "-")):
        here = run("classify", "-m", tiny_model, *ME, "-f", form, *more, box, input=given)
        there = subprocess.run(
            [*COMMAND, "classify", "--via", path, "-f", form, *map(str, more), box],
            input=given,
            capture_output=True,
            check=False,
        )
        assert there.stdout == here.stdout_bytes
        assert (there.returncode, there.stderr) == (here.exit_code, here.stderr_bytes)


def test_where_nobody_said_who_you_are_each_mail_tells(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    other = ONE.replace(b"ada@", b"bob@")
    with started(path, "-m", tiny_model), Client(path) as client:
        for raw in (ONE, other, ONE):
            here = run("classify", "-m", tiny_model, "--explain", 50, "-", input=raw)
            assert client.classify(raw, explain=50)["clues"] == json.loads(here.stdout)["clues"]


def test_the_client_imports_neither_numpy_nor_the_engine(path: Path) -> None:
    script = (
        "import atexit, sys\natexit.register(lambda: print(*sys.modules))\n"
        "from classifier.cli import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "classify", "--via", path, "-"],
        input=ONE,
        capture_output=True,
        check=True,
    )
    line, modules = done.stdout.decode().splitlines()
    assert json.loads(line)["label"] == "spam"
    loaded = set(modules.split())
    assert not loaded & {
        "numpy",
        "click",
        "re",
        "json",
        "typing",
        "socket",
        "classifier.engine",
        "classifier.mail",
    }
    done = subprocess.run(
        [sys.executable, "-c", script, "classify", "--via", path, "-f", "csv", "-"],
        input=b"\n" + ONE,  # the long way
        capture_output=True,
        check=True,
    )
    loaded = set(done.stdout.decode().split())
    assert "click" in loaded
    assert not loaded & {"numpy", "classifier.engine", "classifier.mail", "classifier.store"}


def test_options_of_the_server_are_not_for_those_who_ask(folder: Path) -> None:
    for option in (("-m", "starter"), ("--me", "a@example.org"), ("--dns", "live"), ("--profile", "off")):
        result = run("classify", "--via", folder / "none", *option, "-", input=ONE)
        assert result.exit_code == 2
        assert "for the server to heed" in result.stderr


def test_only_the_user_gets_at_the_socket(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_many_at_once_all_get_their_own_answer(path: Path) -> None:
    wrong: list[object] = []

    def ask(number: int) -> None:
        with Client(path, timeout=30, patience=30) as client:
            for turn in range(10):
                label = ("important", "unimportant", "spam")[(number + turn) % 3]
                raw = mail(label, 1000 * number + turn)
                found = client.classify(raw)
                if found["label"] != label or f"{1000 * number + turn}@" not in found["message_id"]:
                    wrong.append((number, turn, found))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_rubbish_half_a_mail_and_silence_cost_only_their_own_connection(path: Path) -> None:
    silent, half, nameless = connected(path), connected(path), connected(path)
    half.sendall(pack_request(ONE) + ONE[:20])
    rude = connected(path)
    rude.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status_of(rude) == MALFORMED
    assert ended(rude)
    huge = connected(path)
    huge.sendall(pack_request(b"")[:12] + (LARGEST + 1).to_bytes(4, "big"))
    assert status_of(huge) == TOO_LARGE
    gone = connected(path)
    gone.sendall(pack_request(ONE) + ONE)
    gone.close()  # does not wait for its answer
    nameless.sendall(b"m")
    assert asked(path) == "spam"
    for slow in (half, nameless):
        began = time.monotonic()
        status_of(slow)
        assert ended(slow)
        assert time.monotonic() - began < 5
    silent.sendall(pack_request(ONE) + ONE)  # silence alone is patience
    assert status_of(silent) == JUDGED
    for peer in (silent, half, nameless, rude, huge):
        peer.close()


def test_a_mail_in_drops_is_judged_if_it_is_in_time(path: Path) -> None:
    with connected(path) as peer:
        data = pack_request(ONE, (b"box", b"7")) + ONE
        for at in range(0, len(data), 40):
            peer.sendall(data[at : at + 40])
            time.sleep(0.01)
        assert status_of(peer) == JUDGED


def test_a_peer_that_does_not_take_its_answer_is_dropped(path: Path) -> None:
    with connected(path) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        try:
            for _ in range(400):  # asks on and on, reads nothing
                peer.sendall(pack_request(ONE, clues=500) + ONE)
        except OSError:
            pass
        assert asked(path) == "spam"


def test_a_full_queue_says_so_and_patience_helps(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    with started(path, "-m", tiny_model, *ME, "--queue", 1) as process:
        os.kill(workers_of(process)[0], signal.SIGSTOP)
        request = pack_request(ONE) + ONE
        peers = [connected(path) for _ in range(20)]
        for peer in peers:
            peer.sendall(request)
        patient: list[str] = []
        waiting = threading.Thread(target=lambda: patient.append(asked(path, patience=20)))
        waiting.start()
        os.kill(workers_of(process)[0], signal.SIGCONT)
        found = [status_of(peer) for peer in peers]
        waiting.join(30)
        assert patient == ["spam"]
        assert found.count(JUDGED) >= 1
        assert set(found) == {JUDGED, 1}
        for peer in peers:  # who was told so may ask again
            peer.sendall(request)
            assert status_of(peer) == JUDGED
            peer.close()


def test_busy_is_an_error_of_its_own_and_exit_code_75(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)

        def say_busy() -> None:
            for _ in range(2):
                peer, _ = listener.accept()
                with peer:
                    peer.recv(65536)
                    peer.sendall(pack_reply(1, b"busy: too many mails are waiting"))

        busy = threading.Thread(target=say_busy)
        busy.start()
        with pytest.raises(ServerBusy, match="too many mails"), Client(path) as client:
            client.classify(ONE)
        monkeypatch.setattr("classifier.cli.via.PATIENCE", 0.0)
        result = run("classify", "--via", path, "-", input=ONE)
        assert (result.exit_code, result.stdout) == (75, "")
        assert result.stderr == f"mailtriage: {path}: busy: too many mails are waiting\n"
        busy.join(10)


def test_what_answers_nothing_or_something_else_is_no_server(folder: Path) -> None:
    path = folder / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        with pytest.raises(ServerAway, match="no answer within"), Client(path, timeout=0.2) as client:
            client.classify(ONE)
        listener.accept()[0].close()

        def answer() -> None:
            for said in (b"220 mail.example.org ESMTP\r\n", b"mta1", b""):
                with listener.accept()[0] as peer:
                    peer.recv(65536)
                    peer.sendall(said)

        answering = threading.Thread(target=answer)
        answering.start()
        for said in ("no server of mailtriage", "without an answer", "without an answer"):
            with pytest.raises(ServerAway, match=said), Client(path) as client:
                client.classify(ONE)
        answering.join(10)


def test_no_server_is_exit_code_75_in_one_line_both_ways(folder: Path) -> None:
    for given in (ONE, b"\n" + ONE):
        done = subprocess.run(
            [*COMMAND, "classify", "--via", folder / "none", "-"],
            input=given,
            capture_output=True,
            check=False,
        )
        said = f"mailtriage: {folder / 'none'}: no server answers: No such file or directory\n"
        assert (done.returncode, done.stdout, done.stderr.decode()) == (75, b"", said)


def test_killed_it_leaves_a_socket_that_the_next_server_replaces(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    with started(path, "-m", tiny_model, *ME) as process:
        assert asked(path) == "spam"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        assert path.is_socket()
        with started(path, "-m", tiny_model, *ME):
            assert asked(path) == "spam"
    assert not path.exists()


def test_the_socket_of_a_living_server_is_refused(path: Path, tiny_model: Path) -> None:
    result = run("serve", "--socket", path, "-m", tiny_model)
    assert result.exit_code == 2
    assert "another server is running there" in result.stderr
    assert asked(path) == "spam"


def test_what_is_no_socket_is_left_alone(folder: Path, tiny_model: Path) -> None:
    (folder / "file").write_text("mine")
    result = run("serve", "--socket", folder / "file", "-m", tiny_model)
    assert (result.exit_code, (folder / "file").read_text()) == (2, "mine")
    assert "no socket" in result.stderr


def test_a_path_too_long_is_said_by_both(folder: Path, tiny_model: Path) -> None:
    long = folder / ("x" * 120)
    result = run("serve", "--socket", long, "-m", tiny_model)
    assert result.exit_code == 2
    assert "107 bytes" in result.stderr
    assert run("classify", "--via", long, "-", input=ONE).exit_code == 75


def test_a_folder_that_others_may_write_to_is_refused(folder: Path, tiny_model: Path) -> None:
    folder.chmod(0o777)
    result = run("serve", "--socket", folder / "socket", "-m", tiny_model)
    assert result.exit_code == 2
    assert "others may write there" in result.stderr


def test_without_a_model_it_does_not_begin(folder: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "serve", "--socket", folder / "socket", "-m", "nowhere", "-j", "2"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4
    assert b"no such model" in done.stderr
    assert not (folder / "socket").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_what_it_has_in_hand(number: int, folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    with started(path, "-m", tiny_model, *ME, "-j", 2) as process:
        half = connected(path)
        half.sendall(pack_request(ONE) + ONE[:20])
        idle = connected(path)
        assert asked(path) == "spam"
        process.send_signal(number)
        deadline = time.monotonic() + 5
        while path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not path.exists()
        half.sendall(ONE[20:])
        assert status_of(half) == JUDGED
        assert ended(half)
        assert ended(idle)
        half.close()
        idle.close()
        assert process.wait(10) == 0


def test_a_second_signal_ends_it_at_once(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    with started(path, "-m", tiny_model, *ME, "--timeout", 60) as process:
        half = connected(path)
        half.sendall(pack_request(ONE) + ONE[:20])
        assert asked(path) == "spam"
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 128 + signal.SIGTERM
        assert ended(half)
        half.close()
        assert not path.exists()


def test_a_worker_that_is_killed_is_replaced_and_named(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    with started(path, "-m", tiny_model, *ME) as process:
        killed = workers_of(process)[0]
        os.kill(killed, signal.SIGKILL)
        assert process.stderr is not None
        assert f"worker {killed} was killed by signal 9" in process.stderr.readline()
        assert asked(path) == "spam"
        assert workers_of(process)[0] != killed


def test_hangup_takes_a_new_model_in_and_keeps_the_old_one_if_it_is_bad(
    folder: Path, tiny_model: Path
) -> None:
    path, model = folder / "socket", folder / "model"
    model.write_bytes(tiny_model.read_bytes())
    with started(path, "-m", model, *ME) as process:
        assert asked(path) == "spam"
        (folder / "bad").write_bytes(b"no model at all")
        (folder / "bad").replace(model)
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        assert "the old stays in use" in process.stderr.readline()
        assert asked(path) == "spam"
        from classifier import Classifier
        from classifier.features import Schema

        Classifier(schema=Schema(bits=12)).save(model)
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        with Client(path) as client:
            while client.classify(ONE)["log_odds"]["spam"] != 0.0:
                assert time.monotonic() < deadline
                time.sleep(0.02)


def test_what_is_learned_elsewhere_counts_at_once(folder: Path, tiny_model: Path) -> None:
    path, raw = folder / "socket", mail("unimportant", 700)
    profile = folder / "mailtriage" / "profile.sqlite3"
    with started(path, "-m", tiny_model, *ME, env=os.environ | {"XDG_DATA_HOME": str(folder)}):
        assert asked(path, raw) == "unimportant"
        for label in ("spam", "important"):  # the first makes the profile, the second writes to it
            box = write_mbox(folder / label, [mail("unimportant", 700 + number) for number in range(9)])
            teach = ["learn", "-m", tiny_model, *ME, "--profile", profile, f"--{label}", box]
            subprocess.run([*COMMAND, *teach], check=True, capture_output=True)
            assert asked(path, raw) == label


def test_who_may_ask() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert Admission(os.geteuid()).refusal(ours) == ""
        if os.geteuid():
            assert "may not ask" in Admission(os.geteuid() + 1).refusal(ours)
            assert Admission(os.geteuid() + 1, os.getegid()).refusal(ours) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_refused_even_where_the_mode_lets_him_in(folder: Path, tiny_model: Path) -> None:
    path = folder / "s" / "socket"
    with started(path, "-m", tiny_model, *ME):
        for place, mode in ((folder, 0o711), (path.parent, 0o711), (path, 0o666)):
            place.chmod(mode)
        script = (
            "import os, sys, socket; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(12)[4])"
        )
        done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, check=True)
        assert int(done.stdout) == REFUSED
        path.chmod(0o600)
        done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, check=False)
        assert b"PermissionError" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_group_may_be_let_in(folder: Path, tiny_model: Path) -> None:
    path = folder / "socket"
    folder.chmod(0o711)
    import grp

    group = grp.getgrgid(65534).gr_name
    with started(path, "-m", tiny_model, *ME, "--group", group):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        script = (
            "import json, os, sys; from classifier.serve import Client\n"
            "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "print(Client(sys.argv[1]).classify(b'Subject: x\\n\\n')['label'])"
        )
        done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert run("serve", "--socket", path, "--group", "no such group").exit_code == 2


def test_systemd_hands_the_socket_over_and_is_told(folder: Path, tiny_model: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        listener.bind(str(folder / "socket"))
        listener.listen(8)
        told.bind(str(folder / "told"))
        told.settimeout(20)
        script = (
            "import os, sys\nos.dup2(int(sys.argv[1]), 3)\nos.environ['LISTEN_PID'] = str(os.getpid())\n"
            "os.execv(sys.executable, [sys.executable, '-m', 'classifier', 'serve', *sys.argv[2:]])"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(listener.fileno()), "-m", str(tiny_model), *ME],
            env=os.environ | {"LISTEN_FDS": "1", "NOTIFY_SOCKET": str(folder / "told")},
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            assert told.recv(100) == b"READY=1"
            assert asked(folder / "socket") == "spam"
            process.terminate()
            assert told.recv(100) == b"STOPPING=1"
            assert process.wait(10) == 0
            assert (folder / "socket").is_socket()  # systemd's, not ours to remove
        finally:
            process.kill()
            process.wait(10)


def test_without_systemd_a_socket_must_be_named(tiny_model: Path) -> None:
    result = run("serve", "-m", tiny_model)
    assert result.exit_code == 2
    assert "--socket PATH" in result.stderr
    notify("READY=1")  # nobody asked: nothing happens


def test_the_wire_takes_what_mailboxes_give() -> None:
    assert LARGEST == MAX_RAW
    with pytest.raises(ValueError, match="65,535"):
        pack_request(b"", (b"x" * 70_000, b""))


@pytest.mark.parametrize("step", [1, 3, 16, 17, 1000])
def test_a_request_may_arrive_in_any_pieces(step: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        connection = Connection(ours, 0.0)
        found = None
        data = pack_request(ONE, (b"b\xffx", b"k"), clues=7, form=2) + ONE
        for at in range(0, len(data), step):
            assert found is None
            theirs.sendall(data[at : at + step])
            found = connection.read(1.0) or connection.read(1.0)
        assert found is not None
        assert (found.raw, found.name, found.explain, found.form) == (ONE, ("b\udcffx", "k"), 7, 2)


@pytest.mark.parametrize(
    "villain",
    [
        b"mtq2" + bytes(12),
        b"mtq1\x03" + bytes(11),
        b"mtq1\x00\x02" + bytes(10),
        b"\x00" * 16,
        b"mtq1" + bytes(8) + b"\xff" * 4,
    ],
)
def test_a_villain_is_refused(villain: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(villain)
        with pytest.raises(Refused):
            Connection(ours, 0.0).read(1.0)

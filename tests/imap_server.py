"""Dovecot on loopback for the tests: run by nobody in particular, thrown away; and bad ways to it."""

from __future__ import annotations

import base64
import contextlib
import ctypes
import datetime
import hmac
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from installed import installed

USER, PASSWORD = "ada@example.org", "corr\u00e8ct \"horse\\ 'battery"
NOBODY = 65534
REPO = Path(__file__).resolve().parent.parent

CONFIG = """
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
listen = 127.0.0.1
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u:LAYOUT=fs
mail_always_cache_fields = imap.envelope
mailbox_list_index = no
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = {home}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {home}/oauth2
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  process_limit = 8
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {secure}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""


OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
username_attribute = sub
"""
HEADER = b'{"typ": "JWT", "alg": "HS256"}'
TOKEN_KEY = b"thirty-two bytes of a shared key"


def token(user: str = USER, seconds: int = 300) -> str:
    """Write an access token that the server takes for so long: RFC 7519, HS256."""

    def packed(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    claims = {"sub": user, "exp": int(time.time()) + seconds, "iss": "tests"}
    text = f"{packed(HEADER)}.{packed(json.dumps(claims).encode())}"
    return f"{text}.{packed(hmac.digest(TOKEN_KEY, text.encode(), 'sha256'))}"


@dataclass(frozen=True)
class Store:
    """A running Dovecot.

    Parameters
    ----------
    home : Path
    plain, secure : int
        Ports.
    """

    home: Path
    plain: int
    secure: int

    @property
    def certificate(self) -> Path:
        return self.home / "cert.pem"

    def url(self, folder: str = "INBOX", port: int = 0) -> str:
        """The URL by TLS; through another port without it."""
        scheme = "imap" if port else "imaps"
        return f"{scheme}://{USER}@127.0.0.1:{port or self.secure}/{folder}"

    def client(self) -> Any:
        """A client of our own, to look at the store and to be its user."""
        from imapclient import IMAPClient

        client = IMAPClient("127.0.0.1", self.plain, ssl=False)
        client.plain_login(USER, PASSWORD)
        return client

    def fill(self, folder: str, messages: list[bytes], flags: tuple[bytes, ...] = ()) -> list[int]:
        """Make a folder anew with some messages; returns their UIDs."""
        with self.client() as client:
            if client.folder_exists(folder) and folder != "INBOX":
                client.delete_folder(folder)
            if folder != "INBOX":
                client.create_folder(folder)
            for message in messages:
                client.append(folder, message, flags)
            client.select_folder(folder, readonly=True)
            return list(client.search())

    def flags(self, folder: str) -> dict[int, set[str]]:
        """The flags of every message, without \\Recent."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            got = client.get_flags(client.search())
            return {uid: {flag.decode() for flag in flags} - {"\\Recent"} for uid, flags in got.items()}

    def bodies(self, folder: str) -> list[bytes]:
        """Every message, in order."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            uids = client.search()
            got = client.fetch(uids, ["BODY.PEEK[]"])
            return [got[uid][b"BODY[]"] for uid in uids]


def dovecot_or_skip() -> str:
    """Find Dovecot; where it is missing the tests skip, and in CI they fail, for there it is installed."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if program is None and os.environ.get("CI"):
        pytest.fail("dovecot is not installed, and CI must not skip these tests")
    if program is None:
        pytest.skip("dovecot is not installed (Debian: apt-get install dovecot-imapd)")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.3"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"the configuration is for Dovecot 2.3, not {version.split()[0]}"
        )
    return program


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_certificate(folder: Path, host: str = "127.0.0.1") -> None:
    """Make a certificate that only who knows it trusts."""
    x509 = installed("cryptography.x509", "cryptography is not installed: pip install 'mailtriage[dask]'")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Store]:
    """A mail store, alone for this process of the tests."""
    with running() as store:
        yield store


@contextlib.contextmanager
def running() -> Iterator[Store]:
    """Start a store, and throw it away at the end."""
    program = dovecot_or_skip()
    installed("imapclient", "imapclient is not installed: pip install 'mailtriage[imap]'")
    import grp
    import pwd

    uid, gid = (NOBODY, NOBODY) if os.getuid() == 0 else (os.getuid(), os.getgid())
    home = Path(tempfile.mkdtemp(prefix="mt-imap-", dir="/tmp"))  # a short path: sockets live below it
    try:
        write_certificate(home)
        store = Store(home, free_port(), free_port())
        (home / "mail").mkdir()
        (home / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        (home / "oauth2").write_text(OAUTH2.format(home=home))
        (home / "keys/default/HS256").mkdir(parents=True)
        (home / "keys/default/HS256/default").write_bytes(base64.b64encode(TOKEN_KEY))
        text = CONFIG.format(
            home=home,
            user=pwd.getpwuid(uid).pw_name,
            group=grp.getgrgid(gid).gr_name,
            uid=uid,
            gid=gid,
            plain=store.plain,
            secure=store.secure,
        )
        (home / "dovecot.conf").write_text(text, encoding="utf-8")
        if os.getuid() == 0:
            for path in (home, *home.rglob("*")):
                os.chown(path, uid, gid)
        yield from _running(program, store, uid, gid)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _running(program: str, store: Store, uid: int, gid: int) -> Iterator[Store]:
    log = store.home / "log"
    command = [program, "-F", "-c", str(store.home / "dovecot.conf")]
    whose: dict[str, Any] = {"user": uid, "group": gid, "extra_groups": []} if os.getuid() == 0 else {}
    process = subprocess.Popen(command, preexec_fn=_die_with_parent, **whose)  # noqa: PLW1509 - before threads
    try:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", store.secure), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"dovecot does not start: {log.read_text() if log.exists() else ''}")
            time.sleep(0.05)
        yield store
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _die_with_parent() -> None:
    """Ask Linux to end Dovecot when the tests are killed and cannot: prctl(2), PR_SET_PDEATHSIG."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Way:
    """A way to the store that does something to what the server says.

    Parameters
    ----------
    port : int
        Of the server, without TLS.
    change : callable, optional
        From some bytes of the server to those that the client gets; None hangs up.
    """

    def __init__(self, port: int, change: Callable[[bytes, int], bytes | None] | None = None) -> None:
        self._port, self._change = port, change
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self.asked: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._port))
                number = self.connections
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client, number), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                self.asked.append(data)
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _down(self, server: socket.socket, client: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), client, server:
            while data := server.recv(1 << 16):
                changed = self._change(data, number) if self._change else data
                if changed is None:
                    break
                client.sendall(changed)
            client.shutdown(socket.SHUT_RDWR)

    def commands(self) -> list[str]:
        """What clients asked, without tags; upper case."""
        lines = b"".join(self.asked).split(b"\r\n")
        return [
            words[1].decode("utf-8", "replace") for line in lines if len(words := line.split(b" ", 1)) > 1
        ]

    def close(self) -> None:
        self._listener.close()


@contextlib.contextmanager
def way(store: Store, change: Callable[[bytes, int], bytes | None] | None = None) -> Iterator[Way]:
    """Open a way; no TLS is offered on it, so that it can be looked into."""

    def without_tls(data: bytes, number: int) -> bytes | None:
        plain = re.sub(rb"CAPABILITY[^\r\n]*", lambda said: said[0].replace(b" STARTTLS", b""), data)
        return change(plain, number) if change else plain

    opened = Way(store.plain, without_tls)
    try:
        yield opened
    finally:
        opened.close()


def breaking(after: int, times: int = 1 << 30) -> Callable[[bytes, int], bytes | None]:
    """Hang up after so many bytes of a connection, the first so many times."""
    sent: dict[int, int] = {}

    def change(data: bytes, number: int) -> bytes | None:
        if number > times:
            return data
        left = after - sent.get(number, 0)
        sent[number] = sent.get(number, 0) + len(data)
        return data if len(data) <= left else None

    return change


def lying(pattern: bytes, instead: bytes) -> Callable[[bytes, int], bytes | None]:
    """Replace what matches in what the server says."""
    return lambda data, _: re.sub(pattern, instead, data)


@pytest.fixture
def store(dovecot: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store, trusted, and its password known."""
    from classifier.mailboxes import imap_secret, imap_session

    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    for name in ("PASSWORD_COMMAND", "TOKEN_COMMAND"):
        monkeypatch.delenv(f"MAILTRIAGE_IMAP_{name}", raising=False)
    monkeypatch.setenv("MAILTRIAGE_IMAP_PASSWORD", PASSWORD)
    monkeypatch.setattr(imap_session, "WAITS", (0.0, 0.1))
    monkeypatch.setattr(imap_secret, "_known", {})
    return dovecot

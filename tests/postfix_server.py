"""A real Postfix on the loopback, with a configuration and a queue of its own, that asks a milter."""

from __future__ import annotations

import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from installed import program_or_skip

MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {home}/boxes
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = error:nothing leaves this machine
message_size_limit = 100000000
virtual_mailbox_limit = 0
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_default_action = accept
maillog_file = {home}/log
maillog_file_prefixes = {home}
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A running Postfix.

    Parameters
    ----------
    home : Path
        Its configuration, queue, log and mailbox.
    port : int
    """

    home: Path
    port: int

    def send(self, raw: bytes, *rcpt_to: str, mail_from: str = "eve@example.net", xclient: str = "") -> None:
        """Hand a mail in by SMTP; it must be taken."""
        with smtplib.SMTP("127.0.0.1", self.port, "mail.example.net", timeout=60) as client:
            client.ehlo()
            if xclient:
                assert client.docmd("XCLIENT", xclient)[0] == 220
                client.ehlo()
            client.sendmail(mail_from, rcpt_to or ("ada@example.org",), raw.replace(b"\n", b"\r\n"))

    def delivered(self, count: int = 1) -> list[bytes]:
        """Wait for mail in the mailbox, and take it out."""
        new, until = self.home / "boxes" / "box" / "new", time.monotonic() + 60
        while time.monotonic() < until:
            found = sorted(new.glob("*"), key=lambda path: path.stat().st_mtime_ns)
            if len(found) >= count:
                mails = [path.read_bytes() for path in found]
                for path in found:
                    path.unlink()
                return mails
            time.sleep(0.05)
        raise AssertionError((self.home / "log").read_text(encoding="utf-8"))

    def submit(self, raw: bytes) -> None:
        """Hand a mail in as programs of this machine do."""
        program = program_or_skip("sendmail", "Postfix is not installed")
        command = [program, "-C", str(self.home / "etc"), "-f", "root@example.org", "ada@example.org"]
        subprocess.run(command, input=raw, check=True)

    def configure(self, line: str) -> None:
        """Set something that counts from the next connection on."""
        folder = self.home / "etc"
        subprocess.run(["postconf", "-c", folder, "-e", line], check=True)
        subprocess.run(["postfix", "-c", folder, "reload"], check=True, capture_output=True)
        time.sleep(1)  # Postfix does not say when it has

    @property
    def log(self) -> str:
        return (self.home / "log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def postfix(milter: str) -> Iterator[Postfix]:
    """Start a Postfix that asks a milter; skip where there is none, or it may not be started."""
    program = program_or_skip("postfix", "Postfix is not installed")
    if os.geteuid() and not os.environ.get("CI"):
        pytest.skip("only root can start Postfix")
    owner = pwd.getpwnam("postfix")
    with TemporaryDirectory(prefix="mt-") as name, socket.socket() as free:
        home = Path(name)
        home.chmod(0o755)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        for folder, mine in (("queue", False), ("data", True), ("boxes", True), ("etc", False)):
            (home / folder).mkdir(mode=0o755)
            if mine:
                os.chown(home / folder, owner.pw_uid, owner.pw_gid)
        told = {"home": home, "port": port, "milter": milter, "uid": owner.pw_uid, "gid": owner.pw_gid}
        (home / "etc" / "main.cf").write_text(MAIN.format(**told), encoding="utf-8")
        (home / "etc" / "master.cf").write_text(MASTER.format(**told), encoding="utf-8")
        subprocess.run([program, "-c", home / "etc", "start"], check=True, capture_output=True)
        try:
            yield Postfix(home, port)
        finally:
            subprocess.run([program, "-c", home / "etc", "abort"], check=False, capture_output=True)
            shutil.rmtree(home / "queue", ignore_errors=True)

"""The demo mailbox holds what its labels and its README say, and nobody's real address."""

from __future__ import annotations

import base64
import csv
import re
import subprocess
import sys
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
DATA = REPO / "data"
WRITTEN = sorted(DATA.glob("written/*/*.eml"))
HELD_OUT = sorted((REPO / "tests" / "mail" / "held_out").glob("*/*.eml"))

# After "@" and "//" every name is a host. Elsewhere a dotted word is one where it ends in two letters (a
# country) or in a top-level domain that mail is full of. "invoice.pdf" and "journal.c" are not.
ADDRESSED = re.compile(r"(?:@|//(?:[^/\s@]*@)?)((?:[\w-]+\.)+[A-Za-z][\w-]*)")
TOP = (
    "com|net|org|edu|gov|int|info|biz|shop|online|site|link|top|xyz|club|cloud|email|news|local|mobi|name|pro|"
    "click|live|store|tech|work|bank|law|app|dev|[A-Za-z]{2}"
)
MENTIONED = re.compile(rf"(?<![\w@./-])((?:[\w-]+\.)+(?:{TOP}))\b(?![\w@.=-]|/\d)")
RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]+)(?:%\w+)?\]")
NETWORKS = [
    ip_network(network)
    for network in (
        "192.0.2.0/24",  # RFC 5737
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",  # RFC 3849
        "10.0.0.0/8",  # RFC 1918: inside a company or a home
        "192.168.0.0/16",
        "127.0.0.0/8",
        "::1/128",
    )
]


def readable(raw: bytes) -> str:
    """Everything in a message that could name a host: as it stands, and with each encoding undone."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    texts = [raw.replace(b"=\n", b"").decode("utf-8", "replace")]
    for part in message.walk():
        texts += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            texts.append(payload.decode(charset, "replace") if isinstance(payload, bytes) else "")
    return "\n".join(texts)


def foreign(raw: bytes) -> set[str]:
    """Hosts and addresses in a message that could be somebody's."""
    text = readable(raw)
    hosts = {*ADDRESSED.findall(text), *MENTIONED.findall(text)}
    bad = {host for host in hosts if not RESERVED.search(host)}
    for number in IN_BRACKETS.findall(text):
        try:
            address = ip_address(number)
        except ValueError:
            continue  # a version or a time in brackets
        if not any(address in network for network in NETWORKS):
            bad.add(number)
    return bad


def mbox_messages(path: Path) -> list[EmailMessage]:
    """Messages of an mboxrd file, quoting undone."""
    records = re.split(rb"(?m)^From .*\n", path.read_bytes())
    assert records[0] == b""
    found = []
    for record in records[1:]:
        message = message_from_bytes(re.sub(rb"(?m)^>(>*From )", rb"\1", record), policy=policy.compat32)
        found.append(message)
    return found  # type: ignore[return-value]


def labels() -> list[dict[str, str]]:
    with (DATA / "demo.labels.tsv").open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_each_message_has_its_label_in_the_same_order() -> None:
    ids = [str(message["message-id"]) for message in mbox_messages(DATA / "demo.mbox")]
    assert ids == [row["message-id"] for row in labels()]
    assert len(ids) == len(set(ids))


def test_the_readme_counts_what_is_there() -> None:
    readme = (DATA / "README.md").read_text("utf-8")
    count = Counter((row["kind"].startswith("written:"), row["label"]) for row in labels())
    for written, name in ((False, "root mail"), (True, "written")):
        for label in ("important", "unimportant", "spam"):
            assert re.search(rf"(?m)^\| {name} \| {label} \| {count[written, label]} \|", readme), (
                name,
                label,
            )


def test_written_mail_stands_in_the_mailbox_unchanged() -> None:
    box = (DATA / "demo.mbox").read_bytes()
    for path in WRITTEN:
        raw = path.read_bytes()
        assert re.sub(rb"(?m)^(>*From )", rb">\1", raw) in box, path.name


@pytest.mark.parametrize("path", WRITTEN + HELD_OUT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_written_mail_names_reserved_domains_only(path: Path) -> None:
    assert foreign(path.read_bytes()) == set()


SNEAKED = "some-company.zz"  # ISO 3166 leaves ZZ to users: nobody will ever own this name


def encoded(text: str) -> bytes:
    return base64.b64encode(text.encode())


VILLAINS = {
    "sender": f"From: a@{SNEAKED}\n\nhello\n".encode(),
    "encoded name": b"From: =?utf-8?B?" + encoded(f"mail {SNEAKED}") + b"?= <a@example.org>\n\nhello\n",
    "mention": f"From: a@example.org\n\nsee {SNEAKED} for more\n".encode(),
    "signature": f"DKIM-Signature: v=1; d={SNEAKED}; s=a\n\nhello\n".encode(),
    "link": b"From: a@example.org\n\nhttps://user@shop.some-company.zzz/x\n",
    "look-alike": b"From: a@notexample.org\n\nhello\n",
    "base64 body": b"Content-Transfer-Encoding: base64\n\n" + encoded(f"<a href='//{SNEAKED}'>") + b"\n",
    "soft line break": b"Content-Transfer-Encoding: quoted-printable\n\nhttps://some-com=\npany.zzz/\n",
    "routable relay": b"Received: from mx.example.net ([240.0.0.1])\n\nhello\n",
}


@pytest.mark.parametrize("villain", VILLAINS.values(), ids=VILLAINS.keys())
def test_a_sneaked_in_domain_is_found(villain: bytes) -> None:
    assert foreign(villain)


def test_held_out_mail_is_not_in_the_demo() -> None:
    assert len(HELD_OUT) >= 40
    demo = {row["message-id"] for row in labels()}
    senders = {str(message["from"]) for message in mbox_messages(DATA / "demo.mbox")}
    for path in HELD_OUT:
        message = message_from_bytes(path.read_bytes(), policy=policy.compat32)
        assert str(message["message-id"]) not in demo
        assert str(message["from"]) not in senders


def test_the_mailbox_can_be_built_again(corpora: Path, tmp_path: Path) -> None:
    script = DATA / "build_demo.py"
    subprocess.run([sys.executable, str(script), str(corpora / "rootmail"), str(tmp_path)], check=True)
    for name in ("demo.mbox", "demo.labels.tsv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name

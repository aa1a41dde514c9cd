"""One Received field to one Hop: golden fields of each mail server, hostile fields, and the corpora."""

from __future__ import annotations

import json
import time
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail.client import clean_address
from classifier.mail.hop import HOP_DEFECTS, Hop
from classifier.mail.received import RECEIVED_BYTES, parse_received

GOLDEN = sorted((Path(__file__).parent / "mail" / "received").glob("*.txt"))

PIECES = [
    *(
        "from ",
        "by ",
        "with ",
        "id ",
        "for ",
        "via ",
        "(",
        ")",
        "((",
        "[",
        "]",
        "<",
        ">",
        ";",
        " ",
        "\n\t",
        "@",
    ),
    *("\\", '"', "mx.example.org", "192.0.2.1", "IPv6:2001:db8::1", "unknown", "HELO ", "helo=", "ESMTPSA"),
    *(
        "TLSv1.3",
        "(Exim 4.96)",
        "Mon, 5 Jan 2026 09:00:01 +0100",
        "31 Feb 2026 25:61:61 +9999",
        "\0",
        "\xff",
        "é",
    ),
]
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=30).map("".join)

SAMPLED = 4000
"""Messages of each mailbox of the corpora, of which every fifth is read."""


def told(hop: Hop) -> dict[str, Any]:
    """Everything a hop tells, as plain values."""
    values = hop._asdict() | {
        "time": list(hop.time) if hop.time else None,
        "defects": list(hop.defects),
        "cipher": hop.cipher,
        "id": hop.id,
        "for": hop.recipient,
        "mail_from": hop.mail_from,
    }
    del values["text"]
    return values


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_field(path: Path) -> None:
    raw = path.read_bytes().removesuffix(b"\n")
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert told(parse_received(b" " + raw)) == expected


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_folding_and_line_ends_change_nothing(path: Path) -> None:
    raw = path.read_bytes().removesuffix(b"\n")
    expected = told(parse_received(raw))
    assert told(parse_received(raw.replace(b"\n", b"\r\n"))) == expected
    assert told(parse_received(b" ".join(raw.split()))) == expected


@given(st.one_of(st.binary(max_size=300), soup.map(lambda text: text.encode("utf-8", "surrogateescape"))))
def test_no_bytes_raise(raw: bytes) -> None:
    hop = parse_received(raw)
    assert set(hop.defects) <= set(HOP_DEFECTS)
    assert told(hop) == told(parse_received(raw))
    assert hop.address == clean_address(hop.address)


@pytest.mark.parametrize(
    "raw",
    [
        b"(" * 100_000,
        b"(a" * 50_000,
        b"(()" * 33_000,
        b"from " + b"(a)" * 33_000,
        b"from " + b"a (b " * 20_000,
        b"from a " + b"[" * 100_000,
        b"with " * 20_000,
        b"by " * 33_000,
        b"from x by y with SMTP id 1" + b" (" * 50_000 + b"; Mon, 5 Jan 2026 09:00:01 +0100",
        b"from " + b"a." * 50_000 + b" by b; Mon, 5 Jan 2026 09:00:01 +0100",
        b";" * 100_000,
        b"\\(" * 50_000,
        b"TLS" * 33_000,
        b"id " * 33_000 + b"for " * 1000,
        b"from a ([1.2.3.4] " + b"helo=" * 20_000 + b") by c; x",
    ],
    ids=range(15),
)
def test_100_kilobytes_take_milliseconds(raw: bytes) -> None:
    began = time.process_time()
    hop = parse_received(raw)
    told(hop)
    assert time.process_time() - began < 0.25  # 40 ms where this was written, on a busy machine
    assert "hop_too_long" in hop.defects
    assert len(hop.text) <= RECEIVED_BYTES


def test_the_time_of_a_field_too_long_is_still_read() -> None:
    raw = b"from a by b (" + b"x" * 99_999 + b"); Mon, 5 Jan 2026 09:00:01 +0100"
    hop = parse_received(raw)
    assert hop.time is not None
    assert hop.time.seconds == 1767600001.0


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("IPv6:2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.256", ""),
        ("192.0.2.01", ""),  # octal to some, decimal to others
        ("2001:db8:::1", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_addresses_have_one_spelling(text: str, address: str) -> None:
    assert clean_address(text) == address


def test_hops_are_frozen_and_compare_by_value() -> None:
    raw = (
        b"from a.example (a.example [192.0.2.1]) by b.example with SMTP id 1; Mon, 5 Jan 2026 09:00:01 +0100"
    )
    assert parse_received(raw) == parse_received(raw)
    with pytest.raises(AttributeError):
        parse_received(raw).by = "other.example"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("box", "least"), [("linux-raid", 0.999), ("spamassassin", 0.995), ("rootmail", 1.0)]
)
def test_the_corpora_are_read(corpora: Path, box: str, least: float) -> None:
    """Of a sample, at least that share has a host or the shape of qmail, and a time."""
    from classifier.mail import Message
    from classifier.mailboxes import open_mailbox

    read = seen = 0
    for path in sorted((corpora / box).glob("*.mbox*")):
        for stored in islice(open_mailbox(str(path)), 0, SAMPLED, 5):
            for raw in Message(stored.raw).headers.raw_all(b"received"):
                hop = parse_received(raw)
                seen += 1
                read += "hop_unparsable" not in hop.defects and hop.time is not None
    assert seen > 500
    assert read / seen >= least

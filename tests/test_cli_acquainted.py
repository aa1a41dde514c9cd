"""``learn --sent``: sent mail, received mail and an address book make people known, and teach no label."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_mail import run, write_mbox
from test_behaviour import answers, asks

from classifier.cli.exits import OK, USAGE
from classifier.history import Correspondent
from classifier.history.reading import address_number
from classifier.labels.vcard import read_addresses
from classifier.profile import Profile

ME = ("--me", "ann@example.org")
CARDS = b"""BEGIN:VCARD\r
VERSION:3.0\r
FN:Bob\r
item1.EMAIL;TYPE=INTERNET:bob@exam\r
 ple.com\r
END:VCARD\r
BEGIN:VCARD\r
EMAIL:eve@example.net\r
EMAIL;TYPE=home:nothing\r
END:VCARD\r
"""


def dated(raw: bytes, hour: int) -> bytes:
    return b"Date: Mon, 05 Jan 2026 %02d:00:00 +0000\n" % hour + raw


@pytest.fixture
def asked(tiny_model: Path, tmp_path: Path) -> tuple[object, ...]:
    return "-m", tiny_model, "--profile", tmp_path / "p.sqlite"


def known(place: Path, address: str) -> tuple[float, float, int]:
    person = Correspondent(Profile(place).memory)._person(address_number(address), 0.0)
    return person.written, person.answered, person.in_book


def test_sent_mail_teaches_whom_i_answer_and_twice_teaches_no_more(
    asked: tuple[object, ...], tmp_path: Path
) -> None:
    sent = write_mbox(tmp_path / "sent", [dated(answers(n), 10 + n) for n in range(3)])
    inbox = write_mbox(tmp_path / "inbox", [dated(asks(n), 9 + n) for n in range(3)])
    for _ in range(2):
        done = run("learn", *asked, *ME, "--sent", sent, "--received", inbox)
        assert done.exit_code == OK, done.stderr
        assert "observed 3 messages that you sent and 3 that you received" in done.stdout
    written, answered, _ = known(tmp_path / "p.sqlite", "bob@example.com")
    assert round(written) == round(answered) == 3


def test_a_folder_that_is_not_my_sent_mail_is_refused(asked: tuple[object, ...], tmp_path: Path) -> None:
    inbox = write_mbox(tmp_path / "inbox", [dated(asks(n), 9 + n) for n in range(3)])
    done = run("learn", *asked, *ME, "--sent", inbox)
    assert done.exit_code == USAGE
    assert "none of its 3 messages is from you" in done.stderr
    assert known(tmp_path / "p.sqlite", "bob@example.com")[0] == 0


def test_a_sent_folder_given_as_received_is_noticed(asked: tuple[object, ...], tmp_path: Path) -> None:
    sent = write_mbox(tmp_path / "sent", [dated(answers(n), 10 + n) for n in range(3)])
    done = run("learn", *asked, *ME, "--received", sent)
    assert done.exit_code == OK
    assert "3 of its 3 messages are your own, and count as sent" in done.stderr


def test_an_address_book_makes_people_known(asked: tuple[object, ...], tmp_path: Path) -> None:
    book = tmp_path / "book.vcf"
    book.write_bytes(CARDS)
    assert list(read_addresses(book)) == ["bob@example.com", "eve@example.net"]
    assert run("learn", *asked, *ME, "--addresses", book).stdout.startswith("2 new addresses")
    assert run("learn", *asked, *ME, "--addresses", book).stdout.startswith("0 new addresses")
    assert known(tmp_path / "p.sqlite", "bob@example.com")[2] == 1


def test_what_is_no_address_book_is_an_error_that_names_it(asked: tuple[object, ...], tmp_path: Path) -> None:
    book = tmp_path / "notes.txt"
    book.write_text("EMAIL:bob@example.com")
    done = run("learn", *asked, *ME, "--addresses", book)
    assert done.exit_code != OK
    assert "notes.txt: no address book" in done.stderr

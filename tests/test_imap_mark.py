"""Verdicts left in a mail store: what is set, what is moved, and that nothing is ever lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_mail import mail, mixed, run
from click.testing import Result
from imap_server import USER, Store, lying, way

from classifier.labels.marks import read_flags
from classifier.mailboxes import Stored
from classifier.mailboxes.imap_store import Mark
from classifier.mailboxes.imap_store import Store as Writer
from classifier.mailboxes.imap_url import parse
from classifier.output.marking import Marking

MAIL = mixed(2)  # important, unimportant, spam, and again
Mark_ = Callable[..., Result]


@pytest.fixture
def mark(tiny_model: Path) -> Mark_:
    """Run the command; everything is sure enough."""

    def marked(*given: object) -> Result:
        return run("mark", "-m", tiny_model, "--profile", "off", "--me", USER, *given)

    return marked


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


def everywhere(store: Store, *folders: str) -> Counter[bytes]:
    return Counter(body for folder in folders for body in store.bodies(folder))


def test_what_is_judged_is_marked_and_stays_unread(store: Store, mark: Mark_) -> None:
    store.fill("In", MAIL)
    done = mark(store.url("In"))
    assert done.exit_code == 0, done.output
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["2", "important,", "marked", "$Important"],
        ["2", "unimportant"],
        ["2", "spam,", "marked", "$Junk"],
        ["0", "unsure,", "left", "as", "they", "are"],
    ]
    marks = [
        {"$Important", "mailtriage-important"},
        {"mailtriage-unimportant"},
        {"$Junk", "mailtriage-spam"},
    ]
    assert list(store.flags("In").values()) == marks * 2
    with store.client() as client:
        client.append("In", mail("spam", 77))
    again = mark(store.url("In"))
    assert "1 spam, marked $Junk" in again.stdout
    assert "6 marked before" in again.stdout
    assert list(store.flags("In").values()) == [*marks * 2, marks[2]]


def test_a_dry_run_says_what_would_be_done_and_only_looks(store: Store, mark: Mark_) -> None:
    store.fill("Dry", MAIL)
    store.fill("Dry Junk", [])
    with way(store) as spied:
        done = mark("--dry-run", "--move", "spam=Dry Junk", store.url("Dry", spied.port))
    assert done.exit_code == 0, done.output
    assert "spam, marked $Junk, moved to Dry Junk" in done.stdout.splitlines()[2]
    assert "offers@pills.example" in done.stdout.splitlines()[2]
    assert "2 spam, would be marked $Junk, moved to Dry Junk" in done.stdout
    said = {line.removeprefix("UID ").split(" ")[0].upper() for line in spied.commands()}
    assert "SELECT" not in said
    assert not said & {"STORE", "MOVE", "COPY"}
    assert set(map(frozenset, store.flags("Dry").values())) == {frozenset()}


def test_what_the_reader_touched_is_left_alone(store: Store, mark: Mark_) -> None:
    touched = [b"\\Flagged", b"\\Answered", b"\\Deleted", b"\\Draft", b"$NotJunk", b"$Forwarded", b"$label1"]
    store.fill("Mine", [mail("spam", number) for number in range(len(touched) + 2)])
    with store.client() as client:
        client.select_folder("Mine")
        for uid, flag in enumerate(touched, 1):
            client.add_flags([uid], [flag])
        client.add_flags([8], [b"\\Seen"])  # looked at is not touched
        client.add_flags([9], [b"later"])
    before = store.flags("Mine")
    done = mark("--set", "spam=$Junk,later", store.url("Mine"))
    assert "1 spam, marked $Junk later" in done.stdout
    assert "8 left alone" in done.stdout
    after = store.flags("Mine")
    assert {uid: flags for uid, flags in after.items() if uid != 8} == {
        uid: flags for uid, flags in before.items() if uid != 8
    }
    assert after[8] == {"\\Seen", "$Junk", "later", "mailtriage-spam"}


def test_spam_is_moved_with_its_marks_and_nothing_is_lost(store: Store, mark: Mark_) -> None:
    store.fill("Move", MAIL)
    store.fill("Move Größe", [])
    with way(store) as spied:
        done = mark("--move", "spam=Move Größe", store.url("Move", spied.port))
    assert done.exit_code == 0, done.output
    assert store.bodies("Move Größe") == [crlf(MAIL[2]), crlf(MAIL[5])]
    assert set(map(frozenset, store.flags("Move Größe").values())) == {
        frozenset(("$Junk", "mailtriage-spam"))
    }
    assert everywhere(store, "Move", "Move Größe") == Counter(map(crlf, MAIL))
    said = " ".join(spied.commands()).upper()
    assert not [word for word in ("EXPUNGE", "\\DELETED", "\\SEEN", "CLOSE") if word in said]


@pytest.mark.parametrize("moment", ["asked", "answered"])
def test_a_connection_that_breaks_in_a_move_loses_nothing(store: Store, mark: Mark_, moment: str) -> None:
    store.fill("Torn", MAIL)
    store.fill("Torn Junk", [])
    broken: list[int] = []

    def hang_up(data: bytes, number: int) -> bytes | None:
        if len(broken) < 2 and (b"COPYUID" in data or (moment == "asked" and b"Store completed" in data)):
            broken.append(number)
            return None
        return data

    with way(store, hang_up) as bad:
        first = mark("--move", "spam=Torn Junk", store.url("Torn", bad.port))
    assert broken
    assert everywhere(store, "Torn", "Torn Junk") == Counter(map(crlf, MAIL))
    assert first.exit_code == 0, first.output
    assert "2 spam" in first.stdout
    assert store.bodies("Torn Junk") == [crlf(MAIL[2]), crlf(MAIL[5])]


def test_what_was_not_done_is_done_by_the_next_run(store: Store, mark: Mark_) -> None:
    store.fill("Later", MAIL)
    no = lying(rb"(\S+) OK (\[[A-Z]+[^\]]*\] )?Store completed", rb"\1 NO [LIMIT] not today")
    with way(store, no) as bad:
        refused = mark(store.url("Later", bad.port))
    assert refused.exit_code == 3
    assert "not today" in refused.stderr
    with store.client() as client:
        client.select_folder("Later")
        client.set_flags(client.search(), [])  # as if it had not been heard
    assert mark(store.url("Later")).exit_code == 0
    assert sum("$Junk" in flags for flags in store.flags("Later").values()) == 2


def test_a_server_that_forgets_keywords_is_caught(store: Store, mark: Mark_) -> None:
    store.fill("Forgets", MAIL)
    with way(store, lying(rb" ?\$Junk", b"")) as bad:
        done = mark(store.url("Forgets", bad.port))
    assert done.exit_code == 3
    assert "did not keep $Junk" in done.stderr


@pytest.mark.parametrize(
    ("lie", "options", "said"),
    [
        ((rb"PERMANENTFLAGS \([^)]*\)", rb"PERMANENTFLAGS (\\Seen)"), (), "keeps no new keywords"),
        ((rb"READ-WRITE", b"READ-ONLY"), (), "the folder can only be read"),
        ((rb" MOVE", b""), ("--move", "spam=INBOX"), "cannot move messages in one step"),
        ((rb"\0", b""), ("--move", "spam=INBOKS"), "there is no folder INBOKS; like it are INBOX"),
        ((rb"\0", b""), ("--move", "spam=Closed"), "cannot be moved from Closed to itself"),
    ],
)
def test_a_store_that_cannot_do_it_is_left_as_it_is(
    store: Store, mark: Mark_, lie: tuple[bytes, bytes], options: tuple[str, ...], said: str
) -> None:
    store.fill("Closed", MAIL)
    with way(store, lying(*lie)) as bad:
        done = mark(*options, store.url("Closed", bad.port))
    assert done.exit_code == 3
    assert said in done.stderr
    assert set(map(frozenset, store.flags("Closed").values())) == {frozenset()}


def test_a_store_that_keeps_no_keywords_can_move(store: Store, mark: Mark_) -> None:
    store.fill("Plain", MAIL)
    store.fill("Plain Junk", [])
    with way(store, lying(rb"PERMANENTFLAGS \([^)]*\)", rb"PERMANENTFLAGS (\\Seen)")) as poor:
        url = store.url("Plain", poor.port)
        refused = mark("--move", "spam=Plain Junk", url)
        assert (refused.exit_code, store.bodies("Plain Junk")) == (3, [])
        assert "--no-marks" in refused.stderr
        done = mark("--no-marks", "--move", "spam=Plain Junk", url)
    assert done.exit_code == 0, done.output
    assert "2 spam, moved to Plain Junk" in done.stdout
    assert store.bodies("Plain Junk") == [crlf(MAIL[2]), crlf(MAIL[5])]
    assert set(map(frozenset, [*store.flags("Plain").values(), *store.flags("Plain Junk").values()])) == {
        frozenset()
    }


def test_what_is_flagged_after_it_was_judged_is_left(store: Store) -> None:
    store.fill("Race", MAIL)
    marking = Marking()
    with store.client() as client:
        client.select_folder("Race")
        client.add_flags([2], [b"\\Flagged"])
    writer = Writer(parse(store.url("Race")), marking.all_keywords())
    marks = [marking.mark(uid, "spam", frozenset()) for uid in (1, 2, 99)]
    outcome = writer.apply(marks, marking.is_free)
    writer.close()
    assert (outcome.done, outcome.left, outcome.failed) == ({1}, {2, 99}, {})
    assert store.flags("Race")[2] == {"\\Flagged"}


def test_another_uidvalidity_between_judging_and_marking_is_refused(store: Store, mark: Mark_) -> None:
    store.fill("Swapped", MAIL)
    with way(store, lying(rb"UIDVALIDITY \d+", b"UIDVALIDITY 7")) as bad:
        url = parse(store.url("Swapped", bad.port) + ";UIDVALIDITY=8")
        with pytest.raises(Exception, match="made anew"):
            Writer(url, ["$Junk"])


def test_what_is_unsure_is_left_as_it_is(store: Store, mark: Mark_) -> None:
    store.fill("Unsure", [b"From: x@y.example\nSubject: hello\n\nhello\n"])
    store.fill("Unsure Junk", [])
    done = mark("--move", "spam=Unsure Junk", "--move", "important=Unsure Junk", store.url("Unsure"))
    assert "1 unsure, left as they are" in done.stdout, done.output
    assert list(store.flags("Unsure").values()) == [{"mailtriage-unsure"}]
    assert "1 marked before" in mark(store.url("Unsure")).stdout


def test_again_changes_what_stands_as_it_was_marked(store: Store, mark: Mark_) -> None:
    store.fill("Again", [mail("spam", 1), mail("spam", 2), mail("spam", 3)])
    with store.client() as client:
        client.select_folder("Again")
        client.add_flags([1, 2], [b"mailtriage-important"])
        client.add_flags([1], [b"$Important"])  # of 2 the reader took it away
    assert "2 marked before" in mark(store.url("Again")).stdout
    done = mark("--again", store.url("Again"))
    assert "2 spam" in done.stdout
    assert "1 left alone" in done.stdout
    spam = {"$Junk", "mailtriage-spam"}
    assert store.flags("Again") == {1: spam, 2: {"mailtriage-important"}, 3: spam}


@pytest.mark.parametrize(
    ("flags", "label"),
    [
        ("$junk mailtriage-spam", None),
        ("$important mailtriage-important seen", None),
        ("$notjunk mailtriage-important seen", None),
        ("$notjunk mailtriage-spam", "ham"),
        ("$important mailtriage-spam", "important"),
        ("$junk mailtriage-important", "spam"),
        ("$junk mailtriage-unsure", "spam"),
        ("answered mailtriage-unimportant", "important"),
        ("$junk", "spam"),
    ],
)
def test_nobody_learns_from_our_own_marks(flags: str, label: str | None) -> None:
    stored = Stored("m", "1", b"Subject: x\n\n", frozenset(flags.split()))
    assert [found.label for found in read_flags(stored, time.time())] == ([label] if label else [])


def test_what_was_marked_teaches_nothing_and_what_was_corrected_does(
    store: Store, mark: Mark_, tiny_model: Path, tmp_path: Path
) -> None:
    store.fill("School", MAIL)
    mark(store.url("School"))
    with store.client() as client:
        client.select_folder("School")
        client.remove_flags([3], [b"$Junk"])
        client.add_flags([3], [b"$NotJunk", b"\\Seen"])
        client.add_flags([1, 2, 4, 5, 6], [b"\\Seen"])
    done = run(
        *("learn", "-m", tiny_model, "--profile", tmp_path / "p.sqlite3", "--me", USER),
        *("--from-flags", store.url("School")),
    )
    assert "learned 1 of 1 message: 1 ham" in done.stdout, done.output


@pytest.mark.parametrize(
    "given",
    [
        ("--set", "spam"),
        ("--set", "unsure=$x"),
        ("--set", "spam=\\Seen"),
        ("--set", "spam=a b"),
        ("--move", "spam="),
        ("--move", "Junk"),
        ("--no-marks",),
        ("--no-marks", "--move", "spam=Junk", "--again"),
    ],
)
def test_wrong_usage(mark: Mark_, given: tuple[str, ...]) -> None:
    assert mark(*given, "imaps://ann@mail.invalid/INBOX").exit_code == 2


def test_only_a_store_takes_marks(mark: Mark_, tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(MAIL[0])
    done = mark(tmp_path / "one.eml")
    assert done.exit_code == 2
    assert "is no folder of a mail store" in done.stderr


def test_a_system_flag_is_no_keyword(store: Store) -> None:
    for word in ("\\Deleted", "a b", "", "x" * 101, "ä", "\U0001f600", "a\r\nb", "a]", "(a"):
        with pytest.raises(Exception, match="is no keyword"):
            Writer(parse(store.url()), [word])
    assert Mark(1, ("$Junk",)).remove == ()

"""Labels read from marks: each says what its owner meant, and what says nothing teaches nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from classifier.cli.group import cli
from classifier.labels import LabelledMail
from classifier.labels.marks import (
    MARKS,
    open_marks,
    read_arf,
    read_exchange,
    read_flags,
    read_forwarded,
    read_takeout,
)
from classifier.labels.marks.feedback import feedback_type
from classifier.labels.marks.flags import LIMIT_DAYS, may_speak
from classifier.labels.marks.gmail import gmail_labels, gmail_thread
from classifier.mail import Message
from classifier.mailboxes import Stored, open_mailbox

NOW = 1_800_000_000.0
OLD = "Date: Thu, 01 Jan 2026 10:00:00 +0000\n"  # more than a week before NOW
RECENT = "Date: Fri, 15 Jan 2027 07:00:00 +0000\n"  # an hour before NOW


def stored(raw: str | bytes, flags: frozenset[str] | None = None) -> Stored:
    return Stored("box", "7", raw.encode() if isinstance(raw, str) else raw, flags)


def one(found: object) -> str | None:
    labels = [marked.label for marked in found]  # type: ignore[attr-defined]
    assert len(labels) <= 1
    return labels[0] if labels else None


@pytest.mark.parametrize(
    ("flags", "date", "label"),
    [
        ({"seen", "answered"}, RECENT, "important"),
        ({"flagged"}, RECENT, "important"),
        ({"seen", "passed"}, OLD, "important"),
        ({"trashed"}, RECENT, "unimportant"),
        ({"seen", "trashed"}, RECENT, None),
        ({"seen"}, OLD, None),
        (set(), OLD, "unimportant"),
        (set(), RECENT, None),
        (set(), "", None),
        ({"$junk"}, RECENT, "spam"),
        ({"$notjunk", "seen"}, RECENT, "ham"),
        ({"$notjunk", "$important"}, RECENT, "important"),
        ({"junk", "nonjunk"}, RECENT, None),
        ({"junk", "$label1"}, RECENT, None),
        ({"draft", "flagged"}, RECENT, None),
        ({"$mdnsent"}, RECENT, None),
    ],
)
def test_what_a_reader_did_says_what_a_message_was(flags: set[str], date: str, label: str | None) -> None:
    assert one(read_flags(stored(f"{date}Subject: x\n\n", frozenset(flags)), NOW)) == label
    assert may_speak(frozenset(flags)) or label is None


def test_the_time_limit_is_the_time_limit() -> None:
    arrived = NOW - LIMIT_DAYS * 86400
    raw = stored("Date: Fri, 08 Jan 2027 08:00:00 +0000\nSubject: x\n\n", frozenset())
    assert arrived == 1799395200.0
    assert one(read_flags(raw, NOW)) is None
    assert one(read_flags(raw, NOW + 1)) == "unimportant"


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("X-Keywords: $Junk                  ", "spam"),
        ("X-Mozilla-Keys: $label1 nonjunk", "important"),
        ("Status: RO\nX-Status: F", "important"),
        ("X-Mozilla-Status: 0003", "important"),
        ("X-Mozilla-Status: 0001\nX-Mozilla-Keys: junk", "spam"),
        ("Status: RO", None),
    ],
)
def test_flags_stand_in_the_header_of_an_mbox(field: str, label: str | None) -> None:
    assert one(read_flags(stored(f"{field}\n{OLD}Subject: x\n\n"), NOW)) == label


def test_letters_of_a_maildir_are_keywords_of_dovecot(tmp_path: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "dovecot-keywords").write_text("0 $Junk\n1 $Important\nrubbish\n99 $Never\n")
    for name in ("1.a:2,Sa", "2.b:2,b", "3.c:2,Sz", "4.d"):
        (tmp_path / "cur" / name).write_text(f"{RECENT}Subject: x\n\n")
    mailbox = open_mailbox(tmp_path)
    found = [one(read_flags(each, NOW)) for each in mailbox]
    assert found == ["spam", "important", None, None]
    assert "$junk" in mailbox.get("1.a").flags


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        ("Spam,Unread", "spam"),
        ("Inbox,Important,Opened", "important"),
        ("Posteingang,Wichtig,Geöffnet", "important"),
        ("受信トレイ,重要", "important"),
        ('"Work, home",Starred', "important"),
        ("Inbox,Category Promotions,Unread", "unimportant"),
        ("Trash,Unread", "unimportant"),
        ("Papierkorb,Geöffnet", None),
        ("Sent,Important", None),
        ("Entwürfe", None),
        ("Courrier indésirable", "spam"),
        ("Courrier inde\u0301sirable", "spam"),  # as a Mac writes it
        ("Gelen Kutusu,Önemli", "important"),
        ("İSTENMEYEN", "spam"),
        ("Archiviert", "unimportant"),
        ("Sisääntulevat,Tähtellinen", None),  # of labels that nobody knows nothing is known
        ("Family", None),
    ],
)
def test_a_takeout_says_what_its_owner_and_gmail_thought(labels: str, label: str | None) -> None:
    from email.header import Header

    written = labels if labels.isascii() else Header(labels, "utf-8").encode()
    raw = f"X-GM-THRID: 1790\nX-Gmail-Labels: {written}\nSubject: x\n\n"
    assert one(read_takeout(stored(raw), NOW)) == label


def test_what_is_no_takeout_says_nothing() -> None:
    assert gmail_labels(Message(b"Subject: x\n\n")) is None
    assert one(read_takeout(stored("Subject: x\n\n"), NOW)) is None


@pytest.mark.parametrize(
    ("value", "thread"), [("1790", "1790"), ("-1", ""), ("x" * 99, ""), ("\u0661", ""), ("", "")]
)
def test_a_thread_of_gmail_is_a_number(value: str, thread: str) -> None:
    assert gmail_thread(Message(f"X-GM-THRID: {value}\n\n".encode())) == thread


def test_each_form_of_gmails_labels_means_one_thing(repo: Path) -> None:
    path = repo / "classifier" / "labels" / "marks" / "gmail_labels.tsv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    assert len({row["label"] for row in rows}) == len(rows) > 300
    assert all(row["label"] == " ".join(row["label"].lower().split()) for row in rows)


@pytest.mark.parametrize(
    ("level", "label"),
    [
        ("9", "spam"),
        ("5", "spam"),
        ("4", None),
        ("1", "ham"),
        ("-1", "ham"),
        ("-9", None),
        ("x", None),
        ("", None),
    ],
)
def test_exchange_says_how_sure_it_is(level: str, label: str | None) -> None:
    raw = f"X-MS-Exchange-Organization-SCL: {level}\nSubject: x\n\n"
    assert one(read_exchange(stored(raw), NOW)) == label


def report(kind: str, original: str = "From: eve@example.com\nSubject: Pills\n\nBuy!\n", **given: str) -> str:
    carrier = given.get("carrier", "message/rfc822")
    return (
        "From: fbl@example.net\nSubject: Report\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nA complaint.\n"
        f"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n"
        f"--b\nContent-Type: {carrier}\n\n{original}--b--\n"
    )


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("abuse", "spam"),
        ("FRAUD", "spam"),
        ("virus", "spam"),
        ("not-spam", "ham"),
        ("opt-out", None),
        ("auth-failure", None),
        ("other", None),
    ],
)
def test_an_abuse_report_labels_what_it_carries(kind: str, label: str | None) -> None:
    found = list(read_arf(stored(report(kind)), NOW))
    assert [marked.label for marked in found] == ([label] if label else [])
    for marked in found:
        assert marked.stored.key == "7#1"
        assert Message(marked.stored.raw).subject == "Pills"


def test_a_report_with_the_header_alone_is_enough() -> None:
    raw = report("abuse", "From: eve@example.com\nSubject: Pills\n", carrier="text/rfc822-headers")
    assert [Message(each.stored.raw).subject for each in read_arf(stored(raw), NOW)] == ["Pills"]


def test_what_stands_in_place_of_a_message_teaches_nothing() -> None:
    assert not list(read_arf(stored(report("abuse", "REDACTED\n")), NOW))


def test_a_mail_that_only_talks_about_reports_is_none() -> None:
    raw = b"Subject: Feedback-Type: abuse\n\nFeedback-Type: abuse\n"
    assert feedback_type(Message(raw)) == ""
    assert not list(read_arf(stored(raw), NOW))
    dsn = report("abuse").replace("report-type=feedback-report", "report-type=delivery-status")
    assert not list(read_arf(stored(dsn), NOW))


def test_a_message_inside_the_reported_message_is_not_taken_out() -> None:
    inner = 'Subject: outer\nContent-Type: multipart/mixed; boundary="c"\n\n--c\n'
    inner += "Content-Type: message/rfc822\n\nSubject: inner\n\nx\n--c--\n"
    found = list(read_arf(stored(report("abuse", inner)), NOW))
    assert [Message(each.stored.raw).subject for each in found] == ["outer"]


@pytest.mark.parametrize(
    ("to", "label"),
    [
        ("spam@example.org", "spam"),
        ("ada+important@example.org", "important"),
        ("Not-Spam <notspam@example.org>", "ham"),
        ("spam@example.org, ham@example.org", None),
        ("ada@example.org", None),
    ],
)
def test_a_forwarded_correction_says_it_by_its_recipient(to: str, label: str | None) -> None:
    raw = (
        f'From: ada@example.org\nTo: {to}\nContent-Type: multipart/mixed; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nThese two.\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: 1\n\na\n"
        "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        "U3ViamVjdDogMgoKYgo=\n--b--\n"
    )
    found = list(read_forwarded(stored(raw), NOW))
    assert [marked.label for marked in found] == ([label] * 2 if label else [])
    if found:
        assert [Message(each.stored.raw).subject for each in found] == ["1", "2"]


READERS = (read_flags, read_takeout, read_arf, read_forwarded, read_exchange)


@given(st.binary(max_size=400), st.sampled_from(READERS))
def test_readers_bear_any_bytes(raw: bytes, read: object) -> None:
    assert all(marked.label for marked in read(stored(raw), NOW))  # type: ignore[operator]


def mbox(path: Path, *raws: str) -> Path:
    path.write_text("".join(f"From a@example.org Thu Jan  1 00:00:00 2026\n{raw}\n" for raw in raws))
    return path


def test_marked_mail_is_labelled_mail(tmp_path: Path) -> None:
    box = open_mailbox(mbox(tmp_path / "fbl", report("abuse"), "Subject: no report\n\n", report("not-spam")))
    (marked,) = open_marks([("arf", box)], NOW)
    assert (dict(marked.counts), marked.silent) == ({"spam": 1, "ham": 1}, 1)
    mail = LabelledMail([], None, [marked])
    assert [label for _, label in mail] == ["spam", "ham"]
    by_label = {label: list(source) for label, source in mail.sources()}
    assert {label: len(found) for label, found in by_label.items()} == {"spam": 1, "ham": 1}
    again = mail.get(box.path, by_label["spam"][0].key)
    assert again == by_label["spam"][0]


def test_every_kind_of_marks_has_a_reader_and_an_option() -> None:
    from classifier.cli.labelled import MARKED

    assert set(MARKED) == set(MARKS)
    assert len(open_marks([])) == 0


def test_training_takes_marks(tmp_path: Path) -> None:
    spam = mbox(
        tmp_path / "fbl", *(report("abuse", f"Subject: Pills {n}\n\nBuy pills!\n") for n in range(12))
    )
    takeout = mbox(
        tmp_path / "takeout",
        *(f"X-Gmail-Labels: Inbox,Important\nSubject: Lunch {n}\n\nAt noon?\n" for n in range(12)),
        *(f"X-Gmail-Labels: Inbox\nSubject: Sale {n}\n\nAll prices down\n" for n in range(12)),
    )
    model = tmp_path / "m.mailtriage"
    asked = ["train", "-o", str(model), "--bits", "12", "--arf", str(spam), "--takeout", str(takeout)]
    result = CliRunner().invoke(cli, asked)
    assert result.exit_code == 0, result.output
    assert "12 important, 12 spam, 12 unimportant" in result.output


def test_real_reports_are_understood(corpora: Path, tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(corpora / "feedback.tar.xz") as tar:
        reports = {}
        for member in tar:
            if "/bsd/arf-" in member.name and (file := tar.extractfile(member)):
                reports[Path(member.name).name] = one(read_arf(stored(file.read()), NOW))
    assert sum(label == "spam" for label in reports.values()) >= 10
    assert reports["arf-12.eml"] is None  # an opt-out
    assert reports["arf-18.eml"] is None  # a failed authentication

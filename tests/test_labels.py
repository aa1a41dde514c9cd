"""Label files: what they may say of which message, and what they are told when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import LabelError
from classifier.labels import LabelledMail, read_labels
from classifier.mailboxes import Mailbox, open_mailbox

MAILS = ("one", "two", "three")


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    path = tmp_path / "in.mbox"
    path.write_text(
        "".join(
            f"From a@example.org Thu Jan  1 00:00:00 2026\nMessage-ID: <{name}@example.org>\n"
            f"From: a@example.org\nSubject: {name}\n\nbody\n\n"
            for name in (*MAILS, "two")
        )
    )
    return open_mailbox(path)


def table(folder: Path, text: str) -> Path:
    path = folder / "labels.tsv"
    path.write_bytes(text.encode())
    return path


def subjects(path: Path, mailbox: Mailbox) -> dict[str, list[bytes]]:
    found = read_labels(path).find([mailbox])
    return {
        label: [one.raw.split(b"Subject: ")[1].split(b"\n")[0] for one in source]
        for label, source in found.sources()
    }


def test_labels_by_message_id(tmp_path: Path, mailbox: Mailbox) -> None:
    path = table(tmp_path, "message-id\tlabel\n<one@example.org>\tspam\n<two@example.org>\timportant\n")
    assert subjects(path, mailbox) == {"important": [b"two", b"two"], "spam": [b"one"]}


@pytest.mark.parametrize(
    "text",
    [
        "Message_ID\tnote\tLabel\none@example.org\thm\tSPAM\n",
        "label\tmessage_id\r\nspam\t<one@example.org>\r\n",
        "\ufefflabel\tmessage-id\nspam\t <one@example.org> \n\n",
        "label\tmessage-id\nspam\t<one@example.org>\nspam\t<one@example.org>\n\t<three@example.org>\n",
    ],
)
def test_spellings_of_a_table(tmp_path: Path, mailbox: Mailbox, text: str) -> None:
    assert subjects(table(tmp_path, text), mailbox) == {"spam": [b"one"]}


def test_labels_by_mailbox_and_key(tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = list(mailbox.keys())
    path = table(tmp_path, f"mailbox\tkey\tlabel\nin.mbox\t{keys[3]}\tham\n{mailbox.path}\t{keys[0]}\tspam\n")
    assert subjects(path, mailbox) == {"spam": [b"one"], "ham": [b"two"]}, "relative to the table's folder"
    monkeypatch.chdir(tmp_path)
    assert subjects(path, open_mailbox("in.mbox")) == {"spam": [b"one"], "ham": [b"two"]}


def test_what_no_row_speaks_of_is_counted(tmp_path: Path, mailbox: Mailbox) -> None:
    path = table(tmp_path, "label\tmessage-id\nspam\t<one@example.org>\n")
    found = read_labels(path).find([mailbox])
    assert found.unlabelled == 3
    assert [len(source) for _, source in found.sources()] == [1]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("label\tmessage-id\nspan\t<one@example.org>\n", "line 2: unknown label 'span'"),
        ("label\tmessage-id\nspam\t\n", "line 2: names no message"),
        ("label\tmessage-id\nspam\t<one@example.org>\nham\t<one@example.org>\n", "lines 2 and 3: two labels"),
        ("message-id\n<one@example.org>\n", "line 1: the header must name"),
        ("label\tkey\nspam\t0\n", "line 1: the header must name"),
        ("", "line 1: the header must name"),
    ],
)
def test_a_wrong_table_is_refused_by_file_and_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(LabelError) as error:
        read_labels(path)
    assert complaint in str(error.value)
    assert str(path) in str(error.value)


def test_a_row_without_its_message_is_refused(tmp_path: Path, mailbox: Mailbox) -> None:
    path = table(tmp_path, "label\tmessage-id\nspam\t<one@example.org>\nham\t<nine@example.org>\nham\tten\n")
    with pytest.raises(LabelError, match=r"line 3: no message <nine@example.org> .*\(and 1 more\)"):
        read_labels(path).find([mailbox])


def test_a_row_with_an_unknown_key_is_refused(tmp_path: Path, mailbox: Mailbox) -> None:
    path = table(tmp_path, "label\tmailbox\tkey\nspam\tin.mbox\t7\n")
    with pytest.raises(LabelError, match=r"line 2: no message key '7' of .*in\.mbox"):
        read_labels(path).find([mailbox])


def test_id_and_key_must_agree(tmp_path: Path, mailbox: Mailbox) -> None:
    path = table(tmp_path, "label\tmessage-id\tmailbox\tkey\nspam\tone@example.org\t\t\nham\t\tin.mbox\t0\n")
    with pytest.raises(LabelError, match="lines 3 and 2: two labels for one message: ham, spam"):
        read_labels(path).find([mailbox])


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="cannot be read"):
        read_labels(tmp_path / "absent.tsv")


def test_labelled_mail_streams_in_stored_order_from_folders_and_tables(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    path = table(tmp_path, "label\tmessage-id\nspam\t<three@example.org>\nimportant\t<one@example.org>\n")
    mail = LabelledMail([("ham", open_mailbox(mailbox.path))], read_labels(path).find([mailbox]))
    read = [(label, one.key) for one, label in mail]
    assert [label for label, _ in read] == ["ham"] * 4 + ["important", "spam"]
    assert read == [(label, one.key) for one, label in mail]
    assert mail.get(mailbox.path, read[5][1]).raw.startswith(b"Message-ID: <three@")
    assert [(label, len(list(source))) for label, source in mail.sources()] == [
        ("ham", 4),
        ("important", 1),
        ("spam", 1),
    ]
    assert len(mail.mailboxes) == 2

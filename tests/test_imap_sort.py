"""Mail sorted into folders of a store: every message once, whole, whatever breaks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from cli_mail import mail, mixed, run, write_mbox
from click.testing import Result
from imap_server import USER, Store, lying, way

from classifier.errors import MailboxError
from classifier.mailboxes import imap_target, open_mailbox
from classifier.mailboxes.imap_target import ImapTarget

MAIL = mixed(2)
LABELS = ("important", "unimportant", "spam")


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


def sort(model: Path, into: str, *sources: object, **options: object) -> Result:
    given = ("sort", "-m", model, "--profile", "off", "--me", USER, "--into", into)
    return run(*given, *options.pop("more", ()), *sources)


def copied(store: Store, folder: str) -> list[list[bytes]]:
    return [store.bodies(f"{folder}/{label}") for label in LABELS]


def by_label(messages: list[bytes]) -> list[list[bytes]]:
    return [[crlf(raw) for raw in messages[at::3]] for at in range(3)]


def test_an_mbox_is_sorted_into_folders_once(store: Store, tiny_model: Path, tmp_path: Path) -> None:
    mbox = write_mbox(tmp_path / "in.mbox", MAIL)
    into = store.url("Sört & Co")
    dry = sort(tiny_model, into, mbox, more=("--dry-run",))
    assert f"2 spam, would go to {into}/spam" in dry.stdout
    done = sort(tiny_model, into, mbox)
    assert done.exit_code == 0, done.output
    assert copied(store, "Sört & Co") == by_label(MAIL)
    write_mbox(mbox, [*MAIL, mail("spam", 80), MAIL[2]])
    again = sort(tiny_model, into, mbox)
    assert "2 spam to" in again.stdout
    assert "(2 were there)" in again.stdout
    assert copied(store, "Sört & Co")[2] == [*map(crlf, (MAIL[2], MAIL[5], mail("spam", 80), MAIL[2]))]


def test_flags_and_arrival_come_along_and_deleted_does_not(
    store: Store, tiny_model: Path, tmp_path: Path
) -> None:
    store.fill("Old", MAIL[:1], (b"\\Seen", b"\\Answered", b"\\Deleted", b"Wichtig"))
    with store.client() as client:
        client.select_folder("Old", readonly=True)
        before = client.fetch([1], ["INTERNALDATE"])[1][b"INTERNALDATE"]
    with way(store) as spied:
        done = sort(tiny_model, store.url("New"), store.url("Old", spied.port))
    assert done.exit_code == 0, done.output
    assert sum("BODY" in line for line in spied.commands()) == 1  # fetched once
    assert store.flags("New/important") == {
        1: {"\\Seen", "\\Answered", "wichtig"}
    }  # case is no matter in keywords
    with store.client() as client:
        client.select_folder("New/important", readonly=True)
        assert client.fetch([1], ["INTERNALDATE"])[1][b"INTERNALDATE"] == before
    assert store.flags("Old") == {1: {"\\Seen", "\\Answered", "\\Deleted", "Wichtig"}}


@pytest.mark.parametrize("word", [b"APPENDUID", b"+ OK"])
def test_a_connection_that_breaks_while_appending_neither_loses_nor_doubles(
    store: Store, tiny_model: Path, tmp_path: Path, word: bytes
) -> None:
    folder = f"Torn {word[:1].decode()}"
    mbox = write_mbox(tmp_path / "in.mbox", [*MAIL, *MAIL])
    times: Counter[str] = Counter()

    def hang_up(data: bytes, number: int) -> bytes | None:
        times["asked"] += word in data
        return None if word in data and times["asked"] % 3 == 1 else data

    with way(store, hang_up) as bad:
        done = sort(tiny_model, store.url(folder, bad.port), mbox)
    assert done.exit_code == 0, done.output
    assert times["asked"] > 3
    assert copied(store, folder) == by_label([*MAIL, *MAIL])


def test_a_run_that_was_killed_between_its_note_and_the_append_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mbox = write_mbox(tmp_path / "in.mbox", MAIL)
    target = ImapTarget(store.url("Killed"))
    with open_mailbox(mbox) as mailbox:
        originals = list(mailbox.originals())
        for original in originals[:2]:
            target.put("spam", original)
        with monkeypatch.context() as patch:
            patch.setattr(imap_target._Folder, "deliver", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                target.put("spam", originals[2])
        target.close()
        with ImapTarget(store.url("Killed")) as again:
            assert [again.put("spam", original) for original in originals] == [False, False, *[True] * 4]
    assert store.bodies("Killed/spam") == [crlf(raw) for raw in MAIL]


def test_another_run_does_not_append_what_lies_there_unsettled(store: Store, tmp_path: Path) -> None:
    mbox = write_mbox(tmp_path / "in.mbox", MAIL)
    with open_mailbox(mbox) as mailbox:
        for _ in range(3):
            target = ImapTarget(store.url("Unsettled"))
            for original in mailbox.originals():
                target.put("spam", original)
            target.close()
    assert store.bodies("Unsettled/spam") == [crlf(raw) for raw in MAIL]


def test_what_a_store_cannot_keep_is_named_and_the_rest_is_copied(
    store: Store, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for number, raw in enumerate([MAIL[0], MAIL[1][:-1] + b"\0\n", MAIL[2]]):
        (tmp_path / "in" / f"{number}.eml").write_bytes(raw)
    done = sort(tiny_model, store.url("Nul"), tmp_path / "in")
    assert done.exit_code == 3
    assert "NUL bytes" in done.stderr
    assert copied_some(store, "Nul") == [crlf(MAIL[0]), crlf(MAIL[2])]


def copied_some(store: Store, folder: str) -> list[bytes]:
    with store.client() as client:
        there = [label for label in LABELS if client.folder_exists(f"{folder}/{label}")]
    return [raw for label in there for raw in store.bodies(f"{folder}/{label}")]


def test_a_store_that_keeps_less_than_it_was_given_is_caught(
    store: Store, tiny_model: Path, tmp_path: Path
) -> None:
    mbox = write_mbox(tmp_path / "in.mbox", MAIL[:1])
    with way(store, lying(rb"RFC822.SIZE \d+", b"RFC822.SIZE 17")) as bad:
        done = sort(tiny_model, store.url("Less", bad.port), mbox)
    assert done.exit_code == 3
    assert "keeps 17 bytes of the" in done.stderr


@pytest.mark.parametrize(
    ("answer", "code"), [(b"NO [OVERQUOTA] full", 1), (b"NO [LIMIT] not this one", 3), (b"NO TRYCREATE", 3)]
)
def test_a_store_that_takes_nothing(
    store: Store, tiny_model: Path, tmp_path: Path, answer: bytes, code: int
) -> None:
    mbox = write_mbox(tmp_path / "in.mbox", MAIL[:2])
    no = lying(rb"OK (\[APPENDUID[^\]]*\] )?Append completed", answer)
    with way(store, no) as bad:
        done = sort(tiny_model, store.url("Full", bad.port), mbox)
    assert done.exit_code == code
    assert answer.split(b"] ")[-1].decode().removeprefix("NO ") in done.stderr


def test_the_target_is_no_source_and_has_one_sort_at_a_time(
    store: Store, tiny_model: Path, tmp_path: Path
) -> None:
    store.fill("Self/spam", MAIL[:3])
    done = sort(tiny_model, store.url("Self"), store.url("Self/*"))
    assert done.exit_code != 0
    assert "is itself mail that is to be sorted" in done.stderr
    assert store.bodies("Self/spam") == [crlf(raw) for raw in MAIL[:3]]
    with ImapTarget(store.url("Alone")), pytest.raises(MailboxError, match="another sort"):
        ImapTarget(store.url("Alone"))

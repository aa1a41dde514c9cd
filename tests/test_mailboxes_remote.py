"""Mail behind a URL is what it is in a folder: the same messages, keys and order, from any fsspec store."""

from __future__ import annotations

import bz2
import gzip
import io
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_mail import mail, mixed, objects, run, write_mbox

from classifier.errors import MailboxError, NotMail
from classifier.mailboxes import Problem, open_mailbox

fsspec = pytest.importorskip("fsspec", reason="needs the extra dask")

from classifier.mailboxes.remote import expanded, is_url  # noqa: E402


@pytest.fixture
def store() -> Iterator[object]:
    """An empty store of objects in memory."""
    filesystem = fsspec.filesystem("memory")
    filesystem.store.clear()
    yield filesystem
    filesystem.store.clear()


def fill(top: Path) -> Path:
    """Lay out one of everything."""
    for folder in (
        "maildir/cur",
        "maildir/new",
        "maildir/tmp",
        "maildir/.Lists/cur",
        "maildir/.Lists/new",
        "mh",
    ):
        (top / folder).mkdir(parents=True)
    (top / "maildir/cur/1700000005.M1.host:2,S").write_bytes(mail("spam", 1))
    (top / "maildir/new/1700000003.M2.host").write_bytes(mail("important", 2))
    (top / "maildir/.Lists/cur/1600000000.M3.host:2,").write_bytes(
        b"From root Thu Jan  1 00:00:00 2026\n" + mail("spam", 3)
    )
    for number in (10, 9, 1):
        (top / f"mh/{number}").write_bytes(mail("unimportant", number))
    (top / "mh/.mh_sequences").write_text("unseen: 9\n")
    write_mbox(top / "b.mbox", mixed())
    (top / "c.mbox.gz").write_bytes(gzip.compress((top / "b.mbox").read_bytes()))
    (top / "a.eml").write_bytes(mail("spam", 5))
    (top / "d.eml.bz2").write_bytes(bz2.compress(mail("spam", 6)))
    (top / "damaged.mbox.gz").write_bytes(gzip.compress((top / "b.mbox").read_bytes())[:-30])
    (top / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    (top / "empty.mbox").touch()
    (top / ".index").write_bytes(b"Subject: none of your business\n\n")
    write_mbox(top / "big.mbox", [mail("spam", n) + b"line\n" * 30_000 for n in range(12)])
    return top


def upload(store: object, top: Path, target: str = "/mail") -> str:
    for path in sorted(top.rglob("*")):
        if path.is_file():
            store.pipe(f"{target}/{path.relative_to(top)}", path.read_bytes())
    return f"memory:/{target}"


def told(path: str, cut: int = 0) -> tuple[list[tuple[str, str, bytes]], set[tuple[str, str, str]]]:
    """Read a mailbox whole, or in parts; with names that do not say where it lies."""
    top = path.rstrip("/")
    with open_mailbox(path) as mailbox:
        problems: list[Problem] = []
        if cut:
            parts = pickle.loads(pickle.dumps(list(mailbox.parts(cut))))
            stored = [one for part in parts for one in part.read(problems)]
        else:
            stored = list(mailbox)
        problems += mailbox.problems
    found = [(one.mailbox.removeprefix(top), one.key, one.raw) for one in stored]
    return found, {(problem.path.removeprefix(top), problem.place, problem.reason) for problem in problems}


@pytest.mark.parametrize(
    "inner", ["", "/maildir", "/mh", "/b.mbox", "/c.mbox.gz", "/a.eml", "/d.eml.bz2", "/big.mbox"]
)
def test_what_lies_in_a_store_is_what_lies_here(tmp_path: Path, store: object, inner: str) -> None:
    local = told(str(fill(tmp_path)) + inner)
    url = upload(store, tmp_path) + inner
    assert local[0]
    assert told(url) == local
    assert told(url, cut=200_000) == local
    assert told(str(tmp_path) + inner, cut=200_000) == local


def test_a_tree_says_the_same_of_what_is_no_mail(tmp_path: Path, store: object) -> None:
    found, problems = told(upload(store, fill(tmp_path)))
    assert (found, problems) == told(str(tmp_path))
    assert ("", "picture.png", "is a PNG image, not mail") in problems
    assert [place for _, place, reason in problems if "ends early" in reason] == ["damaged.mbox.gz"]


def test_keys_find_their_messages_again(tmp_path: Path, store: object) -> None:
    url = upload(store, fill(tmp_path))
    for inner in ("/maildir", "/mh", "/b.mbox", "/c.mbox.gz", "/a.eml"):
        with open_mailbox(url + inner) as mailbox:
            for stored in list(mailbox):
                assert mailbox.get(stored.key).raw == stored.raw
            with pytest.raises(MailboxError):
                mailbox.get("7")
            with pytest.raises(MailboxError):
                mailbox.get("nothing")


def test_a_store_without_empty_folders_has_maildirs_too(store: object) -> None:
    store.pipe("/m/cur/1700000000.M1.host:2,S", mail("spam", 1))
    with open_mailbox("memory://m") as mailbox:
        assert (mailbox.format, [one.key for one in mailbox]) == ("maildir", ["1700000000.M1.host"])
        assert next(iter(mailbox)).flags == {"seen"}


def test_what_cannot_be_opened_is_named(store: object) -> None:
    store.pipe("/core", bytes(range(256)) * 40)
    for url, reason in (
        ("memory://absent", "No such file or directory"),
        ("nix://x/y", "Protocol not known: nix"),
        ("gs://bucket/x", "install gcsfs"),
    ):
        with pytest.raises(MailboxError, match=reason) as caught:
            open_mailbox(url)
        assert caught.value.path == url
    with pytest.raises(NotMail, match="binary data"):
        open_mailbox("memory://core")


def test_a_name_with_a_colon_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd:").mkdir()
    (tmp_path / "odd:/x.eml").write_bytes(mail("spam", 1))
    assert not is_url("odd://x.eml")
    assert is_url("s3://bucket/x")
    assert is_url("zip://x::s3://bucket/x.zip")
    assert not is_url("/var/mail/root")
    assert len(list(open_mailbox("odd://x.eml"))) == 1


def test_patterns_are_replaced_by_what_they_match_in_order(tmp_path: Path, store: object) -> None:
    url = upload(store, fill(tmp_path))
    assert expanded([f"{url}/*.eml*", "-", "x"]) == [
        "memory:///mail/a.eml",
        "memory:///mail/d.eml.bz2",
        "-",
        "x",
    ]
    assert expanded([f"{tmp_path}/*.eml"]) == [f"{tmp_path}/a.eml"]
    assert expanded([f"file://{tmp_path}/?.eml"]) == [f"{tmp_path}/a.eml"]
    assert expanded([f"{url}/*.none"]) == [f"{url}/*.none"]


def test_an_archive_inside_a_file_is_a_store(tmp_path: Path) -> None:
    box = write_mbox(tmp_path / "in.mbox", mixed())
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(box, "2026/in.mbox")
        archive.writestr("2026/one.eml", mail("spam", 1))
    url = f"zip://2026/*::{tmp_path}/all.zip"
    assert expanded([url]) == [f"zip://2026/{name}::{tmp_path}/all.zip" for name in ("in.mbox", "one.eml")]
    assert [one.raw for one in open_mailbox(expanded([url])[0])] == [one.raw for one in open_mailbox(box)]


def test_a_broken_connection_is_an_error_and_no_damage(
    store: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.pipe(
        "/m.mbox", b"From a@example.org Mon Jan  5 10:11:12 2026\nSubject: x\n\n" + b"line\n" * 500_000
    )
    mailbox = open_mailbox("memory://m.mbox")

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1_000_000:
                raise ConnectionResetError(104, "Connection reset by peer")
            return super().read(size)

    content = store.cat("/m.mbox")
    monkeypatch.setattr(store, "open", lambda *_, **__: Broken(content))
    with pytest.raises(MailboxError, match="Connection reset by peer"):
        list(mailbox)


def test_the_command_line_takes_urls(tmp_path: Path, store: object, tiny_model: Path) -> None:
    url = upload(store, fill(tmp_path))
    here = objects(run("classify", "-m", tiny_model, tmp_path / "b.mbox"))
    there = objects(run("classify", "-m", tiny_model, f"{url}/b.mbox"))
    assert [one | {"mailbox": ""} for one in there] == [one | {"mailbox": ""} for one in here]
    assert {one["mailbox"] for one in there} == {f"{url}/b.mbox"}
    several = run("classify", "-m", tiny_model, f"{url}/*.eml*", f"{url}/*.none")
    assert [one["mailbox"] for one in objects(several)] == [
        "memory:///mail/a.eml",
        "memory:///mail/d.eml.bz2",
    ]
    assert f"mailtriage: {url}/*.none: No such file or directory" in several.stderr
    assert several.exit_code == 3

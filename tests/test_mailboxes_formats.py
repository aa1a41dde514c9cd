"""Maildir, MH, single messages, trees, streams and compressed files; and what is no mail."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import pickle
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import MailboxError, NotMail
from classifier.mailboxes import FORMATS, Mailbox, Problem, Stored, open_mailbox, read_span
from classifier.mailboxes.content import why_no_mail
from classifier.mailboxes.mh import sequences

FROM = b"From a@example.org  Mon Jan  5 10:11:12 2026\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
}


def mail(name: str) -> bytes:
    return f"From: {name}@example.org\nSubject: {name}\n\n{name}\n".encode()


def mbox(*names: str) -> bytes:
    return b"".join(FROM + mail(name) + b"\n" for name in names)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def make_maildir(path: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    return path


def names(mailbox: Mailbox) -> list[str]:
    """The bodies of the messages, which are their names; spans and keys must agree with iterating."""
    found = list(mailbox)
    problems = list(mailbox.problems)
    spans = pickle.loads(pickle.dumps(list(mailbox.spans())))
    spanned: list[Problem] = []
    assert [stored for span in spans for stored in read_span(span, spanned)] == found
    assert {*mailbox.problems, *spanned} == {*problems}
    assert list(mailbox) == found
    for stored in found:
        if stored.mailbox == mailbox.path:
            assert mailbox.get(stored.key) == stored
    return [stored.raw.split()[-1].decode() for stored in found]


def reasons(mailbox: Mailbox) -> dict[str, str]:
    return {problem.place: problem.reason for problem in mailbox.problems}


# ---- Maildir


def test_maildir_flags_order_and_tmp(tmp_path: Path) -> None:
    box = make_maildir(tmp_path / "box")
    put(box / "cur" / "20.b.host:2,FRS", mail("b"))
    put(box / "cur" / "100.c.host:2,", mail("c"))
    put(box / "new" / "3.a.host", mail("a"))
    put(box / "tmp" / "1.x.host", mail("x"))
    put(box / "cur" / ".hidden", b"index")
    mailbox = open_mailbox(box)
    assert (mailbox.format, names(mailbox)) == ("maildir", ["a", "b", "c"])
    assert [stored.key for stored in mailbox] == ["3.a.host", "20.b.host", "100.c.host"]
    flags = {stored.key: stored.flags for stored in mailbox}
    assert flags["20.b.host"] == {"flagged", "answered", "seen"}
    assert flags["3.a.host"] == frozenset()


def test_maildir_subfolders_come_after(tmp_path: Path) -> None:
    box = make_maildir(tmp_path / "box")
    put(make_maildir(box / ".Zoo") / "new" / "1.z", mail("z"))
    put(make_maildir(box / ".Ape.Sub") / "new" / "1.a", mail("a"))
    put(box / "new" / "9.i", mail("i"))
    put(box / ".config" / "x", b"no mail")
    mailbox = open_mailbox(box)
    assert names(mailbox) == ["i", "a", "z"]
    assert [stored.key for stored in mailbox] == ["9.i", ".Ape.Sub/1.a", ".Zoo/1.z"]


def test_an_empty_maildir_is_a_mailbox(tmp_path: Path) -> None:
    mailbox = open_mailbox(make_maildir(tmp_path / "box"))
    assert names(mailbox) == []
    assert mailbox.problems == []


def test_a_message_whose_flags_change_is_found_again(tmp_path: Path) -> None:
    box = make_maildir(tmp_path / "box")
    put(box / "new" / "1.a", mail("a"))
    put(box / "cur" / "2.b:2,", mail("b"))
    mailbox = open_mailbox(box)
    spans = list(mailbox.spans())
    (box / "new" / "1.a").rename(box / "cur" / "1.a:2,S")
    (box / "cur" / "2.b:2,").unlink()
    problems: list[Problem] = []
    found = [stored for span in spans for stored in read_span(span, problems)]
    assert [(stored.raw, stored.flags) for stored in found] == [(mail("a"), {"seen"})]
    assert [(problem.place, problem.reason) for problem in problems] == [
        ("2.b", "the message vanished after it was listed")
    ]
    assert mailbox.get("1.a").raw == mail("a")


def test_two_files_with_one_unique_name_are_two_messages(tmp_path: Path) -> None:
    box = make_maildir(tmp_path / "box")
    put(box / "new" / "1.a", mail("a"))
    put(box / "cur" / "1.a:2,S", mail("b"))
    assert sorted(stored.raw for stored in open_mailbox(box)) == [mail("a"), mail("b")]


@pytest.mark.parametrize("key", ["", "nothing", "../1.a", ".Sub/../../1.a", "/etc/passwd", "tmp/1.x"])
def test_maildir_keys_that_are_none(tmp_path: Path, key: str) -> None:
    box = make_maildir(tmp_path / "box")
    put(tmp_path / "1.a", mail("a"))
    with pytest.raises(MailboxError) as caught:
        open_mailbox(box).get(key)
    assert caught.value.place == key


def test_garbage_in_a_maildir_is_named(tmp_path: Path) -> None:
    box = make_maildir(tmp_path / "box")
    put(box / "new" / "1.a", mail("a"))
    put(box / "new" / "2.text", b"no header, but here it is mail a")
    put(box / "new" / "3.png", PNG)
    put(box / "new" / "4.nul", b"\x00" * 5000)
    put(box / "new" / "5.empty", b"")
    (box / "new" / "6.link").symlink_to("nowhere")
    (box / "new" / "7.folder").mkdir()
    os.mkfifo(box / "new" / "8.pipe")
    mailbox = open_mailbox(box)
    assert names(mailbox) == ["a", "a"]
    assert [place[0] for place in reasons(mailbox)] == ["3", "4", "5", "6", "7", "8"]
    assert "PNG" in reasons(mailbox)["3.png"]
    assert "pipe" in reasons(mailbox)["8.pipe"]


# ---- MH


def test_mh_numbers_flags_and_subfolders(tmp_path: Path) -> None:
    box = tmp_path / "mh"
    for number, name in ((2, "b"), (10, "c"), (1, "a")):
        put(box / str(number), mail(name))
    put(box / ",3", mail("deleted"))
    put(box / ".mh_sequences", b"unseen: 2\nreplied: 1 9-11\ncur: 2\nflagged: x-y 10\n")
    put(box / "inner" / "7", mail("d"))
    mailbox = open_mailbox(box)
    assert names(mailbox) == ["a", "b", "c", "d"]
    assert [stored.key for stored in mailbox] == ["1", "2", "10", "inner/7"]
    flags = [stored.flags for stored in mailbox]
    assert flags == [{"answered", "seen"}, set(), {"answered", "seen", "flagged"}, set()]
    assert names(open_mailbox(box, "mh")) == ["a", "b", "c", "d"]


def test_mh_alone_may_be_empty(tmp_path: Path) -> None:
    assert names(open_mailbox(tmp_path, "mh")) == []


def test_mailboxes_named_after_years_are_not_mh(tmp_path: Path) -> None:
    for year in ("2024", "2025"):
        put(tmp_path / year, mbox("a" + year, "b" + year))
    assert names(open_mailbox(tmp_path)) == ["a2024", "b2024", "a2025", "b2025"]


@given(st.text(max_size=200))
def test_any_sequences_file_is_read(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".mh_sequences").write_text(text, encoding="utf-8", errors="replace")
        assert isinstance(sequences(folder), dict)


# ---- single messages and trees


def test_a_single_message(tmp_path: Path) -> None:
    mailbox = open_mailbox(put(tmp_path / "m", mail("a")))
    assert (mailbox.format, names(mailbox)) == ("message", ["a"])
    assert b"".join(mailbox.original("0").chunks()) == mail("a")
    with pytest.raises(MailboxError):
        mailbox.get("1")


def test_a_tree_is_walked_in_order_and_detected_file_by_file(tmp_path: Path) -> None:
    put(tmp_path / "t" / "b.eml", mail("b"))
    put(tmp_path / "t" / "a.txt", mail("a"))
    put(tmp_path / "t" / "sub" / "x.mbox", mbox("x1", "x2"))
    put(tmp_path / "t" / "sub" / "y.gz", gzip.compress(mbox("y1")))
    put(make_maildir(tmp_path / "t" / "sub" / "zmail") / "new" / "1.z", mail("z"))
    put(make_maildir(tmp_path / "t" / ".Dot") / "new" / "1.d", mail("dot"))
    put(tmp_path / "t" / "sub" / "c.xz", lzma.compress(mail("c")))
    put(tmp_path / "t" / ".DS_Store", b"\x00\x01Bud1")
    put(tmp_path / "t" / ".git" / "note.eml", mail("never"))
    put(tmp_path / "t" / "empty.mbox", b"")
    mailbox = open_mailbox(tmp_path / "t")
    assert (mailbox.format, names(mailbox)) == ("tree", ["a", "b", "dot", "c", "x1", "x2", "y1", "z"])
    assert mailbox.problems == []
    assert {(stored.mailbox[len(str(tmp_path)) :], stored.key) for stored in mailbox} == {
        ("/t", "a.txt"), ("/t", "b.eml"), ("/t", "sub/c.xz"), ("/t/sub/x.mbox", "0"), ("/t/sub/y.gz", "0"),
        ("/t/sub/x.mbox", str(len(mbox("x1")))), ("/t/sub/zmail", "1.z"), ("/t/.Dot", "1.d"),
    }  # fmt: skip
    assert [original.stored for original in mailbox.originals()] == list(mailbox)


def test_what_is_no_mail_in_a_tree_is_named(tmp_path: Path) -> None:
    tree = tmp_path / "t"
    put(tree / "a.eml", mail("a"))
    put(tree / "b.png", PNG)
    put(tree / "c.eml", b"")
    put(tree / "d.txt", b"just some notes\nwithout any header\n")
    put(tree / "e.gz", b"\x1f\x8b\x08" + b"broken" * 9)
    (tree / "f.eml").symlink_to("nowhere")
    os.mkfifo(tree / "g")
    (tree / "loop").symlink_to(tree)
    server = socket.socket(socket.AF_UNIX)
    with contextlib.closing(server), contextlib.chdir(tree):
        server.bind("h")
    mailbox = open_mailbox(tree)
    assert names(mailbox) == ["a"]
    assert sorted(reasons(mailbox)) == ["b.png", "c.eml", "d.txt", "e.gz", "f.eml", "g", "h", "loop"]
    assert all(reason and "\n" not in reason for reason in reasons(mailbox).values())


@pytest.mark.parametrize("key", ["", "..", "../m", "/etc/passwd", "missing.eml", "sub", "sub/../a.eml"])
def test_tree_keys_that_are_none(tmp_path: Path, key: str) -> None:
    put(tmp_path / "m", mail("m"))
    put(tmp_path / "t" / "a.eml", mail("a"))
    put(tmp_path / "t" / "sub" / "b.eml", mail("b"))
    with pytest.raises(MailboxError):
        open_mailbox(tmp_path / "t").get(key)


@pytest.mark.parametrize("content", [{}, {"x.png": PNG}, {"sub/y.txt": b"notes"}])
def test_a_directory_without_mail_is_refused(tmp_path: Path, content: dict[str, bytes]) -> None:
    for name, data in content.items():
        put(tmp_path / "t" / name, data)
    (tmp_path / "t").mkdir(exist_ok=True)
    with pytest.raises(NotMail, match="is a directory without mail"):
        open_mailbox(tmp_path / "t")


# ---- what cannot be opened


def test_top_paths_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    put(tmp_path / "picture", PNG)
    put(tmp_path / "notes", b"nothing like mail\n")
    for name, reason in {
        "missing": "No such file or directory",
        "link": "is a link to nothing",
        "pipe": "is a named pipe",
        "picture": "is a PNG image, not mail",
        "notes": "is no mail",
        "nul\x00": "null",
    }.items():
        with pytest.raises(MailboxError, match=reason):
            open_mailbox(str(tmp_path / name))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_path_without_permission_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "m", mail("a")).chmod(0)
    with pytest.raises(MailboxError, match="Permission denied"):
        open_mailbox(tmp_path / "m")


@pytest.mark.parametrize(
    ("format", "place"),
    [
        ("mbox", "."),
        ("message", "."),
        ("maildir", "m"),
        ("maildir", "."),
        ("mh", "m"),
        ("tree", "m"),
        ("pst", "m"),
    ],
)
def test_formats_that_do_not_fit(tmp_path: Path, format: str, place: str) -> None:  # noqa: A002
    put(tmp_path / "m", mail("a"))
    with pytest.raises(MailboxError):
        open_mailbox(tmp_path / place, format)
    assert "mbox" in FORMATS


def test_an_explicit_format_overrides_the_content(tmp_path: Path) -> None:
    path = put(tmp_path / "m", mbox("a", "b"))
    assert len(list(open_mailbox(path, "message"))) == 1
    assert names(open_mailbox(put(tmp_path / "n", b"anything at all"), "message")) == ["all"]


@pytest.mark.parametrize(
    "head",
    [
        mail("a"), FROM, b"\n\n" + mail("a"), b"X-Odd: \x00\x00\x00", b"From: \xff\xfe\n\n" + b"\x00" * 9000,
        b"broken line\nFrom: a@example.org\n\nx", b"\xef\xbb\xbfSubject: x\n", b"subject :x\n",
    ],
)  # fmt: skip
def test_damaged_mail_is_mail(head: bytes) -> None:
    assert why_no_mail(head) == ""


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n\n",
        PNG,
        b"%PDF-1.7\n",
        b"PK\x03\x04...",
        b"\x7fELF\x02",
        b"\x00" * 100,
        b"#!/bin/sh\n",
        b"a\nb\n",
    ],
)
def test_what_is_no_mail(head: bytes) -> None:
    assert why_no_mail(head)


@given(st.binary(max_size=3000))
def test_any_bytes_are_mail_or_no_mail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = put(tmp_path_factory.getbasetemp() / "any", data)
    with contextlib.suppress(MailboxError):
        for stored in open_mailbox(path):
            assert isinstance(stored.raw, bytes)


# ---- compressed


@pytest.mark.parametrize("kind", PACK)
def test_compressed_files_whatever_their_names(tmp_path: Path, kind: str) -> None:
    assert names(open_mailbox(put(tmp_path / "m", PACK[kind](mail("a"))))) == ["a"]
    many = [f"n{number}" for number in range(2000)]
    mailbox = open_mailbox(put(tmp_path / "b.txt", PACK[kind](mbox(*many))))
    assert (mailbox.format, [stored.raw.split()[-1].decode() for stored in mailbox]) == ("mbox", many)
    plain = open_mailbox(put(tmp_path / "plain", mbox(*many)))
    assert [stored.key for stored in mailbox] == [stored.key for stored in plain]
    assert [stored for span in mailbox.spans() for stored in read_span(span)] == list(mailbox)
    keys = [stored.key for stored in mailbox]
    for key in (keys[5], keys[1500], keys[3], keys[-1]):
        assert mailbox.get(key).raw == plain.get(key).raw
    assert b"".join(b"".join(original.chunks()) for original in mailbox.originals()) == mbox(*many)


@pytest.mark.parametrize("kind", PACK)
def test_compressed_parts_one_after_the_other(tmp_path: Path, kind: str) -> None:
    data = PACK[kind](mbox("a", "b")) + PACK[kind](mbox("c"))
    assert names(open_mailbox(put(tmp_path / "m", data))) == ["a", "b", "c"]


@pytest.mark.parametrize("kind", PACK)
def test_compressed_messages_in_a_maildir(tmp_path: Path, kind: str) -> None:
    box = make_maildir(tmp_path / "box")
    put(box / "cur" / "1.a:2,S", PACK[kind](mail("a")))
    assert names(open_mailbox(box)) == ["a"]


@pytest.mark.parametrize("kind", PACK)
def test_damaged_compression_is_a_problem_and_what_came_before_is_read(tmp_path: Path, kind: str) -> None:
    noise = [
        b"".join(b"%x" % (hash((number, at)) & 0xFFFFFFFF) for at in range(400)) for number in range(800)
    ]
    data = b"".join(FROM + b"Subject: x\n\n" + body + b"\n\n" for body in noise)
    packed = PACK[kind](data)
    harms = [packed[: len(packed) * 3 // 4]]
    if kind != "bzip2":  # which scrambles its first 900 KB when there is damage in them
        harms.append(packed[: len(packed) // 2] + b"\xff" * 99 + packed[len(packed) // 2 :])
    for harm in harms:
        mailbox = open_mailbox(put(tmp_path / "m", harm))
        found = list(mailbox)
        assert len(mailbox.problems) == 1, harm[:4]
        assert "compressed data" in mailbox.problems[0].reason
        assert all(stored.raw[12:-1] == body for stored, body in zip(found[:-1], noise, strict=False))
        assert len(found) > 50


def test_a_compressed_something_else_is_no_mail(tmp_path: Path) -> None:
    with pytest.raises(NotMail):
        open_mailbox(put(tmp_path / "m", gzip.compress(PNG)))
    with pytest.raises(MailboxError):
        open_mailbox(put(tmp_path / "m", b"\x1f\x8b\x08\x00"))


# ---- streams


class Pipe(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(min(size, 700) if size >= 0 else 700)


@pytest.mark.parametrize("kind", [None, *PACK])
def test_standard_input(kind: str | None) -> None:
    pack = PACK[kind] if kind else bytes
    many = [f"n{number}" for number in range(300)]
    mailbox = open_mailbox(Pipe(pack(mbox(*many))))
    assert (mailbox.path, mailbox.format) == ("-", "mbox")
    assert [stored.raw.split()[-1].decode() for stored in mailbox] == many
    with pytest.raises(MailboxError, match="only once"):
        list(mailbox)
    assert names(open_mailbox(Pipe(pack(mail("a"))))) == ["a"]


def test_standard_input_may_be_empty_or_garbage() -> None:
    assert list(open_mailbox(Pipe(b""))) == []
    for garbage in (PNG, b"notes\n", b"\x00" * 99, b"\x1f\x8b\x08\x00"):
        with pytest.raises(MailboxError):
            open_mailbox(Pipe(garbage))
    with pytest.raises(MailboxError):
        open_mailbox(Pipe(mail("a")), "maildir")


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(mbox("a", "b"))))
    mailbox = open_mailbox("-")
    assert [stored.key for stored in mailbox] == ["0", str(len(mbox("a")))]


def test_standard_input_gives_the_original_of_the_message_at_hand() -> None:
    mailbox = open_mailbox(Pipe(mbox("a", "b")))
    copied = [b"".join(mailbox.original(stored.key).chunks()) for stored in mailbox]
    assert b"".join(copied) == mbox("a", "b")


@pytest.mark.parametrize("kind", [None, "gzip"])
def test_spooled_standard_input_can_be_read_again(kind: str | None) -> None:
    mailbox = open_mailbox(Pipe((PACK[kind] if kind else bytes)(mbox("a", "b"))), spool=True)
    assert names(mailbox) == ["a", "b"]
    assert mailbox.path == "-"
    assert {stored.mailbox for stored in mailbox} == {"-"}
    assert b"".join(b"".join(original.chunks()) for original in mailbox.originals()) == mbox("a", "b")
    assert names(open_mailbox(Pipe(mail("a")), spool=True)) == ["a"]


def test_the_spool_goes_with_its_mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mailbox = open_mailbox(Pipe(mbox("a")), spool=True)
    assert len(list(tmp_path.glob("mailtriage-*"))) == 1
    mailbox.close()
    del mailbox
    assert list(tmp_path.glob("mailtriage-*")) == []
    with pytest.raises(MailboxError):
        open_mailbox(Pipe(PNG), spool=True)
    assert list(tmp_path.glob("mailtriage-*")) == []


def test_stored_messages_compare_and_travel() -> None:
    one = Stored("m", "0", b"Status: R\n\nx", None)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one == Stored("m", "0", b"Status: R\n\nx", frozenset({"seen"}))
    assert one != Stored("m", "0", b"Status: R\n\nx", frozenset())
    assert len({one, Stored("m", "0", b"Status: R\n\nx")}) == 1
    assert "seen" in repr(one)

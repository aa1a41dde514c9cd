"""Sorting into mailboxes: byte for byte, restartable, and never over anything that is there."""

from __future__ import annotations

import errno
import gzip
import mailbox as python_mailbox
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import MailboxError
from classifier.mailboxes import Original, Stored, open_mailbox, sinks, sort_target
from classifier.mailboxes.copying import as_message, as_record, by_lines, made_from_line
from classifier.mailboxes.quoting import quote, unquote
from classifier.mailboxes.sort_target import JOURNAL, SortTarget

FROM = b"From a@example.org  Mon Jan  5 10:11:12 2026\n"
FORMS = pytest.mark.parametrize("form", ["mbox", "maildir"])


def mail(name: str) -> bytes:
    return f"From: {name}@example.org\nSubject: {name}\n\n{name}\n".encode()


def mbox(*names: str) -> bytes:
    return b"".join(FROM + mail(name) + b"\n" for name in names)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def sort(source: Path, into: Path, form: str = "mbox", stop: int = -1) -> int:
    """Sort by the first letter of the subject; returns how many were new."""
    fresh = 0
    with SortTarget(into, form, [source]) as target, open_mailbox(source) as mailbox:
        for number, original in enumerate(mailbox.originals()):
            if number == stop:
                raise KeyboardInterrupt
            label = "spam" if b"Subject: s" in original.stored.raw else "important"
            fresh += target.put(label, original)
    return fresh


def held(into: Path, form: str = "mbox") -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for label in ("spam", "important"):
        path = into / (f"{label}.mbox" if form == "mbox" else label)
        if path.exists():
            found.update(stored.raw for stored in open_mailbox(path))
    return found


def want(source: Path) -> Counter[bytes]:
    return Counter(stored.raw for stored in open_mailbox(source))


class Bytes(Original):
    """An original that gives its bytes in small pieces."""

    def __init__(self, data: bytes, step: int = 7, **facts: object) -> None:
        self.stored, self._data, self._step = Stored("m", "0", data), data, step
        for name, value in facts.items():
            setattr(self, name, value)

    def chunks(self) -> Iterator[bytes]:
        for at in range(0, len(self._data), self._step):
            yield self._data[at : at + self._step]


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killing a process does not lose what it wrote; only a power failure does."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return put(tmp_path / "in.mbox", mbox("one", "spam", "two", "one", "spam2", "one"))


@FORMS
def test_every_message_is_copied_once_and_equal_ones_are_all_copied(
    tmp_path: Path, source: Path, form: str
) -> None:
    before = source.read_bytes()
    assert sort(source, tmp_path / "out", form) == 6
    assert held(tmp_path / "out", form) == want(source)
    assert sort(source, tmp_path / "out", form) == 0
    assert held(tmp_path / "out", form) == want(source)
    assert source.read_bytes() == before


def test_mbox_records_are_copied_untouched(tmp_path: Path) -> None:
    odd = b"From r\xe9mi@example.org Mon Jan  5 10:11:12 2026 +0100\r\n"
    odd += b"Subject: x\r\n\r\n>From y\r\n>>From z\r\n\r\n"
    source = put(tmp_path / "in", odd + mbox("one"))
    sort(source, tmp_path / "out")
    assert (tmp_path / "out" / "important.mbox").read_bytes() == source.read_bytes()


def test_a_record_without_its_end_gets_one(tmp_path: Path) -> None:
    source = put(tmp_path / "in", mbox("one") + FROM + b"Subject: two\n\nno newline")
    sort(source, tmp_path / "out")
    put(tmp_path / "more", mbox("three"))
    sort(tmp_path / "more", tmp_path / "out")
    assert [stored.raw for stored in open_mailbox(tmp_path / "out" / "important.mbox")] == [
        mail("one"), b"Subject: two\n\nno newline\n", mail("three"),
    ]  # fmt: skip


def test_a_from_line_that_counts_only_at_the_top_is_replaced(tmp_path: Path) -> None:
    git = b"From " + b"0123456789" * 4 + b" Mon Sep 17 00:00:00 2001\n"
    for name, data in {
        "a": b"From whoever it may be\n" + mail("one"),
        "b": git + mail("two") + b"\n" + git + mail("three"),
        "c": mbox("four"),
    }.items():
        sort(put(tmp_path / name, data), tmp_path / "out")
    found = [stored.raw for stored in open_mailbox(tmp_path / "out" / "important.mbox")]
    assert found == [mail(name) for name in ("one", "two", "three", "four")]


def test_maildir_to_maildir_keeps_flags_bytes_and_times(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for part in ("new", "tmp"):
        (source / part).mkdir(parents=True)
    raw = b"From: a@example.org\r\n\r\n>From x\nFrom y\x00\xff no newline"
    put(source / "cur" / "17.a:2,FS", raw)
    put(source / "new" / "18.b", mail("b"))
    os.utime(source / "cur" / "17.a:2,FS", (1_000_000_000, 1_000_000_000))
    sort(source, tmp_path / "out", "maildir")
    (cur,) = (tmp_path / "out" / "important" / "cur").iterdir()
    (new,) = (tmp_path / "out" / "important" / "new").iterdir()
    assert (cur.read_bytes(), cur.name.partition(":")[2], cur.stat().st_mtime) == (raw, "2,FS", 1_000_000_000)
    assert (new.read_bytes(), ":" in new.name) == (mail("b"), False)
    assert list((tmp_path / "out" / "important" / "tmp").iterdir()) == []


def test_mbox_to_maildir_undoes_quoting_and_reads_status(tmp_path: Path) -> None:
    source = put(tmp_path / "in", FROM + b"Status: RO\n\n>From x\n>>From y\n\n")
    sort(source, tmp_path / "out", "maildir")
    (only,) = (tmp_path / "out" / "important" / "cur").iterdir()
    assert only.read_bytes() == b"Status: RO\n\nFrom x\n>From y\n"
    assert only.name.endswith(":2,S")
    assert time.gmtime(only.stat().st_mtime)[:6] == (2026, 1, 5, 10, 11, 12)


def test_maildir_to_mbox_makes_from_lines_and_quotes(tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "new").mkdir(parents=True)
    raw = b"Return-Path: <a@example.org>\nSubject: x\n\nFrom x\n>From y\n"
    put(source / "cur" / "17.a:2,S", raw)
    os.utime(source / "cur" / "17.a:2,S", (1_000_000_000, 1_000_000_000))
    sort(source, tmp_path / "out")
    written = (tmp_path / "out" / "important.mbox").read_bytes()
    assert written == b"From a@example.org Sun Sep  9 01:46:40 2001\n" + quote(raw) + b"\n"
    assert b"\n>From x\n>>From y\n" in written


def test_pythons_own_mailbox_reads_what_is_written(tmp_path: Path, source: Path) -> None:
    sort(source, tmp_path / "out")
    sort(source, tmp_path / "out2", "maildir")
    box = python_mailbox.mbox(tmp_path / "out" / "important.mbox", create=False)
    assert [message["subject"] for message in box] == ["one", "two", "one", "one"]
    box.close()
    directory = python_mailbox.Maildir(tmp_path / "out2" / "important", create=False)
    assert sorted(message["subject"] for message in directory) == ["one", "one", "one", "two"]


# ---- any bytes

TEXTS = st.binary(max_size=300) | st.lists(
    st.sampled_from(
        [b"From ", b">From ", b">", b"\n", b"\r\n", b"x", b"Subject: s\n", FROM, b"\n\n", b"\xff"]
    ),
    max_size=30,
).map(b"".join)


def ended(raw: bytes) -> bytes:
    """What an mbox makes of a message: its last line gets an end."""
    return raw if raw.endswith(b"\n") or not raw else raw + b"\n"


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, max_size=8), st.sampled_from(["mbox", "maildir"]))
def test_any_bytes_survive(messages: list[bytes], form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with SortTarget(Path(folder) / "out", form) as target:
            for message in messages:
                assert target.put("important", Bytes(message))
        path = Path(target.path("important"))
        if form == "mbox":
            found = [stored.raw for stored in open_mailbox(path)] if messages else []
            own = [message for message in messages if message.startswith(b"From ")]
            if not own:  # a From_ line on top of a message becomes that of its record
                assert found == [ended(message) for message in messages]
            assert len(found) == len(messages)
        else:
            files = [*(path / "new").iterdir(), *(path / "cur").iterdir()] if messages else []
            assert Counter(file.read_bytes() for file in files) == Counter(messages)


@given(TEXTS, st.integers(1, 50))
def test_streams_are_changed_as_wholes_are(text: bytes, step: int) -> None:
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    assert b"".join(by_lines(pieces, quote)) == quote(text)
    assert b"".join(by_lines(pieces, unquote)) == unquote(text)


def test_lines_longer_than_memory_are_passed_through() -> None:
    from classifier.mailboxes import copying

    line = b"From " + b"x" * (3 * copying.WINDOW)
    text = b"From a\n" + line + b"From inside\nFrom b\n"
    pieces = [text[at : at + 10_000] for at in range(0, len(text), 10_000)]
    assert b"".join(by_lines(pieces, quote)) == quote(text)


@given(TEXTS.filter(bool), st.integers(1, 60))
def test_a_cut_record_is_unwrapped_from_its_stream(text: bytes, step: int) -> None:
    record = FROM + quote(ended(text)) + b"\n"
    assert b"".join(as_message(Bytes(record, step, is_record=True, is_cut=True))) == ended(text)
    assert b"".join(as_record(Bytes(record, step + len(FROM), is_record=True))) == record


@given(st.binary(max_size=200), st.none() | st.floats())
def test_a_from_line_is_made_of_anything(head: bytes, received: float | None) -> None:
    line = made_from_line(head, received)
    assert line.count(b"\n") == 1
    assert len(list(open_one(line + b"Subject: x\n\n"))) == 1


def open_one(data: bytes) -> Iterator[Stored]:
    import io

    mailbox = open_mailbox(io.BytesIO(data))
    assert mailbox.format == "mbox"
    return iter(mailbox)


# ---- interruptions


@FORMS
@pytest.mark.parametrize("stop", [0, 1, 3, 5])
def test_an_interrupted_sort_goes_on(tmp_path: Path, source: Path, form: str, stop: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        sort(source, tmp_path / "out", form, stop)
    assert sort(source, tmp_path / "out", form) == 6 - stop
    assert held(tmp_path / "out", form) == want(source)


@FORMS
@pytest.mark.parametrize("after", [1, 200, 401, 2500])
def test_a_killed_sort_goes_on(tmp_path: Path, form: str, after: int) -> None:
    """Kill the process in the middle of writing, at several places."""
    source = put(tmp_path / "in", mbox(*(f"{'s' if n % 3 else 'i'}{n}" for n in range(600)), "i1", "i1"))
    program = f"""
import os, signal, sys
from pathlib import Path
from classifier.mailboxes import open_mailbox, sinks
from classifier.mailboxes.sort_target import SortTarget
write, left = sinks._write, [{after}]
def dying(fd, chunk):
    left[0] -= 1
    if left[0] == 0:
        write(fd, chunk[: len(chunk) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    write(fd, chunk)
sinks._write = dying
with SortTarget(sys.argv[2], {form!r}, [sys.argv[1]]) as target:
    for original in open_mailbox(sys.argv[1]).originals():
        target.put("spam" if b"Subject: s" in original.stored.raw else "important", original)
"""
    done = subprocess.run([sys.executable, "-c", program, str(source), str(tmp_path / "out")], check=False)
    assert done.returncode == (-signal.SIGKILL if after < 600 else 0)
    sort(source, tmp_path / "out", form)
    assert held(tmp_path / "out", form) == want(source)
    assert sort(source, tmp_path / "out", form) == 0


@FORMS
def test_a_full_disk_is_said_and_what_was_done_stays(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(tmp_path / "in", mbox(*(f"i{n}" for n in range(600))))
    write, left = sinks._write, [400]

    def full(fd: int, chunk: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            write(fd, chunk[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        write(fd, chunk)

    monkeypatch.setattr(sinks, "_write", full)
    with pytest.raises(MailboxError, match="No space left on device") as caught:
        sort(source, tmp_path / "out", form)
    assert caught.value.path.startswith(str(tmp_path / "out" / "important"))
    kept = held(tmp_path / "out", form)
    assert 256 <= kept.total() <= 400
    assert kept <= want(source)
    monkeypatch.setattr(sinks, "_write", write)
    sort(source, tmp_path / "out", form)
    assert held(tmp_path / "out", form) == want(source)


def test_a_torn_record_is_found_by_its_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a power failure: the journal was written, the mail was not, and the length is right."""
    source = put(tmp_path / "in", mbox(*(f"i{n}" for n in range(10))))
    monkeypatch.setattr(SortTarget, "_settle", lambda self: None)
    sort(source, tmp_path / "out")
    monkeypatch.undo()
    path = tmp_path / "out" / "important.mbox"
    data = path.read_bytes()
    middle = data.index(b"Subject: i6")
    path.write_bytes(data[:middle] + bytes(len(data) - middle))
    assert sort(source, tmp_path / "out") == 4
    assert path.read_bytes() == data


def test_a_torn_maildir_file_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = put(tmp_path / "in", mbox("one", "two"))
    monkeypatch.setattr(SortTarget, "_settle", lambda self: None)
    sort(source, tmp_path / "out", "maildir")
    monkeypatch.undo()
    victim = sorted((tmp_path / "out" / "important" / "new").iterdir())[0]
    victim.write_bytes(b"")
    assert sort(source, tmp_path / "out", "maildir") == 1
    assert held(tmp_path / "out", "maildir") == want(source)


@pytest.mark.parametrize("change", ["append", "truncate", "remove"])
def test_an_mbox_that_somebody_else_changed_is_left_alone(tmp_path: Path, source: Path, change: str) -> None:
    sort(source, tmp_path / "out")
    path = tmp_path / "out" / "important.mbox"
    if change == "append":
        path.write_bytes(path.read_bytes() + mbox("foreign"))
    elif change == "truncate":
        os.truncate(path, 100)
    else:
        path.unlink()
    before = path.read_bytes() if path.exists() else b""
    with pytest.raises(MailboxError, match="somebody else has changed it"):
        sort(source, tmp_path / "out")
    assert path.read_bytes() == before


def test_messages_read_in_a_target_maildir_are_not_delivered_again(tmp_path: Path, source: Path) -> None:
    sort(source, tmp_path / "out", "maildir")
    box = tmp_path / "out" / "important"
    for file in list((box / "new").iterdir()):
        file.rename(box / "cur" / (file.name + ":2,S"))
    next((box / "cur").iterdir()).unlink()
    assert sort(source, tmp_path / "out", "maildir") == 0
    assert len(list((box / "cur").iterdir())) == 3


def test_a_lost_journal_overwrites_nothing(tmp_path: Path, source: Path) -> None:
    sort(source, tmp_path / "out", "maildir")
    (tmp_path / "out" / JOURNAL).unlink()
    sort(source, tmp_path / "out", "maildir")
    assert held(tmp_path / "out", "maildir") == want(source)
    sort(source, tmp_path / "out2")
    (tmp_path / "out2" / JOURNAL).unlink()
    with pytest.raises(MailboxError, match="no earlier sort into this directory made it"):
        sort(source, tmp_path / "out2")
    assert held(tmp_path / "out2") == want(source)


# ---- refusals


def test_a_target_inside_the_source_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "mail" / "a.eml", mail("a"))
    (tmp_path / "link").symlink_to(tmp_path / "mail")
    for into in (tmp_path / "mail", tmp_path / "mail" / "deep" / "out", tmp_path / "link" / "out"):
        with pytest.raises(MailboxError, match="lies inside the mail"):
            SortTarget(into, "mbox", [tmp_path / "mail"])
    assert sorted(path.name for path in (tmp_path / "mail").iterdir()) == ["a.eml"]


def test_a_target_that_is_the_source_is_refused(tmp_path: Path, source: Path) -> None:
    sort(source, tmp_path / "out")
    with pytest.raises(MailboxError, match="is itself mail that is to be sorted"):
        sort(tmp_path / "out" / "important.mbox", tmp_path / "out")


def test_a_target_that_is_something_else_is_refused(tmp_path: Path, source: Path) -> None:
    put(tmp_path / "file", b"x")
    with pytest.raises(MailboxError, match="exists and is not a directory"):
        SortTarget(tmp_path / "file")
    put(tmp_path / "a" / "important.mbox", mbox("foreign"))
    with pytest.raises(MailboxError, match="exists already"):
        sort(source, tmp_path / "a")
    assert (tmp_path / "a" / "important.mbox").read_bytes() == mbox("foreign")
    (tmp_path / "b" / "important.mbox").mkdir(parents=True)
    with pytest.raises(MailboxError, match="exists and is not a file"):
        sort(source, tmp_path / "b")
    put(tmp_path / "c" / "important" / "notes", b"x")
    with pytest.raises(MailboxError, match="exists and is no Maildir"):
        sort(source, tmp_path / "c", "maildir")


def test_one_directory_takes_one_form_and_one_sort_at_a_time(tmp_path: Path, source: Path) -> None:
    sort(source, tmp_path / "out")
    with pytest.raises(MailboxError, match="wrote mbox, not maildir"):
        SortTarget(tmp_path / "out", "maildir")
    with pytest.raises(MailboxError, match="unknown form"):
        SortTarget(tmp_path / "out", "pst")
    with (
        SortTarget(tmp_path / "out"),
        pytest.raises(MailboxError, match="another sort is at work"),
    ):
        SortTarget(tmp_path / "out")
    SortTarget(tmp_path / "out").close()


def test_a_journal_that_is_none_is_said(tmp_path: Path) -> None:
    put(tmp_path / "out" / JOURNAL, b"no database at all, but long enough to be read as one" * 9)
    with pytest.raises(MailboxError, match="not a database"):
        SortTarget(tmp_path / "out")


# ---- messages too large to hold


@FORMS
@pytest.mark.parametrize("kind", ["mbox", "gzip", "message"])
def test_huge_messages_are_copied_whole(
    tmp_path: Path, form: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.mailboxes import files, from_lines, mbox, message, stream

    for module in (files, from_lines, mbox, message, stream):
        if hasattr(module, "MAX_RAW"):
            monkeypatch.setattr(module, "MAX_RAW", 10_000)
    monkeypatch.setattr(files.StreamRead.whole, "__defaults__", (10_000,))
    monkeypatch.setattr(from_lines, "WINDOW", 3000)
    monkeypatch.setattr(files.FileRead.__init__, "__defaults__", (3000, files.UNSEALED))
    huge = b"Subject: huge\n\n" + b"From nobody\n>From x\n" * 5000
    wrapped = FROM + mail("one") + b"\n" + FROM + quote(huge) + b"\n" + FROM + quote(huge + b"twin\n") + b"\n"
    source = put(tmp_path / "in", {"mbox": wrapped, "gzip": gzip.compress(wrapped), "message": huge}[kind])
    count = 1 if kind == "message" else 3
    assert sort(source, tmp_path / "out", form) == count
    assert sort(source, tmp_path / "out", form) == 0
    if form == "maildir":
        sizes = {len(huge), len(huge) + 5, len(mail("one"))} if count == 3 else {len(huge)}
        assert {file.stat().st_size for file in (tmp_path / "out" / "important" / "new").iterdir()} == sizes
    elif count == 3:
        assert (tmp_path / "out" / "important.mbox").read_bytes() == wrapped
    else:
        written = (tmp_path / "out" / "important.mbox").read_bytes()
        assert written.partition(b"\n")[2] == quote(huge) + b"\n"


def test_batches_settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sort_target, "SPAN_MESSAGES", 2)
    source = put(tmp_path / "in", mbox(*(f"i{n}" for n in range(100))))
    assert sort(source, tmp_path / "out") == 100
    assert (tmp_path / "out" / "important.mbox").read_bytes() == source.read_bytes()

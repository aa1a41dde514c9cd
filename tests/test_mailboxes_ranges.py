"""Ranges of an mbox that find their borders themselves: wherever it is cut, nothing is lost or doubled."""

from __future__ import annotations

import gc
import pickle
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import MailboxError
from classifier.mailboxes import Mailbox, Part, Problem, Stored, open_mailbox, read_span
from classifier.mailboxes.files import Kept
from classifier.mailboxes.ranges import LocalFile, MboxRange

FROM = b"From a@example.org  Mon Jan  5 10:11:12 2026\n"
GIT = b"From " + b"0123456789" * 4 + b" Mon Sep 17 00:00:00 2001\n"
ONE = b"From: a@example.org\nSubject: one\n\nfirst\n\n"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def of(parts: list[Part]) -> tuple[list[tuple[str, bytes]], list[Problem]]:
    problems: list[Problem] = []
    stored = [one for part in parts for one in read_span(part, problems)]
    return [(one.key, one.raw) for one in stored], problems


def told(mailbox: Mailbox) -> tuple[list[tuple[str, bytes]], list[Problem]]:
    return [(one.key, one.raw) for one in mailbox], list(mailbox.problems)


PIECES = st.sampled_from(
    [
        FROM, FROM, GIT, ONE, b"\n", b"\r\n", b"\n\n", b" \n", b"From ", b">From me\n", b"From: x\n",
        b"\xef\xbb\xbf", b"From anna\nSubject: x\n", b"From Anna B. Mon Jan  5 10:11:12 2026\n",
        b"Fr", b"text\n", b"x" * 1500,
    ]
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_wherever_an_mbox_is_cut_its_parts_are_the_whole(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "ranges.mbox"
    path.write_bytes(data)
    with open_mailbox(path, "mbox") as mailbox:
        whole = told(mailbox)
        for step in {1, 2, 3, 5, 7, 46, 1024, 1281, max(1, len(data))}:
            if len(data) / step < 300:
                assert of(list(mailbox.parts(step))) == whole


def test_every_place_at_all_will_do_for_a_cut(tmp_path: Path) -> None:
    data = (
        b"\n"
        + FROM
        + ONE
        + FROM
        + b"Subject: two\r\n\r\n>From me\r\n\r\n"
        + FROM
        + ONE
        + GIT
        + b"x" * 1300
        + b"\n\n"
        + FROM
    )
    path = tmp_path / "m"
    path.write_bytes(data)
    mailbox = open_mailbox(path)
    whole = told(mailbox)
    assert len(whole[0]) == 4  # a pasted patch is none
    (all_of_it,) = mailbox.parts(1 << 20)
    assert isinstance(all_of_it, MboxRange)
    one = all_of_it
    for at in range(one.begin + 1, len(data)):
        left = MboxRange(one.mailbox, one.source, one.begin, at, one.size, one.git)
        right = MboxRange(one.mailbox, one.source, at, one.end, one.size, one.git)
        assert of([left, right]) == whole, at


def test_a_mailbox_of_patches_is_cut_at_patches(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes((GIT + ONE) * 40)
    mailbox = open_mailbox(path)
    assert len(told(mailbox)[0]) == 40
    assert of(list(mailbox.parts(300))) == told(mailbox)


def test_a_big_mailbox_in_parts_that_travel(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(
        b"".join(FROM + b"Subject: %d\n\n>From me\n%s\n\n" % (n, b"x" * (n * 37 % 5000)) for n in range(2000))
    )
    mailbox = open_mailbox(path)
    parts = list(mailbox.parts(700_000))
    assert len(parts) == 8
    wire = pickle.dumps(parts)
    assert len(wire) < 2000
    assert of(pickle.loads(wire)) == told(mailbox)


def test_a_part_without_a_border_is_empty_and_cheap(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(FROM + ONE + FROM + b"Subject: long\n\n" + b"line\n" * 600_000 + b"\n" + FROM + ONE)
    mailbox = open_mailbox(path)
    counts = [len(list(part.read([]))) for part in mailbox.parts(500_000)]
    assert (counts[0], sum(counts[1:-1]), counts[-1]) == (2, 0, 1)


def test_a_file_that_changed_is_named_and_costs_only_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes((FROM + ONE) * 1000)
    mailbox = open_mailbox(path)
    parts = list(mailbox.parts(20_000))
    with path.open("r+b") as file:
        file.truncate(30_000)
    messages, problems = of(parts)
    assert 250 < len(messages) < 400
    assert {problem.reason for problem in problems} == {"the file became shorter while it was read"}


def file_of(part: Part) -> LocalFile:
    assert isinstance(part, MboxRange)
    assert isinstance(part.source, LocalFile)
    return part.source


def keeping(part: Part, kept: Kept | None) -> Part:
    """Have a part as another machine has it, where nobody keeps the file open; or somebody another file."""
    assert isinstance(part, MboxRange)
    return replace(part, source=replace(file_of(part), kept=kept))


@pytest.mark.skipif(sys.platform != "linux", reason="other processes open files by /proc")
@pytest.mark.parametrize("harm", ["replaced", "removed"])
def test_a_file_whose_name_is_taken_is_read_to_its_end(tmp_path: Path, harm: str) -> None:
    path = write(tmp_path / "m", b"".join(FROM + b"Subject: %d\n\n" % n for n in range(1000)))
    mailbox = open_mailbox(path)
    whole, parts = told(mailbox), list(mailbox.parts(2000))
    mailbox.close()
    if harm == "replaced":
        write(tmp_path / "other", (FROM + ONE) * 1000).replace(path)
    else:
        path.unlink()
    assert len(parts) > 10
    assert of(pickle.loads(pickle.dumps(parts))) == whole
    (kept,) = {getattr(file_of(part).kept, "path", "") for part in parts}
    assert Path(kept).stat().st_ino == file_of(parts[0]).identity[1]
    assert kept not in parts[0].mark()  # an interrupted run goes on in another process
    with pytest.raises(MailboxError, match=r"was replaced|No such file"):
        of([keeping(part, None) for part in parts])
    wire = pickle.dumps(parts)
    del parts
    gc.collect()
    assert not Path(kept).exists()  # closed with the last part
    with pytest.raises(MailboxError, match=r"was replaced|No such file"):
        of(pickle.loads(wire))


def test_what_is_kept_is_never_another_file(tmp_path: Path) -> None:
    path, other = write(tmp_path / "m", (FROM + ONE) * 9), write(tmp_path / "o", (FROM + ONE) * 9)
    (part,) = open_mailbox(path).parts(1 << 20)
    write(tmp_path / "n", b"").replace(path)
    with other.open("rb") as file, pytest.raises(MailboxError, match="was replaced"):
        list(keeping(part, Kept.of(file.fileno())).read([]))


def test_parts_of_an_empty_mailbox(tmp_path: Path) -> None:
    for data in (b"", b"\n" * 2_000_000):
        (tmp_path / "m").write_bytes(data)
        assert list(open_mailbox(tmp_path / "m", "mbox").parts(1000)) == []


def test_other_mailboxes_have_parts_too(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.eml").write_bytes(b"Subject: %d\n\nx\n" % number)
    mailbox = open_mailbox(tmp_path)
    stored: list[Stored] = list(mailbox)
    parts = list(mailbox.parts(1000))
    assert len(parts) > 1
    assert [one for part in parts for one in part.read([])] == stored
    assert parts[0].about() == (str(tmp_path), f"{stored[0].key} to {stored[255].key} (256 files)")

"""The mbox: its borders, its quoting, its keys, and files that change while they are read."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import MailboxError
from classifier.mailboxes import Mailbox, Problem, borders, open_mailbox, read_span
from classifier.mailboxes import from_lines as rules
from classifier.mailboxes.from_lines import hits, looks_like_from_line, scan, starts_mbox
from classifier.mailboxes.quoting import quote, unquote

FROM = b"From a@example.org  Mon Jan  5 10:11:12 2026\n"
ONE = b"From: a@example.org\nSubject: one\n\nfirst\n"
TWO = b"From: b@example.org\nSubject: two\n\nsecond\n"


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def raws(mailbox: Mailbox) -> list[bytes]:
    return [stored.raw for stored in mailbox]


def read(data: bytes, step: int = 1 << 20) -> list[bytes]:
    stream = io.BytesIO(data)
    return [record.data for record in scan(lambda size: stream.read(min(size, step)))]


def test_two_messages(tmp_path: Path) -> None:
    mailbox = open_mailbox(write(tmp_path / "m", FROM + ONE + b"\n" + FROM + TWO + b"\n"))
    assert (mailbox.format, raws(mailbox)) == ("mbox", [ONE, TWO])
    assert [stored.key for stored in mailbox] == ["0", str(len(FROM + ONE) + 1)]
    assert mailbox.problems == []


def test_crlf(tmp_path: Path) -> None:
    lf = FROM + ONE + b"\n" + FROM + TWO + b"\n"
    crlf = lf.replace(b"\n", b"\r\n")
    assert raws(open_mailbox(write(tmp_path / "m", crlf))) == [m.replace(b"\n", b"\r\n") for m in (ONE, TWO)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_missing_final_newline_and_blank_line(tmp_path: Path, end: bytes) -> None:
    mailbox = open_mailbox(write(tmp_path / "m", FROM + ONE + b"\n" + FROM + TWO.rstrip(b"\n") + end))
    assert [raw.rstrip(b"\n") for raw in raws(mailbox)] == [ONE.rstrip(b"\n"), TWO.rstrip(b"\n")]


def test_leading_blank_lines_and_byte_order_mark(tmp_path: Path) -> None:
    for lead in (b"\n\n", b"\r\n \n", b"\xef\xbb\xbf", b"\n" * 2_000_000):
        mailbox = open_mailbox(write(tmp_path / "m", lead + FROM + ONE), format="mbox")
        stored = next(iter(mailbox))
        assert (stored.raw, int(stored.key)) == (ONE, len(lead))
        assert mailbox.get(stored.key).raw == ONE


def test_quoting_is_undone(tmp_path: Path) -> None:
    body = b"Subject: q\n\n>From mboxo\n>>From mboxrd\n> From reply\nx >From inside\n"
    want = b"Subject: q\n\nFrom mboxo\n>From mboxrd\n> From reply\nx >From inside\n"
    assert raws(open_mailbox(write(tmp_path / "m", FROM + body + b"\n"))) == [want]


def test_a_message_that_begins_with_a_quoted_from_line() -> None:
    assert unquote(quote(b"From x\nFrom y\n>From z\n")) == b"From x\nFrom y\n>From z\n"


@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"From ", b">", b"\n", b"x"]), max_size=60).map(b"".join)
)
def test_quoting_is_reversible(text: bytes) -> None:
    assert unquote(quote(text)) == text
    assert not any(line.startswith(b"From ") for line in quote(text).split(b"\n"))


BORDERS = [
    b"From a@example.org Mon Jan  5 10:11:12 2026",
    b"From a@example.org  Mon Jan 05 10:11:12 2026",
    b"From root Mon Jan  5 10:11:12 2026",
    b"From - Mon Jan  5 10:11:12 2026",
    b"From MAILER-DAEMON Mon Jan  5 10:11:12 2026",
    b"From a@example.org Mon Jan  5 10:11 2026",
    b"From a@example.org Mon Jan  5 10:11:12 CET 2026",
    b"From a@example.org Mon Jan  5 10:11:12 2026 +0100",
    b"From a@example.org Mon, 5 Jan 2026 10:11:12 +0100",
    b"From a@example.org Mon Jan  5 10:11:12 2026 remote from host",
    b"From bj\xf6rn@example.org Mon Jan  5 10:11:12 2026",
    "From bj\u00f6rn@example.org Mon Jan  5 10:11:12 2026".encode(),
    b'From "a b"@example.org Mon Jan  5 10:11:12 2026',
    b"From zv@[1086695621] [ufa]  Sun Aug  5 09:51:15 2001",
    b"From ???@??? Mon Jan  5 10:11:12 2026",
]
BORDERS_BEFORE_A_HEADER = [
    b"From a@example.org",
    b"From MAILER-DAEMON",
    b"From Anna B. Mon Jan  5 10:11:12 2026",
    b"From a@example.org Mo J\xe4n  5 10:11:12 2026",
]
TEXT = [
    b"From here on it gets better:",
    b"From a@example.org: hello",
    b"From a@example.org, who wrote last Mon Jan",
    b"From 10:30 on Monday",
    b"From now until Mon Jan  5 10:11 we rest",
    b"From ",
    b"From",
    b"From:",
    b"From http://example.org/ you get",
    b"From the desk of Anna B.",
    b"Fromage",
]


@pytest.mark.parametrize("line", BORDERS)
@pytest.mark.parametrize("after", [b"Subject: x\n", b"no header at all\n", b"\n", b""])
def test_lines_that_are_borders_whatever_follows(line: bytes, after: bytes) -> None:
    assert len(read(FROM + ONE + b"\n" + line + b"\n" + after)) == 2


@pytest.mark.parametrize("line", BORDERS_BEFORE_A_HEADER)
def test_lines_that_are_borders_before_a_header(line: bytes) -> None:
    assert len(read(FROM + ONE + b"\n" + line + b"\nReturn-Path: <a@example.org>\n\nx\n")) == 2
    assert len(read(FROM + ONE + b"\n" + line + b"\nand the text goes on\n")) == 1


@pytest.mark.parametrize("line", TEXT)
@pytest.mark.parametrize("after", [b"Note: what follows looks like a header\n", b"text\n", b"\n", b""])
def test_lines_that_are_text(line: bytes, after: bytes) -> None:
    assert len(read(FROM + ONE + b"\n" + line + b"\n" + after)) == 1


@pytest.mark.parametrize("line", BORDERS)
def test_no_border_without_an_empty_line_before(line: bytes) -> None:
    assert len(read(FROM + ONE + b"He quoted:\n" + line + b"\nSubject: x\n\nx\n")) == 1


def test_a_pasted_patch_is_text_and_a_mailbox_of_patches_is_not() -> None:
    git = (
        b"From "
        + b"0123456789" * 4
        + b" Mon Sep 17 00:00:00 2001\nFrom: a@example.org\nSubject: [PATCH]\n\n---\n\n"
    )
    assert len(read(FROM + ONE + b"\n" + git + FROM + TWO)) == 2
    assert len(read(git * 3)) == 3


def test_a_file_is_an_mbox_only_with_a_from_line_on_top() -> None:
    assert starts_mbox(FROM + ONE)
    assert starts_mbox(b"\n\nFrom whoever it was\nSubject: x\n")
    assert not starts_mbox(b"From the beginning of time\nthere was mail\n")
    assert not starts_mbox(b"From: a@example.org\n\n")
    assert not starts_mbox(b"")


@given(st.binary(max_size=1100), st.binary(max_size=300))
def test_rules_take_any_bytes(line: bytes, after: bytes) -> None:
    assert looks_like_from_line(b"From " + line, after) in (True, False)


def test_a_hostile_line_is_judged_in_linear_time() -> None:
    for hostile in (
        b"From " + b"a " * 600,
        b"From " + b" Mon" * 300,
        b"From x" + b" Mon Jan  5 10:11:12" * 60,
    ):
        assert not looks_like_from_line(hostile[:1024], b"x" * 256)


PIECES = st.sampled_from(
    [FROM, b"\n", b"\r\n", b"\n\n", b"From ", b">From ", b"From: x\n", b"text\n", b"Fr", b"x" * 1500]
)


@given(st.lists(PIECES, max_size=40).map(b"".join), st.integers(1, 5000))
def test_the_borders_do_not_depend_on_how_the_bytes_arrive(data: bytes, step: int) -> None:
    whole = read(data)
    assert read(data, step) == whole
    assert b"".join(whole) == data[rules.leading_blanks(data) :] or not whole


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_numpy_finds_what_find_finds(data: bytes) -> None:
    small, rules._SMALL = rules._SMALL, 0
    try:
        fast = hits(b"\n" + data + b"  ", 1)
    finally:
        rules._SMALL = small
    assert fast == hits(b"\n" + data + b"  ", 1)


def test_keys_find_their_messages_again(tmp_path: Path) -> None:
    data = b"".join(FROM + b"Subject: %d\n\n%s\n\n" % (n, b"x" * n) for n in range(200))
    mailbox = open_mailbox(write(tmp_path / "m", data))
    for stored in mailbox:
        assert mailbox.get(stored.key) == stored
        assert b"".join(mailbox.original(stored.key).chunks()).startswith(FROM)
    for key in ("1", "x", "", "-5", "99999999", "\u00b2"):
        with pytest.raises(MailboxError, match="no message begins here"):
            mailbox.get(key)


def test_a_key_must_be_a_border_and_not_only_a_from_line(tmp_path: Path) -> None:
    data = FROM + b"Subject: x\n\ntext\nFrom here\n"
    with pytest.raises(MailboxError):
        open_mailbox(write(tmp_path / "m", data)).get(str(data.index(b"From here")))


def test_originals_are_the_bytes_of_the_file(tmp_path: Path) -> None:
    data = FROM + ONE + b"\n" + FROM + b"Subject: q\n\n>From x\n\n" + FROM + TWO
    mailbox = open_mailbox(write(tmp_path / "m", data))
    assert b"".join(b"".join(original.chunks()) for original in mailbox.originals()) == data


def test_spans_travel_and_say_what_iteration_says(tmp_path: Path) -> None:
    data = b"".join(FROM + b"Subject: %d\n\n>From me\n%s\n\n" % (n, b"x" * 2 * n) for n in range(1700))
    mailbox = open_mailbox(write(tmp_path / "m", data))
    spans = list(mailbox.spans())
    assert len(spans) > 2
    wire = pickle.dumps(spans)
    assert len(wire) < len(data) / 10
    assert [stored for span in pickle.loads(wire) for stored in read_span(span)] == list(mailbox)


def test_borders(tmp_path: Path) -> None:
    data = FROM + ONE + b"\n" + FROM + TWO
    middle = len(FROM + ONE) + 1
    assert list(borders(write(tmp_path / "m", data))) == [(0, middle), (middle, len(data))]


def test_an_empty_file_is_an_empty_mailbox(tmp_path: Path) -> None:
    mailbox = open_mailbox(write(tmp_path / "m", b""))
    assert (mailbox.format, list(mailbox), list(mailbox.spans()), mailbox.problems) == ("mbox", [], [], [])


def test_what_comes_before_the_first_border_is_kept_and_named(tmp_path: Path) -> None:
    mailbox = open_mailbox(write(tmp_path / "m", ONE + b"\n" + FROM + TWO), format="mbox")
    assert raws(mailbox) == [ONE, TWO]
    assert [problem.place for problem in mailbox.problems] == ["0"]
    assert mailbox.get("0").raw == ONE


def test_a_mailbox_that_grows_is_read_to_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "m"
    mailbox = open_mailbox(write(path, (FROM + ONE + b"\n") * 3))
    seen = []
    for stored in mailbox:
        seen.append(stored.raw)
        with path.open("ab") as file:
            file.write(FROM + TWO + b"\n")
    assert seen == [ONE] * 3
    assert len(raws(mailbox)) == 6


def many(count: int) -> bytes:
    return b"".join(FROM + b"Subject: %d\n\n%s\n\n" % (n, b"x" * 5000) for n in range(count))


def test_a_mailbox_that_shrinks_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "m"
    mailbox = open_mailbox(write(path, many(1000)))
    messages = iter(mailbox)
    first = next(messages)
    os.truncate(path, 3_000_000)
    rest = list(messages)
    assert first.raw.startswith(b"Subject: 0\n")
    assert 500 < len(rest) < 700
    assert [problem.reason for problem in mailbox.problems] == ["the file became shorter while it was read"]


def test_a_worker_notices_that_the_file_is_shorter(tmp_path: Path) -> None:
    path = tmp_path / "m"
    spans = list(open_mailbox(write(path, many(1000))).spans())
    os.truncate(path, 100)
    assert len(spans) > 2
    for number, span in enumerate(spans):
        problems: list[Problem] = []
        assert len(list(read_span(span, problems))) == (number == 0)
        assert [problem.reason for problem in problems] == ["the file became shorter while it was read"]


def test_a_worker_notices_that_the_file_was_rewritten_in_place(tmp_path: Path) -> None:
    path = tmp_path / "m"
    spans = list(open_mailbox(write(path, many(3))).spans())
    path.write_bytes(b"x" * path.stat().st_size)
    problems: list[object] = []
    assert [one for span in spans for one in read_span(span, problems)] == []
    assert problems


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make 40 MiB small enough for a test."""
    from classifier.mailboxes import base, files, mbox, message, stream

    for module in (base, rules, mbox, files, message, stream):
        for name in ("MAX_RAW", "WINDOW"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, 10_000 if name == "MAX_RAW" else 3000)
    monkeypatch.setattr(files.FileRead.__init__, "__defaults__", (3000, files.UNSEALED))
    monkeypatch.setattr(files.StreamRead.whole, "__defaults__", (10_000,))
    return 10_000


def test_a_huge_message_is_cut_for_judging_and_whole_for_copying(tmp_path: Path, small_limit: int) -> None:
    huge = b"Subject: huge\n\n" + b"\n\nFrom nobody\n" * 5000
    data = FROM + ONE + b"\n" + FROM + huge + b"\n" + FROM + TWO + b"\n"
    mailbox = open_mailbox(write(tmp_path / "m", data))
    found = list(mailbox)
    assert [stored.raw[:12] for stored in found] == [ONE[:12], huge[:12], TWO[:12]]
    assert small_limit - 100 < len(found[1].raw) <= small_limit
    assert huge.startswith(found[1].raw)
    assert [problem.place for problem in mailbox.problems] == [found[1].key]
    problems: list[object] = []
    assert [one for span in mailbox.spans() for one in read_span(span, problems)] == found
    assert len(problems) == 1
    assert mailbox.get(found[1].key) == found[1]
    for originals in (list(mailbox.originals()), [mailbox.original(stored.key) for stored in found]):
        assert b"".join(b"".join(original.chunks()) for original in originals) == data


def test_flags_come_from_status_headers(tmp_path: Path) -> None:
    head = b"Status: RO\nX-Status: AF\nX-Mozilla-Status: 1000\n\nX-Status: D\n"
    stored = next(iter(open_mailbox(write(tmp_path / "m", FROM + head))))
    assert stored.flags == {"seen", "answered", "flagged", "passed"}


@pytest.mark.parametrize(
    ("name", "count"), [("spamassassin", 5838), ("rootmail", 4783), ("linux-raid", 19526)]
)
def test_the_corpora_are_counted_exactly(corpora: Path, name: str, count: int) -> None:
    path = corpora / {"spamassassin": "spamassassin/all.mbox", "linux-raid": "linux-raid/list.mbox.xz"}.get(
        name, name
    )
    mailbox = open_mailbox(path)
    assert sum(1 for _ in mailbox) == count


def test_memory_stays_flat(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import re, sys; from classifier.mailboxes import open_mailbox\n"
        "n = sum(len(s.raw) for s in open_mailbox(sys.argv[1]))\n"
        # getrusage would count the memory of the process that started this one
        "print(n, re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    )

    def peak(count: int) -> int:
        path = write(tmp_path / f"m{count}", many(1000) * count)
        done = subprocess.run(
            [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
        )
        size, rss = map(int, done.stdout.split())
        assert size > 4_000_000 * count
        return rss

    assert peak(20) < peak(2) + 4_000  # kilobytes, for a mailbox 90 MB larger

"""One mail through the filter: every byte of it, and ours on top, whatever it is and whatever goes wrong."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cli_mail import mail, mixed, run
from hypothesis import given, settings
from hypothesis import strategies as st
from installed import program_or_skip
from test_serve import folder, started  # noqa: F401 - a fixture and what starts a server

from classifier.cli.delivering import understood
from classifier.errors import NotJudged
from classifier.serve.apart import apart
from classifier.serve.cleansing import Cleanser
from classifier.serve.fields import fields, laid_out
from classifier.serve.passing import pass_on

FILTER = [sys.executable, "-m", "classifier", "filter"]
ME = ("--me", "ada@example.org", "--profile", "off")
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process between: a program counts as its own the memory of the one that started it."""
OURS = re.compile(rb"(?:(?i:x-mailtriage(?:-\S*)?):[^\n]*\n(?:[ \t][^\n]*\n)*)+")
VERDICT: dict[str, Any] = {
    "label": "spam",
    "unsure": False,
    "spared": False,
    "p": {"important": 0.01, "unimportant": 0.02, "spam": 0.97},
    "clues": [
        {"name": "body", "value": "pills now", "contribution": 1.5},
        {"name": "header.from", "value": "Zoë", "contribution": 0.25},
    ],
}


def cleansed(raw: bytes, cuts: Sequence[int] = ()) -> tuple[bytes, Cleanser]:
    cleanser, given_back, at = Cleanser(), b"", 0
    for cut in sorted(cuts):
        given_back += cleanser.feed(raw[at:cut])
        at = min(max(at, cut), len(raw))
    return given_back + cleanser.feed(raw[at:]) + cleanser.finish(), cleanser


# What a field may be made of, and what may be taken for its end, in any order.
pieces = st.sampled_from(
    [
        *(b"X-Mailtriage", b"x-mailTRIAGE-Why", b"X-Mailtriage: a\n", b"X-Mailtriage-", b":", b" ", b"\t"),
        *(b"\n", b"\r\n", b"\r", b"\r\r\n", b"\r" * 12, b"\n\n", b"\r\n\r\n", b"From ", b">From x", b"F"),
        *(b"Subject: a", b"x" * 1030, b"\0\xff", b"\xef\xbb\xbf"),
    ]
)
mails = st.lists(st.one_of(pieces, st.binary(max_size=3)), max_size=14).map(b"".join)


@given(mails, st.lists(st.integers(0, 1100), max_size=8))
@settings(max_examples=400, deadline=None)
def test_what_was_added_can_be_removed_again_from_any_bytes(raw: bytes, cuts: list[int]) -> None:
    clean, cleanser = cleansed(raw)
    again, other = cleansed(raw, cuts)
    assert (again, other.top, other.newline) == (clean, cleanser.top, cleanser.newline)
    if b"x-mailtriage" not in raw.lower():
        assert clean == raw
    assert cleansed(clean)[0] == clean
    if cleanser.top is None:
        assert raw.rpartition(b"\n")[2].startswith((b"From ", b">From ", b" ", b"\t"))
        return
    added = laid_out(fields(VERDICT), cleanser.newline)
    assert cleansed(clean[: cleanser.top] + added + clean[cleanser.top :])[0] == clean


@given(mails)
@settings(max_examples=200, deadline=None)
def test_another_parser_finds_no_forged_field(raw: bytes) -> None:
    clean, _ = cleansed(b"Received: x\n" + raw)  # so that no line stands before the first field
    parsed = email.message_from_bytes(clean)
    assert not [name for name in parsed if re.match("(?i)x-mailtriage(?:-|$)", name)]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (b"X-Mailtriage: a\n b\n\tc\nTo: x\n\n", b"To: x\n\n"),
        (b"To: x\nX-MAILTRIAGE-WHY : a\n  \nCc: y\n\n", b"To: x\nCc: y\n\n"),
        (b"To: x\r\nx-mailtriage: a\r\nX-Mailtriage: b\r\n\r\n", b"To: x\r\n\r\n"),
        (b"To: x\rX-Mailtriage: a\r\nCc: y\n\n", b"To: x\r\nCc: y\n\n"),
        (b"To: x\n\r\nX-Mailtriage: a\n\n", b"To: x\n\r\n\n"),  # to procmail, \r\n ends no header
        (b"To: x\nX-Mailtriage" + b" " * 2000 + b": a\n\n", b"To: x\n\n"),
        (b"To: x\nX-Mailtriage: last", b"To: x\n"),
    ],
)
def test_forged_fields_go(raw: bytes, clean: bytes) -> None:
    assert cleansed(raw)[0] == clean


@pytest.mark.parametrize(
    "raw",
    [
        b"To: x\n\nX-Mailtriage: a\n",
        b"To: x\r\n\r\nX-Mailtriage: a\r\n",
        b"To: X-Mailtriage: a\n folded X-Mailtriage: a\n\n",
        b"X-Mailtriager: a\nX-Mailtriage without a colon\nMy-X-Mailtriage: a\n\n",
    ],
)
def test_what_is_not_ours_stays(raw: bytes) -> None:
    assert cleansed(raw)[0] == raw


text = st.text(max_size=80) | st.sampled_from(
    [
        "\r\nBcc: eve@example.org",
        "\n\nbody",
        "\x1b[31m",
        "=?utf-8?q?=0A?=",
        "a; b",
        "\x00",
        "\x85\u2028x",
        "é" * 70,
    ]
)
clues = st.lists(
    st.fixed_dictionaries({"name": text, "value": text, "contribution": st.floats(-99, 99)}), max_size=9
)


@given(clues, st.sampled_from([b"\n", b"\r\n"]))
@settings(max_examples=300, deadline=None)
def test_no_clue_gets_out_of_its_field(found: list[dict[str, Any]], newline: bytes) -> None:
    laid = laid_out(fields(VERDICT | {"clues": found}), newline)
    lines = laid.split(newline)
    assert lines.pop() == b""
    assert all(re.fullmatch(rb"(?:X-Mailtriage(?:-Why)?: | (?=\S))[ -~]+", line) for line in lines)
    assert max(map(len, lines)) <= 78
    assert [line.partition(b":")[0] for line in lines if line[:1] != b" "] == (
        [b"X-Mailtriage", b"X-Mailtriage-Why"][: 1 + bool(found)]
    )
    parsed = email.message_from_bytes(laid + newline, policy=email.policy.default)
    if found:
        assert parsed["X-Mailtriage-Why"].count(";") == len(found) - 1


def test_clues_can_be_read() -> None:
    laid = laid_out(fields(VERDICT), b"\n")
    assert laid.decode("ascii") == (
        "X-Mailtriage: spam; unsure=no; p=0.0100,0.0200,0.9700\n"
        "X-Mailtriage-Why: body pills now +1.50;\n header.from =?utf-8?q?Zo=C3=AB?= +0.25\n"
    )


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("line", [b"", b"From ada@example.org Thu Jan  1 00:00:00 2026\n"])
def test_a_mail_gets_the_verdict_that_classify_gives(newline: bytes, line: bytes, tiny_model: Path) -> None:
    for raw in mixed(1):
        whole = (line + raw).replace(b"\n", newline)
        forged = whole.replace(
            b"Subject:", b"x-mailtriage: important;" + newline + b"\tp=1" + newline + b"Subject:"
        )
        done = run("filter", "-m", tiny_model, *ME, input=forged)
        assert (done.exit_code, done.stderr) == (0, "")
        assert OURS.sub(b"", done.stdout_bytes, count=1) == whole
        start = len(line.replace(b"\n", newline))
        assert done.stdout_bytes[start:].startswith(b"X-Mailtriage: ")
        assert done.stdout_bytes.count(newline) == done.stdout_bytes.count(b"\n")
        told = json.loads(run("classify", "-m", tiny_model, *ME, "-", input=raw).stdout)
        p = ",".join(f"{each:.4f}" for each in told["p"].values())
        unsure = "yes" if told["unsure"] else "no"
        assert f"X-Mailtriage: {told['label']}; unsure={unsure}; p={p}".encode() in done.stdout_bytes
        assert b"\nX-Mailtriage-Why: " in done.stdout_bytes
        assert (
            b"X-Mailtriage-Why"
            not in run("filter", "-m", tiny_model, *ME, "--explain", 0, input=raw).stdout_bytes
        )


@pytest.mark.parametrize("on_error", [None, "pass", "tempfail"])
def test_a_mail_that_cannot_be_judged_is_passed_on(on_error: str | None, tmp_path: Path) -> None:
    (tmp_path / "damaged.mailtriage").write_bytes(b"no model")
    (tmp_path / "broken.toml").write_text("me = [", encoding="utf-8")
    raw = mail("spam", 1)
    forged = b"X-Mailtriage: important\n" + raw
    options = () if on_error is None else ("--on-error", on_error)
    for before, after in (
        ((), ("-m", tmp_path / "none.mailtriage")),
        ((), ("-m", tmp_path / "damaged.mailtriage")),
        ((), ("--via", tmp_path / "none")),
        ((), ("--timeout", "0.001")),
        ((), ("--profile", tmp_path / "none.sqlite3")),
        (("--config", tmp_path / "broken.toml"), ()),
    ):
        done = run(*before, "filter", *after, *options, input=forged)
        assert done.stdout_bytes == raw
        assert done.exit_code == (75 if on_error == "tempfail" else 0)
        assert done.stderr.startswith("mailtriage: passed on without a verdict: ")
        assert done.stderr.count("\n") == 1


def test_wrong_options_write_nothing(tmp_path: Path) -> None:
    for options in (("--on-error", "bounce"), ("--timeout", "0"), ("--via", tmp_path, "-m", "starter")):
        done = run("filter", *options, input=mail("spam", 1))
        assert (done.exit_code, done.stdout_bytes) == (2, b"")


def test_a_crash_of_what_judges_costs_the_verdict_only(capfd: pytest.CaptureFixture[str]) -> None:
    def killed() -> bytes:
        sys.stdout.write("this must not get into the mail\n")
        sys.stdout.flush()
        os.write(1, b"nor this")
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    def asleep() -> bytes:
        time.sleep(60)
        return b""

    def leaving() -> bytes:
        raise SystemExit(3)

    began = time.monotonic()
    for work, reason in (
        (killed, "the process that judged was killed by signal 9"),
        (asleep, "it took longer than 0.3 seconds"),
        (leaving, "SystemExit: 3|3"),
        (lambda: {}["x"], "KeyError: 'x'|'x'"),
    ):
        with pytest.raises(NotJudged, match=f"^(?:{reason})$"):
            apart(work, 30 if work is killed else 0.3)  # type: ignore[arg-type]
    assert apart(lambda: b"x" * 200_000, 30) == b"x" * 200_000
    assert time.monotonic() - began < 30
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\r\n\r\nbody", b"no header at all", b"\0\xff" * 600, b" x\nTo: y\n\n"]
)
def test_whatever_comes_is_judged_and_passed_on(raw: bytes, tiny_model: Path) -> None:
    done = run("filter", "-m", tiny_model, *ME, input=raw)
    assert (done.exit_code, done.stderr) == (0, "")
    assert b"X-Mailtriage: " in done.stdout_bytes
    assert OURS.sub(b"", done.stdout_bytes.replace(b"\r\n", b"\n")) == raw.replace(b"\r\n", b"\n")


def test_a_mail_that_cannot_be_written_is_no_success(tiny_model: Path) -> None:
    command = [*FILTER, "-m", str(tiny_model), *ME]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, input=mail("spam", 1), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 75
    assert done.stderr == b"mailtriage: the mail was not passed on: No space left on device\n"
    hear, tell = os.pipe()
    os.close(hear)
    done = subprocess.run(command, input=mail("spam", 1), stdout=tell, stderr=subprocess.PIPE, check=False)
    os.close(tell)
    assert done.returncode == 75
    assert b"Broken pipe" in done.stderr


def test_a_huge_mail_streams(tiny_model: Path, tmp_path: Path) -> None:
    huge, out = tmp_path / "huge.eml", tmp_path / "out.eml"
    raw = mail("spam", 1)
    with huge.open("wb") as file:
        file.write(raw)
        file.truncate(200 << 20)  # zeros, on the disk none
    with huge.open("rb") as given, out.open("wb") as taken:
        peak = subprocess.run(
            [sys.executable, "-c", MEASURED, *FILTER, "-m", str(tiny_model), *ME, "--timeout", "60"],
            stdin=given,
            stdout=taken,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        ).stderr
    assert int(peak) < 300 << 10  # KiB; of this process and of the one that judged
    added = out.stat().st_size - (200 << 20)
    with out.open("rb") as file:
        head = file.read(added + len(raw))
        assert OURS.sub(b"", head) == raw
        file.seek(-(150 << 20), os.SEEK_END)
        assert not any(file.read(1 << 20))


def test_a_server_judges_the_same(folder: Path, tiny_model: Path) -> None:  # noqa: F811
    path = folder / "socket"
    with started(path, "-m", tiny_model, *ME):
        for raw in (*mixed(1), b"", b"From x\nX-Mailtriage: important\nTo: y\n\n"):
            here = run("filter", "-m", tiny_model, *ME, input=raw)
            there = run("filter", "--via", path, input=raw)
            assert (there.exit_code, there.stderr) == (0, "")
            assert there.stdout_bytes == here.stdout_bytes


def test_where_nobody_said_who_you_are_the_mail_tells(tiny_model: Path) -> None:
    raw = mail("important", 501)
    done = run("filter", "-m", tiny_model, "--profile", "off", input=raw)
    assert (done.exit_code, done.stderr) == (0, "")
    told = json.loads(run("classify", "-m", tiny_model, "--profile", "off", "-", input=raw).stdout)
    assert f"p={told['p']['important']:.4f},".encode() in done.stdout_bytes


PAGE = Path(__file__).resolve().parent.parent / "notebooks" / "06_delivery.md"


def block(title: str) -> str:
    """The first block of a section of the page about delivery."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}")[2]
    return section.split("```")[1].removeprefix("text\n")


@pytest.fixture
def desk(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with folders for mail, and `mailtriage` on the path of what is started by a delivery agent."""
    settings_file = tmp_path / "config.toml"
    settings_file.write_text(
        f'me = ["ada@example.org"]\nmodel = "{tiny_model}"\nprofile = "off"\n', encoding="utf-8"
    )
    script = tmp_path / "bin" / "mailtriage"
    script.parent.mkdir()
    script.write_text(
        f"#!/bin/sh\nPYTHONPATH={PAGE.parent.parent} MAILTRIAGE_CONFIG={settings_file}\n"
        f'export PYTHONPATH MAILTRIAGE_CONFIG\nexec {sys.executable} -m classifier "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    return tmp_path


def delivered(desk: Path, program: str, rules: str, *options: str) -> None:
    """Deliver a mail of each label, each with a forged verdict."""
    file = desk / "rules"
    file.write_text(rules, encoding="utf-8")
    file.chmod(0o600)
    for label, other in (("spam", "important"), ("important", "spam")):
        raw = mail(label, 501, f"X-Mailtriage: {other}; unsure=no; forged\n")
        subprocess.run([program, *options, str(file)], input=raw, check=True)


def prelude(desk: Path) -> str:
    return (
        f"MAILDIR={desk}\nSHELL=/bin/sh\nDEFAULT=$MAILDIR/inbox\nLOGFILE=$MAILDIR/log\n"
        f"PATH={desk}/bin:$PATH\n"
    )


def test_procmail_delivers_by_the_verdict(desk: Path) -> None:
    procmail = program_or_skip("procmail", "procmail is not installed")
    delivered(desk, procmail, prelude(desk) + block("procmail"), "-m")
    junk, inbox = (desk / "Junk").read_bytes(), (desk / "inbox").read_bytes()
    assert (junk.count(b"Message-ID:"), inbox.count(b"Message-ID:")) == (1, 1), (desk / "log").read_text()
    assert b"spam.501" in junk
    assert b"X-Mailtriage: important; " in inbox
    assert b"forged" not in junk + inbox


def test_procmail_loses_no_mail_by_a_filter_that_fails(desk: Path) -> None:
    procmail = program_or_skip("procmail", "procmail is not installed")
    rules = block("procmail").replace("mailtriage filter", "mailtriage filter --no-such-option")
    delivered(desk, procmail, prelude(desk) + rules, "-m")
    inbox = (desk / "inbox").read_bytes()
    for label, other in (("spam", "important"), ("important", "spam")):
        assert mail(label, 501, f"X-Mailtriage: {other}; unsure=no; forged\n") in inbox
    assert not (desk / "Junk").exists()


def test_maildrop_delivers_by_the_verdict(desk: Path) -> None:
    maildrop = program_or_skip("maildrop", "maildrop is not installed")
    rules = block("maildrop").replace("Maildir/.Junk", f"{desk}/Junk")
    before = f'SHELL="/bin/sh"\nPATH="{desk}/bin:$PATH"\n'
    delivered(desk, maildrop, f'{before}{rules}to "{desk}/inbox"\n')
    junk, inbox = (desk / "Junk").read_bytes(), (desk / "inbox").read_bytes()
    assert (junk.count(b"Message-ID:"), inbox.count(b"Message-ID:")) == (1, 1)
    assert b"spam.501" in junk
    assert b"X-Mailtriage: important; " in inbox
    assert b"forged" not in junk + inbox


def test_what_is_passed_on_is_what_was_judged() -> None:
    """The verdict is about the mail without our fields and From_ line, at most the beginning of it."""
    import io

    seen = []

    def judge(raw: bytes) -> dict[str, Any]:
        seen.append(raw)
        return VERDICT

    out = io.BytesIO()
    given = b"From x\nX-Mailtriage: a\nTo: y\n\n" + b"z" * 300_000
    assert pass_on(io.BytesIO(given), out, judge, print)
    assert seen == [b"To: y\n\n" + b"z" * 300_000]
    assert OURS.sub(b"", out.getvalue()) == b"From x\n" + seen[0]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--me", "ada@example.org", "--explain", "1"),
        ("--me=@example.org", "--profile=off", "--timeout=30"),
        ("--on-error", "tempfail", "--timeout", "0.001"),
        ("-m", "none"),
    ],
)
def test_the_short_way_does_what_the_long_way_does(options: tuple[str, ...], tiny_model: Path) -> None:
    raw = b"X-Mailtriage: forged\n" + mail("important", 501)
    given = (*options, *(() if "-m" in options else ("--model", str(tiny_model))))
    assert understood(["filter", *given]) is not None
    short = subprocess.run([*FILTER, *given], input=raw, capture_output=True, check=False)
    long = run("filter", *given, input=raw)  # in this process, by click
    assert (short.returncode, short.stdout, short.stderr) == (
        long.exit_code,
        long.stdout_bytes,
        long.stderr_bytes,
    )
    assert OURS.sub(b"", short.stdout) == mail("important", 501)


@pytest.mark.parametrize(
    "line",
    [
        "classify --via x",
        "filter --dns live",
        "filter --via x --me ada@example.org",
        "filter --via x -m starter",
        "filter --explain -1",
        "filter --explain ²",
        "filter --on-error bounce",
        "filter --timeout 0",
        "filter --timeout nan",
        "filter --timeout soon",
        "filter --via",
        "filter -m a -m b",
        "filter mailbox",
        "filter --help",
    ],
)
def test_what_the_short_way_does_not_know_takes_the_long_way(line: str) -> None:
    assert understood(line.split()) is None


def test_who_asks_a_server_waits_for_little(folder: Path, tiny_model: Path) -> None:  # noqa: F811
    script = (
        "import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "from classifier.cli import main\nmain()"
    )
    with started(folder / "socket", "-m", tiny_model, *ME):
        done = subprocess.run(
            [sys.executable, "-c", script, "filter", "--via", folder / "socket"],
            input=mail("spam", 501),
            capture_output=True,
            check=True,
        )
    assert done.stdout.startswith(b"X-Mailtriage: spam; ")
    loaded = set(done.stderr.decode().split())
    assert "classifier.serve.passing" in loaded
    assert not loaded & {"numpy", "click", "socket", "email", "classifier.engine", "classifier.mail"}

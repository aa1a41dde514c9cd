"""``mailtriage mx`` and ``mailtriage lookup``, in this process, against the real server."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from cli_mail import mail, write_mbox
from click.testing import CliRunner, Result
from dns_server import Server

from classifier.cli.group import cli
from classifier.lookup import snapshot
from classifier.lookup.recorded import AnswersFile, read_answers

ANSWERS = Path(__file__).parent / "dns" / "answers.jsonl"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def mx(*arguments: str) -> Result:
    return run("mx", "--dns", f"recorded:{ANSWERS}", *arguments)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["good.test"], 0),
        (["ada@good.test"], 0),
        (["alias.test"], 0),  # advice is no fault
        (["cnametarget.test"], 10),
        (["null.test"], 11),
        (["nosuch.test"], 11),
        (["no..name"], 11),
        (["servfail.test"], 12),
        (["unrecorded.test"], 12),
        (["good.test", "cnametarget.test", "null.test"], 11),
    ],
)
def test_the_exit_code_tells_the_worst(names: list[str], code: int) -> None:
    assert mx(*names).exit_code == code


def test_the_text_names_fault_source_and_cure() -> None:
    text = mx("cnametarget.test").output
    assert "cnametarget.test: faults found" in text
    assert "MX 10        alias.good.test  192.175.48.1, 2620:4f:8000::1" in text
    assert "fault: the MX target alias.good.test is an alias of mx1.good.test (RFC 2181 section 10.3" in text
    assert "better: point the MX to mx1.good.test itself" in text


def test_a_domain_that_takes_no_mail_says_why() -> None:
    assert "null MX (RFC 7505 section 3)" in mx("null.test").output
    assert "empty label (RFC 1035 section 2.3.1)" in mx("no..name").output
    assert "try again later" in mx("servfail.test").output


def test_json_lines_carry_the_same() -> None:
    result = mx("--json", "ada@private.test", "bücher.test")
    first, second = map(orjson.loads, result.output.splitlines())
    assert first["asked"] == "ada@private.test"
    assert (first["domain"], first["code"], first["verdict"]) == ("private.test", 10, "faults found")
    assert first["targets"][0]["addresses"] == ["10.1.2.3"]
    assert first["faults"][0]["name"] == "target_private"
    assert first["faults"][0]["source"].startswith("RFC 1918 section 3")
    assert second["domain"] == "xn--bcher-kva.test"
    assert second["code"] == 0


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ('"ada lovelace"@good.test', 0),
        ("ada(a comment)@good.test", 11),
        ("a b@good.test", 11),
        ("@good.test", 11),
        ("ada@", 11),
        ("ada@[192.0.2.1]", 11),
        ("ada@bücher.test", 0),
        ("ada@" + "a" * 64 + ".test", 11),
    ],
)
def test_addresses_are_checked_before_their_domain(address: str, code: int) -> None:
    result = mx(address)
    assert result.exit_code == code
    assert result.output.strip()


def test_homographs_are_shown_both_ways() -> None:
    result = mx("pаypal.test")  # with a Cyrillic letter
    assert "xn--pypal-4ve.test (pаypal.test): faults found" in result.output
    assert "cyrillic, latin" in result.output


def test_hostile_records_cannot_command_the_terminal(tmp_path: Path) -> None:
    evil = tmp_path / "evil.jsonl"
    line = b'{"name":"x.test","type":"MX","status":"found","records":["10 \\u001b[31mred\\n"],"taken":1}\n'
    evil.write_bytes(b'{"format":"mailtriage-answers","version":1}\n' + line)
    assert "\x1b" not in run("mx", "--dns", f"recorded:{evil}", "x.test").output
    assert "\x1b" not in run("mx", "--json", "--dns", f"recorded:{evil}", "x.test").output


def test_bad_resolvers_modes_and_files_are_usage_errors(tmp_path: Path) -> None:
    assert run("mx", "--resolver", "ns.example.org", "good.test").exit_code == 2
    assert run("mx", "--dns", "sometimes", "good.test").exit_code == 2
    assert run("mx", "--dns", f"recorded:{tmp_path}/none", "good.test").exit_code == 2
    assert run("mx").exit_code == 2


def test_it_asks_the_resolver_that_it_is_told(name_server: Server, silent_server: Server) -> None:
    assert run("mx", "--no-cache", "--resolver", name_server.address, "tie.test").exit_code == 0
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "mailtriage" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'resolver = "{name_server.address}"\n')
    assert run("mx", "tie.test").exit_code == 0
    assert (Path(os.environ["XDG_CACHE_HOME"]) / "mailtriage" / "dns.sqlite3").exists()


def test_a_dns_that_is_silent_is_said_once(tmp_path: Path, name_server: Server, tiny_model: Path) -> None:
    raws = [mail("spam", number).replace(b"pills.example", b"good.test") for number in range(3)]
    mbox = write_mbox(tmp_path / "in.mbox", raws)
    words = ("classify", "-m", str(tiny_model), "--me", "a@example.org", "--dns", "live", str(mbox))
    closed = run(*words, "--resolver", "127.0.0.1:1")
    assert closed.exit_code == 0
    assert len(closed.stdout.splitlines()) == 3
    assert closed.stderr.count("the DNS gave no answer to ") == 1
    assert "no answer" not in run(*words, "--resolver", name_server.address).stderr


MAILBOX = "".join(
    f"From ada Mon Jan  5 09:00:00 2026\nReturn-Path: <b@{bounce}>\nFrom: a@{author}\n\nHello.\n\n"
    for author, bounce in [
        ("good.test", "tie.test"),
        ("good.test", "good.test"),
        ("nosuch.test", "bad..domain"),
    ]
)


@pytest.fixture
def mailbox(tmp_path: Path) -> str:
    path = tmp_path / "mail.mbox"
    path.write_text(MAILBOX)
    return str(path)


def test_a_snapshot_is_recorded_and_used(name_server: Server, mailbox: str, tmp_path: Path) -> None:
    output = str(tmp_path / "answers.jsonl")
    result = run("lookup", mailbox, "-o", output, "--resolver", name_server.address)
    assert result.exit_code == 0, result.output
    assert "3 messages, 3 domains, 3 of them asked for" in result.stderr
    assert result.stdout == ""
    answers = read_answers(output)
    assert answers.topology("good.test").outcome == "found"
    assert answers.topology("nosuch.test").outcome == "nxdomain"
    assert run("mx", "--dns", f"recorded:{output}", "good.test").exit_code == 0


def test_a_second_run_asks_nothing_and_goes_on_after_a_tear(
    name_server: Server, mailbox: str, tmp_path: Path
) -> None:
    output = tmp_path / "answers.jsonl"
    arguments = ("lookup", mailbox, "-o", str(output), "--resolver", name_server.address)
    run(*arguments)
    whole = output.read_bytes()
    assert ", 0 of them asked for" in run(*arguments).stderr
    assert output.read_bytes() == whole
    output.write_bytes(whole[:-20])
    result = run(*arguments)
    assert "cut away a torn last line" in result.stderr
    assert ", 0 of them asked for" not in result.stderr
    assert len(read_answers(output)) == len(whole.splitlines()) - 1


def test_own_domains_bring_name_servers(name_server: Server, mailbox: str, tmp_path: Path) -> None:
    output = tmp_path / "answers.jsonl"
    run("lookup", mailbox, "-o", str(output), "--resolver", name_server.address, "--my-domain", "Ours.test")
    assert read_answers(output).topology("ours.test").name_servers == {"ns1.ours.test", "ns2.ours.test"}


def test_a_dead_resolver_ends_the_recording(
    silent_server: Server, mailbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.lookup.live.QUESTION_SECONDS", 0.2)
    output = tmp_path / "answers.jsonl"
    result = run("lookup", mailbox, "-o", str(output), "--resolver", silent_server.address)
    assert result.exit_code == 2
    assert "does not answer; 0 of 3 domains are recorded" in result.stderr
    assert len(read_answers(output)) == 0


def test_pieces_survive_an_interruption(
    name_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.lookup import Live, open_lookup

    monkeypatch.setattr(snapshot, "PIECE", 2)
    path = tmp_path / "answers.jsonl"
    domains = ["good.test", "null.test", "six.test", "tie.test", "wild.test"]
    with AnswersFile(path) as file, open_lookup("live", resolver=name_server.address) as lookup:
        assert isinstance(lookup, Live)
        steps = snapshot.record(domains, file, lookup)
        assert next(steps) == 2
        steps.close()
    with AnswersFile(path) as file:
        assert snapshot.unknown_to(file, domains) == ["six.test", "tie.test", "wild.test"]


def test_unreadable_mailboxes_are_named_and_the_rest_is_done(
    name_server: Server, mailbox: str, tmp_path: Path
) -> None:
    output = str(tmp_path / "answers.jsonl")
    result = run("lookup", str(tmp_path / "absent"), mailbox, "-o", output, "--resolver", name_server.address)
    assert result.exit_code == 3
    assert "absent" in result.stderr
    assert len(read_answers(output)) > 0


def test_a_file_of_something_else_is_left_alone(mailbox: str) -> None:
    before = Path(mailbox).read_bytes()
    assert run("lookup", mailbox, "-o", mailbox, "--resolver", "127.0.0.1:9").exit_code == 2
    assert Path(mailbox).read_bytes() == before


def test_progress_is_drawn_on_a_terminal_only(name_server: Server, mailbox: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "classifier", "lookup", mailbox, "--resolver", name_server.address, "-o"]
    piped = subprocess.run([*command, str(tmp_path / "1.jsonl")], capture_output=True, check=True)
    assert b"\x1b" not in piped.stderr
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*command, str(tmp_path / "2.jsonl")], stderr=theirs, stdout=subprocess.PIPE
    ) as process:
        os.close(theirs)
        seen = b""
        while piece := _read(ours):
            seen += piece
        assert process.wait(20) == 0
    os.close(ours)
    assert b"domains" in seen
    assert b"\x1b" in seen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other side is gone
        return b""

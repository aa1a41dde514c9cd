"""A mail store as a mailbox: a real Dovecot, good ways and bad ways to it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import mail, mixed, objects, run
from imap_server import PASSWORD, USER, Store, breaking, lying, token, way, write_certificate

from classifier.errors import MailboxError
from classifier.mailboxes import base, imap, imap_client, open_mailbox, read_span
from classifier.mailboxes.imap import ImapFolder

MAIL = mixed(4)


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


def bodies(mailbox: ImapFolder) -> list[bytes]:
    return [stored.raw for stored in mailbox]


def opened(url: str) -> ImapFolder:
    mailbox = open_mailbox(url)
    assert isinstance(mailbox, ImapFolder)
    return mailbox


def test_every_message_comes_as_it_is_kept_and_nothing_changes(store: Store) -> None:
    uids = store.fill("Lists/Größe & Co", MAIL)
    with opened(store.url("Lists/Größe & Co")) as mailbox:
        assert bodies(mailbox) == [crlf(raw) for raw in MAIL] == bodies(mailbox)
        keys = list(mailbox.keys())
        assert [key.split(".")[1] for key in keys] == [str(uid) for uid in uids]
        assert [mailbox.get(key).raw for key in reversed(keys)] == [crlf(raw) for raw in reversed(MAIL)]
        spans = list(mailbox.spans())
        assert [stored.raw for span in spans for stored in read_span(span)] == bodies(mailbox)
        assert not mailbox.problems
    assert set(map(frozenset, store.flags("Lists/Größe & Co").values())) == {frozenset()}  # not even \Seen


def test_what_is_said_to_the_server_can_change_nothing(store: Store) -> None:
    store.fill("Quiet", MAIL)
    with way(store) as spied, opened(store.url("Quiet", spied.port)) as mailbox:
        for original in mailbox.originals():
            assert b"".join(original.chunks()) == original.stored.raw
    said = [line.removeprefix("UID ").split(" ")[0].upper() for line in spied.commands()]
    assert "EXAMINE" in said
    assert set(said) <= {"CAPABILITY", "AUTHENTICATE", "EXAMINE", "NOOP", "SEARCH", "FETCH", "LOGOUT"}
    fetched = [line for line in spied.commands() if "BODY" in line]
    assert fetched
    assert all("BODY.PEEK[" in line for line in fetched)


def test_flags_and_keywords_are_read(store: Store) -> None:
    flags = (b"\\Seen", b"\\Answered", b"\\Flagged", b"$Junk", b"$Forwarded", b"Wichtig")
    store.fill("Flags", MAIL[:1], flags)
    with opened(store.url("Flags")) as mailbox:
        [stored] = mailbox
        assert stored.flags == {"seen", "answered", "flagged", "$junk", "passed", "wichtig"}


def test_a_search_chooses(store: Store) -> None:
    store.fill("Some", MAIL)
    with store.client() as client:
        client.select_folder("Some")
        client.add_flags([2, 5], [b"\\Flagged"])
    with opened(store.url("Some") + "?FLAGGED") as mailbox:
        assert bodies(mailbox) == [crlf(MAIL[1]), crlf(MAIL[4])]
    with opened(store.url("Some") + "?SINCE%201-Jan-2000 UNFLAGGED") as mailbox:
        assert len(bodies(mailbox)) == len(MAIL) - 2
    with opened(store.url("Some") + "?NONSENSE") as mailbox, pytest.raises(MailboxError, match="SEARCH"):
        bodies(mailbox)


def test_many_messages_are_listed_in_windows_and_fetched_in_batches(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.fill("Many", MAIL)
    monkeypatch.setattr(imap, "_AT_ONCE", 5)
    monkeypatch.setattr(imap, "SPAN_MESSAGES", 4)
    monkeypatch.setattr(base, "SPAN_BYTES", 300)
    with opened(store.url("Many")) as mailbox:
        assert bodies(mailbox) == [crlf(raw) for raw in MAIL]


def test_mail_that_comes_is_seen_next_time_and_mail_that_goes_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.fill("Busy", MAIL[:4])
    monkeypatch.setattr(imap, "SPAN_MESSAGES", 2)
    with opened(store.url("Busy")) as mailbox, store.client() as other:
        messages = iter(mailbox)
        next(messages)
        other.select_folder("Busy")
        other.delete_messages([4])
        other.expunge()
        other.append("Busy", MAIL[5])
        assert len(list(messages)) == 2
        assert [(problem.place.split(".")[1], problem.reason) for problem in mailbox.problems] == [
            ("4", "the message vanished after it was listed")
        ]
        assert bodies(mailbox) == [crlf(raw) for raw in (*MAIL[:3], MAIL[5])]
        assert not mailbox.problems


def test_a_connection_that_breaks_again_and_again_loses_nothing(store: Store) -> None:
    large = [mail("spam", number, f"X-Filler: {'x' * 900}\n" * 5) for number in range(30)]
    store.fill("Far", large)
    with way(store, breaking(after=40_000)) as bad, opened(store.url("Far", bad.port)) as mailbox:
        assert bodies(mailbox) == [crlf(raw) for raw in large]
        assert not mailbox.problems
    assert bad.connections > 3


def test_an_interrupt_in_an_answer_leaves_no_rest_of_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.fill("Interrupted", MAIL)

    def interrupt(client: object, *given: object) -> None:
        client._imap.send(b"x1 UID FETCH 1:* (BODY.PEEK[])\r\n")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    with opened(store.url("Interrupted")) as mailbox:
        with monkeypatch.context() as patch:
            patch.setattr("imapclient.IMAPClient.fetch", interrupt)
            with pytest.raises(KeyboardInterrupt):
                bodies(mailbox)
        assert bodies(mailbox) == [crlf(raw) for raw in MAIL]


def test_a_message_that_breaks_every_connection_is_named_and_the_others_come(store: Store) -> None:
    poison = mail("spam", 1, "X-Poison: yes\n")
    store.fill("Poison", [*MAIL[:3], poison, *MAIL[3:6]])

    def hang_up(data: bytes, number: int) -> bytes | None:
        return None if b"X-Poison" in data else data

    with way(store, hang_up) as bad, opened(store.url("Poison", bad.port)) as mailbox:
        assert bodies(mailbox) == [crlf(raw) for raw in MAIL[:6]]
        assert [problem.place.split(".")[1] for problem in mailbox.problems] == ["4"]
        assert "broke" in mailbox.problems[0].reason


def test_a_message_that_never_ends_is_found_without_waiting_for_it_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is said to be greater than it is, so that more is waited for."""
    store.fill("Endless", MAIL)
    monkeypatch.setattr(imap_client, "PATIENCE", 0.7)
    endless = lying(rb"(\* 7 FETCH .*BODY\[\] \{)(\d+)\}", rb"\g<1>1\g<2>}")
    with way(store, endless) as bad, opened(store.url("Endless", bad.port)) as mailbox:
        assert bodies(mailbox) == [crlf(raw) for raw in (*MAIL[:6], *MAIL[7:])]
        assert [each.place.split(".")[1] for each in mailbox.problems] == ["7"]
        assert "silent" in mailbox.problems[0].reason
    assert bad.connections <= 7


def test_who_lacks_the_library_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("imapclient", "classifier.mailboxes.imap_client"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MailboxError, match=r"pip install 'mailtriage\[imap\]'"):
        opened("imaps://ann@mail.invalid/INBOX")


def test_a_server_that_goes_away_for_good_is_an_error(store: Store) -> None:
    store.fill("Gone", MAIL)
    with way(store, lambda data, number: data if number == 1 else None) as bad:
        mailbox = opened(store.url("Gone", bad.port))
        mailbox.session.drop()
        with pytest.raises(MailboxError, match=r"the connection to 127.0.0.1"):
            bodies(mailbox)


@pytest.mark.parametrize("size", [b"1", b"0", b"4294967295"])
def test_sizes_that_are_lies_cost_nothing(store: Store, size: bytes) -> None:
    store.fill("Lies", MAIL)
    lie = lying(rb"RFC822.SIZE \d+", b"RFC822.SIZE " + size)
    with way(store, lie) as bad, opened(store.url("Lies", bad.port)) as mailbox:
        assert bodies(mailbox) == [crlf(raw) for raw in MAIL]
        assert not mailbox.problems


def test_a_literal_of_two_gigabytes_is_not_read(store: Store) -> None:
    store.fill("Bomb", MAIL)
    seen: list[int] = []

    def bomb(data: bytes, number: int) -> bytes:
        at = data.find(b"UID 3 ")
        if at < 0 or (body := data.find(b"BODY[]", at)) < 0:
            return data
        seen.append(number)
        return data[:body] + b"BODY[] {2147483648}\r\n" + b"x" * 65536

    with way(store, bomb) as bad, opened(store.url("Bomb", bad.port)) as mailbox:
        assert bodies(mailbox) == [crlf(raw) for raw in (*MAIL[:2], *MAIL[3:])]
        assert [(each.place.split(".")[1], each.reason) for each in mailbox.problems] == [
            ("3", "the server does not give it: it sends more than was asked for")
        ]
    assert len(seen) > 1


def test_a_greeting_of_two_gigabytes_is_not_read(store: Store) -> None:
    villain = lambda data, number: b"* OK {2147483648}\r\n" + b"x" * 65536  # noqa: E731
    with way(store, villain) as bad, pytest.raises(MailboxError, match="more than was asked"):
        opened(store.url("INBOX", bad.port))


def test_a_large_message_is_judged_by_its_beginning_and_copied_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = crlf(mail("spam", 1)) + b"word " * 4_000
    store.fill("Large", [MAIL[0], large])
    for module in (imap, base):
        monkeypatch.setattr(module, "MAX_RAW", 9_000)
    monkeypatch.setattr(imap, "_SMALL", 1_000)
    monkeypatch.setattr(imap, "_PIECE", 6_000)
    with opened(store.url("Large")) as mailbox:
        small, cut = mailbox.originals()
        assert (small.is_cut, cut.is_cut) == (False, True)
        assert cut.stored.raw == large[:9_000]
        assert b"".join(cut.chunks()) == large
        assert [problem.place for problem in mailbox.problems] == [cut.stored.key]


def test_a_folder_made_anew_is_not_taken_for_the_old_one(store: Store) -> None:
    store.fill("Anew", MAIL)
    with opened(store.url("Anew")) as mailbox:
        key = next(iter(mailbox.keys()))
        mailbox.close()
        store.fill("Anew", MAIL)  # a new UIDVALIDITY
        with pytest.raises(MailboxError, match="made anew"):
            bodies(mailbox)
    with opened(store.url("Anew")) as again:
        assert next(iter(again.keys())) != key
        with pytest.raises(MailboxError, match=r"made anew.*UIDVALIDITY"):
            again.get(key)
        validity = next(iter(again.keys())).split(".")[0]
    with opened(f"{store.url('Anew')};UIDVALIDITY={validity}") as named:
        assert len(bodies(named)) == len(MAIL)
    with pytest.raises(MailboxError, match="made anew"):
        opened(f"{store.url('Anew')};UIDVALIDITY=1")


def test_errors_name_host_and_folder(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store.fill("Archive/2026", MAIL[:1])
    with pytest.raises(MailboxError, match=r"ada@example.org has no folder Archiv/2026 at .*Archive/2026"):
        opened(store.url("Archiv/2026"))
    with opened(store.url("Archive/2026")) as mailbox:
        validity = next(iter(mailbox.keys())).split(".")[0]
        with pytest.raises(MailboxError, match=rf"at {validity}.77: there is no such message"):
            mailbox.get(f"{validity}.77")
        with pytest.raises(MailboxError, match=r"UIDVALIDITY.UID"):
            mailbox.get("17")
    with pytest.raises(MailboxError, match=r"no server answers at 127.0.0.1:1"):
        opened(f"imaps://{USER}@127.0.0.1:1/INBOX")
    with pytest.raises(MailboxError, match="not a mailbox of the format mbox"):
        open_mailbox(store.url(), "mbox")
    with pytest.raises(MailboxError, match=r"TLS with 127.0.0.1:\d+ fails.*imap://"):
        opened(f"imaps://{USER}@127.0.0.1:{store.plain}/INBOX")
    write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with pytest.raises(MailboxError, match=r"certificate of 127.0.0.1 cannot be trusted.*SSL_CERT_FILE"):
        opened(store.url())
    monkeypatch.setenv("SSL_CERT_FILE", str(store.certificate))
    with pytest.raises(MailboxError, match="certificate of localhost cannot be trusted"):
        opened(store.url().replace("@127.0.0.1", "@localhost"))


def test_without_tls_only_to_this_machine_or_where_it_is_allowed(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from classifier.mailboxes import imap_wire

    with way(store) as spied:
        opened(store.url("INBOX", spied.port)).close()
        monkeypatch.setattr(imap_wire, "_is_loopback", lambda connection: False)
        before = len(spied.commands())
        with pytest.raises(MailboxError, match=r"offers no TLS on port.*plain = true"):
            opened(store.url("INBOX", spied.port))
        assert not [line for line in spied.commands()[before:] if "AUTH" in line or "LOGIN" in line]
        config = tmp_path / "config.toml"
        config.write_text('[imap."127.0.0.1"]\nplain = true\n')
        monkeypatch.setenv("MAILTRIAGE_CONFIG", str(config))
        opened(store.url("INBOX", spied.port)).close()


def test_starttls_is_used_where_it_is_offered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(store.url("INBOX", store.plain)).close()
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailboxError, match="cannot be trusted"):
        opened(store.url("INBOX", store.plain))


def test_a_password_that_is_wrong_is_refused_and_never_shown(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MAILTRIAGE_IMAP_PASSWORD", "wrong-but-secret")
    with pytest.raises(MailboxError, match=r"127.0.0.1 refuses the password of ada@example.org") as caught:
        opened(store.url())
    monkeypatch.setenv("MAILTRIAGE_IMAP_PASSWORD", PASSWORD)
    opened(store.url()).close()
    monkeypatch.setenv("MAILTRIAGE_IMAP_TOKEN_COMMAND", f"echo {token(seconds=-60)}")
    monkeypatch.setattr("classifier.mailboxes.imap_secret._known", {})
    with pytest.raises(MailboxError, match="refuses the token"):
        opened(store.url())
    said = str(caught.value) + repr(caught.value.__cause__) + caplog.text
    assert "wrong-but-secret" not in said
    assert "horse" not in said
    assert token(seconds=-60)[:30] not in said


@pytest.mark.parametrize("mechanism", ["", ";AUTH=XOAUTH2", ";AUTH=OAUTHBEARER"])
def test_an_access_token_opens_the_store(
    store: Store, monkeypatch: pytest.MonkeyPatch, mechanism: str
) -> None:
    store.fill("Token", MAIL[:1])
    monkeypatch.setenv("MAILTRIAGE_IMAP_TOKEN_COMMAND", f"echo {token()}")
    with opened(store.url("Token").replace("@127", f"{mechanism}@127")) as mailbox:
        assert bodies(mailbox) == [crlf(MAIL[0])]


def test_commands_take_it_as_any_mailbox(store: Store, tiny_model: Path, tmp_path: Path) -> None:
    store.fill("All/One", MAIL[:6])
    store.fill("All/Two", MAIL[6:])
    judged = objects(run("classify", "-m", tiny_model, "--me", USER, store.url("All/One")))
    (tmp_path / "one").mkdir()
    for number, raw in enumerate(MAIL[:6]):
        (tmp_path / "one" / f"{number}.eml").write_bytes(raw)
    local = objects(run("classify", "-m", tiny_model, "--me", USER, tmp_path / "one"))
    assert [each["p"] for each in judged] == [each["p"] for each in local]
    key = judged[3]["key"]
    assert "buy now" in run("show", store.url("All/One"), judged[2]["key"]).stdout
    assert run("explain", "-m", tiny_model, store.url("All/One"), key).exit_code == 0
    both = objects(run("classify", "-m", tiny_model, "--me", USER, store.url("All/*")))
    assert [each["key"].split(".")[1] for each in both] == [str(1 + n % 6) for n in range(12)]
    assert [each["mailbox"].rpartition("/")[2] for each in both] == ["One"] * 6 + ["Two"] * 6
    into = tmp_path / "sorted"
    done = run(
        "sort", "-m", tiny_model, "--me", USER, "--as", "maildir", "--into", into, store.url("All/One")
    )
    assert done.exit_code == 0, done.output
    assert sum(1 for _ in into.rglob("*_0.mailtriage*")) == 6
    none = run("classify", "-m", tiny_model, store.url("All/None"))
    assert none.exit_code == 3
    assert "All/One" in none.stderr


def test_two_workers_and_a_process_of_its_own(store: Store, tiny_model: Path, tmp_path: Path) -> None:
    store.fill("Jobs", [mail("spam", number) for number in range(300)])
    config = tmp_path / "config.toml"
    config.write_text(f'[imap."{USER}@127.0.0.1"]\npassword_command = "cat \'{tmp_path}/secret\'"\n')
    (tmp_path / "secret").write_text(f"{PASSWORD}\nand a note\n", encoding="utf-8")
    environment = {"PATH": "/usr/bin:/bin", "SSL_CERT_FILE": str(store.certificate), "HOME": str(tmp_path)}
    given = ("--config", config, "classify", "-m", tiny_model, "--me", USER, "--jobs", "2", store.url("Jobs"))
    command = [sys.executable, "-m", "classifier", *map(str, given)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 300


def test_it_teaches_by_folders_and_by_flags(store: Store, tiny_model: Path, tmp_path: Path) -> None:
    store.fill("Junk", [mail("spam", 900)])
    store.fill("Answered", [mail("important", 900), mail("important", 901)], (b"\\Seen", b"\\Answered"))
    profile = tmp_path / "p.sqlite3"
    done = run(
        *("learn", "-m", tiny_model, "--profile", profile, "--me", USER, "--spam", store.url("Junk")),
        *("--from-flags", store.url("Answered")),
    )
    assert done.exit_code == 0, done.output
    assert "learned 3 of 3 messages: 2 important, 1 spam" in done.stdout
    assert all("\\Seen" not in flags for flags in store.flags("Junk").values())


def test_what_was_read_and_left_alone_is_not_fetched_for_its_flags(
    store: Store, tiny_model: Path, tmp_path: Path
) -> None:
    seen = [mail("unimportant", number) for number in range(5)]
    store.fill("Read", [mail("important", 77), *seen], (b"\\Seen",))
    with store.client() as client:
        client.select_folder("Read")
        client.add_flags([1], [b"\\Answered"])
    with way(store) as spied:
        given = ("-m", tiny_model, "--profile", tmp_path / "p.sqlite3", "--me", USER)
        done = run("learn", *given, "--from-flags", store.url("Read", spied.port))
    assert "learned 1 of 1 message: 1 important" in done.stdout, done.output
    assert "1 important; 5 messages say nothing" in done.stderr
    fetched = [line for line in spied.commands() if "BODY" in line]
    assert fetched
    assert all(line.startswith("UID FETCH 1 ") for line in fetched)

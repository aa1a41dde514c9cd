"""URLs of mail stores, and where their passwords come from."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.cli.group import COMMANDS
from classifier.config import named_file, read_settings, settings_of
from classifier.errors import ConfigError, MailboxError
from classifier.mailboxes import imap_secret, open_mailbox
from classifier.mailboxes.imap_secret import secret_of
from classifier.mailboxes.imap_url import ImapUrl, is_imap, parse

ANN = "imaps://ann@mail.example.org/INBOX"


@pytest.fixture(autouse=True)
def nobody_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(imap_secret, "_known", {})
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PASSWORD", "PASSWORD_COMMAND", "TOKEN_COMMAND"):
        monkeypatch.delenv(f"MAILTRIAGE_IMAP_{name}", raising=False)
    monkeypatch.delenv("NETRC", raising=False)


@pytest.mark.parametrize(
    ("url", "user", "host", "port", "folder"),
    [
        ("imaps://ann@mail.example.org", "ann", "mail.example.org", 993, "INBOX"),
        ("IMAPS://ann@Mail.example.org/", "ann", "mail.example.org", 993, "INBOX"),
        (
            "imap://ann@example.org@mail.example.org:1143/A/B",
            "ann@example.org",
            "mail.example.org",
            1143,
            "A/B",
        ),
        (
            "imaps://ann%40example.org@[2001:db8::1]:9993/%C3%9Cber",
            "ann@example.org",
            "2001:db8::1",
            9993,
            "Über",
        ),
        ("imap://mail.example.org/Sent Mail", "", "mail.example.org", 143, "Sent Mail"),
        (
            "imaps://ann;AUTH=*@mail.example.org/[Gmail]/All Mail",
            "ann",
            "mail.example.org",
            993,
            "[Gmail]/All Mail",
        ),
    ],
)
def test_a_url_names_user_server_and_folder(url: str, user: str, host: str, port: int, folder: str) -> None:
    found = parse(url)
    assert (found.user, found.host, found.port, found.folder) == (user, host, port, folder)
    assert found.secure == url.lower().startswith("imaps")


def test_a_url_says_more_of_a_folder() -> None:
    found = parse("imaps://ann;AUTH=xoauth2@h.example/Work;UIDVALIDITY=385759045?SINCE%201-Nov-2026 UNSEEN")
    assert (found.mechanism, found.folder, found.validity) == ("XOAUTH2", "Work", 385759045)
    assert found.search == "SINCE 1-Nov-2026 UNSEEN"
    other = parse(found.of("Größe & Co").text)
    assert (other.user, other.mechanism, other.folder) == ("ann", "XOAUTH2", "Größe & Co")
    assert (other.search, other.validity) == (found.search, None)


@pytest.mark.parametrize(
    "url",
    [
        "imaps://",
        "imaps:///INBOX",
        "imaps://ann@/INBOX",
        "imaps://ann@h.example:0/INBOX",
        "imaps://ann@h.example:70000/INBOX",
        "imaps://ann@h.example/a%0d%0aA1 DELETE INBOX",
        "imaps://ann@h.example/%ff",
        "imaps://ann%00@h.example/",
        "imaps://ann@h.example/INBOX?UNSEEN%0d%0aA1 DELETE INBOX",
        "imaps://ann@h.example/INBOX?SUBJECT {3}",
        "imaps://ann@h.example/INBOX?SUBJECT Größe",
        "imaps://ann;AUTH=CRAM-MD5@h.example/",
        "imaps://ann@h.example/" + "x" * 5000,
    ],
)
def test_what_is_no_url_of_a_store_is_refused(url: str) -> None:
    assert is_imap(url)
    with pytest.raises(MailboxError):
        open_mailbox(url)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    for url in ("imaps://ann:hunter2@h.example/INBOX", "imaps://ann:hunter2;AUTH=*@h.example/INBOX"):
        with pytest.raises(MailboxError, match="a password does not belong in a URL") as caught:
            open_mailbox(url)
        assert "hunter2" not in str(caught.value) + repr(caught.value.args)


@given(st.text(max_size=80))
def test_any_text_is_a_url_or_an_error_for_people(text: str) -> None:
    try:
        found = parse("imaps://" + text)
    except MailboxError:
        return
    assert isinstance(found, ImapUrl)
    assert found.host
    assert (found.folder + found.user + found.search).isprintable()
    if "*" not in found.folder:
        again = parse(found.of(found.folder).text)
        assert (again.user, again.host, again.port, again.folder) == (
            *(found.user, found.host, found.port),
            found.folder,
        )


def test_secrets_are_looked_for_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def secret() -> str:
        imap_secret._known.clear()
        return secret_of(parse(ANN))[1].text

    with pytest.raises(MailboxError, match="needs a password: give password_command"):
        secret()
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine mail.example.org login ann password of-netrc\n")
    netrc.chmod(0o644)
    with pytest.raises(MailboxError, match="others can read the password in it: chmod 600"):
        secret()
    netrc.chmod(0o600)
    assert secret() == "of-netrc"
    with pytest.raises(MailboxError, match="needs a password"):
        secret_of(parse("imaps://bob@mail.example.org/"))
    config = tmp_path / "config.toml"
    config.write_text('[imap."mail.example.org"]\npassword_command = "echo of-host"\n')
    with named_file(str(config)):
        assert secret() == "of-host"
        config.write_text(
            config.read_text() + '[imap."Ann@mail.example.org"]\ntoken_command = "echo of-ann"\n'
        )
        assert secret() == "of-ann"
        assert secret_of(parse(ANN))[1].is_token
    assert secret() == "of-netrc"
    monkeypatch.setenv("MAILTRIAGE_IMAP_PASSWORD", "of-environment")
    assert secret() == "of-environment"
    monkeypatch.setenv("MAILTRIAGE_IMAP_PASSWORD_COMMAND", "printf 'of-command\\r\\nlogin: ann\\n'")
    assert secret() == "of-command"


def test_netrc_may_name_the_user(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine mail.example.org login ann password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    url, secret = secret_of(parse("imaps://mail.example.org/INBOX"))
    assert (url.user, secret.text) == ("ann", "secret")
    with pytest.raises(MailboxError, match="names no user"):
        secret_of(parse("imaps://other.example.org/INBOX"))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("exit 3", "failed with exit code 3"),
        ("true", "printed nothing"),
        ("printf 'a\\0b'", "gives no secret"),
        ("printf '\\377'", "no UTF-8"),
    ],
)
def test_a_command_that_fails_is_said(monkeypatch: pytest.MonkeyPatch, command: str, said: str) -> None:
    monkeypatch.setenv("MAILTRIAGE_IMAP_PASSWORD_COMMAND", command)
    with pytest.raises(MailboxError, match=said):
        secret_of(parse(ANN))


def test_a_broken_netrc_is_named_without_its_words(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine mail.example.org login ann passwort hunter2\n")
    (tmp_path / ".netrc").chmod(0o600)
    with pytest.raises(MailboxError, match="line 1") as caught:
        secret_of(parse(ANN))
    assert "hunter2" not in str(caught.value)


def test_a_secret_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTRIAGE_IMAP_PASSWORD", "hunter2")
    assert "hunter2" not in repr(secret_of(parse(ANN)))


@pytest.mark.parametrize(
    "text",
    [
        'imap = "x"',
        '[imap."a@b"]\npassword = "hunter2"',
        '[imap."a@b"]\npassword_command = ""',
        '[imap."a@b"]\nplain = "yes"',
    ],
)
def test_a_configuration_of_accounts_is_checked(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match="key 'imap'") as caught:
        read_settings(tmp_path / "config.toml")
    assert "hunter2" not in str(caught.value)


def test_the_page_about_stores_says_what_is_understood() -> None:
    """Its configuration is one, its URLs are URLs, its commands have these options."""
    page = (Path(__file__).parent.parent / "notebooks" / "07_mail_stores.md").read_text(encoding="utf-8")
    [toml] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    accounts = {account.name: account for account in settings_of(tomllib.loads(toml), "page").imap}
    assert accounts["ann@example.net@imap.example.net"].token_command == "oama access ann@example.net"
    urls = re.findall(r'"(imaps?://[^"]+)"|(imaps?://\S+)', page)
    assert len(urls) > 10
    for quoted, bare in urls:
        url = (quoted or bare).strip("`;.)")
        if not url.endswith("//"):
            assert parse(url).host
    for line in re.findall(r"^(?:\*/10 \* \* \* \*  )?mailtriage (.*)", page, re.MULTILINE):
        name, *words = line.split()
        known = {option for param in import_module(COMMANDS[name]).command.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= known, line

"""Where the secret for a mail store comes from: never from a command line, a URL or our own files.

In this order, the first that says something: the environment (MAILTRIAGE_IMAP_TOKEN_COMMAND,
MAILTRIAGE_IMAP_PASSWORD_COMMAND, MAILTRIAGE_IMAP_PASSWORD), the configuration (the account, then its host),
the netrc file ($NETRC, else ~/.netrc), and the person at the terminal. The shell runs commands, as with isync
and msmtp; a keyring is asked by its own (``secret-tool lookup ...``, ``keyring get ...``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace

from classifier.config import Account, read_settings

from ..errors import MailboxError
from .imap_url import WHERE, ImapUrl

_PATIENCE = 300.0  # seconds: somebody may have to find a key or type a passphrase
_LONGEST = 16 << 10  # bytes of a secret; tokens of large providers have two or three thousand


@dataclass(frozen=True, slots=True)
class Secret:
    """What proves who one is.

    Parameters
    ----------
    text : str
        Never shown.
    is_token : bool
        An OAuth 2.0 access token; else a password.
    lasts : bool
        Whether it may be used again without asking; a token is asked for anew.
    """

    text: str = field(repr=False)
    is_token: bool = False
    lasts: bool = True


_known: dict[tuple[str, int, str], Secret] = {}


def account_of(url: ImapUrl) -> Account:
    """Find what the configuration says of a store: of the user there, else of the host.

    Raises
    ------
    ConfigError
        If the configuration cannot be read.
    """
    accounts = {account.name: account for account in read_settings().imap}
    named = accounts.get(f"{url.user}@{url.host}".lower()) if url.user else None
    return named or accounts.get(url.host) or Account(url.host)


def secret_of(url: ImapUrl) -> tuple[ImapUrl, Secret]:
    """Find out who the user is, and his secret.

    Parameters
    ----------
    url : ImapUrl

    Returns
    -------
    (ImapUrl, Secret)
        With the user, whom netrc may name.

    Raises
    ------
    MailboxError
        If there is none, or the command that should print it fails.
    ConfigError
        If the configuration cannot be read.
    """
    place = (url.host, url.port, url.user)
    if place in _known:
        return url, _known[place]
    found = _given(url) or _configured(url) or _from_netrc(url)
    if found is None and not url.user:
        raise MailboxError(url.text, "names no user: imaps://USER@HOST/FOLDER, or a line in ~/.netrc")
    user, secret = found or (url.user, _asked(url))
    if secret.lasts:
        _known[(url.host, url.port, user)] = secret
    return replace(url, user=user), secret


def forget_secret(url: ImapUrl) -> None:
    """Forget a secret that was refused."""
    _known.pop((url.host, url.port, url.user), None)


def _given(url: ImapUrl) -> tuple[str, Secret] | None:
    if not url.user:
        return None
    for name, is_token in (("TOKEN_COMMAND", True), ("PASSWORD_COMMAND", False)):
        if command := os.environ.get(f"MAILTRIAGE_IMAP_{name}"):
            return url.user, _printed(url, command, f"MAILTRIAGE_IMAP_{name}", is_token)
    password = os.environ.get("MAILTRIAGE_IMAP_PASSWORD")
    return (url.user, _checked(url, password, "MAILTRIAGE_IMAP_PASSWORD", False)) if password else None


def _configured(url: ImapUrl) -> tuple[str, Secret] | None:
    account = account_of(url)
    command = account.token_command or account.password_command
    if not (command and url.user):
        return None
    said = "token_command" if account.token_command else "password_command"
    return url.user, _printed(url, command, f"{said} of {account.name}", bool(account.token_command))


def _printed(url: ImapUrl, command: str, said: str, is_token: bool) -> Secret:
    """Run a command and take the first line that it prints; what it complains of is seen."""
    try:
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, timeout=_PATIENCE, check=False)  # noqa: S602 - the user's own
    except subprocess.TimeoutExpired:
        raise MailboxError(url.text, f"the {said} has not ended in {_PATIENCE:.0f} seconds") from None
    if done.returncode:
        raise MailboxError(url.text, f"the {said} failed with exit code {done.returncode}")
    line = done.stdout.split(b"\n", 1)[0].rstrip(b"\r")
    try:
        return _checked(url, line.decode("utf-8"), said, is_token)
    except UnicodeDecodeError:
        raise MailboxError(url.text, f"the {said} printed something that is no UTF-8") from None


def _checked(url: ImapUrl, text: str, said: str, is_token: bool) -> Secret:
    if not text:
        raise MailboxError(url.text, f"the {said} printed nothing")
    if len(text) > _LONGEST or any(sign in text for sign in "\0\r\n"):
        raise MailboxError(url.text, f"the {said} gives no secret: it is too long, or has several lines")
    return Secret(text, is_token, lasts=not is_token)


def _from_netrc(url: ImapUrl) -> tuple[str, Secret] | None:
    """Look into the netrc file, which nobody else may read.

    Source: ftp(1) of BSD; curl for $NETRC.
    """
    import netrc

    file = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    try:
        mode = os.stat(file).st_mode
        entry = netrc.netrc(file).authenticators(url.host)
    except FileNotFoundError:
        return None
    except netrc.NetrcParseError as error:  # its message repeats words of the file
        raise MailboxError(url.text, f"{file}, line {error.lineno}: is not as netrc files are") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8"
        raise MailboxError(url.text, f"{file}: {reason}") from None
    if entry is None or not entry[2] or (url.user and entry[0] and entry[0] != url.user):
        return None
    if mode & 0o077:
        raise MailboxError(url.text, f"{file}: others can read the password in it: chmod 600 {file}")
    user = url.user or entry[0]
    return (user, _checked(url, entry[2], f"line in {file}", False)) if user else None


def _asked(url: ImapUrl) -> Secret:
    """Ask the person at the terminal, if there is one."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise MailboxError(url.text, f"needs a password: {WHERE}")
    import getpass

    text = getpass.getpass(f"\nPassword of {url.user} at {url.host}: ")
    return _checked(url, text, "terminal", False)
